//! Resolves imports to files of the checkout: [`ImportGraph`] says which file imports which.
//!
//! Only paths, a few manifests and the package clauses of files are read; nothing is built, so what a build
//! would generate counts as another project's. An import that names a package of several files (Go, C#,
//! wildcards) leads to those that define what the importing file refers to. A file that sees its own
//! package without an import has edges into it in the same way.
//!
//! `languages/` has a file per family of languages. Nothing here scores anything.
//!
//! ```
//! use imports::{File, ImportGraph};
//! use syntax::{Language, outline};
//!
//! let texts = [
//!     ("shop/__init__.py", ""),
//!     ("shop/cart.py", "import json\nfrom shop.price import total\n"),
//!     ("shop/price.py", "def total(cart):\n    return sum(cart)\n"),
//! ];
//! let language = Language::Python;
//! let files = texts.each_ref().map(|(path, text)| File { path, content: text, language });
//! let outlines = texts.map(|(_, text)| outline(language, text));
//! let graph = ImportGraph::resolve(&files, &outlines.each_ref().map(Some));
//!
//! let edge = &graph.edges(1)[0];
//! assert_eq!((edge.to, edge.line, edge.names.as_slice()), (2, 2, &["total".to_owned()][..]));
//! assert_eq!(graph.outside(1)[0].package.as_deref(), Some("json"));
//! ```

mod groups;
mod languages;
mod resolver;
mod target;
#[cfg(test)]
mod tests;
mod tree;

use std::fmt;

use rayon::prelude::*;
use syntax::{Language, Outline};

pub use groups::packages;
use resolver::Resolver;

/// What is read of a file: of most, nothing.
pub trait Content: fmt::Debug + Sync {
    /// The text, of which manifests (`package.json`, `go.mod`, …) are read.
    fn text(&self) -> &str;

    /// What [`packages`] finds in the text of a file in this language. Who knows it without the text overrides this.
    fn packages(&self, language: Language) -> Vec<String> {
        packages(language, self.text())
    }
}

impl Content for &str {
    fn text(&self) -> &str {
        self
    }
}

impl Content for String {
    fn text(&self) -> &str {
        self
    }
}

/// A file whose imports are resolved, or to which imports lead.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// Its path from the root of the checkout, with `/`.
    pub path: &'a str,
    /// What can be read of it.
    pub content: &'a dyn Content,
    /// Its language.
    pub language: Language,
}

/// One file that another needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// The file that is needed.
    pub to: usize,
    /// The import that leads there: an index into the importing file's [`Outline::imports`]. `None` for
    /// a file of the same package, which needs no import.
    pub import: Option<usize>,
    /// The line of the import, or of the first use where there is none.
    pub line: u32,
    /// The names that are taken from that file, where they are known; `*` for all.
    pub names: Vec<String>,
    /// The share of the import that leads there: 1, or less if it leads to several files.
    pub share: f32,
}

/// An import that leads to no file of the checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// The import: an index into the importing file's [`Outline::imports`].
    pub import: usize,
    /// The package of another project that it names; `None` if it is a path into this checkout at which
    /// there is no file.
    pub package: Option<String>,
}

/// The imports of a checkout, resolved.
#[derive(Debug, Default, PartialEq)]
pub struct ImportGraph {
    edges: Vec<Vec<Edge>>,
    outside: Vec<Vec<Outside>>,
}

impl ImportGraph {
    /// Resolves the imports of every file that has an outline; `outlines` are in the files' order,
    /// which is that of their paths. Manifests are read from the files' texts.
    pub fn resolve(files: &[File<'_>], outlines: &[Option<&Outline>]) -> Self {
        let resolver = Resolver::new(files, outlines);
        let (edges, outside) = (0..files.len())
            .into_par_iter()
            .map(|at| match outlines.get(at).copied().flatten() {
                Some(outline) => resolver.imports_of(at, outline),
                None => (Vec::new(), Vec::new()),
            })
            .unzip();
        Self { edges, outside }
    }

    /// The files that a file needs, in order of its imports, then those of its own package. The same
    /// file may be there more than once.
    pub fn edges(&self, file: usize) -> &[Edge] {
        self.edges.get(file).map_or(&[], Vec::as_slice)
    }

    /// The imports of a file that lead to no file.
    pub fn outside(&self, file: usize) -> &[Outside] {
        self.outside.get(file).map_or(&[], Vec::as_slice)
    }
}
