//! PHP: `use`, `require`, `include`.

use tree_sitter::Node;

use super::{Statement, children, unquoted};
use crate::outline::Import;

/// One import per clause; clauses of a group have its prefix.
pub(super) fn import(statement: Statement<'_>, out: &mut Vec<Import>) {
    let node = statement.node;
    let is_name =
        |node: &Node<'_>| matches!(node.kind(), "name" | "qualified_name" | "namespace_name");
    let mut clauses = Vec::new();
    let mut prefix = String::new();
    for child in children(node) {
        match child.kind() {
            "namespace_name" => prefix = format!("{}\\", statement.path(child)),
            "namespace_use_group" => clauses.extend(children(child)),
            "namespace_use_clause" => clauses.push(child),
            _ => {}
        }
    }
    for clause in clauses {
        let alias = clause.child_by_field_name("alias").map(|alias| alias.id());
        let parts = children(clause);
        let path = parts.iter().find(|part| is_name(part) && Some(part.id()) != alias);
        if let Some(path) = path {
            let path = format!("{prefix}{}", statement.path(*path));
            out.push(statement.import(path.trim_start_matches('\\'), Vec::new()));
        }
    }
}

/// The string in the argument: of `__DIR__ . '/a.php'`, `/a.php`.
pub(super) fn include(statement: Statement<'_>, out: &mut Vec<Import>) {
    let Some(argument) = statement.node.named_child(0) else { return };
    let mut parts = vec![argument];
    parts.extend(argument.child_by_field_name("right"));
    let string = parts.iter().find(|part| matches!(part.kind(), "string" | "encapsed_string"));
    if let Some(string) = string {
        out.push(statement.import(unquoted(statement.source(*string)), Vec::new()));
    }
}
