//! The agents whose requests can be sent through the proxy, with their routes on this machine.

use std::path::PathBuf;

use agent_config::agent;
use agent_config::machine::Machine;
use agent_config::wrap::Route;
use agent_config::wrap::found::Found;

use crate::failure::Failure;

/// An agent and its routes.
#[derive(Debug, Clone)]
pub(crate) struct Agent {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) command: &'static str,
    pub(crate) routes: Vec<Route>,
}

/// The ids of all these agents.
pub(crate) fn ids() -> Vec<&'static str> {
    agent::ids(|agent| agent.wrap.is_some())
}

/// All these agents.
pub(crate) fn all() -> impl Iterator<Item = Agent> {
    agent::all().iter().filter_map(|agent| {
        let wrap = agent.wrap.as_ref()?;
        let (name, command) = (&*agent.name, &*wrap.command);
        Some(Agent { id: &agent.id, name, command, routes: wrap.routes.clone() })
    })
}

/// The agent with this id.
pub(crate) fn by_id(id: &str) -> Option<Agent> {
    all().find(|agent| agent.id == id)
}

impl Agent {
    /// The agent with its routes on `machine`: if its settings select a provider of the user's own, with the
    /// route to that one.
    ///
    /// # Errors
    /// If a config file can't be read, or names a provider whose base URL can't be set.
    pub(crate) fn on(&self, machine: &Machine<'_>) -> Result<Self, Failure> {
        let selected = |route: &Route| route.selected(self.name, machine).map_err(Failure::new);
        let routes = self.routes.iter().filter(|route| route.applies(machine));
        let routes: Result<_, Failure> = routes.map(selected).collect();
        Ok(Self { routes: routes?, ..self.clone() })
    }

    /// The base URL that is set for each of its routes.
    ///
    /// # Errors
    /// If a config file can't be read.
    pub(crate) fn found(&self, machine: &Machine<'_>) -> Result<Vec<Found>, Failure> {
        self.routes.iter().map(|route| route.found(machine).map_err(Failure::new)).collect()
    }

    /// Its program in PATH.
    pub(crate) fn program(&self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };
        std::env::split_paths(&path)
            .flat_map(|folder| {
                endings.iter().map(move |ending| folder.join(format!("{}{ending}", self.command)))
            })
            .find(|path| path.is_file())
    }
}
