//! What a model reads in place of an output: for each kind of output some cases, `golden/KIND/CASE.in`, and what
//! compressing makes of each, `CASE.out`, so that the effect of a change is its diff.
//!
//! The first line of an input is `%%% COMMAND | TASK`, either of which may be missing. The first line of an output says
//! the kinds of its chunks, the tokens before and after, and what was done. `UPDATE_GOLDEN=1 cargo nextest run -E
//! 'test(golden)'` writes the outputs anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use compress::{Kind, Options};

mod laws;

/// Fewer cases don't show a kind from enough sides.
const FEWEST_CASES: usize = 3;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The names in a folder, in order.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("an entry").file_name().to_string_lossy().into_owned()
    };
    entries.map(name).collect()
}

/// The output that belongs to an input, and whether it has a chunk of `kind`.
fn output(kind: &str, input: &str) -> (String, bool) {
    let (head, text) = input.split_once('\n').expect("a first line and a text");
    let (command, task) =
        head.strip_prefix("%%%").and_then(|head| head.split_once('|')).expect("%%% COMMAND | TASK");
    let options = Options {
        kind: Some(command.trim().to_owned()).filter(|command| !command.is_empty()),
        task: task.trim().to_owned(),
        ..Options::default()
    };
    let result = laws::compress_lawfully(text, &options);
    let kinds: BTreeSet<&str> = result.chunks.iter().map(|chunk| chunk.kind.name()).collect();
    let is_of_kind = kinds.contains(kind);
    let kinds = kinds.into_iter().collect::<Vec<_>>().join(" ");
    let done = match result.transforms.as_slice() {
        [] => "nothing".to_owned(),
        transforms => transforms.join(" "),
    };
    let (before, after) = (result.tokens_before, result.tokens_after);
    let share = after * 100 / before.max(1);
    let head = format!("%%% {kinds} | {before} → {after} tokens ({share} %) | {done}");
    (format!("{head}\n{}", result.text), is_of_kind)
}

#[test]
fn golden_outputs() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    let mut check = |kind: &str, case: &str| {
        let path = folder().join(kind).join(case);
        let input = std::fs::read_to_string(path.with_extension("in")).expect("an input");
        let (output, is_of_kind) = output(kind, &input);
        if !is_of_kind {
            wrong.push(format!("{kind}/{case} is none: {}", output.lines().next().unwrap_or("")));
        }
        let expected = path.with_extension("out");
        if update {
            std::fs::write(&expected, &output).expect("written");
        }
        let expected = std::fs::read_to_string(&expected).unwrap_or_default();
        if expected != output {
            wrong.push(format!("{kind}/{case}:\n--- is\n{output}\n--- was\n{expected}"));
        }
    };
    for kind in Kind::ALL.iter().map(|kind| kind.name()) {
        for input in names(&folder().join(kind)).iter().filter(|name| name.ends_with(".in")) {
            check(kind, input.trim_end_matches(".in"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ (UPDATE_GOLDEN=1 accepts):\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_kind_has_golden_cases_and_every_file_is_used() {
    let kinds: BTreeSet<String> = Kind::ALL.iter().map(|kind| kind.name().to_owned()).collect();
    assert_eq!(names(&folder()), kinds, "a folder for each kind, and nothing else");
    for kind in kinds {
        let files = names(&folder().join(&kind));
        let cases: Vec<&str> = files.iter().filter_map(|name| name.strip_suffix(".in")).collect();
        assert!(cases.len() >= FEWEST_CASES, "{kind} has only {cases:?}");
        let used = cases.iter().flat_map(|case| [format!("{case}.in"), format!("{case}.out")]);
        assert_eq!(files, used.collect(), "{kind}: an input and an output for each case");
    }
}
