//! Python: modules are files or folders below the folders that Python is told to look in.

use rustc_hash::FxHashMap;
use syntax::Import;

use crate::resolver::Resolver;
use crate::target::{Found, Target};
use crate::tree::{Tree, shared_folders, split, upwards, within};

/// Endings of the files that a module may be.
const ENDINGS: [&str; 3] = ["py", "pyi", "pyx"];
/// Folders, at the top, of modules that need not be in packages.
const SOURCE_FOLDERS: [&str; 3] = ["src", "lib", "python"];

/// By the name of a package at the top: the folders that such a package is right in.
pub(crate) struct Roots<'a>(FxHashMap<&'a str, Vec<&'a str>>);

impl<'a> Roots<'a> {
    pub(crate) fn new(tree: &Tree<'a>) -> Self {
        let mut roots: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        for (folder, _) in tree.folders().filter(|(folder, _)| !folder.is_empty()) {
            let (root, name) = split(folder);
            if is_package(tree, folder) && !is_package(tree, root) {
                roots.entry(name).or_default().push(root);
            }
        }
        roots.values_mut().for_each(|folders| folders.sort_unstable());
        Self(roots)
    }

    /// The folders that the package may be in, the nearest to a file first.
    fn of(&self, package: &str, from: &str) -> Vec<&'a str> {
        let mut roots = self.0.get(package).cloned().unwrap_or_default();
        roots.sort_by_key(|root| std::cmp::Reverse(shared_folders(&within(root, package), from)));
        roots.truncate(8);
        roots
    }
}

fn is_package(tree: &Tree<'_>, folder: &str) -> bool {
    ["__init__.py", "__init__.pyi"].iter().any(|name| tree.at(&within(folder, name)).is_some())
}

pub(crate) fn resolve(resolver: &Resolver<'_>, from: usize, import: &Import) -> Target {
    let path = resolver.tree.path(from);
    let folder = split(path).0;
    let dots = import.module.bytes().take_while(|&byte| byte == b'.').count();
    let module = import.module[dots..].replace('.', "/");
    if dots > 0 {
        let Some(base) = upwards(folder).nth(dots - 1) else { return Target::Missing };
        return below(&resolver.tree, base, &module, &import.names).unwrap_or(Target::Missing);
    }
    let package = module.split('/').next().unwrap_or_default();
    // A folder that is a package isn't looked in: `import json` beside `json.py` is Python's own.
    let around = upwards(folder).filter(|folder| !is_package(&resolver.tree, folder));
    let roots = resolver.python().of(package, path);
    let is_own = !roots.is_empty();
    let bases = around.chain(roots).chain(SOURCE_FOLDERS);
    let mut bases = bases.filter_map(|base| below(&resolver.tree, base, &module, &import.names));
    match bases.next() {
        Some(found) => found,
        None if is_own => Target::Missing,
        None => Target::External(package.to_owned()),
    }
}

/// The module `path` in `base`: the files of the names that are modules themselves, and its own for
/// the others.
fn below(tree: &Tree<'_>, base: &str, path: &str, names: &[String]) -> Option<Target> {
    let module = within(base, path);
    let mut found = Vec::new();
    let mut others = Vec::new();
    for name in names {
        match file(tree, &within(&module, name)) {
            Some(file) => found.push(Found { file, names: Vec::from([name.clone()]) }),
            None => others.push(name.clone()),
        }
    }
    if !others.is_empty() || names.is_empty() {
        let own = file(tree, &module);
        // A package from elsewhere is no folder here; the root of the checkout is no package.
        if found.is_empty() && own.is_none() {
            return None;
        }
        found.extend(own.map(|file| Found { file, names: others }));
    }
    Some(Target::Files(found))
}

fn file(tree: &Tree<'_>, module: &str) -> Option<usize> {
    let plain = ENDINGS.iter().map(|ending| format!("{module}.{ending}"));
    let packages = ENDINGS.iter().map(|ending| format!("{module}/__init__.{ending}"));
    // A package comes before a module of the same name.
    if module.is_empty() { None } else { tree.first(packages.chain(plain)) }
}
