//! Log templates, mined as Drain does: lines that are equal except for their values.
//!
//! First, lines whose words are equal except for values (a number, a path) form a template, in one
//! pass over the bytes. Then templates with the same number of words are merged if most words are
//! equal (P. He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017;
//! the tree is one level deep here: the number of words and the first of them).

use rustc_hash::FxHashMap;

use crate::word_table::WordTable;

/// Templates of more words aren't merged, to bound the time. By hand, not measured.
const MOST_WORDS: usize = 48;
/// The most templates that one is compared with, to bound the time. By hand, not measured.
const MOST_COMPARED: usize = 24;
/// The percentage of words that two templates must share to be merged. By hand, not measured.
const SAME_PERCENT: usize = 60;

/// The templates of a text's lines.
pub(crate) struct Templates {
    /// For each line its template.
    pub of_line: Vec<u32>,
    /// For each template how many lines have it.
    pub counts: Vec<u32>,
}

impl Templates {
    pub(crate) fn of(words: &WordTable) -> Self {
        let mut known: FxHashMap<u64, u32> = FxHashMap::default();
        let mut first: Vec<u32> = Vec::new();
        let mut exact: Vec<u32> = Vec::with_capacity(words.lines());
        for index in 0..words.lines() {
            let template = *known.entry(words.signature(index)).or_insert(first.len() as u32);
            if template as usize == first.len() {
                first.push(index as u32);
            }
            exact.push(template);
        }
        let joined = join(words, &first);
        let mut templates = Self { of_line: exact, counts: vec![0; first.len()] };
        for template in &mut templates.of_line {
            *template = joined[*template as usize];
            templates.counts[*template as usize] += 1;
        }
        templates
    }

    /// The number of lines with the template of `line`.
    pub(crate) fn count(&self, line: usize) -> usize {
        self.counts[self.of_line[line] as usize] as usize
    }

    /// The lines of every template with more than `rare` lines, in order of the first.
    pub(crate) fn frequent(&self, rare: usize) -> Vec<Vec<u32>> {
        let mut places: Vec<Option<u32>> = vec![None; self.counts.len()];
        let mut groups: Vec<Vec<u32>> = Vec::new();
        for (line, &template) in self.of_line.iter().enumerate() {
            let count = self.counts[template as usize] as usize;
            if count > rare {
                let place = *places[template as usize].get_or_insert(groups.len() as u32);
                if place as usize == groups.len() {
                    groups.push(Vec::with_capacity(count));
                }
                groups[place as usize].push(line as u32);
            }
        }
        groups
    }
}

/// The first line of a template.
struct First<'w, 'a> {
    words: &'w WordTable<'a>,
    line: usize,
    /// A bit for each of its words: whether that looks like a value.
    values: u64,
}

impl<'w, 'a> First<'w, 'a> {
    /// `None` for a line with more than [`MOST_WORDS`] words.
    fn of(words: &'w WordTable<'a>, line: usize) -> Option<Self> {
        let count = words.count(line);
        let bit = |index| u64::from(words.is_value(line, index)) << index;
        (count <= MOST_WORDS)
            .then(|| (0..count).map(bit).fold(0, std::ops::BitOr::bitor))
            .map(|values| Self { words, line, values })
    }

    fn len(&self) -> usize {
        self.words.count(self.line)
    }

    fn word(&self, index: usize) -> Option<&'a str> {
        self.words.word(self.line, index)
    }

    /// The first of its words that is no value.
    fn head(&self) -> Option<&'a str> {
        self.word(self.values.trailing_ones() as usize)
    }
}

/// For each template, given by its first line, the template it is merged into.
fn join(words: &WordTable, first: &[u32]) -> Vec<u32> {
    let mut buckets: FxHashMap<(usize, &str), Vec<(u32, First)>> = FxHashMap::default();
    let mut joined = Vec::with_capacity(first.len());
    for (template, &line) in first.iter().enumerate() {
        let line = First::of(words, line as usize);
        let Some((head, line)) = line.and_then(|line| Some((line.head()?, line))) else {
            joined.push(template as u32);
            continue;
        };
        let bucket = buckets.entry((line.len(), head)).or_default();
        let similar = bucket.iter().find(|(_, other)| are_similar(&line, other));
        joined.push(similar.map_or(template as u32, |(other, _)| *other));
        if similar.is_none() && bucket.len() < MOST_COMPARED {
            bucket.push((template as u32, line));
        }
    }
    joined
}

/// Whether two lines with the same number of words share most of them. Values match any value, but
/// don't count as shared. For `Compiling memchr v2.8.3`, an action and its object, the first word
/// suffices.
fn are_similar(a: &First, b: &First) -> bool {
    let values = a.values & b.values;
    let is_same = |&index: &usize| a.word(index) == b.word(index);
    let same = (0..a.len()).filter(|index| values >> index & 1 == 0).filter(is_same).count();
    let words = a.len() - values.count_ones() as usize;
    let done_with = words == 2 && values > 0 && is_same(&0);
    (same >= 2 && same * 100 >= words * SAME_PERCENT) || (same == 1 && done_with)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::Lines;

    fn templates(text: &str) -> Vec<u32> {
        Templates::of(&WordTable::of(&Lines::of(text))).of_line
    }

    #[test]
    fn values_make_no_difference() {
        assert_eq!(templates("took 12 ms\ntook 9 ms\ntook long\ntook 7 ms"), [0, 0, 1, 0]);
    }

    #[test]
    fn what_is_done_is_enough() {
        assert_eq!(templates("Compiling memchr v2\nCompiling libc v0\nlinking libc v0"), [0, 0, 2]);
    }

    #[test]
    fn lines_with_mostly_the_same_words_are_one() {
        assert_eq!(
            templates(
                "Bump truth from 1.1 to 1.2\nBump guava from 3 to 4\nFix typos in the documentation now"
            ),
            [0, 0, 2]
        );
    }
}
