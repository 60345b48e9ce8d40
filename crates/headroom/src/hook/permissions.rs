//! The agent's permission rules about shell commands, applied conservatively: a command counts as
//! restricted if a rule might forbid it or ask about it, and as allowed only if a rule plainly allows it.
//!
//! Follows the documentation of Claude Code's rules (<https://code.claude.com/docs/en/permissions>); where
//! that is ambiguous, in the interpretation that allows less.

use std::path::{Path, PathBuf};

use agent_config::machine::Machine;
use serde_json::Value;

use super::invocation::Invocation;
use super::settings::{self, Place, Unknown};
use super::simple::{SimpleCommand, simple_command};
use super::{TOOL, paths, shell};

/// The longest command that the agent analyses, in bytes; it asks about longer ones.
const LONGEST_ANALYSED: usize = 10_000;
/// The tools whose rules are about paths. A rule for one counts for all of them, and for shell commands.
const FILE_TOOLS: [&str; 9] =
    ["Read", "Edit", "Write", "MultiEdit", "NotebookEdit", "NotebookRead", "Glob", "Grep", "LS"];
/// Programs that never count as allowed, whatever a rule says: they run other commands, or the agent
/// checks more than their name.
#[rustfmt::skip]
const NEVER_ALLOWED: [&str; 47] = [
    // Run a command from their arguments or their input.
    "ash", "bash", "builtin", "chroot", "command", "csh", "dash", "doas", "env", "eval", "exec", "fish",
    "flock", "ionice", "ksh", "nice", "nohup", "parallel", "pwsh", "setsid", "sh", "source", "stdbuf",
    "su", "sudo", "tcsh", "time", "timeout", "unshare", "watch", "xargs", "zsh", ".", "busybox", "chrt",
    "nsenter", "script", "strace", "taskset",
    // Removals, which no rule approves, and languages whose scripts can write files.
    "rm", "rmdir", "sed", "awk", "gawk", "mawk", "nawk", "ed",
];
/// The beginnings of `find`'s arguments that run commands, remove files or write to them.
const ACTIONS_OF_FIND: [&str; 6] = ["-exec", "-ok", "-delete", "-fprint", "-fls", "-files0"];
/// Programs that read or write the files in their arguments, or those of the folder in which they run. If
/// a rule restricts a file, such a program never counts as harmless.
#[rustfmt::skip]
const OF_FILES: [&str; 88] = [
    "ack", "ag", "awk", "base32", "base64", "bat", "bzip2", "cat", "chmod", "chown", "cmp", "column",
    "comm", "cp", "csplit", "curl", "cut", "dd", "diff", "du", "ed", "egrep", "emacs", "env", "ex", "exa",
    "expand", "eza", "fd", "fgrep", "file", "find", "fmt", "fold", "gawk", "git", "grep", "gunzip", "gzip",
    "head", "hexdump", "install", "join", "jq", "less", "ln", "ls", "lsd", "md5sum", "mkdir", "more", "mv",
    "nl", "od", "openssl", "paste", "patch", "perl", "php", "pr", "printenv", "python", "python3", "rev",
    "rg", "rm", "rmdir", "rsync", "ruby", "scp", "sed", "sha1sum", "sha256sum", "shuf", "sort", "split",
    "stat", "strings", "tac", "tail", "tar", "tee", "touch", "tr", "tree", "truncate", "uniq", "wc",
];

/// The rules that apply to a call.
#[derive(Debug, Default, Clone)]
pub(crate) struct Rules {
    /// Patterns of commands that a rule forbids or asks about.
    restricted: Vec<String>,
    /// Patterns of paths that a rule forbids or asks about.
    restricted_paths: Vec<String>,
    /// Patterns of commands that are allowed.
    allowed: Vec<String>,
    /// The folder in which the agent was started.
    project: Option<PathBuf>,
    /// The current folder of its shell.
    cwd: PathBuf,
}

/// The result of applying the rules to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A rule may forbid it or ask about it.
    Restricted,
    /// It is certainly one simple command, and a rule allows it.
    Allowed,
    /// No rule applies.
    Silent,
}

impl Rules {
    /// The rules for `call`, a call of the agent that was started by `invocation`; `None` if they can't be
    /// determined.
    pub(crate) fn in_force(
        machine: &Machine<'_>,
        invocation: &Invocation,
        call: &Value,
    ) -> Option<Self> {
        let cwd = PathBuf::from(call["cwd"].as_str()?);
        let project = (machine.variable)("CLAUDE_PROJECT_DIR").map(PathBuf::from);
        let is_relative = |folder: &Path| !folder.is_absolute();
        if is_relative(&cwd) || project.as_deref().is_some_and(is_relative) {
            return None;
        }
        let place = Place { project: project.as_deref(), cwd: Some(&cwd) };
        let texts = settings::rules_in_force(machine, invocation, &place).ok()?;
        let mut rules = Self { project, cwd, ..Self::default() };
        texts.restricted.iter().try_for_each(|rule| rules.restrict(rule)).ok()?;
        texts.allowed.iter().for_each(|rule| rules.allow(rule));
        Some(rules)
    }

    /// Adds a rule that forbids or asks.
    fn restrict(&mut self, rule: &str) -> Result<(), Unknown> {
        let rule = rule.trim();
        let (tool, inside) = match rule.split_once('(') {
            Some((tool, rest)) => (tool.trim(), rest.strip_suffix(')').ok_or(Unknown)?),
            None => (rule, "*"),
        };
        // A name with wildcards may match any tool, except those of MCP servers.
        let may_be_any = tool.contains('*') && !tool.starts_with("mcp__");
        if tool == TOOL || may_be_any {
            self.restricted.push(inside.to_owned());
        }
        if FILE_TOOLS.contains(&tool) || may_be_any {
            self.restricted_paths.push(inside.to_owned());
        }
        Ok(())
    }

    /// Adds a rule that allows, if it is about shell commands.
    fn allow(&mut self, rule: &str) {
        let rule = rule.trim();
        let inside =
            rule.strip_prefix(TOOL).and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'));
        let inside = if rule == TOOL { Some("*") } else { inside };
        self.allowed.extend(inside.map(str::to_owned));
    }

    pub(super) fn verdict(&self, command: &str) -> Verdict {
        let simple = simple_command(command);
        if self.may_restrict(command, simple.as_ref()) {
            return Verdict::Restricted;
        }
        match simple {
            Some(simple) if self.allows(&simple) => Verdict::Allowed,
            _ => Verdict::Silent,
        }
    }

    /// Whether a rule that forbids or asks may match `command`. `simple` is the same, if it is a simple
    /// command.
    fn may_restrict(&self, command: &str, simple: Option<&SimpleCommand<'_>>) -> bool {
        self.may_match_a_restriction(command)
            || (!self.restricted_paths.is_empty()
                && !simple.is_some_and(|simple| self.is_harmless(simple)))
    }

    /// Whether a pattern of a rule that forbids or asks may match a command or a part of it.
    fn may_match_a_restriction(&self, command: &str) -> bool {
        !self.restricted.is_empty() && (has_expansions(command) || self.catches(command))
    }

    /// Whether a pattern of a rule that forbids or asks may match literal words of `text`.
    pub(super) fn catches(&self, text: &str) -> bool {
        let text = without_quotes(text);
        self.restricted.iter().any(|pattern| may_match(pattern, &text))
    }

    /// Whether no rule about files can concern this command.
    fn is_harmless(&self, simple: &SimpleCommand<'_>) -> bool {
        let name = shell::name_of(simple.program);
        let mut arguments = simple.arguments.iter();
        !OF_FILES.contains(&name)
            && !NEVER_ALLOWED.contains(&name)
            && !arguments
                .any(|word| paths::could_name_a_file(word, &self.restricted_paths, &self.cwd))
    }

    fn allows(&self, simple: &SimpleCommand<'_>) -> bool {
        let name = shell::name_of(simple.program);
        let acts = |word: &String| ACTIONS_OF_FIND.iter().any(|action| word.starts_with(action));
        let Some(project) = &self.project else { return false };
        simple.text.len() <= LONGEST_ANALYSED
            && !NEVER_ALLOWED.contains(&name)
            && !(name == "find" && simple.arguments.iter().any(acts))
            && self.allowed.iter().any(|pattern| plainly_matches(pattern, simple.text))
            && paths::stay_inside(&simple.arguments, project, &self.cwd)
    }

    /// Rules for tests, of a project in `folder`.
    #[cfg(any(test, fuzzing))]
    pub(super) fn for_test(folder: &Path, restricted: &[&str], allowed: &[&str]) -> Self {
        let mut rules =
            Self { project: Some(folder.to_owned()), cwd: folder.to_owned(), ..Self::default() };
        restricted.iter().for_each(|rule| rules.restrict(rule).expect("a rule of a test"));
        allowed.iter().for_each(|rule| rules.allow(rule));
        rules
    }
}

/// Whether a shell expands or substitutes something in `command`, so that it may result in any word.
fn has_expansions(command: &str) -> bool {
    let is_process = command.contains(['<', '>']) && command.contains('(');
    command.contains(['$', '`', '{', '\n', '\r']) || is_process
}

/// `text` with single blanks and without quotes and backslashes, with which the same word can be written
/// in several ways.
fn without_quotes(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether all literal parts of the pattern occur somewhere in `text`, which has no quotes.
fn may_match(pattern: &str, text: &str) -> bool {
    let literal = pattern.strip_suffix(":*").unwrap_or(pattern);
    literal.split('*').all(|part| text.contains(&without_quotes(part)))
}

/// Whether the command equals the pattern, or begins with it and the pattern ends in a wildcard.
fn plainly_matches(pattern: &str, command: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let by_words = pattern.strip_suffix(":*").or(pattern.strip_suffix(" *"));
    let beginning = by_words.or(pattern.strip_suffix('*')).unwrap_or(pattern);
    let Some(rest) = command.strip_prefix(beginning) else { return false };
    let is_free = by_words.is_none() && beginning != pattern;
    !beginning.trim().is_empty()
        && !beginning.contains(['*', '\\'])
        && (rest.is_empty() || is_free || (by_words.is_some() && rest.starts_with(' ')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(restricted: &[&str], allowed: &[&str], command: &str) -> Verdict {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x"), "").unwrap();
        Rules::for_test(folder.path(), restricted, allowed).verdict(command)
    }

    #[test]
    fn what_may_be_restricted_is() {
        let rules = ["Bash(git push --force*)", "Bash(rm -rf:*)", "Bash(docker *)", "mcp__x__*"];
        for command in [
            "rm -rf x",
            "cd a; rm  -rf b",
            "git push --force-with-lease",
            "docker ps",
            "'rm' -rf x",
            "r\\m -rf x",
            "r''m -rf x",
            "rm \"-rf\" x",
            "\"docker\"",
            "rm\t-rf x",
            "rm \\\n-rf x",
            "$(echo rm) -rf x",
            "`echo rm` -rf x",
            "R=rm; $R -rf x",
            "{rm,-rf,x}",
            "bash -c 'rm -rf x'",
            "cat <(rm -rf x)",
            "ls\nls",
        ] {
            assert_eq!(verdict(&rules, &["Bash"], command), Verdict::Restricted, "{command}");
        }
        for command in ["git push", "ls", "rm x", "ls | wc"] {
            assert_ne!(verdict(&rules, &[], command), Verdict::Restricted, "{command}");
        }
        for rule in ["Bash", "*", "B*", "Bash(*)", "Bash(:*)"] {
            assert_eq!(verdict(&[rule], &["Bash"], "ls"), Verdict::Restricted, "{rule}");
        }
    }

    #[test]
    fn a_rule_about_files_restricts_what_may_touch_them() {
        for rule in
            ["Read(./.env)", "Edit(secrets/**)", "Write(x)", "Read", "Grep(//etc/**)", "*(.env)"]
        {
            for command in [
                "cat .env",
                "cat x",
                "head -5 x",
                "grep -r a .",
                "grep a",
                "git diff",
                "rg a",
                "ls",
                "tool x",
                "tool --in=x",
                "tool -fx",
                "tool ./y",
                "tool *",
                "tool < x",
                "tool > y",
                "tool $X",
                "tool; cat x",
                "tool | tee x",
                "bash x",
                "python3 -c 'open(1)'",
                "find",
            ] {
                assert_eq!(
                    verdict(&[rule], &["Bash"], command),
                    Verdict::Restricted,
                    "{rule}: {command}"
                );
            }
        }
        for command in ["cargo test", "npm run build", "tool --verbose"] {
            assert_eq!(
                verdict(&["Read(./.env)"], &["Bash"], command),
                Verdict::Allowed,
                "{command}"
            );
        }
    }

    #[test]
    fn only_what_is_plainly_allowed_is_allowed() {
        let rules =
            ["Bash(npm test)", "Bash(git log:*)", "Bash(cargo *)", "Bash(make*)", "Bash(a * b)"];
        for command in [
            "npm test",
            "npm test 2>&1",
            "git log",
            "git log --stat",
            "git log 2>&1",
            "cargo test 'a b'",
            "make",
            "make -j4",
            "makefoo",
        ] {
            assert_eq!(verdict(&[], &rules, command), Verdict::Allowed, "{command}");
        }
        for command in [
            "npm test x",
            "git logs",
            "cargo test && rm x",
            "cargo test; rm x",
            "cargo test | sh",
            "cargo test > x",
            "cargo $(rm x)",
            "cargo `rm x`",
            "cargo test & rm x",
            "X=1 cargo test",
            " cargo test",
            "cargo test\nrm x",
            "cargo test\rrm x",
            "cargo test /etc/x",
            "cargo test ../x",
            "cargo test .git/x",
            "a x b",
            "cargo test 2>x",
            "cargo test *",
        ] {
            assert_ne!(verdict(&[], &rules, command), Verdict::Allowed, "{command}");
        }
    }

    #[test]
    fn what_runs_other_commands_or_is_looked_at_closely_is_never_allowed() {
        for command in [
            "bash x",
            "/bin/sh -c ls",
            "env ls",
            "sudo ls",
            "xargs ls",
            "timeout 5 ls",
            "watch ls",
            "setsid ls",
            "flock x ls",
            "ionice ls",
            "nohup ls",
            "find x -exec ls",
            "find x -delete",
            "find x -execdir ls",
            "rm x",
            "rmdir x",
            "sed -n 1p x",
            "awk 1 x",
        ] {
            for rule in
                ["Bash", "Bash(*)", &format!("Bash({}:*)", command.split(' ').next().unwrap())]
            {
                assert_ne!(verdict(&[], &[rule], command), Verdict::Allowed, "{rule}: {command}");
            }
        }
        assert_eq!(verdict(&[], &["Bash(find:*)"], "find x -name y"), Verdict::Allowed);
    }

    #[test]
    fn a_rule_that_allows_names_the_tool() {
        for rule in [
            "*", "B*", "Bash*", "bash", "bash(ls)", "Read", "Bash(ls", "Bash()", "Bash( *)",
            "Bash(:*)",
        ] {
            assert_ne!(verdict(&[], &[rule], "ls"), Verdict::Allowed, "{rule}");
        }
        assert_eq!(verdict(&[], &["Bash"], "ls"), Verdict::Allowed);
        assert_eq!(verdict(&[], &["Bash(*)"], "ls"), Verdict::Allowed);
    }

    #[test]
    fn a_restriction_goes_before_what_allows() {
        assert_eq!(verdict(&["Bash(git push:*)"], &["Bash"], "git push"), Verdict::Restricted);
        assert_eq!(verdict(&["Bash(git push:*)"], &["Bash"], "git pull"), Verdict::Allowed);
    }
}
