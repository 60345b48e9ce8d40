//! Finds and redacts credentials in a text.
//!
//! There are three kinds of detectors, triggered by one search for their keywords:
//! - the formats of providers, as data (`rules/*.toml`, each with its provenance);
//! - structures that a regular expression describes poorly: private keys, passwords in URLs;
//! - assignments (`password = "…"`, `api_key: …`), which are secrets only if the value looks like one.
//!
//! A false positive hides code from the reader, so it weighs as much as a miss: placeholders,
//! references to the environment and plain words are left alone.
//!
//! - `scan`: the search for keywords, and the detector for each
//! - `rules`, `private_key`, `url`, `assignment`: the detectors
//! - `value`: whether a value looks like a secret or like a placeholder (`rules/dummies.txt`)
//!
//! Redaction preserves the number of lines and is idempotent. The time is linear in the text. This
//! crate reads no files; [`is_credential_file`] recognises files that are credentials by their name
//! alone.
//!
//! ```
//! // In two parts, so that nobody's scanner takes this page for a leak.
//! let text = format!("host = db\nkey = AKIA{}\n", "IOSFODNN7EXAMPL2");
//! let redacted = secrets::redact(&text);
//! assert_eq!(redacted.text, "host = db\nkey = [REDACTED:aws-access-key-id]\n");
//! assert_eq!((redacted.findings[0].line, redacted.findings[0].rule), (2, "aws-access-key-id"));
//!
//! // A placeholder is no credential.
//! assert!(secrets::redact("password = \"${DB_PASSWORD}\"").findings.is_empty());
//! assert!(secrets::is_credential_file("deploy/id_ed25519"));
//! ```

mod assignment;
mod file_names;
mod private_key;
mod rules;
mod scan;
mod url;
mod value;

use std::borrow::Cow;

pub use file_names::is_credential_file;

/// The most passes over a text. A second one is needed if a credential was adjacent to another;
/// more only if the text was made to require them.
const LOOKS: usize = 4;

/// A credential that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line on which it begins, from 1.
    pub line: u32,
    /// The rule that found it, as a readable name: `aws-access-key-id`.
    pub rule: &'static str,
}

/// The result of redacting a text.
#[derive(Debug)]
pub struct Redacted<'a> {
    /// The redacted text, borrowed if nothing was found; it has as many lines as the input.
    pub text: Cow<'a, str>,
    /// The findings, in order of lines.
    pub findings: Vec<Finding>,
}

/// The names of the rules for provider formats, in order.
pub fn rule_names() -> impl Iterator<Item = &'static str> {
    rules::RULES.iter().map(|rule| rule.name.as_str())
}

/// Replaces every credential in `text` by `[REDACTED:rule]`, and by as many line ends as it had.
pub fn redact(text: &str) -> Redacted<'_> {
    let mut redacted = Redacted { text: Cow::Borrowed(text), findings: Vec::new() };
    for _ in 0..LOOKS {
        let secrets = scan::secrets(&redacted.text);
        if secrets.is_empty() {
            break;
        }
        let (text, findings) = replace(&redacted.text, &secrets);
        redacted.text = Cow::Owned(text);
        redacted.findings.extend(findings);
    }
    redacted.findings.sort_by_key(|finding| finding.line);
    redacted
}

/// `text` with `secrets` replaced, which are in order and don't overlap.
fn replace(text: &str, secrets: &[scan::Secret]) -> (String, Vec<Finding>) {
    let mut out = String::with_capacity(text.len());
    let mut findings = Vec::with_capacity(secrets.len());
    let (mut at, mut line) = (0, 1);
    for secret in secrets {
        let before = &text[at..secret.range.start];
        line += line_ends(before);
        findings.push(Finding { line: u32::try_from(line).unwrap_or(u32::MAX), rule: secret.rule });
        out.push_str(before);
        out.push_str("[REDACTED:");
        out.push_str(secret.rule);
        out.push(']');
        let within = line_ends(&text[secret.range.clone()]);
        out.extend(std::iter::repeat_n('\n', within));
        line += within;
        at = secret.range.end;
    }
    out.push_str(&text[at..]);
    (out, findings)
}

fn line_ends(text: &str) -> usize {
    text.bytes().filter(|&byte| byte == b'\n').count()
}
