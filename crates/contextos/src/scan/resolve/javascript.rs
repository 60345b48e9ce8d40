//! JavaScript and TypeScript: relative paths with their endings left out, the packages of the
//! workspace, and `@/` for the nearest `src/`.

use std::collections::HashMap;

use select::SourceFile;
use serde::Deserialize;
use syntax::Import;

use super::{Resolver, Target, in_folder, join, split, upwards};

const ENDINGS: [&str; 10] =
    ["ts", "tsx", "d.ts", "js", "jsx", "mjs", "cjs", "json", "vue", "svelte"];

/// The packages that the checkout itself consists of: name → folder.
pub(super) struct Packages(HashMap<String, String>);

#[derive(Deserialize)]
struct Manifest {
    name: String,
}

impl Packages {
    pub(super) fn new(files: &[SourceFile]) -> Self {
        let manifests = files.iter().filter(|file| split(&file.path).1 == "package.json");
        Self(
            manifests
                .filter_map(|file| {
                    let manifest: Manifest = serde_json::from_str(&file.text).ok()?;
                    Some((manifest.name, split(&file.path).0.to_owned()))
                })
                .collect(),
        )
    }
}

pub(super) fn resolve(resolver: &Resolver<'_>, from: &str, import: &Import) -> Target {
    let folder = split(from).0;
    let module = import.module.as_str();
    if module.starts_with('.') {
        let found = join(folder, module).and_then(|path| file(resolver, &path));
        return found.map_or(Target::Missing, |at| Target::Local(vec![at]));
    }
    let aliased = module.strip_prefix("@/").or_else(|| module.strip_prefix("~/"));
    if let Some(path) = aliased {
        let found = upwards(folder).find_map(|base| {
            file(resolver, &in_folder(&in_folder(base, "src"), path))
                .or_else(|| file(resolver, &in_folder(base, path)))
        });
        return found.map_or(Target::Missing, |at| Target::Local(vec![at]));
    }
    let (package, rest) = package(module);
    let Some(base) = resolver.javascript.0.get(package) else {
        return Target::Package(package.to_owned());
    };
    let found = file(resolver, &in_folder(&in_folder(base, "src"), rest))
        .or_else(|| file(resolver, &in_folder(base, rest)));
    found.map_or_else(|| Target::Package(package.to_owned()), |at| Target::Local(vec![at]))
}

/// A package's name, with its scope, and the path within it.
fn package(module: &str) -> (&str, &str) {
    let parts = if module.starts_with('@') { 2 } else { 1 };
    match module.match_indices('/').nth(parts - 1) {
        Some((at, _)) => (&module[..at], &module[at + 1..]),
        None => (module, ""),
    }
}

/// The file that `path` means: itself, with an ending, or the index of a folder. Compilers write `.js`
/// for what is a `.ts` here.
fn file(resolver: &Resolver<'_>, path: &str) -> Option<usize> {
    let mut candidates = vec![path.to_owned()];
    if let Some((stem, ending)) = path.rsplit_once('.')
        && let Some(sources) = match ending {
            "js" | "jsx" => Some(["ts", "tsx"]),
            "mjs" => Some(["mts", "ts"]),
            "cjs" => Some(["cts", "ts"]),
            _ => None,
        }
    {
        candidates.extend(sources.map(|ending| format!("{stem}.{ending}")));
    }
    candidates.extend(ENDINGS.map(|ending| format!("{path}.{ending}")));
    candidates.extend(ENDINGS.map(|ending| in_folder(path, &format!("index.{ending}"))));
    resolver.first(&candidates)
}
