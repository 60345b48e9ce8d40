//! C#: `using` and a namespace, or a type in one.

use syntax::Import;

use super::groups::Family;
use super::{Checkout, Target, declared};

pub(super) fn resolve(checkout: &Checkout<'_>, from: usize, import: &Import) -> Target {
    let module = import.module.trim_start_matches("global::");
    // `using Pair = System.Tuple<int, int>`
    let module = module.split('<').next().unwrap_or_default();
    if let Some(group) = checkout.groups.named(Family::CSharp, module) {
        return Target::Group(group);
    }
    declared::resolve(checkout, Family::CSharp, from, &module.split('.').collect::<Vec<_>>(), ".")
}
