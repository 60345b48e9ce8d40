//! The agent's rules about shell commands, read with caution: a rule that may forbid a command or ask
//! about it concerns it, and only a rule that plainly allows it allows it.

use std::path::{Path, PathBuf};

use agents::edit::{self, Entry, Format, Slot};
use agents::table::Machine;
use serde_json::Value;

use super::{TOOL, shell};

/// Where an administrator's rules are.
const MANAGED: [&str; 2] = [
    "/etc/claude-code/managed-settings.json",
    "/Library/Application Support/ClaudeCode/managed-settings.json",
];

/// The rules that are in force.
#[derive(Debug, Default, Clone)]
pub(crate) struct Rules {
    /// Patterns of commands that are forbidden, or asked about.
    restricted: Vec<String>,
    /// Patterns of commands that are allowed.
    allowed: Vec<String>,
    /// Whether settings are there that can't be read: then anything may be restricted.
    unreadable: bool,
}

/// What the rules say of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A rule may forbid it, or ask about it.
    Concerned,
    /// A rule allows it.
    Allowed,
    /// Nothing.
    Silent,
}

impl Rules {
    /// The rules of the user, of the project that `call` is made in, and of the administrator.
    pub(crate) fn read(machine: &Machine<'_>, call: &Value) -> Self {
        let hook = agents::table::by_id("claude").and_then(|agent| agent.hook.as_ref());
        let mut files: Vec<PathBuf> = hook.map(|hook| hook.file(machine)).into_iter().collect();
        let folders =
            [(machine.variable)("CLAUDE_PROJECT_DIR"), call["cwd"].as_str().map(Into::into)];
        for folder in folders.into_iter().flatten() {
            // The agent may have gone into a folder of the project.
            for above in Path::new(&folder).ancestors() {
                files.push(above.join(".claude/settings.json"));
                files.push(above.join(".claude/settings.local.json"));
            }
        }
        files.extend(MANAGED.map(PathBuf::from));
        let mut rules = Self::default();
        for file in files {
            match std::fs::read_to_string(&file) {
                Ok(text) => rules.add(&text),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                // A folder in the way of a path is no settings either.
                Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {}
                Err(_) => rules.unreadable = true,
            }
        }
        rules
    }

    /// Adds the rules in the settings `text`.
    fn add(&mut self, text: &str) {
        for list in ["deny", "ask", "allow"] {
            let slot = Slot { path: vec!["permissions"], entry: Entry::Member(list) };
            let found = match edit::find(Format::Jsonc, text, &slot) {
                Ok(found) => found.unwrap_or_default(),
                Err(_) => return self.unreadable = true,
            };
            let patterns = found.as_array().into_iter().flatten().filter_map(pattern);
            match list {
                "allow" => self.allowed.extend(patterns),
                _ => self.restricted.extend(patterns),
            }
        }
    }

    pub(super) fn verdict(&self, command: &str) -> Verdict {
        let command = command.split_whitespace().collect::<Vec<_>>().join(" ");
        if self.unreadable || self.restricted.iter().any(|pattern| may_match(pattern, &command)) {
            return Verdict::Concerned;
        }
        // A rule is about one command; what is put together of several is for the agent to judge.
        let allows = |pattern: &String| plainly_matches(pattern, &command);
        match shell::is_one_command(&command) && self.allowed.iter().any(allows) {
            true => Verdict::Allowed,
            false => Verdict::Silent,
        }
    }
}

/// The pattern of a rule about shell commands: `*` for all of them.
fn pattern(rule: &Value) -> Option<String> {
    let rule = rule.as_str()?.trim();
    // A rule that names tools by a pattern may name this one.
    if rule == TOOL || (rule.contains('*') && !rule.contains('(') && !rule.starts_with("mcp__")) {
        return Some("*".to_owned());
    }
    let inside = rule.strip_prefix(TOOL)?.strip_prefix('(')?.strip_suffix(')')?;
    Some(inside.to_owned())
}

/// Whether everything that the pattern says literally is somewhere in the command.
fn may_match(pattern: &str, command: &str) -> bool {
    let literal = pattern.strip_suffix(":*").unwrap_or(pattern);
    literal.split('*').all(|part| command.contains(part.trim()))
}

/// Whether the command is what the pattern says, or begins so and its end is free.
fn plainly_matches(pattern: &str, command: &str) -> bool {
    let (beginning, is_free) = match pattern.strip_suffix(":*").or(pattern.strip_suffix(" *")) {
        Some(beginning) => (beginning, true),
        None if pattern == "*" => return true,
        None => (pattern, false),
    };
    let rest = command.strip_prefix(beginning);
    !beginning.contains('*')
        && rest.is_some_and(|rest| rest.is_empty() || (is_free && rest.starts_with(' ')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Rules {
        let mut rules = Rules::default();
        rules.add(text);
        rules
    }

    #[test]
    fn what_may_be_restricted_is_let_be() {
        let rules = rules(
            r#"{"permissions": { // mine
                "deny": ["Bash(git push --force*)", "Bash(rm -rf:*)", "Read(./.env)"],
                "ask": ["Bash(docker *)", "mcp__x__*"] } }"#,
        );
        for command in ["rm -rf x", "cd a; rm  -rf b", "git push --force-with-lease", "docker ps"] {
            assert_eq!(rules.verdict(command), Verdict::Concerned, "{command}");
        }
        for command in ["git push", "ls", "rm x"] {
            assert_eq!(rules.verdict(command), Verdict::Silent, "{command}");
        }
        assert_eq!(
            self::rules(r#"{"permissions": {"deny": ["Bash"]}}"#).verdict("ls"),
            Verdict::Concerned
        );
        assert_eq!(
            self::rules(r#"{"permissions": {"ask": ["*"]}}"#).verdict("ls"),
            Verdict::Concerned
        );
        assert_eq!(self::rules("{broken").verdict("ls"), Verdict::Concerned);
    }

    #[test]
    fn only_what_is_plainly_allowed_is_allowed() {
        let rules = rules(
            r#"{"permissions": {"allow": ["Bash(npm test)", "Bash(git log:*)", "Bash(cargo *)"]}}"#,
        );
        for command in ["npm test", "git log", "git log --stat", "cargo  test"] {
            assert_eq!(rules.verdict(command), Verdict::Allowed, "{command}");
        }
        for command in [
            "npm test x",
            "git logs",
            "cargo test && rm x",
            "cargo test; rm x",
            "cargo test | sh",
            "cargo test > /etc/passwd",
            "cargo $(rm x)",
            "cargo `rm x`",
            "cargo test & rm x",
            "X=1 cargo test",
        ] {
            assert_eq!(rules.verdict(command), Verdict::Silent, "{command}");
        }
    }
}
