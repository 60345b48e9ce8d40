//! The terms of a task, and the lines that contain them.

use std::ops::Range;
use std::sync::Arc;

use keywords::Hit;
use memchr::memmem::Finder;

use crate::Limits;
use crate::lines::Lines;
use crate::word_boundary::{
    contraction, is_han, is_katakana, is_unspaced, is_word_char, joins, words,
};

/// The most terms that are searched for. By hand, not measured.
const MOST_TERMS: usize = 64;
/// The longest prefix of a term that is searched for, in bytes. By hand, not measured.
const LONGEST_TERM: usize = 120;
/// A term with at most this many occurrences is rare: all of its lines are kept. By hand, not
/// measured.
const RARE_PLACES: usize = 12;
/// Or at most one occurrence per this many lines. By hand, not measured.
const RARE_SHARE: usize = 100;
/// How many of the first occurrences of a frequent term are kept, besides the last one. By hand,
/// not measured.
const FIRST_PLACES: usize = 2;

/// A term of fewer bytes has to match a whole word; a longer one may match a prefix. By hand, not
/// measured.
const SHORTEST_BEGINNING: usize = 5;
/// Korean particles, which are suffixed to nouns, the longer ones first.
const PARTICLES: [&str; 16] = [
    "에서", "으로", "까지", "부터", "을", "를", "이", "가", "은", "는", "에", "의", "로", "와",
    "과", "도",
];
/// Opening and closing quotation marks.
const QUOTES: [(char, char); 10] = [
    ('"', '"'),
    ('`', '`'),
    ('\'', '\''),
    ('“', '”'),
    ('„', '“'),
    ('‘', '’'),
    ('«', '»'),
    ('「', '」'),
    ('『', '』'),
    ('《', '》'),
];

/// Stop words: they say what to do, not with what.
const COMMON: &[&str] = &[
    "about",
    "add",
    "after",
    "all",
    "also",
    "and",
    "any",
    "are",
    "because",
    "been",
    "before",
    "bug",
    "but",
    "call",
    "can",
    "change",
    "changed",
    "code",
    "could",
    "did",
    "does",
    "error",
    "explain",
    "feature",
    "file",
    "files",
    "find",
    "fix",
    "for",
    "from",
    "function",
    "get",
    "has",
    "have",
    "how",
    "implement",
    "improve",
    "in",
    "input",
    "into",
    "is",
    "issue",
    "it",
    "its",
    "large",
    "line",
    "lines",
    "list",
    "look",
    "make",
    "match",
    "method",
    "more",
    "must",
    "new",
    "not",
    "now",
    "of",
    "on",
    "one",
    "only",
    "or",
    "our",
    "out",
    "output",
    "over",
    "place",
    "places",
    "please",
    "problem",
    "read",
    "remove",
    "result",
    "review",
    "row",
    "run",
    "same",
    "say",
    "set",
    "should",
    "show",
    "so",
    "some",
    "support",
    "text",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "to",
    "under",
    "update",
    "use",
    "used",
    "using",
    "value",
    "version",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "which",
    "while",
    "who",
    "why",
    "will",
    "with",
    "without",
    "work",
    "would",
    "write",
    "you",
    "your",
];

/// The reader's task, as search terms.
#[derive(Debug, Default)]
pub(crate) struct Task {
    text: String,
    terms: Vec<String>,
    /// Every word, stop words included, in lower case and sorted.
    words: Vec<String>,
    /// A search for each term, its ASCII letters in lower case. A text or two is searched for each task, so
    /// that building an automaton for all terms would take longer than searching for one after the other.
    finders: Vec<Finder<'static>>,
    /// The texts that a user always wants to see are terms behind the others.
    limits: Option<Arc<Limits>>,
}

/// An occurrence of a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its bytes.
    pub range: Range<usize>,
    /// The index of the term.
    pub term: usize,
}

impl Task {
    /// The terms of `task`: quoted phrases, paths, numbers, identifiers and words, in lower case.
    pub(crate) fn of(task: &str) -> Self {
        let mut terms: Vec<String> = Vec::new();
        let mut add = |term: &str| {
            let term = &term[..term.floor_char_boundary(LONGEST_TERM)];
            for variant in spellings(term) {
                if terms.len() < MOST_TERMS && !terms.contains(&variant) {
                    terms.push(variant);
                }
            }
        };
        for phrase in quoted(task) {
            if (3..=80).contains(&phrase.len()) && phrase.contains(' ') {
                add(phrase);
            }
        }
        for word in task.split(separates) {
            let bare = bare(word);
            let telling = bare.chars().any(|c| !c.is_ascii_lowercase()) || bare.len() >= 3;
            if bare.contains(is_unspaced) {
                unspaced_terms(bare).into_iter().for_each(&mut add);
            } else if bare.chars().count() >= 2
                && telling
                && COMMON.binary_search(&&*bare.to_lowercase()).is_err()
            {
                add(bare);
            }
        }
        let finder = |term: &String| Finder::new(&term.to_ascii_lowercase()).into_owned();
        let finders = terms.iter().map(finder).collect();
        let mut words: Vec<String> = words(task).map(str::to_lowercase).collect();
        words.sort_unstable();
        words.dedup();
        Self { text: task.to_owned(), terms, words, finders, limits: None }
    }

    /// The same with what always stays.
    pub(crate) fn within(task: &str, limits: Option<Arc<Limits>>) -> Self {
        let limits = limits.filter(|limits| !limits.kept().is_empty());
        Self { limits, ..Self::of(task) }
    }

    /// The task as it was given.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The lines that the task names, in order: all with a rare term, and some with others.
    pub(crate) fn lines(&self, lines: &Lines) -> Vec<usize> {
        let mut named: Vec<usize> =
            self.places(lines).into_iter().map(|place| lines.at(place.range.start)).collect();
        named.dedup();
        named
    }

    /// The occurrences of the task's rare terms in `lines`, and some of the others, in order.
    pub(crate) fn places(&self, lines: &Lines) -> Vec<Place> {
        let text = lines.text();
        let lower = if self.terms.is_empty() { String::new() } else { text.to_ascii_lowercase() };
        let rare = RARE_PLACES.max(lines.count() / RARE_SHARE);
        let mut places: Vec<Place> = self.kept(text);
        for (term, finder) in self.finders.iter().enumerate() {
            let found: Vec<Range<usize>> = all(finder, lower.as_bytes())
                .filter(|range| self.is_word(text, range.start, range.end))
                .collect();
            let place = |range: &Range<usize>| Place { range: range.clone(), term };
            if found.len() <= rare {
                places.extend(found.iter().map(place));
            } else {
                places.extend(found.iter().take(FIRST_PLACES).map(place));
                places.extend(found.last().map(place));
            }
        }
        places.sort_unstable_by_key(|place| (place.range.start, place.range.end));
        places
    }

    /// The occurrences of what always stays.
    fn kept(&self, text: &str) -> Vec<Place> {
        let Some(search) = self.limits.as_ref().and_then(|limits| limits.search()) else {
            return Vec::new();
        };
        let place = |hit: Hit| Place { range: hit.range, term: self.terms.len() + hit.keyword };
        search.hits(text).map(place).collect()
    }

    /// Whether a term is an identifier, a path or a number rather than a natural-language word.
    pub(crate) fn is_name(&self, term: usize) -> bool {
        let Some(term) = self.terms.get(term) else { return true };
        term.bytes().any(|b| !b.is_ascii_lowercase()) && !term.contains(' ')
    }

    /// The term at that index, in lower case.
    pub(crate) fn term(&self, term: usize) -> &str {
        let kept = || self.limits.as_ref()?.kept().get(term.checked_sub(self.terms.len())?);
        self.terms.get(term).or_else(kept).map_or("", String::as_str)
    }

    /// Whether the task contains `name` as a word, even a stop word.
    pub(crate) fn says(&self, name: &str) -> bool {
        self.words.binary_search(&name.to_lowercase()).is_ok()
    }

    /// Whether it has no terms.
    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.limits.is_none()
    }

    /// Whether the match at these bytes is a word or a prefix of one; short terms must be whole
    /// words, long ones with digits may be within a word.
    fn is_word(&self, text: &str, start: usize, end: usize) -> bool {
        let bytes = text.as_bytes();
        if end - start >= 6 && bytes[start..end].iter().any(u8::is_ascii_digit) {
            return true;
        }
        let (Some(before), Some(found), Some(after)) =
            (text.get(..start), text.get(start..end), text.get(end..))
        else {
            return false;
        };
        let (Some(first), Some(last)) = (found.chars().next(), found.chars().next_back()) else {
            return false;
        };
        // A capital in camel case begins a word too.
        let hump = |before: char| before.is_ascii_lowercase() && first.is_ascii_uppercase();
        let inside =
            before.chars().next_back().is_some_and(|before| joins(before, first) && !hump(before));
        let goes_on = after.chars().next().is_some_and(|after| joins(last, after));
        let negated = last.is_alphabetic()
            && contraction(after).is_some_and(|length| after[..length].ends_with(['t', 'T']));
        let open = negated || end - start < SHORTEST_BEGINNING && goes_on;
        !inside && !open
    }
}

/// Whether `c` separates words of a task. ASCII punctuation doesn't, as paths and names contain it.
fn separates(c: char) -> bool {
    c.is_whitespace() || !c.is_ascii() && !is_word_char(c) && c != '’'
}

/// A word of a task without punctuation around it and without suffixed particles; empty for a
/// contraction, which names nothing.
fn bare(word: &str) -> &str {
    let bare = word
        .trim_matches(|c: char| !is_word_char(c) && !matches!(c, '_' | '/' | '<' | '>'))
        .trim_end_matches(['/', '>'])
        .trim_start_matches('<');
    let apostrophe = bare.rfind(['\'', '’']).filter(|&at| at > 0);
    match apostrophe.map(|at| bare.split_at(at)) {
        Some((noun, rest)) if contraction(rest) == Some(rest.len()) => {
            if rest.ends_with(['s', 'S']) { noun } else { "" }
        }
        _ => without_particle(bare),
    }
}

/// A Korean noun without its particle, if at least two syllables remain.
fn without_particle(word: &str) -> &str {
    let is_syllable = |c: char| ('\u{ac00}'..='\u{d7a3}').contains(&c);
    PARTICLES
        .iter()
        .filter_map(|particle| word.strip_suffix(particle))
        .find(|noun| noun.chars().rev().take(2).filter(|c| is_syllable(*c)).count() == 2)
        .unwrap_or(word)
}

/// The searchable parts of a word in a script without word spacing: pairs of Chinese characters,
/// runs of Katakana, and runs of other scripts.
fn unspaced_terms(word: &str) -> Vec<&str> {
    let class = |c: char| match c {
        _ if is_han(c) => 'H',
        _ if is_katakana(c) => 'K',
        _ if is_unspaced(c) => 'U',
        _ => 'A',
    };
    let mut terms = Vec::new();
    let mut rest = word;
    while let Some(kind) = rest.chars().next().map(class) {
        let end = rest.find(|c| class(c) != kind).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let bounds: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
        match kind {
            'H' => terms.extend(bounds.windows(3).map(|pair| &run[pair[0]..pair[2]])),
            // Most runs of Hiragana are grammar.
            'U' if run.starts_with(|c| ('\u{3041}'..='\u{309f}').contains(&c)) => {}
            _ => {
                let run = bare(run);
                let is_common = COMMON.binary_search(&&*run.to_lowercase()).is_ok();
                terms.extend((run.chars().count() >= 2 && !is_common).then_some(run));
            }
        }
        rest = after;
    }
    terms
}

/// The bytes of all occurrences in `text`, also of those that overlap.
fn all<'f>(finder: &'f Finder, text: &'f [u8]) -> impl Iterator<Item = Range<usize>> + 'f {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + finder.find(text.get(from..)?)?;
        from = start + 1;
        Some(start..start + finder.needle().len())
    })
}

/// A term in lower case, and its other cases if it has non-ASCII letters, for which the search is
/// case-sensitive.
fn spellings(term: &str) -> Vec<String> {
    let lower = term.to_lowercase();
    if term.is_ascii() {
        return vec![lower];
    }
    let mut signs = lower.chars();
    let capital = signs.next().map(|first| first.to_uppercase().chain(signs).collect::<String>());
    let mut all = vec![lower.clone()];
    for variant in
        [Some(term.to_owned()), capital, Some(lower.to_uppercase())].into_iter().flatten()
    {
        // The search ignores the case of ASCII letters.
        if !all.iter().any(|known| known.eq_ignore_ascii_case(&variant)) {
            all.push(variant);
        }
    }
    all
}

/// The phrases in quotes within one line; an apostrophe in a word is no quote.
fn quoted(task: &str) -> Vec<&str> {
    let mut phrases = Vec::new();
    for (open, close) in QUOTES {
        for line in task.lines() {
            let mut rest = line;
            while let Some((start, end)) = quotation(rest, open, close) {
                phrases.push(rest[start..end].trim());
                rest = &rest[end + close.len_utf8()..];
            }
        }
    }
    phrases.retain(|phrase| !phrase.is_empty());
    phrases
}

/// The bytes between the first `open` in `line` and its matching `close`.
fn quotation(line: &str, open: char, close: char) -> Option<(usize, usize)> {
    let is_apostrophe = |at: usize, sign: char| {
        matches!(sign, '\'' | '’')
            && line[..at].ends_with(is_word_char)
            && line[at + sign.len_utf8()..].starts_with(is_word_char)
    };
    let find = |from: usize, sign: char| {
        let found = line[from..].match_indices(sign).map(|(at, _)| from + at);
        found.into_iter().find(|&at| !is_apostrophe(at, sign))
    };
    let start = find(0, open)? + open.len_utf8();
    Some((start, find(start, close)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(task: &str, text: &str) -> Vec<usize> {
        Task::of(task).lines(&Lines::of(text))
    }

    #[test]
    fn the_common_words_are_in_order() {
        assert!(COMMON.is_sorted());
    }

    #[test]
    fn lines_that_the_task_names() {
        let text = "alpha one\nbeta/two.rs:3\nthe gamma\nMERGE STRATEGIES\nb98062aa delta\nsixteen";
        assert_eq!(named("Fix `beta/two.rs`, please", text), [1]);
        assert_eq!(named("what is under \"MERGE STRATEGIES\"?", text), [3]);
        assert_eq!(named("Look up the row of: b98062; the", text), [4]);
        assert!(named("which version of six?", text).is_empty());
    }

    #[test]
    fn a_common_term_keeps_its_first_lines_and_its_last() {
        let text = "state ok\n".repeat(50);
        assert_eq!(named("explain state", &text), [0, 1, 49]);
    }

    #[test]
    fn words_end_where_their_script_ends_them() {
        let text = "one\n“retry” is off\nback\u{a0}off\u{a0}after\nx—jitter—y\n令牌refresh失败\n\
            刷新令牌时出错\n토큰이 만료되었습니다\nÜBERLAUF gemeldet\nトークンが無効\nretries";
        for (task, line) in [
            ("why “retry”?", 1),
            ("the back\u{a0}off", 2),
            ("retries—jitter", 3),
            ("the refresh fails", 4),
            ("修复刷新", 5),
            ("토큰을 고쳐", 6),
            ("der Überlauf", 7),
            ("トークンを直す", 8),
        ] {
            assert!(named(task, text).contains(&line), "{task}: {:?}", named(task, text));
        }
    }

    #[test]
    fn a_contraction_names_nothing() {
        let text = "doesn match\nit doesn't\nit doesn’t\nthe parser\nisn";
        for task in ["it doesn't", "it doesn’t", "it isn't, it doesn't and won't"] {
            assert!(named(task, text).is_empty(), "{task}");
        }
        assert_eq!(named("the parser’s end", text), [3]);
        assert_eq!(named("doesn", text), [0]);
        assert!(!Task::of("it doesn't").says("doesn"));
    }

    #[test]
    fn quotes_hold_something_on_one_line() {
        for task in ["'\n''\n  '", "''", "\"\" \" \"", "“ ”", "'  '", "it's what's theirs"] {
            let task = Task::of(task);
            assert!(task.terms.iter().all(|term| !term.trim().is_empty() && !term.contains('\n')));
        }
        assert!(Task::of("it's what's left").terms.iter().all(|term| !term.contains(' ')));
        assert_eq!(named("see “pool is dry”", "x\nthe pool is dry now\ny"), [1]);
        assert_eq!(named("see 'pool is dry', don't", "x\nthe pool is dry now\ny"), [1]);
    }

    #[test]
    fn one_long_word_is_read_in_linear_time() {
        for word in ["x'", "令", "“", "'", "토", "a—"] {
            let task = Task::of(&word.repeat(200_000));
            assert!(task.terms.len() <= MOST_TERMS);
        }
    }
}
