//! C and C++: `#include`, `#import`.

use super::Statement;
use crate::outline::Import;

/// The file with its delimiters, which say where it is looked for; a macro stays as it is.
pub(super) fn include(statement: Statement<'_>, out: &mut Vec<Import>) {
    if let Some(path) = statement.field("path") {
        out.push(statement.import(path.trim(), Vec::new()));
    }
}
