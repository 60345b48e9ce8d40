//! Resolves the imports of one file: the resolver of its language says what each means, and an import of
//! several files leads to those that are used.

use std::sync::OnceLock;

use rustc_hash::FxHashSet;
use syntax::{Import, Language, Outline, Reference};

use crate::groups::{Group, Groups};
use crate::languages::{bash, c, csharp, ecmascript, go, jvm, php, python, ruby, rust, swift};
use crate::target::{Found, Target};
use crate::tree::Tree;
use crate::{Edge, File, Outside};

/// An import that leads to more files than this is evidence for none of them. By hand, not measured.
const MAX_TARGETS: usize = 20;
/// The most names of a file that are looked up in groups. By hand: it bounds the work.
const MAX_NAMES: usize = 2_000;
/// The most groups that one file imports. By hand: it bounds the work.
const MAX_GROUPS: usize = 64;

/// What the resolution of imports looks things up in, computed once for a checkout: what concerns one language, when
/// it is asked for first.
pub(crate) struct Resolver<'a> {
    pub(crate) files: &'a [File<'a>],
    pub(crate) tree: Tree<'a>,
    pub(crate) groups: Groups<'a>,
    python: OnceLock<python::Roots<'a>>,
    ecmascript: OnceLock<ecmascript::Projects<'a>>,
    rust: OnceLock<rust::Crates<'a>>,
    go: OnceLock<go::Modules<'a>>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(files: &'a [File<'a>], outlines: &[Option<&'a Outline>]) -> Self {
        let tree = Tree::new(files);
        Self {
            files,
            groups: Groups::new(files, outlines),
            python: OnceLock::new(),
            ecmascript: OnceLock::new(),
            rust: OnceLock::new(),
            go: OnceLock::new(),
            tree,
        }
    }

    pub(crate) fn python(&self) -> &python::Roots<'a> {
        self.python.get_or_init(|| python::Roots::new(&self.tree))
    }

    pub(crate) fn ecmascript(&self) -> &ecmascript::Projects<'a> {
        self.ecmascript.get_or_init(|| ecmascript::Projects::new(self.files, &self.tree))
    }

    pub(crate) fn rust(&self) -> &rust::Crates<'a> {
        self.rust.get_or_init(|| rust::Crates::new(self.files, &self.tree))
    }

    pub(crate) fn go(&self) -> &go::Modules<'a> {
        self.go.get_or_init(|| go::Modules::new(self.files))
    }

    /// What an import of a file means.
    fn target(&self, from: usize, outline: &Outline, import: &Import) -> Target {
        match self.files[from].language {
            Language::Python => python::resolve(self, from, import),
            Language::JavaScript | Language::TypeScript | Language::Tsx => {
                ecmascript::resolve(self, from, import)
            }
            Language::Rust => rust::resolve(self, from, outline, import),
            Language::Go => go::resolve(self, import),
            Language::Java | Language::Kotlin | Language::Scala => jvm::resolve(self, from, import),
            Language::C | Language::Cpp => c::resolve(self, from, import),
            Language::CSharp => csharp::resolve(self, from, import),
            Language::Ruby => ruby::resolve(self, from, import),
            Language::Php => php::resolve(self, from, import),
            Language::Swift => swift::resolve(self, import),
            Language::Bash => bash::resolve(self, from, import),
            _ => Target::External(import.module.clone()),
        }
    }

    /// The edges of a file, and its imports that lead to none.
    pub(crate) fn imports_of(&self, from: usize, outline: &Outline) -> (Vec<Edge>, Vec<Outside>) {
        let uses = Uses::of(outline);
        let mut edges = Vec::new();
        let mut outside = Vec::new();
        let mut groups = FxHashSet::default();
        for (at, import) in outline.imports.iter().enumerate() {
            let found = match self.target(from, outline, import) {
                Target::Files(found) => found,
                Target::Group(group) if groups.len() < MAX_GROUPS => {
                    groups.insert(group);
                    self.used_of(group, &uses)
                }
                Target::Group(_) => Vec::new(),
                Target::External(package) => {
                    outside.push(Outside { import: at, package: Some(package) });
                    continue;
                }
                Target::Missing => {
                    outside.push(Outside { import: at, package: None });
                    continue;
                }
            };
            if found.len() > MAX_TARGETS {
                continue;
            }
            let share = 1.0 / found.len().max(1) as f32;
            let elsewhere = found.into_iter().filter(|found| found.file != from);
            edges.extend(elsewhere.map(|Found { file, names }| Edge {
                to: file,
                import: Some(at),
                line: import.line,
                names,
                share,
            }));
        }
        for &group in self.groups.seen(from).iter().filter(|group| !groups.contains(*group)) {
            edges.extend(self.seen_of(group, &uses, from));
        }
        (edges, outside)
    }

    /// The files of an imported group that are used: those that define what is referred to, or all
    /// where that is none.
    fn used_of(&self, group: Group, uses: &Uses<'_>) -> Vec<Found> {
        let mut found =
            by_file(uses.defined_in(&self.groups, group).flat_map(|(reference, definers)| {
                definers.iter().map(move |&file| (file, reference))
            }));
        if found.is_empty() {
            let members = self.groups.members(group).iter().take(MAX_TARGETS + 1);
            found = members.map(|&file| (file, Vec::new())).collect();
        }
        let named = |names: Vec<&Reference>| names.iter().map(|used| used.name.clone()).collect();
        found.into_iter().map(|(file, names)| Found { file, names: named(names) }).collect()
    }

    /// The edges from a file into a group that it sees without an import.
    fn seen_of(&self, group: Group, uses: &Uses<'_>, from: usize) -> Vec<Edge> {
        let defined = uses.defined_in(&self.groups, group);
        // What the file defines itself it takes from nowhere else.
        let elsewhere = defined.filter(|(_, definers)| definers.binary_search(&from).is_err());
        let found =
            by_file(elsewhere.flat_map(|(reference, definers)| {
                definers.iter().map(move |&file| (file, reference))
            }));
        let edge = |(to, names): (usize, Vec<&Reference>)| Edge {
            to,
            import: None,
            line: names.first().map_or(0, |used| used.line),
            share: names
                .iter()
                .map(|used| 1.0 / self.groups.definers(group, &used.name).len().max(1) as f32)
                .fold(0.0, f32::max),
            names: names.iter().map(|used| used.name.clone()).collect(),
        };
        found.into_iter().map(edge).collect()
    }
}

/// The names that a file refers to, each once, with its first use.
struct Uses<'a>(Vec<&'a Reference>);

impl<'a> Uses<'a> {
    fn of(outline: &'a Outline) -> Self {
        let mut seen = FxHashSet::default();
        let once = outline.references.iter().filter(|used| seen.insert(used.name.as_str()));
        Self(once.take(MAX_NAMES).collect())
    }

    /// Those that files of a group define, with these files.
    fn defined_in<'g>(
        &'g self,
        groups: &'g Groups<'_>,
        group: Group,
    ) -> impl Iterator<Item = (&'a Reference, &'g [usize])> {
        let defined = self.0.iter().map(move |&used| (used, groups.definers(group, &used.name)));
        defined.filter(|(_, definers)| (1..=MAX_TARGETS).contains(&definers.len()))
    }
}

/// Groups pairs by their file, in order of the files.
fn by_file<'r>(
    pairs: impl Iterator<Item = (usize, &'r Reference)>,
) -> Vec<(usize, Vec<&'r Reference>)> {
    let mut pairs: Vec<(usize, &Reference)> = pairs.collect();
    pairs.sort_by_key(|(file, _)| *file);
    let grouped = pairs.chunk_by(|a, b| a.0 == b.0);
    grouped.map(|chunk| (chunk[0].0, chunk.iter().map(|&(_, used)| used).collect())).collect()
}
