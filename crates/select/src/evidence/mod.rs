//! The families of evidence, a file each: what speaks for a file or a unit, as named numbers.

pub(crate) mod anchors;
pub(crate) mod history;
pub(crate) mod kind;
pub(crate) mod shape;
pub(crate) mod structure;
pub(crate) mod translation;
pub(crate) mod user;
pub(crate) mod words;
