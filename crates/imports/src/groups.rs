//! Groups: the files that one name imports together, such as a package of Go or a namespace of C#.
//!
//! What of a group a file really uses is told by names: those that it refers to, and those that the
//! files of the group define at their top.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use syntax::{DefinitionKind, Language, Outline};

use crate::File;
use crate::languages::{go, swift};
use crate::tree::{Tree, split, stem};

/// The number of a group.
pub(crate) type Group = usize;

/// The most namespaces that one file declares. By hand: it bounds the work.
const MOST_NAMESPACES: usize = 16;
/// Bytes at the beginning of a file that are searched for its package clause. By hand: it bounds the work.
const HEAD: usize = 64 << 10;

/// Languages whose files see each other's packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    /// Packages are folders.
    Go,
    /// Packages are declared: Java, Kotlin, Scala, Groovy.
    Jvm,
    /// Namespaces are declared.
    CSharp,
    /// Namespaces are declared.
    Php,
    /// Modules are folders below `Sources` and `Tests`.
    Swift,
}

impl Family {
    pub(crate) fn of(language: Language) -> Option<Self> {
        match language {
            Language::Go => Some(Self::Go),
            Language::Java | Language::Kotlin | Language::Scala | Language::Groovy => {
                Some(Self::Jvm)
            }
            Language::CSharp => Some(Self::CSharp),
            Language::Php => Some(Self::Php),
            Language::Swift => Some(Self::Swift),
            _ => None,
        }
    }
}

/// The groups of a checkout.
pub(crate) struct Groups<'a> {
    by_name: FxHashMap<(Family, String), Group>,
    members: Vec<Vec<usize>>,
    /// By file: the groups whose definitions it sees without an import; its own come first.
    seen: Vec<Vec<Group>>,
    /// The files of a group that define a name.
    definers: FxHashMap<(Group, &'a str), Vec<usize>>,
    /// The files of a group that are called after a name.
    called: FxHashMap<(Group, &'a str), Vec<usize>>,
}

impl<'a> Groups<'a> {
    pub(crate) fn new(files: &'a [File<'a>], outlines: &[Option<&'a Outline>]) -> Self {
        let mut groups = Self {
            by_name: FxHashMap::default(),
            members: Vec::new(),
            seen: vec![Vec::new(); files.len()],
            definers: FxHashMap::default(),
            called: FxHashMap::default(),
        };
        // A file refers to groups of its own family alone.
        let parsed = files.iter().zip(outlines).filter(|(_, outline)| outline.is_some());
        let families: FxHashSet<Family> =
            parsed.filter_map(|(file, _)| Family::of(file.language)).collect();
        let family_of =
            |file: &File<'_>| Family::of(file.language).filter(|family| families.contains(family));
        let heads: Vec<_> = files
            .par_iter()
            .map(|file| family_of(file).map(|family| (family, names(family, file))))
            .collect();
        for (at, head) in heads.iter().enumerate() {
            let Some((family, names)) = head else { continue };
            for name in names {
                groups.add(*family, name, at);
            }
            for &group in &groups.seen[at] {
                groups.called.entry((group, stem(files[at].path))).or_default().push(at);
            }
            let outline = outlines.get(at).copied().flatten();
            for name in outline.into_iter().flat_map(|outline| top_names(outline, *family)) {
                for &group in &groups.seen[at] {
                    let definers = groups.definers.entry((group, name)).or_default();
                    if definers.last() != Some(&at) {
                        definers.push(at);
                    }
                }
            }
        }
        for (at, head) in heads.iter().enumerate() {
            let Some((family, names)) = head else { continue };
            let around = names.iter().flat_map(|name| around(*family, &files[at], name));
            let around: Vec<Group> =
                around.filter_map(|name| groups.named(*family, &name)).collect();
            groups.seen[at].extend(around);
        }
        groups
    }

    fn add(&mut self, family: Family, name: &str, file: usize) {
        let next = self.members.len();
        let group = *self.by_name.entry((family, name.to_owned())).or_insert(next);
        if group == next {
            self.members.push(Vec::new());
        }
        if self.members[group].last() != Some(&file) {
            self.members[group].push(file);
            self.seen[file].push(group);
        }
    }

    /// The group of a name.
    pub(crate) fn named(&self, family: Family, name: &str) -> Option<Group> {
        self.by_name.get(&(family, name.to_owned())).copied()
    }

    /// The files of a group, in order.
    pub(crate) fn members(&self, group: Group) -> &[usize] {
        &self.members[group]
    }

    /// The groups whose definitions a file sees without an import.
    pub(crate) fn seen(&self, file: usize) -> &[Group] {
        &self.seen[file]
    }

    /// The files of a group that a name is defined in: that which is called after it and is nearest to
    /// the file at `from`, else those that define it.
    pub(crate) fn defining(
        &self,
        group: Group,
        name: &str,
        tree: &Tree<'_>,
        from: usize,
    ) -> Option<Vec<usize>> {
        let called = self.called.get(&(group, name)).map_or(&[][..], Vec::as_slice);
        if let Some(at) = tree.nearest(called, from) {
            return Some(Vec::from([at]));
        }
        let definers = self.definers(group, name);
        let found = if called.is_empty() { definers } else { called };
        (!found.is_empty()).then(|| found.to_vec())
    }

    /// The files of a group that define a name at their top, in order.
    pub(crate) fn definers<'s>(&'s self, group: Group, name: &'s str) -> &'s [usize] {
        self.definers.get(&(group, name)).map_or(&[], Vec::as_slice)
    }
}

/// What of an outline other files can name without naming something around it. Go's methods are named
/// with a value alone; other languages' extensions of a type are imported by their names.
fn top_names(outline: &Outline, family: Family) -> impl Iterator<Item = &str> {
    let open = |at: Option<usize>| {
        at.is_none_or(|at| {
            outline.definitions.get(at).is_some_and(|d| d.kind == DefinitionKind::Module)
        })
    };
    outline
        .definitions
        .iter()
        .filter(move |definition| open(definition.parent))
        .filter(|d| !matches!(d.kind, DefinitionKind::Module | DefinitionKind::Implementation))
        .filter(move |d| family != Family::Go || d.receiver.is_none())
        .map(|definition| definition.name.as_str())
}

/// The names of the groups that a file is in.
fn names(family: Family, file: &File<'_>) -> Vec<String> {
    match family {
        Family::Go => Vec::from([go::group_of(file.path)]),
        Family::Swift => swift::module_of(file.path).map(str::to_owned).into_iter().collect(),
        Family::Jvm | Family::Php | Family::CSharp => file.content.packages(file.language),
    }
}

/// The packages or namespaces that a text declares to be part of; none in languages whose files say so by their
/// paths alone. A text without a declaration may be part of the package without a name, which is `""`.
pub fn packages(language: Language, text: &str) -> Vec<String> {
    let head = &text[..text.floor_char_boundary(HEAD)];
    match Family::of(language) {
        Some(Family::Jvm) => Vec::from([package(head)]),
        Some(Family::Php) => Vec::from([namespaces(head).next().unwrap_or_default()]),
        Some(Family::CSharp) => namespaces(head).take(MOST_NAMESPACES).collect(),
        Some(Family::Go | Family::Swift) | None => Vec::new(),
    }
}

/// The groups besides its own that a file sees, by name.
fn around(family: Family, file: &File<'_>, own: &str) -> Vec<String> {
    match family {
        Family::Go if go::is_test(file.path) => Vec::from([split(file.path).0.to_owned()]),
        Family::CSharp => own.match_indices('.').map(|(at, _)| own[..at].to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// The package that `package` clauses name: Scala may have several that add up.
fn package(head: &str) -> String {
    let lines = head.lines().map(str::trim).filter(|line| !line.is_empty());
    let clauses = lines.map(|line| declared(line, "package"));
    let clauses = clauses.skip_while(Option::is_none).map_while(|clause| clause);
    clauses.collect::<Vec<_>>().join(".")
}

fn namespaces(head: &str) -> impl Iterator<Item = String> {
    let lines = head.lines().map(|line| line.trim_start().trim_start_matches("<?php").trim_start());
    lines.filter_map(|line| declared(line, "namespace"))
}

/// The name that a line declares with `keyword NAME`.
fn declared(line: &str, keyword: &str) -> Option<String> {
    let named = line.strip_prefix(keyword)?.strip_prefix([' ', '\t'])?.trim_start();
    let end = named.find(|c: char| !(c.is_alphanumeric() || "._\\`".contains(c)));
    let (name, rest) = named.split_at(end.unwrap_or(named.len()));
    // Scala's `package object NAME` is a definition.
    let only = !rest.trim_start().starts_with(|c: char| c.is_alphanumeric());
    (only && !name.is_empty()).then(|| name.replace('`', ""))
}
