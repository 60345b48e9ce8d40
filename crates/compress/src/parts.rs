//! Mixed text cut into parts, each of one kind.

use std::ops::Range;

use crate::detect::detect;
use crate::kind::Kind;

/// One part: its bytes, whole lines, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub range: Range<usize>,
    pub kind: Kind,
}

/// The parts of `text`, in order; together they are all of it.
pub(crate) fn cut(text: &str, hint: Option<&str>) -> Vec<Piece> {
    vec![Piece { range: 0..text.len(), kind: detect(text, hint) }]
}
