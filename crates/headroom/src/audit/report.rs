//! An audit in words and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::account::{Account, Bill, Sum};
use super::transcript::agent_name;

/// Rows of a table in words.
const ROWS: usize = 12;
/// Characters of a command or file that are shown in words.
const HINT: usize = 56;

/// The audit, for a terminal.
pub(crate) fn text(account: &Account) -> String {
    let mut out = format!("{}\n", headline(account));
    if account.requests == 0 {
        out.push_str("There is nothing to replay.\n");
        return out + &notes(account);
    }
    let (without, with) = (&account.without, &account.with);
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
        dollars(without.cost),
        dollars(with.cost),
        percent(without.cost, with.cost)
    );
    for (title, sums) in [("by kind", &account.by_kind), ("by tool", &account.by_tool)] {
        let _ = writeln!(
            out,
            "\n{title:<24}{:>8}{:>14}{:>14}{:>9}{:>16}",
            "blocks", "tokens", "smaller", "saved", "in all requests"
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
    if !account.blocks.is_empty() {
        let _ = writeln!(
            out,
            "\n{:<16}{:>10}{:>10}{:>7}  what saves most",
            "kind", "tokens", "smaller", "times"
        );
        for block in account.blocks.iter().take(ROWS) {
            let hint = block.hint.as_deref().unwrap_or("");
            let _ = writeln!(
                out,
                "{:<16}{:>10}{:>10}{:>7}  {} {}",
                block.kind,
                grouped(block.before as u64),
                grouped(block.after as u64),
                block.times,
                shortened(&block.tool, 24),
                shortened(hint, HINT)
            );
        }
    }
    out + &notes(account)
}

/// What was replayed.
pub(crate) fn headline(account: &Account) -> String {
    let agents: Vec<String> = account
        .transcripts
        .iter()
        .map(|(format, count)| format!("{count} of {}", agent_name(*format)))
        .collect();
    let agents = if agents.is_empty() { "none".to_owned() } else { agents.join(", ") };
    format!(
        "Transcripts: {agents}; {} conversations, {} requests.",
        grouped(account.conversations as u64),
        grouped(account.requests as u64)
    )
}

/// What has to be known to read the figures.
pub(crate) fn notes(account: &Account) -> String {
    let mut out = String::from("\n");
    let passed = account.passed_over;
    for (count, what) in [
        (
            account.modelled,
            "requests without the provider's figures: worked out by the caching rules, without system prompt and tools",
        ),
        (
            account.unpriced,
            "requests of models whose price isn't known: not in the cost (add them to prices.toml)",
        ),
        (passed.broken, "lines passed over that aren't JSON"),
        (passed.too_long, "lines passed over that are too long"),
        (passed.odd, "lines passed over that have another shape"),
        (account.foreign, "files passed over that are no transcripts"),
        (account.unreadable, "files that can't be read"),
    ] {
        if count > 0 {
            let _ = writeln!(out, "{} {what}", grouped(count as u64));
        }
    }
    out.push_str(
        "\"Without\" is what the provider billed, at list prices; \"with\" is an estimate: the same less \
         what compression takes.\nWhat the model would have retrieved isn't in it. Nothing left this machine.\n",
    );
    out
}

/// The audit, for programs.
pub(crate) fn json(account: &Account) -> Value {
    let bill = |bill: &Bill| {
        json!({
            "tokens_sent": bill.sent(),
            "input_tokens": bill.usage.input,
            "cache_read_tokens": bill.usage.cache_read,
            "cache_write_tokens": bill.usage.cache_write,
            "output_tokens": bill.usage.output,
            "cost_usd": bill.cost,
        })
    };
    let sums = |sums| -> Vec<Value> {
        let row = |(name, sum): (&str, &Sum)| {
            json!({"name": name, "blocks": sum.blocks, "tokens_before": sum.before,
                   "tokens_after": sum.after, "tokens_saved_in_all_requests": sum.saved})
        };
        ranked(sums).into_iter().map(row).collect()
    };
    let passed = account.passed_over;
    json!({
        "version": 1,
        "transcripts": account.transcripts.iter().map(|(format, n)| (agent_name(*format).to_owned(), json!(n))).collect::<serde_json::Map<_, _>>(),
        "conversations": account.conversations,
        "requests": account.requests,
        "requests_modelled": account.modelled,
        "requests_unpriced": account.unpriced,
        "without": bill(&account.without),
        "with_estimate": bill(&account.with),
        "relative_cost": (account.without.cost > 0.0).then(|| account.with.cost / account.without.cost),
        "by_kind": sums(&account.by_kind),
        "by_tool": sums(&account.by_tool),
        "blocks": account.blocks.iter().map(|block| json!({
            "tool": block.tool, "kind": block.kind, "hint": block.hint,
            "tokens_before": block.before, "tokens_after": block.after, "requests": block.times,
            "tokens_saved_in_all_requests": block.saved(),
        })).collect::<Vec<_>>(),
        "lines": account.lines,
        "passed_over": {"broken": passed.broken, "too_long": passed.too_long, "odd": passed.odd,
                        "foreign_files": account.foreign, "unreadable_files": account.unreadable},
    })
}

/// The lines of the bill, without and with.
pub(crate) fn lines(without: &Bill, with: &Bill) -> [(&'static str, u64, u64); 5] {
    [
        ("tokens sent", without.sent(), with.sent()),
        ("  read from the cache", without.usage.cache_read, with.usage.cache_read),
        ("  written to the cache", without.usage.cache_write, with.usage.cache_write),
        ("  uncached", without.usage.input, with.usage.input),
        ("tokens of output", without.usage.output, with.usage.output),
    ]
}

/// Sums, those that save most first.
pub(crate) fn ranked(sums: &std::collections::BTreeMap<String, Sum>) -> Vec<(&str, &Sum)> {
    let mut rows: Vec<_> = sums.iter().map(|(name, sum)| (&**name, sum)).collect();
    rows.sort_by_key(|(name, sum)| (std::cmp::Reverse((sum.saved, sum.before)), *name));
    rows
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
        assert_eq!((percent(200.0, 50.0), percent(0.0, 0.0)), ("75 %".to_owned(), "–".to_owned()));
        assert_eq!(
            (shortened("ab\ncd", 9), shortened("abcdef", 3)),
            ("ab…".to_owned(), "abc…".to_owned())
        );
    }
}
