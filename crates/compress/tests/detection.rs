//! Snippets of program output and of files, from 65 kinds of source, each with its expected kind.
//! Those in `snippets/` begin with a line `%%% KIND | COMMAND`; without a command the content
//! decides.

use std::path::Path;

use compress::{Options, compress, expand};

mod laws;

struct Snippet {
    /// The file it is from, for messages.
    source: String,
    kind: String,
    command: Option<String>,
    text: String,
}

fn snippets() -> Vec<Snippet> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snippets");
    let mut files: Vec<_> =
        folder.read_dir().expect("the snippets").map(|entry| entry.expect("one").path()).collect();
    files.sort();
    let mut snippets = Vec::new();
    for path in files {
        let content = std::fs::read_to_string(&path).expect("text");
        for snippet in content.split("%%% ").filter(|snippet| !snippet.is_empty()) {
            let (head, text) = snippet.split_once('\n').expect("a head and a text");
            let (kind, command) = head.split_once(" |").expect("a kind and a command");
            snippets.push(Snippet {
                source: path.file_stem().expect("a name").to_string_lossy().into_owned(),
                kind: kind.to_owned(),
                command: Some(command.trim().to_owned()).filter(|command| !command.is_empty()),
                text: text.to_owned(),
            });
        }
    }
    snippets
}

/// The kind of `snippet` with this hint, if it is a single chunk.
fn taken_for(text: &str, hint: Option<&str>) -> String {
    let options = Options { kind: hint.map(str::to_owned), ..Options::default() };
    let kinds: Vec<&str> = compress(text, &options).chunks.iter().map(|p| p.kind.name()).collect();
    kinds.join(" ")
}

#[test]
fn there_are_enough_of_them() {
    let snippets = snippets();
    let mut sources: Vec<&str> = snippets.iter().map(|snippet| &*snippet.source).collect();
    sources.dedup();
    assert!(snippets.len() >= 120 && sources.len() >= 25, "{} {}", snippets.len(), sources.len());
}

#[test]
fn every_snippet_is_what_its_label_says() {
    let wrong: Vec<String> = snippets()
        .iter()
        .filter_map(|snippet| {
            let taken = taken_for(&snippet.text, snippet.command.as_deref());
            let Snippet { source, kind, command, text } = snippet;
            let start: String = text.chars().take(60).collect();
            (taken != *kind)
                .then(|| format!("{source} ({command:?}): {taken}, is {kind}: {start:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Even with a wrong hint, a snippet is restored completely, and its diagnostics are shown.
#[test]
fn a_wrong_kind_costs_no_answer() {
    const TROUBLE: &[&str] = &["ERROR", "FAILED", "--- FAIL", "panicked at", "BUILD FAILURE"];
    let kinds = [
        "json",
        "log",
        "test-output",
        "trace",
        "search",
        "table",
        "diff",
        "a.rs",
        "a.py",
        "html",
        "prose",
        "text",
    ];
    for snippet in snippets() {
        for kind in kinds {
            let options = Options {
                kind: Some(kind.to_owned()),
                task: "what went wrong?".to_owned(),
                ..Options::default()
            };
            let result = laws::compress_lawfully(&snippet.text, &options);
            let told = expand(&result.text).expect("its own forms");
            for line in snippet.text.lines() {
                let trouble = TROUBLE.iter().any(|word| line.contains(word));
                let shown = !trouble || told.contains(line.trim());
                assert!(shown, "{} as {kind} lost {line:?}:\n{}", snippet.source, result.text);
            }
        }
    }
}
