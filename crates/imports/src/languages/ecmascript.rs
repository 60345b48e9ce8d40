//! JavaScript and TypeScript: relative paths with their endings left out, the paths of `tsconfig.json`
//! and the packages of the checkout.

use rustc_hash::FxHashMap;
use serde_json::Value;
use syntax::Import;

use crate::File;
use crate::resolver::Resolver;
use crate::target::Target;
use crate::tree::{Tree, join, shared_folders, split, upwards, within};

const ENDINGS: [&str; 13] =
    ["ts", "tsx", "d.ts", "mts", "cts", "js", "jsx", "mjs", "cjs", "json", "vue", "svelte", "css"];
/// Bytes: longer manifests aren't read. By hand: it bounds the work.
const MAX_MANIFEST: usize = 1 << 20;
/// How many levels of `extends` are followed. By hand, as the others here: they bound the work.
const MAX_EXTENDED: usize = 4;
/// The most packages of one name that are compared.
const MAX_ALIKE: usize = 32;
/// The most files of an entry of `exports` or `paths`.
const MAX_TARGETS: usize = 16;

/// What the manifests of a checkout say.
pub(crate) struct Projects<'a> {
    /// By name: the folders of packages of that name.
    packages: FxHashMap<String, Vec<&'a str>>,
    /// By folder: its `package.json`.
    manifests: FxHashMap<&'a str, Value>,
    /// By folder: the `paths` that compilers are given there, `tsconfig.json` before others.
    paths: FxHashMap<&'a str, Vec<Paths>>,
}

/// Where a `tsconfig.json` says that modules are.
#[derive(Debug, Clone, Default)]
struct Paths {
    /// The folder that modules are looked up in.
    base: Option<String>,
    /// Patterns with at most one `*`, and the paths that they stand for.
    patterns: Vec<(String, Vec<String>)>,
}

impl<'a> Projects<'a> {
    pub(crate) fn new(files: &'a [File<'a>], tree: &Tree<'_>) -> Self {
        let mut projects = Self {
            packages: FxHashMap::default(),
            manifests: FxHashMap::default(),
            paths: FxHashMap::default(),
        };
        let mut configurations: Vec<(&str, &str)> = Vec::new();
        for file in files {
            let (folder, name) = split(file.path);
            if name == "package.json" {
                let Some(manifest) = read(file.content.text()) else { continue };
                if let Some(name) = manifest.get("name").and_then(Value::as_str) {
                    projects.packages.entry(name.to_owned()).or_default().push(folder);
                }
                projects.manifests.insert(folder, manifest);
            } else if is_configuration(name) {
                configurations.push((folder, name));
            }
        }
        configurations.sort_by_key(|&(folder, name)| {
            (folder, !matches!(name, "tsconfig.json" | "jsconfig.json"), name)
        });
        for (folder, name) in configurations {
            let paths = compiler_paths(files, tree, &within(folder, name), MAX_EXTENDED);
            if paths.base.is_some() || !paths.patterns.is_empty() {
                projects.paths.entry(folder).or_default().push(paths);
            }
        }
        projects
    }
}

fn is_configuration(name: &str) -> bool {
    (name.starts_with("tsconfig") || name.starts_with("jsconfig")) && name.ends_with(".json")
}

/// JSON, in which there may be comments and trailing commas.
fn read(text: &str) -> Option<Value> {
    if text.len() > MAX_MANIFEST {
        return None;
    }
    // Unlike the parser's other ways, this one has a limit on how deep values may be.
    let parsed = jsonc_parser::parse_to_ast(text, &Default::default(), &Default::default()).ok()?;
    Some(parsed.value?.into())
}

/// The paths of a configuration, those that it extends included.
fn compiler_paths(files: &[File<'_>], tree: &Tree<'_>, path: &str, depth: usize) -> Paths {
    let read = || read(files.get(tree.at(path)?)?.content.text());
    let Some(configuration) = read() else { return Paths::default() };
    let folder = split(path).0;
    let mut out = Paths::default();
    if depth > 0 {
        let extended = texts(configuration.get("extends")).into_iter().take(MAX_EXTENDED);
        for extended in extended.filter(|path| path.starts_with('.')) {
            let Some(path) = join(folder, &extended) else { continue };
            let path = if path.ends_with(".json") { path } else { format!("{path}.json") };
            out = compiler_paths(files, tree, &path, depth - 1);
        }
    }
    let Some(options) = configuration.get("compilerOptions") else { return out };
    if let Some(base) = options.get("baseUrl").and_then(Value::as_str) {
        out.base = join(folder, base);
    }
    if let Some(patterns) = options.get("paths").and_then(Value::as_object) {
        let base = out.base.clone().unwrap_or_else(|| folder.to_owned());
        let paths = |value| texts(Some(value)).into_iter().filter_map(|path| join(&base, &path));
        let pattern = |(pattern, value): (&String, _)| (pattern.clone(), paths(value).collect());
        out.patterns = patterns.iter().map(pattern).collect();
        // The more of a module a pattern spells out, the sooner it is taken.
        out.patterns.sort_by_key(|(pattern, _)| {
            (pattern.contains('*'), std::cmp::Reverse(pattern.find('*')), pattern.clone())
        });
    }
    out
}

pub(crate) fn resolve(resolver: &Resolver<'_>, from: usize, import: &Import) -> Target {
    // Bundlers' `./icon.svg?raw`
    let module = import.module.split('?').next().unwrap_or_default();
    let path = resolver.tree.path(from);
    let lookup = Lookup { resolver, path, folder: split(path).0 };
    let found = |file: Option<usize>| file.map(|at| Target::file(at, &import.names));
    // What is installed is another project's, even where it is named by its path.
    if let Some((_, installed)) = module.rsplit_once("node_modules/") {
        return Target::External(package(installed).0.to_owned());
    }
    if module.starts_with('.') {
        let path = join(lookup.folder, module);
        return found(path.and_then(|path| lookup.file(&path))).unwrap_or(Target::Missing);
    }
    if let Some(target) = found(lookup.configured(module)) {
        return target;
    }
    if module.starts_with('#') {
        return found(lookup.own_import(module)).unwrap_or(Target::Missing);
    }
    if let Some(aliased) = module.strip_prefix("@/").or_else(|| module.strip_prefix("~/")) {
        return found(lookup.in_source(aliased)).unwrap_or(Target::Missing);
    }
    let (package, rest) = package(module);
    if let Some(folder) = lookup.package_folder(package) {
        return found(lookup.in_package(folder, rest)).unwrap_or(Target::Missing);
    }
    found(lookup.upwards(module)).unwrap_or_else(|| Target::External(package.to_owned()))
}

/// A package's name, with its scope, and the path within it.
fn package(module: &str) -> (&str, &str) {
    let parts = if module.starts_with('@') { 2 } else { 1 };
    match module.match_indices('/').nth(parts - 1) {
        Some((at, _)) => (&module[..at], &module[at + 1..]),
        None => (module, ""),
    }
}

/// Looks modules up for one file.
struct Lookup<'a, 'r> {
    resolver: &'a Resolver<'r>,
    path: &'a str,
    folder: &'a str,
}

impl Lookup<'_, '_> {
    /// By the `paths` and the base of the nearest configuration that has any.
    fn configured(&self, module: &str) -> Option<usize> {
        let paths = &self.resolver.ecmascript().paths;
        let nearest = upwards(self.folder).find_map(|folder| paths.get(folder))?;
        nearest.iter().find_map(|paths| {
            let by_pattern = paths.patterns.iter().find_map(|(pattern, targets)| {
                let rest = matched(pattern, module)?;
                let targets = targets.iter().take(MAX_TARGETS);
                targets
                    .map(|target| target.replacen('*', rest, 1))
                    .find_map(|path| self.file(&path))
            });
            by_pattern.or_else(|| self.file(&within(paths.base.as_ref()?, module)))
        })
    }

    /// A module of the form `#name`, as the nearest manifest's `imports` says.
    fn own_import(&self, module: &str) -> Option<usize> {
        let manifests = &self.resolver.ecmascript().manifests;
        let (base, imports) = upwards(self.folder)
            .find_map(|folder| Some((folder, manifests.get(folder)?.get("imports")?)))?;
        self.by_table(base, imports, module)
    }

    /// A module below the nearest `src`, or the nearest folder, that has it.
    fn in_source(&self, module: &str) -> Option<usize> {
        upwards(self.folder).find_map(|base| {
            self.file(&within(&within(base, "src"), module))
                .or_else(|| self.file(&within(base, module)))
        })
    }

    /// A module that begins with a folder around the file (`test/util`, `src/app`).
    fn upwards(&self, module: &str) -> Option<usize> {
        let (first, _) = module.split_once('/')?;
        let tree = &self.resolver.tree;
        upwards(self.folder)
            .filter(|base| tree.folder(&within(base, first)).is_some())
            .find_map(|base| self.file(&within(base, module)))
    }

    /// The folder of the package of the checkout that a name means: of several, the nearest.
    fn package_folder(&self, package: &str) -> Option<&str> {
        let folders = self.resolver.ecmascript().packages.get(package)?.iter().take(MAX_ALIKE);
        let near = |folder: &&str| shared_folders(&within(folder, "package.json"), self.path);
        folders.copied().max_by_key(|folder| (near(folder), std::cmp::Reverse(folder.len())))
    }

    /// A module of a package: by its `exports`, its entry, or where its source usually lies.
    fn in_package(&self, folder: &str, rest: &str) -> Option<usize> {
        let manifest = self.resolver.ecmascript().manifests.get(folder);
        let exported = || {
            let exports = manifest?.get("exports")?;
            let key = if rest.is_empty() { ".".to_owned() } else { format!("./{rest}") };
            match exports.as_object().is_some_and(|table| table.keys().any(|k| k.starts_with('.')))
            {
                true => self.by_table(folder, exports, &key),
                false if rest.is_empty() => self.any(folder, &texts(Some(exports)), ""),
                false => None,
            }
        };
        let entry = || rest.is_empty().then(|| self.entry(folder)).flatten();
        let usual = || {
            let folders = ["src", "", "lib", "source"];
            folders.iter().find_map(|inner| self.file(&within(&within(folder, inner), rest)))
        };
        exported().or_else(entry).or_else(usual)
    }

    /// By a table of patterns, as `exports` and `imports` of a manifest are.
    fn by_table(&self, base: &str, table: &Value, key: &str) -> Option<usize> {
        let table = table.as_object()?;
        if let Some(value) = table.get(key) {
            return self.any(base, &texts(Some(value)), "");
        }
        let patterns = table.iter().filter(|(pattern, _)| pattern.contains('*'));
        let best = patterns
            .filter_map(|(pattern, value)| Some((pattern.len(), matched(pattern, key)?, value)))
            .max_by_key(|&(length, ..)| length);
        best.and_then(|(_, rest, value)| self.any(base, &texts(Some(value)), rest))
    }

    /// The first of some files in a package, `*` being `rest`. What is built names what it is built
    /// from.
    fn any(&self, base: &str, paths: &[String], rest: &str) -> Option<usize> {
        let paths: Vec<String> = paths
            .iter()
            .take(MAX_TARGETS)
            .map(|path| path.replacen('*', rest, 1).trim_start_matches("./").to_owned())
            .collect();
        let as_written = || paths.iter().find_map(|path| self.plain_file(&join(base, path)?));
        let as_source = || paths.iter().find_map(|path| self.source_of(base, path));
        as_source().or_else(as_written)
    }

    /// The source of what is built: `dist/esm/a.js` may come from `src/a.ts`.
    fn source_of(&self, base: &str, built: &str) -> Option<usize> {
        const BUILT: [&str; 8] = ["dist", "lib", "build", "out", "esm", "cjs", "types", "es"];
        let mut inner = built;
        while let Some((first, rest)) = inner.split_once('/') {
            if !BUILT.contains(&first) {
                break;
            }
            inner = rest;
            if let Some(file) = self.plain_file(&within(&within(base, "src"), inner)) {
                return Some(file);
            }
        }
        None
    }

    /// The file that `path` means: as [`Self::plain_file`] says, or the entry of the package there.
    fn file(&self, path: &str) -> Option<usize> {
        self.plain_file(path).or_else(|| self.entry(path))
    }

    /// The file that `path` means: itself, with an ending, or the index of a folder. Compilers write
    /// `.js` for what is a `.ts` here.
    fn plain_file(&self, path: &str) -> Option<usize> {
        let tree = &self.resolver.tree;
        if let Some(found) = tree.at(path) {
            return Some(found);
        }
        let endings = |stem: String| ENDINGS.iter().map(move |ending| format!("{stem}.{ending}"));
        let written = path.strip_suffix(".d.ts").or_else(|| {
            let (stem, ending) = path.rsplit_once('.')?;
            matches!(ending, "js" | "jsx" | "mjs" | "cjs").then_some(stem)
        });
        tree.first(endings(path.to_owned()))
            .or_else(|| tree.first(endings(written?.to_owned())))
            .or_else(|| {
                tree.folder(path)?;
                tree.first(endings(within(path, "index")))
            })
    }

    /// The file that a package's manifest says it begins with.
    fn entry(&self, folder: &str) -> Option<usize> {
        let manifest = self.resolver.ecmascript().manifests.get(folder)?;
        let entries = ["source", "types", "typings", "module", "main"];
        let entries = entries.iter().filter_map(|key| manifest.get(*key)?.as_str());
        self.any(folder, &entries.map(str::to_owned).collect::<Vec<_>>(), "")
    }
}

/// What `*` in a pattern stands for in a module; empty for a pattern without one that is the module.
fn matched<'m>(pattern: &str, module: &'m str) -> Option<&'m str> {
    match pattern.split_once('*') {
        Some((before, after)) => module.strip_prefix(before)?.strip_suffix(after),
        None => (pattern == module).then_some(""),
    }
}

/// Every text in a value, in order.
fn texts(value: Option<&Value>) -> Vec<String> {
    let mut out = Vec::new();
    let mut open: Vec<&Value> = value.into_iter().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => out.push(text.clone()),
            Value::Array(values) => open.extend(values.iter().rev()),
            Value::Object(table) => open.extend(table.values().rev()),
            _ => {}
        }
    }
    out
}
