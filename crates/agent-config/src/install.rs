//! A server put into an agent's config file, looked up there, and taken out again.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::edit::{Entry, Slot};
use crate::entry::{Change, ConfigEntry, EntryError};
use crate::server::Server;
use crate::table::{self, Agent, Machine};

/// Every agent, on a command line.
pub const ALL: &str = "all";

/// The agents that a command is about.
#[derive(Debug)]
pub struct Selection {
    agents: Vec<&'static Agent>,
    by_name: bool,
}

/// A name that no agent has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no agent is called `{0}`; known are {known} and {ALL}", known = known())]
pub struct UnknownAgent(String);

fn known() -> String {
    table::all().iter().map(|agent| agent.id.as_str()).collect::<Vec<_>>().join(", ")
}

impl Selection {
    /// The agent called `id`, or each one that is known for [`ALL`].
    ///
    /// # Errors
    /// If no agent has that name.
    pub fn of(id: &str) -> Result<Self, UnknownAgent> {
        if id == ALL {
            return Ok(Self { agents: table::all().iter().collect(), by_name: false });
        }
        let agent = table::by_id(id).ok_or_else(|| UnknownAgent(id.to_owned()))?;
        Ok(Self { agents: vec![agent], by_name: true })
    }

    /// What each agent's config file says about `server`.
    pub fn look(&self, machine: &Machine<'_>, server: &Server) -> Vec<Installation> {
        let look = |agent: &&'static Agent| Installation::of(agent, self.by_name, machine, server);
        self.agents.iter().map(look).collect()
    }
}

/// A server and one agent.
#[derive(Debug)]
pub struct Installation {
    /// The agent.
    pub agent: &'static Agent,
    /// Its config file, which need not exist.
    pub file: PathBuf,
    /// What was found.
    pub state: State,
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
    fn of(agent: &'static Agent, by_name: bool, machine: &Machine<'_>, server: &Server) -> Self {
        let file = agent.file(machine);
        let there = agent.is_there(machine) || (by_name && agent.has_place(machine));
        let found = with_entry(agent, &file, server, |entry| entry.find());
        let state = match found {
            _ if !there => State::NoAgent,
            Err(error) => State::Unreadable(error),
            Ok(None) => State::Missing,
            Ok(Some(found)) if agent.shape.is_same(&found, server) => State::Same,
            Ok(Some(found)) => {
                let kin = agent.shape.is_kin(&found, server);
                State::Different { found, kin }
            }
        };
        Self { agent, file, state }
    }

    /// What puts `server` into the agent's file, in place of whatever has its name there.
    ///
    /// # Errors
    /// If the file can't be read, is read-only or broken.
    pub fn install(&self, server: &Server) -> Result<Change, EntryError> {
        let value = self.agent.shape.entry(server);
        with_entry(self.agent, &self.file, server, |entry| entry.put(&value))
    }

    /// What takes `server` out of the agent's file; `None` if nothing has its name there.
    ///
    /// # Errors
    /// If the file can't be read, is read-only or broken.
    pub fn uninstall(&self, server: &Server) -> Result<Option<Change>, EntryError> {
        with_entry(self.agent, &self.file, server, |entry| entry.take())
    }
}

fn with_entry<T>(
    agent: &Agent,
    file: &Path,
    server: &Server,
    act: impl FnOnce(&ConfigEntry<'_>) -> T,
) -> T {
    let path = agent.path.iter().map(String::as_str).collect();
    let slot = Slot { path, entry: Entry::Member(&server.name) };
    let is_ours =
        |found: &Value| agent.shape.is_same(found, server) || agent.shape.is_kin(found, server);
    let (format, owner) = (agent.format, server.name.as_str());
    act(&ConfigEntry { file, format, slot, owner, is_ours: &is_ours })
}
