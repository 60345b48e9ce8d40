//! An audit as text for a terminal, and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::totals::{AuditTotals, BlockTotals, Cost};
use super::transcript::agent_name;

/// Rows of a table in words.
const ROWS: usize = 12;
/// Characters of a command or file that are shown in words.
const HINT: usize = 56;

/// The audit, for a terminal.
pub(crate) fn text(totals: &AuditTotals) -> String {
    let mut out = format!("{}\n", headline(totals));
    if totals.requests == 0 {
        out.push_str("There is nothing to replay.\n");
        return out + &notes(totals);
    }
    let (without, with) = (&totals.without, &totals.with);
    let _ = writeln!(out, "\n{:<28}{:>16}{:>16}{:>9}", "", "without", "with", "saved");
    for (name, before, after) in lines(without, with) {
        let percent = percent(before as f64, after as f64);
        let (before, after) = (grouped(before), grouped(after));
        let _ = writeln!(out, "{name:<28}{before:>16}{after:>16}{percent:>9}");
    }
    let _ = writeln!(
        out,
        "{:<28}{:>16}{:>16}{:>9}",
        "cost (estimate)",
        dollars(without.dollars),
        dollars(with.dollars),
        percent(without.dollars, with.dollars)
    );
    for (title, sums) in [("by kind", &totals.by_kind), ("by tool", &totals.by_tool)] {
        let _ = writeln!(
            out,
            "\n{title:<24}{:>8}{:>14}{:>14}{:>9}{:>16}",
            "blocks", "before", "after", "saved", "in all requests"
        );
        for (name, sum) in ranked(sums).into_iter().take(ROWS) {
            let _ = writeln!(
                out,
                "{:<24}{:>8}{:>14}{:>14}{:>9}{:>16}",
                shortened(name, 23),
                grouped(sum.blocks as u64),
                grouped(sum.before as u64),
                grouped(sum.after as u64),
                percent(sum.before as f64, sum.after as f64),
                grouped(sum.saved)
            );
        }
    }
    if !totals.blocks.is_empty() {
        let _ = writeln!(
            out,
            "\n{:<16}{:>10}{:>10}{:>10}  largest savings",
            "kind", "before", "after", "requests"
        );
        for block in totals.blocks.iter().take(ROWS) {
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
    out + &notes(totals)
}

/// What was replayed.
pub(crate) fn headline(totals: &AuditTotals) -> String {
    let agents: Vec<String> = totals
        .transcripts
        .iter()
        .map(|(format, count)| format!("{count} of {}", agent_name(*format)))
        .collect();
    let agents = if agents.is_empty() { "none".to_owned() } else { agents.join(", ") };
    format!(
        "Transcripts: {agents}; {}, {}.",
        counted(totals.conversations as u64, "conversation"),
        counted(totals.requests as u64, "request")
    )
}

/// What has to be known to read the numbers: how many of what aren't measured, or aren't included.
pub(crate) fn notes(totals: &AuditTotals) -> String {
    let mut out = String::new();
    let passed = totals.passed_over;
    let by_family: usize = totals.priced_by_family.values().sum();
    if by_family > 0 {
        let models: Vec<String> =
            totals.priced_by_family.keys().map(|model| shortened(model, 60)).collect();
        let _ = writeln!(
            out,
            "{} of new models at the price of their family: {}",
            counted(by_family as u64, "request"),
            models.join(", ")
        );
    }
    for (count, unit, what) in [
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
        (
            totals.unpriced,
            "request",
            "of models without a price: not in the cost (add the models to prices.toml)",
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
         compression saves.\nWhat the model would have retrieved isn't included. Nothing was sent anywhere.\n",
    );
    out
}

/// The audit, for programs.
pub(crate) fn json(totals: &AuditTotals) -> Value {
    let cost = |cost: &Cost| {
        json!({
            "tokens_sent": cost.sent(),
            "input_tokens": cost.usage.input,
            "cache_read_tokens": cost.usage.cache_read,
            "cache_write_tokens": cost.usage.cache_write,
            "cache_write_1h_tokens": cost.usage.cache_write_1h,
            "output_tokens": cost.usage.output,
            "cost_usd": cost.dollars,
        })
    };
    let sums = |sums| -> Vec<Value> {
        let row = |(name, sum): (&str, &BlockTotals)| {
            json!({"name": name, "blocks": sum.blocks, "tokens_before": sum.before,
                   "tokens_after": sum.after, "tokens_saved_in_all_requests": sum.saved})
        };
        ranked(sums).into_iter().map(row).collect()
    };
    let passed = totals.passed_over;
    json!({
        "version": 1,
        "transcripts": totals.transcripts.iter().map(|(format, n)| (agent_name(*format).to_owned(), json!(n))).collect::<serde_json::Map<_, _>>(),
        "conversations": totals.conversations,
        "requests": totals.requests,
        "requests_modelled": totals.modelled,
        "requests_unpriced": totals.unpriced,
        "requests_priced_by_family": totals.priced_by_family,
        "requests_repeated": totals.repeated,
        "without": cost(&totals.without),
        "with_estimate": cost(&totals.with),
        "relative_cost": (totals.without.dollars > 0.0).then(|| totals.with.dollars / totals.without.dollars),
        "by_kind": sums(&totals.by_kind),
        "by_tool": sums(&totals.by_tool),
        "blocks": totals.blocks.iter().map(|block| json!({
            "tool": block.tool, "kind": block.kind, "hint": block.hint,
            "tokens_before": block.before, "tokens_after": block.after, "requests": block.times,
            "tokens_saved_in_all_requests": block.saved(),
        })).collect::<Vec<_>>(),
        "lines": totals.lines,
        "passed_over": {"broken": passed.broken, "too_long": passed.too_long, "odd": passed.odd,
                        "foreign_files": totals.foreign, "unreadable_files": totals.unreadable},
    })
}

/// The token counts, without compression and with it.
pub(crate) fn lines(without: &Cost, with: &Cost) -> [(&'static str, u64, u64); 5] {
    [
        ("input tokens", without.sent(), with.sent()),
        ("  cache reads", without.usage.cache_read, with.usage.cache_read),
        ("  cache writes", without.usage.cache_write, with.usage.cache_write),
        ("  uncached", without.usage.input, with.usage.input),
        ("output tokens", without.usage.output, with.usage.output),
    ]
}

/// Sums, those that save most first.
pub(crate) fn ranked(
    sums: &std::collections::BTreeMap<String, BlockTotals>,
) -> Vec<(&str, &BlockTotals)> {
    let mut rows: Vec<_> = sums.iter().map(|(name, sum)| (&**name, sum)).collect();
    rows.sort_by_key(|(name, sum)| (std::cmp::Reverse((sum.saved, sum.before)), *name));
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
    if before > 0.0 {
        format!("{:.0} %", (before - after) * 100.0 / before)
    } else {
        "–".to_owned()
    }
}

/// The beginning of a line of a text.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    let cut: String = line.chars().take(most).collect();
    if cut.len() < text.len() { format!("{}…", cut.trim_end()) } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!([0, 999, 1000, 1234567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 1, 2000].map(|n| counted(n, "line")), ["0 lines", "1 line", "2,000 lines"]);
        assert_eq!((percent(200.0, 50.0), percent(0.0, 0.0)), ("75 %".to_owned(), "–".to_owned()));
        assert_eq!(
            (shortened("ab\ncd", 9), shortened("abcdef", 3)),
            ("ab…".to_owned(), "abc…".to_owned())
        );
    }
}
