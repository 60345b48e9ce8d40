//! What a reference calls an earlier text: as the model knows it, by the file or by the command.

use std::collections::HashMap;

/// The longest part of a command in a reference, in characters. By hand, not measured: what tells
/// two commands of a conversation apart is nearly always in their first forty characters.
const LONGEST: usize = 44;

/// Where a text came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// A file, by its path, and the number of the first line of it that is in the text, if that is
    /// known.
    File(String, Option<u32>),
    /// A command; the first line of it counts.
    Command(String),
    /// A tool of which nothing more is known.
    Tool(String),
}

/// The files that were named so far, by their last name, to tell those apart that share it.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The only path with this last name; `None` if there are several.
    paths: HashMap<String, Option<String>>,
}

impl Files {
    pub(super) fn add(&mut self, name: &Name) {
        let Name::File(path, _) = name else { return };
        let known =
            self.paths.entry(last(path, 1).to_owned()).or_insert_with(|| Some(path.clone()));
        if known.as_ref().is_some_and(|known| known != path) {
            *known = None;
        }
    }

    /// `name` as a reference writes it: a file by the last part of its path, or by the last two if
    /// several files have the last in common.
    pub(super) fn display(&self, name: &Name) -> String {
        match name {
            Name::File(path, _) => match self.paths.get(last(path, 1)) {
                Some(None) => plain(last(path, 2)),
                _ => plain(last(path, 1)),
            },
            Name::Command(command) => format!("`{}`", plain(command)),
            Name::Tool(tool) => plain(tool),
        }
    }
}

/// The last `count` parts of a path.
fn last(path: &str, count: usize) -> &str {
    let inner = path.trim_end_matches(['/', '\\']);
    let mut ends = inner.rmatch_indices(['/', '\\']).map(|(at, _)| at + 1);
    match ends.nth(count - 1) {
        Some(at) => &inner[at..],
        None => inner,
    }
}

/// The beginning of a text's first line, in signs that can't be mistaken for the end of the name.
fn plain(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let line = visible(line).replace('`', "'");
    if line.chars().nth(LONGEST).is_none() {
        return line;
    }
    let mut out: String = line.chars().take(LONGEST - 1).collect();
    out.truncate(out.trim_end().len());
    out + "…"
}

/// A line without blanks around it, and without control characters.
pub(super) fn visible(line: &str) -> String {
    line.trim().chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_told_apart() {
        let file = |path: &str| Name::File(path.into(), None);
        let mut files = Files::default();
        files.add(&file("/w/src/app.py"));
        files.add(&file("/w/src/app.py"));
        assert_eq!(files.display(&file("/w/src/app.py")), "app.py");
        files.add(&file("/w/tests/app.py"));
        assert_eq!(files.display(&file("/w/src/app.py")), "src/app.py");
        assert_eq!(files.display(&file(r"C:\w\b.py")), "b.py");
        assert_eq!(files.display(&file("c.py")), "c.py");
        let command = Name::Command("echo `date`\nls".into());
        assert_eq!(files.display(&command), "`echo 'date'`");
        let long = Name::Tool("x".repeat(50));
        assert_eq!(files.display(&long), "x".repeat(43) + "…");
    }
}
