//! Byte offsets to lines and back.

use std::ops::Range;

use memchr::memchr_iter;

use crate::LineRange;

/// Where each line of a text begins.
///
/// Lines are counted from 1, and a line ends at `\n` and nowhere else: `\r\n` leaves its `\r` at the
/// line's end, and a lone `\r`, U+0085 or U+2028 ends no line. A text that ends in `\n` has no line
/// after it; the empty text has one line, which is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<u32>,
    len: u32,
}

impl LineIndex {
    /// The index of `text`. Bytes from the 4 GiB on belong to its last line.
    pub fn new(text: &str) -> Self {
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let mut starts = vec![0];
        starts.extend(
            memchr_iter(b'\n', text.as_bytes())
                .map_while(|at| u32::try_from(at + 1).ok())
                .filter(|&at| at < len),
        );
        Self { starts, len }
    }

    /// How many lines there are: at least one.
    pub fn count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The line that holds the byte at `offset`; the last line for an offset past the end.
    pub fn line_of(&self, offset: usize) -> u32 {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        self.starts.partition_point(|&start| start <= offset) as u32
    }

    /// The byte at which `line` begins; the text's length for a line past the last, 0 for line 0.
    pub fn start_of(&self, line: u32) -> usize {
        match line.checked_sub(1) {
            None => 0,
            Some(at) => self.starts.get(at as usize).copied().unwrap_or(self.len) as usize,
        }
    }

    /// The bytes of `lines`, the `\n` of the last one included.
    pub fn bytes_of(&self, lines: LineRange) -> Range<usize> {
        self.start_of(lines.start)..self.start_of(lines.end.saturating_add(1))
    }

    /// The lines that `bytes` touches; for an empty range, the line it is on.
    pub fn lines_of(&self, bytes: Range<usize>) -> LineRange {
        let start = self.line_of(bytes.start);
        LineRange { start, end: self.line_of(bytes.end.saturating_sub(1)).max(start) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_ends_at_a_newline_only() {
        let text = "a\r\nb\rc\n\nd";
        let index = LineIndex::new(text);
        assert_eq!(index.count(), 4);
        assert_eq!(index.line_of(2), 1, "the newline belongs to the line it ends");
        assert_eq!(index.line_of(5), 2, "after a lone carriage return");
        assert_eq!(index.start_of(3), 7);
        assert_eq!(&text[index.bytes_of(LineRange { start: 2, end: 2 })], "b\rc\n");
        assert_eq!(index.lines_of(0..7), LineRange { start: 1, end: 2 });
    }

    #[test]
    fn ends_of_a_text() {
        assert_eq!(LineIndex::new("").count(), 1);
        assert_eq!(LineIndex::new("a\n").count(), 1);
        assert_eq!(LineIndex::new("a\n\n").count(), 2);
        assert_eq!(LineIndex::new("a\n").line_of(99), 1);
        assert_eq!(LineIndex::new("a\n").start_of(9), 2);
    }

    proptest! {
        #[test]
        fn agrees_with_counting(text in "(a|é|\r|\n){0,40}", at in 0usize..50) {
            let index = LineIndex::new(&text);
            prop_assert_eq!(index.count() as usize, text.lines().count().max(1));
            let counted = 1 + text.bytes().take(at).filter(|&b| b == b'\n').count() as u32;
            prop_assert_eq!(index.line_of(at), counted.min(index.count()));
            for line in 1..=index.count() {
                prop_assert_eq!(index.line_of(index.start_of(line)), line);
            }
        }
    }
}
