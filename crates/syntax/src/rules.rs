//! What the nodes of a grammar mean: the schema of `rules/*.toml`, and its form for the walk.
//!
//! A rule file says which kinds of nodes are definitions, imports, uses, comments and strings. A
//! *selector* in it is the name of a field or, where the grammar has no such field, of a kind of child;
//! `:name` is the kind even where there is such a field.

use std::collections::BTreeMap;

use serde::Deserialize;
use tree_sitter::Node;

use crate::DefinitionKind;
use crate::imports::ImportForm;
use crate::salvage::Words;

/// A rule file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RuleFile {
    /// Kinds that define something.
    definitions: BTreeMap<String, DefinitionRule>,
    /// Kinds that import something, and the form of the statement.
    imports: BTreeMap<String, ImportForm>,
    /// Kinds that use a name, and the selectors of what they use, of which the first that is there
    /// counts: a callee, a base class.
    uses: BTreeMap<String, Vec<String>>,
    /// Kinds that reach for a member, and the selector of what it is a member of, which counts as used
    /// when it begins with a capital.
    members: BTreeMap<String, String>,
    /// Calls with a title and a function: named blocks, as test frameworks and routers have them.
    blocks: BTreeMap<String, BlockRule>,
    /// Calls that define what their arguments name: `attr_reader :user`, `define('LIMIT', 10)`.
    declares: BTreeMap<String, DeclareRule>,
    comments: Vec<String>,
    /// Openings of comments that speak of what is around them, not of what follows.
    inner_comments: Vec<String>,
    strings: Vec<String>,
    /// Statements that are a comment when they hold a string and nothing else.
    docstrings: Vec<String>,
    /// What stands before a definition, belongs to it and isn't part of its signature.
    attributes: Vec<String>,
    /// Kinds around a definition, which takes their beginning for its own.
    wrappers: Vec<String>,
    /// Functions without a name: what is bound inside them is local.
    locals: Vec<String>,
    /// Leaves that name a type wherever they stand.
    types: Vec<String>,
    /// Kinds in which each identifier names a type.
    contexts: Vec<String>,
    /// Kinds that name a type of the language itself, which is no use of anything.
    builtins: Vec<String>,
    /// Leaves that are an identifier.
    identifiers: Vec<String>,
    /// Unparsed code (macro arguments): an identifier counts as used before `(` or with a capital.
    token_trees: Vec<String>,
    /// Kinds whose whole text is a name.
    names: Vec<String>,
    /// Kinds around a name that have no field for it: the name is in their first child.
    transparent: Vec<String>,
    /// The same, with the name in their last child.
    transparent_last: Vec<String>,
    /// Kinds that list several names.
    lists: Vec<String>,
    /// What may stand before a name without being the type that it belongs to: `this`, `exports`.
    not_owners: Vec<String>,
    /// Names that give way to the one that the value itself has: `module.exports = class A {}`.
    placeholders: Vec<String>,
    /// Words that begin a definition, and what they define, for code that can't be parsed.
    salvage: BTreeMap<String, DefinitionKind>,
    /// What may stand before such a word.
    salvage_modifiers: Vec<String>,
}

impl RuleFile {
    /// Reads rule files, of which later ones add to earlier ones, or say otherwise of a kind.
    pub(crate) fn read(texts: &[&str]) -> Result<Self, toml::de::Error> {
        let mut all = toml::Table::new();
        for text in texts {
            for (key, value) in text.parse::<toml::Table>()? {
                match (all.get_mut(&key), value) {
                    (Some(toml::Value::Table(old)), toml::Value::Table(new)) => old.extend(new),
                    (Some(toml::Value::Array(old)), toml::Value::Array(new)) => old.extend(new),
                    (_, value) => drop(all.insert(key, value)),
                }
            }
        }
        Self::deserialize(all)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefinitionRule {
    /// What it defines; without it, the node defines something only if `kinds` says so.
    kind: Option<DefinitionKind>,
    /// The selector of its name.
    #[serde(default = "name")]
    name: String,
    /// Whether the whole text of what `name` selects is the name, dots and all.
    #[serde(default)]
    whole: bool,
    /// Whether there may be several names, each a definition.
    #[serde(default)]
    many: bool,
    /// Whether the node is only a list of definitions, which are what `name` selects.
    #[serde(default)]
    each: bool,
    /// The kinds that may hold the name; any, if there are none.
    #[serde(default)]
    of: Vec<String>,
    /// The selectors of its body, the first that is there; by default the field `body`, if there is one.
    body: Option<Vec<String>>,
    /// The selector of the value that it binds.
    value: Option<String>,
    /// What it defines when its value, or the innermost declarator around its name, is of a kind.
    #[serde(default)]
    kinds: BTreeMap<String, DefinitionKind>,
    /// The selector of something without which it defines nothing.
    requires: Option<String>,
    /// The selector of the type that it belongs to, where it stands outside of it; before the name.
    receiver: Option<String>,
}

fn name() -> String {
    "name".to_owned()
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockRule {
    /// The selector of the arguments.
    arguments: String,
    /// The kinds that a first argument has which is a title.
    titles: Vec<String>,
    /// The kinds that a last argument has which is the function.
    #[serde(default)]
    functions: Vec<String>,
    /// The selector of a function that follows the arguments.
    block: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclareRule {
    /// The selector of what is called.
    callee: String,
    /// The selector of the arguments.
    arguments: String,
    /// The kinds that an argument has which names something.
    of: Vec<String>,
    /// Callees whose every argument names something, and what.
    #[serde(default)]
    all: BTreeMap<String, DefinitionKind>,
    /// Callees whose first argument names something, and what.
    #[serde(default)]
    first: BTreeMap<String, DefinitionKind>,
    /// The selector of a block that is the body.
    block: Option<String>,
}

/// A field or a kind of child.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Selector {
    Field(u16),
    Kind(u16),
}

impl Selector {
    /// The first child that it selects.
    pub(crate) fn first<'t>(self, node: Node<'t>) -> Option<Node<'t>> {
        match self {
            Self::Field(field) => node.child_by_field_id(field),
            Self::Kind(kind) => {
                let mut cursor = node.walk();
                node.children(&mut cursor).find(|child| child.kind_id() == kind)
            }
        }
    }

    /// Every child that it selects, in order.
    pub(crate) fn all<'t>(self, node: Node<'t>) -> Vec<Node<'t>> {
        let mut cursor = node.walk();
        match self {
            Self::Field(field) => match std::num::NonZeroU16::new(field) {
                Some(field) => node.children_by_field_id(field, &mut cursor).collect(),
                None => Vec::new(),
            },
            Self::Kind(kind) => {
                node.children(&mut cursor).filter(|child| child.kind_id() == kind).collect()
            }
        }
    }
}

/// A set of kinds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kinds(Vec<u16>);

impl Kinds {
    /// Whether the node is of one of them.
    pub(crate) fn has(&self, node: Node<'_>) -> bool {
        self.0.contains(&node.kind_id())
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A definition rule, for the walk.
#[derive(Debug)]
pub(crate) struct Define {
    pub(crate) kind: Option<DefinitionKind>,
    pub(crate) name: Selector,
    pub(crate) whole: bool,
    pub(crate) many: bool,
    pub(crate) each: bool,
    pub(crate) of: Kinds,
    pub(crate) body: Vec<Selector>,
    pub(crate) value: Option<Selector>,
    pub(crate) requires: Option<Selector>,
    pub(crate) receiver: Option<Selector>,
    kinds: Vec<(u16, DefinitionKind)>,
}

impl Define {
    /// What it defines because of a value or declarator of this kind.
    pub(crate) fn kind_by(&self, node: Node<'_>) -> Option<DefinitionKind> {
        let id = node.kind_id();
        self.kinds.iter().find(|(kind, _)| *kind == id).map(|&(_, kind)| kind)
    }
}

/// A rule for named blocks, for the walk.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) arguments: Selector,
    pub(crate) block: Option<Selector>,
    pub(crate) functions: Kinds,
    pub(crate) titles: Kinds,
}

/// A rule for calls that define, for the walk.
#[derive(Debug)]
pub(crate) struct Declare {
    pub(crate) callee: Selector,
    pub(crate) arguments: Selector,
    pub(crate) of: Kinds,
    pub(crate) all: BTreeMap<String, DefinitionKind>,
    pub(crate) first: BTreeMap<String, DefinitionKind>,
    pub(crate) block: Option<Selector>,
}

/// What one kind of node means.
#[derive(Debug, Default)]
pub(crate) struct Meaning {
    pub(crate) define: Option<Define>,
    pub(crate) import: Option<ImportForm>,
    pub(crate) uses: Vec<Selector>,
    pub(crate) member: Option<Selector>,
    pub(crate) block: Option<Block>,
    pub(crate) declare: Option<Declare>,
    pub(crate) comment: bool,
    pub(crate) string: bool,
    pub(crate) docstring: bool,
    pub(crate) attribute: bool,
    pub(crate) wrapper: bool,
    pub(crate) local: bool,
    pub(crate) type_name: bool,
    pub(crate) context: bool,
    pub(crate) identifier: bool,
    pub(crate) token_tree: bool,
}

/// The fields that lead from a node to the name in it.
#[derive(Debug, Default)]
pub(crate) struct NameFields {
    /// `declarator`, `name`, `property`, …: tried in this order.
    pub(crate) inward: Vec<u16>,
    /// `scope`, `object`: what the name belongs to.
    pub(crate) owner: Vec<u16>,
    /// `type` before the others, for receivers.
    pub(crate) type_first: Vec<u16>,
}

/// Sets one of the flags of a meaning.
type SetFlag = fn(&mut Meaning);

/// The rules of a language, by the number that its grammar gives to each kind of node.
#[derive(Debug)]
pub(crate) struct Rules {
    meanings: Vec<Meaning>,
    pub(crate) names: Kinds,
    pub(crate) transparent: Kinds,
    pub(crate) transparent_last: Kinds,
    pub(crate) lists: Kinds,
    pub(crate) strings: Kinds,
    pub(crate) builtins: Kinds,
    pub(crate) inner_comments: Vec<String>,
    pub(crate) not_owners: Vec<String>,
    pub(crate) placeholders: Vec<String>,
    pub(crate) fields: NameFields,
    pub(crate) words: Words,
}

impl Rules {
    /// What the nodes of this kind mean.
    pub(crate) fn meaning(&self, kind: u16) -> Option<&Meaning> {
        self.meanings.get(usize::from(kind))
    }

    /// Ties a rule file to a grammar. Also returns what the file names and the grammar doesn't have.
    pub(crate) fn new(file: RuleFile, grammar: &tree_sitter::Language) -> (Self, Vec<String>) {
        let mut unknown = Vec::new();
        let mut ids = Ids { grammar, unknown: &mut unknown };
        let mut meanings: Vec<Meaning> = Vec::new();
        meanings.resize_with(grammar.node_kind_count(), Meaning::default);

        let flags: [(&[String], SetFlag); 10] = [
            (&file.comments, |m| m.comment = true),
            (&file.strings, |m| m.string = true),
            (&file.docstrings, |m| m.docstring = true),
            (&file.attributes, |m| m.attribute = true),
            (&file.wrappers, |m| m.wrapper = true),
            (&file.locals, |m| m.local = true),
            (&file.types, |m| m.type_name = true),
            (&file.contexts, |m| m.context = true),
            (&file.identifiers, |m| m.identifier = true),
            (&file.token_trees, |m| m.token_tree = true),
        ];
        for (kinds, set) in flags {
            for kind in kinds {
                meanings.get_mut(usize::from(ids.kind(kind))).into_iter().for_each(set);
            }
        }
        let mut put =
            |ids: &mut Ids<'_>, kind: &str, set: &mut dyn FnMut(&mut Ids<'_>, &mut Meaning)| {
                let at = usize::from(ids.kind(kind));
                if let Some(meaning) = meanings.get_mut(at) {
                    set(ids, meaning);
                }
            };
        for (kind, rule) in &file.definitions {
            put(&mut ids, kind, &mut |ids, m| m.define = Some(ids.define(rule)));
        }
        for (kind, form) in &file.imports {
            put(&mut ids, kind, &mut |_, m| m.import = Some(*form));
        }
        for (kind, selectors) in &file.uses {
            put(&mut ids, kind, &mut |ids, m| {
                m.uses = selectors.iter().map(|selector| ids.selector(selector)).collect();
            });
        }
        for (kind, selector) in &file.members {
            put(&mut ids, kind, &mut |ids, m| m.member = Some(ids.selector(selector)));
        }
        for (kind, rule) in &file.blocks {
            put(&mut ids, kind, &mut |ids, m| m.block = Some(ids.block(rule)));
        }
        for (kind, rule) in &file.declares {
            put(&mut ids, kind, &mut |ids, m| m.declare = Some(ids.declare(rule)));
        }
        let fields = ids.name_fields();
        let rules = Self {
            names: ids.kinds(&file.names),
            transparent: ids.kinds(&file.transparent),
            transparent_last: ids.kinds(&file.transparent_last),
            lists: ids.kinds(&file.lists),
            strings: ids.kinds(&file.strings),
            builtins: ids.kinds(&file.builtins),
            inner_comments: file.inner_comments,
            not_owners: file.not_owners,
            placeholders: file.placeholders,
            words: Words { modifiers: file.salvage_modifiers, kinds: file.salvage },
            fields,
            meanings,
        };
        (rules, unknown)
    }
}

/// Looks names up in a grammar, and remembers those that it doesn't have.
struct Ids<'a> {
    grammar: &'a tree_sitter::Language,
    unknown: &'a mut Vec<String>,
}

impl Ids<'_> {
    /// The number of a kind; 0, which no node has, for an unknown one.
    fn kind(&mut self, kind: &str) -> u16 {
        let named = self.grammar.id_for_node_kind(kind, true);
        let id = if named == 0 { self.grammar.id_for_node_kind(kind, false) } else { named };
        if id == 0 {
            self.unknown.push(kind.to_owned());
        }
        id
    }

    fn kinds(&mut self, kinds: &[String]) -> Kinds {
        Kinds(kinds.iter().map(|kind| self.kind(kind)).collect())
    }

    fn selector(&mut self, name: &str) -> Selector {
        if let Some(kind) = name.strip_prefix(':').filter(|kind| !kind.is_empty()) {
            return Selector::Kind(self.kind(kind));
        }
        match self.grammar.field_id_for_name(name) {
            Some(field) => Selector::Field(field.get()),
            None => Selector::Kind(self.kind(name)),
        }
    }

    fn define(&mut self, rule: &DefinitionRule) -> Define {
        let default = || {
            let field = self.grammar.field_id_for_name("body");
            field.map(|field| Selector::Field(field.get())).into_iter().collect()
        };
        let body = match &rule.body {
            Some(names) => names.iter().map(|name| self.selector(name)).collect(),
            None => default(),
        };
        Define {
            kind: rule.kind,
            name: self.selector(&rule.name),
            whole: rule.whole,
            many: rule.many,
            each: rule.each,
            of: self.kinds(&rule.of),
            body,
            value: rule.value.as_ref().map(|name| self.selector(name)),
            requires: rule.requires.as_ref().map(|name| self.selector(name)),
            receiver: rule.receiver.as_ref().map(|name| self.selector(name)),
            kinds: rule.kinds.iter().map(|(name, &kind)| (self.kind(name), kind)).collect(),
        }
    }

    fn block(&mut self, rule: &BlockRule) -> Block {
        Block {
            arguments: self.selector(&rule.arguments),
            block: rule.block.as_ref().map(|name| self.selector(name)),
            functions: self.kinds(&rule.functions),
            titles: self.kinds(&rule.titles),
        }
    }

    fn declare(&mut self, rule: &DeclareRule) -> Declare {
        Declare {
            callee: self.selector(&rule.callee),
            arguments: self.selector(&rule.arguments),
            of: self.kinds(&rule.of),
            all: rule.all.clone(),
            first: rule.first.clone(),
            block: rule.block.as_ref().map(|name| self.selector(name)),
        }
    }

    fn name_fields(&self) -> NameFields {
        let ids = |names: &[&str]| {
            names
                .iter()
                .filter_map(|name| self.grammar.field_id_for_name(name))
                .map(u16::from)
                .collect()
        };
        NameFields {
            inward: ids(&[
                "declarator",
                "name",
                "property",
                "field",
                "attribute",
                "suffix",
                "bound_identifier",
                "function",
                "type",
            ]),
            owner: ids(&["scope", "object"]),
            type_first: ids(&["type", "name"]),
        }
    }
}
