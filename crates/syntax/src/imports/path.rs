//! Java, Kotlin and Swift: `import` and a path.

use super::{Statement, children};
use crate::outline::Import;

/// The whole path is the module; `a.b.*` is `a.b` with the name `*`. A name given to it is left to
/// the statement's text.
pub(super) fn import(statement: Statement<'_>, out: &mut Vec<Import>) {
    let is_path =
        |kind| matches!(kind, "scoped_identifier" | "qualified_identifier" | "identifier");
    let parts = children(statement.node);
    if let Some(path) = parts.iter().find(|part| is_path(part.kind())) {
        let all = statement.source(statement.node).trim_end_matches([';', ' ']).ends_with('*');
        let names = if all { vec!["*".to_owned()] } else { Vec::new() };
        out.push(statement.import(&statement.path(*path), names));
    }
}
