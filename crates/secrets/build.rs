//! Writes the rules of `rules/*.toml` as a table, so that no process has to parse them, with what can be known about
//! the matches of each pattern.
#![allow(clippy::unwrap_used, reason = "a build that can't read its own source has to stop")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use regex_syntax::Parser;
use regex_syntax::hir::{Class, Hir, HirKind};
use toml::Table;

/// The files, in the order of their rules. If two rules match at the same position, the earlier one gives the name.
const FILES: [&str; 8] =
    ["protocols", "ai", "cloud", "code", "commerce", "devices", "messages", "services"];
#[rustfmt::skip]
const FIELDS: [&str; 14] = [
    "name", "provider", "source", "keywords", "pattern", "any_case", "assigned", "checksum", "run", "first",
    "lookback", "window", "check", "before",
];
/// A match ends within this many bytes of its keyword, where a rule doesn't say otherwise.
const WINDOW: i64 = 512;
/// The most bytes at the beginning of a match that are described. By hand: hardly any text but a credential begins so.
const LONGEST_BEGINNING: usize = 24;
/// The shortest run of token characters that is looked for, as in `src/classes.rs`.
const SHORTEST_RUN: usize = 24;

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap()).join("rules");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut rules = Vec::new();
    for name in FILES {
        let text = fs::read_to_string(folder.join(name).with_extension("toml")).unwrap();
        let file: Table = text.parse().unwrap_or_else(|error| panic!("{name}.toml: {error}"));
        rules.extend(
            file["rule"].as_array().unwrap().iter().map(|rule| rule.as_table().unwrap().clone()),
        );
    }
    let patterns: Vec<_> =
        rules.iter().map(|rule| Beginning::of(rule["pattern"].as_str().unwrap())).collect();
    let sets: BTreeSet<_> = patterns.iter().flat_map(|beginning| &beginning.sets).collect();
    let sets: Vec<_> = sets.into_iter().collect();
    let mut table = format!("static SETS: [ByteSet; {}] = [\n", sets.len());
    for set in &sets {
        writeln!(table, "ByteSet::from_bits({:?}),", set.0).unwrap();
    }
    writeln!(table, "];\n\npub(crate) static RULES: [Rule; {}] = [", rules.len()).unwrap();
    for (rule, beginning) in rules.iter().zip(&patterns) {
        table.push_str(&written(rule, beginning, &sets));
    }
    table.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR").unwrap()).join("rules.rs"), table).unwrap();
}

/// A rule as an expression of Rust.
fn written(rule: &Table, beginning: &Beginning, sets: &[&ByteSet]) -> String {
    let name = rule["name"].as_str().unwrap();
    for field in rule.keys() {
        assert!(FIELDS.contains(&&**field), "{name}: no field is called `{field}`");
    }
    assert!(text(rule, "source").len() >= 8, "{name}: no source");
    let keywords = rule.get("keywords").map(|words| words.as_array().unwrap().clone());
    let keywords = keywords.unwrap_or_default();
    let keywords: Vec<&str> = keywords.iter().map(|word| word.as_str().unwrap()).collect();
    let run = rule.get("run").map(|run| {
        let run = run.as_array().unwrap();
        (run[0].as_integer().unwrap(), run[1].as_integer().unwrap())
    });
    let number =
        |field, default| rule.get(field).map_or(default, |number| number.as_integer().unwrap());
    let flag = |field| rule.get(field).is_some_and(|flag| flag.as_bool().unwrap());
    let lookback = number("lookback", 0);
    // The keyword is within a run of token characters if the match begins with one, at the keyword, or is one.
    let is_in_run = !flag("assigned")
        && beginning.token_characters >= SHORTEST_RUN
        && (lookback == 0 || beginning.is_token);
    let indices: Vec<_> =
        beginning.sets.iter().map(|set| sets.binary_search(&set).unwrap()).collect();
    let mut out = String::new();
    writeln!(
        out,
        "Rule {{ name: {name:?}, provider: {:?}, keywords: &{keywords:?}, pattern: {:?}, beginning: &{indices:?}, \
         any_case: {}, assigned: {}, is_in_run: {is_in_run}, checksum: Checksum::{}, run: {run:?}, first: {:?}, \
         lookback: {lookback}, window: {}, check: Check::{}, before: {:?}, regex: OnceLock::new() }},",
        rule.get("provider").map(|provider| provider.as_str().unwrap()),
        rule["pattern"].as_str().unwrap(),
        flag("any_case"),
        flag("assigned"),
        variant(rule, "checksum", "none"),
        text(rule, "first"),
        number("window", WINDOW),
        variant(rule, "check", "random"),
        text(rule, "before"),
    )
    .unwrap();
    out
}

fn text<'r>(rule: &'r Table, field: &str) -> &'r str {
    rule.get(field).map_or("", |text| text.as_str().unwrap())
}

/// The variant's name for the value of a field: `Crc32Base62` for `crc32-base62`.
fn variant(rule: &Table, field: &str, default: &str) -> String {
    let value = rule.get(field).map_or(default, |value| value.as_str().unwrap());
    value.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

/// A set of bytes, with the bits of `src/byte_set.rs`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ByteSet([u64; 4]);

impl ByteSet {
    fn of(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut bits = [0; 4];
        bytes.into_iter().for_each(|byte| bits[usize::from(byte >> 6)] |= 1 << (byte & 63));
        Self(bits)
    }

    fn union(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    /// Whether all of the bytes are those that `src/classes.rs` looks for, or fewer.
    fn is_of_tokens(&self) -> bool {
        let tokens =
            (0..=u8::MAX).filter(|byte| byte.is_ascii_alphanumeric() || b"+/_-.=~%".contains(byte));
        self.union(&Self::of(tokens.clone())) == Self::of(tokens)
    }
}

/// What all matches of an expression begin with.
struct Beginning {
    /// For each of the first bytes, which ones are possible there. All matches are as long as this, or longer.
    sets: Vec<ByteSet>,
    /// Whether all matches end behind these bytes.
    is_all: bool,
    /// The number of token characters that all matches begin with.
    token_characters: usize,
    /// Whether all characters of all matches are token characters.
    is_token: bool,
}

impl Beginning {
    /// The beginning of the matches of `pattern`.
    fn of(pattern: &str) -> Self {
        let hir = Parser::new().parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        let mut beginning = Self::of_expression(&hir);
        beginning.sets.truncate(LONGEST_BEGINNING);
        beginning
    }

    fn nothing() -> Self {
        Self { sets: Vec::new(), is_all: true, token_characters: 0, is_token: true }
    }

    fn byte(set: ByteSet) -> Self {
        let is_token = set.is_of_tokens();
        Self { sets: vec![set], is_all: true, token_characters: is_token.into(), is_token }
    }

    fn of_expression(hir: &Hir) -> Self {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::nothing(),
            HirKind::Literal(literal) => literal
                .0
                .iter()
                .map(|byte| Self::byte(ByteSet::of([*byte])))
                .fold(Self::nothing(), Self::followed_by),
            HirKind::Class(class) => Self::of_class(class),
            HirKind::Capture(capture) => Self::of_expression(&capture.sub),
            HirKind::Repetition(repetition) => {
                let once = || Self::of_expression(&repetition.sub);
                // More is not of interest.
                let times = (repetition.min as usize).min(LONGEST_BEGINNING.max(SHORTEST_RUN));
                let all = (0..times).map(|_| once()).fold(Self::nothing(), Self::followed_by);
                let is_fixed =
                    repetition.max == Some(repetition.min) && times == repetition.min as usize;
                let is_token = once().is_token;
                Self { is_all: all.is_all && is_fixed, is_token, ..all }
            }
            HirKind::Concat(parts) => {
                parts.iter().map(Self::of_expression).fold(Self::nothing(), Self::followed_by)
            }
            HirKind::Alternation(alternatives) => {
                alternatives.iter().map(Self::of_expression).reduce(Self::or).unwrap()
            }
        }
    }

    fn of_class(class: &Class) -> Self {
        let ranges: Vec<(u32, u32)> = match class {
            Class::Unicode(class) => {
                class.iter().map(|range| (range.start().into(), range.end().into())).collect()
            }
            Class::Bytes(class) => {
                class.iter().map(|range| (range.start().into(), range.end().into())).collect()
            }
        };
        let is_ascii = ranges.iter().all(|(_, last)| *last < 0x80);
        let ascii = ranges
            .iter()
            .flat_map(|(first, last)| *first..=(*last).min(0x7f))
            .map(|byte| byte as u8);
        // Other characters have several bytes.
        let others = if is_ascii { 0..0 } else { 0x80..0x100_u16 };
        let set = ByteSet::of(ascii.chain(others.map(|byte| byte as u8)));
        Self { is_all: is_ascii, ..Self::byte(set) }
    }

    fn followed_by(mut self, next: Self) -> Self {
        if self.is_all {
            self.sets.extend(next.sets);
        }
        if self.is_token {
            self.token_characters += next.token_characters;
        }
        self.is_all &= next.is_all;
        self.is_token &= next.is_token;
        self
    }

    fn or(self, other: Self) -> Self {
        Self {
            is_all: self.is_all && other.is_all && self.sets.len() == other.sets.len(),
            sets: self.sets.iter().zip(&other.sets).map(|(one, other)| one.union(other)).collect(),
            token_characters: self.token_characters.min(other.token_characters),
            is_token: self.is_token && other.is_token,
        }
    }
}
