//! C, C++ and Objective-C: a header beside the file, or the nearest whose path ends so.

use syntax::Import;

use crate::resolver::Resolver;
use crate::target::Target;
use crate::tree::{join, split, upwards, within};

pub(crate) fn resolve(resolver: &Resolver<'_>, from: usize, import: &Import) -> Target {
    let quoted = import.module.starts_with('"');
    let path = import.module.trim_matches(['"', '<', '>']);
    let folder = split(resolver.tree.path(from)).0;
    let beside = || resolver.tree.at(&join(folder, path)?);
    // What leads upwards from a folder that only the build knows ends like the file it leads to.
    let ending = path.trim_start_matches("./").trim_start_matches("../");
    let found = quoted.then(beside).flatten();
    // A library's headers may be quoted as well: `"gtest/gtest.h"`.
    let is_own = || {
        let inner = path.split_once('/').map_or("", |(first, _)| first);
        upwards(folder).any(|folder| resolver.tree.folder(&within(folder, inner)).is_some())
    };
    match found.or_else(|| resolver.tree.nearest_ending_in(ending, from)) {
        Some(at) => Target::file(at, &[]),
        None if quoted && is_own() => Target::Missing,
        None => Target::External(path.to_owned()),
    }
}
