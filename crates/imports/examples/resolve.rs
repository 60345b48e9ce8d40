//! Which imports of a checkout lead to its files: `cargo run -p imports --example resolve -- FOLDER`.
//!
//! By language: imports, those that lead to files, those that look as if they should and don't, and
//! other projects' packages. With `--missing` also what isn't found, with `--edges` what is.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it prints")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use imports::{File, ImportGraph};
use rayon::prelude::*;
use syntax::{Language, Outline, outline};

fn main() {
    let (flags, folders): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let asked = |flag: &str| flags.iter().any(|asked| asked == flag);
    for folder in &folders {
        let mut texts = Vec::new();
        read(Path::new(folder), "", &mut texts);
        texts.sort();
        let files: Vec<File<'_>> = texts
            .iter()
            .map(|(path, text)| {
                let language = Language::of(path, text.lines().next().unwrap_or_default());
                File { path, content: text, language }
            })
            .collect();
        let outlines: Vec<Outline> =
            files.par_iter().map(|file| outline(file.language, file.content.text())).collect();
        let parsed: Vec<Option<&Outline>> = outlines.iter().map(Some).collect();
        let started = Instant::now();
        let graph = ImportGraph::resolve(&files, &parsed);
        let time = started.elapsed();
        // Imports, resolved, missing, of other projects, edges, edges without an import.
        let mut counts: BTreeMap<&str, [usize; 6]> = BTreeMap::new();
        for (at, (file, outline)) in files.iter().zip(&outlines).enumerate() {
            let row = counts.entry(file.language.name()).or_default();
            row[0] += outline.imports.len();
            row[1] += outline.imports.len() - graph.outside(at).len();
            for outside in graph.outside(at) {
                let import = &outline.imports[outside.import];
                match &outside.package {
                    None => row[2] += 1,
                    Some(_) => row[3] += 1,
                }
                let shown = match &outside.package {
                    None if asked("--missing") => "missing",
                    Some(_) if asked("--external") => "external",
                    _ => continue,
                };
                println!(
                    "{shown} {}:{}: {} [{}]",
                    file.path, import.line, import.module, import.raw
                );
            }
            for edge in graph.edges(at) {
                row[4] += 1;
                row[5] += usize::from(edge.import.is_none());
                if asked("--edges") {
                    let to = files[edge.to].path;
                    println!("{}:{} -> {to} {:?} {}", file.path, edge.line, edge.names, edge.share);
                }
            }
        }
        println!("{folder}: {} files, resolved in {time:.1?}", files.len());
        for (language, [all, resolved, missing, external, edges, implicit]) in counts {
            if all + edges > 0 {
                let share = 100.0 * resolved as f64 / (resolved + missing).max(1) as f64;
                println!(
                    "  {language:<11} {all:>6} imports {resolved:>6} resolved {missing:>5} missing \
                     ({share:.1} %) {external:>6} external {edges:>7} edges, {implicit} implicit"
                );
            }
        }
    }
}

/// Reads the text files below a folder, but for hidden ones.
fn read(root: &Path, folder: &str, out: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && !name.starts_with('.') {
            read(root, &path, out);
        } else if kind.is_file()
            && let Ok(text) = std::fs::read_to_string(entry.path())
        {
            let text = text.trim_start_matches('\u{feff}').replace('\r', "");
            out.push((path, text));
        }
    }
}
