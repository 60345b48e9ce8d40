//! Lists `agents/`, so that an agent is added by adding its file.
#![allow(clippy::unwrap_used, reason = "a build that can't read its own source has to stop")]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap()).join("agents");
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    let mut list = String::from("&[\n");
    for file in files {
        let id = file.file_stem().unwrap().to_str().unwrap();
        writeln!(list, "({id:?}, include_str!({:?})),", file.display().to_string()).unwrap();
    }
    list.push(']');
    fs::write(Path::new(&env::var("OUT_DIR").unwrap()).join("agents.rs"), list).unwrap();
}
