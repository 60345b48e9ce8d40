//! The words of a task, and the lines that hold them.

use std::ops::Range;

use keywords::Keywords;

use crate::lines::Lines;

/// More terms than this are not looked for.
const MOST_TERMS: usize = 64;
/// Of a longer one, in bytes, so many are looked for: what looks for it grows with it.
const LONGEST_TERM: usize = 200;
/// A term in at most so many places is rare: all of its lines stay.
const RARE_PLACES: usize = 12;
/// Or in at most one for so many lines.
const RARE_SHARE: usize = 100;
/// Of a term that isn't rare so many of the first places stay, and the last one.
const FIRST_PLACES: usize = 2;

/// Words that say what to do, not with what.
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

/// What a reader is doing, as terms that can be looked for.
#[derive(Debug, Default)]
pub(crate) struct Task {
    text: String,
    terms: Vec<String>,
    /// Every word, the common ones too, in lower case and in order.
    words: Vec<String>,
    /// The terms; `None` where there are none.
    search: Option<Keywords>,
}

/// Where a term stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its bytes.
    pub range: Range<usize>,
    /// Which of the task's terms it is.
    pub term: usize,
}

impl Task {
    /// The terms of `task`: quoted phrases, paths, numbers, identifiers and words, in lower case.
    pub(crate) fn of(task: &str) -> Self {
        let mut terms: Vec<String> = Vec::new();
        let mut add = |term: &str| {
            let mut term = term.to_lowercase();
            term.truncate(term.floor_char_boundary(LONGEST_TERM));
            if terms.len() < MOST_TERMS && !terms.contains(&term) {
                terms.push(term);
            }
        };
        for quote in ['"', '`', '\''] {
            for phrase in task.split(quote).skip(1).step_by(2) {
                if (3..=80).contains(&phrase.len()) && phrase.contains(' ') {
                    add(phrase.trim());
                }
            }
        }
        for word in task.split_whitespace() {
            let bare = word.trim_matches(|c: char| {
                !c.is_alphanumeric() && !matches!(c, '_' | '/' | '<' | '>')
            });
            let bare = bare.trim_end_matches(['/', '>']).trim_start_matches('<');
            let telling = bare.chars().any(|c| !c.is_ascii_lowercase()) || bare.len() >= 3;
            if bare.chars().count() >= 2
                && telling
                && COMMON.binary_search(&&*bare.to_lowercase()).is_err()
            {
                add(bare);
            }
        }
        let search = (!terms.is_empty()).then(|| Keywords::new(&terms).ok()).flatten();
        let mut words: Vec<String> =
            task.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_lowercase).collect();
        words.sort_unstable();
        words.dedup();
        Self { text: task.to_owned(), terms, words, search }
    }

    /// The task as it was said.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The lines that the task names, in order: those with a rare term, and some of the others.
    pub(crate) fn lines(&self, lines: &Lines) -> Vec<usize> {
        let mut named: Vec<usize> =
            self.places(lines).into_iter().map(|place| lines.at(place.range.start)).collect();
        named.dedup();
        named
    }

    /// Where the task's rare terms stand in the text of `lines`, and some of the others, in order.
    pub(crate) fn places(&self, lines: &Lines) -> Vec<Place> {
        let Some(search) = &self.search else { return Vec::new() };
        let mut found: Vec<Vec<Place>> = vec![Vec::new(); self.terms.len()];
        let text = lines.text();
        for hit in search.hits(text) {
            if self.is_word(text, hit.range.start, hit.range.end) {
                found[hit.keyword].push(Place { range: hit.range, term: hit.keyword });
            }
        }
        let rare = RARE_PLACES.max(lines.count() / RARE_SHARE);
        let mut places: Vec<Place> = Vec::new();
        for of_term in found {
            if of_term.len() <= rare {
                places.extend(of_term);
            } else {
                places.extend(of_term.iter().take(FIRST_PLACES).cloned());
                places.extend(of_term.last().cloned());
            }
        }
        places.sort_unstable_by_key(|place| (place.range.start, place.range.end));
        places
    }

    /// Whether a term is no word of a language that people speak, but a name, a path or a number.
    pub(crate) fn is_name(&self, term: usize) -> bool {
        let term = &self.terms[term];
        term.bytes().any(|b| !b.is_ascii_lowercase()) && !term.contains(' ')
    }

    /// The term of that number, in lower case.
    pub(crate) fn term(&self, term: usize) -> &str {
        &self.terms[term]
    }

    /// Whether the task holds `name` as a word of its own, however common.
    pub(crate) fn says(&self, name: &str) -> bool {
        self.words.binary_search(&name.to_lowercase()).is_ok()
    }

    /// Whether it has no terms.
    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether what stands at these bytes is a word or begins one; short terms must be whole words,
    /// and long ones with digits may be cut out of one.
    fn is_word(&self, text: &str, start: usize, end: usize) -> bool {
        let bytes = text.as_bytes();
        if end - start >= 6 && bytes[start..end].iter().any(u8::is_ascii_digit) {
            return true;
        }
        let word = |at: Option<&u8>| at.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
        // The hump of a camel begins a word too.
        let hump = |at: usize| bytes[at - 1].is_ascii_lowercase() && bytes[at].is_ascii_uppercase();
        let inside =
            start > 0 && word(bytes.get(start - 1)) && word(bytes.get(start)) && !hump(start);
        let open = end - start < 5 && word(bytes.get(end));
        !inside && !open
    }
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
}
