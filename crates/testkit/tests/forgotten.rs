//! Fails when a file of the workspace was forgotten: a source file that no `mod` names, so that neither
//! the compiler nor the test runner sees it, or a snapshot that no test makes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders below `tests` whose files are data.
const DATA: &[&str] = &["golden", "samples", "snapshots"];

#[test]
fn every_source_file_belongs_to_a_target() {
    let mut forgotten = Vec::new();
    for package in packages() {
        let mut reachable = BTreeSet::new();
        for root in roots(&package) {
            follow(&root, true, &mut reachable);
        }
        let all = ["src", "tests", "examples", "benches"];
        let all = all.iter().flat_map(|folder| files(&package.join(folder), "rs"));
        forgotten.extend(all.filter(|file| !reachable.contains(file)));
    }
    assert!(forgotten.is_empty(), "no `mod` names these files: {forgotten:#?}");
}

#[test]
fn every_snapshot_belongs_to_a_test() {
    let mut forgotten = Vec::new();
    for package in packages() {
        let mut sources = String::new();
        for file in files(&package.join("src"), "rs").into_iter().chain(files_of_tests(&package)) {
            sources.push_str(&fs::read_to_string(file).expect("source files are UTF-8"));
        }
        for snapshot in snapshots(&package) {
            let stem = snapshot
                .file_stem()
                .expect("a path of a file ends in a name")
                .to_str()
                .expect("names of files are UTF-8");
            let name = stem.rsplit("__").next().expect("a split has a last part");
            // The name of a test, or the one that it gives: as it is, made from parts, or a sample's.
            let is_made = name.split(['-', '@', '.']).all(|part| sources.contains(part))
                || package.join("tests/samples").join(name).exists();
            if !is_made {
                forgotten.push(snapshot);
            }
        }
    }
    assert!(forgotten.is_empty(), "no test makes these snapshots: {forgotten:#?}");
}

/// The folders of the workspace's packages.
fn packages() -> Vec<PathBuf> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("every path here is below the workspace");
    let mut packages: Vec<PathBuf> = entries(crates);
    packages.push(
        crates.parent().expect("every path here is below the workspace").join("python/headroom-ai"),
    );
    packages.retain(|folder| folder.join("Cargo.toml").exists());
    assert!(packages.len() > 10, "{packages:?}");
    packages
}

/// The files that cargo compiles as targets.
fn roots(package: &Path) -> Vec<PathBuf> {
    let mut roots: Vec<PathBuf> =
        ["src/lib.rs", "src/main.rs"].iter().map(|file| package.join(file)).collect();
    for folder in ["src/bin", "tests", "examples", "benches"] {
        for entry in entries(&package.join(folder)) {
            let is_file = entry.extension().is_some_and(|extension| extension == "rs");
            roots.push(if is_file { entry } else { entry.join("main.rs") });
        }
    }
    roots.retain(|root| root.is_file());
    roots
}

/// Adds `file` and every file that its `mod` declarations lead to.
fn follow(file: &Path, is_root: bool, reachable: &mut BTreeSet<PathBuf>) {
    if !reachable.insert(file.to_owned()) {
        return;
    }
    let text = fs::read_to_string(file).expect("source files are UTF-8");
    let folder = file.parent().expect("every path here is below the workspace");
    let stem = file.file_stem().expect("a path of a file ends in a name");
    let below = if is_root || stem == "mod" { folder.to_owned() } else { folder.join(stem) };
    let declares_by_macro = text.contains("$(mod $");
    let mut path_attribute = None;
    for line in text.lines().map(str::trim) {
        if let Some(path) = line.strip_prefix("#[path = \"").and_then(|l| l.strip_suffix("\"]")) {
            path_attribute = Some(folder.join(path));
        }
        let declared = line.strip_suffix(';').and_then(|line| line.split_once("mod "));
        let declared = declared.filter(|(before, _)| is_visibility(before)).map(|(_, name)| name);
        let Some(name) = declared.or_else(|| listed(line).filter(|_| declares_by_macro)) else {
            continue;
        };
        let candidates = [below.join(format!("{name}.rs")), below.join(name).join("mod.rs")];
        let module =
            path_attribute.take().into_iter().chain(candidates).find(|path| path.is_file());
        if module.is_none() && declared.is_none() {
            continue; // a field that looks like a row
        }
        let module = module.unwrap_or_else(|| panic!("{}: mod {name} has no file", file.display()));
        follow(&module, false, reachable);
    }
}

/// The module that a row `module: Name,` of a table names, from which a macro makes its declaration.
fn listed(line: &str) -> Option<&str> {
    let (module, name) = line.strip_suffix(',')?.split_once(": ")?;
    let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_module = is_name(module) && !module.contains(|c: char| c.is_uppercase());
    (is_module && is_name(name) && name.starts_with(|c: char| c.is_uppercase())).then_some(module)
}

/// Whether `text` may stand before `mod`.
fn is_visibility(text: &str) -> bool {
    text.is_empty() || (text.starts_with("pub") && text.ends_with([' ', ')']))
}

fn files_of_tests(package: &Path) -> Vec<PathBuf> {
    files(&package.join("tests"), "rs")
}

/// The source files below `folder`, without data.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in entries(folder) {
        let name = entry
            .file_name()
            .expect("a path of a file ends in a name")
            .to_str()
            .expect("names of files are UTF-8")
            .to_owned();
        if entry.is_dir() && !DATA.contains(&name.as_str()) {
            out.extend(files(&entry, extension));
        } else if entry.extension().is_some_and(|other| other == extension) {
            out.push(entry);
        }
    }
    out
}

/// The snapshots of a package.
fn snapshots(package: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut waiting = vec![package.join("src"), package.join("tests")];
    while let Some(folder) = waiting.pop() {
        for entry in entries(&folder) {
            if entry.is_dir() {
                waiting.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "snap") {
                out.push(entry);
            }
        }
    }
    out.sort();
    out
}

/// What is in a folder, in order; nothing if there is no such folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut out: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the folder is readable").path()).collect();
    out.sort();
    out
}
