//! The name in a node: through declarators, members and paths to the identifier at their end.

use tree_sitter::Node;

use crate::rules::Rules;

/// How many nodes deep a name may be wrapped: `char *(*f[3])(int)` has six. Bounds hostile nesting.
const MAX_DEPTH: usize = 64;
/// Names longer than this in bytes are no names but code that a broken parse took for one.
const MAX_BYTES: usize = 240;

/// A name that was found in a node.
#[derive(Debug, Clone)]
pub(crate) struct Name<'t> {
    /// The node that is the name.
    pub(crate) node: Node<'t>,
    /// The name, without quotes.
    pub(crate) text: &'t str,
    /// What stands before it in a path: `A` of `A::b`, `Foo` of `Foo.prototype.bar`.
    pub(crate) owner: Option<&'t str>,
    /// The last node that was passed on the way to the name: its innermost declarator.
    pub(crate) around: Option<Node<'t>>,
}

/// The name that a declarator, path or member ends in.
pub(crate) fn find<'t>(rules: &Rules, text: &'t str, node: Node<'t>) -> Option<Name<'t>> {
    descend(rules, text, node, &rules.fields.inward)
}

/// A node's whole text as a name, without white space inside.
pub(crate) fn whole<'t>(text: &'t str, node: Node<'t>) -> Option<Name<'t>> {
    let text = clean(text.get(node.byte_range())?)?;
    Some(Name { node, text, owner: None, around: None })
}

/// What a symbol stands for: `user` for `:user` and `:"user"`. Broken code may have nothing there.
pub(crate) fn of_symbol(text: &str) -> Option<&str> {
    clean(text.trim_start_matches(':'))
}

/// The name of a type that a receiver or a parameter has.
pub(crate) fn find_type<'t>(rules: &Rules, text: &'t str, node: Node<'t>) -> Option<&'t str> {
    descend(rules, text, node, &rules.fields.type_first).map(|name| name.text)
}

fn descend<'t>(
    rules: &Rules,
    text: &'t str,
    mut node: Node<'t>,
    fields: &[u16],
) -> Option<Name<'t>> {
    let mut owner = None;
    let mut around = None;
    for _ in 0..MAX_DEPTH {
        if rules.names.has(node) || rules.strings.has(node) || node.named_child_count() == 0 {
            let text = clean(text.get(node.byte_range())?)?;
            return Some(Name { node, text, owner, around });
        }
        if let Some(of) = first_field(node, &rules.fields.owner) {
            owner = owner_name(rules, text, of).or(owner);
        }
        let next = first_field(node, fields).or_else(|| child_with_name(rules, node))?;
        around = Some(node);
        node = next;
    }
    None
}

/// `Foo` for `Foo`, `ns.Foo`, `Foo<T>` and `Foo.prototype`.
fn owner_name<'t>(rules: &Rules, text: &'t str, mut node: Node<'t>) -> Option<&'t str> {
    for _ in 0..MAX_DEPTH {
        if node.named_child_count() == 0 || rules.names.has(node) {
            return clean(text.get(node.byte_range())?);
        }
        let inner = first_field(node, &rules.fields.inward)?;
        let is_prototype = text.get(inner.byte_range()) == Some("prototype");
        node = match first_field(node, &rules.fields.owner) {
            Some(of) if is_prototype => of,
            _ => inner,
        };
    }
    None
}

fn child_with_name<'t>(rules: &Rules, node: Node<'t>) -> Option<Node<'t>> {
    if rules.transparent.has(node) {
        return node.named_child(0);
    }
    let last = u32::try_from(node.named_child_count()).ok()?.checked_sub(1)?;
    rules.transparent_last.has(node).then(|| node.named_child(last)).flatten()
}

fn first_field<'t>(node: Node<'t>, fields: &[u16]) -> Option<Node<'t>> {
    fields.iter().find_map(|&field| node.child_by_field_id(field))
}

/// A name without its quotes, if it can be one.
fn clean(text: &str) -> Option<&str> {
    let text = text.trim().trim_matches(['"', '\'', '`']);
    // The name of C++'s `operator bool() const` ends before the parentheses.
    let text = match text.strip_prefix("operator ") {
        Some(_) => text.split('(').next().unwrap_or(text),
        None => text,
    };
    let fits = !text.is_empty() && text.len() <= MAX_BYTES && !text.contains('\n');
    (fits && !text.starts_with(['{', '(', '['])).then_some(text)
}
