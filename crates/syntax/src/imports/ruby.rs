//! Ruby: `require`, `require_relative`, `load`, `autoload`.

use super::{Statement, children, unquoted};
use crate::outline::Import;

/// A call with a plain string. What is relative to the file begins with a dot: `require_relative "a"`
/// is `./a`.
pub(super) fn call(statement: Statement<'_>, out: &mut Vec<Import>) {
    let node = statement.node;
    let Some(method) = statement.field("method") else { return };
    if !matches!(method, "require" | "require_relative" | "load" | "autoload")
        || node.child_by_field_name("receiver").is_some()
    {
        return;
    }
    let arguments = node.child_by_field_name("arguments").map(children).unwrap_or_default();
    let Some(path) = arguments.iter().find(|argument| argument.kind() == "string") else { return };
    if children(*path).iter().any(|part| part.kind() == "interpolation") {
        return;
    }
    let path = unquoted(statement.source(*path));
    let names = match (method, arguments.first()) {
        ("autoload", Some(name)) => {
            vec![statement.source(*name).trim_start_matches(':').to_owned()]
        }
        _ => Vec::new(),
    };
    let module = match method {
        "require_relative" if !path.starts_with('.') => format!("./{path}"),
        _ => path.to_owned(),
    };
    out.push(statement.import(&module, names));
}
