//! Golden files: outputs that are kept beside the tests that make them, so that a change's effect is
//! its diff. Run the tests with `UPDATE_GOLDEN=1` to write them, and review what changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The environment variable that has golden files written instead of compared.
const UPDATE: &str = "UPDATE_GOLDEN";

/// A folder of golden files. Every mismatch is collected, so that one run shows or writes all of them.
#[derive(Debug)]
pub struct Golden {
    folder: PathBuf,
    update: bool,
    checked: BTreeSet<PathBuf>,
    mismatches: Vec<String>,
}

impl Golden {
    /// The golden files below `folder`, which must exist unless they are being written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let update = std::env::var_os(UPDATE).is_some_and(|value| value == "1");
        let (folder, checked) = (folder.into(), BTreeSet::new());
        Self { folder, update, checked, mismatches: Vec::new() }
    }

    /// Compares `actual` with the golden file at `path`, relative to the folder, or writes the file.
    pub fn check(&mut self, path: impl AsRef<Path>, actual: &str) {
        let path = path.as_ref();
        self.checked.insert(path.to_owned());
        let file = self.folder.join(path);
        if self.update {
            fs::create_dir_all(file.parent().expect("a file has a folder")).expect("folders");
            fs::write(&file, actual).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            return;
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        if expected != actual {
            self.mismatches.push(format!("{}\n{}", file.display(), difference(&expected, actual)));
        }
    }

    /// Panics with every mismatch, and with every file below the folder that was neither checked nor is
    /// an input: a case that no test uses.
    pub fn finish(self, is_input: impl Fn(&Path) -> bool) {
        let mut problems = self.mismatches;
        for path in files(&self.folder, Path::new("")) {
            if !self.checked.contains(&path) && !is_input(&path) {
                let file = self.folder.join(path);
                problems.push(format!("{}: no test checks this file", file.display()));
            }
        }
        assert!(
            problems.is_empty(),
            "{}\n\nIf this is intended, run again with {UPDATE}=1 and review the diff.",
            problems.join("\n\n")
        );
    }
}

/// The first line that differs, from 1, as expected and as it is.
fn difference(expected: &str, actual: &str) -> String {
    let (mut expected, mut actual) = (expected.split('\n'), actual.split('\n'));
    let mut number = 0;
    loop {
        number += 1;
        match (expected.next(), actual.next()) {
            (Some(a), Some(b)) if a == b => {}
            (a, b) => {
                let shown =
                    |line: Option<&str>| line.map_or("(end)".to_owned(), |l| format!("{l:?}"));
                return format!("line {number}:\n  golden: {}\n  actual: {}", shown(a), shown(b));
            }
        }
    }
}

/// Every file below `folder`, relative to `root`, in order.
fn files(root: &Path, folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let entries = fs::read_dir(root.join(folder)).expect("the folder of golden files");
    for entry in entries {
        let entry = entry.expect("an entry");
        let path = folder.join(entry.file_name());
        match entry.file_type().expect("its type").is_dir() {
            true => out.extend(files(root, &path)),
            false => out.push(path),
        }
    }
    out.sort();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TempRepo;

    fn golden(folder: &TempRepo) -> Golden {
        Golden {
            folder: folder.path().to_owned(),
            update: false,
            checked: BTreeSet::new(),
            mismatches: Vec::new(),
        }
    }

    #[test]
    fn equal_files_pass() {
        let folder = TempRepo::folder();
        folder.write("case/out.txt", "one\n").write("case/in.txt", "");
        let mut golden = golden(&folder);
        golden.check("case/out.txt", "one\n");
        golden.finish(|path| path.ends_with("in.txt"));
    }

    #[test]
    #[should_panic(expected = "line 2:")]
    fn other_files_fail() {
        let folder = TempRepo::folder();
        folder.write("out.txt", "one\ntwo\n");
        let mut golden = golden(&folder);
        golden.check("out.txt", "one\n2\n");
        golden.finish(|_| false);
    }

    #[test]
    #[should_panic(expected = "no test checks this file")]
    fn a_forgotten_file_fails() {
        let folder = TempRepo::folder();
        folder.write("out.txt", "one\n");
        golden(&folder).finish(|_| false);
    }

    #[test]
    fn updating_writes_the_files() {
        let folder = TempRepo::folder();
        let mut golden = Golden { update: true, ..golden(&folder) };
        golden.check("new/out.txt", "one\n");
        golden.finish(|_| false);
        assert_eq!(fs::read_to_string(folder.path().join("new/out.txt")).unwrap(), "one\n");
    }
}
