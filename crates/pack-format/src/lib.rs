//! The grammar of a context pack: the constants that its writer uses, and a reader for each format.
//!
//! `pack` writes packs, `compress` elides lines from Markdown packs, and `contextos` has the spans of
//! JSON and XML packs compressed one by one. All of them take the grammar from here, so that it exists
//! once. The crate is pure and small on purpose: whoever reads packs must not build what writes them.
//!
//! ```
//! use pack_format::markdown;
//!
//! let lines = [
//!     "# Context for: fix the refresh",
//!     "<!-- contextos pack v1 commit=none dirty=no -->",
//!     "",
//!     "## Files",
//!     "### src/auth.rs:3-4,9",
//!     "```rust",
//!     "fn refresh() {",
//!     "}",
//!     "… 9",
//!     "const TTL: u32 = 60;",
//!     "```",
//! ];
//! assert!(markdown::is_pack(&lines.join("\n")));
//! let files = markdown::files(&lines);
//! assert_eq!((files[0].path, files[0].language), ("src/auth.rs", "rust"));
//! assert_eq!((files[0].spans[1].lines.clone(), files[0].spans[1].first), (9..10, 9));
//! ```

pub mod json;
pub mod markdown;
pub mod xml;

/// The version of the pack format, which every pack states.
pub const VERSION: u32 = 1;

/// Where a span of a pack comes from: what [`json::map_spans`] and [`xml::map_spans`] tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file's path, from the root of the checkout.
    pub path: String,
    /// The number of the span's first line in the file, from 1.
    pub first_line: usize,
}
