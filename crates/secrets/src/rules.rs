//! The rules of `rules/*.toml`, parsed once; the regular expression of a rule is compiled at the
//! first occurrence of one of its keywords.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use regex::Regex;
use serde::Deserialize;

use crate::value;

const FILES: &[&str] = &[
    include_str!("../rules/protocols.toml"),
    include_str!("../rules/ai.toml"),
    include_str!("../rules/cloud.toml"),
    include_str!("../rules/code.toml"),
    include_str!("../rules/commerce.toml"),
    include_str!("../rules/messages.toml"),
    include_str!("../rules/services.toml"),
];

/// All rules. If two match at the same position, the earlier one gives the name.
pub(crate) static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    FILES.iter().flat_map(|file| parse(file).expect("the rules are checked by a test")).collect()
});

fn parse(file: &str) -> Result<Vec<Rule>, toml::de::Error> {
    #[derive(Deserialize)]
    struct File {
        rule: Vec<Rule>,
    }
    toml::from_str(file).map(|file: File| file.rule)
}

/// One rule; its fields are described in `rules/README.md`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) name: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers of the data"))]
    source: String,
    pub(crate) keywords: Vec<String>,
    pattern: String,
    #[serde(default)]
    any_case: bool,
    #[serde(default)]
    lookback: usize,
    #[serde(default = "default_window")]
    window: usize,
    #[serde(default)]
    check: Check,
    #[serde(default)]
    before: String,
    #[serde(skip)]
    regex: OnceLock<Option<Regex>>,
}

/// The check that the secret of a match must pass.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Check {
    /// Not a dummy; the format is evidence enough.
    #[default]
    Random,
    /// Looks generated: digits among letters.
    Token,
    /// Looks chosen by a person, or generated.
    Password,
    /// The base64 of `user:password`.
    Basic,
    /// No check.
    None,
}

fn default_window() -> usize {
    512
}

impl Rule {
    /// The secret in the match that begins with the keyword at `hit`, or up to `lookback` bytes
    /// before it.
    pub(crate) fn find(&self, text: &str, hit: Range<usize>) -> Option<Range<usize>> {
        let written = &text[hit.clone()];
        if !self.any_case && !self.keywords.iter().any(|keyword| keyword == written) {
            return None;
        }
        if self.lookback == 0 && self.is_inside_a_word(text, hit.start) {
            return None;
        }
        let start = text.floor_char_boundary(hit.start.saturating_sub(self.lookback));
        let end = text.floor_char_boundary((hit.end + self.window).min(text.len()));
        let (regex, window) = (self.regex()?, &text[start..end]);
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
        match self.check {
            Check::Random => !value::is_dummy_token(secret),
            Check::Token => value::is_token(secret),
            Check::Password => value::is_password(secret),
            Check::Basic => value::is_basic_credential(secret),
            Check::None => true,
        }
    }

    fn regex(&self) -> Option<&Regex> {
        let compile = || {
            let anchor = if self.lookback == 0 { "^" } else { "" };
            Regex::new(&format!("{anchor}(?:{})", self.pattern)).ok()
        };
        self.regex.get_or_init(compile).as_ref()
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_data_is_sound() {
        let mut names = HashSet::new();
        for rule in RULES.iter() {
            assert!(names.insert(&rule.name), "{}: twice", rule.name);
            assert!(rule.regex().is_some(), "{}: {}", rule.name, rule.pattern);
            assert!(rule.source.len() >= 8, "{}: no source", rule.name);
            assert!(!rule.keywords.is_empty(), "{}: no keyword", rule.name);
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(rule.name.chars().all(is_name), "{}", rule.name);
            for keyword in &rule.keywords {
                assert!(keyword.len() >= 2, "{}: {keyword:?} is everywhere", rule.name);
            }
        }
        assert!(names.len() > 90, "{} rules", names.len());
    }
}
