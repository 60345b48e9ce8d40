//! The kind of a command's output, and of a file by its name.

use languages::Language;

use super::Detected;
use crate::kind::Kind;

/// The kind of a program's output, by its name and, if it matters, its subcommand.
const PROGRAMS: &[(&str, &str, Kind)] = &[
    ("ack", "", Kind::Search),
    ("ag", "", Kind::Search),
    ("apt", "list", Kind::Table),
    ("bazel", "", Kind::TestOutput),
    ("brew", "list", Kind::Table),
    ("bundle", "", Kind::TestOutput),
    ("cargo", "", Kind::TestOutput),
    ("clang", "", Kind::TestOutput),
    ("cmake", "", Kind::TestOutput),
    ("composer", "", Kind::TestOutput),
    ("ctest", "", Kind::TestOutput),
    ("declare", "", Kind::Facts),
    ("df", "", Kind::Facts),
    ("diff", "", Kind::Diff),
    ("dmesg", "", Kind::Log),
    ("docker", "build", Kind::TestOutput),
    ("docker", "images", Kind::Table),
    ("docker", "info", Kind::Facts),
    ("docker", "logs", Kind::Log),
    ("docker", "ps", Kind::Table),
    ("dotnet", "", Kind::TestOutput),
    ("dpkg", "", Kind::Table),
    ("du", "", Kind::Table),
    ("egrep", "", Kind::Search),
    ("env", "", Kind::Facts),
    ("eslint", "", Kind::TestOutput),
    ("export", "", Kind::Facts),
    ("fd", "", Kind::Search),
    ("fgrep", "", Kind::Search),
    ("find", "", Kind::Search),
    ("flake8", "", Kind::Search),
    ("free", "", Kind::Facts),
    ("gcc", "", Kind::TestOutput),
    ("git", "blame", Kind::Table),
    ("git", "config", Kind::Facts),
    ("git", "diff", Kind::Diff),
    ("git", "format-patch", Kind::Diff),
    ("git", "grep", Kind::Search),
    ("git", "ls-files", Kind::Search),
    ("git", "ls-tree", Kind::Table),
    ("git", "show", Kind::Diff),
    ("go", "", Kind::TestOutput),
    ("gradle", "", Kind::TestOutput),
    ("gradlew", "", Kind::TestOutput),
    ("grep", "", Kind::Search),
    ("jest", "", Kind::TestOutput),
    ("journalctl", "", Kind::Log),
    ("kubectl", "get", Kind::Table),
    ("kubectl", "logs", Kind::Log),
    ("last", "", Kind::Table),
    ("ll", "", Kind::Table),
    ("locale", "", Kind::Facts),
    ("ls", "", Kind::Table),
    ("lsblk", "", Kind::Table),
    ("lscpu", "", Kind::Facts),
    ("lsof", "", Kind::Table),
    ("make", "", Kind::TestOutput),
    ("man", "", Kind::Prose),
    ("meson", "", Kind::TestOutput),
    ("mount", "", Kind::Table),
    ("mvn", "", Kind::TestOutput),
    ("mypy", "", Kind::Search),
    ("netstat", "", Kind::Table),
    ("ninja", "", Kind::TestOutput),
    ("nox", "", Kind::TestOutput),
    ("npm", "", Kind::TestOutput),
    ("npm", "config", Kind::Facts),
    ("phpunit", "", Kind::TestOutput),
    ("pip", "config", Kind::Facts),
    ("pip", "install", Kind::TestOutput),
    ("pip", "list", Kind::Table),
    ("pip3", "config", Kind::Facts),
    ("pip3", "install", Kind::TestOutput),
    ("pip3", "list", Kind::Table),
    ("pnpm", "", Kind::TestOutput),
    ("pnpm", "config", Kind::Facts),
    ("printenv", "", Kind::Facts),
    ("ps", "", Kind::Table),
    ("pylint", "", Kind::Search),
    ("pytest", "", Kind::TestOutput),
    ("rake", "", Kind::TestOutput),
    ("rg", "", Kind::Search),
    ("rspec", "", Kind::TestOutput),
    ("ruff", "", Kind::Search),
    ("ss", "", Kind::Table),
    ("swift", "", Kind::TestOutput),
    ("sysctl", "", Kind::Facts),
    ("systemctl", "list-units", Kind::Table),
    ("systemctl", "show", Kind::Facts),
    ("top", "", Kind::Table),
    ("tox", "", Kind::TestOutput),
    ("tsc", "", Kind::TestOutput),
    ("ulimit", "", Kind::Facts),
    ("vitest", "", Kind::TestOutput),
    ("webpack", "", Kind::TestOutput),
    ("yarn", "", Kind::TestOutput),
    ("yarn", "config", Kind::Facts),
];

/// Programs that print a file unchanged.
const VIEWERS: &[&str] = &["bat", "cat", "head", "less", "more", "nl", "sed", "tail", "type"];
/// Programs that run another program.
const RUNNERS: &[&str] =
    &["env", "npx", "nice", "nohup", "poetry", "sudo", "time", "timeout", "uv", "xargs"];
/// Filters in a pipeline that leave lines unchanged.
const FILTERS: &[&str] =
    &["awk", "cat", "cut", "egrep", "grep", "head", "less", "sed", "sort", "tail", "tee", "uniq"];

/// The kind that `hint` implies.
pub(super) fn said(hint: &str, text: &str) -> Option<Detected> {
    let hint = hint.trim();
    let first_line = text.lines().next().unwrap_or("");
    if let Some(kind) = kind_named(hint) {
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
    by_program(name, &arguments).map(Detected::plain).or_else(|| language(hint))
}

fn by_program(name: &str, arguments: &[&str]) -> Option<Kind> {
    let has = |flag: &str| arguments.iter().any(|word| word == &flag);
    let long = |flag: char| {
        arguments.iter().any(|word| {
            word.strip_prefix('-').is_some_and(|w| !w.starts_with('-') && w.contains(flag))
        })
    };
    match name {
        "find" if has("-ls") => return Some(Kind::Table),
        "ls" if !long('l') => return Some(Kind::Search),
        "git" if has("log") && (has("-p") || has("--patch")) => return Some(Kind::Diff),
        "python" | "python3" if has("pytest") || has("unittest") => return Some(Kind::TestOutput),
        _ => {}
    }
    let verb = arguments.iter().find(|word| !word.starts_with('-')).copied().unwrap_or("");
    PROGRAMS
        .iter()
        .filter(|(program, word, _)| *program == name && (word.is_empty() || *word == verb))
        .max_by_key(|(_, word, _)| word.len())
        .map(|(_, _, kind)| *kind)
}

/// The name of a program without its path and extension.
fn program(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.strip_suffix(".exe").unwrap_or(name)
}

fn file(path: &str, first_line: &str) -> Option<Detected> {
    let language = Language::of(path, first_line);
    let kind = match language {
        Language::Json => Kind::Json,
        Language::Html => Kind::Html,
        Language::Diff => Kind::Diff,
        Language::Csv => Kind::Table,
        Language::Markdown | Language::Rst => Kind::Prose,
        _ if language.is_code() => return Some(Detected { kind: Kind::Code, language }),
        Language::Text if path.ends_with(".log") => Kind::Log,
        _ => return None,
    };
    Some(Detected::plain(kind))
}

fn language(name: &str) -> Option<Detected> {
    let language = Language::from_name(name).filter(|language| language.is_code())?;
    Some(Detected { kind: Kind::Code, language })
}

fn kind_named(name: &str) -> Option<Kind> {
    let kinds = [
        Kind::Json,
        Kind::Log,
        Kind::TestOutput,
        Kind::Trace,
        Kind::Facts,
        Kind::Search,
        Kind::Table,
        Kind::Diff,
        Kind::Code,
        Kind::Pack,
        Kind::Html,
        Kind::Prose,
        Kind::Text,
    ];
    kinds.into_iter().find(|kind| kind.name() == name)
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
