//! JavaScript and TypeScript: `import`, `export … from`, `require()`, `import()`.

use tree_sitter::Node;

use super::{Statement, children, unquoted};
use crate::outline::Import;

/// Names are those of the other module, not those they get here; `default` and `*` as they are.
pub(super) fn statement(statement: Statement<'_>, out: &mut Vec<Import>) {
    let node = statement.node;
    let source = node.child_by_field_name("source").or_else(|| {
        let require = children(node).into_iter().find(|c| c.kind() == "import_require_clause")?;
        require.child_by_field_name("source")
    });
    let Some(source) = source else { return };
    let mut names = Vec::new();
    for clause in children(node) {
        match clause.kind() {
            "import_clause" => {
                for part in children(clause) {
                    match part.kind() {
                        "identifier" => names.push("default".to_owned()),
                        "namespace_import" => names.push("*".to_owned()),
                        _ => specifiers(statement, part, &mut names),
                    }
                }
            }
            "export_clause" => specifiers(statement, clause, &mut names),
            "namespace_export" => names.push("*".to_owned()),
            _ => {}
        }
    }
    let is_export = node.kind() == "export_statement";
    if is_export && names.is_empty() {
        names.push("*".to_owned());
    }
    out.push(statement.import(unquoted(statement.source(source)), names));
}

fn specifiers(statement: Statement<'_>, list: Node<'_>, names: &mut Vec<String>) {
    for specifier in children(list) {
        if let Some(name) = specifier.child_by_field_name("name") {
            names.push(unquoted(statement.source(name)).to_owned());
        }
    }
}

/// A call with one argument that is a plain string. The names are those of the pattern that destructures the
/// result.
pub(super) fn call(statement: Statement<'_>, out: &mut Vec<Import>) {
    let node = statement.node;
    let Some(function) = node.child_by_field_name("function") else { return };
    if function.kind() != "import" && statement.source(function) != "require" {
        return;
    }
    let Some(argument) = node.child_by_field_name("arguments").and_then(|a| a.named_child(0))
    else {
        return;
    };
    let plain = match argument.kind() {
        "string" => true,
        "template_string" => {
            !children(argument).iter().any(|c| c.kind() == "template_substitution")
        }
        _ => false,
    };
    if plain {
        let names = pattern_names(statement).unwrap_or_default();
        out.push(statement.import(unquoted(statement.source(argument)), names));
    }
}

/// The names in `const { a, b: c } = require("…")`, from the text before the call: looking a node's
/// parent up costs a walk from the root.
fn pattern_names(statement: Statement<'_>) -> Option<Vec<String>> {
    let before = statement.text.get(..statement.node.start_byte())?.trim_end();
    let before = before.strip_suffix("await").map_or(before, str::trim_end);
    let pattern = before.strip_suffix('=')?.trim_end().strip_suffix('}')?;
    let pattern = &pattern[pattern.rfind(['{', ';', '}'])?..];
    let names = pattern.strip_prefix('{')?.split(',');
    let name = |part: &str| {
        let name = part.split([':', '=']).next().unwrap_or_default().trim();
        (!name.is_empty() && !name.starts_with("...")).then(|| name.to_owned())
    };
    Some(names.filter_map(name).collect())
}
