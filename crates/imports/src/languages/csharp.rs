//! C#: `using` and a namespace, or a type in one.

use syntax::Import;

use super::declared;
use crate::groups::Family;
use crate::resolver::Resolver;
use crate::target::Target;

pub(crate) fn resolve(resolver: &Resolver<'_>, from: usize, import: &Import) -> Target {
    let module = import.module.trim_start_matches("global::");
    // `using Pair = System.Tuple<int, int>`
    let module = module.split('<').next().unwrap_or_default();
    if let Some(group) = resolver.groups.named(Family::CSharp, module) {
        return Target::Group(group);
    }
    declared::resolve(resolver, Family::CSharp, from, &module.split('.').collect::<Vec<_>>(), ".")
}
