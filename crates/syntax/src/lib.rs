//! What a file defines, imports and refers to, and where each body is.
//!
//! One function, [`outline`], for every language: tree-sitter where there is a grammar, headings,
//! blank lines and indentation elsewhere. Parsing never fails; it returns what it found. Which
//! languages there are, and their queries, are data. This crate reads no files and ranks nothing.

mod language;
mod outline;

pub use language::Language;
pub use outline::{Definition, DefinitionKind, Import, LineRange, Outline, Reference, outline};
