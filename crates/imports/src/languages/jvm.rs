//! Java, Kotlin, Scala and Groovy: names in packages that files declare.

use syntax::Import;

use super::declared;
use crate::groups::Family;
use crate::resolver::Resolver;
use crate::target::{Found, Target};

pub(crate) fn resolve(resolver: &Resolver<'_>, from: usize, import: &Import) -> Target {
    let module = import.module.trim_start_matches("_root_.");
    let parts: Vec<&str> = module.split('.').collect();
    let all = import.names.iter().any(|name| name == "*");
    if all && let Some(group) = resolver.groups.named(Family::Jvm, module) {
        return Target::Group(group);
    }
    if all || import.names.is_empty() {
        return declared::resolve(resolver, Family::Jvm, from, &parts, ".");
    }
    // Scala's `import a.b.{C, D}`
    let mut found: Vec<Found> = Vec::new();
    let mut last = Target::Missing;
    for name in &import.names {
        let mut path = parts.clone();
        path.push(name);
        match declared::resolve(resolver, Family::Jvm, from, &path, ".") {
            Target::Files(files) => found.extend(files),
            other => last = other,
        }
    }
    if found.is_empty() { last } else { Target::Files(found) }
}
