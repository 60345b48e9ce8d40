//! Credentials in a text: found, and redacted.
//!
//! Three kinds of detectors, all behind one search for their keywords:
//! - the formats of providers, as data (`rules/*.toml`, each with its provenance);
//! - structures that no regular expression tells well: private keys, passwords in URLs;
//! - assignments (`password = "…"`, `api_key: …`), which are secrets only if the value looks like one.
//!
//! A false alarm takes from a reader what the code says, so that it weighs as much as a miss: values
//! that are placeholders, references to the environment or plain words are left alone.
//!
//! Redaction keeps the number of lines, and redacting twice changes nothing. The time is linear in the
//! text. This crate reads no files; which files are credentials by their name alone is
//! [`is_credential_file`].

mod assignment;
mod file_names;
mod private_key;
mod rules;
mod scan;
mod url;
mod value;

use std::borrow::Cow;

pub use file_names::is_credential_file;

/// A text changes at most this often. A second look is needed where a credential stood right beside
/// another; more only where that was made on purpose.
const LOOKS: usize = 4;

/// One credential that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line it begins on, from 1.
    pub line: u32,
    /// The rule that found it, as a name that people can read: `aws-access-key-id`.
    pub rule: &'static str,
}

/// A text without its credentials.
#[derive(Debug)]
pub struct Redacted<'a> {
    /// The text, borrowed when nothing was found; as many lines as before.
    pub text: Cow<'a, str>,
    /// What was found, in order of lines.
    pub findings: Vec<Finding>,
}

/// The names of the rules for the formats of providers, in order.
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

/// `text` with `secrets`, which are in order and apart, replaced.
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
