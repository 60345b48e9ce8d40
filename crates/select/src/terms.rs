//! From text to terms: words and identifiers, split, lower-cased and stemmed.
//!
//! `TokenRefresher` gives `token`, `refresh` and `tokenrefresher`; `refreshing` gives `refresh`. The
//! same rule reads the task, the code and the commit messages, so that their terms are comparable. Stems are those
//! of the Snowball English stemmer. Scripts without blanks between words are read by pairs of
//! characters, which needs no dictionary.

use keywords::bits::{self, BLOCK};
use rust_stemmers::{Algorithm, Stemmer};
use rustc_hash::FxHashMap;

use crate::stem;
use crate::word_index::Terms;

/// The number of a term in a [`Vocabulary`].
pub(crate) type TermId = u16;

/// Bytes: longer words are data (hashes, base64), not vocabulary. By hand.
const MAX_WORD: usize = 64;

/// Distinct words that a scanner remembers before it clears its memo. By hand: it bounds memory on
/// hostile input.
const MEMO_LIMIT: usize = 1 << 17;

/// The words of `text` with their byte offsets: maximal runs of letters, digits, marks and underscores, as
/// Unicode has them. A script that is written without blanks between words begins a new one, so that
/// `修复token函数` has three.
pub(crate) fn words(text: &str) -> Words<'_> {
    let mut words = Words { text, block: Block::of(text.as_bytes(), 0), left: 0 };
    words.go_on_at(0);
    words
}

/// The iterator of [`words`].
#[derive(Debug, Clone)]
pub(crate) struct Words<'t> {
    text: &'t str,
    /// The block where it goes on.
    block: Block,
    /// By bit: the bytes of the block that are still to be looked at, and may be part of a word.
    left: u64,
}

impl<'t> Iterator for Words<'t> {
    type Item = (usize, &'t str);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while self.left == 0 {
                let next = self.block.start + BLOCK;
                if next >= self.text.len() {
                    return None;
                }
                self.go_on_at(next);
            }
            let first = self.left.trailing_zeros();
            let start = self.block.start + first as usize;
            let length = (!self.block.letters >> first).trailing_zeros();
            let end = first + length;
            // Most words are of ASCII and end in the block in which they begin.
            if length > 0 && end < u64::BITS && self.block.beyond >> end & 1 == 0 {
                self.left &= u64::MAX << end;
                return Some((start, &self.text[start..start + length as usize]));
            }
            if let Some(end) = self.end_of_word(start) {
                return Some((start, &self.text[start..end]));
            }
        }
    }
}

impl Words<'_> {
    fn go_on_at(&mut self, at: usize) {
        let inside = at % BLOCK;
        if self.block.start != at - inside {
            self.block = Block::of(self.text.as_bytes(), at - inside);
        }
        self.left = (self.block.letters | self.block.beyond) & (u64::MAX << inside);
    }

    /// Where the word ends that begins at `start`, and goes on there; `None` if what begins there is no word, and goes on
    /// after it.
    fn end_of_word(&mut self, start: usize) -> Option<usize> {
        let (first, length) = class_at(self.text, start);
        let mut at = start + length;
        if first == Class::Other {
            self.go_on_at(at);
            return None;
        }
        loop {
            if first == Class::Letter {
                at = self.end_of_letters(at);
            }
            if at >= self.text.len() {
                break;
            }
            let (class, length) = class_at(self.text, at);
            if class != first && class != Class::Mark {
                break;
            }
            at += length;
        }
        self.go_on_at(at);
        Some(at)
    }

    /// The first byte from `at` on that is no ASCII letter, digit or underscore.
    fn end_of_letters(&mut self, mut at: usize) -> usize {
        while at < self.text.len() {
            self.go_on_at(at);
            let left = BLOCK - at % BLOCK;
            let letters = (!self.block.letters >> (at % BLOCK)).trailing_zeros() as usize;
            if letters < left {
                return at + letters;
            }
            at += left;
        }
        self.text.len()
    }
}

/// What the bytes of a part of a text are.
#[derive(Debug, Clone, Copy)]
struct Block {
    start: usize,
    /// By bit: whether the byte is an ASCII letter, digit or underscore.
    letters: u64,
    /// By bit: whether the byte is of a character beyond ASCII.
    beyond: u64,
}

impl Block {
    /// The block of `text` at `start`.
    fn of(text: &[u8], start: usize) -> Self {
        let mut bytes = [0; BLOCK];
        let rest = text.get(start..).unwrap_or_default();
        match rest.first_chunk::<BLOCK>() {
            Some(whole) => bytes = *whole,
            None => bytes[..rest.len()].copy_from_slice(rest),
        }
        // Plain loops, without a branch, compare sixteen bytes at a time.
        let (mut letters, mut any) = ([0; BLOCK], 0);
        for (letter, byte) in letters.iter_mut().zip(&bytes) {
            *letter = u8::from(is_letter(*byte));
            any |= byte;
        }
        // Most blocks are ASCII throughout.
        let beyond = if any < 0x80 { 0 } else { bits::gathered(&bytes.map(|byte| byte >> 7)) };
        Self { start, letters: bits::gathered(&letters), beyond }
    }
}

/// Whether a byte is an ASCII letter, digit or underscore.
#[inline(always)]
fn is_letter(byte: u8) -> bool {
    let (letter, digit) = ((byte | 0x20).wrapping_sub(b'a'), byte.wrapping_sub(b'0'));
    (letter < 26) | (digit < 10) | (byte == b'_')
}

/// The role of a character in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Not part of a word.
    Other,
    /// A letter or digit.
    Letter,
    /// A letter of a script that is written without blanks between words.
    Dense,
    /// A combining mark, which belongs to the letter before it.
    Mark,
}

/// The class of the character at byte `at`, and how many bytes it has.
fn class_at(text: &str, at: usize) -> (Class, usize) {
    let byte = text.as_bytes()[at];
    if byte < 0x80 {
        return (if is_letter(byte) { Class::Letter } else { Class::Other }, 1);
    }
    let Some(c) = text[at..].chars().next() else { return (Class::Other, 1) };
    let class = if is_dense(c) {
        Class::Dense
    } else if c.is_alphanumeric() {
        Class::Letter
    } else if regex_syntax::is_word_character(c) {
        Class::Mark
    } else {
        Class::Other
    };
    (class, c.len_utf8())
}

/// Whether a script is written without blanks between words, or (Korean) with endings joined to them, so
/// that words are looked for by pairs of characters: Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese.
pub(crate) fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{0e01}'..='\u{0edf}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}'
        | '\u{1780}'..='\u{17dd}' | '\u{2e80}'..='\u{2fd5}' | '\u{3005}'..='\u{3007}'
        | '\u{3021}'..='\u{3029}' | '\u{3031}'..='\u{3035}' | '\u{3041}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{318e}' | '\u{31a0}'..='\u{31bf}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97c}' | '\u{ac00}'..='\u{d7fb}' | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ffdc}' | '\u{20000}'..='\u{3ffff}')
}

/// How many words a text has: what is between blanks, and of scripts that are written without them, each two characters.
pub fn count_words(text: &str) -> usize {
    let words = text.split_whitespace();
    words.map(|word| word.chars().filter(|c| is_dense(*c)).count().div_ceil(2).max(1)).sum()
}

/// The words of prose: as [`words`], but without contractions. `user's` gives `user`, `doesn't` gives
/// nothing.
pub(crate) fn prose_words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut all = words(text).peekable();
    std::iter::from_fn(move || {
        loop {
            let (at, word) = all.next()?;
            let next = all.peek().copied();
            let suffix = next.filter(|&(next_at, suffix)| {
                let between = text.get(at + word.len()..next_at);
                let after = text.get(next_at + suffix.len()..).unwrap_or_default();
                matches!(between, Some("'" | "\u{2019}")) && !after.starts_with(['\'', '\u{2019}'])
            });
            let Some((_, suffix)) = suffix else { return Some((at, word)) };
            match suffix.to_ascii_lowercase().as_str() {
                "t" if word.ends_with(['n', 'N']) => {
                    all.next();
                }
                "s" | "re" | "ve" | "ll" | "d" | "m" => {
                    all.next();
                    return Some((at, word));
                }
                _ => return Some((at, word)),
            }
        }
    })
}

/// Splits words into terms; keeps its stemmer between calls.
pub(crate) struct Splitter {
    stemmer: Stemmer,
}

impl Splitter {
    pub(crate) fn new() -> Self {
        Self { stemmer: Stemmer::create(Algorithm::English) }
    }

    /// The terms of one word, and the number of its parts: each part of two characters or more,
    /// stemmed, then the whole in lower case without underscores where there is more than one part.
    pub(crate) fn split(&self, word: &str) -> (Vec<String>, u32) {
        if is_data(word) {
            return (Vec::new(), 1);
        }
        let parts = parts(word);
        (terms(word, &parts, |part| self.term(part), Some), parts.len().max(1) as u32)
    }

    /// The terms of one word, each with what it is made of, as the word has it: a part, or the whole.
    pub(crate) fn readable<'w>(&self, word: &'w str) -> Vec<(String, &'w str)> {
        let parts = if is_data(word) { Vec::new() } else { parts(word) };
        let from = |term: &str| {
            let is_from = |part: &&&str| self.term(part).is_some_and(|of_part| of_part == term);
            parts.iter().find(is_from).copied().unwrap_or(word)
        };
        let (terms, _) = self.split(word);
        let with_origin = |term: String| {
            let origin = from(&term);
            (term, origin)
        };
        terms.into_iter().map(with_origin).collect()
    }

    /// The term of one part; a single character has none.
    pub(crate) fn term(&self, part: &str) -> Option<String> {
        part.chars().nth(1)?;
        let part = part.to_lowercase();
        match is_own_stem(&part) {
            true => Some(part),
            false => {
                Some(stem::english(&part).unwrap_or_else(|| self.stemmer.stem(&part).into_owned()))
            }
        }
    }
}

/// Whether the stemmer leaves a word as it is because no suffix that it knows ends like it, as for a fifth to a half of the
/// distinct parts of words in code. Most of the time for splitting them is the stemmer's.
fn is_own_stem(word: &str) -> bool {
    !word.ends_with(['c', 'd', 'e', 'g', 'i', 'l', 'm', 'n', 'r', 's', 't', 'y', '\''])
        && !word.starts_with('\'')
}

/// The terms of a word of `parts`: what `of_part` makes of each, and what `of_whole` makes of all of them
/// together in lower case, where there are several and that isn't among those already. (Pairs of
/// characters overlap, so joining them makes no word.)
fn terms<'w, T: PartialEq>(
    word: &str,
    parts: &[&'w str],
    mut of_part: impl FnMut(&'w str) -> Option<T>,
    of_whole: impl FnOnce(String) -> Option<T>,
) -> Vec<T> {
    let mut terms: Vec<T> = parts.iter().filter_map(|part| of_part(part)).collect();
    if parts.len() > 1 && !word.starts_with(is_dense) {
        let whole = of_whole(parts.concat().to_lowercase());
        terms.extend(whole.filter(|whole| !terms.contains(whole)));
    }
    terms
}

/// Whether a word is so long that it is data.
pub(crate) fn is_data(word: &str) -> bool {
    word.len() > MAX_WORD && !word.starts_with(is_dense)
}

/// Every two neighbouring characters of `word`; a word of one character is its own pair.
pub(crate) fn pairs(word: &str) -> Vec<&str> {
    let starts: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
    if starts.len() <= 2 {
        return vec![word];
    }
    starts.windows(3).map(|at| &word[at[0]..at[2]]).collect()
}

/// The parts of an identifier: `HTTPServer2_start` → `HTTP`, `Server`, `2`, `start`. Of a script without
/// blanks, each pair of characters: `寻路服务` → `寻路`, `路服`, `服务`.
pub(crate) fn parts(word: &str) -> Vec<&str> {
    if word.is_ascii() {
        return ascii_parts(word).collect();
    }
    if word.starts_with(is_dense) {
        return pairs(word);
    }
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

/// The number of parts of a word, at least one.
pub(crate) fn count_parts(word: &str) -> u32 {
    let count = if word.is_ascii() { ascii_parts(word).count() } else { parts(word).len() };
    count.max(1) as u32
}

/// As [`parts`], of a word that is ASCII.
fn ascii_parts(word: &str) -> impl Iterator<Item = &str> {
    let bytes = word.as_bytes();
    let while_is = |at: usize, is: fn(&u8) -> bool| {
        bytes[at..].iter().position(|byte| !is(byte)).map_or(bytes.len(), |end| at + end)
    };
    let mut at = 0;
    std::iter::from_fn(move || {
        at = while_is(at, |byte| *byte == b'_');
        let (start, first) = (at, *bytes.get(at)?);
        if first.is_ascii_digit() {
            at = while_is(at, u8::is_ascii_digit);
        } else if !first.is_ascii_uppercase() {
            at = while_is(at, is_lower);
        } else {
            at = while_is(at, u8::is_ascii_uppercase);
            if bytes.get(at).is_some_and(is_lower) {
                // The last capital of a run belongs to the word that follows it: `HTTPServer`.
                at = if at - start > 1 { at - 1 } else { while_is(at, is_lower) };
            }
        }
        Some(&word[start..at])
    })
}

/// Whether a character counts as a small letter: any that is nothing else.
fn is_lower(byte: &u8) -> bool {
    !byte.is_ascii_uppercase() && !byte.is_ascii_digit() && *byte != b'_'
}

/// The terms that are searched for, by number.
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

    /// The terms, in no order.
    pub(crate) fn terms(&self) -> impl Iterator<Item = &str> {
        self.ids.keys().map(String::as_str)
    }
}

/// Finds the terms of a vocabulary in texts. Each distinct word is split once and then remembered, and
/// so is each distinct part of one, which is what makes a scan fast: code repeats its words.
pub(crate) struct Scanner<'v> {
    vocabulary: &'v Vocabulary,
    splitter: Splitter,
    /// The terms of the words of all texts, if an index has them.
    known: Option<&'v Terms>,
    words: FxHashMap<&'v str, (u32, Box<[TermId]>)>,
    parts: FxHashMap<&'v str, Option<TermId>>,
}

impl<'v> Scanner<'v> {
    pub(crate) fn new(vocabulary: &'v Vocabulary) -> Self {
        Self::knowing(vocabulary, None)
    }

    /// As [`new`](Self::new), for texts of which an index knows the words with terms of this vocabulary.
    pub(crate) fn knowing(vocabulary: &'v Vocabulary, known: Option<&'v Terms>) -> Self {
        let (words, parts) = (FxHashMap::default(), FxHashMap::default());
        Self { vocabulary, splitter: Splitter::new(), known, words, parts }
    }

    /// Calls `found(offset, parts, terms)` for each word of `text`: its byte offset, the number of its
    /// parts (what a document's length is counted in), and its terms that are in the vocabulary.
    pub(crate) fn scan(&mut self, text: &'v str, mut found: impl FnMut(usize, u32, &[TermId])) {
        for (offset, word) in words(text) {
            if is_data(word) {
                found(offset, 1, &[]);
                continue;
            }
            if let Some((parts, ids)) = self.words.get(word) {
                found(offset, *parts, ids);
                continue;
            }
            // Of a script without blanks, an index knows the pairs of characters.
            let known = self.known.filter(|_| !word.starts_with(is_dense));
            let (parts, ids): (u32, Box<[TermId]>) = match known {
                Some(known) => (count_parts(word), known.of(word).into()),
                None => {
                    let (parts, ids) = self.ids(word);
                    (parts, ids.into())
                }
            };
            found(offset, parts, &ids);
            if self.words.len().max(self.parts.len()) >= MEMO_LIMIT {
                self.words.clear();
                self.parts.clear();
            }
            if word.len() <= MAX_WORD {
                self.words.insert(word, (parts, ids));
            }
        }
    }

    /// The number of parts of `word`, and those of its terms that are in the vocabulary: what
    /// [`Splitter::split`] returns, without terms that aren't searched for.
    pub(crate) fn ids(&mut self, word: &'v str) -> (u32, Vec<TermId>) {
        let parts = parts(word);
        let vocabulary = self.vocabulary;
        let mut ids = terms(word, &parts, |part| self.id(part), |whole| vocabulary.get(&whole));
        if !word.starts_with(is_dense) {
            ids.dedup(); // A sentence without blanks may say a pair twice; an identifier says a part once.
        }
        (parts.len().max(1) as u32, ids)
    }

    /// As [`ids`](Self::ids), for a word of which it is known which of its parts can have a term of the vocabulary
    /// (those of one character, which have none, aren't counted), and whether the whole can.
    pub(crate) fn ids_where(
        &mut self,
        word: &'v str,
        is_wanted: impl Fn(usize) -> bool,
        is_whole_wanted: bool,
    ) -> Vec<TermId> {
        let parts = parts(word);
        let mut ids = Vec::new();
        let with_terms = parts.iter().filter(|part| part.chars().nth(1).is_some());
        for (_, part) in with_terms.enumerate().filter(|(place, _)| is_wanted(*place)) {
            ids.extend(self.id(part));
        }
        if parts.len() > 1 && is_whole_wanted && !word.starts_with(is_dense) {
            let whole = self.vocabulary.get(&parts.concat().to_lowercase());
            ids.extend(whole.filter(|whole| !ids.contains(whole)));
        }
        if !word.starts_with(is_dense) {
            ids.dedup();
        }
        ids
    }

    /// The number of parts of `word`, and each of its terms that is in the vocabulary, as often as it has it.
    pub(crate) fn split(&mut self, word: &'v str) -> (u32, Vec<TermId>) {
        if is_data(word) {
            return (1, Vec::new());
        }
        let parts = parts(word);
        let vocabulary = self.vocabulary;
        let ids = terms(word, &parts, |part| self.id(part), |whole| vocabulary.get(&whole));
        (parts.len().max(1) as u32, ids)
    }

    fn id(&mut self, part: &'v str) -> Option<TermId> {
        if let Some(&id) = self.parts.get(part) {
            return id;
        }
        let id = self.splitter.term(part).and_then(|term| self.vocabulary.get(&term));
        self.parts.insert(part, id);
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
    fn a_term_is_shown_as_the_part_that_it_is_made_of() {
        let readable = |word| Splitter::new().readable(word);
        assert_eq!(
            readable("DefaultBodyLimits"),
            [
                ("default".into(), "Default"),
                ("bodi".into(), "Body"),
                ("limit".into(), "Limits"),
                ("defaultbodylimits".into(), "DefaultBodyLimits"),
            ]
        );
        assert_eq!(readable("refreshing"), [("refresh".into(), "refreshing")]);
        assert_eq!(readable("寻路"), [("寻路".into(), "寻路")]);
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

    fn all_words(text: &str) -> Vec<&str> {
        words(text).map(|(_, word)| word).collect()
    }

    #[test]
    fn words_end_where_unicode_says() {
        for text in [
            "“refresh_token” broken",
            "«refresh_token»—broken",
            "refresh_token…broken",
            "refresh_token\u{a0}broken",
            "‘refresh_token’\u{2009}–\u{2009}broken",
            "refresh_token\u{200b}broken",
            "refresh_token，broken。",
        ] {
            assert_eq!(all_words(text), ["refresh_token", "broken"], "{text}");
        }
        assert_eq!(all_words("修复refresh_token函数"), ["修复", "refresh_token", "函数"]);
        assert_eq!(all_words("Größe e\u{301}t naïve"), ["Größe", "e\u{301}t", "naïve"]);
        assert_eq!(all_words("पासवर्ड बदलें"), ["पासवर्ड", "बदलें"]);
    }

    /// The words of a text, character by character.
    fn words_by_character(text: &str) -> Vec<(usize, &str)> {
        let mut words: Vec<(usize, &str)> = Vec::new();
        let mut last: Option<Class> = None;
        for (at, c) in text.char_indices() {
            let (class, length) = class_at(text, at);
            assert_eq!(length, c.len_utf8());
            last = match (class, last) {
                (Class::Other, _) => None,
                (class, Some(last)) if class == last || class == Class::Mark => {
                    let (start, word) = words.last_mut().unwrap();
                    *word = &text[*start..at + length];
                    Some(last)
                }
                (class, _) => {
                    words.push((at, &text[at..at + length]));
                    Some(class)
                }
            };
        }
        words
    }

    proptest! {
        #[test]
        fn words_are_those_of_characters(
            parts in prop::collection::vec("[a-zA-Z0-9_@`{\\[ .\u{0}]{0,70}|[é\u{301}修复ก€]{1,3}|\\PC", 0..12)
        ) {
            let text = parts.concat();
            prop_assert_eq!(words(&text).collect::<Vec<_>>(), words_by_character(&text));
        }
    }

    #[test]
    fn words_are_counted_in_any_script() {
        for (text, count) in [
            ("", 0),
            ("  fix  it ", 2),
            ("fix KeepAlive::prune_cache", 2),
            ("修复KeepAlive组件", 2),
            ("缓存超过最大值时没有调用卸载钩子函数", 9),
            ("キャッシュが消えない", 5),
        ] {
            assert_eq!(count_words(text), count, "{text}");
        }
    }

    #[test]
    fn contractions_are_no_words() {
        let prose = |text| prose_words(text).map(|(_, word)| word).collect::<Vec<_>>();
        for text in ["doesn't work", "doesn’t work", "isn't don't work", "WON'T work"] {
            assert_eq!(prose(text), ["work"], "{text}");
        }
        assert_eq!(prose("the user's cache, we'll see"), ["the", "user", "cache", "we", "see"]);
        assert_eq!(prose("b't' and 'quoted'"), ["b", "t", "and", "quoted"]);
    }

    #[test]
    fn scripts_without_blanks_are_read_by_pairs() {
        assert_eq!(terms("寻路服务"), ["寻路", "路服", "服务"]);
        assert_eq!(terms("토큰을"), ["토큰", "큰을"]);
        assert_eq!(terms("錯"), Vec::<String>::new());
        let long = "余额不足时没有抛出异常".repeat(9);
        assert!(terms(&long).contains(&"抛出".to_owned()), "a sentence is no data");
        let mut vocabulary = Vocabulary::default();
        let id = vocabulary.add("抛出").unwrap();
        let mut seen = 0;
        Scanner::new(&vocabulary)
            .scan(&long, |_, _, ids| seen += ids.iter().filter(|&&i| i == id).count());
        assert_eq!(seen, 9);
    }

    proptest! {
        #[test]
        fn what_counts_as_its_own_stem_is(word in "[a-z0-9'äß]{1,5}[a-z]{0,4}[abfhjkopquvwxzé0-9]") {
            prop_assert!(is_own_stem(&word) || word.starts_with('\''));
            if is_own_stem(&word) {
                prop_assert_eq!(&*Stemmer::create(Algorithm::English).stem(&word), word.as_str());
            }
        }

        #[test]
        fn words_cover_every_word_character(text in "\\PC{0,80}") {
            let found: String = words(&text).map(|(_, w)| w).collect();
            let expected: String = text.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
            let plain: String = found.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
            prop_assert_eq!(plain, expected);
            for (at, word) in words(&text) {
                prop_assert_eq!(text.get(at..at + word.len()), Some(word));
            }
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
        fn words_of_ascii_have_the_same_parts(word in "[A-Za-z0-9_]{0,30}") {
            // Behind a letter that isn't ASCII, the general rule applies.
            let general = format!("é_{word}");
            prop_assert_eq!(&parts(&general)[1..], parts(&word));
        }

        #[test]
        fn parts_lose_nothing_but_underscores(word in "[A-Za-z0-9_äÖß]{0,30}") {
            prop_assert_eq!(parts(&word).concat(), word.replace('_', ""));
        }
    }
}
