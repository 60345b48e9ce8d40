//! Secrets assigned to a telling name: `password = "…"`, `"apiKey": "…"`, `TOKEN=…`,
//! `<password>…</password>`, `setSecret("…")`, `--password …`.
//!
//! The name alone is no proof: in code most such values are identifiers, types, labels or dummies.
//! So the value must look like a secret, the more so the less the context says ([`crate::value`]).

use std::ops::Range;

use crate::value;

/// What kind of secret a name suggests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Password,
    Secret,
    Key,
    Token,
}

impl Kind {
    pub(crate) fn rule(self) -> &'static str {
        match self {
            Self::Password => "assigned-password",
            Self::Secret => "assigned-secret",
            Self::Key => "assigned-key",
            Self::Token => "assigned-token",
        }
    }
}

/// The last words of names of secrets.
pub(crate) const KEYWORDS: &[(&str, Kind)] = &[
    ("password", Kind::Password),
    ("passwort", Kind::Password),
    ("passwd", Kind::Password),
    ("passphrase", Kind::Password),
    ("pass", Kind::Password),
    ("pwd", Kind::Password),
    ("secret", Kind::Secret),
    ("credential", Kind::Secret),
    ("token", Kind::Token),
    ("api_key", Kind::Key),
    ("api-key", Kind::Key),
    ("apikey", Kind::Key),
    ("app_key", Kind::Key),
    ("appkey", Kind::Key),
    ("access_key", Kind::Key),
    ("access-key", Kind::Key),
    ("accesskey", Kind::Key),
    ("account_key", Kind::Key),
    ("accountkey", Kind::Key),
    ("auth_key", Kind::Key),
    ("authkey", Kind::Key),
    ("client_key", Kind::Key),
    ("consumer_key", Kind::Key),
    ("encryption_key", Kind::Key),
    ("encryptionkey", Kind::Key),
    ("hmac_key", Kind::Key),
    ("license_key", Kind::Key),
    ("master_key", Kind::Key),
    ("masterkey", Kind::Key),
    ("private_key", Kind::Key),
    ("privatekey", Kind::Key),
    ("secret_key", Kind::Key),
    ("secret-key", Kind::Key),
    ("secretkey", Kind::Key),
    ("service_key", Kind::Key),
    ("session_key", Kind::Key),
    ("shared_key", Kind::Key),
    ("sharedkey", Kind::Key),
    ("signing_key", Kind::Key),
    ("signingkey", Kind::Key),
    ("storage_key", Kind::Key),
    ("subscription-key", Kind::Key),
    ("subscriptionkey", Kind::Key),
];

/// Suffixes after the keyword in names of secrets.
#[rustfmt::skip]
const SUFFIXES: &[&str] = &[
    "", "s", "value", "base64", "b64", "str", "string", "text", "plain", "prod", "production",
    "dev", "live", "test", "old", "new", "base", "hex", "default",
];
/// Words in names of values that are not secret.
#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    "public", "publishable", "page", "next", "continuation", "cancel", "csrf", "xsrf", "hashed",
    "encrypted", "dummy", "fake", "mock", "wrong", "invalid", "incorrect", "bad", "expired",
    "bypass", "compass", "syntax", "render", "sync", "resume", "change", "masked", "redacted",
];
/// The longest name and the longest value, in bytes.
const LONGEST_NAME: usize = 80;
const LONGEST_VALUE: usize = 512;
/// White space around a separator.
const WIDEST_GAP: usize = 32;

/// The secret assigned to the name around the keyword at `hit`, if there is one.
pub(crate) fn find(text: &str, hit: Range<usize>) -> Option<Range<usize>> {
    let kind = KEYWORDS.iter().find(|(word, _)| text[hit.clone()].eq_ignore_ascii_case(word))?.1;
    let name = name_around(text, &hit)?;
    let place = Place::new(text, name.clone());
    let value = Reader { text, at: name.end, place: &place }.assigned()?;
    let written = &text[value.range.clone()];
    let is_secret = match value.notation {
        Notation::Quoted => looks_secret(kind, written, &text[name]),
        Notation::Bare { certain } => looks_secret_unquoted(kind, written, &text[name], certain),
    };
    is_secret.then_some(value.range)
}

/// The name that ends in the keyword at `hit`, if it is one of a secret.
fn name_around(text: &str, hit: &Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let before = bytes[..hit.start]
        .iter()
        .rev()
        .take(LONGEST_NAME)
        .take_while(|&&byte| is_name(byte))
        .count();
    let after = bytes[hit.end..]
        .iter()
        .take(LONGEST_NAME)
        .take_while(|&&byte| is_name(byte) && byte != b'.')
        .count();
    let name = hit.start - before..hit.end + after;
    let suffix = text[hit.end..name.end]
        .trim_matches(|c: char| matches!(c, '_' | '-') || c.is_ascii_digit());
    if !SUFFIXES.iter().any(|allowed| suffix.eq_ignore_ascii_case(allowed)) {
        return None;
    }
    // `pass` and `pwd` count only as whole words: `bypass` and `encompass` contain them too.
    let short = hit.len() <= 4;
    let previous = text[..hit.start].chars().next_back();
    let joined =
        previous.is_some_and(|c| c.is_ascii_lowercase()) && bytes[hit.start].is_ascii_lowercase();
    if short && joined {
        return None;
    }
    let lower = text[name.clone()].to_ascii_lowercase();
    (!HARMLESS.iter().any(|word| lower.contains(word))).then_some(name)
}

fn looks_secret(kind: Kind, value: &str, name: &str) -> bool {
    match kind {
        Kind::Password => value::is_password(value) || value::is_random(value),
        Kind::Secret => {
            value::is_token(value)
                || value::is_random(value)
                || (value.len() >= 8
                    && value.is_ascii()
                    && value::is_password(value)
                    && !is_numbered_name(value))
        }
        Kind::Key => value::is_token(value) || value::is_random(value),
        Kind::Token if value::is_uuid(value) => {
            let name = name.to_ascii_lowercase();
            ["api", "auth", "access"].iter().any(|word| name.contains(word))
                && value::is_token(value)
        }
        Kind::Token => value::is_token(value) || value::is_random(value),
    }
}

/// Numbered names: `api-secret-2`, `clientSecret1`.
fn is_numbered_name(value: &str) -> bool {
    let stem = value.trim_end_matches(|c: char| c.is_ascii_digit());
    stem.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_' | b'.' | b'/'))
}

/// An unquoted value may be a variable. `certain` means that only literals are possible there: on a
/// line of an environment file, in a part of a connection string.
fn looks_secret_unquoted(kind: Kind, value: &str, name: &str, certain: bool) -> bool {
    let is_variable =
        value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
    if is_variable && !certain && !(value::is_token(value) || is_short_but_mixed(value)) {
        return false;
    }
    looks_secret(kind, value, name) && (certain || value.len() >= 8)
}

/// As [`value::is_token`], for shorter values.
fn is_short_but_mixed(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let first = value.bytes().next();
    value.len() >= 8
        && digits >= 2
        && !value.contains(['_', '.'])
        && first.is_some_and(|c| !c.is_ascii_uppercase())
}

/// The notation of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notation {
    Quoted,
    Bare {
        /// Whether it can only be a literal.
        certain: bool,
    },
}

struct Value {
    range: Range<usize>,
    notation: Notation,
}

/// The context of a name.
struct Place {
    /// At the beginning of a line, after indentation, a list's dash, a comment's mark or `export`.
    begins_line: bool,
    /// In a connection string or a query: `;Password=`, `&token=`, `?key=`.
    in_list: bool,
    /// After `ENV` or `ARG` of a Dockerfile, `#define` or `setx`.
    directive: bool,
    /// As the first argument of a call: `setenv("PASSWORD", …)`.
    argument: bool,
    /// As a command-line option, with `--`.
    flag: bool,
    /// As an XML element, perhaps with a namespace.
    tag: bool,
    /// As a whole word in capitals, like an environment variable.
    environment: bool,
    /// A pair stands before it, with a blank between: `host=db user=app password=`.
    pairs: bool,
    /// Nothing that is a part of a name's path or an expression stands right before it.
    apart: bool,
}

impl Place {
    fn new(text: &str, name: Range<usize>) -> Self {
        let floor = text.floor_char_boundary(name.start.saturating_sub(LONGEST_NAME));
        let before = &text[floor..name.start];
        let line = before.rsplit('\n').next().unwrap_or(before);
        let whole_line = before.contains('\n') || floor == 0;
        let word = line.trim_matches(|c: char| c.is_whitespace() || "-#/;\"'*".contains(c));
        let written = &text[name];
        let quote = ['"', '\'', '`'];
        let last_word = line.rsplit([' ', '\t']).next().unwrap_or(line);
        Self {
            begins_line: whole_line
                && matches!(word, "" | "export" | "set" | "ENV" | "ARG" | "setx" | "SET"),
            in_list: before.ends_with([';', '&', '?', '"', '\'']) || before.ends_with("; "),
            directive: matches!(word, "ENV" | "ARG" | "setx" | "define"),
            argument: before.ends_with(quote) && before.trim_end_matches(quote).ends_with('('),
            flag: before.ends_with("--") || written.starts_with("--"),
            tag: last_word.starts_with('<'),
            environment: last_word.is_empty()
                && !written.bytes().any(|byte| byte.is_ascii_lowercase()),
            pairs: last_word.is_empty()
                && line.split_ascii_whitespace().next_back().is_some_and(is_pair),
            apart: line.ends_with([' ', '\t', '(', ',', '[', '{']),
        }
    }
}

/// Whether a word is a name with its value, and no piece of a program.
fn is_pair(word: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    };
    word.split_once('=').is_some_and(|(name, value)| {
        is_name(name)
            && !value.is_empty()
            && !value.contains(['(', ')', '{', '}', ',', '"', '\'', '='])
    })
}

/// Parses what follows a name.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    place: &'t Place,
}

impl Reader<'_> {
    /// The assigned value.
    fn assigned(mut self) -> Option<Value> {
        self.eat_quote();
        self.eat("]");
        self.eat("?");
        let gap = self.skip_blanks();
        let operator =
            ["=>", ":=", "===", "==", "=", ":"].into_iter().find(|operator| self.eat(operator));
        if let Some(operator) = operator {
            self.behind_operator(operator, gap)
        } else if self.place.tag && self.eat(">") {
            self.element()
        } else if self.eat("(") || self.eat("value=") {
            self.skip_white_space();
            self.quoted()
        } else if self.eat(",") {
            self.skip_white_space();
            self.named_value().or_else(|| if self.place.argument { self.quoted() } else { None })
        } else if gap > 0 && (self.place.flag || self.place.directive) {
            self.quoted().or_else(|| self.bare(true))
        } else {
            self.skip_white_space();
            self.named_value()
        }
    }

    /// The value after `name: PASSWORD` in a list of variables: `value: …`.
    fn named_value(&mut self) -> Option<Value> {
        let is_named = ["value:", "\"value\":", "'value':"].into_iter().any(|key| self.eat(key));
        self.skip_blanks();
        if is_named { self.quoted().or_else(|| self.bare(true)) } else { None }
    }

    fn behind_operator(mut self, operator: &str, gap: usize) -> Option<Value> {
        let spaced = gap + self.skip_blanks() > 0;
        let annotated = operator == ":" && self.skip_type();
        if let Some(value) = self.quoted() {
            return Some(value);
        }
        if annotated {
            return None;
        }
        if self.rest().starts_with('\n') {
            self.skip_white_space();
            return self.quoted();
        }
        let place = self.place;
        let inline = operator == "=" && !spaced && place.apart;
        let listed = place.in_list || place.flag || place.directive;
        let environment = place.environment && !spaced;
        let certain = operator == "=" && (listed || environment);
        if certain || listed || place.begins_line {
            self.bare(certain)
        } else if inline {
            self.bare_among_words(place.pairs)
        } else {
            None
        }
    }

    /// A value without quotes in the middle of a line: a blank, a comma or a bracket ends it. It can't
    /// be a variable where it is `certain` that it isn't a program's.
    fn bare_among_words(&self, certain: bool) -> Option<Value> {
        let range = self.until(|c| c.is_whitespace() || "\"'`,;)}]<>&|\\".contains(c))?;
        // What is called or looked up is a program's: `password=found[2]`.
        let is_expression = self.text[range.clone()].contains(['(', '[', '{']);
        (!is_expression).then_some(Value { range, notation: Notation::Bare { certain } })
    }

    /// The content of an XML element, up to its end tag.
    fn element(&mut self) -> Option<Value> {
        let range = self.until(|c| c == '<' || c.is_whitespace())?;
        self.text[range.end..]
            .starts_with("</")
            .then_some(Value { range, notation: Notation::Quoted })
    }

    /// Skips `str =` of `name: str = "…"`.
    fn skip_type(&mut self) -> bool {
        let is_type = |c: char| c.is_ascii_alphanumeric() || "_&<>[]|.'? ".contains(c);
        let window =
            &self.text[self.at..self.text.floor_char_boundary((self.at + 60).min(self.text.len()))];
        let Some(end) = window.find(|c: char| !is_type(c)) else { return false };
        let is_assigned =
            end > 0 && window[end..].starts_with('=') && !window[end..].starts_with("==");
        if is_assigned {
            self.at += end + 1;
            self.skip_blanks();
        }
        is_assigned
    }

    /// A quoted value, perhaps with escaped quotes, or with a string prefix such as `b`.
    fn quoted(&mut self) -> Option<Value> {
        let start = self.at;
        let prefix =
            self.rest().bytes().take(2).take_while(|byte| b"bBrRuUfFlL@$".contains(byte)).count();
        self.at += prefix;
        let escaped = self.rest().starts_with('\\');
        self.at += usize::from(escaped);
        let quote = self.rest().chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
        let Some(quote) = quote else {
            self.at = start;
            return None;
        };
        self.at += 1;
        let window = self.window();
        let mut end = None;
        let mut skip = false;
        for (at, c) in window.char_indices() {
            if std::mem::take(&mut skip) {
                continue;
            }
            if c == '\n' {
                break;
            }
            if c == '\\' && !escaped {
                skip = true;
            } else if c == quote {
                end = Some(if escaped { window[..at].strip_suffix('\\')?.len() } else { at });
                break;
            }
        }
        let range = self.at..self.at + end?;
        (!range.is_empty()).then_some(Value { range, notation: Notation::Quoted })
    }

    /// An unquoted value, if only an end or a comment follows it, or a blank where only a literal
    /// is possible.
    fn bare(&mut self, certain: bool) -> Option<Value> {
        let range = self.until(|c| c.is_whitespace() || "\"'`,;)}]<>&|\\".contains(c))?;
        let rest = &self.text[range.end..];
        let next = rest.chars().next();
        let behind_blanks = rest.trim_start_matches([' ', '\t', '\r']).chars().next();
        let ends = matches!(next, None | Some('"' | '\'' | '`' | ';' | '&' | '<' | '\\'))
            || matches!(behind_blanks, None | Some('\n' | '#'))
            || (certain && (next == Some('}') || next.is_some_and(char::is_whitespace)));
        ends.then_some(Value { range, notation: Notation::Bare { certain } })
    }

    fn until(&self, stop: impl Fn(char) -> bool) -> Option<Range<usize>> {
        let window = self.window();
        let end =
            window.find(stop).or((window.len() < LONGEST_VALUE - 4).then_some(window.len()))?;
        (end > 0).then_some(self.at..self.at + end)
    }

    fn window(&self) -> &str {
        &self.text
            [self.at..self.text.floor_char_boundary((self.at + LONGEST_VALUE).min(self.text.len()))]
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn eat(&mut self, literal: &str) -> bool {
        let there = self.rest().starts_with(literal);
        self.at += if there { literal.len() } else { 0 };
        there
    }

    /// A quote, perhaps an escaped one.
    fn eat_quote(&mut self) -> bool {
        ["\"", "'", "`", "\\\"", "\\'"].into_iter().any(|quote| self.eat(quote))
    }

    fn skip_blanks(&mut self) -> usize {
        let blanks = self
            .rest()
            .bytes()
            .take(WIDEST_GAP)
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        self.at += blanks;
        blanks
    }

    fn skip_white_space(&mut self) {
        let white =
            self.rest().bytes().take(2 * WIDEST_GAP).take_while(u8::is_ascii_whitespace).count();
        self.at += white;
    }
}
