//! Java, Kotlin and Scala: a class is a file whose path ends as its name does.

use syntax::Import;

use super::{Resolver, Target};

const ENDINGS: [&str; 3] = ["java", "kt", "scala"];

pub(super) fn resolve(resolver: &Resolver<'_>, import: &Import) -> Target {
    let module = import.module.trim_end_matches(".*").trim_end_matches("._");
    let parts: Vec<&str> = module.split('.').collect();
    // The last part may be a class, or a member of the class before it.
    for length in (parts.len().saturating_sub(1).max(1)..=parts.len()).rev() {
        let path = parts[..length].join("/");
        let found = ENDINGS
            .iter()
            .find_map(|ending| resolver.only_with_suffix(&format!("{path}.{ending}")));
        if let Some(at) = found {
            return Target::Local(vec![at]);
        }
    }
    let package: Vec<&str> = parts.into_iter().take(2).collect();
    Target::Package(package.join("."))
}
