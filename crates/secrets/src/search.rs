//! Searches a text for all keywords in one pass.
//!
//! Keywords of which an occurrence only counts within a long run of token characters are searched for in these alone,
//! all others everywhere. There are two ways:
//! - A [`Table`], which is made in a hundredth of the time of an automaton. Four bytes stand for each keyword, those of
//!   it that are rarest in texts; at every position, the table says for a hash of the next four bytes whether they may
//!   be such, and only there keywords are compared.
//! - An automaton (the crate `keywords`), which is twice as fast. It is built when a process has scanned much.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use keywords::Keywords;

/// The longest part of a keyword that is searched for, in bytes; the rest is compared where it occurs. With whole
/// keywords the automaton would be several times as large, and no longer fit in a processor's cache.
const BEGINNING: usize = 8;
/// The bytes that a process scans before the automaton is built, which takes 3 ms: as long as the table takes longer
/// for them. A hook or a command ends before it has scanned as much.
const FEW_BYTES: usize = 2 << 20;
/// The positions that are searched before their hits are returned, which bounds the memory for hits. By hand, not
/// measured.
const BLOCK: usize = 16 << 10;
/// The positions that are looked up at once, and the bytes that they need.
const AT_ONCE: usize = 8;
const AT_ONCE_BYTES: usize = AT_ONCE + 4;
/// The bytes that are compared at once with a keyword of two bytes.
const PAIRS: usize = 32;
/// Makes ASCII letters lower case, and some other characters equal, so that what is found has to be compared.
const FOLDED: u32 = 0x2020_2020;
const THREE_BYTES: u32 = 0xff_ffff;
/// The number of groups of keywords, a power of two.
const GROUPS: usize = 1 << 10;

/// A keyword, and what decides whether an occurrence counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keyword {
    pub(crate) text: &'static str,
    /// Whether ASCII case counts.
    pub(crate) has_case: bool,
    /// Whether it is no hit behind a letter, a digit or `_`.
    pub(crate) begins_word: bool,
    /// Whether it is a hit only within a run that [`token_runs`](crate::token_runs::token_runs) finds.
    pub(crate) is_in_run: bool,
}

impl Keyword {
    /// A keyword that counts in any case, wherever it occurs.
    pub(crate) const fn anywhere(text: &'static str) -> Self {
        Self { text, has_case: false, begins_word: false, is_in_run: false }
    }

    fn is_at(&self, text: &str, start: usize) -> bool {
        let Some(there) = text.as_bytes().get(start..start + self.text.len()) else { return false };
        let is_same = match self.has_case {
            true => there == self.text.as_bytes(),
            false => there.eq_ignore_ascii_case(self.text.as_bytes()),
        };
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let is_behind_word =
            || start > 0 && is_word(text.as_bytes()[start - 1]) && is_word(there[0]);
        is_same && !(self.begins_word && is_behind_word())
    }

    fn occurrence(&self, index: usize, start: usize) -> Occurrence {
        let end = start + self.text.floor_char_boundary(BEGINNING);
        Occurrence { end, start, keyword: index }
    }
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
    in_runs: Table,
    anywhere: Table,
    automaton: OnceLock<Automaton>,
    /// The bytes that have been searched.
    searched: AtomicUsize,
}

impl Search {
    /// # Panics
    /// If a keyword has less than two bytes, or there are more than several thousand.
    pub(crate) fn new(keywords: Vec<Keyword>) -> Self {
        let of = |in_run: bool| {
            let all = keywords.iter().enumerate();
            Table::new(all.filter(|(_, keyword)| keyword.is_in_run == in_run))
        };
        let (automaton, searched) = (OnceLock::new(), AtomicUsize::new(0));
        Self { anywhere: of(false), in_runs: of(true), automaton, searched, keywords }
    }

    /// The hits in `text`, in which `runs` are the runs of token characters. They are in the order of the ends of the
    /// keywords' first eight bytes; of those that end together, the longest is first, then that of the smallest index.
    pub(crate) fn hits<'s>(&'s self, text: &'s str, runs: &'s [Range<usize>]) -> Hits<'s> {
        let before = self.searched.fetch_add(text.len(), Ordering::Relaxed);
        let is_little = before.saturating_add(text.len()) < FEW_BYTES;
        let automaton = || self.automaton.get_or_init(|| Automaton::new(&self.keywords));
        self.hits_by((!is_little).then(automaton), text, runs)
    }

    fn hits_by<'s>(
        &'s self,
        automaton: Option<&'s Automaton>,
        text: &'s str,
        runs: &'s [Range<usize>],
    ) -> Hits<'s> {
        let automaton =
            automaton.map(|automaton| (automaton, automaton.beginnings.hits(text).peekable()));
        Hits {
            search: self,
            automaton,
            text,
            runs,
            read: 0,
            found: Vec::new(),
            returned: 0,
            complete: 0,
        }
    }
}

/// An automaton for the beginnings of the keywords that count anywhere.
#[derive(Debug)]
struct Automaton {
    beginnings: Keywords,
    /// The keywords with each beginning, in order.
    keywords: Vec<Vec<usize>>,
}

impl Automaton {
    fn new(keywords: &[Keyword]) -> Self {
        let mut of_beginning: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, keyword) in
            keywords.iter().enumerate().filter(|(_, keyword)| !keyword.is_in_run)
        {
            let beginning = &keyword.text[..keyword.text.floor_char_boundary(BEGINNING)];
            of_beginning.entry(beginning.to_ascii_lowercase()).or_default().push(index);
        }
        let beginnings =
            Keywords::new(of_beginning.keys()).expect("several hundred short keywords");
        Self { beginnings, keywords: of_beginning.into_values().collect() }
    }
}

/// The iterator of [`Search::hits`].
#[derive(Debug)]
pub(crate) struct Hits<'s> {
    search: &'s Search,
    /// The automaton and its hits that haven't been looked at, if it is used.
    automaton: Option<(&'s Automaton, Peekable<keywords::Hits<'s>>)>,
    text: &'s str,
    /// The runs that haven't been searched, or not to their ends.
    runs: &'s [Range<usize>],
    /// The positions that have been searched.
    read: usize,
    /// Occurrences in order.
    found: Vec<Occurrence>,
    /// How many of them have been returned, and how many can be: those behind may follow others of the next block.
    returned: usize,
    complete: usize,
}

impl Iterator for Hits<'_> {
    type Item = Hit;

    fn next(&mut self) -> Option<Hit> {
        while self.returned == self.complete {
            if self.read == self.text.len() {
                return None;
            }
            self.found.drain(..self.returned);
            self.read_block();
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
    fn read_block(&mut self) {
        let block = self.read..self.text.len().min(self.read + BLOCK);
        let Search { keywords, anywhere, in_runs, .. } = self.search;
        match &mut self.automaton {
            None => anywhere.search(keywords, self.text, block.clone(), &mut self.found),
            Some((automaton, hits)) => {
                while let Some(hit) = hits.next_if(|hit| hit.range.end <= block.end) {
                    let there = automaton.keywords[hit.keyword].iter();
                    let there =
                        there.filter(|index| keywords[**index].is_at(self.text, hit.range.start));
                    self.found.extend(
                        there.map(|&index| keywords[index].occurrence(index, hit.range.start)),
                    );
                }
            }
        }
        while let Some(run) = self.runs.first().filter(|run| run.start < block.end) {
            let part = run.start.max(block.start)..run.end.min(block.end);
            in_runs.search(keywords, self.text, part, &mut self.found);
            if run.end > block.end {
                break;
            }
            self.runs = &self.runs[1..];
        }
        self.read = block.end;
    }
}

/// The bytes of keywords, by their hashes.
#[derive(Debug)]
struct Table {
    /// For each hash of four bytes, whether they may be those of a keyword.
    is_known: Box<[u8; 1 << 16]>,
    /// The entries of keywords of three bytes or more, by group; and where each group begins, and the last one ends.
    entries: Vec<Entry>,
    groups: Vec<u16>,
    /// The keywords of two bytes, with the bytes in lower case.
    pairs: Vec<([u8; 2], usize)>,
}

/// Three bytes of a keyword.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The bytes, folded.
    bytes: u32,
    keyword: u16,
    /// Their position in the keyword.
    offset: u8,
}

impl Table {
    fn new<'k>(keywords: impl Iterator<Item = (usize, &'k Keyword)>) -> Self {
        let mut is_known = Box::new([0; 1 << 16]);
        let (mut entries, mut pairs) = (Vec::new(), Vec::new());
        for (index, keyword) in keywords {
            let (offset, bytes) = match *keyword.text.as_bytes() {
                [first, second] => {
                    pairs.push(([first, second].map(|byte| byte.to_ascii_lowercase()), index));
                    continue;
                }
                [first, second, third] => {
                    // Any byte may follow.
                    for fourth in 0..=u8::MAX {
                        is_known[hash(folded([first, second, third, fourth]))] = 1;
                    }
                    (0, folded([first, second, third, 0]))
                }
                ref bytes => {
                    let (offset, four) = rarest(&bytes[..bytes.len().min(BEGINNING)]);
                    is_known[hash(folded(four))] = 1;
                    (offset, folded(four))
                }
            };
            entries.push(Entry { bytes: bytes & THREE_BYTES, keyword: index as u16, offset });
        }
        assert!(entries.len() <= usize::from(u16::MAX), "several hundred short keywords");
        entries.sort_by_key(|entry| (group(entry.bytes), entry.keyword));
        let mut groups = vec![0; GROUPS + 1];
        for (at, entry) in entries.iter().enumerate() {
            groups[group(entry.bytes) + 1] = at as u16 + 1;
        }
        for at in 1..groups.len() {
            groups[at] = groups[at].max(groups[at - 1]);
        }
        Self { is_known, entries, groups, pairs }
    }

    /// Adds the occurrences of keywords of which the bytes in the table are at one of the positions.
    fn search(
        &self,
        keywords: &[Keyword],
        text: &str,
        positions: Range<usize>,
        found: &mut Vec<Occurrence>,
    ) {
        for (pair, index) in &self.pairs {
            pairs(text.as_bytes(), *pair, positions.clone(), |start| {
                if keywords[*index].is_at(text, start) {
                    found.push(keywords[*index].occurrence(*index, start));
                }
            });
        }
        let bytes = text.as_bytes();
        let mut at = positions.start;
        while at + AT_ONCE <= positions.end {
            let Some(window) = bytes.get(at..at + AT_ONCE_BYTES) else { break };
            let window: &[u8; AT_ONCE_BYTES] = window.first_chunk().expect("as many bytes");
            let fours = fours(window);
            if fours.iter().fold(0, |any, four| any | self.is_known[hash(*four)]) != 0 {
                for (n, four) in fours.into_iter().enumerate() {
                    if self.is_known[hash(four)] != 0 {
                        self.compare(keywords, text, at + n, four, found);
                    }
                }
            }
            at += AT_ONCE;
        }
        // The last positions, perhaps with zeros behind the text.
        for at in at..positions.end {
            let four = folded(std::array::from_fn(|n| bytes.get(at + n).copied().unwrap_or(0)));
            if self.is_known[hash(four)] != 0 {
                self.compare(keywords, text, at, four, found);
            }
        }
    }

    /// Adds the occurrences of keywords whose three bytes are those at `at`.
    #[inline(never)]
    fn compare(
        &self,
        keywords: &[Keyword],
        text: &str,
        at: usize,
        four: u32,
        found: &mut Vec<Occurrence>,
    ) {
        let bytes = four & THREE_BYTES;
        let group = group(bytes);
        let entries = usize::from(self.groups[group])..usize::from(self.groups[group + 1]);
        for entry in &self.entries[entries] {
            let Some(start) = at.checked_sub(usize::from(entry.offset)) else { continue };
            let index = usize::from(entry.keyword);
            if entry.bytes == bytes && keywords[index].is_at(text, start) {
                found.push(keywords[index].occurrence(index, start));
            }
        }
    }
}

/// Calls `found` with each of the positions at which the two bytes, in lower case, may be.
fn pairs(
    bytes: &[u8],
    [first, second]: [u8; 2],
    positions: Range<usize>,
    mut found: impl FnMut(usize),
) {
    let is_pair = |one: u8, two: u8| (one | 0x20 == first | 0x20) & (two | 0x20 == second | 0x20);
    let mut at = positions.start;
    while at < positions.end {
        let end = positions.end.min(at + PAIRS);
        // Without branches, so that it is a few vector instructions.
        let may_be_there = bytes
            .get(at..)
            .and_then(|rest| rest.first_chunk::<{ PAIRS + 1 }>())
            .is_none_or(|chunk| {
                (0..PAIRS).fold(0, |any, n| any | u8::from(is_pair(chunk[n], chunk[n + 1]))) != 0
            });
        if may_be_there {
            (at..end.min(bytes.len() - 1))
                .filter(|at| is_pair(bytes[*at], bytes[*at + 1]))
                .for_each(&mut found);
        }
        at = end;
    }
}

/// The four bytes at each of the positions, folded.
fn fours(window: &[u8; AT_ONCE_BYTES]) -> [u32; AT_ONCE] {
    const FOLDED_TWICE: u64 = (FOLDED as u64) << 32 | FOLDED as u64;
    let eight = |at: usize| {
        u64::from_le_bytes(*window[at..].first_chunk().expect("eight bytes")) | FOLDED_TWICE
    };
    let halves = [eight(0), eight(4)];
    std::array::from_fn(|n| (halves[n / 4] >> (8 * (n % 4))) as u32)
}

/// Four bytes, folded.
fn folded(bytes: [u8; 4]) -> u32 {
    u32::from_le_bytes(bytes) | FOLDED
}

/// By Fibonacci hashing: the highest 16 bits of a product with 2³² divided by the golden ratio.
fn hash(four: u32) -> usize {
    usize::from((four.wrapping_mul(0x9e37_79b1) >> 16) as u16)
}

fn group(three: u32) -> usize {
    hash(three) % GROUPS
}

/// The four bytes of a keyword that are rarest in texts, and their position.
fn rarest(keyword: &[u8]) -> (u8, [u8; 4]) {
    let fours = keyword.windows(4).enumerate();
    let (offset, four) = fours
        .min_by_key(|(_, four)| four.iter().map(|byte| frequency(*byte)).product::<u32>())
        .expect("a keyword of four bytes or more");
    (offset as u8, *four.first_chunk().expect("four bytes"))
}

/// How frequent a byte is in source code, roughly.
fn frequency(byte: u8) -> u32 {
    match byte.to_ascii_lowercase() {
        b' ' | b'e' | b't' => 100,
        b'a' | b'i' | b'n' | b'o' | b'r' | b's' => 60,
        b'c' | b'd' | b'l' | b'm' | b'p' | b'u' | b'_' => 30,
        b'b' | b'f' | b'g' | b'h' | b'.' | b'"' | b':' => 20,
        b'k' | b'v' | b'w' | b'x' | b'y' | b'0' | b'1' | b'-' | b'/' | b'=' => 8,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token_runs::token_runs;
    use proptest::prelude::*;

    fn keyword(text: &'static str, has_case: bool, begins_word: bool, is_in_run: bool) -> Keyword {
        Keyword { text, has_case, begins_word, is_in_run }
    }

    impl Search {
        /// The hits by comparing every keyword at every position, whether it is in a run or not.
        pub(crate) fn hits_by_comparing_anywhere(&self, text: &str) -> Vec<Hit> {
            by_comparing(&self.keywords, text, std::slice::from_ref(&(0..text.len())))
        }
    }

    /// The hits by comparing every keyword at every position.
    fn by_comparing(keywords: &[Keyword], text: &str, runs: &[Range<usize>]) -> Vec<Hit> {
        let mut hits = Vec::new();
        for start in 0..text.len() {
            let is_in_run = runs.iter().any(|run| run.contains(&start));
            for (index, keyword) in keywords.iter().enumerate() {
                if keyword.is_at(text, start) && (is_in_run || !keyword.is_in_run) {
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
                "[abABxy ]{0,9}|aab|xyabaa|KEYword|密码|pw|[ab0-9]{20,40}|[\u{80}-\u{7ff}]", 0..40,
            ),
            times in prop::sample::select(vec![1usize, 30, 500]),
        ) {
            let keywords = vec![
                keyword("ab", false, false, false), keyword("abab", false, true, false),
                keyword("baa", true, false, false), keyword("xyabaa", true, true, false),
                keyword("xyabaaab KEY", false, false, false), keyword("keyword", false, false, false),
                keyword("密码", false, false, false), keyword("pw", false, true, false),
                keyword("baa", false, false, false), keyword("ba", true, false, true),
                keyword("a0", false, false, true), keyword("b12", false, false, true),
                keyword("ab01", false, false, true),
            ];
            let text = pieces.concat().repeat(times);
            let runs = token_runs(&text);
            let search = Search::new(keywords.clone());
            let expected = by_comparing(&keywords, &text, &runs);
            let automaton = Automaton::new(&keywords);
            for automaton in [None, Some(&automaton)] {
                let hits: Vec<Hit> = search.hits_by(automaton, &text, &runs).collect();
                prop_assert_eq!(&hits, &expected);
            }
        }
    }

    #[test]
    fn a_hit_across_each_seam_is_found_once() {
        for in_run in [false, true] {
            let search = Search::new(vec![keyword("KeyWord", false, true, in_run)]);
            for start in (0..3 * BLOCK).step_by(509).chain(BLOCK - 9..BLOCK + 9) {
                let text = format!("{}keyword{}", ".".repeat(start), ".".repeat(3 * BLOCK - start));
                let runs = token_runs(&text);
                let automaton = Automaton::new(&search.keywords);
                for automaton in [None, Some(&automaton)] {
                    let hits: Vec<Hit> = search.hits_by(automaton, &text, &runs).collect();
                    assert_eq!(hits, [Hit { keyword: 0, range: start..start + 7 }]);
                }
            }
        }
    }

    #[test]
    fn nothing_is_looked_for_and_in_nothing() {
        assert_eq!(Search::new(vec![Keyword::anywhere("ab")]).hits("", &[]).next(), None);
        assert_eq!(Search::new(Vec::new()).hits("a text", &[]).next(), None);
    }
}
