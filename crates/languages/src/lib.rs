//! The table of languages: what each is called, which files are written in it, how its comments look.
//!
//! A row of `languages.toml` says all that can be said of a language without parsing it, so that whoever only needs
//! to know *which* language a text is (the compressor, the server) compiles no grammar. The parsers, and the rules by
//! which their trees are read, are in the crate `syntax`.
//!
//! ```
//! use languages::Language;
//!
//! assert_eq!(Language::of("src/main.rs", ""), Language::Rust);
//! assert_eq!(Language::of("bin/deploy", "#!/usr/bin/env python3"), Language::Python);
//! assert_eq!(Language::from_name("C++"), Some(Language::Cpp));
//! assert_eq!(Language::Sql.comment_prefix(), Some("--"));
//! ```

mod table;

pub use table::{Language, Shape};
