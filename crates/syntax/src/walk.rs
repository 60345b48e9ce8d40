//! A tree becomes an outline, by the rules of its language.
//!
//! One pass over all nodes in the order of the text, with a cursor and a stack of its own, so that no
//! depth of nesting can exhaust the program's. Errors in the tree are walked like anything else:
//! what is whole inside them is found.

use std::collections::HashSet;
use std::ops::Range;

use tree_sitter::{Node, Tree};

use crate::grammar::Grammar;
use crate::imports;
use crate::lines::LineIndex;
use crate::names::{self, Name};
use crate::outline::{Definition, DefinitionKind, LineRange, MAX_REFERENCES, Outline, Reference};
use crate::rules::{Block, Declare, Define, Meaning, Rules};

/// Titles of blocks are cut at this many bytes.
const MAX_TITLE: usize = 80;

/// The kind of a node for what a grammar has no rule for, in all grammars (`ts_builtin_sym_error`).
const ERROR: u16 = u16::MAX;

/// The outline of a text that was parsed, and the lines of the tree's errors that take several.
pub(crate) fn walk(grammar: &Grammar, tree: &Tree, text: &str) -> (Outline, Vec<LineRange>) {
    let lines = LineIndex::new(text);
    let mut walk = Walk {
        rules: &grammar.rules,
        text,
        leading: vec![None; lines.count() as usize + 1],
        lines,
        outline: Outline::default(),
        defining: HashSet::new(),
        attribute_end: 0,
        child_end: vec![0],
        errors: Vec::new(),
    };
    walk.run(tree);
    let mut outline = walk.outline;
    outline.sort_definitions();
    outline.references.sort_by_key(|reference| reference.line);
    keep_first_uses(&mut outline.references);
    (outline, walk.errors)
}

/// Drops all uses of a name but the first.
fn keep_first_uses(references: &mut Vec<Reference>) {
    let mut seen: HashSet<&str> = HashSet::with_capacity(references.len());
    let is_first: Vec<bool> =
        references.iter().map(|reference| seen.insert(reference.name.as_str())).collect();
    let mut is_first = is_first.into_iter();
    references.retain(|_| is_first.next().unwrap_or(false));
}

struct Walk<'a> {
    rules: &'a Rules,
    text: &'a str,
    lines: LineIndex,
    outline: Outline,
    /// Where the names of definitions begin: these aren't uses.
    defining: HashSet<usize>,
    /// For each line on which a comment or attribute ends that has its lines for itself: the line it
    /// begins on, and whether it is a comment.
    leading: Vec<Option<(u32, bool)>>,
    /// Where the last attribute ended.
    attribute_end: usize,
    /// The last line of the last definition at the top, and inside each definition.
    child_end: Vec<u32>,
    /// The lines of errors that take several, but for those inside others.
    errors: Vec<LineRange>,
}

/// What holds for the nodes at one level.
#[derive(Debug, Clone, Copy, Default)]
struct Scope {
    /// The innermost definition.
    parent: Option<usize>,
    /// Whether what is bound here is seen only here.
    local: bool,
    /// Whether identifiers name types here.
    context: bool,
    /// Whether this is unparsed code.
    token_tree: bool,
    /// The node that `parent` binds; it may define the same thing once more.
    value: Option<usize>,
    /// Where the wrapper right around this level begins.
    wrapper: Option<usize>,
}

/// A definition before it has lines.
struct Found<'t> {
    kind: DefinitionKind,
    name: String,
    receiver: Option<String>,
    /// The node that is the definition, without its wrapper.
    node: Node<'t>,
    /// All of its bytes but for the comments and attributes above it.
    bytes: Range<usize>,
    body: Option<Body<'t>>,
    /// Where the value begins that it binds, if any.
    value_start: Option<usize>,
}

struct Body<'t> {
    node: Node<'t>,
    bytes: Range<usize>,
}

impl<'a> Walk<'a> {
    fn run(&mut self, tree: &'a Tree) {
        let mut cursor = tree.walk();
        // The scope of each level, from the root to the cursor.
        let mut scopes = vec![Scope::default()];
        loop {
            let node = cursor.node();
            let kind = node.kind_id();
            if kind == ERROR {
                self.error(node);
            }
            let at = scopes.len() - 1;
            let inner = match self.rules.meaning(kind) {
                Some(meaning) => self.enter(node, meaning, &mut scopes[at]),
                None => Some(scopes[at]),
            };
            if let Some(inner) = inner
                && cursor.goto_first_child()
            {
                scopes.push(inner);
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                scopes.pop();
            }
        }
    }

    fn error(&mut self, node: Node<'_>) {
        let lines = self.lines.lines_of(node.byte_range());
        if lines.start < lines.end && self.errors.last().is_none_or(|last| last.end < lines.end) {
            self.errors.push(lines);
        }
    }

    /// Notes what a node means; returns the scope of its children, `None` to pass them by.
    fn enter(&mut self, node: Node<'a>, meaning: &Meaning, scope: &mut Scope) -> Option<Scope> {
        if meaning.comment {
            self.comment(node);
            return None;
        }
        if meaning.docstring
            && let Some(string) = self.lone_string(node)
        {
            self.outline.comments.push(string.byte_range());
            return None;
        }
        if let Some(form) = meaning.import
            && imports::collect(form, node, self.text, &mut self.outline.imports)
        {
            return None;
        }
        if meaning.string && self.outline.literals.last().is_none_or(|l| l.end <= node.start_byte())
        {
            self.outline.literals.push(node.byte_range());
        }
        if meaning.attribute {
            self.attribute_end = node.end_byte();
            self.lead(node.byte_range(), false);
        }
        self.note_uses(node, meaning, *scope);

        let mut inner = Scope { wrapper: None, ..*scope };
        inner.local |= meaning.local;
        inner.context |= meaning.context;
        inner.token_tree |= meaning.token_tree;
        let defined = None
            .or_else(|| self.define(node, meaning.define.as_ref()?, scope))
            .or_else(|| self.declare(node, meaning.declare.as_ref()?, scope))
            .or_else(|| self.block(node, meaning.block.as_ref()?, scope));
        if let Some((parent, value)) = defined {
            inner.parent = Some(parent);
            inner.value = value;
            inner.context = false;
            inner.local = match self.outline.definitions[parent].kind {
                DefinitionKind::Function | DefinitionKind::Method => true,
                DefinitionKind::Constant | DefinitionKind::Section => inner.local,
                _ => false,
            };
        } else if meaning.wrapper {
            inner.wrapper = scope.wrapper.or(Some(node.start_byte()));
        }
        Some(inner)
    }

    fn comment(&mut self, node: Node<'_>) {
        let bytes = self.trimmed(node.byte_range());
        if self.outline.comments.last().is_some_and(|last| last.end > bytes.start) {
            return;
        }
        let comment = &self.text[bytes.clone()];
        let inner = self.rules.inner_comments.iter().any(|opening| comment.starts_with(opening));
        let shebang = bytes.start == 0 && comment.starts_with("#!");
        if !inner && !shebang {
            self.lead(bytes.clone(), true);
        }
        self.outline.comments.push(bytes);
    }

    /// Remembers a comment or attribute that has its lines for itself.
    fn lead(&mut self, bytes: Range<usize>, is_comment: bool) {
        let lines = self.lines.lines_of(bytes.clone());
        let before = &self.text[self.lines.start_of(lines.start)..bytes.start];
        let after = &self.text[bytes.end..self.lines.start_of(lines.end + 1).max(bytes.end)];
        if before.trim().is_empty() && after.trim().is_empty() {
            self.leading[lines.end as usize] = Some((lines.start, is_comment));
        }
    }

    /// The string that a statement consists of, if it does.
    fn lone_string(&self, statement: Node<'a>) -> Option<Node<'a>> {
        let child = statement.named_child(0)?;
        (statement.named_child_count() == 1 && self.rules.strings.has(child)).then_some(child)
    }

    fn note_uses(&mut self, node: Node<'a>, meaning: &Meaning, scope: Scope) {
        if let Some(target) = meaning.uses.iter().find_map(|selector| selector.first(node)) {
            self.use_target(target);
        }
        if let Some(target) = meaning.member.and_then(|selector| selector.first(node))
            && let Some(name) = names::find(self.rules, self.text, target)
            && name.text.starts_with(|c: char| c.is_uppercase())
        {
            self.refer(&name);
        }
        let in_tree = meaning.identifier && scope.token_tree && self.counts_in_token_tree(node);
        let is_use = meaning.type_name || (meaning.identifier && scope.context) || in_tree;
        if is_use && let Some(name) = names::find(self.rules, self.text, node) {
            self.refer(&name);
        }
    }

    fn counts_in_token_tree(&self, node: Node<'_>) -> bool {
        let called = self.text.as_bytes().get(node.end_byte()) == Some(&b'(');
        called || self.text[node.byte_range()].starts_with(|c: char| c.is_uppercase())
    }

    /// A callee or base class, or a list of them.
    fn use_target(&mut self, target: Node<'a>) {
        if let Some(name) = names::find(self.rules, self.text, target) {
            return self.refer(&name);
        }
        let mut cursor = target.walk();
        for child in target.named_children(&mut cursor) {
            if let Some(name) = names::find(self.rules, self.text, child) {
                self.refer(&name);
            }
        }
    }

    fn refer(&mut self, name: &Name<'_>) {
        let references = &mut self.outline.references;
        let defined_here = self.defining.contains(&name.node.start_byte());
        if references.len() >= MAX_REFERENCES || defined_here || self.rules.builtins.has(name.node)
        {
            return;
        }
        let line = self.lines.line_of(name.node.start_byte());
        if references.last().is_none_or(|last| last.line != line || last.name != name.text) {
            references.push(Reference { name: name.text.to_owned(), line });
        }
    }

    /// Notes what a node defines by a rule. Returns the definition that encloses what is inside the
    /// node, and the node that it binds.
    fn define(
        &mut self,
        node: Node<'a>,
        rule: &Define,
        scope: &mut Scope,
    ) -> Option<(usize, Option<usize>)> {
        if rule.requires.is_some_and(|selector| selector.first(node).is_none()) {
            return None;
        }
        let targets = self.targets(rule, node);
        let mut last = None;
        for target in &targets {
            let name = match rule.whole {
                true => names::whole(self.text, *target),
                false => names::find(self.rules, self.text, *target),
            };
            let Some(name) = name else { continue };
            if !rule.of.is_empty() && !rule.of.has(name.node) {
                continue;
            }
            let value = rule.value.and_then(|s| s.first(node).or_else(|| s.first(*target)));
            let name =
                self.own_name(value).filter(|_| self.is_placeholder(name.text)).unwrap_or(name);
            let Some(found) = self.found(node, rule, &name, value, scope) else { continue };
            self.defining.insert(name.node.start_byte());
            let alone = targets.len() == 1 && !rule.each;
            let found = match alone {
                true => found,
                false => Found { node: *target, bytes: target.byte_range(), ..found },
            };
            let index = self.add(found, scope);
            last = alone.then_some((index, value.map(|value| value.id())));
        }
        last
    }

    fn is_placeholder(&self, name: &str) -> bool {
        self.rules.placeholders.iter().any(|placeholder| placeholder == name)
    }

    /// The name that a value has itself, as a class or function expression may.
    fn own_name(&self, value: Option<Node<'a>>) -> Option<Name<'a>> {
        names::find(self.rules, self.text, value?.child_by_field_name("name")?)
    }

    /// The nodes that a rule takes names from.
    fn targets(&self, rule: &Define, node: Node<'a>) -> Vec<Node<'a>> {
        let selected = match rule.many || rule.each {
            true => rule.name.all(node).into_iter().filter(|target| target.is_named()).collect(),
            false => Vec::from_iter(rule.name.first(node)),
        };
        let mut out = Vec::with_capacity(selected.len());
        for target in selected {
            if self.rules.lists.has(target) {
                let mut cursor = target.walk();
                out.extend(target.named_children(&mut cursor));
            } else {
                out.push(target);
            }
        }
        out
    }

    /// What a node defines under a name; `None` where it is local, or was defined by what binds it.
    fn found(
        &self,
        node: Node<'a>,
        rule: &Define,
        name: &Name<'a>,
        value: Option<Node<'a>>,
        scope: &Scope,
    ) -> Option<Found<'a>> {
        let by_value = value.and_then(|value| rule.kind_by(value));
        let by_declarator = || name.around.and_then(|around| rule.kind_by(around));
        let mut kind = by_value.or_else(by_declarator).or(rule.kind)?;
        let parent = scope.parent.map(|parent| &self.outline.definitions[parent]);
        if scope.value == Some(node.id()) && parent.is_some_and(|p| p.name == name.text) {
            return None;
        }
        let receiver = rule
            .receiver
            .and_then(|selector| selector.first(node))
            .filter(|receiver| receiver.end_byte() <= name.node.start_byte())
            .and_then(|receiver| names::find_type(self.rules, self.text, receiver))
            .or(name.owner)
            .filter(|owner| !self.rules.not_owners.iter().any(|other| other == owner));
        if kind == DefinitionKind::Function && !scope.local {
            let member = parent.is_some_and(|parent| parent.kind.has_members());
            if member || receiver.is_some() {
                kind = DefinitionKind::Method;
            }
        }
        let body = self.body(node, rule, value, kind);
        let callable = matches!(kind, DefinitionKind::Function | DefinitionKind::Method);
        if scope.local && (kind == DefinitionKind::Constant || callable && body.is_none()) {
            return None;
        }
        let start = scope.wrapper.unwrap_or(node.start_byte());
        Some(Found {
            kind,
            name: name.text.to_owned(),
            receiver: receiver.map(str::to_owned),
            node,
            bytes: start..node.end_byte(),
            body,
            value_start: value.map(|value| value.start_byte()).or_else(|| {
                let after = self.text.get(name.node.end_byte()..node.end_byte())?;
                let constant = kind == DefinitionKind::Constant;
                constant.then(|| Some(name.node.end_byte() + after.find('=')?)).flatten()
            }),
        })
    }

    fn body(
        &self,
        node: Node<'a>,
        rule: &Define,
        value: Option<Node<'a>>,
        kind: DefinitionKind,
    ) -> Option<Body<'a>> {
        for around in [Some(node), value].into_iter().flatten() {
            if let Some(body) = rule.body.iter().find_map(|selector| selector.first(around)) {
                // A delimiter stands for all from it to the end of the node that it is in.
                let opens = !body.is_named();
                let end = if opens { around.end_byte() } else { body.end_byte() };
                let bytes = self.trimmed(body.start_byte()..end);
                return Some(Body { node: if opens { around } else { body }, bytes });
            }
        }
        let value = value.filter(|_| kind == DefinitionKind::Constant)?;
        let bytes = self.trimmed(value.byte_range());
        let text = &self.text[bytes.clone()];
        let long = text.starts_with(['{', '[', '(']) && text.contains('\n');
        long.then_some(Body { node: value, bytes })
    }

    /// Notes what a call defines by its arguments: `attr_reader :user`, `define('LIMIT', 10)`.
    fn declare(
        &mut self,
        node: Node<'a>,
        rule: &Declare,
        scope: &mut Scope,
    ) -> Option<(usize, Option<usize>)> {
        let callee = self.text.get(rule.callee.first(node)?.byte_range())?;
        let (kind, first_only) = match (rule.all.get(callee), rule.first.get(callee)) {
            (Some(kind), _) => (*kind, false),
            (_, Some(kind)) => (*kind, true),
            (None, None) => return None,
        };
        let arguments = rule.arguments.first(node)?;
        let mut cursor = arguments.walk();
        let mut last = None;
        for argument in arguments.named_children(&mut cursor) {
            let Some(name) = names::find(self.rules, self.text, argument) else { continue };
            let Some(defined) = names::of_symbol(name.text) else { continue };
            // Ruby's `def_delegators :@store, …` names first what it delegates to.
            if !rule.of.has(name.node) || defined.starts_with('@') {
                continue;
            }
            let body = rule.block.and_then(|selector| selector.first(node));
            let found = Found {
                kind,
                name: defined.to_owned(),
                receiver: None,
                node: if first_only { node } else { argument },
                bytes: if first_only { node.byte_range() } else { argument.byte_range() },
                body: body.map(|node| Body { node, bytes: self.trimmed(node.byte_range()) }),
                value_start: None,
            };
            let index = self.add(found, scope);
            if first_only {
                last = Some((index, None));
                break;
            }
        }
        last
    }

    /// Notes a named block: `describe("routes", () => {…})`, `task :build do … end`. Inside a function
    /// such calls are its steps and no parts of the file.
    fn block(
        &mut self,
        node: Node<'a>,
        rule: &Block,
        scope: &mut Scope,
    ) -> Option<(usize, Option<usize>)> {
        let parent = scope.parent.map(|parent| self.outline.definitions[parent].kind);
        let in_function = matches!(parent, Some(DefinitionKind::Function | DefinitionKind::Method));
        if in_function || scope.value == Some(node.id()) {
            return None;
        }
        let arguments = rule.arguments.first(node)?;
        let title = arguments.named_child(0).filter(|first| rule.titles.has(*first))?;
        let last = || {
            let count = u32::try_from(arguments.named_child_count()).ok()?;
            arguments.named_child(count.checked_sub(1)?).filter(|last| rule.functions.has(*last))
        };
        let body = rule.block.and_then(|selector| selector.first(node)).or_else(last)?;
        let name = self.title(title);
        if name.is_empty() || body.start_position().row == body.end_position().row {
            return None;
        }
        let found = Found {
            kind: DefinitionKind::Section,
            name,
            receiver: None,
            node,
            bytes: node.byte_range(),
            body: Some(Body { node: body, bytes: self.trimmed(body.byte_range()) }),
            value_start: None,
        };
        Some((self.add(found, scope), None))
    }

    fn title(&self, node: Node<'_>) -> String {
        let line = self.text[node.byte_range()].lines().next().unwrap_or_default();
        let title = line.trim_start_matches(':').trim_matches(['"', '\'', '`']);
        title[..title.floor_char_boundary(MAX_TITLE)].to_owned()
    }

    /// Adds a definition with its lines: those above it that are its comments and attributes too.
    fn add(&mut self, found: Found<'a>, scope: &mut Scope) -> usize {
        let bytes = self.trimmed(found.bytes);
        let own = self.lines.lines_of(bytes.clone());
        let parent = scope.parent.map(|parent| &self.outline.definitions[parent]);
        let (first, mut doc) = match parent {
            Some(parent) if parent.signature.start >= own.start => (own.start, None),
            _ => self.above(own.start, self.child_end[scope.parent.map_or(0, |p| p + 1)]),
        };
        if let Some(body) = &found.body
            && let Some(statement) = body.node.named_child(0)
            && self.rules.meaning(statement.kind_id()).is_some_and(|meaning| meaning.docstring)
            && let Some(string) = self.lone_string(statement)
        {
            doc = Some(self.lines.lines_of(string.byte_range()));
        }
        let start = parent.map_or(first, |parent| first.max(parent.lines.start));
        let end = own.end.max(start);
        let signature = {
            let from = self.lines.line_of(self.signature_start(found.node, bytes.start));
            let to = match (&found.body, found.value_start) {
                (Some(body), _) => self.opening_line(found.node, body.bytes.start),
                (None, Some(value)) => self.lines.line_of(value),
                (None, None) => own.end,
            };
            let from = from.clamp(own.start.min(end), end);
            LineRange { start: from, end: to.clamp(from, end) }
        };
        self.child_end[scope.parent.map_or(0, |parent| parent + 1)] = end;
        self.child_end.push(0);
        scope.wrapper = None;
        self.outline.definitions.push(Definition {
            name: found.name,
            kind: found.kind,
            receiver: found.receiver,
            lines: LineRange { start, end },
            signature,
            doc,
            body: found.body.map(|body| body.bytes),
            parent: scope.parent,
        });
        self.outline.definitions.len() - 1
    }

    /// The first of the lines right above `line`, and below `floor`, that hold nothing but comments
    /// and attributes; and the lines of the comments among them.
    fn above(&self, line: u32, floor: u32) -> (u32, Option<LineRange>) {
        let mut first = line;
        let mut doc: Option<LineRange> = None;
        while let Some((start, is_comment)) = self.leading[first as usize - 1]
            && start > floor
        {
            if is_comment {
                doc = Some(LineRange { start, end: doc.map_or(first - 1, |doc| doc.end) });
            }
            first = start;
        }
        (first, doc)
    }

    /// Where a signature begins: after the attributes, be they before the node or in it.
    fn signature_start(&self, node: Node<'a>, start: usize) -> usize {
        if start < node.start_byte() {
            let after = if self.attribute_end > start { self.attribute_end } else { start };
            let blank = self.text[after..].len() - self.text[after..].trim_start().len();
            return (after + blank).min(node.start_byte());
        }
        let is_attribute = |node: Node<'_>| {
            self.rules
                .meaning(node.kind_id())
                .is_some_and(|meaning| meaning.attribute || meaning.comment)
        };
        // Attributes are children of the definition, or of its modifiers.
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            if is_attribute(child) {
                continue;
            }
            let mut inner = child.walk();
            let children = child.children(&mut inner).collect::<Vec<_>>();
            match children.iter().find(|inner| !is_attribute(**inner)) {
                Some(first) => return first.start_byte(),
                None if children.is_empty() => return child.start_byte(),
                None => {}
            }
        }
        start
    }

    /// The line that a body opens on: that of its delimiter, else of what is before it.
    fn opening_line(&self, node: Node<'a>, start: usize) -> u32 {
        if self.text[start..].starts_with(['{', '(', '[', '=']) {
            return self.lines.line_of(start);
        }
        let mut cursor = node.walk();
        let before = node
            .children(&mut cursor)
            .take_while(|child| child.end_byte() <= start)
            .filter(|child| !self.rules.meaning(child.kind_id()).is_some_and(|m| m.comment));
        before.last().map_or_else(
            || self.lines.line_of(start),
            |before| self.lines.line_of(before.end_byte().saturating_sub(1)),
        )
    }

    /// The range without the blanks at its end.
    fn trimmed(&self, bytes: Range<usize>) -> Range<usize> {
        let text = &self.text[bytes.clone()];
        bytes.start..bytes.start + text.trim_end().len()
    }
}
