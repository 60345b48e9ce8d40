//! Searches a text for all keywords in one pass.
//!
//! Keywords that count only where a part of a name begins are looked up there; all others are looked up where a filter
//! says that they may be, at every position. Few bytes of a text are looked at otherwise than by vector instructions.

use std::ops::Range;

use crate::classes::{BLOCK, Classes, SHORTEST_SEARCHED};
use crate::filter::Filter;
use crate::grams::{self, Chosen};
use crate::tables::Tables;
use crate::vectors::Vectors;

/// The part of a keyword in which the bytes are that stand for it; hits are in the order of its ends. The rest is
/// compared where it occurs.
const BEGINNING: usize = 8;
/// The positions that are searched before their hits are returned, which bounds the memory for hits. By hand, not
/// measured.
const POSITIONS: usize = 16 << 10;
const _: () = assert!(POSITIONS.is_multiple_of(BLOCK));

/// A keyword, and what decides whether an occurrence counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keyword {
    pub(crate) text: &'static str,
    /// Whether ASCII case counts.
    pub(crate) has_case: bool,
    pub(crate) begins: Begins,
    /// Whether it is a hit only within a run of [`SHORTEST_SEARCHED`] or more token characters.
    pub(crate) is_in_run: bool,
}

/// Where a keyword that begins with a letter or digit is a hit. Others are hits anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begins {
    Anywhere,
    /// Not behind a letter, a digit or `_`.
    Word,
    /// Not behind a letter or a digit, except a capital behind a small letter.
    Part,
}

impl Keyword {
    /// A keyword that counts in any case, wherever it occurs.
    pub(crate) const fn anywhere(text: &'static str) -> Self {
        Self { text, has_case: false, begins: Begins::Anywhere, is_in_run: false }
    }

    /// A keyword that counts in any case where a part of a name begins.
    pub(crate) const fn at_part(text: &'static str) -> Self {
        Self { begins: Begins::Part, ..Self::anywhere(text) }
    }

    fn is_hit(&self, text: &str, runs: &[Range<usize>], start: usize) -> bool {
        self.is_at(text, start)
            && self.may_begin_at(text, start)
            && (!self.is_in_run || is_in_long_run(runs, start))
    }

    fn is_at(&self, text: &str, start: usize) -> bool {
        let there = text.as_bytes().get(start..start + self.text.len());
        there.is_some_and(|there| match self.has_case {
            true => there == self.text.as_bytes(),
            false => there.eq_ignore_ascii_case(self.text.as_bytes()),
        })
    }

    fn may_begin_at(&self, text: &str, start: usize) -> bool {
        let Some((before, [first, ..])) = text.as_bytes().split_at_checked(start) else {
            return false;
        };
        let Some(previous) = before.last() else { return true };
        match self.begins {
            Begins::Anywhere => true,
            Begins::Word => {
                let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
                !(is_word(previous) && is_word(first))
            }
            Begins::Part => {
                let is_camel = previous.is_ascii_lowercase() && first.is_ascii_uppercase();
                !(previous.is_ascii_alphanumeric() && first.is_ascii_alphanumeric()) || is_camel
            }
        }
    }

    /// Whether it is looked up only where parts of names begin.
    fn is_at_part_starts(&self) -> bool {
        self.begins != Begins::Anywhere
            && self.text.len() >= 3
            && self.text.starts_with(|first: char| first.is_ascii_alphabetic())
    }

    /// In lower case.
    fn beginning(&self) -> String {
        self.text[..self.text.floor_char_boundary(BEGINNING)].to_ascii_lowercase()
    }

    fn occurrence(&self, index: usize, start: usize) -> Occurrence {
        let end = start + self.text.floor_char_boundary(BEGINNING);
        Occurrence { end, start, keyword: index }
    }
}

/// Whether `position` is in a run in which keywords are searched for.
fn is_in_long_run(runs: &[Range<usize>], position: usize) -> bool {
    let run = runs.get(runs.partition_point(|run| run.end <= position));
    run.is_some_and(|run| run.contains(&position) && run.len() >= SHORTEST_SEARCHED)
}

/// An occurrence of a keyword.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    /// The keyword's index.
    pub(crate) keyword: usize,
    pub(crate) range: Range<usize>,
}

/// An occurrence of a keyword, by which they are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Occurrence {
    /// The end of the keyword's beginning.
    end: usize,
    start: usize,
    keyword: usize,
}

/// A set of keywords to search for.
#[derive(Debug)]
pub(crate) struct Search {
    keywords: Vec<Keyword>,
    at_part_starts: Tables<4, 3>,
    anywhere: Tables<3, 2>,
    /// Of the keywords that count anywhere.
    filter: Filter,
}

impl Search {
    /// # Panics
    /// If a keyword has less than two bytes, or there are more than several thousand.
    pub(crate) fn new(keywords: Vec<Keyword>) -> Self {
        assert!(keywords.iter().all(|keyword| keyword.text.len() >= 2), "two bytes or more");
        let beginnings: Vec<String> = keywords.iter().map(Keyword::beginning).collect();
        let texts = beginnings.iter().map(String::as_bytes).enumerate();
        let (at_part_starts, anywhere): (Vec<_>, Vec<_>) =
            texts.partition(|(index, _)| keywords[*index].is_at_part_starts());
        let at_start = |(keyword, text)| Chosen { keyword, text, offset: 0 };
        let at_part_starts: Vec<Chosen<'_>> = at_part_starts.into_iter().map(at_start).collect();
        let anywhere = grams::choose(anywhere);
        Self {
            at_part_starts: Tables::new(&at_part_starts),
            anywhere: Tables::new(&anywhere),
            filter: Filter::new(anywhere.iter().map(Chosen::bytes)),
            keywords,
        }
    }

    /// The hits in `text`, of which these are the classes and the runs of token characters. They are in the order of the
    /// ends of the keywords' first eight bytes; of those that end together, the longest is first, then that of the
    /// smallest index.
    pub(crate) fn hits<'s>(
        &'s self,
        text: &'s str,
        classes: &'s Classes,
        runs: &'s [Range<usize>],
    ) -> Hits<'s> {
        self.hits_by(Vectors::available(), text, classes, runs)
    }

    fn hits_by<'s>(
        &'s self,
        vectors: Option<Vectors>,
        text: &'s str,
        classes: &'s Classes,
        runs: &'s [Range<usize>],
    ) -> Hits<'s> {
        Hits {
            search: self,
            vectors,
            text,
            classes,
            runs,
            read: 0,
            found: Vec::new(),
            returned: 0,
            complete: 0,
            candidates: Vec::new(),
        }
    }
}

/// The iterator of [`Search::hits`].
#[derive(Debug)]
pub(crate) struct Hits<'s> {
    search: &'s Search,
    vectors: Option<Vectors>,
    text: &'s str,
    classes: &'s Classes,
    runs: &'s [Range<usize>],
    /// The positions that have been searched.
    read: usize,
    /// Occurrences in order.
    found: Vec<Occurrence>,
    /// How many of them have been returned, and how many can be: those behind may follow others of the next positions.
    returned: usize,
    complete: usize,
    /// The bits of the positions that are searched now.
    candidates: Vec<u64>,
}

impl Iterator for Hits<'_> {
    type Item = Hit;

    fn next(&mut self) -> Option<Hit> {
        while self.returned == self.complete {
            if self.read == self.text.len() {
                return None;
            }
            self.found.drain(..self.returned);
            self.read_on();
            self.found.sort_unstable();
            // What is found later ends behind the bytes that are looked up then.
            self.returned = 0;
            self.complete = match self.read == self.text.len() {
                true => self.found.len(),
                false => self.found.partition_point(|one| one.end <= self.read),
            };
        }
        self.returned += 1;
        let Occurrence { start, keyword, .. } = *self.found.get(self.returned - 1)?;
        let range = start..start + self.search.keywords[keyword].text.len();
        Some(Hit { keyword, range })
    }
}

impl Hits<'_> {
    fn read_on(&mut self) {
        let positions = self.read..self.text.len().min(self.read + POSITIONS);
        let Self { text, runs, found, candidates, .. } = self;
        let Search { keywords, at_part_starts, anywhere, filter } = self.search;
        let mut add = |start: usize, index: usize| {
            if keywords[index].is_hit(text, runs, start) {
                found.push(keywords[index].occurrence(index, start));
            }
        };
        let (bytes, start) = (text.as_bytes(), positions.start);
        let part_starts = self.classes.part_starts(&positions);
        at_part_starts.search::<12>(self.vectors, bytes, start, part_starts, &mut add);
        match self.vectors {
            Some(vectors) => vectors.candidates(filter, bytes, positions.clone(), candidates),
            None => {
                candidates.clear();
                candidates.extend(ones(positions.len()));
            }
        }
        anywhere.search::<4>(self.vectors, bytes, start, candidates, &mut add);
        self.read = positions.end;
    }
}

/// Numbers in which as many bits are set, the lowest first.
fn ones(bits: usize) -> impl Iterator<Item = u64> {
    let last = (!bits.is_multiple_of(BLOCK)).then(|| u64::MAX >> (BLOCK - bits % BLOCK));
    std::iter::repeat_n(u64::MAX, bits / BLOCK).chain(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keyword(text: &'static str, has_case: bool, begins: Begins, is_in_run: bool) -> Keyword {
        Keyword { text, has_case, begins, is_in_run }
    }

    impl Search {
        /// The hits by comparing every keyword at every position, wherever it may count.
        pub(crate) fn hits_by_comparing_anywhere(&self, text: &str) -> Vec<Hit> {
            let anywhere = |keyword: &Keyword| Keyword {
                begins: Begins::Anywhere,
                is_in_run: false,
                ..*keyword
            };
            by_comparing(&self.keywords.iter().map(anywhere).collect::<Vec<_>>(), text, &[])
        }
    }

    /// The hits by comparing every keyword at every position.
    fn by_comparing(keywords: &[Keyword], text: &str, runs: &[Range<usize>]) -> Vec<Hit> {
        let mut hits = Vec::new();
        for start in 0..text.len() {
            for (index, keyword) in keywords.iter().enumerate() {
                if keyword.is_hit(text, runs, start) {
                    let range = start..start + keyword.text.len();
                    hits.push((keyword.occurrence(index, start), Hit { keyword: index, range }));
                }
            }
        }
        hits.sort_by_key(|(occurrence, _)| *occurrence);
        hits.into_iter().map(|(_, hit)| hit).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn the_hits_are_those_of_a_comparison_everywhere(
            pieces in prop::collection::vec(
                "[abABxy_ ]{0,9}|aab|xyabaa|KEYword|密码|pw|myAbab|[ab0-9]{20,40}|[\u{80}-\u{7ff}]", 0..40,
            ),
            times in prop::sample::select(vec![1usize, 30, 500]),
        ) {
            use Begins::{Anywhere, Part, Word};
            let keywords = vec![
                keyword("ab", false, Anywhere, false), keyword("abab", false, Word, false),
                keyword("baa", true, Anywhere, false), keyword("xyabaa", true, Part, false),
                keyword("xyabaaab KEY", false, Anywhere, false), keyword("keyword", false, Part, false),
                keyword("密码", false, Anywhere, false), keyword("pw", false, Word, false),
                keyword("baa", false, Part, false), keyword("ba", true, Anywhere, true),
                keyword("a0", false, Anywhere, true), keyword("b12", false, Word, true),
                keyword("ab01", false, Part, true), keyword(" ab", false, Word, false),
                keyword("_ab", false, Word, false), keyword("aba", false, Part, false),
            ];
            let text = pieces.concat().repeat(times);
            let classes = Classes::of(&text);
            let runs = classes.token_runs();
            let search = Search::new(keywords.clone());
            let expected = by_comparing(&keywords, &text, &runs);
            for vectors in ways() {
                let hits: Vec<Hit> = search.hits_by(vectors, &text, &classes, &runs).collect();
                prop_assert_eq!(&hits, &expected);
            }
        }
    }

    fn ways() -> [Option<Vectors>; 2] {
        [Vectors::available(), None]
    }

    #[test]
    fn a_hit_across_each_seam_is_found_once() {
        for (begins, in_run) in
            [(Begins::Word, false), (Begins::Anywhere, false), (Begins::Word, true)]
        {
            let search = Search::new(vec![keyword("KeyWord", false, begins, in_run)]);
            let seams = POSITIONS - 70..POSITIONS + 70;
            for start in (0..3 * POSITIONS).step_by(509).chain(seams) {
                let text =
                    format!("{}keyword{}", ".".repeat(start), ".".repeat(3 * POSITIONS - start));
                let classes = Classes::of(&text);
                let runs = classes.token_runs();
                for vectors in ways() {
                    let hits: Vec<Hit> = search.hits_by(vectors, &text, &classes, &runs).collect();
                    assert_eq!(hits, [Hit { keyword: 0, range: start..start + 7 }]);
                }
            }
        }
    }

    #[test]
    fn nothing_is_looked_for_and_in_nothing() {
        let none = |keywords: Vec<Keyword>, text: &str| {
            let hit = Search::new(keywords).hits(text, &Classes::of(text), &[]).next();
            assert_eq!(hit, None, "{text}");
        };
        none(vec![Keyword::anywhere("ab")], "");
        none(vec![Keyword::anywhere("ab")], "a");
        none(Vec::new(), "a text");
    }
}
