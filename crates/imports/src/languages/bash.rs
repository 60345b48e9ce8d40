//! Bash: `source` and a path, of which expansions at the beginning are unknown.

use syntax::Import;

use crate::resolver::Resolver;
use crate::target::Target;
use crate::tree::{join, split, upwards, within};

pub(crate) fn resolve(resolver: &Resolver<'_>, from: usize, import: &Import) -> Target {
    let path = import.module.as_str();
    let folder = split(resolver.tree.path(from)).0;
    // `"$(dirname "$0")/lib.sh"`, `"${ROOT}/lib.sh"`: what stands after the last expansion.
    let known = match path.rfind(['$', ')', '}', '`']) {
        Some(at) => path[at..].split_once('/').map_or("", |(_, rest)| rest),
        None => path,
    };
    if known.is_empty() || path.starts_with('/') {
        return Target::External(path.to_owned());
    }
    let joined = upwards(folder).find_map(|base| resolver.tree.at(&join(base, known)?));
    let ending = known.trim_start_matches("./").trim_start_matches("../");
    match joined.or_else(|| resolver.tree.nearest_ending_in(&within("", ending), from)) {
        Some(at) => Target::file(at, &[]),
        None if known == path => Target::Missing,
        None => Target::External(path.to_owned()),
    }
}
