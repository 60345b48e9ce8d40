//! What the user doesn't want to have changed, or left out.

use std::sync::Arc;

use llm_api::request::Call;
use llm_api::tool_call::{Subject, hint, subject};

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

/// Calls by their tool, their command, or the file that they show. In patterns, `*` stands for any
/// characters, none included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallPatterns {
    /// Names of tools.
    pub tools: Vec<String>,
    /// Commands, or how they begin: `git diff` is also `git diff --stat`.
    pub commands: Vec<String>,
    /// Paths of files, or how they end: `*.env`, `secrets/*`.
    pub paths: Vec<String>,
}

impl CallPatterns {
    /// Whether a call is one of these.
    pub fn has(&self, call: &Call<'_>) -> bool {
        let has_tool = || self.tools.iter().any(|pattern| matches(pattern, &call.name));
        let has_command = || hint(call).is_some_and(|command| self.has_command(&command));
        let has_path = || match subject(call) {
            Subject::File(path, _) => self.has_path(&path),
            Subject::Command(_) | Subject::Tool(_) => false,
        };
        // Most users name nothing, and then no call is read.
        (!self.tools.is_empty() && has_tool())
            || (!self.commands.is_empty() && has_command())
            || (!self.paths.is_empty() && has_path())
    }

    /// Whether a command is one of these.
    pub fn has_command(&self, command: &str) -> bool {
        let begins = |pattern: &String| {
            matches(pattern, command) || matches(&format!("{pattern} *"), command)
        };
        self.commands.iter().any(begins)
    }

    /// Whether a file is one of these.
    pub fn has_path(&self, path: &str) -> bool {
        let ends =
            |pattern: &String| matches(pattern, path) || matches(&format!("*/{pattern}"), path);
        self.paths.iter().any(ends)
    }
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

    #[test]
    fn commands_begin_and_paths_end_so() {
        let exclude = CallPatterns {
            tools: Vec::new(),
            commands: vec!["git diff".to_owned()],
            paths: vec!["*.env".to_owned(), "secrets/*".to_owned()],
        };
        assert!(exclude.has_command("git diff") && exclude.has_command("git diff --stat"));
        assert!(!exclude.has_command("git difftool") && !exclude.has_command("git log"));
        assert!(exclude.has_path("/w/.env") && exclude.has_path("/w/secrets/a/b"));
        assert!(!exclude.has_path("/w/env.rs") && !exclude.has_path("/w/mysecrets/a"));
    }
}
