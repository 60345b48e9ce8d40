//! The permission rules in the arguments of the running agent.
//!
//! An unknown argument may concern permissions, so with one, no rule can be determined.

use super::process::{self, CommandLine};

/// The number of values that an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Values {
    None,
    One,
    /// One, unless an option follows.
    AtMostOne,
    /// One, and all further words up to the next option.
    AtLeastOne,
}

/// The options of Claude Code that change no rule. (Those that change the permission mode needn't be
/// read, because hooks get the mode with each call.) From `claude --help` and the published reference of
/// the command line.
#[rustfmt::skip]
const WITHOUT_RULES: [(&str, Values); 69] = [
    ("--add-dir", Values::AtLeastOne),
    ("--allow-dangerously-skip-permissions", Values::None),
    ("--append-subagent-system-prompt", Values::One),
    ("--append-system-prompt", Values::One),
    ("--append-system-prompt-file", Values::One),
    ("--autocompact", Values::One),
    ("--ax-screen-reader", Values::None),
    ("--betas", Values::AtLeastOne),
    ("--brief", Values::None),
    ("--chrome", Values::None),
    ("--continue", Values::None), ("-c", Values::None),
    ("--dangerously-skip-permissions", Values::None),
    ("--debug", Values::AtMostOne), ("-d", Values::AtMostOne),
    ("--debug-file", Values::One),
    ("--debug-to-stderr", Values::None), ("-d2e", Values::None),
    ("--disable-slash-commands", Values::None),
    ("--effort", Values::One),
    ("--enable-auth-status", Values::None),
    ("--enable-auto-mode", Values::None),
    ("--exclude-dynamic-system-prompt-sections", Values::None),
    ("--fallback-model", Values::One),
    ("--fork-session", Values::None),
    ("--forward-subagent-text", Values::None),
    ("--from-pr", Values::AtMostOne),
    ("--ide", Values::None),
    ("--include-hook-events", Values::None),
    ("--include-partial-messages", Values::None),
    ("--input-format", Values::One),
    ("--json-schema", Values::One),
    ("--max-budget-usd", Values::One),
    ("--max-thinking-tokens", Values::One),
    ("--max-turns", Values::One),
    ("--mcp-config", Values::AtLeastOne),
    ("--mcp-debug", Values::None),
    ("--model", Values::One),
    ("--name", Values::One), ("-n", Values::One),
    ("--no-chrome", Values::None),
    ("--no-session-persistence", Values::None),
    ("--output-format", Values::One),
    ("--permission-mode", Values::One),
    ("--permission-prompt-tool", Values::One),
    ("--permission-prompts", Values::One),
    ("--prefill", Values::One),
    ("--print", Values::None), ("-p", Values::None),
    ("--prompt-suggestions", Values::AtMostOne),
    ("--remote-control", Values::AtMostOne),
    ("--remote-control-session-name-prefix", Values::One),
    ("--replay-user-messages", Values::None),
    ("--resume", Values::AtMostOne), ("-r", Values::AtMostOne),
    ("--resume-session-at", Values::One),
    ("--session-id", Values::One),
    ("--session-mirror", Values::None),
    ("--strict-mcp-config", Values::None),
    ("--system-prompt", Values::One),
    ("--system-prompt-file", Values::One),
    ("--system-prompt-snapshot", Values::One),
    ("--task-budget", Values::One),
    ("--thinking", Values::One),
    ("--thinking-display", Values::One),
    ("--tools", Values::AtLeastOne),
    ("--verbose", Values::None),
    ("--worktree", Values::AtMostOne), ("-w", Values::AtMostOne),
];

/// An option that contains rules, or selects the sources of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carrier {
    Allowed,
    Denied,
    Settings,
    Sources,
}

const WITH_RULES: [(&str, Carrier); 6] = [
    ("--allowedTools", Carrier::Allowed),
    ("--allowed-tools", Carrier::Allowed),
    ("--disallowedTools", Carrier::Denied),
    ("--disallowed-tools", Carrier::Denied),
    ("--settings", Carrier::Settings),
    ("--setting-sources", Carrier::Sources),
];

/// The rules, and sources of rules, in the arguments of a running agent.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// Rules that allow.
    pub(super) allowed: Vec<String>,
    /// Rules that forbid.
    pub(super) denied: Vec<String>,
    /// The values of `--settings`: settings files, or settings as JSON.
    pub(super) settings: Vec<String>,
    /// The values of `--setting-sources`; `None` if it isn't given, for all sources.
    pub(super) sources: Option<Vec<String>>,
}

impl Invocation {
    /// The arguments of the agent that runs this program; `None` if the agent isn't found, or an argument
    /// is unknown.
    pub(crate) fn of_running_agent() -> Option<Self> {
        Self::read(&process::running_agent()?)
    }

    fn read(line: &CommandLine) -> Option<Self> {
        let mut found = Self::default();
        let mut rest = line.words.iter().map(String::as_str).peekable();
        while let Some(word) = rest.next() {
            if word == "--" {
                break;
            }
            if !is_option(word) {
                continue;
            }
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) if word.starts_with("--") => (name, Some(value)),
                _ => (word, None),
            };
            let known = |(other, _): &&(&str, Values)| *other == name;
            let carrier =
                WITH_RULES.iter().find(|(other, _)| *other == name).map(|(_, carrier)| *carrier);
            let takes = match carrier {
                // If words were split at every blank, the end of a value can't be determined.
                Some(_) if !line.is_exact => return None,
                Some(Carrier::Allowed | Carrier::Denied) => Values::AtLeastOne,
                Some(Carrier::Settings | Carrier::Sources) => Values::One,
                None => WITHOUT_RULES.iter().find(known)?.1,
            };
            let mut values: Vec<&str> = attached.into_iter().collect();
            if attached.is_none() {
                if takes == Values::One || takes == Values::AtLeastOne {
                    values.push(rest.next()?);
                }
                let most = match takes {
                    Values::AtLeastOne => usize::MAX,
                    Values::AtMostOne => 1,
                    Values::None | Values::One => 0,
                };
                while values.len() < most && rest.peek().is_some_and(|word| !is_option(word)) {
                    values.extend(rest.next());
                }
            }
            if let Some(carrier) = carrier {
                found.take(carrier, &values)?;
            }
        }
        Some(found)
    }

    fn take(&mut self, carrier: Carrier, values: &[&str]) -> Option<()> {
        match carrier {
            Carrier::Allowed | Carrier::Denied => {
                let rules = match carrier {
                    Carrier::Allowed => &mut self.allowed,
                    _ => &mut self.denied,
                };
                for value in values {
                    rules.extend(listed(value)?);
                }
            }
            Carrier::Settings => {
                self.settings.extend(values.iter().map(|value| (*value).to_owned()))
            }
            Carrier::Sources => {
                let names = values.iter().flat_map(|value| value.split(','));
                let names = names.map(str::trim).filter(|name| !name.is_empty());
                self.sources = Some(names.map(str::to_owned).collect());
            }
        }
        Some(())
    }
}

fn is_option(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

/// The rules in a list that is separated by commas or blanks; `None` if parentheses aren't balanced.
fn listed(list: &str) -> Option<Vec<String>> {
    let mut rules = vec![String::new()];
    let mut depth = 0_usize;
    for c in list.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            c if depth == 0 && (c == ',' || c.is_whitespace()) => {
                rules.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(rule) = rules.last_mut() {
            rule.push(c);
        }
    }
    rules.retain(|rule| !rule.is_empty());
    (depth == 0).then_some(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Option<Invocation> {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Invocation::read(&CommandLine { words, is_exact: true })
    }

    #[test]
    fn rules_are_found_among_other_arguments() {
        let found = read(&[
            "-p",
            "--append-system-prompt",
            "--allowedTools",
            "--model=x",
            "--disallowedTools",
            "Bash(rm:*),Bash(git push *)",
            "Read(./.env)",
            "--settings",
            "{}",
            "--setting-sources",
            "user, local",
            "--allowed-tools=Bash(npm test) Edit",
            "do it",
            "--",
            "--settings",
        ])
        .unwrap();
        assert_eq!(found.denied, ["Bash(rm:*)", "Bash(git push *)", "Read(./.env)"]);
        assert_eq!(found.allowed, ["Bash(npm test)", "Edit"]);
        assert_eq!(found.settings, ["{}"]);
        assert_eq!(found.sources.unwrap(), ["user", "local"]);
        assert_eq!(read(&["-c", "x"]), Some(Invocation::default()));
        assert_eq!(read(&["--setting-sources", ""]).unwrap().sources, Some(vec![]));
    }

    #[test]
    fn a_value_is_no_option_and_a_list_ends_at_the_next_one() {
        let found = read(&["--model", "--allowedTools", "Bash", "-p"]).unwrap();
        assert_eq!(found, Invocation::default());
        let found = read(&["--allowedTools", "Read", "Bash", "--verbose", "Edit"]).unwrap();
        assert_eq!(found.allowed, ["Read", "Bash"]);
    }

    #[test]
    fn what_is_not_understood_makes_everything_unknown() {
        for words in [
            &["--managed-settings", "{}"][..],
            &["--agents", "{}"],
            &["--restricted"],
            &["--some-new-option"],
            &["-pc"],
            &["--settings"],
            &["--disallowedTools", "Bash(rm"],
            &["--disallowedTools", "Bash rm)"],
        ] {
            assert_eq!(read(words), None, "{words:?}");
        }
        let words = ["--allowedTools", "Bash"].map(str::to_owned).to_vec();
        assert_eq!(Invocation::read(&CommandLine { words, is_exact: false }), None);
    }
}
