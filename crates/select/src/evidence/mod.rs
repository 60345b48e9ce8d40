//! The families of evidence, a file each: the features of a file or a chunk, as named numbers.

pub(crate) mod anchors;
pub(crate) mod history;
pub(crate) mod kind;
pub(crate) mod shape;
pub(crate) mod structure;
pub(crate) mod translation;
pub(crate) mod user;
pub(crate) mod words;
