//! The agents that are known: one file of data each, in the folder `agents`.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::edit::Format;
use crate::machine::Machine;
use crate::server::Shape;
use crate::wrap::WrapConfig;

/// The files of `agents/`, by the ids that are their names, in the order of these.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/agents.rs"));

/// A coding agent, as `agents/ID.toml` describes it. It has those sections that it has a place for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// What users call it on a command line: the name of its file.
    #[serde(skip)]
    pub id: String,
    /// Its name in prose.
    pub name: String,
    /// The config file that lists its MCP servers.
    pub mcp: Option<McpConfig>,
    /// Where it reads of commands that it runs at certain events (hooks).
    pub hooks: Option<HooksConfig>,
    /// How its requests are sent through a proxy.
    pub wrap: Option<WrapConfig>,
    /// How it loads a context pack.
    pub export: Option<ExportConfig>,
    /// The sessions that it keeps.
    pub transcripts: Option<TranscriptConfig>,
}

/// The config file that lists an agent's MCP servers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McpConfig {
    /// The address of the documentation that says where the file is, and its shape.
    pub source: String,
    /// The language of the file.
    pub format: Format,
    file: Vec<String>,
    file_macos: Option<Vec<String>>,
    file_windows: Option<Vec<String>>,
    #[serde(default)]
    found_by: Vec<String>,
    /// The file in a project that does the same for everybody who works there, relative to its root.
    project_file: Option<String>,
    /// The keys that lead to the object with a member per server.
    pub path: Vec<String>,
    /// The shape of such a member.
    #[serde(rename = "entry")]
    pub shape: Shape,
}

/// Where hooks are configured, and in which form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HooksConfig {
    /// The address of the documentation that says so.
    pub source: String,
    file: Option<String>,
    /// The folder by which the agent is found; by default that of the file.
    found_by: Option<String>,
    /// The file in a project that does the same for everybody who works there, relative to its root.
    pub project_file: Option<String>,
    /// The hook that may replace the result of a tool.
    pub results: Option<HookConfig>,
    /// The plugin that may do that, where an agent has plugins instead of hooks.
    pub plugin: Option<PluginConfig>,
    /// The hook that may rewrite a shell command.
    pub commands: Option<HookConfig>,
    /// The hook that may add to a user's prompt.
    pub prompts: Option<HookConfig>,
}

/// A plugin that replaces the results of tools.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginConfig {
    file: String,
    /// The folder by which the agent is found.
    pub found_by: String,
    /// The file in a project that does the same for everybody who works there, relative to its root.
    pub project_file: Option<String>,
    text: String,
}

/// One hook.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookConfig {
    /// The keys that lead to the array of hooks.
    pub path: Vec<String>,
    /// An element of it, as JSON.
    entry: String,
}

/// How an agent loads a context pack.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportConfig {
    /// The address of the documentation that says so.
    pub source: String,
    /// What the user does, with `{path}` for the pack's path.
    pub load: String,
}

/// The sessions that an agent keeps.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TranscriptConfig {
    /// The format that they have.
    pub reader: TranscriptFormat,
    folders: Vec<String>,
}

/// A format of transcripts for which there is a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TranscriptFormat {
    /// Claude Code's: a line for each message or block of one, which names its parent.
    ClaudeCode,
    /// Cline's: the messages of the Messages API, in a file for each task.
    Cline,
    /// Codex's rollouts: a line for each item of the Responses API.
    Codex,
    /// Gemini CLI's: messages with the calls that they made, or a log of changes to them.
    Gemini,
    /// OpenCode's: a file for each session, message and part of one.
    OpenCode,
    /// pi's: a line for each message, which names its parent.
    Pi,
    /// Qwen Code's: a line for each content of the Gemini API, which names its parent.
    Qwen,
}

static AGENTS: LazyLock<Vec<Agent>> = LazyLock::new(|| {
    let parse = |(id, text): &(&str, &str)| {
        let agent: Agent = toml::from_str(text).expect("the files of agents/ are read by a test");
        Agent { id: (*id).to_owned(), ..agent }
    };
    FILES.iter().map(parse).collect()
});

/// All agents, in the order of their ids.
pub fn all() -> &'static [Agent] {
    &AGENTS
}

/// The agent with that id.
pub fn by_id(id: &str) -> Option<&'static Agent> {
    AGENTS.iter().find(|agent| agent.id == id)
}

/// The ids of the agents of which `has` holds, in their order. A command line offers these.
pub fn ids(has: impl Fn(&Agent) -> bool) -> Vec<&'static str> {
    AGENTS.iter().filter(|agent| has(agent)).map(|agent| &*agent.id).collect()
}

impl McpConfig {
    /// The file on `machine`: the first of its places that exists, else the first place.
    pub fn file(&self, machine: &Machine<'_>) -> PathBuf {
        let places = self.places(std::env::consts::OS);
        let mut paths = places.iter().map(|place| machine.path(place));
        let first = paths.next().unwrap_or_default();
        if first.exists() { first } else { paths.find(|path| path.exists()).unwrap_or(first) }
    }

    /// Where the file can be on the operating system `os` (as in [`std::env::consts::OS`]), with `~` and
    /// variables.
    pub fn places(&self, os: &str) -> &[String] {
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

    /// The file in the project at `root`; `None` if the agent reads none there.
    pub fn project_file(&self, root: &Path) -> Option<PathBuf> {
        self.project_file.as_ref().map(|file| root.join(file))
    }

    /// Whether the directory of the file exists, so that the file can be made for somebody who names
    /// this agent.
    pub fn has_place(&self, machine: &Machine<'_>) -> bool {
        self.file(machine).parent().is_some_and(Path::is_dir)
    }
}

impl HooksConfig {
    /// The user's own file on `machine`; `None` for an agent that has no hooks but plugins.
    pub fn file(&self, machine: &Machine<'_>) -> Option<PathBuf> {
        self.file.as_ref().map(|file| machine.path(file))
    }

    /// Whether the agent that has its hooks in `file` is found on `machine`.
    pub fn is_found(&self, machine: &Machine<'_>, file: &Path) -> bool {
        match &self.found_by {
            Some(folder) => machine.path(folder).is_dir(),
            None => file.parent().is_some_and(Path::is_dir),
        }
    }
}

impl PluginConfig {
    /// The user's own file on `machine`.
    pub fn file(&self, machine: &Machine<'_>) -> PathBuf {
        machine.path(&self.file)
    }

    /// What is written there for a plugin that runs `argv`.
    pub fn text(&self, argv: &[&str]) -> String {
        self.text.replace("$argv", &serde_json::Value::from(argv).to_string())
    }
}

impl HookConfig {
    /// The element by which the agent runs `line`.
    pub fn entry(&self, line: &str) -> serde_json::Value {
        // As a JSON string without its quotes, because it stands between some.
        let line = serde_json::Value::from(line).to_string();
        let entry = self.entry.replace("$line", line.trim_matches('"'));
        serde_json::from_str(&entry).unwrap_or_default()
    }
}

impl TranscriptConfig {
    /// The folders on `machine` that the transcripts are in, and in folders below them.
    pub fn folders(&self, machine: &Machine<'_>) -> Vec<PathBuf> {
        self.folders.iter().map(|folder| machine.path(folder)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_and_names_its_sources() {
        for (id, text) in FILES {
            let agent: Agent = toml::from_str(text).unwrap_or_else(|error| panic!("{id}: {error}"));
            assert!(
                id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
                "{id} is a word of a command line"
            );
            let sources = [
                agent.mcp.as_ref().map(|mcp| &mcp.source),
                agent.hooks.as_ref().map(|hooks| &hooks.source),
                agent.wrap.as_ref().map(|wrap| &wrap.source),
                agent.export.as_ref().map(|export| &export.source),
            ];
            for source in sources.into_iter().flatten() {
                assert!(source.starts_with("https://"), "{id} needs a source");
            }
            if let Some(mcp) = &agent.mcp {
                assert!(!mcp.file.is_empty() && !mcp.path.is_empty(), "{id}");
            }
            let hooks = agent.hooks.iter();
            let each = hooks.flat_map(|hooks| [&hooks.results, &hooks.commands, &hooks.prompts]);
            for hook in each.flatten() {
                assert!(!hook.path.is_empty(), "{id}");
                let entry = hook.entry("'/a \\ b\"/x' y");
                assert!(entry.to_string().contains(r#"'/a \\ b\"/x' y"#), "{entry}");
            }
            if let Some(export) = &agent.export {
                assert_eq!(export.load.matches("{path}").count(), 1, "{id}");
            }
            if let Some(transcripts) = &agent.transcripts {
                assert!(!transcripts.folders.is_empty(), "{id}");
            }
        }
        let ids = ids(|_| true);
        assert!(ids.is_sorted() && ids.contains(&"claude"));
    }

    #[test]
    fn unknown_keys_are_refused() {
        for (id, text) in FILES {
            for section in
                ["", "[mcp]", "[hooks]", "[hooks.results]", "[wrap]", "[[wrap.route]]", "[export]"]
            {
                let Some(at) = text.find(section) else { continue };
                let (before, after) = text.split_at(at + section.len());
                let odd = format!("{before}\nodd = 1\n{after}");
                assert!(toml::from_str::<Agent>(&odd).is_err(), "{id} {section}");
            }
        }
    }

    fn machine<'a>(home: &str, variable: &'a dyn Fn(&str) -> Option<String>) -> Machine<'a> {
        Machine { home: PathBuf::from(home), variable }
    }

    fn mcp(id: &str) -> &'static McpConfig {
        by_id(id).unwrap().mcp.as_ref().unwrap()
    }

    #[test]
    fn files_are_where_the_documentation_says() {
        let none = |_: &str| None;
        let machine = machine("/nowhere/me", &none);
        let file = |id| mcp(id).file(&machine).display().to_string();
        assert_eq!(file("claude"), "/nowhere/me/.claude.json");
        assert_eq!(file("codex"), "/nowhere/me/.codex/config.toml");
        assert_eq!(file("cursor"), "/nowhere/me/.cursor/mcp.json");
        assert_eq!(file("kiro"), "/nowhere/me/.kiro/settings/mcp.json");
        assert_eq!(file("opencode"), "/nowhere/me/.config/opencode/opencode.json");
        assert_eq!(file("qwen"), "/nowhere/me/.qwen/settings.json");
        assert_eq!(file("windsurf"), "/nowhere/me/.codeium/windsurf/mcp_config.json");
        let codex = by_id("codex").unwrap().transcripts.as_ref().unwrap();
        let sessions = codex.folders(&machine);
        assert_eq!(sessions[0], Path::new("/nowhere/me/.codex/sessions"));
    }

    #[test]
    fn variables_move_files() {
        let set = |name: &str| match name {
            "CODEX_HOME" => Some("/elsewhere/codex".to_owned()),
            "CLAUDE_CONFIG_DIR" => Some(String::new()),
            _ => None,
        };
        let machine = machine("/nowhere/me", &set);
        let file = |id| mcp(id).file(&machine).display().to_string();
        assert_eq!(file("codex"), "/elsewhere/codex/config.toml");
        assert_eq!(file("claude"), "/nowhere/me/.claude.json");
    }

    #[test]
    fn systems_have_their_own_places() {
        let vscode = mcp("vscode");
        assert!(vscode.places("macos")[0].starts_with("~/Library/"));
        assert!(vscode.places("windows")[0].starts_with("${APPDATA"));
        assert!(vscode.places("linux")[0].starts_with("${XDG_CONFIG_HOME"));
        assert_eq!(mcp("cursor").places("windows"), ["~/.cursor/mcp.json"]);
    }

    #[test]
    fn the_second_place_counts_when_only_it_exists() {
        let home = tempfile::tempdir().unwrap();
        let none = |_: &str| None;
        let machine = Machine { home: home.path().to_owned(), variable: &none };
        let opencode = mcp("opencode");
        assert!(!opencode.is_there(&machine));
        let directory = home.path().join(".config/opencode");
        std::fs::create_dir_all(&directory).unwrap();
        assert!(opencode.is_there(&machine));
        std::fs::write(directory.join("opencode.jsonc"), "{}").unwrap();
        assert_eq!(opencode.file(&machine), directory.join("opencode.jsonc"));
    }
}
