//! C#: `using`, also static, global, and with another name.

use super::{Statement, children};
use crate::outline::Import;

/// The namespace or type that is named last, without the name it gets here.
pub(super) fn using(statement: Statement<'_>, out: &mut Vec<Import>) {
    if let Some(target) = children(statement.node).last() {
        out.push(statement.import(&statement.path(*target), Vec::new()));
    }
}
