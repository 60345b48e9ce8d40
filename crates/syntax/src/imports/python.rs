//! Python: `import`, `from … import`, `from __future__ import`.

use super::{Statement, children};
use crate::outline::Import;

/// One import per module.
pub(super) fn import(statement: Statement<'_>, out: &mut Vec<Import>) {
    for name in children(statement.node) {
        let module = name.child_by_field_name("name").unwrap_or(name);
        if module.kind() == "dotted_name" {
            out.push(statement.import(&statement.path(module), Vec::new()));
        }
    }
}

/// The dots of a relative module stay: `..models.user`, `.`.
pub(super) fn from(statement: Statement<'_>, out: &mut Vec<Import>) {
    let named = statement.node.child_by_field_name("module_name");
    let module = match named {
        Some(module) => statement.path(module),
        None if statement.node.kind() == "future_import_statement" => "__future__".to_owned(),
        None => return,
    };
    let names = children(statement.node)
        .into_iter()
        .filter(|child| Some(child.id()) != named.map(|module| module.id()))
        .filter_map(|child| match child.kind() {
            "wildcard_import" => Some("*".to_owned()),
            "dotted_name" => Some(statement.path(child)),
            "aliased_import" => Some(statement.path(child.child_by_field_name("name")?)),
            _ => None,
        })
        .collect();
    out.push(statement.import(&module, names));
}
