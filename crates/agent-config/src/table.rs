//! The agents that are known: `agents.toml`, and the paths in it made real.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::edit::Format;
use crate::server::Shape;

/// A coding agent, as a row of `agents.toml` describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// What users call it on a command line.
    pub id: String,
    /// Its name in prose.
    pub name: String,
    /// The address of the documentation that says where its file is, and its shape.
    pub source: String,
    /// The language of its config file.
    pub format: Format,
    file: Vec<String>,
    file_macos: Option<Vec<String>>,
    file_windows: Option<Vec<String>>,
    #[serde(default)]
    found_by: Vec<String>,
    /// The keys that lead to the object with a member per MCP server.
    pub path: Vec<String>,
    /// The shape of such a member.
    #[serde(rename = "entry")]
    pub shape: Shape,
    /// Where it is told of a command that it asks before it runs a shell command.
    pub hook: Option<HookPlace>,
}

/// Where an agent is told of a hook, and how.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookPlace {
    /// The address of the documentation that says so.
    pub source: String,
    file: String,
    /// The keys that lead to the array of hooks.
    pub path: Vec<String>,
    /// An element of it, as JSON.
    entry: String,
}

impl HookPlace {
    /// The file on `machine`.
    pub fn file(&self, machine: &Machine<'_>) -> PathBuf {
        machine.path(&self.file)
    }

    /// The element by which the agent runs `line`.
    pub fn entry(&self, line: &str) -> serde_json::Value {
        // As a JSON string without its quotes, because it stands between some.
        let line = serde_json::Value::from(line).to_string();
        let entry = self.entry.replace("$line", line.trim_matches('"'));
        serde_json::from_str(&entry).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Table {
    agent: Vec<Agent>,
}

static AGENTS: LazyLock<Vec<Agent>> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("../agents.toml"))
        .expect("agents.toml is part of the program and read by its tests");
    table.agent
});

/// All agents, in the order of their ids.
pub fn all() -> &'static [Agent] {
    &AGENTS
}

/// The agent with that id.
pub fn by_id(id: &str) -> Option<&'static Agent> {
    AGENTS.iter().find(|agent| agent.id == id)
}

/// Where paths in the table lead: the home directory and the environment of one user.
pub struct Machine<'a> {
    /// The user's home directory.
    pub home: PathBuf,
    /// The value of an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

impl Machine<'_> {
    /// The machine of the user who runs this program; `None` if there is no home directory.
    pub fn current() -> Option<Machine<'static>> {
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty())?;
        Some(Machine { home, variable: &|name| std::env::var(name).ok() })
    }

    /// `~` and `${VAR:-other}` at the beginning of `template` resolved; an empty variable counts as
    /// one that isn't set.
    pub fn path(&self, template: &str) -> PathBuf {
        if let Some((name, other, rest)) = variable(template) {
            let value = (self.variable)(name).filter(|value| !value.is_empty());
            let base = value.map_or_else(|| self.path(other), PathBuf::from);
            return join(base, rest);
        }
        match template.strip_prefix('~') {
            Some(rest) => join(self.home.clone(), rest),
            None => PathBuf::from(template),
        }
    }
}

/// `${NAME:-other}rest` in its three parts.
fn variable(template: &str) -> Option<(&str, &str, &str)> {
    let (inside, rest) = template.strip_prefix("${")?.split_once('}')?;
    let (name, other) = inside.split_once(":-")?;
    Some((name, other, rest))
}

fn join(base: PathBuf, rest: &str) -> PathBuf {
    match rest.trim_start_matches('/') {
        "" => base,
        rest => base.join(rest),
    }
}

impl Agent {
    /// Its config file on `machine`: the first of its places that exists, else the first place.
    pub fn file(&self, machine: &Machine<'_>) -> PathBuf {
        let places = self.places(std::env::consts::OS);
        let mut paths = places.iter().map(|place| machine.path(place));
        let first = paths.next().unwrap_or_default();
        if first.exists() { first } else { paths.find(|path| path.exists()).unwrap_or(first) }
    }

    fn places(&self, os: &str) -> &[String] {
        let own = match os {
            "macos" => &self.file_macos,
            "windows" => &self.file_windows,
            _ => &None,
        };
        own.as_ref().unwrap_or(&self.file)
    }

    /// Whether the agent seems to be on `machine`.
    pub fn is_there(&self, machine: &Machine<'_>) -> bool {
        if self.found_by.is_empty() {
            return self.has_place(machine);
        }
        self.found_by.iter().any(|place| machine.path(place).exists())
    }

    /// Whether the directory of its config file exists, so that the file can be made for somebody who
    /// names this agent.
    pub fn has_place(&self, machine: &Machine<'_>) -> bool {
        self.file(machine).parent().is_some_and(Path::is_dir)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine<'a>(home: &str, variable: &'a dyn Fn(&str) -> Option<String>) -> Machine<'a> {
        Machine { home: PathBuf::from(home), variable }
    }

    #[test]
    fn the_table_is_read_and_in_order() {
        let ids: Vec<_> = all().iter().map(|agent| agent.id.as_str()).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted);
        for agent in all() {
            assert!(agent.source.starts_with("https://"), "{} needs a source", agent.id);
            assert!(!agent.file.is_empty() && !agent.path.is_empty());
            let Some(hook) = &agent.hook else { continue };
            assert!(hook.source.starts_with("https://") && !hook.path.is_empty());
            let entry = hook.entry("'/a \\ b\"/x' y");
            assert!(entry.to_string().contains(r#"'/a \\ b\"/x' y"#), "{entry}");
        }
    }

    #[test]
    fn files_are_where_the_documentation_says() {
        let none = |_: &str| None;
        let machine = machine("/nowhere/me", &none);
        let file = |id| by_id(id).unwrap().file(&machine).display().to_string();
        assert_eq!(file("claude"), "/nowhere/me/.claude.json");
        assert_eq!(file("codex"), "/nowhere/me/.codex/config.toml");
        assert_eq!(file("cursor"), "/nowhere/me/.cursor/mcp.json");
        assert_eq!(file("opencode"), "/nowhere/me/.config/opencode/opencode.json");
        assert_eq!(file("windsurf"), "/nowhere/me/.codeium/windsurf/mcp_config.json");
    }

    #[test]
    fn variables_move_files() {
        let set = |name: &str| match name {
            "CODEX_HOME" => Some("/elsewhere/codex".to_owned()),
            "CLAUDE_CONFIG_DIR" => Some(String::new()),
            _ => None,
        };
        let machine = machine("/nowhere/me", &set);
        let file = |id| by_id(id).unwrap().file(&machine).display().to_string();
        assert_eq!(file("codex"), "/elsewhere/codex/config.toml");
        assert_eq!(file("claude"), "/nowhere/me/.claude.json");
    }

    #[test]
    fn systems_have_their_own_places() {
        let vscode = by_id("vscode").unwrap();
        assert!(vscode.places("macos")[0].starts_with("~/Library/"));
        assert!(vscode.places("windows")[0].starts_with("${APPDATA"));
        assert!(vscode.places("linux")[0].starts_with("${XDG_CONFIG_HOME"));
        assert_eq!(by_id("cursor").unwrap().places("windows"), ["~/.cursor/mcp.json"]);
    }

    #[test]
    fn the_second_place_counts_when_only_it_exists() {
        let home = tempfile::tempdir().unwrap();
        let none = |_: &str| None;
        let machine = Machine { home: home.path().to_owned(), variable: &none };
        let opencode = by_id("opencode").unwrap();
        assert!(!opencode.is_there(&machine));
        let directory = home.path().join(".config/opencode");
        std::fs::create_dir_all(&directory).unwrap();
        assert!(opencode.is_there(&machine));
        std::fs::write(directory.join("opencode.jsonc"), "{}").unwrap();
        assert_eq!(opencode.file(&machine), directory.join("opencode.jsonc"));
    }
}
