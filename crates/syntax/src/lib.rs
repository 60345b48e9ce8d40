//! What a file defines, imports and refers to, and where each body is.
//!
//! One function, [`outline`], for every language: a tree-sitter grammar where there is one, the shape
//! of the text (headings, blank lines, indentation) elsewhere. It never fails; it returns what it
//! found. Which languages there are is the crate `languages`; what the nodes of their grammars mean
//! (`rules/*.toml`) is data. This crate reads no files and ranks nothing.
//!
//! ```
//! use syntax::{Language, outline};
//!
//! let outline = outline(Language::Python, "def refresh(token):\n    return token\n");
//! assert_eq!(outline.definitions[0].name, "refresh");
//! assert_eq!(outline.definitions[0].lines.end, 2);
//! ```
//!
//! Start reading at [`outline`](mod@self), then `walk` (a tree becomes an outline by the rules of its
//! language) and `rules` (what a rule can say).

mod display;
mod distances;
mod embedded;
mod grammar;
mod imports;
mod lines;
mod mask;
mod names;
mod outline;
mod parse;
mod rules;
mod salvage;
mod shape;
mod walk;

pub use languages::Language;
pub use lines::LineIndex;
pub use outline::{
    Definition, DefinitionKind, Import, LineRange, Outline, Reference, outline, sketch,
};
