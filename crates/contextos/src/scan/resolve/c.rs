//! C and C++: headers beside the file, or the only one in the checkout whose path ends so.

use syntax::Import;

use super::{Resolver, Target, join, split};

pub(super) fn resolve(resolver: &Resolver<'_>, from: &str, import: &Import) -> Target {
    let quoted = import.module.starts_with('"');
    let path = import.module.trim_matches(['"', '<', '>']);
    let beside = quoted
        .then(|| join(split(from).0, path))
        .flatten()
        .and_then(|path| resolver.by_path.get(path.as_str()).copied());
    match beside.or_else(|| resolver.only_with_suffix(path)) {
        Some(at) => Target::Local(vec![at]),
        None if quoted => Target::Missing,
        None => Target::Package(path.to_owned()),
    }
}
