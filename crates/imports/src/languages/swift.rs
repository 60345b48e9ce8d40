//! Swift: a module is a folder below `Sources` or `Tests`, or one of its name.

use syntax::Import;

use crate::groups::Family;
use crate::resolver::Resolver;
use crate::target::Target;

/// The module that a file is in: the folder right below the last `Sources` or `Tests`, else that one's
/// parent (`App/Sources/main.swift`), else the first folder.
pub(crate) fn module_of(path: &str) -> Option<&str> {
    let parts: Vec<&str> = path.split('/').collect();
    let folders = &parts[..parts.len() - 1];
    let known = |part: &str| matches!(part, "Sources" | "Source" | "Tests");
    match folders.iter().rposition(|part| known(part)) {
        Some(at) if at + 1 < folders.len() => Some(folders[at + 1]),
        Some(at) if at > 0 => Some(folders[at - 1]),
        _ => folders.first().copied(),
    }
}

pub(crate) fn resolve(resolver: &Resolver<'_>, import: &Import) -> Target {
    let module = import.module.split('.').next().unwrap_or_default();
    match resolver.groups.named(Family::Swift, module) {
        Some(group) => Target::Group(group),
        None => Target::External(module.to_owned()),
    }
}
