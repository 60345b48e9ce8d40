//! Merges segments into one.

use super::WordSegment;
use super::segment::{Cursor, HasTerm, SegmentWriter, put_posting};

/// A segment to be merged, and by its files: their numbers in the new one; `None` of those that are
/// left out.
#[derive(Debug)]
pub struct Part<'s> {
    /// The segment.
    pub segment: &'s WordSegment,
    /// By file of the segment.
    pub numbers: Vec<Option<u32>>,
}

/// A part, and the word that comes next.
struct Source<'p> {
    part: &'p Part<'p>,
    cursor: Cursor<'p>,
    /// The terms of its words, in order of the words.
    terms: Vec<HasTerm>,
    /// How many of these belong to words before.
    passed: usize,
    has_word: bool,
}

impl<'p> Source<'p> {
    fn new(part: &'p Part<'p>) -> Self {
        let terms = part.segment.terms();
        let mut cursor = part.segment.cursor(0);
        let has_word = cursor.advance();
        Self { part, cursor, terms, passed: 0, has_word }
    }

    /// The terms of the word.
    fn take_terms(&mut self) -> &[HasTerm] {
        // The cursor is behind its word.
        let word = (self.cursor.next as u32).saturating_sub(1);
        self.passed += self.terms[self.passed..].iter().take_while(|has| has.word < word).count();
        let rest = &self.terms[self.passed..];
        let count = rest.iter().take_while(|has| has.word == word).count();
        self.passed += count;
        &rest[..count]
    }

    /// The files that have the word, by their new numbers.
    fn files(&self) -> impl Iterator<Item = (u32, u32)> {
        let postings = self.part.segment.postings(self.cursor.postings.clone());
        postings
            .filter_map(|(file, count)| Some(((*self.part.numbers.get(file as usize)?)?, count)))
    }
}

impl WordSegment {
    /// One segment of `files` files with what `parts` have of them. A file that no part has is one without words.
    pub fn merged(parts: &[Part<'_>], files: usize) -> Self {
        let mut lengths = vec![0; files];
        for part in parts {
            for (file, number) in (0..).zip(&part.numbers) {
                if let Some(length) = number.and_then(|number| lengths.get_mut(number as usize)) {
                    *length = part.segment.length(file).unwrap_or(0);
                }
            }
        }
        let mut sources: Vec<Source<'_>> = parts.iter().map(Source::new).collect();
        let mut writer = SegmentWriter::default();
        let (mut word, mut found, mut postings) = (Vec::new(), Vec::new(), Vec::new());
        let mut terms: Vec<(u16, u8)> = Vec::new();
        while let Some(first) =
            sources.iter().filter(|s| s.has_word).map(|s| s.cursor.bytes()).min()
        {
            word.clear();
            word.extend_from_slice(first);
            found.clear();
            terms.clear();
            postings.clear();
            let (mut parts, mut having) = (0, 0);
            for source in sources.iter_mut().filter(|s| s.has_word && s.cursor.bytes() == word) {
                having += 1;
                parts = source.cursor.parts;
                found.extend(source.files());
                terms.extend(source.take_terms().iter().map(|has| (has.hash, has.place)));
                source.has_word = source.cursor.advance();
            }
            if having > 1 {
                terms.sort_unstable();
                terms.dedup();
            }
            if !found.is_sorted() {
                found.sort_unstable();
            }
            let mut next = 0;
            for &(file, count) in &found {
                put_posting(&mut next, file, count, &mut postings);
            }
            if !found.is_empty() {
                writer.add(&word, parts, terms.iter().copied(), &postings);
            }
        }
        writer.finish(&lengths)
    }
}
