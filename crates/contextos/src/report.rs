//! A page for people about one pack, for `--report`: what was chosen and why, what it cost, and what was left out.
//!
//! The page is one file without scripts, and its policy lets it load nothing: it may show text of a hostile checkout.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use select::Feature;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The most chunks that were left out that a page lists. By hand.
const MAX_UNCHOSEN: usize = 100;
/// The most contributions that it shows of each chunk. By hand: the others are small.
const MAX_CONTRIBUTIONS: usize = 6;

const STYLE: &str = include_str!("report.css");

/// What a page shows.
pub(crate) struct Report<'r> {
    /// The repository's name.
    pub(crate) repository: &'r str,
    /// What `--explain` prints as JSON.
    pub(crate) explanation: Value,
    /// The pack.
    pub(crate) text: &'r str,
    /// The summary that `pack` prints.
    pub(crate) summary: &'r str,
}

impl Report<'_> {
    /// The page.
    pub(crate) fn to_html(&self) -> String {
        let hash = STANDARD.encode(Sha256::digest(STYLE));
        let title = format!("Pack of {}", escaped(self.repository));
        let explanation = &self.explanation;
        let (tokens, budget) = (number(&explanation["tokens"]), number(&explanation["budget"]));
        let mut out = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; \
             base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n\
             <pre class=\"task\">{}</pre>\n",
            escaped(text(&explanation["task"])),
        );
        let _ = write!(
            out,
            "<dl>\n<dt>Tokens</dt><dd>{tokens} of {budget}</dd>\n<dt>Confidence</dt><dd>{}</dd>\n</dl>\n\
             <meter min=\"0\" max=\"{budget}\" value=\"{tokens}\">{tokens} of {budget} tokens</meter>\n\
             <pre class=\"summary\">{}</pre>\n",
            escaped(text(&explanation["confidence"])),
            escaped(self.summary),
        );
        self.write_chosen(&mut out);
        self.write_unchosen(&mut out);
        let _ = write!(
            out,
            "<details>\n<summary>The pack</summary>\n<pre class=\"pack\">{}</pre>\n</details>\n\
             </main>\n</body>\n</html>\n",
            escaped(self.text)
        );
        out
    }

    fn write_chosen(&self, out: &mut String) {
        let files = list(&self.explanation["files"]);
        let _ = writeln!(out, "<h2>Chosen: {} files</h2>", files.len());
        for file in files {
            let lines: Vec<String> = list(&file["lines"]).iter().map(lines).collect();
            let _ = writeln!(
                out,
                "<section>\n<h3>{}. {} <small>{}</small></h3>",
                number(&file["rank"]),
                escaped(text(&file["path"])),
                lines.join(", ")
            );
            write_table(out, list(&file["units"]), false);
            out.push_str("</section>\n");
        }
    }

    fn write_unchosen(&self, out: &mut String) {
        let unchosen = list(&self.explanation["unchosen"]);
        let _ = writeln!(out, "<h2>Left out: {} chunks</h2>", unchosen.len());
        if unchosen.is_empty() {
            out.push_str("<p>Nothing else matches the task.</p>\n");
            return;
        }
        out.push_str("<section>\n");
        write_table(out, &unchosen[..unchosen.len().min(MAX_UNCHOSEN)], true);
        out.push_str("</section>\n");
        if unchosen.len() > MAX_UNCHOSEN {
            let _ = writeln!(out, "<p>… {}</p>", unchosen.len() - MAX_UNCHOSEN);
        }
    }
}

/// A row for each chunk; those that were left out have a path and a price.
fn write_table(out: &mut String, chunks: &[Value], is_left_out: bool) {
    if chunks.is_empty() {
        return;
    }
    let (place, price) =
        if is_left_out { ("<th>Place</th>", "<th>Price</th>") } else { ("<th>Lines</th>", "") };
    let _ = writeln!(
        out,
        "<table>\n<thead><tr>{place}<th>Name</th><th>Probability</th>{price}<th>Evidence</th></tr></thead>\n<tbody>"
    );
    for chunk in chunks {
        let path =
            if is_left_out { format!("{}:", escaped(text(&chunk["path"]))) } else { String::new() };
        let price = match is_left_out {
            true => {
                format!(
                    "<td class=\"number\" data-label=\"Price\">{}</td>",
                    number(&chunk["price"])
                )
            }
            false => String::new(),
        };
        let _ = writeln!(
            out,
            "<tr><td class=\"place\">{path}{}{}</td><td>{}</td>\
             <td class=\"number\" data-label=\"Probability\">{:.1} %</td>{price}<td>{}</td></tr>",
            lines(&chunk["lines"]),
            shown_part(chunk),
            escaped(text(&chunk["name"])),
            chunk["chance"].as_f64().unwrap_or_default() * 100.0,
            evidence(chunk),
        );
    }
    out.push_str("</tbody>\n</table>\n");
}

/// Which lines of a chunk are shown, if not all of them.
fn shown_part(chunk: &Value) -> String {
    match list(&chunk["shown"]) {
        [] => String::new(),
        shown => format!(", shown: {}", shown.iter().map(lines).collect::<Vec<_>>().join(", ")),
    }
}

/// The words that matched, and what counts for a chunk and against it.
fn evidence(chunk: &Value) -> String {
    let words: Vec<String> = list(&chunk["words"])
        .iter()
        .map(|word| format!("<code>{}</code>", escaped(text(word))))
        .collect();
    let pieces: Vec<String> = list(&chunk["pieces"])
        .iter()
        .take(MAX_CONTRIBUTIONS)
        .map(|piece| {
            let points = piece["points"].as_f64().unwrap_or_default();
            format!("{} {points:+.2}", escaped(label(text(&piece["name"]))))
        })
        .collect();
    [words.join(" "), pieces.join(", ")]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("; ")
}

/// A feature's name for people, by its key.
fn label(key: &str) -> &str {
    Feature::ALL.iter().find(|feature| feature.name() == key).map_or(key, |feature| feature.label())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn lines(range: &Value) -> String {
    match (number(&range[0]), number(&range[1])) {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}–{last}"),
    }
}

/// The text as it may stand in an element or a quoted attribute, control characters as spaces.
fn escaped(text: &str) -> String {
    let shown: String = text
        .chars()
        .map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { ' ' } else { c })
        .collect();
    htmlize::escape_all_quotes(shown).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_loads_nothing_and_escapes_everything() {
        let hostile = "</pre><script>alert('1')</script>\u{1b}[2J";
        let page = Report {
            repository: hostile,
            explanation: json!({
                "task": hostile, "confidence": "strong", "budget": 8000, "tokens": 7000,
                "files": [{"rank": 1, "path": hostile, "lines": [[1, 9]], "units": [{"lines": [1, 9], "name": hostile,
                    "chance": 0.5, "words": [hostile], "pieces": [{"name": "translation", "points": 1.5}]}]}],
                "unchosen": [{"path": hostile, "lines": [3, 4], "chance": 0.1, "pieces": [], "price": 80}],
            }),
            text: hostile,
            summary: hostile,
        }
        .to_html();
        assert!(!page.contains("<script") && !page.contains('\u{1b}'), "{page}");
        assert!(page.contains("default-src 'none'") && page.contains("7000 of 8000"));
        assert!(page.contains("query_expansion +1.50"), "the name for people: {page}");
        let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        assert!(page.contains(&STANDARD.encode(Sha256::digest(style))));
    }
}
