//! Go: packages are folders below the module that `go.mod` names.

use select::SourceFile;
use syntax::{Import, Language};

use super::{Resolver, Target, in_folder, split};

/// The modules of the checkout: path → folder, longest path first.
pub(super) struct Modules<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Modules<'a> {
    pub(super) fn new(files: &'a [SourceFile]) -> Self {
        let manifests = files.iter().filter(|file| split(&file.path).1 == "go.mod");
        let mut modules: Vec<(&str, &str)> = manifests
            .filter_map(|file| {
                let line = file.text.lines().find_map(|line| line.strip_prefix("module "))?;
                let path = line.split_whitespace().next()?.trim_matches('"');
                Some((path, split(&file.path).0))
            })
            .collect();
        modules.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Self(modules)
    }
}

pub(super) fn resolve(resolver: &Resolver<'_>, import: &Import) -> Target {
    let path = import.module.trim_matches('"');
    let within = resolver.go.0.iter().find_map(|(module, folder)| {
        let rest = path.strip_prefix(module)?;
        (rest.is_empty() || rest.starts_with('/'))
            .then(|| in_folder(folder, rest.trim_matches('/')))
    });
    let Some(folder) = within else { return Target::Package(path.to_owned()) };
    // Files are in order of their paths, so those of a folder are near each other.
    let from = resolver.files.partition_point(|file| file.path.as_str() < folder.as_str());
    let found: Vec<usize> = resolver.files[from..]
        .iter()
        .enumerate()
        .take_while(|(_, file)| file.path.starts_with(&folder))
        .filter(|(_, file)| {
            file.language == Language::Go
                && split(&file.path).0 == folder
                && !file.path.ends_with("_test.go")
        })
        .map(|(at, _)| from + at)
        .collect();
    if found.is_empty() { Target::Missing } else { Target::Local(found) }
}
