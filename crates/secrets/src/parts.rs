//! Parts of a text, and where they are in it.

use std::ops::Range;

/// The longest part of a line before a position, and the longest line, in bytes.
const LONGEST_LINE_BEFORE: usize = 240;
const LONGEST_LINE: usize = 400;

/// Where `part`, a slice of `text`, is in it.
pub(crate) fn range_of(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    start..start + part.len()
}

/// The next bytes from `at`, at most `most`, so that a text of nothing but keywords takes linear time.
pub(crate) fn ahead(text: &str, at: usize, most: usize) -> &str {
    &text[at..text.floor_char_boundary((at + most).min(text.len()))]
}

/// The part of a line before `at`, as far as it is looked at.
pub(crate) fn line_before(text: &str, at: usize) -> &str {
    let floor = text.floor_char_boundary(at.saturating_sub(LONGEST_LINE_BEFORE));
    let before = &text[floor..at];
    &before[memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |at| at + 1)..]
}

/// Where the line that `at` is on ends, if that is within so many bytes.
pub(crate) fn line_end(text: &str, at: usize, most: usize) -> Option<usize> {
    let bytes = &text.as_bytes()[at..(at + most).min(text.len())];
    memchr::memchr(b'\n', bytes).map(|end| at + end)
}

/// The lines behind the one that `at` is on, without white space around them: at most a hundred, up to one that is long.
pub(crate) fn lines_behind(text: &str, at: usize) -> impl Iterator<Item = Range<usize>> {
    const LONGEST: usize = 300;
    const MOST: usize = 100;
    let end = ahead(text, at, LONGEST).find('\n');
    let first = end.map_or(text.len(), |end| at + end + 1);
    let mut next = first;
    let all = ahead(text, first, MOST * LONGEST).split_inclusive('\n').take(MOST);
    all.take_while(|line| line.len() <= LONGEST).map(move |line| {
        let start = next + line.len() - line.trim_start().len();
        next += line.len();
        start..start + line.trim().len()
    })
}

/// The line that begins at `start`, without white space around it, if it isn't long and has something.
pub(crate) fn line_at(text: &str, start: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes().get(start..(start + LONGEST_LINE).min(text.len()))?;
    let length = memchr::memchr(b'\n', bytes)
        .or_else(|| (start + bytes.len() == text.len()).then_some(bytes.len()))?;
    let line = &text[start..start + length];
    let trimmed = line.trim();
    let start = start + line.len() - line.trim_start().len();
    (!trimmed.is_empty()).then(|| start..start + trimmed.len())
}
