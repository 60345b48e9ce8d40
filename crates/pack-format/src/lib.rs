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

/// Whether `text` begins as a pack in any of the formats does.
pub fn is_pack(text: &str) -> bool {
    markdown::is_pack(text) || xml::is_pack(text) || json::is_pack(text)
}

/// Where a span of a pack comes from: what [`json::map_spans`] and [`xml::map_spans`] tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file's path, from the root of the checkout.
    pub path: String,
    /// The number of the span's first line in the file, from 1.
    pub first_line: usize,
}

#[cfg(test)]
mod tests {
    use super::is_pack;

    #[test]
    fn packs_are_recognised_in_each_format_by_their_beginning() {
        for pack in [
            "# Context for: fix it\n<!-- contextos pack v1 commit=none dirty=no -->\n",
            "<context_pack version=\"1\" commit=\"none\" dirty=\"no\" confidence=\"weak\">\n<task>x</task>\n",
            "{\n\"version\":1,\n\"task\":\"a\\\"b\",\n\"commit\":null,\n\"dirty\":false,\n\"confidence\":\"weak\",\n",
            "{\"version\":1,\"task\":\"x\",\"commit\":\"0f1e2d\",\"dirty\":true,\"confidence\":\"mixed\"}\n",
        ] {
            assert!(is_pack(pack), "{pack}");
            assert!(!is_pack(&format!("An example:\n{pack}")), "{pack}");
        }
        for other in [
            "",
            "# Context for: new developers\n\nRead this first.\n",
            "<context_pack_list version=\"1\">",
            "{\n\"version\":1,\n\"task\":\"build\"\n}\n",
            "{\"version\":\"2.0.0\",\"tasks\":[]}",
            "{\"version\":1,\"task\":\"x",
        ] {
            assert!(!is_pack(other), "{other}");
        }
    }
}
