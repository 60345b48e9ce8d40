//! MEMORY.md: notes about the project, a bullet each.

use std::collections::HashSet;

use super::one_line;

/// The beginning of a new file.
pub(crate) const HEAD: &str = "\
# Project Memory

> Notes about this project: `contextos memory add \"…\"`. Edit freely.

## Notes

";

/// The beginning of a new archive.
pub(crate) const ARCHIVE_HEAD: &str = "\
# Project Memory: archive

> What `contextos memory compact` moved here, oldest first. Nothing is lost.

";

/// The entry of a note: `- **TIME** — text`.
pub(crate) fn entry(note: &str, time: &str) -> String {
    format!("- **{time}** — {}\n", one_line(note))
}

/// The notes in a file: its bullets, with the indented lines below them.
pub(crate) fn entries(file: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in file.lines() {
        if let Some(text) = line.strip_prefix("- ") {
            entries.push(text.trim().to_owned());
            is_open = true;
        } else if let Some(entry) = entries.last_mut().filter(|_| is_open && line.starts_with(' '))
        {
            entry.push('\n');
            entry.push_str(line.trim());
        } else {
            is_open = false;
        }
    }
    entries
}

/// The result of compacting: the file with fewer notes, and the removed ones.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Compacted {
    /// The new text of the file.
    pub(crate) file: String,
    /// The entries for the archive, in their order: duplicates and the oldest.
    pub(crate) archived: String,
    /// The number of duplicates among them.
    pub(crate) duplicates: usize,
    /// The number of those that were removed because they are the oldest.
    pub(crate) oldest: usize,
}

/// Merges duplicate notes, of which the newest stays, and removes the oldest beyond `keep`. Lines that
/// [`entry`] didn't write stay where they are.
pub(crate) fn compact(file: &str, keep: usize) -> Compacted {
    let lines: Vec<&str> = file.split_inclusive('\n').collect();
    let mut seen = HashSet::new();
    let mut kept = 0;
    let (mut duplicates, mut oldest) = (0, 0);
    let mut goes = vec![false; lines.len()];
    for (at, line) in lines.iter().enumerate().rev() {
        let Some(note) = note_of(line) else { continue };
        if !seen.insert(one_line(note).to_lowercase()) {
            duplicates += 1;
            goes[at] = true;
        } else if kept == keep {
            oldest += 1;
            goes[at] = true;
        } else {
            kept += 1;
        }
    }
    let pick = |taken: bool| {
        lines.iter().zip(&goes).filter(|(_, goes)| **goes == taken).map(|(line, _)| *line).collect()
    };
    let mut archived: String = pick(true);
    if !archived.is_empty() && !archived.ends_with('\n') {
        archived.push('\n');
    }
    Compacted { file: pick(false), archived, duplicates, oldest }
}

/// The text of an entry that [`entry`] wrote.
fn note_of(line: &str) -> Option<&str> {
    let (_time, note) = line.strip_prefix("- **")?.split_once("** — ")?;
    Some(note.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_entry_is_one_line() {
        assert_eq!(entry("two\nlines ", "T"), "- **T** — two lines\n");
    }

    #[test]
    fn duplicates_and_the_oldest_go_to_the_archive() {
        let file = "# Mine\n- **1** — a\n- **2** — b\ntext\n- **3** — A\n- **4** — c\n";
        let compacted = compact(file, 2);
        assert_eq!(compacted.file, "# Mine\ntext\n- **3** — A\n- **4** — c\n");
        assert_eq!(compacted.archived, "- **1** — a\n- **2** — b\n");
        assert_eq!((compacted.duplicates, compacted.oldest), (1, 1));
        assert_eq!(compact(&compacted.file, 2).file, compacted.file, "once is enough");
    }

    proptest! {
        #[test]
        fn no_line_is_lost(notes in proptest::collection::vec("[a-c]{0,2}|- x|#", 0..30), keep in 0usize..6) {
            let file: String = notes
                .iter()
                .enumerate()
                .map(|(at, note)| if note.len() < 2 { entry(note, &at.to_string()) } else { format!("{note}\n") })
                .collect();
            let compacted = compact(&file, keep);
            let mut before: Vec<_> = file.lines().collect();
            let mut after: Vec<_> = compacted.file.lines().chain(compacted.archived.lines()).collect();
            before.sort_unstable();
            after.sort_unstable();
            prop_assert_eq!(before, after);
        }
    }
}
