//! PHP: names in namespaces that files declare, and included files.

use syntax::Import;

use super::groups::Family;
use super::tree::{join, split};
use super::{Checkout, Target, declared};

pub(super) fn resolve(checkout: &Checkout<'_>, from: usize, import: &Import) -> Target {
    let module = import.module.as_str();
    if module.ends_with(".php") || module.contains('/') {
        let folder = split(checkout.tree.path(from)).0;
        let path = module.trim_start_matches('/');
        let beside = || checkout.tree.at(&join(folder, path)?);
        let found = beside().or_else(|| checkout.tree.at(path));
        return found.map_or(Target::Missing, |at| Target::file(at, &[]));
    }
    declared::resolve(checkout, Family::Php, from, &module.split('\\').collect::<Vec<_>>(), "\\")
}
