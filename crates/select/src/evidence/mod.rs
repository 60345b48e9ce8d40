//! The families of evidence, a file each. A family yields features: named numbers about a file or a chunk.

pub(crate) mod expansion;
pub(crate) mod frames;
pub(crate) mod history;
pub(crate) mod kind;
pub(crate) mod mentions;
mod packages;
pub(crate) mod shape;
pub(crate) mod structure;
pub(crate) mod user;
pub(crate) mod words;
