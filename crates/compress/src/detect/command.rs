//! The kind of a command's output.

use languages::Language;

use super::Detected;
use super::file::{File, is_recipe};
use super::words::pipelines;
use crate::kinds::Kind;

/// A command, without the programs that run it and the filters after it.
pub(crate) struct Command<'a> {
    /// The name of the program, without its path.
    pub program: &'a str,
    arguments: Vec<&'a str>,
}

impl<'a> Command<'a> {
    /// The command of a pipeline, if what follows it leaves lines unchanged.
    fn of(pipeline: &[Vec<&'a str>]) -> Option<Self> {
        let (writer, filters) = pipeline.split_first()?;
        let name = |words: &[&'a str]| words.first().map_or("", |word| program(word));
        if !filters.iter().all(|words| FILTERS.contains(&name(words))) {
            return None;
        }
        let mut words = writer.iter().copied().skip_while(|word| runs(word));
        let program = match words.next() {
            Some(word) => program(word),
            // `env` without a program to run prints the environment.
            None => Some(name(writer)).filter(|name| *name == "env")?,
        };
        Some(Self { program, arguments: words.collect() })
    }

    /// Whether one of the arguments is `word`.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.arguments.contains(&word)
    }

    /// Whether one of the arguments is one of these options, perhaps with a value: `--format=%s`.
    pub(crate) fn has_option(&self, options: &[&str]) -> bool {
        let is_option = |word: &&str| options.contains(&word.split('=').next().unwrap_or(word));
        self.arguments.iter().any(is_option)
    }

    /// Whether `flag` is among the short options: `-l`, `-la`.
    pub(crate) fn has_short(&self, flag: char) -> bool {
        self.arguments.iter().any(|word| {
            word.strip_prefix('-').is_some_and(|w| !w.starts_with('-') && w.contains(flag))
        })
    }

    /// The subcommand, behind the options.
    pub(crate) fn verb(&self) -> &'a str {
        self.verb_and_rest().map_or("", |(verb, _)| verb)
    }

    /// The subcommand, and the arguments behind it.
    fn verb_and_rest(&self) -> Option<(&'a str, &[&'a str])> {
        let mut rest = &self.arguments[..];
        while let Some((word, behind)) = rest.split_first() {
            if !word.starts_with('-') {
                return Some((word, behind));
            }
            let has_value = self.program == "git" && GIT_VALUES.contains(word);
            rest = behind.get(usize::from(has_value)..)?;
        }
        None
    }

    /// The files whose content it prints, in order.
    fn files(&self) -> Vec<&'a str> {
        if VIEWERS.contains(&self.program) {
            return self.viewed();
        }
        match self.verb_and_rest() {
            Some(("show" | "cat-file", words)) if self.program == "git" => {
                let path = |word: &&'a str| {
                    let (revision, path) = word.split_once(':')?;
                    (!revision.is_empty() && !word.starts_with('-') && !path.is_empty())
                        .then_some(path)
                };
                words.iter().filter_map(path).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The arguments of a viewer that are files.
    fn viewed(&self) -> Vec<&'a str> {
        let mut words = Vec::new();
        let mut arguments = self.arguments.iter().copied();
        while let Some(word) = arguments.next() {
            if word.ends_with(['<', '>']) {
                // The file of a redirection: the output isn't seen, or is that file.
                words.extend(arguments.next().filter(|_| word == "<"));
            } else if !word.contains(['<', '>']) && !word.starts_with(['-', '+']) {
                words.push(word);
            }
        }
        let has_script = self.program == "sed" && !self.has_short('e') && !self.has_short('f');
        let words = words.into_iter().skip(usize::from(has_script));
        words.filter(|word| !is_range(word)).collect()
    }

    /// The kind of what it writes.
    fn kind(&self) -> Option<Kind> {
        let written = |kind: &&Kind| kind.spec().is_written_by(self);
        if let Some(kind) = Kind::ALL.iter().find(written) {
            return Some(*kind);
        }
        let verb = self.verb();
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

/// Programs that print a file unchanged.
const VIEWERS: &[&str] = &["bat", "cat", "head", "less", "more", "nl", "sed", "tail", "type"];
/// Programs that run another program.
const RUNNERS: &[&str] =
    &["env", "npx", "nice", "nohup", "poetry", "sudo", "time", "timeout", "uv", "xargs"];
/// Options of `git` before its subcommand whose value is the next word.
const GIT_VALUES: [&str; 4] = ["-C", "-c", "--git-dir", "--work-tree"];
/// Commands that print nothing, or a word between the outputs of others.
const QUIET: [&str; 13] = [
    ":", "[", "cd", "echo", "exit", "false", "mkdir", "printf", "pwd", "set", "sleep", "test",
    "true",
];
/// Filters in a pipeline that leave lines unchanged.
const FILTERS: &[&str] =
    &["awk", "cat", "cut", "egrep", "grep", "head", "less", "sed", "sort", "tail", "tee", "uniq"];

/// Programs that fetch a page, or search.
const FETCHERS: [&str; 4] = ["curl", "grep", "lynx", "wget"];

/// Whether `hint` is a path, or a command that prints a file among other things.
pub(super) fn shows_file(hint: &str) -> bool {
    !files(hint.trim()).is_empty()
}

/// Whether `hint` is a command that fetches a page or searches, or the address of a page.
pub(super) fn fetches(hint: &str) -> bool {
    is_address(hint)
        || hint.split_whitespace().next().is_some_and(|word| FETCHERS.contains(&program(word)))
}

/// The kind that `hint` implies.
pub(super) fn said(hint: &str, text: &str) -> Option<Detected> {
    let hint = hint.trim();
    if let Some(kind) = Kind::from_name(hint) {
        return Some(Detected::plain(kind));
    }
    let file = |path| File::of(path, text).detected();
    if is_path(hint) {
        return file(hint);
    }
    let command = last_command(hint)?;
    let shown = command.files();
    // Where a maintained file is shown with others, nothing of it may be lost.
    let mut held = shown.iter().rev().filter_map(|path| file(path));
    let last = held.next();
    let is_code = |held: &Detected| held.kind == Kind::Code;
    let shown = last.filter(is_code).or_else(|| held.find(is_code)).or(last);
    shown.or_else(|| command.kind().map(Detected::plain)).or_else(|| language(hint))
}

/// What a file that `hint` names holds, if the content looks like `kind` and the name says nothing.
pub(super) fn held(hint: &str, text: &str, kind: Kind) -> Option<Detected> {
    let hint = hint.trim();
    let path = files(hint).into_iter().next_back()?;
    // A path alone may also be that of a program that was run.
    let has_ending = || path.rsplit(['/', '\\']).next().is_some_and(|name| name.contains('.'));
    if path == hint && !has_ending() {
        return None;
    }
    File::of(path, text).unless_recorded(kind)
}

/// The files whose content is shown, if `hint` is a path or a command.
fn files(hint: &str) -> Vec<&str> {
    if is_path(hint) {
        return vec![hint];
    }
    let commands = pipelines(hint).into_iter().filter_map(|pipeline| Command::of(&pipeline));
    commands.flat_map(|command| command.files()).collect()
}

/// The last command of a line that prints what the line is for: in `cd src && grep x . | head` the `grep`, since
/// filters leave lines unchanged.
fn last_command(line: &str) -> Option<Command<'_>> {
    let pipelines = pipelines(line);
    let is_quiet = |pipeline: &&Vec<Vec<&str>>| {
        pipeline.first().and_then(|words| words.first()).is_some_and(|word| QUIET.contains(word))
    };
    Command::of(pipelines.iter().rev().find(|pipeline| !is_quiet(pipeline))?)
}

/// Whether `hint` names a file and not a command.
fn is_path(hint: &str) -> bool {
    let is_name = || {
        hint.contains(['.', '/', '\\'])
            || is_recipe(hint)
            || Language::of(hint, "") != Language::Text
    };
    !hint.is_empty() && !hint.contains(char::is_whitespace) && !is_address(hint) && is_name()
}

/// Whether `hint` begins as an address in the web.
fn is_address(hint: &str) -> bool {
    let scheme = hint.split_once("://").map_or("", |(scheme, _)| scheme);
    !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+')
}

/// Whether `word` runs the program behind it, or is an option or a value of that: `sudo`, `A=1`, `timeout 5`.
fn runs(word: &str) -> bool {
    RUNNERS.contains(&program(word))
        || word.contains('=')
        || word.starts_with(|sign: char| sign == '-' || sign.is_ascii_digit())
}

/// Whether `word` is a number or a range of lines: `50`, `1,80p`, `1:50`.
fn is_range(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit() || b",:$+-p".contains(&byte))
}

/// The name of a program without its path and extension.
fn program(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.strip_suffix(".exe").unwrap_or(name)
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
        for hint in [
            "curl -s localhost",
            "docker ps | jq .",
            "notes.txt",
            "",
            "echo a",
            "ls x | xargs -n 1 y",
        ] {
            assert_eq!(said(hint, ""), None, "{hint}");
        }
        assert_eq!(said("src/auth.py", "").map(|d| d.language), Some(Language::Python));
    }

    #[test]
    fn files_that_commands_print() {
        for (hint, expected) in [
            ("cat Makefile", vec!["Makefile"]),
            ("cd /w && cat Dockerfile", vec!["Dockerfile"]),
            ("sed -n '1,80p' Gemfile", vec!["Gemfile"]),
            ("sed -n '/a.b/,/c/p' Rakefile | head", vec!["Rakefile"]),
            ("sed -ne 1,5p justfile", vec!["justfile"]),
            ("head -n 50 Vagrantfile", vec!["Vagrantfile"]),
            ("head Vagrantfile -n 50", vec!["Vagrantfile"]),
            ("bat --paging never -r 3:9 Makefile", vec!["never", "Makefile"]),
            ("tail -n +3 a/b", vec!["a/b"]),
            ("nl -ba Procfile 2>/dev/null", vec!["Procfile"]),
            ("cat < a.yml > b.yml", vec!["a.yml"]),
            ("cat 'my file.css' b.css", vec!["my file.css", "b.css"]),
            ("git show HEAD:Makefile", vec!["Makefile"]),
            ("git -C /w --no-pager show v1:src/a.css", vec!["src/a.css"]),
            ("git cat-file -p HEAD:a.yml", vec!["a.yml"]),
            ("git show HEAD", vec![]),
            ("git show :/fix", vec![]),
            ("git log main:x", vec![]),
            ("make", vec![]),
            ("cat", vec![]),
            ("Makefile", vec!["Makefile"]),
            ("justfile", vec!["justfile"]),
            ("Caddyfile", vec!["Caddyfile"]),
            ("src/x", vec!["src/x"]),
            ("https://example.org/index.html", vec![]),
        ] {
            assert_eq!(files(hint), expected, "{hint}");
        }
    }

    #[test]
    fn maintained_files_are_code_however_they_are_printed() {
        for hint in [
            "cat Makefile",
            "cat a.scss && echo ---",
            "cat Makefile; echo; cat Dockerfile",
            "cat package.toml notes.txt",
            "timeout 5 cat ci.yml",
            "cat page.html | head -50",
            "git show HEAD~2:web/page.html",
            "C:\\w\\page.html",
        ] {
            assert_eq!(said(hint, "").map(|d| d.kind), Some(Kind::Code), "{hint}");
        }
        for hint in
            ["https://example.org/a.html", "curl -s https://example.org/a.css", "cat a.yml | jq ."]
        {
            assert_eq!(said(hint, ""), None, "{hint}");
        }
        assert_eq!(said("git -C /w show HEAD", "").map(|d| d.kind), Some(Kind::Diff));
    }
}
