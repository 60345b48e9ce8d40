//! The kind of a command's output, and of a file by its name.

use languages::Language;

use super::Detected;
use crate::kinds::Kind;

/// A command, without the programs that run it and the filters after it.
pub(crate) struct Command<'a> {
    /// The name of the program, without its path.
    pub program: &'a str,
    arguments: Vec<&'a str>,
}

impl Command<'_> {
    /// Whether one of the arguments is `word`.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.arguments.contains(&word)
    }

    /// Whether `flag` is among the short options: `-l`, `-la`.
    pub(crate) fn has_short(&self, flag: char) -> bool {
        self.arguments.iter().any(|word| {
            word.strip_prefix('-').is_some_and(|w| !w.starts_with('-') && w.contains(flag))
        })
    }

    /// The kind of what it writes.
    fn kind(&self) -> Option<Kind> {
        let written = |kind: &&Kind| kind.spec().is_written_by(self);
        if let Some(kind) = Kind::ALL.iter().find(written) {
            return Some(*kind);
        }
        let verb = self.arguments.iter().find(|word| !word.starts_with('-')).copied().unwrap_or("");
        Kind::ALL
            .iter()
            .flat_map(|kind| kind.spec().programs().iter().map(move |entry| (entry, *kind)))
            .filter(|((program, word), _)| {
                *program == self.program && (word.is_empty() || *word == verb)
            })
            .max_by_key(|((_, word), _)| word.len())
            .map(|(_, kind)| kind)
    }
}

/// A file, by its name.
pub(crate) struct File<'a> {
    /// Its path, or its name alone.
    pub path: &'a str,
    /// The language that its name or its first line implies.
    pub language: Language,
}

/// Programs that print a file unchanged.
const VIEWERS: &[&str] = &["bat", "cat", "head", "less", "more", "nl", "sed", "tail", "type"];
/// Programs that run another program.
const RUNNERS: &[&str] =
    &["env", "npx", "nice", "nohup", "poetry", "sudo", "time", "timeout", "uv", "xargs"];
/// Filters in a pipeline that leave lines unchanged.
const FILTERS: &[&str] =
    &["awk", "cat", "cut", "egrep", "grep", "head", "less", "sed", "sort", "tail", "tee", "uniq"];

/// Whether `hint` is a path, or a command that prints a file among other things.
pub(super) fn shows_file(hint: &str) -> bool {
    let is_path = !hint.contains(char::is_whitespace) && hint.contains(['.', '/']);
    let starts = |part: &str| {
        part.split_whitespace().next().is_some_and(|word| VIEWERS.contains(&program(word)))
    };
    is_path || hint.split(['\n', ';', '&']).any(starts)
}

/// Programs that fetch a page, or search.
const FETCHERS: [&str; 4] = ["curl", "grep", "lynx", "wget"];

/// Whether `hint` is a command that fetches a page or searches.
pub(super) fn fetches(hint: &str) -> bool {
    hint.split_whitespace().next().is_some_and(|word| FETCHERS.contains(&program(word)))
}

/// The kind that `hint` implies.
pub(super) fn said(hint: &str, text: &str) -> Option<Detected> {
    let hint = hint.trim();
    let first_line = text.lines().next().unwrap_or("");
    if let Some(kind) = Kind::from_name(hint) {
        return Some(Detected::plain(kind));
    }
    if !hint.contains(char::is_whitespace) && (hint.contains('.') || hint.contains('/')) {
        return file(hint, first_line);
    }
    // In `cd src && grep x . | head` the last command counts, and of that the stage before the
    // filters.
    let after_and = hint.rsplit("&&").next().unwrap_or(hint);
    let command = after_and.rsplit(['\n', ';']).map(str::trim).find(|part| !part.is_empty())?;
    let mut stages = command.split('|').map(str::trim).filter(|stage| !stage.is_empty());
    let writer = stages.next()?;
    let filtered = stages
        .all(|stage| FILTERS.contains(&program(stage.split_whitespace().next().unwrap_or(""))));
    if !filtered {
        return None;
    }
    let mut words = writer.split_whitespace().skip_while(|word| {
        RUNNERS.contains(&program(word)) || word.contains('=') || word.starts_with('-')
    });
    // `env` without a program to run prints the environment.
    let name = match words.next() {
        Some(word) => program(word),
        None if program(writer.split_whitespace().next()?) == "env" => "env",
        None => return None,
    };
    let arguments: Vec<&str> = words.collect();
    if VIEWERS.contains(&name) {
        let path = arguments
            .iter()
            .rev()
            .find(|word| !word.starts_with('-') && word.contains(['.', '/']))?;
        return file(path, first_line);
    }
    let command = Command { program: name, arguments };
    command.kind().map(Detected::plain).or_else(|| language(hint))
}

/// The name of a program without its path and extension.
fn program(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// What the file holds, by its name and first line.
fn file(path: &str, first_line: &str) -> Option<Detected> {
    let file = File { path, language: Language::of(path, first_line) };
    let kind = Kind::ALL.iter().copied().find(|kind| kind.spec().is_in(&file))?;
    let language = if kind == Kind::Code { file.language } else { Language::Text };
    Some(Detected { kind, language })
}

/// Code in the language of that name.
fn language(name: &str) -> Option<Detected> {
    let language = Language::from_name(name).filter(|language| language.is_code())?;
    Some(Detected { kind: Kind::Code, language })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_write() {
        for (hint, kind) in [
            ("grep -rn foo .", Kind::Search),
            ("cd src && sudo /usr/bin/rg x | head -20", Kind::Search),
            ("find . -type f", Kind::Search),
            ("find . -type f -ls", Kind::Table),
            ("ls -la", Kind::Table),
            ("ls", Kind::Search),
            ("git diff HEAD~3", Kind::Diff),
            ("git diff --name-status main", Kind::Facts),
            ("git status -s", Kind::Facts),
            ("git --no-pager blame x.rs", Kind::Table),
            ("PYTHONPATH=. python -m pytest -v", Kind::TestOutput),
            ("npx jest", Kind::TestOutput),
            ("cargo test 2>&1 | tail -50", Kind::TestOutput),
            ("cat app.log", Kind::Log),
            ("env", Kind::Facts),
            ("env | sort", Kind::Facts),
            ("export -p", Kind::Facts),
            ("git config -l", Kind::Facts),
            ("npm config ls", Kind::Facts),
            ("npm ls", Kind::TestOutput),
            ("sudo sysctl -a", Kind::Facts),
            ("df -h", Kind::Facts),
            ("env CI=1 cargo test", Kind::TestOutput),
            ("sed -n 1,80p src/auth.rs", Kind::Code),
            ("docs/a.md", Kind::Prose),
            ("log", Kind::Log),
        ] {
            assert_eq!(said(hint, "").map(|d| d.kind), Some(kind), "{hint}");
        }
        for hint in ["curl -s localhost", "docker ps | jq .", "notes.txt", ""] {
            assert_eq!(said(hint, ""), None, "{hint}");
        }
        assert_eq!(said("src/auth.py", "").map(|d| d.language), Some(Language::Python));
    }
}
