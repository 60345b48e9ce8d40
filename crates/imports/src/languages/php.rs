//! PHP: names in namespaces that files declare, and included files.

use syntax::Import;

use super::declared;
use crate::groups::Family;
use crate::resolver::Resolver;
use crate::target::Target;
use crate::tree::{join, split};

pub(crate) fn resolve(resolver: &Resolver<'_>, from: usize, import: &Import) -> Target {
    let module = import.module.as_str();
    if module.ends_with(".php") || module.contains('/') {
        let folder = split(resolver.tree.path(from)).0;
        let path = module.trim_start_matches('/');
        let beside = || resolver.tree.at(&join(folder, path)?);
        let found = beside().or_else(|| resolver.tree.at(path));
        return found.map_or(Target::Missing, |at| Target::file(at, &[]));
    }
    declared::resolve(resolver, Family::Php, from, &module.split('\\').collect::<Vec<_>>(), "\\")
}
