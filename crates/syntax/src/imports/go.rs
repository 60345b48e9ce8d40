//! Go: one path of an import declaration.

use super::{Statement, unquoted};
use crate::outline::Import;

/// The path without quotes; a name given to it is in the statement's text.
pub(super) fn import(statement: Statement<'_>, out: &mut Vec<Import>) {
    if let Some(path) = statement.field("path") {
        out.push(statement.import(unquoted(path), Vec::new()));
    }
}
