//! Imports as they are written, a form of statement at a time.
//!
//! What a module's name means, and which file it leads to, is not decided here.

mod bash;
mod c;
mod csharp;
mod ecmascript;
mod go;
mod path;
mod php;
mod python;
mod ruby;
mod rust;
mod scala;

use serde::Deserialize;
use tree_sitter::Node;

use crate::outline::Import;

/// Imports that a file may have: more is no code that people wrote.
const MAX_IMPORTS: usize = 10_000;
/// The bytes of a statement that are kept.
const MAX_RAW: usize = 300;

/// A form of statement (or call) that imports something.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ImportForm {
    /// `import a.b as c, d`
    PythonImport,
    /// `from ..a import b`
    PythonFrom,
    /// `import … from "a"`, `export … from "a"`, `import a = require("a")`
    EcmascriptStatement,
    /// `require("a")`, `import("a")`
    EcmascriptCall,
    /// `use a::{b, c::*};`
    RustUse,
    /// `mod a;`
    RustMod,
    /// `extern crate a;`
    RustCrate,
    /// `"net/http"` in an import declaration
    Go,
    /// `import a.b.C`
    Path,
    /// `#include <a.h>`
    CInclude,
    /// `using A.B;`
    CsharpUsing,
    /// `require "a"`
    RubyCall,
    /// `use A\B;`
    PhpUse,
    /// `require 'a.php';`
    PhpInclude,
    /// `import a.{B, C}`
    Scala,
    /// `source a.sh`
    BashSource,
}

/// Notes what a node imports. True where it is an import and nothing else, so that its children need
/// no visit; false where it is something else, or more.
pub(crate) fn collect(form: ImportForm, node: Node<'_>, text: &str, out: &mut Vec<Import>) -> bool {
    let statement = Statement { node, text };
    let before = out.len();
    match form {
        ImportForm::PythonImport => python::import(statement, out),
        ImportForm::PythonFrom => python::from(statement, out),
        ImportForm::EcmascriptStatement => ecmascript::statement(statement, out),
        ImportForm::EcmascriptCall => ecmascript::call(statement, out),
        ImportForm::RustUse => rust::import(statement, out),
        ImportForm::RustMod => rust::module(statement, out),
        ImportForm::RustCrate => rust::extern_crate(statement, out),
        ImportForm::Go => go::import(statement, out),
        ImportForm::Path => path::import(statement, out),
        ImportForm::CInclude => c::include(statement, out),
        ImportForm::CsharpUsing => csharp::using(statement, out),
        ImportForm::RubyCall => ruby::call(statement, out),
        ImportForm::PhpUse => php::import(statement, out),
        ImportForm::PhpInclude => php::include(statement, out),
        ImportForm::Scala => scala::import(statement, out),
        ImportForm::BashSource => bash::source(statement, out),
    }
    out.truncate(MAX_IMPORTS);
    let may_hold_more = matches!(form, ImportForm::EcmascriptCall | ImportForm::BashSource);
    out.len() > before && !may_hold_more
}

/// A statement that may import.
#[derive(Debug, Clone, Copy)]
struct Statement<'t> {
    node: Node<'t>,
    text: &'t str,
}

impl<'t> Statement<'t> {
    /// The import of `names` out of `module` that this statement is.
    fn import(self, module: &str, names: Vec<String>) -> Import {
        let line = self.node.start_position().row as u32 + 1;
        Import { line, raw: fold(self.source(self.node)), module: module.to_owned(), names }
    }

    /// The text of a node.
    fn source(self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// The text of a field of the statement.
    fn field(self, name: &str) -> Option<&'t str> {
        self.node.child_by_field_name(name).map(|node| self.source(node))
    }

    /// The text of a node without white space: a path that is broken over lines.
    fn path(self, node: Node<'_>) -> String {
        self.source(node).split_whitespace().collect()
    }
}

/// A string literal without its quotes, whatever they are and whatever stands before them.
fn unquoted(literal: &str) -> &str {
    let literal = literal.trim();
    let opening = literal.find(['"', '\'', '`']).unwrap_or(0);
    literal[opening..].trim_matches(['"', '\'', '`'])
}

/// The text with its white space folded, cut at [`MAX_RAW`] bytes.
fn fold(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
        if out.len() > MAX_RAW {
            break;
        }
    }
    out.truncate(out.floor_char_boundary(MAX_RAW));
    out
}

/// The named children of a node.
fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}
