//! Rust: modules of this crate, and the crates of the checkout.

use rustc_hash::FxHashMap;
use syntax::{DefinitionKind, Import, Outline};

use crate::File;
use crate::resolver::Resolver;
use crate::target::{Found, Target};
use crate::tree::{Tree, join, split, upwards, within};

/// The deepest nesting of modules that is followed. By hand: it bounds the work.
const MAX_NESTED: usize = 16;

/// The crates of a checkout.
pub(crate) struct Crates<'a> {
    /// By name, with `_`: the folders of crates of that name, and the files that they begin with.
    by_name: FxHashMap<String, Vec<(&'a str, usize)>>,
    /// By folder of a manifest: the names that it gives to others' crates.
    renamed: FxHashMap<&'a str, FxHashMap<String, String>>,
    /// Files that crates begin with where their folder doesn't tell.
    roots: Vec<usize>,
}

impl<'a> Crates<'a> {
    pub(crate) fn new(files: &'a [File<'a>], tree: &Tree<'a>) -> Self {
        let mut crates = Self {
            by_name: FxHashMap::default(),
            renamed: FxHashMap::default(),
            roots: Vec::new(),
        };
        for file in files.iter().filter(|file| split(file.path).1 == "Cargo.toml") {
            if let Ok(manifest) = toml::from_str::<toml::Table>(file.content.text()) {
                crates.add(split(file.path).0, &manifest, tree);
            }
        }
        crates.roots.sort_unstable();
        crates
    }

    fn add(&mut self, folder: &'a str, manifest: &toml::Table, tree: &Tree<'a>) {
        let text = |of: Option<&toml::Value>, key: &str| Some(of?.get(key)?.as_str()?.to_owned());
        let package = manifest.get("package");
        let library = manifest.get("lib");
        let name = text(library, "name").or_else(|| text(package, "name"));
        let named = text(library, "path").and_then(|path| tree.at(&join(folder, &path)?));
        let usual = ["src/lib.rs", "src/main.rs"].map(|path| within(folder, path));
        if let Some(root) = named.or_else(|| tree.first(usual))
            && let Some(name) = name
        {
            self.by_name.entry(name.replace('-', "_")).or_default().push((folder, root));
            self.roots.push(root);
        }
        for kind in ["bin", "test", "example", "bench"] {
            let targets = manifest.get(kind).and_then(toml::Value::as_array).into_iter().flatten();
            let paths = targets.filter_map(|target| join(folder, &text(Some(target), "path")?));
            self.roots.extend(paths.filter_map(|path| tree.at(&path)));
        }
        let workspace = manifest.get("workspace").and_then(toml::Value::as_table);
        let tables = ["dependencies", "dev-dependencies", "build-dependencies"];
        let dependencies = [Some(manifest), workspace].into_iter().flatten().flat_map(|table| {
            tables.iter().filter_map(|key| table.get(*key)?.as_table()).flatten()
        });
        let renamed: FxHashMap<String, String> = dependencies
            .filter_map(|(name, dependency)| {
                let package = dependency.get("package")?.as_str()?;
                Some((name.replace('-', "_"), package.replace('-', "_")))
            })
            .collect();
        if !renamed.is_empty() {
            self.renamed.insert(folder, renamed);
        }
    }

    /// The file that the crate begins with which `name` means in the file at `from`.
    fn root_of(&self, name: &str, from: &str, tree: &Tree<'_>, file: usize) -> Option<usize> {
        let crates = self.by_name.get(name).or_else(|| {
            let package =
                upwards(split(from).0).find_map(|folder| self.renamed.get(folder)?.get(name))?;
            self.by_name.get(package)
        })?;
        let roots: Vec<usize> = crates.iter().map(|&(_, root)| root).collect();
        tree.nearest(&roots, file)
    }
}

pub(crate) fn resolve(
    resolver: &Resolver<'_>,
    from: usize,
    outline: &Outline,
    import: &Import,
) -> Target {
    let path = resolver.tree.path(from);
    if let Some(file) = import.module.strip_prefix('"') {
        let found = join(split(path).0, file.trim_end_matches('"'));
        let found = found.and_then(|path| resolver.tree.at(&path));
        return found.map_or(Target::Missing, |at| Target::file(at, &[]));
    }
    let mut parts: Vec<&str> = import.module.trim_start_matches("::").split("::").collect();
    let scope = Scope { resolver, from, modules: modules_around(outline, import.line) };
    let first = parts.remove(0).trim_start_matches("r#");
    let folder = match first {
        "crate" | "$crate" => scope.crate_folder(),
        // `extern crate self as name;`
        "self" if import.names.is_empty() && parts.is_empty() => return Target::Files(Vec::new()),
        "self" if import.names.is_empty() => {
            let declared = scope.module(&scope.own_folder(), &[], &parts.join("/"));
            return declared.map_or(Target::Missing, |at| Target::file(at, &[]));
        }
        "self" => scope.own_folder(),
        "super" => {
            let mut folder = split(&scope.own_folder()).0.to_owned();
            while parts.first() == Some(&"super") {
                parts.remove(0);
                folder = split(&folder).0.to_owned();
            }
            folder
        }
        name => {
            parts.insert(0, name);
            if scope.module(&scope.own_folder(), &parts, "").is_some() {
                scope.own_folder()
            } else {
                parts.remove(0);
                match resolver.rust().root_of(name, path, &resolver.tree, from) {
                    Some(root) => return scope.in_crate(root, &parts, &import.names),
                    // What a name in capitals means is defined or imported here.
                    None if name.starts_with(char::is_uppercase) => {
                        return Target::Files(Vec::new());
                    }
                    None => return Target::External(name.to_owned()),
                }
            }
        }
    };
    scope.take(&folder, &parts, &import.names, || scope.file_of(&folder))
}

/// Where an import stands.
struct Scope<'a, 'r> {
    resolver: &'a Resolver<'r>,
    from: usize,
    /// The modules with bodies that are around it, outermost first.
    modules: Vec<&'a str>,
}

impl Scope<'_, '_> {
    /// The folder in which the submodules of this module lie.
    fn own_folder(&self) -> String {
        let path = self.resolver.tree.path(self.from);
        let (folder, name) = split(path);
        let mut own = match name {
            "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
            _ if self.is_root(self.from, path) => folder.to_owned(),
            name => within(folder, name.trim_end_matches(".rs")),
        };
        for module in &self.modules {
            own = within(&own, module);
        }
        own
    }

    /// Whether a crate begins with a file.
    fn is_root(&self, file: usize, path: &str) -> bool {
        let folder = split(path).0;
        let by_place = matches!(split(folder).1, "tests" | "examples" | "benches" | "bin")
            && self.resolver.tree.at(&format!("{folder}.rs")).is_none()
            && ["mod.rs", "main.rs"]
                .iter()
                .all(|n| self.resolver.tree.at(&within(folder, n)).is_none());
        by_place || path == "build.rs" || self.resolver.rust().roots.binary_search(&file).is_ok()
    }

    /// The folder in which the modules of this crate lie.
    fn crate_folder(&self) -> String {
        let path = self.resolver.tree.path(self.from);
        let folder = split(path).0;
        if self.is_root(self.from, path) {
            return folder.to_owned();
        }
        let begins = |folder: &&str| {
            let names = ["lib.rs", "main.rs"];
            names.iter().any(|name| self.resolver.tree.at(&within(folder, name)).is_some())
                || self.root_in(folder).is_some()
        };
        upwards(folder).find(begins).unwrap_or(folder).to_owned()
    }

    /// The file in a folder that a manifest says a crate begins with.
    fn root_in(&self, folder: &str) -> Option<usize> {
        let files = self.resolver.tree.folder(folder)?;
        let (first, last) = (*files.first()?, *files.last()?);
        let roots = &self.resolver.rust().roots;
        let near = &roots[roots.partition_point(|&at| at < first)..];
        near.iter()
            .take_while(|&&at| at <= last)
            .copied()
            .find(|&at| split(self.resolver.tree.path(at)).0 == folder)
    }

    /// The file of the module whose submodules lie in `folder`.
    fn file_of(&self, folder: &str) -> Option<usize> {
        // A module with a body has no file; it is in that of a module around it.
        let own = self.own_folder();
        let mut around = upwards(&own).take(self.modules.len() + 1);
        if around.any(|around| around == folder) {
            return Some(self.from);
        }
        let names = ["lib.rs", "main.rs", "mod.rs"].map(|name| within(folder, name));
        let tree = &self.resolver.tree;
        tree.at(&format!("{folder}.rs"))
            .or_else(|| tree.first(names))
            .or_else(|| self.root_in(folder))
    }

    /// What a path in another crate means.
    fn in_crate(&self, root: usize, parts: &[&str], names: &[String]) -> Target {
        let folder = split(self.resolver.tree.path(root)).0;
        self.take(folder, parts, names, || Some(root))
    }

    /// The files of names in the module `parts` below `folder`: that of the longest part of a path
    /// that is a module, the rest being items in it.
    fn take(
        &self,
        folder: &str,
        parts: &[&str],
        names: &[String],
        root: impl Fn() -> Option<usize>,
    ) -> Target {
        let mut found: Vec<Found> = Vec::new();
        let mut add = |file: Option<usize>, names: &[String]| {
            let Some(file) = file else { return };
            match found.iter_mut().find(|found| found.file == file) {
                Some(found) => found.names.extend_from_slice(names),
                None => found.push(Found { file, names: names.to_vec() }),
            }
        };
        if names.is_empty() {
            let (last, before) = parts.split_last().map_or(("", parts), |(&last, all)| (last, all));
            add(self.module(folder, before, last).or_else(&root), &[]);
        }
        for name in names {
            add(self.module(folder, parts, name).or_else(&root), std::slice::from_ref(name));
        }
        if found.is_empty() { Target::Missing } else { Target::Files(found) }
    }

    /// The file of the longest part of `parts`, `last`, that is a module.
    fn module(&self, folder: &str, parts: &[&str], last: &str) -> Option<usize> {
        let mut path = folder.to_owned();
        // Where each part ends.
        let mut ends = Vec::with_capacity(parts.len() + 1);
        for part in parts.iter().copied().chain([last]) {
            if !path.is_empty() || !ends.is_empty() {
                path.push('/');
            }
            path.push_str(part);
            ends.push((part, path.len()));
        }
        let mut candidate = String::with_capacity(path.len() + "/mod.rs".len());
        ends.into_iter().rev().find_map(|(part, end)| {
            if part.is_empty() || part == "*" || part == "self" {
                return None;
            }
            candidate.clear();
            candidate.push_str(&path[..end]);
            if candidate.contains("r#") {
                candidate = candidate.replace("r#", "");
            }
            let length = candidate.len();
            ["/mod.rs", ".rs"].into_iter().rev().find_map(|ending| {
                candidate.truncate(length);
                candidate.push_str(ending);
                self.resolver.tree.at(&candidate)
            })
        })
    }
}

/// The names of the modules with bodies that a line is in, outermost first.
fn modules_around(outline: &Outline, line: u32) -> Vec<&str> {
    let definitions = &outline.definitions;
    let after = definitions.partition_point(|definition| definition.lines.start <= line);
    let mut next = after.checked_sub(1);
    let mut out = Vec::new();
    for _ in 0..MAX_NESTED {
        let Some(definition) = next.and_then(|at| definitions.get(at)) else { break };
        let around = definition.lines.end >= line && definition.body.is_some();
        if around && definition.kind == DefinitionKind::Module {
            out.push(definition.name.as_str());
        }
        next = definition.parent;
    }
    out.reverse();
    out
}
