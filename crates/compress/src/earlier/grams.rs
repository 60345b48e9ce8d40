//! What tells quickly that a text has no lines in common with another: the hashes of all their runs
//! of [`GRAM`] lines. In a long conversation most new results repeat nothing, so most of the time its
//! earlier texts needn't be read again.

use std::borrow::Cow;

use super::{GRAM, LEAST_BYTES, compared, content, gram, with_numbers};
use crate::lines::Lines;

/// Words of 64 bits in the table that is looked at first: of 4,096 bits, the hundred grams of a usual
/// result set one in forty, so one in forty others gets past it.
const WORDS: usize = 64;

/// The runs of lines of one text, by their hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grams(Box<[u64]>);

impl Grams {
    /// The runs that a reference can be made to, in a text that the model was shown or that it wrote.
    pub fn of_shown(text: &str) -> Self {
        if text.len() < LEAST_BYTES {
            return Self::default();
        }
        Self::of(&with_numbers(text))
    }

    /// Those of several texts.
    pub fn join(all: impl IntoIterator<Item = Self>) -> Self {
        Self(all.into_iter().flat_map(|grams| grams.0).collect())
    }

    /// Bytes that they take.
    pub fn weight(&self) -> usize {
        size_of_val(&*self.0)
    }

    fn of(text: &str) -> Self {
        let lines = Lines::of(&text[content(text)]);
        let (lines, _) = compared(&lines, 1);
        let count = lines.len().saturating_sub(GRAM - 1);
        let mut grams = Vec::with_capacity(count);
        grams.extend((0..count).filter_map(|at| gram(&lines, at)));
        Self(grams.into())
    }
}

/// The runs of new texts, in which references may be put, to be looked for in those of shown ones.
#[derive(Debug)]
pub struct NewGrams {
    sorted: Vec<u64>,
    /// Those of the last text.
    last: Grams,
    /// A bit for each gram, by the last bits of its hash.
    bits: [u64; WORDS],
}

impl NewGrams {
    /// The runs of `texts`, each as [`Earlier::refer`](super::Earlier::refer) gets it.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut sorted: Vec<u64> = Vec::new();
        let mut last = ("", Grams::default());
        for text in texts {
            // What wasn't made shorter is the same text twice.
            if text != last.0 {
                let is_long = text.len() >= LEAST_BYTES;
                last = (text, if is_long { Grams::of(text) } else { Grams::default() });
                sorted.extend_from_slice(&last.1.0);
            }
        }
        sorted.sort_unstable();
        sorted.dedup();
        let mut bits = [0; WORDS];
        for gram in &sorted {
            let (word, bit) = place(*gram);
            bits[word] |= bit;
        }
        Self { sorted, last: last.1, bits }
    }

    /// The same as [`Grams::of_shown`] of the last text, which is `text`.
    pub fn into_shown(self, text: &str) -> Grams {
        match with_numbers(text) {
            Cow::Borrowed(_) => self.last,
            Cow::Owned(numbered) => Grams::of(&numbered),
        }
    }

    /// Whether one of the runs is in `shown`. If not, [`Earlier::refer`](super::Earlier::refer) finds
    /// nothing to refer to there.
    pub fn meet(&self, shown: &Grams) -> bool {
        shown.0.iter().any(|gram| {
            let (word, bit) = place(*gram);
            self.bits[word] & bit != 0 && self.sorted.binary_search(gram).is_ok()
        })
    }
}

/// The word and the bit of a gram.
fn place(gram: u64) -> (usize, u64) {
    ((gram >> 6) as usize % WORDS, 1 << (gram % 64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Earlier;
    use super::*;
    use crate::Retrieval;
    use crate::earlier::Name;

    fn text(lines: &[u8], numbered: bool) -> String {
        let line = |(at, line): (usize, &u8)| match numbered {
            true => {
                format!("{:>6}\tthe line that has number {line} of all of these lines\n", at + 1)
            }
            false => format!("the line that has number {line} of all of these lines\n"),
        };
        lines.iter().enumerate().map(line).collect()
    }

    proptest! {
        #[test]
        fn texts_that_do_not_meet_have_no_reference(
            shown in prop::collection::vec(0u8..12, 0..40),
            new in prop::collection::vec(0u8..12, 0..40),
            numbered: (bool, bool),
        ) {
            let (shown, new) = (text(&shown, numbered.0), text(&new, numbered.1));
            let mut earlier = Earlier::default();
            earlier.add_result(Name::Tool("a".into()), &shown);
            let may_meet = NewGrams::of([new.as_str()]).meet(&Grams::of_shown(&shown));
            let referred = earlier.refer(&new, 0, Retrieval::None);
            prop_assert!(may_meet || referred.is_none());
        }
    }

    proptest! {
        #[test]
        fn texts_that_do_not_meet_may_be_skipped(
            shown in prop::collection::vec((prop::collection::vec(0u8..9, 0..30), any::<bool>(), any::<bool>()), 1..9),
            new in prop::collection::vec(0u8..9, 0..30),
            numbered: bool,
        ) {
            let new = text(&new, numbered);
            let meeting = NewGrams::of([new.as_str()]);
            let (mut all, mut some) = (Earlier::default(), Earlier::default());
            for (at, (lines, numbered, is_written)) in shown.iter().enumerate() {
                let (name, shown) = (|| Name::File(format!("{at}/a"), None), text(lines, *numbered));
                let meets = meeting.meet(&Grams::of_shown(&shown));
                match is_written {
                    true => all.add_written(name(), at, &shown),
                    false => all.add_result(name(), &shown),
                }
                match (meets, is_written) {
                    (true, true) => some.add_written(name(), at, &shown),
                    (true, false) => some.add_result(name(), &shown),
                    (false, true) => some.announce(&name()),
                    (false, false) => {
                        some.announce(&name());
                        some.skip_result();
                    }
                }
            }
            let refer = |earlier: &Earlier| {
                let referred = earlier.refer(&new, shown.len(), Retrieval::Offered)?;
                let hashes: Vec<_> = referred.references.into_iter().map(|one| one.hash).collect();
                Some((referred.text, hashes))
            };
            prop_assert_eq!(refer(&some), refer(&all));
        }
    }

    #[test]
    fn one_run_in_common_is_enough() {
        let shown = Grams::join([
            Grams::of_shown(&text(&[1, 2, 3, 4, 5, 6], false)),
            Grams::of_shown(&text(&[7, 8, 9, 10], true)),
        ]);
        assert_eq!(shown.weight(), 4 * 8);
        for (new, meets) in [
            (&[11, 3, 4, 5, 6][..], true),
            (&[7, 8, 9, 10], true),
            (&[4, 5, 6, 7, 8], false),
            (&[1, 2, 3], false),
        ] {
            assert_eq!(NewGrams::of([text(new, false).as_str()]).meet(&shown), meets, "{new:?}");
        }
        assert_eq!(Grams::of_shown("short\n"), Grams::default());
    }
}
