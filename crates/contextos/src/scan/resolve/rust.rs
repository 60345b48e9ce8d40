//! Rust: `crate`, `self` and `super` paths, and the crates of the workspace.

use std::collections::HashMap;

use select::SourceFile;
use syntax::Import;

use super::{Resolver, Target, in_folder, split, upwards};

/// The crates of the checkout: name, with `_`, → folder.
pub(super) struct Crates<'a>(HashMap<String, &'a str>);

impl<'a> Crates<'a> {
    pub(super) fn new(files: &'a [SourceFile]) -> Self {
        let manifests = files.iter().filter(|file| split(&file.path).1 == "Cargo.toml");
        Self(
            manifests
                .filter_map(|file| {
                    let manifest: toml::Table = toml::from_str(&file.text).ok()?;
                    let name = manifest.get("package")?.get("name")?.as_str()?;
                    Some((name.replace('-', "_"), split(&file.path).0))
                })
                .collect(),
        )
    }
}

pub(super) fn resolve(resolver: &Resolver<'_>, from: &str, import: &Import) -> Target {
    let path = import.module.trim_start_matches("::");
    let mut parts: Vec<&str> = path.split("::").map(str::trim).collect();
    let first = parts.remove(0);
    let local = match first {
        "crate" => crate_root(resolver, from).and_then(|root| module(resolver, &root, &parts)),
        "self" => module(resolver, &own_folder(from), &parts),
        "super" => {
            let mut folder = own_folder(from);
            folder = split(&folder).0.to_owned();
            while parts.first() == Some(&"super") {
                parts.remove(0);
                folder = split(&folder).0.to_owned();
            }
            module(resolver, &folder, &parts)
        }
        name => {
            let within = in_crate(resolver, name, &parts);
            let sibling = || {
                let mut whole = vec![name];
                whole.extend(&parts);
                strictly(resolver, &own_folder(from), &whole)
            };
            match within.or_else(sibling) {
                Some(at) => Some(at),
                None => return Target::Package(name.to_owned()),
            }
        }
    };
    local.map_or(Target::Missing, |at| Target::Local(vec![at]))
}

fn in_crate(resolver: &Resolver<'_>, name: &str, parts: &[&str]) -> Option<usize> {
    let folder = resolver.rust.0.get(name)?;
    module(resolver, &in_folder(folder, "src"), parts)
}

/// The folder in which the modules of this crate lie: that of the nearest `lib.rs` or `main.rs`.
fn crate_root(resolver: &Resolver<'_>, from: &str) -> Option<String> {
    let is_root = |folder: &&str| {
        ["lib.rs", "main.rs"]
            .iter()
            .any(|name| resolver.by_path.contains_key(in_folder(folder, name).as_str()))
    };
    upwards(split(from).0).find(is_root).map(str::to_owned)
}

/// The folder in which the submodules of a file lie.
fn own_folder(from: &str) -> String {
    let (folder, name) = split(from);
    match name {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        name => in_folder(folder, name.trim_end_matches(".rs")),
    }
}

/// The file of the longest part of a path that is a module; the last parts may be items in it.
fn module(resolver: &Resolver<'_>, folder: &str, parts: &[&str]) -> Option<usize> {
    strictly(resolver, folder, parts).or_else(|| {
        resolver.first(&[
            in_folder(folder, "lib.rs"),
            in_folder(folder, "main.rs"),
            in_folder(folder, "mod.rs"),
            format!("{folder}.rs"),
        ])
    })
}

/// The same, with at least one part that is a module.
fn strictly(resolver: &Resolver<'_>, folder: &str, parts: &[&str]) -> Option<usize> {
    (1..=parts.len()).rev().find_map(|length| {
        let path = in_folder(folder, &parts[..length].join("/"));
        resolver.first(&[format!("{path}.rs"), in_folder(&path, "mod.rs")])
    })
}
