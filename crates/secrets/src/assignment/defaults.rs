//! The value that a name has where it has no other: `process.env.PASSWORD || "…"`, `default="…"`, `isProd ? read() : "…"`; and that of
//! a resource that has the name.

use std::sync::LazyLock;

use keywords::Keywords;

use super::reader::{LONGEST_LINE, Notation, Reader, Value, first_line};
use crate::byte_set::ByteSet;

/// The rest of a declaration in which its default is searched for, in bytes.
const LONGEST_DECLARATION: usize = 500;
/// What introduces a default value.
const DEFAULTS: &[&str] = &[
    "||",
    "??",
    "?:",
    "//",
    " ? ",
    " or ",
    "default",
    "unwrap_or",
    "orelse",
    "or_else",
    "fallback",
    "ifempty",
    // A block that gives the value: `fetch("PASSWORD") { "…" }`.
    "\") {",
    "') {",
];
static MARKERS: LazyLock<Keywords> =
    LazyLock::new(|| Keywords::new(DEFAULTS).expect("a few short keywords"));
/// For each of the first three bytes of [`DEFAULTS`], a bit for each of them that may have this byte there.
static MARKER_BYTES: [[u16; 256]; 3] = {
    let mut bytes = [[0; 256]; 3];
    let mut marker = 0;
    while marker < DEFAULTS.len() {
        let text = DEFAULTS[marker].as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let mut byte = 0;
            while byte < 256 {
                if at >= text.len() || text[at] == (byte as u8).to_ascii_lowercase() {
                    bytes[at][byte] |= 1 << marker;
                }
                byte += 1;
            }
            at += 1;
        }
        marker += 1;
    }
    bytes
};
const QUOTE_CHARACTERS: ByteSet = ByteSet::of(b"\"'`");
/// Functions that take what they return if their first argument has no value.
const WITH_DEFAULTS: &[&str] = &["coalesce(", "try(", "lookup(", "nvl(", "ifnull(", "isnull("];

impl Reader<'_> {
    /// The value for a name without one: `process.env.PASSWORD || '…'`, `getenv("PASSWORD") or "…"`,
    /// `add_argument("--password", default="…")`, `variable "password" { default = "…" }`.
    pub(super) fn default_value(self) -> Option<Value> {
        let is_declared = self.place.declared();
        let window = self.ahead(if is_declared { LONGEST_DECLARATION } else { LONGEST_LINE });
        let scope = if is_declared { window.split("\n}").next()? } else { first_line(window)? };
        if QUOTE_CHARACTERS.find(scope).is_none() && !scope.contains(": ") {
            return None;
        }
        // What follows the statement is about something else.
        let end = memchr::memchr(b';', scope.as_bytes()).filter(|_| !is_declared);
        let scope = &scope[..end.map_or(scope.len(), |at| at + 1)];
        if !may_have_marker(scope.as_bytes()) {
            return None;
        }
        MARKERS.hits(scope).find_map(|hit| {
            let (marker, at) = (DEFAULTS[hit.keyword], hit.range.start);
            let mut reader = self;
            reader.at += at + marker.len();
            if marker.starts_with(|c: char| c.is_ascii_alphabetic()) {
                reader.skip_while(24, |c| c.is_ascii_alphabetic() || c == '_');
            }
            reader.eat_quote_if_closing();
            reader.skip_while(24, |c| " \t(:=|_,>{".contains(c));
            let named = reader.skip_named_call();
            reader.quoted().or_else(|| if named { None } else { reader.default_bare(marker) })
        })
    }

    /// The last literal of a choice or of a call that has a default: `= isProd ? read() : "…"`, `= coalesce(var.x, "…")`.
    pub(super) fn otherwise(mut self) -> Option<Value> {
        let line = first_line(self.ahead(LONGEST_LINE))?;
        let end = line.trim_end().trim_end_matches([';', ',', ')', '}']).len();
        let quote = line[..end].chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`'))?;
        let (before, value) = line[..end - 1].rsplit_once(quote)?;
        let is_choice = || before.trim_end().ends_with(':') && before.split_once(" ? ").is_some();
        let has_default = || {
            let lower = before.to_ascii_lowercase();
            lower.trim_end().ends_with(',') && WITH_DEFAULTS.iter().any(|call| lower.contains(call))
        };
        let assigned = before.trim_start_matches([' ', '"', '\'']).starts_with(['=', ':']);
        if value.is_empty() || !assigned || !(is_choice() || has_default()) {
            return None;
        }
        self.at += before.len() + 1;
        Some(Value { range: self.at..self.at + value.len(), notation: Notation::Quoted })
    }

    /// The value of a resource of Terraform's that is named for a secret, the new one if it changes:
    /// `resource "aws_ssm_parameter" "db_password" { value = "…" -> "…" }`.
    pub(super) fn in_resource(self) -> Option<Value> {
        const ATTRIBUTES: [&str; 4] = ["value", "secret_string", "secret_data", "secret_value"];
        if !self.place.is_resource() {
            return None;
        }
        let window = self.ahead(LONGEST_DECLARATION);
        let mut at = self.at;
        for line in window.split_inclusive('\n') {
            let content = line.trim_start_matches([' ', '\t', '+', '-', '~']);
            if at > self.at && content.starts_with('}') {
                return None;
            }
            let attribute = content.split([' ', '=']).next().unwrap_or_default();
            if ATTRIBUTES.contains(&attribute) {
                let mut reader = Reader { at: at + line.len() - content.len(), ..self };
                reader.at += attribute.len();
                return reader.changed().or_else(|| reader.set_attribute());
            }
            at += line.len();
        }
        None
    }

    /// The quoted value behind an attribute's `=`.
    fn set_attribute(mut self) -> Option<Value> {
        self.skip_blanks();
        self.eat("=").then(|| self.skip_blanks())?;
        self.quoted().map(Value::into_neighbor)
    }

    /// An unquoted default, as in YAML.
    pub(super) fn default_bare(&mut self, marker: &str) -> Option<Value> {
        if marker != "default" || !self.text[..self.at].ends_with(": ") {
            return None;
        }
        self.bare(false)
    }

    /// `Default: …` among the properties below a name in YAML.
    pub(super) fn default_key(&mut self) -> Option<Value> {
        let window = self.ahead(LONGEST_LINE);
        let mut at = 0;
        for line in window.split_inclusive('\n').take(5) {
            let content = line.trim_start();
            let indent = line.len() - content.len();
            for key in ["Default: ", "default: ", "\"Default\": ", "\"default\": ", "value: "] {
                if content.starts_with(key) {
                    let mut reader = *self;
                    reader.at += at + indent + key.len();
                    return reader.quoted().or_else(|| reader.bare(false));
                }
            }
            at += line.len();
        }
        None
    }

    /// Skips `String::from(` and the like before a literal; says whether a call is there.
    pub(super) fn skip_named_call(&mut self) -> bool {
        let window = self.ahead(32);
        let end = window.find(|c: char| !(c.is_ascii_alphanumeric() || "_.:&".contains(c)));
        let is_call = end.is_some_and(|end| end > 0 && window[end..].starts_with('('));
        if let (true, Some(end)) = (is_call, end) {
            self.at += end + 1;
        }
        is_call
    }

    /// The quote that ends a key: that of `"default": …`.
    pub(super) fn eat_quote_if_closing(&mut self) {
        let closes = ["\":", "':", "\\\":"].iter().find(|mark| self.rest().starts_with(**mark));
        if let Some(mark) = closes {
            self.at += mark.len() - 1;
        }
    }
}

/// Whether the first three bytes of something that introduces a default value are in `scope`, in any case: much faster
/// than the search itself, which most texts don't need then.
fn may_have_marker(scope: &[u8]) -> bool {
    let [first, second, third] = &MARKER_BYTES;
    let threes = scope.iter().zip(&scope[1.min(scope.len())..]).zip(&scope[2.min(scope.len())..]);
    let any = threes.fold(0, |any, ((one, two), three)| {
        any | first[usize::from(*one)] & second[usize::from(*two)] & third[usize::from(*three)]
    });
    // A marker of two bytes at the end has no value behind it.
    any != 0
}
