//! Java: `import`, `import static`.

use super::{Statement, children};
use crate::outline::Import;

/// The whole path is the module; `a.b.*` is `a.b` with the name `*`.
pub(super) fn import(statement: Statement<'_>, out: &mut Vec<Import>) {
    let parts = children(statement.node);
    let path = parts.iter().find(|part| matches!(part.kind(), "scoped_identifier" | "identifier"));
    let all = parts.iter().any(|part| part.kind() == "asterisk");
    if let Some(path) = path {
        let names = if all { vec!["*".to_owned()] } else { Vec::new() };
        out.push(statement.import(&statement.path(*path), names));
    }
}
