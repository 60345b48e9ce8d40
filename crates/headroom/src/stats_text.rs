//! A server's metrics as text for a terminal. They come as the JSON that the server responds with, which
//! may be of another version: what isn't there is omitted.

mod clients;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use crate::audit::report::{counted, grouped, shortened};

/// Rows of a table.
const ROWS: usize = 10;

const HEAD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Yellow.on_default();

/// The whole text. `live` is what the server at `url` has counted since its start, `past` the totals of
/// all servers of this user.
pub(crate) fn text(url: &str, live: Option<&Value>, past: Option<&Value>) -> String {
    let mut out = String::new();
    let all = past.map(|past| &past["lifetime"]);
    if let Some(live) = live {
        let mode = match name(&live["summary"]["mode"]).as_str() {
            "meter" => "measuring only",
            _ => "compressing",
        };
        let up =
            std::time::Duration::from_secs(live["uptime_seconds"].as_f64().unwrap_or(0.0) as u64);
        let version = name(&live["version"]);
        let up = humantime::format_duration(up);
        line(&mut out, HEAD, &format!("Headroom {version} at {url}, up {up}, {mode}"));
        out.push('\n');
    }
    summary(&mut out, live, all, past.and_then(|past| past["since"].as_str()));
    let blocks = live.map(|live| &live["blocks"]);
    let sorts = |key: &str| match (blocks, all) {
        (Some(blocks), _) if !is_empty(&blocks[key]) => {
            Some(("since the start", blocks[key].clone()))
        }
        (_, Some(all)) => Some(("in total", all[key].clone())),
        _ => None,
    };
    for (key, title) in [("by_kind", "kind"), ("by_tool", "tool")] {
        if let Some((when, sums)) = sorts(key) {
            table_of_blocks(&mut out, title, when, &sums);
        }
    }
    if let Some((when, by_client)) = by_client(live, all) {
        clients::table(&mut out, when, by_client);
    }
    if let Some(live) = live {
        holdout(&mut out, &live["holdout"]);
        unchanged(&mut out, &live["blocks"]["unchanged"]);
        table_of_not_understood(&mut out, live);
    }
    out.push_str(
        "\nBilled is the usage that providers reported, at list prices (prices.toml).\n\
         Tokens are those of the blocks that may be compressed, counted in each request that contains them.\n",
    );
    out
}

/// One line of the summary: its name, and its value in a set of metrics.
type Row = (&'static str, fn(&Value) -> Option<String>);

/// The counters by client, and of when they are.
fn by_client<'v>(
    live: Option<&'v Value>,
    all: Option<&'v Value>,
) -> Option<(&'static str, &'v Value)> {
    let columns = [("since the start", live), ("in total", all)];
    let counters = columns.into_iter().filter_map(|(when, v)| Some((when, &v?["by_client"])));
    counters.into_iter().find(|(_, by_client)| !is_empty(by_client))
}

/// The values that a server's metrics and the totals have in common, at different places.
const SUMMARY: [Row; 13] = [
    ("requests", |v| number(pick(v, &["/summary/api_requests", "/requests"])?)),
    ("tokens before compression", |v| {
        number(pick(v, &["/tokens/total_before_compression", "/tokens_before"])?)
    }),
    ("  saved", |v| {
        let saved = pick(v, &["/tokens/saved", "/tokens_saved"])?;
        let percent = pick(v, &["/tokens/savings_percent", "/savings_percent"])?;
        Some(format!("{} ({:.1} %)", number(saved)?, percent.as_f64()?))
    }),
    ("  would be saved", |v| {
        let would = pick(v, &["/tokens/would_save", "/tokens_would_save"])?;
        if would.as_u64() == Some(0) { None } else { number(would) }
    }),
    ("billed", |v| money(v.pointer("/cost/usd")?)),
    ("uncompressed (estimate)", |v| money(v.pointer("/cost/without_usd_estimate")?)),
    ("saved (estimate)", |v| {
        let saved = money(v.pointer("/cost/saved_usd_estimate")?)?;
        Some(format!("{saved} ({:.1} %)", v.pointer("/cost/saved_percent_estimate")?.as_f64()?))
    }),
    ("would be saved (estimate)", |v| {
        let would = v.pointer("/cost/would_save_usd_estimate")?;
        if would.as_f64() == Some(0.0) { None } else { money(would) }
    }),
    ("input tokens, uncached", |v| number(v.pointer("/usage/input")?)),
    ("  cache writes", |v| number(v.pointer("/usage/cache_write")?)),
    ("  cache reads", |v| number(v.pointer("/usage/cache_read")?)),
    ("output tokens", |v| number(v.pointer("/usage/output")?)),
    ("prefix cache hits", |v| {
        let hits = pick(v, &["/prefix_cache/totals/hit_requests", "/cache_hits"])?;
        let of = v.pointer("/usage/requests")?;
        Some(format!("{} of {}", number(hits)?, number(of)?))
    }),
];

/// Retrievals and failures.
const EVENTS: [Row; 3] = [
    ("retrieved", |v| {
        let asked = v.pointer("/retrieval/asked")?;
        Some(format!("{} ({} failed)", number(asked)?, number(v.pointer("/retrieval/in_vain")?)?))
    }),
    ("replayed", |v| {
        let replayed = v.pointer("/retrieval/replayed")?;
        let missing = v.pointer("/retrieval/replay_missing")?;
        Some(format!("{} ({} missing)", number(replayed)?, number(missing)?))
    }),
    ("failed compressions", |v| number(pick(v, &["/compression/failed", "/failures"])?)),
];

fn summary(out: &mut String, live: Option<&Value>, all: Option<&Value>, since: Option<&str>) {
    let since = since.map_or("in total".to_owned(), |since| {
        format!("since {}", since.get(..10).unwrap_or(since))
    });
    let columns: Vec<(&str, &Value)> = live
        .map(|live| ("since the start", live))
        .into_iter()
        .chain(all.map(|all| (&*since, all)))
        .collect();
    let mut head = format!("{:<28}", "");
    for (title, _) in &columns {
        let _ = write!(head, "{title:>26}");
    }
    line(out, HEAD, &head);
    for (title, figure) in SUMMARY.iter().chain(&EVENTS) {
        let cells: Vec<Option<String>> = columns.iter().map(|(_, values)| figure(values)).collect();
        if cells.iter().all(Option::is_none) {
            continue;
        }
        let mut row = format!("{title:<28}");
        for cell in cells {
            let _ = write!(row, "{:>26}", cell.unwrap_or_default());
        }
        let style = match *title {
            "  saved" | "saved (estimate)" => GOOD,
            _ => Style::new(),
        };
        line(out, style, &row);
    }
    let Some(live) = live else { return };
    for (title, key) in [("latency of the proxy", "overhead"), ("time to first byte", "ttfb")] {
        let at = |share: &str| live.pointer(&format!("/{key}/{share}"))?.as_f64();
        if let (Some(half), Some(most)) = (at("p50_ms"), at("p99_ms")) {
            let _ =
                writeln!(out, "{title:<28}{:>26}", format!("p50 {half:.1} ms, p99 {most:.1} ms"));
        }
    }
    let unpriced = live.pointer("/cost/unpriced_requests").and_then(Value::as_u64).unwrap_or(0);
    if unpriced > 0 {
        let requests = counted(unpriced, "request");
        line(out, BAD, &format!("{requests} of models without a price (not in the costs)"));
    }
}

fn table_of_blocks(out: &mut String, title: &str, when: &str, sums: &Value) {
    let Some(sums) = sums.as_object().filter(|sums| !sums.is_empty()) else { return };
    let tokens = |sum: &Value, key: &str| sum["in_all_requests"][key].as_u64().unwrap_or_default();
    let mut rows: Vec<_> = sums.iter().collect();
    rows.sort_by_key(|(name, sum)| {
        let (saved, before) = (tokens(sum, "tokens_saved"), tokens(sum, "tokens_before"));
        (std::cmp::Reverse((saved, before)), name.to_string())
    });
    let head = format!("by {title}, {when}");
    let heads = ("blocks", "before", "after", "saved");
    out.push('\n');
    line(
        out,
        HEAD,
        &format!("{head:<34}{:>8}{:>16}{:>16}{:>10}", heads.0, heads.1, heads.2, heads.3),
    );
    for (name, sum) in rows.into_iter().take(ROWS) {
        let (before, after) = (tokens(sum, "tokens_before"), tokens(sum, "tokens_after"));
        let _ = writeln!(
            out,
            "{:<34}{:>8}{:>16}{:>16}{:>10}",
            plain(name, 33),
            grouped(sum["blocks"].as_u64().unwrap_or_default()),
            grouped(before),
            grouped(after),
            crate::audit::report::percent(before as f64, after as f64),
        );
    }
}

/// What hooks have saved, as a table for each client. Each result counts once, where it arose.
pub(crate) fn of_hooks(hooks: &Value) -> String {
    let mut out = String::new();
    for (client, tools) in hooks["clients"].as_object().into_iter().flatten() {
        let Some(tools) = tools.as_object().filter(|tools| !tools.is_empty()) else { continue };
        let tokens = |sum: &Value, key: &str| sum[key].as_u64().unwrap_or_default();
        let mut rows: Vec<_> = tools.iter().collect();
        rows.sort_by_key(|(name, sum)| {
            let before = tokens(sum, "tokens_before");
            let saved = before.saturating_sub(tokens(sum, "tokens_after"));
            (std::cmp::Reverse((saved, before)), name.to_string())
        });
        let all = |key: &str| rows.iter().map(|(_, sum)| tokens(sum, key)).sum::<u64>();
        let total = serde_json::json!({
            "results": all("results"),
            "tokens_before": all("tokens_before"),
            "tokens_after": all("tokens_after"),
        });
        let head = format!("{}, in total", plain(client, 22));
        out.push('\n');
        line(
            &mut out,
            HEAD,
            &format!("{head:<34}{:>8}{:>16}{:>16}{:>10}", "results", "before", "after", "saved"),
        );
        let all_tools = "all tools".to_owned();
        for (name, sum) in rows.into_iter().take(ROWS).chain([(&all_tools, &total)]) {
            let (before, after) = (tokens(sum, "tokens_before"), tokens(sum, "tokens_after"));
            let _ = writeln!(
                out,
                "{:<34}{:>8}{:>16}{:>16}{:>10}",
                plain(name, 33),
                grouped(tokens(sum, "results")),
                grouped(before),
                grouped(after),
                crate::audit::report::percent(before as f64, after as f64),
            );
        }
    }
    out
}

/// Why a server couldn't compress requests, and how many of each; the most frequent first.
pub(crate) fn not_understood(live: &Value) -> Vec<(u64, String)> {
    let counts = live["not_understood"].as_object().into_iter().flatten();
    let mut counts: Vec<_> = counts
        .filter_map(|(why, count)| Some((count.as_u64().filter(|n| *n > 0)?, plain(why, 60))))
        .collect();
    counts.sort_by(|one, other| (other.0, &one.1).cmp(&(one.0, &other.1)));
    counts
}

fn table_of_not_understood(out: &mut String, live: &Value) {
    let counts = not_understood(live);
    if counts.is_empty() {
        return;
    }
    out.push('\n');
    line(out, BAD, "unrecognised requests since the start (forwarded uncompressed)");
    for (count, why) in counts.into_iter().take(ROWS) {
        let _ = writeln!(out, "{:>10}  {why}", grouped(count));
    }
}

fn holdout(out: &mut String, holdout: &Value) {
    let share = holdout["share"].as_f64().unwrap_or(0.0);
    if share <= 0.0 {
        return;
    }
    out.push('\n');
    let head = format!("holdout: {:.1} % not compressed", share * 100.0);
    line(out, HEAD, &format!("{head:<34}{:>16}{:>16}", "compressed", "not compressed"));
    let rows: [Row; 5] = [
        ("conversations", |arm| number(&arm["conversations"])),
        ("requests", |arm| number(&arm["requests"])),
        ("input tokens per request", |arm| rounded(&arm["each_request"]["input_tokens"])),
        ("output tokens per request", |arm| rounded(&arm["each_request"]["output_tokens"])),
        ("billed per request", |arm| money(&arm["each_request"]["cost_usd"])),
    ];
    for (title, figure) in rows {
        let of = |arm: &str| figure(&holdout[arm]).unwrap_or_default();
        let _ = writeln!(out, "{title:<34}{:>16}{:>16}", of("compressed"), of("left_alone"));
    }
}

fn unchanged(out: &mut String, blocks: &Value) {
    let Some(blocks) = blocks.as_array().filter(|blocks| !blocks.is_empty()) else { return };
    out.push('\n');
    line(out, HEAD, "largest unchanged blocks");
    for block in blocks.iter().take(ROWS) {
        let why = match block["why"].as_str() {
            Some("no_shorter_form") => "can't be compressed",
            Some("nothing_can_be_left_out") => "nothing may be omitted in this request",
            _ => "never changed",
        };
        let detail = block["detail"].as_str().map(|detail| format!(": {}", plain(detail, 60)));
        let _ = writeln!(
            out,
            "{:>10}  {:<20} {:<12} {why}{}",
            number(&block["tokens"]).unwrap_or_default(),
            plain(&name(&block["tool"]), 20),
            plain(&name(&block["kind"]), 12),
            detail.unwrap_or_default(),
        );
    }
}

/// The first number at one of these places.
fn pick<'v>(value: &'v Value, places: &[&str]) -> Option<&'v Value> {
    places.iter().find_map(|place| value.pointer(place).filter(|found| found.is_number()))
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_none_or(serde_json::Map::is_empty)
}

fn number(value: &Value) -> Option<String> {
    value.as_u64().map(grouped)
}

fn rounded(value: &Value) -> Option<String> {
    value.as_f64().map(|value| grouped(value.round() as u64))
}

/// An amount in dollars, with more digits if it is small.
fn money(value: &Value) -> Option<String> {
    let dollars = value.as_f64()?;
    let sign = if dollars < 0.0 { "-" } else { "" };
    let amount = dollars.abs();
    Some(if amount > 0.0 && amount < 1.0 {
        format!("{sign}${amount:.4}")
    } else {
        format!("{sign}${amount:.2}")
    })
}

fn name(value: &Value) -> String {
    plain(value.as_str().unwrap_or("unknown"), 80)
}

/// A name as one short line without control characters: names of models and tools come from clients.
fn plain(text: &str, most: usize) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    shortened(&text, most)
}

fn line(out: &mut String, style: Style, text: &str) {
    let _ = writeln!(out, "{style}{}{style:#}", text.trim_end());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The whole text for what servers have responded with, in three situations.
    #[test]
    fn golden() {
        for (name, file) in [
            ("compressing", include_str!("../tests/data/stats-compressing.json")),
            ("measuring", include_str!("../tests/data/stats-measuring.json")),
            ("stopped", include_str!("../tests/data/stats-stopped.json")),
        ] {
            let stats: Value = serde_json::from_str(file).unwrap();
            let part = |name: &str| Some(&stats[name]).filter(|part| !part.is_null());
            let text = text("http://127.0.0.1:8787", part("stats"), part("history"));
            insta::assert_snapshot!(name, anstream::adapter::strip_str(&text));
        }
    }

    #[test]
    fn what_hooks_have_saved() {
        let sum =
            |before, after| json!({"results": 3, "tokens_before": before, "tokens_after": after});
        let hooks = json!({"since": 7, "clients": {"claude-hooks": {
            "Bash": sum(4000, 1000), "Read\u{1b}": sum(1000, 1000)}, "none": {}}});
        insta::assert_snapshot!("hooks", anstream::adapter::strip_str(&of_hooks(&hooks)));
        assert_eq!(of_hooks(&json!({})), "");
    }

    #[test]
    fn small_amounts_have_more_digits() {
        let shown = |amount: f64| money(&json!(amount)).unwrap();
        assert_eq!(
            [0.0, 0.00123, 12.345, -0.5].map(shown),
            ["$0.00", "$0.0012", "$12.35", "-$0.5000"]
        );
    }

    #[test]
    fn names_from_anyone_are_one_plain_line() {
        let live = json!({
            "summary": {"mode": "optimize", "api_requests": 1}, "uptime_seconds": 61.0, "version": "1",
            "blocks": {
                "by_kind": {},
                "by_tool": {"a\u{1b}[31mb\nc": {"blocks": 1, "in_all_requests": {"tokens_before": 10, "tokens_after": 4, "tokens_saved": 6}}},
                "unchanged": [{"tool": "x\u{7}", "kind": "log", "tokens": 1234, "why": "no_shorter_form", "detail": null}],
            },
        });
        let text = anstream::adapter::strip_str(&text("http://u", Some(&live), None)).to_string();
        assert!(text.starts_with("Headroom 1 at http://u, up 1m 1s, compressing\n"), "{text}");
        assert!(
            text.contains("a?[31mb?c") && text.contains("60 %") && text.contains("1,234  x?"),
            "{text}"
        );
        assert!(!text.contains(['\u{1b}', '\u{7}']));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let live = json!({"not_understood": {"a": 2, "b\n": 1234, "c": 0, "d": "x", "e": 2}});
        assert_eq!(
            not_understood(&live),
            [(1234, "b?".to_owned()), (2, "a".to_owned()), (2, "e".to_owned())]
        );
        let said = text("http://u", Some(&live), None);
        assert!(said.contains("     1,234  b?\n         2  a\n"), "{said}");
        assert!(!text("http://u", Some(&json!({})), None).contains("unrecognised"));
    }

    #[test]
    fn an_answer_of_another_version_is_no_reason_to_fail() {
        for odd in
            [json!(null), json!({}), json!({"lifetime": [], "since": "é"}), json!({"since": 7})]
        {
            let text = text("http://u", Some(&odd), Some(&odd));
            assert!(text.contains("unknown"), "{text}");
        }
    }
}
