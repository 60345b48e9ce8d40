//! An audit as one HTML page that needs nothing else and runs nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::blocks::BlockTotals;
use super::report::{
    ceiling, dollars, grouped, headline, lines, notes, percent, ranked, ranked_clients, share,
    shortened,
};
use super::totals::AuditTotals;
use super::transcript::agent_name;

/// Rows of a table.
const ROWS: usize = 30;
/// Characters of a command or file that are shown.
const HINT: usize = 200;

/// The page.
pub(crate) fn page(totals: &AuditTotals) -> String {
    let all = totals.all();
    let (without, with) = (&all.without, &all.with);
    let mut out = String::from(HEAD);
    let _ = write!(out, "<style>{}</style>\n</head>\n<body>\n", server::STYLE);
    let _ = write!(
        out,
        "<header><h1>Headroom audit</h1><span class=\"faint\">{}</span></header>\n<p>{}</p>\n<div class=\"tiles\">\n",
        escaped(&headline(totals)),
        escaped(&ceiling(&all))
    );
    for (name, value) in [
        ("cost without", dollars(without.dollars)),
        ("of it tool results", share(all.results.dollars, without.dollars)),
        ("cost with (estimate)", dollars(with.dollars)),
        ("saved", percent(without.dollars, with.dollars)),
        ("input tokens saved", grouped(without.sent().saturating_sub(with.sent()))),
    ] {
        let _ = writeln!(
            out,
            "<div class=\"tile\"><span class=\"faint\">{name}</span><b>{value}</b></div>"
        );
    }
    out.push_str("</div>\n");
    let rows = lines(without, with).map(|(name, before, after)| {
        let saved = percent(before as f64, after as f64);
        vec![name.trim().to_owned(), grouped(before), grouped(after), saved]
    });
    table(&mut out, "Tokens", &["", "#without", "#with (estimate)", "#saved"], &rows);
    table(&mut out, "By agent", &CLIENTS, &clients(totals));
    let blocks = &totals.blocks;
    for (title, all) in [("By kind of output", &blocks.by_kind), ("By tool", &blocks.by_tool)] {
        table(&mut out, title, &SUMS, &sums(all));
    }
    table(&mut out, "Largest savings", &BEST, &best(totals));
    let _ = write!(
        out,
        "<p class=\"faint\">{}</p>\n</body>\n</html>\n",
        escaped(notes(totals).trim()).replace('\n', "<br>")
    );
    out
}

const HEAD: &str = "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>Headroom audit</title>
";

const CLIENTS: [&str; 8] = [
    "",
    "#conversations",
    "#requests",
    "#without",
    "#tool results",
    "#with (estimate)",
    "#saved",
    "#dearer",
];

fn clients(totals: &AuditTotals) -> Vec<Vec<String>> {
    let clients = ranked_clients(totals).into_iter();
    clients
        .map(|(format, client)| {
            vec![
                agent_name(format).to_owned(),
                grouped(client.conversations as u64),
                grouped(client.requests as u64),
                dollars(client.without.dollars),
                share(client.results.dollars, client.without.dollars),
                dollars(client.with.dollars),
                percent(client.without.dollars, client.with.dollars),
                grouped(client.dearer as u64),
            ]
        })
        .collect()
}

const BEST: [&str; 7] = ["kind", "tool", "what", "#before", "#after", "#requests", "#saved in all"];

fn best(totals: &AuditTotals) -> Vec<Vec<String>> {
    let blocks = totals.blocks.best.iter();
    blocks
        .map(|block| {
            vec![
                block.kind.to_owned(),
                block.tool.clone(),
                shortened(block.hint.as_deref().unwrap_or(""), HINT),
                grouped(block.before as u64),
                grouped(block.after as u64),
                block.times.to_string(),
                grouped(block.saved()),
            ]
        })
        .collect()
}

const SUMS: [&str; 7] =
    ["", "#blocks", "#before", "#after", "#saved", "#saved in all requests", "#used later"];

fn sums(all: &BTreeMap<String, BlockTotals>) -> Vec<Vec<String>> {
    let row = |(name, sum): (&str, &BlockTotals)| {
        vec![
            name.to_owned(),
            grouped(sum.blocks as u64),
            grouped(sum.before as u64),
            grouped(sum.after as u64),
            percent(sum.before as f64, sum.after as f64),
            grouped(sum.saved()),
            grouped(sum.used_later as u64),
        ]
    };
    ranked(all).into_iter().take(ROWS).map(row).collect()
}

/// A table; columns of numbers have a `#` before their head.
fn table(out: &mut String, title: &str, heads: &[&str], rows: &[Vec<String>]) {
    let class = |head: &str| if head.starts_with('#') { "number" } else { "text" };
    let _ = write!(out, "<section><h2>{title}</h2><table><thead><tr>");
    for head in heads {
        let _ = write!(out, "<th class=\"{}\">{}</th>", class(head), head.trim_start_matches('#'));
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (head, cell) in heads.iter().zip(row) {
            let _ = write!(out, "<td class=\"{}\">{}</td>", class(head), escaped(cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></section>\n");
}

/// Text as HTML: what comes from transcripts can come from anyone.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && c != '\n' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
