//! A server put into an agent's config file, looked up there, and taken out again.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::agent::{self, Agent, McpConfig};
use crate::edit::{Entry, Slot};
use crate::entry::{Change, ConfigEntry, EntryError};
use crate::machine::Machine;
use crate::server::Server;

/// Every agent, on a command line.
pub const ALL: &str = "all";

/// The agents that a command is about.
#[derive(Debug)]
pub struct Selection {
    agents: Vec<(&'static Agent, &'static McpConfig)>,
    by_name: bool,
    /// The root of the project whose files are meant, instead of the user's own.
    project: Option<PathBuf>,
}

/// A name that no agent has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown agent `{0}`; the known agents are: {known}", known = names().join(", "))]
pub struct UnknownAgent(String);

/// An agent that reads no config file in a project.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} reads no list of MCP servers in a project")]
pub struct NoProjectFile(String);

/// The ids of the agents that take MCP servers, and [`ALL`]: what a command line offers.
pub fn names() -> Vec<&'static str> {
    let mut names = agent::ids(|agent| agent.mcp.is_some());
    names.push(ALL);
    names
}

impl Selection {
    /// The agent called `id`, or each one that is known for [`ALL`].
    ///
    /// # Errors
    /// If no agent has that name.
    pub fn of(id: &str) -> Result<Self, UnknownAgent> {
        let named = |agent: &&'static Agent| id == ALL || agent.id == id;
        let with_config = |agent: &'static Agent| Some((agent, agent.mcp.as_ref()?));
        let agents: Vec<_> = agent::all().iter().filter(named).filter_map(with_config).collect();
        if agents.is_empty() {
            return Err(UnknownAgent(id.to_owned()));
        }
        Ok(Self { agents, by_name: id != ALL, project: None })
    }

    /// The same agents, in the project at `root`: those that read a config file there.
    ///
    /// # Errors
    /// If the agent that was named reads none.
    pub fn in_project(mut self, root: PathBuf) -> Result<Self, NoProjectFile> {
        let name = self.agents.first().map(|(agent, _)| agent.name.clone());
        self.agents.retain(|(_, config)| config.project_file(&root).is_some());
        if self.agents.is_empty() {
            return Err(NoProjectFile(name.unwrap_or_default()));
        }
        Ok(Self { project: Some(root), ..self })
    }

    /// What each agent's config file says about `server`.
    pub fn look(&self, machine: &Machine<'_>, server: &Server) -> Vec<Installation> {
        let look = |&(agent, config): &(&'static Agent, &'static McpConfig)| {
            let place = match &self.project {
                Some(root) => Place::in_project(config, root, self.by_name),
                None => Place::of_user(config, machine, self.by_name),
            };
            Installation::of(agent, config, place, server)
        };
        self.agents.iter().map(look).collect()
    }
}

/// A server and one agent.
#[derive(Debug)]
pub struct Installation {
    /// The agent.
    pub agent: &'static Agent,
    /// What is known of its config file.
    pub config: &'static McpConfig,
    /// That file, which need not exist.
    pub file: PathBuf,
    /// What was found.
    pub state: State,
    project: Option<PathBuf>,
}

/// A config file, and whether something may be put there.
struct Place {
    file: PathBuf,
    is_there: bool,
    project: Option<PathBuf>,
}

impl Place {
    fn of_user(config: &McpConfig, machine: &Machine<'_>, by_name: bool) -> Self {
        let is_there = config.is_there(machine) || (by_name && config.has_place(machine));
        Self { file: config.file(machine), is_there, project: None }
    }

    /// In a project an agent that wasn't named is there if it has a folder of its own, or the file.
    fn in_project(config: &McpConfig, root: &Path, by_name: bool) -> Self {
        let file = config.project_file(root).unwrap_or_default();
        let has_folder = file.parent().is_some_and(|folder| folder != root && folder.is_dir());
        let is_there = by_name || has_folder || file.exists();
        Self { file, is_there, project: Some(root.to_owned()) }
    }
}

/// What an agent knows of a server.
#[derive(Debug)]
pub enum State {
    /// The agent isn't on this machine.
    NoAgent,
    /// Nothing.
    Missing,
    /// What it should.
    Same,
    /// Another entry has the server's name.
    Different {
        /// That entry.
        found: Value,
        /// Whether it starts the same program, from elsewhere or in another environment.
        kin: bool,
    },
    /// Its file can't be read or edited.
    Unreadable(EntryError),
}

impl Installation {
    fn of(
        agent: &'static Agent,
        config: &'static McpConfig,
        place: Place,
        server: &Server,
    ) -> Self {
        let Place { file, is_there, project } = place;
        let found = with_entry(config, &file, project.as_deref(), server, |entry| entry.find());
        let state = match found {
            _ if !is_there => State::NoAgent,
            Err(error) => State::Unreadable(error),
            Ok(None) => State::Missing,
            Ok(Some(found)) if config.shape.is_same(&found, server) => State::Same,
            Ok(Some(found)) => {
                let kin = config.shape.is_kin(&found, server);
                State::Different { found, kin }
            }
        };
        Self { agent, config, file, state, project }
    }

    /// What puts `server` into the agent's file, in place of whatever has its name there.
    ///
    /// # Errors
    /// If the file can't be read, is read-only or broken.
    pub fn install(&self, server: &Server) -> Result<Change, EntryError> {
        let value = self.config.shape.entry(server);
        with_entry(self.config, &self.file, self.project.as_deref(), server, |entry| {
            entry.put(&value)
        })
    }

    /// What takes `server` out of the agent's file; `None` if nothing has its name there.
    ///
    /// # Errors
    /// If the file can't be read, is read-only or broken.
    pub fn uninstall(&self, server: &Server) -> Result<Option<Change>, EntryError> {
        with_entry(self.config, &self.file, self.project.as_deref(), server, |entry| entry.take())
    }
}

fn with_entry<T>(
    config: &McpConfig,
    file: &Path,
    project: Option<&Path>,
    server: &Server,
    act: impl FnOnce(&ConfigEntry<'_>) -> T,
) -> T {
    let path = config.path.iter().map(String::as_str).collect();
    let slot = Slot { path, entry: Entry::Member(&server.name) };
    let is_ours =
        |found: &Value| config.shape.is_same(found, server) || config.shape.is_kin(found, server);
    let (format, owner) = (config.format, server.name.as_str());
    act(&ConfigEntry { file, format, slot, owner, is_ours: &is_ours, project })
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::command::{self, Options, Status};

    #[test]
    fn in_a_project_no_link_that_leads_out_of_it_is_followed() {
        let machine = Machine { home: "/nowhere".into(), variable: &|_| None };
        let server = Server {
            name: "headroom".into(),
            command: "headroom".into(),
            args: Vec::new(),
            env: Vec::new(),
        };
        for (agent, link, target) in [
            ("claude", ".mcp.json", "../outside"),
            ("claude", ".mcp.json", "../theirs.json"),
            ("cursor", ".cursor", "../outside"),
            ("codex", ".codex", ".."),
        ] {
            let home = tempfile::tempdir().unwrap();
            let root = home.path().join("repo");
            fs::create_dir(&root).unwrap();
            fs::write(home.path().join("theirs.json"), "{}").unwrap();
            symlink(target, root.join(link)).unwrap();
            let selection = Selection::of(agent).unwrap().in_project(root).unwrap();
            let options = Options::default();
            for reports in [
                command::install(&selection, &machine, &server, options),
                command::status(&selection, &machine, &server),
                command::uninstall(&selection, &machine, &server, options),
            ] {
                assert_eq!(reports[0].status, Status::Failed, "{link}: {reports:?}");
                assert!(reports[0].line.contains("is a link to"), "{reports:?}");
            }
            assert_eq!(fs::read_to_string(home.path().join("theirs.json")).unwrap(), "{}");
            assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2, "{link}");
        }
    }
}
