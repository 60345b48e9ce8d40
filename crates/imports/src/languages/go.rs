//! Go: packages are folders below the modules that `go.mod` files name.

use syntax::Import;

use crate::File;
use crate::groups::Family;
use crate::resolver::Resolver;
use crate::target::Target;
use crate::tree::{split, within};

/// The modules of a checkout: path → folder, the longest path first.
pub(crate) struct Modules<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Modules<'a> {
    pub(crate) fn new(files: &'a [File<'a>]) -> Self {
        let manifests = files.iter().filter(|file| split(file.path).1 == "go.mod");
        let mut modules: Vec<(&str, &str)> = manifests
            .filter_map(|file| {
                let line =
                    file.content.text().lines().find_map(|line| line.strip_prefix("module "))?;
                let path = line.split_whitespace().next()?.trim_matches('"');
                Some((path, split(file.path).0))
            })
            .collect();
        modules.sort_by_key(|(path, folder)| (std::cmp::Reverse(path.len()), folder.len()));
        Self(modules)
    }
}

/// The name of the group that a file is in: its folder, and for tests one of their own there.
pub(crate) fn group_of(path: &str) -> String {
    let folder = split(path).0;
    if is_test(path) { format!("{folder} test") } else { folder.to_owned() }
}

/// Whether `go` takes a file for a test.
pub(crate) fn is_test(path: &str) -> bool {
    path.ends_with("_test.go")
}

pub(crate) fn resolve(resolver: &Resolver<'_>, import: &Import) -> Target {
    let path = import.module.as_str();
    let folders = resolver.go().0.iter().filter_map(|(module, folder)| {
        let rest = path.strip_prefix(module)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| within(folder, rest.trim_matches('/')))
    });
    let mut outside = true;
    for folder in folders {
        if let Some(group) = resolver.groups.named(Family::Go, &folder) {
            return Target::Group(group);
        }
        outside = false;
    }
    match resolver.groups.named(Family::Go, &format!("vendor/{path}")) {
        Some(group) => Target::Group(group),
        None if outside => Target::External(path.to_owned()),
        None => Target::Missing,
    }
}
