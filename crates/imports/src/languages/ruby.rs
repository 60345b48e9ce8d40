//! Ruby: paths from the file, or from the folders that Ruby is told to look in.

use syntax::Import;

use crate::resolver::Resolver;
use crate::target::Target;
use crate::tree::{join, split, upwards, within};

/// Folders, below any folder around the file, that a program or a test runner looks in.
const LOAD_PATHS: [&str; 5] = ["lib", "", "test", "spec", "app"];

pub(crate) fn resolve(resolver: &Resolver<'_>, from: usize, import: &Import) -> Target {
    let module = import.module.as_str();
    let folder = split(resolver.tree.path(from)).0;
    let name = if module.ends_with(".rb") { module.to_owned() } else { format!("{module}.rb") };
    if module.starts_with('.') {
        let found = join(folder, &name).and_then(|path| resolver.tree.at(&path));
        return found.map_or(Target::Missing, |at| Target::file(at, &import.names));
    }
    let paths = upwards(folder).flat_map(|base| {
        LOAD_PATHS.iter().map(|path| within(&within(base, path), &name)).collect::<Vec<_>>()
    });
    let found = resolver
        .tree
        .first(paths)
        .or_else(|| resolver.tree.nearest_ending_in(&within("lib", &name), from));
    if let Some(at) = found {
        return Target::file(at, &import.names);
    }
    let (library, rest) = module.split_once('/').unwrap_or((module, ""));
    let own = resolver.tree.folder(&within("lib", library)).is_some();
    if own && !rest.is_empty() { Target::Missing } else { Target::External(library.to_owned()) }
}
