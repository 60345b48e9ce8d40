//! Where any of many keywords stands in a text, in letters of any case, in one pass.
//!
//! The automaton is `aho-corasick`'s. Following it, a processor mostly waits: each state is looked up
//! by the one before. So a long text is read at several places at once, each of which begins a
//! keyword's length early, and what was found there is put in order again: about three times as fast,
//! whatever the text is. Which of the hits count is for the caller to say.

use std::ops::Range;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, BuildError, MatchKind, StartKind};

/// So many places of a text are read at once.
const LANES: usize = 4;
/// So many bytes are read before their hits are given out, which bounds how many are held.
const BLOCK: usize = 32 << 10;
/// Fewer bytes are read at one place.
const SHORTEST_IN_LANES: usize = 1 << 10;

/// Keywords that can be looked for.
#[derive(Debug)]
pub struct Keywords {
    automaton: DFA,
}

/// A keyword in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Which of the keywords it is, from 0.
    pub keyword: usize,
    /// The bytes where it stands.
    pub range: Range<usize>,
}

impl Keywords {
    /// Will look for `keywords`, with ASCII letters of any case. Fails only where they are so many
    /// that they cannot be numbered.
    pub fn new<K: AsRef<[u8]>>(
        keywords: impl IntoIterator<Item = K>,
    ) -> Result<Keywords, BuildError> {
        let automaton = DFA::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .start_kind(StartKind::Unanchored)
            // With one, states that are no hit would be special.
            .prefilter(false)
            .build(keywords)?;
        Ok(Keywords { automaton })
    }

    /// Every place in `text` where one of the keywords stands, also within another: in the order in
    /// which they end, of those that end together the longest first.
    pub fn hits<'k>(&'k self, text: &'k str) -> Hits<'k> {
        Hits { automaton: &self.automaton, text: text.as_bytes(), read: 0, found: Lanes::default() }
    }

    /// Those [`hits`](Keywords::hits) of which none overlaps one that comes before it.
    pub fn hits_apart<'k>(&'k self, text: &'k str) -> impl Iterator<Item = Hit> {
        let mut end = 0;
        self.hits(text).filter(move |hit| {
            let is_apart = hit.range.start >= end;
            if is_apart {
                end = hit.range.end;
            }
            is_apart
        })
    }
}

/// What [`Keywords::hits`] returns.
#[derive(Debug)]
pub struct Hits<'k> {
    automaton: &'k DFA,
    text: &'k [u8],
    /// How many bytes were read.
    read: usize,
    found: Lanes,
}

/// The hits of the last block that were not given out yet, by lane.
#[derive(Debug, Default)]
struct Lanes {
    hits: [Vec<Hit>; LANES],
    lane: usize,
    given: usize,
}

impl Lanes {
    fn next(&mut self) -> Option<Hit> {
        while let Some(hits) = self.hits.get_mut(self.lane) {
            if let Some(hit) = hits.get(self.given) {
                self.given += 1;
                return Some(hit.clone());
            }
            hits.clear();
            (self.lane, self.given) = (self.lane + 1, 0);
        }
        self.lane = 0;
        None
    }
}

impl Iterator for Hits<'_> {
    type Item = Hit;

    fn next(&mut self) -> Option<Hit> {
        loop {
            if let Some(hit) = self.found.next() {
                return Some(hit);
            }
            if self.read == self.text.len() {
                return None;
            }
            let block = self.read..self.text.len().min(self.read + BLOCK);
            self.read = block.end;
            self.read_block(block);
        }
    }
}

impl Hits<'_> {
    fn read_block(&mut self, block: Range<usize>) {
        if block.len() < SHORTEST_IN_LANES {
            let state = self.state_before(block.start);
            self.read_lane(0, state, block);
            return;
        }
        let size = block.len() / LANES;
        let starts: [usize; LANES] = std::array::from_fn(|lane| block.start + lane * size);
        let mut states = starts.map(|start| self.state_before(start));
        let [a, b, c, d] = starts.map(|start| &self.text[start..start + size]);
        for (offset, (((&a, &b), &c), &d)) in a.iter().zip(b).zip(c).zip(d).enumerate() {
            states = [
                self.next_state(states[0], a),
                self.next_state(states[1], b),
                self.next_state(states[2], c),
                self.next_state(states[3], d),
            ];
            if states.iter().any(|&state| self.automaton.is_special(state)) {
                for lane in 0..LANES {
                    self.note(lane, states[lane], starts[lane] + offset + 1);
                }
            }
        }
        let last = LANES - 1;
        self.read_lane(last, states[last], starts[last] + size..block.end);
    }

    fn read_lane(&mut self, lane: usize, mut state: StateID, bytes: Range<usize>) {
        for at in bytes {
            state = self.next_state(state, self.text[at]);
            if self.automaton.is_special(state) {
                self.note(lane, state, at + 1);
            }
        }
    }

    /// The state in which the byte at `at` is read: that of the bytes before which can still be the
    /// begin of a keyword.
    fn state_before(&self, at: usize) -> StateID {
        let before = at.saturating_sub(self.automaton.max_pattern_len().saturating_sub(1));
        self.text[before..at].iter().fold(self.start(), |state, &byte| self.next_state(state, byte))
    }

    fn start(&self) -> StateID {
        self.automaton.start_state(Anchored::No).expect("it was built for unanchored searches")
    }

    #[inline]
    fn next_state(&self, state: StateID, byte: u8) -> StateID {
        self.automaton.next_state(Anchored::No, state, byte)
    }

    /// Adds the keywords that end at `end`, where `state` was come to.
    #[cold]
    fn note(&mut self, lane: usize, state: StateID, end: usize) {
        if !self.automaton.is_match(state) {
            return;
        }
        for index in 0..self.automaton.match_len(state) {
            let pattern = self.automaton.match_pattern(state, index);
            let start = end - self.automaton.pattern_len(pattern);
            self.found.hits[lane].push(Hit { keyword: pattern.as_usize(), range: start..end });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aho_corasick::AhoCorasick;
    use proptest::prelude::*;

    /// The same by the ordinary search.
    fn by_the_library(keywords: &[&str], text: &str, overlapping: bool) -> Vec<Hit> {
        let search = AhoCorasick::builder().ascii_case_insensitive(true).build(keywords).unwrap();
        let hit = |hit: aho_corasick::Match| Hit {
            keyword: hit.pattern().as_usize(),
            range: hit.range(),
        };
        match overlapping {
            true => search.find_overlapping_iter(text).map(hit).collect(),
            false => search.find_iter(text).map(hit).collect(),
        }
    }

    proptest! {
        #[test]
        fn the_hits_are_those_of_the_ordinary_search(
            pieces in prop::collection::vec("[abAB ]{0,9}|aab|xyabaa", 0..40),
            times in prop::sample::select(vec![1usize, 30, 2000]),
        ) {
            let keywords = ["a", "ab", "abab", "baa", "xyabaa", "xyabaaab"];
            let text = pieces.concat().repeat(times);
            let search = Keywords::new(keywords).unwrap();
            let hits: Vec<Hit> = search.hits(&text).collect();
            prop_assert_eq!(hits, by_the_library(&keywords, &text, true));
            let apart: Vec<Hit> = search.hits_apart(&text).collect();
            prop_assert_eq!(apart, by_the_library(&keywords, &text, false));
        }
    }

    #[test]
    fn a_hit_across_each_seam_is_found_once() {
        for start in (0..3 * BLOCK).step_by(SHORTEST_IN_LANES - 1) {
            let text = format!("{}keyword{}", ".".repeat(start), ".".repeat(3 * BLOCK - start));
            let search = Keywords::new(["KeyWord"]).unwrap();
            let hits: Vec<Hit> = search.hits(&text).collect();
            assert_eq!(hits, [Hit { keyword: 0, range: start..start + 7 }]);
        }
    }

    #[test]
    fn nothing_is_looked_for_and_in_nothing() {
        assert_eq!(Keywords::new(["a"]).unwrap().hits("").next(), None);
        assert_eq!(Keywords::new([""; 0]).unwrap().hits("a text").next(), None);
    }
}
