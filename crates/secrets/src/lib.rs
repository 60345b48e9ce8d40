//! Finds and redacts credentials in a text.
//!
//! There are four kinds of detectors, triggered by one search for their keywords:
//! - the formats of providers, as data (`rules/*.toml`, each with its provenance);
//! - structures that a regular expression describes poorly: private keys, passwords in URLs, Kubernetes'
//!   secrets, command lines, arguments of calls;
//! - assignments (`password = "…"`, `api_key: …`), which are secrets only if the value looks like one;
//! - encodings: base64 and percent-encoding are decoded, and what they contain is searched likewise.
//!
//! A false positive hides code from the reader, so it weighs as much as a miss: placeholders,
//! references to the environment and plain words are left alone.
//!
//! - `scan`: what each keyword triggers; `search`: the search for all of them, where `classes` of bytes and a
//!   `filter` let it be, in `tables` of the keywords' `grams`; with `vectors` where there are any
//! - `rules`, `private_key`, `url`, `dsn`, `command`, `call`, `cookie`, `structure`, `account_list`, `recovery`, `transcript`,
//!   `prefixed`, `provider`, `assignment`, `encoded`: the detectors
//! - `view`: the text as its reader sees it, which is searched in its place; `parts`: lines and other parts of a text
//! - `value`: whether a value looks like a secret or like a placeholder (`rules/dummies.txt`); `chosen`: passwords of words
//! - `public`: whether what was found is known to open nothing (`rules/published.txt`); with `protected` for hashes and
//!   ciphertexts, and `foreign` for placeholders and labels in other languages
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

mod account_list;
mod assignment;
mod byte_set;
mod call;
mod chosen;
mod classes;
mod command;
mod cookie;
mod dsn;
mod encoded;
mod file_names;
mod filter;
mod foreign;
mod grams;
#[cfg(not(target_arch = "x86_64"))]
mod no_vectors;
mod parts;
mod prefixed;
mod private_key;
mod protected;
mod provider;
mod public;
mod recovery;
mod rules;
mod scan;
mod search;
mod structure;
mod tables;
mod transcript;
mod url;
mod value;
#[cfg(target_arch = "x86_64")]
mod vectors;
mod view;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

pub use file_names::is_credential_file;
#[cfg(not(target_arch = "x86_64"))]
use no_vectors as vectors;

/// The passes over a text. A second one is needed if a credential was adjacent to another; more only if the text was made
/// to require them.
const LOOKS: usize = 4;
/// The passes after these, in which a credential goes on to the end of its line, so that nothing behind it is left to find.
const LOOKS_TO_LINE_ENDS: usize = 4;

/// A credential that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line on which it begins, from 1.
    pub line: u32,
    /// The rule that found it, as a readable name: `aws-access-key-id`.
    pub rule: &'static str,
    /// Identifies the credential wherever it occurs, without containing it.
    pub fingerprint: Fingerprint,
}

/// A hash of a credential and of the rule that found it, by which people can say that it isn't one. Written
/// as sixteen hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(u64);

impl Fingerprint {
    fn of(rule: &str, secret: &str) -> Self {
        let mut hasher =
            blake3::Hasher::new_derive_key("contextos 2026 fingerprint of a credential");
        hasher.update(rule.as_bytes()).update(&[0]).update(secret.as_bytes());
        let hash = hasher.finalize();
        let bytes = hash.as_bytes().first_chunk().expect("a hash has 32 bytes");
        Self(u64::from_be_bytes(*bytes))
    }

    /// The fingerprint of a file that is a credential by its name, whatever it contains. `rule` names the reason.
    pub fn of_file(rule: &str, path: &str) -> Self {
        Self::of(rule, path)
    }

    /// The fingerprint that has these bits, which [`to_bits`](Self::to_bits) gave.
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Its bits, to be kept.
    pub fn to_bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The result of redacting a text.
#[derive(Debug)]
pub struct Redacted<'a> {
    /// The redacted text, borrowed if nothing was found; it has as many lines as the input.
    pub text: Cow<'a, str>,
    /// The findings, in order of lines.
    pub findings: Vec<Finding>,
}

/// The providers whose formats the rules know, without repetitions, in alphabetical order.
pub fn providers() -> impl Iterator<Item = &'static str> {
    let providers: BTreeSet<_> = rules::RULES.iter().filter_map(|rule| rule.provider).collect();
    providers.into_iter()
}

/// The names of the rules for provider formats, in order.
pub fn rule_names() -> impl Iterator<Item = &'static str> {
    rules::RULES.iter().map(|rule| rule.name)
}

/// Replaces every credential in `text` by `[REDACTED:rule]`, and by as many line ends as it had.
pub fn redact(text: &str) -> Redacted<'_> {
    let mut redacted = Redacted { text: Cow::Borrowed(text), findings: Vec::new() };
    for look in 0..LOOKS + LOOKS_TO_LINE_ENDS {
        let mut secrets = scan::secrets(&redacted.text);
        if secrets.is_empty() {
            break;
        }
        if look >= LOOKS {
            secrets = to_line_ends(&redacted.text, secrets);
        }
        let (text, findings) = replace(&redacted.text, &secrets);
        redacted.text = Cow::Owned(text);
        redacted.findings.extend(findings);
    }
    redacted.findings.sort_by_key(|finding| finding.line);
    redacted
}

/// The secrets with all that follows on the line that each ends on; of those that overlap then, the first.
fn to_line_ends(text: &str, secrets: Vec<scan::Secret>) -> Vec<scan::Secret> {
    let (mut apart, mut end) = (Vec::new(), 0);
    for mut secret in secrets {
        if secret.range.start < end {
            continue;
        }
        let rest = &text[secret.range.end..];
        end = secret.range.end + rest.find('\n').unwrap_or(rest.len());
        secret.range.end = end;
        apart.push(secret);
    }
    apart
}

/// `text` with `secrets` replaced, which are in order and don't overlap.
fn replace(text: &str, secrets: &[scan::Secret]) -> (String, Vec<Finding>) {
    let mut out = String::with_capacity(text.len());
    let mut findings = Vec::with_capacity(secrets.len());
    let (mut at, mut line) = (0, 1);
    for secret in secrets {
        let before = &text[at..secret.range.start];
        line += line_ends(before);
        findings.push(Finding {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            rule: secret.rule,
            fingerprint: Fingerprint::of(secret.rule, &text[secret.range.clone()]),
        });
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
