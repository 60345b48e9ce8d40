//! An audit as text for a terminal.

use std::fmt::Write as _;

use agent_config::agent::TranscriptFormat;

use super::blocks::{BlockTables, BlockTotals};
use super::costs::{Cost, CostTotals};
use super::totals::AuditTotals;
use super::transcript::agent_name;

/// Rows of a table in words.
const ROWS: usize = 12;
/// Characters of a command or file that are shown in words.
const HINT: usize = 56;

/// The audit, for a terminal.
pub(crate) fn text(totals: &AuditTotals) -> String {
    let mut out = format!("{}\n", headline(totals));
    let all = totals.all();
    if all.requests == 0 {
        out.push_str("There is nothing to replay.\n");
        return out + &notes(totals);
    }
    let _ = writeln!(out, "\n{}", ceiling(&all));
    add_costs(&mut out, &all);
    add_clients(&mut out, totals);
    add_blocks(&mut out, &totals.blocks);
    out + &notes(totals)
}

fn add_costs(out: &mut String, all: &CostTotals) {
    let _ = writeln!(out, "\n{:<28}{:>16}{:>16}{:>9}", "", "without", "with", "saved");
    for (name, before, after) in lines(&all.without, &all.with) {
        let percent = percent(before as f64, after as f64);
        let (before, after) = (grouped(before), grouped(after));
        let _ = writeln!(out, "{name:<28}{before:>16}{after:>16}{percent:>9}");
    }
    let (without, with) = (all.without.dollars, all.with.dollars);
    let saved = percent(without, with);
    let (without, with) = (dollars(without), dollars(with));
    let _ = writeln!(out, "{:<28}{without:>16}{with:>16}{saved:>9}", "cost (estimate)");
    let retrievals = dollars(all.retrieval.dollars);
    let _ = writeln!(out, "{:<28}{:>16}{retrievals:>16}", "  expected retrievals", "");
}

fn add_clients(out: &mut String, totals: &AuditTotals) {
    let _ = writeln!(
        out,
        "\n{:<20}{:>14}{:>10}{:>12}{:>14}{:>12}{:>9}{:>8}",
        "by agent",
        "conversations",
        "requests",
        "without",
        "tool results",
        "with",
        "saved",
        "dearer"
    );
    for (format, client) in ranked_clients(totals) {
        let _ = writeln!(
            out,
            "{:<20}{:>14}{:>10}{:>12}{:>14}{:>12}{:>9}{:>8}",
            agent_name(format),
            grouped(client.conversations as u64),
            grouped(client.requests as u64),
            dollars(client.without.dollars),
            share(client.results.dollars, client.without.dollars),
            dollars(client.with.dollars),
            percent(client.without.dollars, client.with.dollars),
            grouped(client.dearer as u64)
        );
    }
}

fn add_blocks(out: &mut String, blocks: &BlockTables) {
    for (title, sums) in [("by kind", &blocks.by_kind), ("by tool", &blocks.by_tool)] {
        let _ = writeln!(
            out,
            "\n{title:<24}{:>8}{:>14}{:>14}{:>9}{:>16}{:>12}",
            "blocks", "before", "after", "saved", "in all requests", "used later"
        );
        for (name, sum) in ranked(sums).into_iter().take(ROWS) {
            let _ = writeln!(
                out,
                "{:<24}{:>8}{:>14}{:>14}{:>9}{:>16}{:>12}",
                shortened(name, 23),
                grouped(sum.blocks as u64),
                grouped(sum.before as u64),
                grouped(sum.after as u64),
                percent(sum.before as f64, sum.after as f64),
                grouped(sum.saved()),
                grouped(sum.used_later as u64)
            );
        }
    }
    if blocks.best.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "\n{:<16}{:>10}{:>10}{:>10}  largest savings",
        "kind", "before", "after", "requests"
    );
    for block in blocks.best.iter().take(ROWS) {
        let hint = block.hint.as_deref().unwrap_or("");
        let _ = writeln!(
            out,
            "{:<16}{:>10}{:>10}{:>10}  {} {}",
            block.kind,
            grouped(block.before as u64),
            grouped(block.after as u64),
            block.times,
            shortened(&block.tool, 24),
            shortened(hint, HINT)
        );
    }
}

/// What was replayed.
pub(crate) fn headline(totals: &AuditTotals) -> String {
    let agents: Vec<String> = totals
        .transcripts
        .iter()
        .map(|(format, count)| format!("{count} of {}", agent_name(*format)))
        .collect();
    let agents = if agents.is_empty() { "none".to_owned() } else { agents.join(", ") };
    let all = totals.all();
    format!(
        "Transcripts: {agents}; {}, {}.",
        counted(all.conversations as u64, "conversation"),
        counted(all.requests as u64, "request")
    )
}

/// The most that can be saved: of the cost, or of the tokens where no price is known.
pub(crate) fn ceiling(all: &CostTotals) -> String {
    let (results, without) = (&all.results, &all.without);
    let (share, of) = if without.dollars > 0.0 {
        let of = format!("cost ({} of {})", dollars(results.dollars), dollars(without.dollars));
        (share(results.dollars, without.dollars), of)
    } else {
        (share(results.sent() as f64, without.sent() as f64), "input tokens".to_owned())
    };
    format!("Tool results are {share} of the {of}: compression can't save more than that.")
}

/// What has to be known to read the numbers: what the sessions show beside them, how many of what aren't
/// measured, or aren't included.
pub(crate) fn notes(totals: &AuditTotals) -> String {
    let mut out = findings(totals);
    for (models, what) in [
        (&totals.priced_by_family, "of new models at the price of their family"),
        (&totals.unpriced, "of models without a price, not in the cost (add them to prices.toml)"),
    ] {
        if !models.is_empty() {
            let requests = counted(models.values().sum::<usize>() as u64, "request");
            let names: Vec<String> = models.keys().map(|name| shortened(name, 60)).collect();
            let _ = writeln!(out, "{requests} {what}: {}", names.join(", "));
        }
    }
    let passed = totals.passed_over;
    for (count, unit, what) in [
        (
            totals.already_compressed,
            "conversation",
            "that went through Headroom before: what that saved isn't in the numbers",
        ),
        (
            totals.repeated,
            "request",
            "in several transcripts, such as those of resumed sessions: counted once",
        ),
        (
            totals.modelled,
            "request",
            "without reported usage: estimated from the caching rules, without system prompt and tools",
        ),
        (passed.broken, "line", "skipped: not JSON"),
        (passed.too_long, "line", "skipped: too long"),
        (passed.odd, "line", "skipped: an unknown form of message"),
        (totals.foreign, "file", "skipped: no transcript"),
        (totals.unreadable, "file", "skipped: can't be read"),
    ] {
        if count > 0 {
            let _ = writeln!(out, "{} {what}", counted(count as u64, unit));
        }
    }
    if !out.is_empty() {
        out.insert(0, '\n');
    }
    out.push_str(
        "\nWithout: what the provider reported, at list prices. With: an estimate, the same less what \
         compression saves,\nand a retrieval for each block of which something was used later. Retrievals \
         for nothing can't be known.\nNothing was sent anywhere.\n",
    );
    out
}

/// What the sessions show beside their costs.
fn findings(totals: &AuditTotals) -> String {
    let (all, mut out) = (totals.all(), String::new());
    if all.lossy_blocks > 0 {
        let _ = writeln!(
            out,
            "{} of {} from which something was omitted had something that was used later",
            grouped(all.retrievals as u64),
            counted(all.lossy_blocks as u64, "block")
        );
    }
    if all.lost.requests > 0 {
        let _ = writeln!(
            out,
            "{} lost the prefix cache ({} after a pause longer than it lasts): {} tokens again, {} of the cost.\n\
             Compression keeps prefixes as they are, so it adds none",
            counted(all.lost.requests as u64, "request"),
            grouped(all.lost.after_pause as u64),
            grouped(all.lost.tokens),
            share(all.lost.dollars, all.without.dollars)
        );
    }
    out
}

/// The token counts, without compression and with it.
pub(crate) fn lines(without: &Cost, with: &Cost) -> [(&'static str, u64, u64); 6] {
    [
        ("input tokens", without.sent(), with.sent()),
        ("  cache reads", without.usage.cache_read, with.usage.cache_read),
        ("  cache writes", without.usage.cache_write, with.usage.cache_write),
        ("    for an hour", without.usage.cache_write_1h, with.usage.cache_write_1h),
        ("  uncached", without.usage.input, with.usage.input),
        ("output tokens", without.usage.output, with.usage.output),
    ]
}

/// Agents, those that cost most first.
pub(crate) fn ranked_clients(totals: &AuditTotals) -> Vec<(TranscriptFormat, &CostTotals)> {
    let mut clients: Vec<_> =
        totals.clients.iter().map(|(format, costs)| (*format, costs)).collect();
    clients.sort_by(|(_, one), (_, other)| other.without.dollars.total_cmp(&one.without.dollars));
    clients
}

/// Sums, those that save most first.
pub(crate) fn ranked(
    sums: &std::collections::BTreeMap<String, BlockTotals>,
) -> Vec<(&str, &BlockTotals)> {
    let mut rows: Vec<_> = sums.iter().map(|(name, sum)| (&**name, sum)).collect();
    rows.sort_by_key(|(name, sum)| (std::cmp::Reverse((sum.saved(), sum.before)), *name));
    rows
}

/// `1 line`, `2 lines`, `1,000 lines`.
pub(crate) fn counted(count: u64, unit: &str) -> String {
    format!("{} {unit}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// A number with commas between its thousands.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

pub(crate) fn dollars(amount: f64) -> String {
    format!("${amount:.2}")
}

/// What was saved, in percent.
pub(crate) fn percent(before: f64, after: f64) -> String {
    share(before - after, before)
}

/// What `part` is of `whole`, in percent.
pub(crate) fn share(part: f64, whole: f64) -> String {
    if whole > 0.0 {
        // Adding zero makes a negative zero positive.
        format!("{:.0} %", (part * 100.0 / whole).round() + 0.0)
    } else {
        "–".to_owned()
    }
}

/// The beginning of a line of a text, without control characters: it may come from anyone.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    let plain = |c: char| if c.is_control() { '?' } else { c };
    let shown: String = line.chars().take(most).map(plain).collect();
    let is_whole = line.len() == text.len() && line.chars().nth(most).is_none();
    if is_whole { shown } else { format!("{}…", shown.trim_end()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_are_shown_without_control_characters() {
        let names = ["g\u{7f}pt", "a\tb", "\u{1b}[2J", "\u{85}x", "é\u{9b}"];
        assert_eq!(names.map(|name| shortened(name, 9)), ["g?pt", "a?b", "?[2J", "?x", "é?"]);
    }

    #[test]
    fn numbers_for_people() {
        assert_eq!([0, 999, 1000, 1234567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 1, 2000].map(|n| counted(n, "line")), ["0 lines", "1 line", "2,000 lines"]);
        assert_eq!((percent(200.0, 50.0), percent(0.0, 0.0)), ("75 %".to_owned(), "–".to_owned()));
        assert_eq!(percent(1000.0, 1001.0), "0 %");
        assert_eq!(
            (shortened("ab\ncd", 9), shortened("abcdef", 3)),
            ("ab…".to_owned(), "abc…".to_owned())
        );
    }
}
