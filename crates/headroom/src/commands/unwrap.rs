//! `headroom unwrap`: removes base URLs that point to Headroom from agents' settings.

use std::path::Path;

use agent_config::machine::Machine;
use agent_config::wrap::Setting;
use agent_config::wrap::found::Place;
use serde_json::Value;

use crate::args::UnwrapArgs;
use crate::client;
use crate::failure::Failure;
use crate::output;
use crate::wrap::agent::{self, Agent};
use crate::wrap::base_url::{self, Destination, OWNER, without_credentials};
use crate::wrap::kept_settings::KeptSettings;

/// Removes them from one agent's settings, or from all agents'.
pub(crate) fn run(args: &UnwrapArgs) -> Result<(), Failure> {
    let machine = Machine::current().ok_or_else(|| Failure::new("there is no home directory"))?;
    // clap accepts only the ids of agents.
    let is_meant = |agent: &Agent| args.agent.as_ref().is_none_or(|id| agent.id == id);
    let mut failed = false;
    for agent in agent::all().filter(is_meant) {
        match unwrap(&agent, &machine) {
            Ok(removed) if removed.is_empty() && args.agent.is_none() => {}
            Ok(removed) if removed.is_empty() => {
                output::print(&format!("{}: nothing to remove\n", agent.name))?;
            }
            Ok(removed) => output::print(&removed)?,
            Err(failure) => {
                output::note(format!("error: {}: {}", agent.name, failure.message()));
                failed = true;
            }
        }
    }
    if failed { Err(Failure::silent()) } else { Ok(()) }
}

/// Removes them from the settings of `agent`. Returns a line for each, for people.
fn unwrap(agent: &Agent, machine: &Machine<'_>) -> Result<String, Failure> {
    let own = client::server_url();
    let mut kept_settings = KeptSettings::read()?;
    let mut removed = String::new();
    let mut take = |setting: &Setting, file: &Path, is_ours: &dyn Fn(&str) -> bool| {
        let is_ours = |value: &Value| value.as_str().is_some_and(is_ours);
        let entry = setting.entry(file, OWNER, &is_ours);
        if !entry.find().map_err(Failure::new)?.is_some_and(|value| is_ours(&value)) {
            return Ok(());
        }
        if let Some(change) = entry.take().map_err(Failure::new)? {
            change.apply().map_err(Failure::new)?;
            let (name, file) = (&agent.name, file.display());
            removed.push_str(&format!("{name}: removed Headroom's base URL from {file}\n"));
        }
        Ok::<(), Failure>(())
    };
    // First what `wrap --keep` recorded, wherever the file and the server are now. A value that has been
    // changed since isn't Headroom's any more.
    for kept in kept_settings.of(agent) {
        // All settings files of an agent have the same syntax.
        if let Some(setting) = agent.routes.iter().find_map(|route| route.setting.as_ref()) {
            let setting = Setting { path: kept.path.clone(), ..setting.clone() };
            take(&setting, &kept.file, &|url| url == kept.url)?;
        }
        kept_settings.remove(&kept);
        kept_settings.write()?;
    }
    // Then what was set by hand and points to a Headroom. A provider whose base URL can't be set has none
    // of Headroom's.
    let agent = &agent.on(machine).unwrap_or_else(|_| agent.clone());
    for setting in agent.routes.iter().filter_map(|route| route.setting.as_ref()) {
        let file = machine.path(&setting.file);
        let place = Place::File(file.clone());
        take(setting, &file, &|url| {
            let destination = base_url::destination(url, &place, &own, &kept_settings);
            matches!(
                destination,
                Destination::Headroom(_) | Destination::Nowhere { was_ours: true }
            )
        })?;
    }
    for (url, place) in agent.found(machine)?.into_iter().filter_map(|found| found.set) {
        if let Destination::Nowhere { .. } =
            base_url::destination(&url, &place, &own, &kept_settings)
        {
            output::note(format!(
                "note: {}: {place} is {}, where no server is running; it wasn't set by Headroom \
                 and is kept",
                agent.name,
                without_credentials(&url)
            ));
        }
    }
    Ok(removed)
}
