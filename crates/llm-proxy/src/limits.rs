//! What the user doesn't want to have changed, or left out.

use std::sync::Arc;

use llm_api::request::Call;
use llm_api::tool_call::{SimpleCommand, described, files, simple_commands};

/// What may not be done to results.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Results that stay as they are.
    pub exclude: CallPatterns,
    /// Results of which nothing is left out: only codecs and references, which lose nothing.
    pub lossless: CallPatterns,
    /// The same by what is in a text.
    pub texts: Option<Arc<compress::Limits>>,
}

/// What separates paths from what stands around them in a word: `HEAD:a`, `--file=a`, `open('a')`.
const AROUND_PATHS: [char; 13] = ['\'', '"', '(', ')', '=', ':', ',', ';', '|', '&', '<', '>', '`'];
/// Commands after which paths are those in another folder.
const CHANGE_FOLDER: [&str; 2] = ["cd", "pushd"];

/// Calls by their tool, their command, or the files that they show. In patterns, `*` stands for any
/// characters, none included. A call that may be one of these counts as one: compressing too little does
/// no harm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallPatterns {
    /// Names of tools.
    pub tools: Vec<String>,
    /// Commands, or how they begin: `git diff` is also `git diff --stat`, and `cd x && git -C y diff`.
    pub commands: Vec<String>,
    /// Paths of files, or how they end: `*.env`, `secrets/*`.
    pub paths: Vec<String>,
}

impl CallPatterns {
    /// Whether a call is one of these.
    pub fn has(&self, call: &Call<'_>) -> bool {
        let has_tool = || self.tools.iter().any(|pattern| matches(pattern, &call.name));
        let has_line = || described(call).is_some_and(|line| self.has_line(&line));
        let has_file = || files(call).iter().any(|path| self.has_path(path));
        // Most users name nothing, and then no call is read.
        (!self.tools.is_empty() && has_tool())
            || (!(self.commands.is_empty() && self.paths.is_empty()) && has_line())
            || (!self.paths.is_empty() && has_file())
    }

    /// Whether a line for a shell has a command that is one of these, or names such a file.
    pub fn has_line(&self, line: &str) -> bool {
        if self.commands.is_empty() && self.paths.is_empty() {
            return false;
        }
        let commands = simple_commands(line);
        self.commands.iter().any(|pattern| {
            let words: Vec<&str> = pattern.split_whitespace().collect();
            begins(pattern, line) || commands.iter().any(|command| runs(command, pattern, &words))
        }) || (!self.paths.is_empty() && self.has_path_in(&commands))
    }

    /// Whether a word of `commands` is a file of these.
    fn has_path_in(&self, commands: &[SimpleCommand]) -> bool {
        let mut folder = String::new();
        commands.iter().any(|command| {
            let mut words = command.words.iter();
            let has_path = words.any(|word| {
                let parts = word.split(AROUND_PATHS).filter(|part| !part.is_empty());
                std::iter::once(&**word).chain(parts).any(|path| {
                    let path = path.strip_prefix("./").unwrap_or(path);
                    // A folder is the files in it.
                    self.has_path(path)
                        || self.has_path(&format!("{path}/"))
                        || self.has_path(&format!("{folder}{path}"))
                })
            });
            if let [name, to, ..] = &command.words[..]
                && CHANGE_FOLDER.contains(&&**name)
            {
                if to.starts_with(['/', '~']) {
                    folder.clear();
                }
                folder.push_str(to.trim_end_matches('/'));
                folder.push('/');
            }
            has_path
        })
    }

    /// Whether a file is one of these.
    fn has_path(&self, path: &str) -> bool {
        let ends = |pattern: &String| {
            !pattern.is_empty()
                && (matches(pattern, path) || matches(&format!("*/{pattern}"), path))
        };
        self.paths.iter().any(ends)
    }
}

/// Whether `text` is what `pattern` says, or begins so.
fn begins(pattern: &str, text: &str) -> bool {
    matches(pattern, text) || matches(&format!("{pattern} *"), text)
}

/// Whether `command` runs what `pattern` says, whose words are `wanted`, or runs another that does.
fn runs(command: &SimpleCommand, pattern: &str, wanted: &[&str]) -> bool {
    let [program, arguments @ ..] = wanted else { return false };
    command.beginnings().any(|words| {
        let Some((first, rest)) = words.split_first() else { return false };
        let name = first.rsplit(['/', '\\']).next().unwrap_or(first);
        let name = name.strip_suffix(".exe").unwrap_or(name);
        let is_program = || matches(program, first) || matches(program, name);
        let plain = || [&[name.to_owned()], rest].concat().join(" ");
        (is_program() && has_arguments(rest, arguments))
            || (pattern.contains('*') && begins(pattern, &plain()))
    })
}

/// Whether `words` begin with the words `wanted`, but for options and their values between them.
fn has_arguments(words: &[String], wanted: &[&str]) -> bool {
    let mut wanted = wanted.iter().peekable();
    let mut may_be_value = false;
    for word in words {
        let Some(pattern) = wanted.peek() else { break };
        let is_option = word.starts_with(['-', '+']);
        if matches(pattern, word) {
            wanted.next();
        } else if !is_option && !may_be_value {
            return false;
        }
        may_be_value = is_option;
    }
    wanted.peek().is_none()
}

/// Whether all of `text` is what `pattern` says.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text, expected) in [
            ("Bash", "Bash", true),
            ("Bash", "BashOutput", false),
            ("mcp__*", "mcp__db__query", true),
            ("*query", "mcp__db__query", true),
            ("mcp__*__query", "mcp__db__query", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false),
            ("*", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    fn patterns(commands: &[&str], paths: &[&str]) -> CallPatterns {
        let owned = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
        CallPatterns { tools: Vec::new(), commands: owned(commands), paths: owned(paths) }
    }

    #[test]
    fn a_command_counts_however_a_line_runs_it() {
        let exclude =
            patterns(&["git diff", "terraform plan", "docker compose logs", "jq*--raw"], &[]);
        for line in [
            "git diff",
            "git diff --stat",
            "cd x && git diff",
            "git --no-pager diff",
            "git -C /x diff",
            "git -c a.b=c --no-pager -C /x diff HEAD",
            "git -C \"$(git rev-parse --show-toplevel)\" diff",
            "GIT_PAGER=cat git diff",
            "echo a; git diff",
            "git diff; echo x",
            "git diff | head -50",
            "git  diff",
            "git\tdiff",
            "sudo git diff",
            "sudo -u www git diff",
            "timeout 10 git diff",
            "env -i A=b git diff",
            "/usr/bin/git diff",
            "C:\\git\\git.exe diff",
            "true\ngit diff",
            "bash -lc 'cd x && git diff'",
            "xargs -n 1 git diff",
            "(cd x; git diff)",
            "x=$(git diff)",
            "if git diff --quiet; then echo; fi",
            "cd infra && terraform plan",
            "terraform -chdir=infra plan",
            "docker compose -f a.yml logs",
            "cat a | /bin/jq . --raw",
        ] {
            assert!(exclude.has_line(line), "{line}");
        }
        for line in [
            "git difftool",
            "git log",
            "git log diff",
            "mygit diff",
            "git stash -- diff",
            "echo \"git diff\"",
            "rg 'git diff' docs",
            "git",
            "git -C",
            "terraform apply plan",
            "",
        ] {
            assert!(!exclude.has_line(line), "{line}");
        }
        assert!(!patterns(&[""], &[""]).has_line("ls a"));
        assert!(!patterns(&[], &[]).has_line("ls a"));
    }

    #[test]
    fn a_file_counts_wherever_a_line_names_it() {
        let exclude = patterns(&[], &["*.env", "secrets/*", "conf/prod.yml"]);
        for line in [
            "cat < secrets/a.log",
            "cat <secrets/a.log",
            "cat secrets/a.log | grep -v x",
            "less /w/secrets/a.log",
            "cat secrets/*",
            "cat './secrets/a b.log'",
            "grep -n INFO secrets/a.log",
            "grep -rn INFO secrets",
            "ls secrets/",
            "cat b.txt secrets/a.log",
            "cd secrets && cat a.log",
            "cd conf && cat prod.yml",
            "cd /w/conf/; cat ./prod.yml prod.yml",
            "git show HEAD:secrets/a.log",
            "tool --file=conf/prod.yml",
            "python3 -c \"print(open('secrets/a.log').read())\"",
            "bash -c 'cat secrets/a.log'",
            "docker run --env-file .env x",
        ] {
            assert!(exclude.has_line(line), "{line}");
        }
        for line in ["cat env.rs", "ls mysecrets/a", "cat prod.yml", "cd x && cat prod.yml", "ls"] {
            assert!(!exclude.has_line(line), "{line}");
        }
        assert!(exclude.has_path("/w/.env") && exclude.has_path("/w/secrets/a/b"));
        assert!(!exclude.has_path("/w/env.rs") && !exclude.has_path("/w/mysecrets/a"));
    }
}
