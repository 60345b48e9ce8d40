//! What kind of character stands at a place in a text: the only question the splitter asks.
//!
//! The table is made ahead from the reference's own regex engine (`generate.rs`), because engines
//! differ in their Unicode version and a single code point classed differently changes a count. Not
//! a general Unicode table: it holds the eight kinds that the two patterns tell apart.

/// A kind of character, one bit each, so that a set of kinds is an or of them. Zero, which is in no
/// set, stands for the end of the text.
pub(crate) type Class = u8;

/// `\p{Lu}`, `\p{Lt}`.
pub(crate) const UPPER: Class = 1;
/// `\p{Ll}`.
pub(crate) const LOWER: Class = 1 << 1;
/// `\p{Lm}`, `\p{Lo}`.
pub(crate) const CASELESS: Class = 1 << 2;
/// `\p{M}`.
pub(crate) const MARK: Class = 1 << 3;
/// `\p{N}`.
pub(crate) const NUMBER: Class = 1 << 4;
/// `\s` without the two of `NEWLINE`.
pub(crate) const BLANK: Class = 1 << 5;
/// `\r` and `\n`.
pub(crate) const NEWLINE: Class = 1 << 6;
/// Everything else.
pub(crate) const OTHER: Class = 1 << 7;

/// Bytes of the line of text at the head of a data file, which says what it was made from.
pub(crate) const HEADER: usize = 128;
/// Code points per page of the table.
pub(crate) const PAGE: usize = 256;
/// Pages that the code points fill.
pub(crate) const PAGES: usize = 0x11_0000 / PAGE;

/// The data file: a header, the number of the page for each 256 code points, then the pages.
static FILE: &[u8] = include_bytes!("../data/classes.bin");
static PAGE_NUMBERS: &[u8] = FILE.split_at(HEADER).1.split_at(PAGES).0;
static PAGE_BYTES: &[u8] = FILE.split_at(HEADER + PAGES).1;

/// The class of the character that begins at byte `at` and its length in bytes; `(0, 0)` at the end
/// of the text. `text` is UTF-8 and `at` a character's beginning.
#[inline]
pub(crate) fn class_at(text: &[u8], at: usize) -> (Class, usize) {
    match text.get(at) {
        None => (0, 0),
        // The first page is the first in the file, so ASCII needs no page number.
        Some(&byte) if byte < 0x80 => (PAGE_BYTES[usize::from(byte)], 1),
        Some(&byte) => wide_class(text, at, byte),
    }
}

fn wide_class(text: &[u8], at: usize, first: u8) -> (Class, usize) {
    let next = |nth: usize| text.get(at + nth).map_or(0, |byte| usize::from(byte & 0x3f));
    let first = usize::from(first);
    let (code_point, width) = match first {
        0xf0.. => ((first & 7) << 18 | next(1) << 12 | next(2) << 6 | next(3), 4),
        0xe0.. => ((first & 15) << 12 | next(1) << 6 | next(2), 3),
        _ => ((first & 31) << 6 | next(1), 2),
    };
    let page = usize::from(PAGE_NUMBERS[code_point / PAGE]);
    (PAGE_BYTES[page * PAGE + code_point % PAGE], width)
}

/// Whether the text's last character is one of `\s`.
pub(crate) fn ends_blank(text: &str) -> bool {
    let last = text.char_indices().next_back();
    last.is_some_and(|(at, _)| class_at(text.as_bytes(), at).0 & (BLANK | NEWLINE) != 0)
}
