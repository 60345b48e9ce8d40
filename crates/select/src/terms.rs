//! From text to terms: words and identifiers, split, lower-cased and stemmed.
//!
//! `TokenRefresher` gives `token`, `refresh` and `tokenrefresher`; `refreshing` gives `refresh`. The
//! same rule reads the task, the code and the commit messages, so that they meet. Stems are those
//! of the Snowball English stemmer.

use rust_stemmers::{Algorithm, Stemmer};
use rustc_hash::FxHashMap;

/// The number of a term in a [`Vocabulary`].
pub(crate) type TermId = u16;

/// Words longer than this are data (hashes, base64), not vocabulary.
const MAX_WORD: usize = 64;

/// Distinct words that a scanner remembers before it starts over; bounds memory on hostile input.
const MEMO_LIMIT: usize = 1 << 17;

/// The words of `text` with their byte offsets: maximal runs of letters, digits and underscores.
pub(crate) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && !is_word_byte(bytes[at]) {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && is_word_byte(bytes[at]) {
            at += 1;
        }
        // Bytes above ASCII count as word bytes, so both ends lie at character boundaries.
        (start < at).then(|| (start, &text[start..at]))
    })
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Splits words into terms; keeps its stemmer between calls.
pub(crate) struct Splitter {
    stemmer: Stemmer,
}

impl Splitter {
    pub(crate) fn new() -> Self {
        Self { stemmer: Stemmer::create(Algorithm::English) }
    }

    /// The terms of one word, and of how many parts it is made: each part of two characters or more,
    /// stemmed, then the whole in lower case without underscores where there is more than one part.
    pub(crate) fn split(&self, word: &str) -> (Vec<String>, u32) {
        if word.len() > MAX_WORD {
            return (Vec::new(), 1);
        }
        let parts = parts(word);
        (terms(&parts, |part| self.term(part), Some), parts.len().max(1) as u32)
    }

    /// The term of one part; one character alone is none.
    fn term(&self, part: &str) -> Option<String> {
        part.chars().nth(1)?;
        Some(self.stemmer.stem(&part.to_lowercase()).into_owned())
    }
}

/// The terms of a word of `parts`: what `of_part` makes of each, and what `of_whole` makes of all of them
/// together in lower case, where there are several and that isn't among those already.
fn terms<T: PartialEq>(
    parts: &[&str],
    mut of_part: impl FnMut(&str) -> Option<T>,
    of_whole: impl FnOnce(String) -> Option<T>,
) -> Vec<T> {
    let mut terms: Vec<T> = parts.iter().filter_map(|part| of_part(part)).collect();
    if parts.len() > 1 {
        let whole = of_whole(parts.concat().to_lowercase());
        terms.extend(whole.filter(|whole| !terms.contains(whole)));
    }
    terms
}

/// The parts of an identifier: `HTTPServer2_start` → `HTTP`, `Server`, `2`, `start`.
pub(crate) fn parts(word: &str) -> Vec<&str> {
    #[derive(PartialEq, Clone, Copy)]
    enum Class {
        Upper,
        Lower,
        Digit,
        Underscore,
    }
    let class = |c: char| {
        if c == '_' {
            Class::Underscore
        } else if c.is_numeric() {
            Class::Digit
        } else if c.is_uppercase() {
            Class::Upper
        } else {
            Class::Lower
        }
    };
    let mut out = Vec::new();
    let mut start = 0;
    let mut chars = word.char_indices().peekable();
    let mut previous: Option<Class> = None;
    while let Some((at, c)) = chars.next() {
        let now = class(c);
        let next = chars.peek().map(|&(_, n)| class(n));
        let boundary = match previous {
            None => false,
            Some(before) if before == now => {
                // The last capital of a run belongs to the word that follows it: `HTTPServer`.
                now == Class::Upper && next == Some(Class::Lower)
            }
            Some(Class::Upper) if now == Class::Lower => false,
            Some(_) => true,
        };
        if boundary && start < at {
            out.push(&word[start..at]);
            start = at;
        }
        if now == Class::Underscore {
            start = at + c.len_utf8();
            previous = None;
        } else {
            previous = Some(now);
        }
    }
    if start < word.len() {
        out.push(&word[start..]);
    }
    out.retain(|part| *part != "_");
    out
}

/// The terms that are looked for, by number.
#[derive(Debug, Default, Clone)]
pub(crate) struct Vocabulary {
    ids: FxHashMap<String, TermId>,
}

impl Vocabulary {
    /// The number of `term`, given one if it had none; `None` when there are 65,535 already.
    pub(crate) fn add(&mut self, term: &str) -> Option<TermId> {
        if let Some(&id) = self.ids.get(term) {
            return Some(id);
        }
        let id = TermId::try_from(self.ids.len()).ok().filter(|&id| id < TermId::MAX)?;
        self.ids.insert(term.to_owned(), id);
        Some(id)
    }

    pub(crate) fn get(&self, term: &str) -> Option<TermId> {
        self.ids.get(term).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }
}

/// Finds the terms of a vocabulary in texts. Each distinct word is split once and then remembered, and
/// so is each distinct part of one, which is what makes a scan fast: code repeats its words.
pub(crate) struct Scanner<'v> {
    vocabulary: &'v Vocabulary,
    splitter: Splitter,
    words: FxHashMap<Box<str>, (u32, Box<[TermId]>)>,
    parts: FxHashMap<Box<str>, Option<TermId>>,
}

impl<'v> Scanner<'v> {
    pub(crate) fn new(vocabulary: &'v Vocabulary) -> Self {
        let (words, parts) = (FxHashMap::default(), FxHashMap::default());
        Self { vocabulary, splitter: Splitter::new(), words, parts }
    }

    /// Calls `found(offset, parts, terms)` for each word of `text`: its byte offset, the number of its
    /// parts (what a document's length is counted in), and its terms that are in the vocabulary.
    pub(crate) fn scan(&mut self, text: &str, mut found: impl FnMut(usize, u32, &[TermId])) {
        for (offset, word) in words(text) {
            if word.len() > MAX_WORD {
                found(offset, 1, &[]);
                continue;
            }
            if let Some((parts, ids)) = self.words.get(word) {
                found(offset, *parts, ids);
                continue;
            }
            let (parts, ids) = self.ids(word);
            found(offset, parts, &ids);
            if self.words.len() >= MEMO_LIMIT {
                self.words.clear();
                self.parts.clear();
            }
            self.words.insert(word.into(), (parts, ids.into()));
        }
    }

    /// Of how many parts `word` is made, and those of its terms that are in the vocabulary: what
    /// [`Splitter::split`] says, without the terms that nobody asks for.
    fn ids(&mut self, word: &str) -> (u32, Vec<TermId>) {
        let parts = parts(word);
        let vocabulary = self.vocabulary;
        let mut ids = terms(&parts, |part| self.id(part), |whole| vocabulary.get(&whole));
        ids.dedup();
        (parts.len().max(1) as u32, ids)
    }

    fn id(&mut self, part: &str) -> Option<TermId> {
        if let Some(&id) = self.parts.get(part) {
            return id;
        }
        let id = self.splitter.term(part).and_then(|term| self.vocabulary.get(&term));
        self.parts.insert(part.into(), id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terms(word: &str) -> Vec<String> {
        Splitter::new().split(word).0
    }

    #[test]
    fn identifiers_split_at_case_digits_and_underscores() {
        assert_eq!(parts("HTTPServer2_start"), ["HTTP", "Server", "2", "start"]);
        assert_eq!(parts("parseURL"), ["parse", "URL"]);
        assert_eq!(parts("__init__"), ["init"]);
        assert_eq!(parts("utf8"), ["utf", "8"]);
        assert_eq!(parts("___"), Vec::<&str>::new());
    }

    #[test]
    fn words_meet_across_forms() {
        assert_eq!(terms("refreshing"), ["refresh"]);
        assert_eq!(terms("TokenRefresher"), ["token", "refresh", "tokenrefresher"]);
        assert_eq!(terms("token_refresh"), ["token", "refresh", "tokenrefresh"]);
        assert_eq!(terms("x"), Vec::<String>::new());
    }

    #[test]
    fn scanner_reports_every_word_and_its_known_terms() {
        let mut vocabulary = Vocabulary::default();
        let cookie = vocabulary.add("cooki").unwrap();
        let mut scanner = Scanner::new(&vocabulary);
        let mut seen = Vec::new();
        scanner.scan("set Cookies, x=cookie_jar", |at, n, ids| seen.push((at, n, ids.to_vec())));
        assert_eq!(
            seen,
            [(0, 1, vec![]), (4, 1, vec![cookie]), (13, 1, vec![]), (15, 2, vec![cookie])]
        );
    }

    proptest! {
        #[test]
        fn words_cover_every_word_character(text in "\\PC{0,80}") {
            let found: String = words(&text).map(|(_, w)| w).collect();
            let expected: String =
                text.chars().filter(|c| !c.is_ascii() || is_word_byte(*c as u8)).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn a_scanner_finds_what_splitting_gives(word in "(getUser|Running|[a-zA-Z0-9_]{1,6}){1,5}") {
            let (terms, parts) = Splitter::new().split(&word);
            let mut vocabulary = Vocabulary::default();
            let mut expected: Vec<TermId> =
                terms.iter().filter_map(|term| vocabulary.add(term)).collect();
            expected.dedup();
            let mut scanner = Scanner::new(&vocabulary);
            for _ in 0..2 {
                scanner.scan(&word, |at, n, ids| assert_eq!((at, n, ids), (0, parts, &*expected)));
            }
        }

        #[test]
        fn parts_lose_nothing_but_underscores(word in "[A-Za-z0-9_äÖß]{0,30}") {
            prop_assert_eq!(parts(&word).concat(), word.replace('_', ""));
        }
    }
}
