//! Rust: `use`, `mod name;`, `extern crate`.

use tree_sitter::Node;

use super::{Statement, children};
use crate::outline::Import;

/// A use tree: one import for each path that names are taken out of. `use a::b::{C, d::*}` is
/// `a::b` with `C`, and `a::b::d` with `*`; `use a::b;` is `a` with `b`; `use a;` is `a`.
pub(super) fn import(statement: Statement<'_>, out: &mut Vec<Import>) {
    let Some(tree) = statement.node.child_by_field_name("argument") else { return };
    // Each part of the tree with the path before it, in the order of the text.
    let mut parts = vec![(String::new(), tree)];
    let first = out.len();
    while let Some((prefix, part)) = parts.pop() {
        let named = |name: &str| part.child_by_field_name(name).map(|node| statement.path(node));
        let mut take = |module: String, name: String| match out[first..]
            .iter_mut()
            .find(|import| import.module == module)
        {
            Some(import) => import.names.push(name),
            None => out.push(statement.import(&module, vec![name])),
        };
        match part.kind() {
            "scoped_use_list" => {
                let prefix = join(&prefix, &named("path").unwrap_or_default());
                let list = part.child_by_field_name("list");
                let items = list.map(children).unwrap_or_default();
                parts.extend(items.into_iter().rev().map(|item| (prefix.clone(), item)));
            }
            "use_list" => {
                parts.extend(children(part).into_iter().rev().map(|item| (prefix.clone(), item)));
            }
            "use_wildcard" => {
                let path = part.named_child(0).map(|path| statement.path(path));
                take(join(&prefix, &path.unwrap_or_default()), "*".to_owned());
            }
            "line_comment" | "block_comment" => {}
            _ => {
                let path = match part.kind() {
                    "use_as_clause" => named("path").unwrap_or_default(),
                    _ => statement.path(part),
                };
                match join(&prefix, &path).rsplit_once("::") {
                    Some((module, name)) => take(module.to_owned(), name.to_owned()),
                    None => out.push(statement.import(&join(&prefix, &path), Vec::new())),
                }
            }
        }
    }
}

fn join(prefix: &str, path: &str) -> String {
    match (prefix.is_empty(), path.is_empty()) {
        (false, false) => format!("{prefix}::{path}"),
        (true, _) => path.to_owned(),
        (false, true) => prefix.to_owned(),
    }
}

/// `mod name;` is the module `self::name`; under `#[path = "file.rs"]` it is that string, quotes
/// included. A `mod` with a body imports nothing.
pub(super) fn module(statement: Statement<'_>, out: &mut Vec<Import>) {
    if statement.node.child_by_field_name("body").is_some() {
        return;
    }
    let Some(name) = statement.field("name") else { return };
    let module = path_attribute(statement).unwrap_or_else(|| format!("self::{name}"));
    out.push(statement.import(&module, Vec::new()));
}

fn path_attribute(statement: Statement<'_>) -> Option<String> {
    let before: Node<'_> = statement.node.prev_sibling()?;
    if before.kind() != "attribute_item" {
        return None;
    }
    let value = statement.source(before).strip_prefix("#[path")?.trim_start().strip_prefix('=')?;
    Some(value.trim().strip_suffix(']')?.trim().to_owned())
}

/// `extern crate name;`
pub(super) fn extern_crate(statement: Statement<'_>, out: &mut Vec<Import>) {
    if let Some(name) = statement.field("name") {
        out.push(statement.import(name, Vec::new()));
    }
}
