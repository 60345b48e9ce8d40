//! The rules of `rules/*.toml`, as a table that the build makes of them; the regular expression of a rule is compiled
//! at the first text that may match it.

use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

use crate::byte_set::ByteSet;
use crate::search::{Begins, Keyword};
use crate::{provider, value};

// `RULES`, of which the earlier one gives the name if two match at the same position, and `SETS` of bytes.
include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// One rule; its fields are described in `rules/README.md`.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// Whose credentials they are; protocols have none.
    pub(crate) provider: Option<&'static str>,
    keywords: &'static [&'static str],
    pattern: &'static str,
    /// The bytes that are possible at the beginning of the pattern's matches, as indices of `SETS`.
    beginning: &'static [u16],
    any_case: bool,
    /// Whether the keywords are parts of names, and the pattern is that of the whole value assigned.
    assigned: bool,
    /// Whether keywords count only within a run of
    /// [`SHORTEST_SEARCHED`](crate::classes::SHORTEST_SEARCHED) or more token characters.
    is_in_run: bool,
    checksum: Checksum,
    /// For formats without a literal at their beginning: the length of the run of base64 characters that a
    /// match begins with, at least and at most.
    pub(crate) run: Option<(usize, usize)>,
    /// With `run`: the characters that it begins with.
    pub(crate) first: &'static str,
    lookback: usize,
    window: usize,
    check: Check,
    before: &'static str,
    regex: OnceLock<Option<Regex>>,
}

/// The check that the secret of a match must pass.
#[derive(Debug, Clone, Copy)]
enum Check {
    /// Not a dummy; the format is evidence enough.
    Random,
    /// Looks generated: digits among letters.
    Token,
    /// Not a dummy, and with a digit and a letter.
    Mixed,
    /// Looks chosen by a person, or generated.
    Password,
    /// The base64 of `user:password`.
    Basic,
    /// No check.
    None,
}

/// The checksum at the end of a token. A token with the right one is real, even if it looks like a dummy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Checksum {
    None,
    /// The CRC-32 of what stands between the prefix's `_` and it, in six digits of base 62. GitHub's and npm's.
    Crc32Base62,
}

impl Checksum {
    fn is_right(self, token: &str) -> bool {
        match self {
            Self::None => false,
            Self::Crc32Base62 => token.split_once('_').is_some_and(|(_, rest)| {
                rest.len().checked_sub(6).is_some_and(|at| {
                    rest.is_ascii() && base62(crc32(&rest.as_bytes()[..at])) == rest[at..]
                })
            }),
        }
    }
}

/// The CRC-32 of IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// The number in six digits of base 62: digits, capitals, small letters.
fn base62(mut number: u32) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    String::from_utf8_lossy(&digits).into_owned()
}

impl Rule {
    /// The keywords at which [`Rule::find`] may find something.
    pub(crate) fn keywords(&self) -> impl Iterator<Item = Keyword> {
        self.keywords.iter().map(|text| Keyword {
            text,
            has_case: !self.any_case && !self.assigned,
            begins: match (self.assigned, self.lookback) {
                (true, _) => Begins::Part,
                (false, 0) => Begins::Word,
                (false, _) => Begins::Anywhere,
            },
            is_in_run: self.is_in_run,
        })
    }

    /// The secret in the match that begins at `start`, with a run of base64 characters.
    pub(crate) fn find_at_run(&self, text: &str, start: usize) -> Option<Range<usize>> {
        let end = text.floor_char_boundary((start + self.window).min(text.len()));
        if !self.may_match(&text[start..end]) {
            return None;
        }
        let whole = self.regex()?.find(&text[start..end])?.range();
        let range = start..start + whole.end;
        let is_apart =
            !self.is_inside_a_word(text, start) && !text[range.end..].starts_with(is_word);
        (is_apart && self.looks_right(&text[range.clone()])).then_some(range)
    }

    /// The secret in the match that begins with the keyword at `hit`, or up to `lookback` bytes
    /// before it.
    pub(crate) fn find(&self, text: &str, hit: Range<usize>) -> Option<Range<usize>> {
        if self.assigned {
            return provider::values(text, &hit).find(|value| {
                let written = &text[value.clone()];
                self.may_match(written)
                    && self.regex().is_some_and(|regex| regex.is_match(written))
                    && self.looks_right(written)
            });
        }
        if self.lookback == 0 && self.is_inside_a_word(text, hit.start) {
            return None;
        }
        let start = text.floor_char_boundary(hit.start.saturating_sub(self.lookback));
        let end = text.floor_char_boundary((hit.end + self.window).min(text.len()));
        let window = &text[start..end];
        if self.lookback == 0 && !self.may_match(window) {
            return None;
        }
        let regex = self.regex()?;
        let whole = regex.find(window)?.range();
        let (first, last) = (start + whole.start, start + whole.end);
        if first > hit.start || last < hit.end || self.is_inside_a_word(text, first) {
            return None;
        }
        if text[last..].starts_with(is_word) {
            return None;
        }
        let captures = regex.captures_at(window, whole.start)?;
        let secret = captures.name("secret").map_or(whole, |secret| secret.range());
        let secret = start + secret.start..start + secret.end;
        self.looks_right(&text[secret.clone()]).then_some(secret)
    }

    fn is_inside_a_word(&self, text: &str, at: usize) -> bool {
        text[at..].starts_with(is_word)
            && text[..at].ends_with(|c| is_word(c) || self.before.contains(c))
    }

    fn looks_right(&self, secret: &str) -> bool {
        if self.checksum.is_right(secret) {
            return true;
        }
        match self.check {
            Check::Random => !value::is_dummy_token(secret),
            Check::Mixed => {
                secret.bytes().filter(u8::is_ascii_digit).count() >= 2
                    && secret.bytes().any(|byte| byte.is_ascii_alphabetic())
                    && !value::is_dummy_token(secret)
            }
            Check::Token => value::is_token(secret),
            Check::Password => value::is_password(secret) || value::is_application_password(secret),
            Check::Basic => value::is_basic_credential(secret),
            Check::None => true,
        }
    }

    fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| Regex::new(&self.whole_pattern()).ok()).as_ref()
    }

    fn whole_pattern(&self) -> String {
        let anchor = if self.lookback == 0 { "^" } else { "" };
        let end = if self.assigned { "$" } else { "" };
        format!("{anchor}(?:{}){end}", self.pattern)
    }

    /// Whether a match may begin at the start of `text`: a cheap check before the regular expression is compiled, and
    /// before it is run.
    fn may_match(&self, text: &str) -> bool {
        let there = self.beginning.iter().zip(text.as_bytes());
        text.len() >= self.beginning.len()
            && there.into_iter().all(|(set, byte)| SETS[usize::from(*set)].contains(*byte))
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
impl Rule {
    /// The pattern as `proptest` makes examples of it.
    pub(crate) fn pattern_for_examples(&self) -> String {
        self.pattern.replace("(?P<secret>", "(")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that can't set up has nothing to say")]
mod tests {
    use std::collections::HashSet;

    use proptest::strategy::{Strategy, ValueTree};
    use proptest::string::string_regex;
    use proptest::test_runner::TestRunner;
    use regex::RegexBuilder;

    use super::*;

    /// The largest pattern, compiled, in bytes. By hand: three times that of most.
    const LARGEST_PATTERN: usize = 64 << 10;

    #[test]
    fn checksums_are_those_of_the_issuer() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926, "the check value of CRC-32/ISO-HDLC");
        assert_eq!(base62(61), "00000z");
        let body = "abcdefghijklmnopqrstuvwxyz0123";
        let token = format!("ghp_{body}{}", base62(crc32(body.as_bytes())));
        assert!(Checksum::Crc32Base62.is_right(&token));
        assert!(!Checksum::Crc32Base62.is_right(&format!("ghp_{body}000000")));
        assert!(!crate::redact(&token).findings.is_empty(), "real, however it looks");
        assert!(crate::redact(&format!("ghp_{body}456789")).findings.is_empty(), "a dummy");
    }

    /// Rules whose secret must also look like a password or be the base64 of one, which their pattern alone
    /// doesn't say. `tests/table.rs` has an example of each.
    const DEPENDENT: &[&str] = &[
        "bearer-token",
        "authorization-token",
        "basic-auth",
        "docker-auth",
        "netrc-password",
        "sshpass-password",
        "curl-user",
        "sql-password",
        "mail-relay-password",
        "jaas-password",
        "imap-login",
        "nickserv-password",
        "pgpass-password",
        "registry-password",
        "composer-github-oauth",
        "dropbox-token",
        "aws-secret-access-key",
        "signed-url-signature",
        "debian-preseed-password",
        "chap-secret",
    ];

    /// A process compiles a dozen of them, so that none may take more than a fraction of a millisecond.
    #[test]
    fn no_pattern_is_large() {
        for rule in &RULES {
            let compiled =
                RegexBuilder::new(&rule.whole_pattern()).size_limit(LARGEST_PATTERN).build();
            assert!(compiled.is_ok(), "{}: {compiled:?}", rule.name);
        }
    }

    /// What each pattern describes is found, as a value of its own and, if the rule is about assigned values,
    /// behind the provider's name.
    #[test]
    fn every_rule_finds_what_it_describes() {
        let mut weak = Vec::new();
        for rule in RULES.iter() {
            // The examples of a rule don't depend on the rules before it.
            let mut runner = TestRunner::deterministic();
            let strategy = string_regex(&rule.pattern_for_examples()).unwrap();
            let found = (0..20).filter(|_| {
                // Without case, patterns also match `ſ` and the sign for kelvin, which nobody writes.
                let example = strategy.new_tree(&mut runner).unwrap().current();
                let example = example.replace('ſ', "s").replace('\u{212a}', "k");
                assert!(rule.may_match(&example), "{}: {example:?}", rule.name);
                let text = if rule.assigned {
                    format!(
                        "{}_secret_key = \"{example}\"\n",
                        rule.keywords[0].trim_end_matches('_')
                    )
                } else {
                    format!("x = \"{example}\"\n")
                };
                !crate::redact(&text).findings.is_empty()
            });
            let found = found.count();
            if found < 5 && !DEPENDENT.contains(&rule.name) {
                weak.push(format!("{}: {found} of 20", rule.name));
            }
        }
        assert!(weak.is_empty(), "{weak:#?}");
    }

    #[test]
    fn the_data_is_sound() {
        let mut names = HashSet::new();
        for rule in RULES.iter() {
            assert!(names.insert(&rule.name), "{}: twice", rule.name);
            assert!(rule.regex().is_some(), "{}: {}", rule.name, rule.pattern);
            assert!(rule.keywords.is_empty() == rule.run.is_some(), "{}: no keyword", rule.name);
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(rule.name.chars().all(is_name), "{}", rule.name);
            for keyword in rule.keywords {
                assert!(keyword.len() >= 2, "{}: {keyword:?} is everywhere", rule.name);
            }
        }
        let providers = crate::providers().count();
        assert!(providers >= 250, "{providers} providers");
    }
}
