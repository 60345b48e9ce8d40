//! Bash: `source file`, `. file`.

use super::Statement;
use crate::outline::Import;

/// The first argument as it is written, without quotes: expansions stay.
pub(super) fn source(statement: Statement<'_>, out: &mut Vec<Import>) {
    if matches!(statement.field("name"), Some("source" | "."))
        && let Some(file) = statement.field("argument")
    {
        out.push(statement.import(file.trim_matches(['"', '\'']), Vec::new()));
    }
}
