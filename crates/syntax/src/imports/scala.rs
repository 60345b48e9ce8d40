//! Scala: `import a.b.C`, `import a.{B, C => D, _}`.

use super::{Statement, children};
use crate::outline::Import;

/// The path is the module; selectors are its names, `*` for either wildcard.
pub(super) fn import(statement: Statement<'_>, out: &mut Vec<Import>) {
    let node = statement.node;
    let mut cursor = node.walk();
    let path: String = node
        .children_by_field_name("path", &mut cursor)
        .flat_map(|part| statement.source(part).split_whitespace())
        .collect();
    let mut names = Vec::new();
    for child in children(node) {
        match child.kind() {
            "namespace_wildcard" => names.push("*".to_owned()),
            "namespace_selectors" => {
                names.extend(children(child).into_iter().map(|selector| {
                    match selector.child_by_field_name("name") {
                        Some(name) => statement.path(name),
                        None if selector.kind() == "namespace_wildcard" => "*".to_owned(),
                        None => statement.path(selector),
                    }
                }));
            }
            _ => {}
        }
    }
    if !path.is_empty() {
        out.push(statement.import(&path, names));
    }
}
