//! `headroom unwrap`: base URLs that lead to Headroom taken out of agents' settings.

use std::path::Path;

use agents::table::Machine;
use serde_json::Value;

use crate::args::UnwrapArgs;
use crate::failure::Failure;
use crate::running;
use crate::screen;
use crate::wrap::record::Record;
use crate::wrap::table::{self, Agent, Setting};
use crate::wrap::way::{self, Leads, Place};

/// Takes them out, of one agent's settings or of all.
pub(crate) fn run(args: &UnwrapArgs) -> Result<(), Failure> {
    let machine = Machine::current().ok_or_else(|| Failure::new("there is no home directory"))?;
    let agents: Vec<&Agent> = match &args.agent {
        Some(id) => vec![table::by_id(id).map_err(Failure::usage)?],
        None => table::all().iter().collect(),
    };
    let mut failed = false;
    for agent in agents {
        match unwrap(agent, &machine) {
            Ok(removed) if removed.is_empty() && args.agent.is_none() => {}
            Ok(removed) if removed.is_empty() => {
                screen::print(&format!("{}: nothing to undo\n", agent.name))?;
            }
            Ok(removed) => screen::print(&removed)?,
            Err(failure) => {
                screen::note(format!("error: {}: {}", agent.name, failure.message()));
                failed = true;
            }
        }
    }
    if failed { Err(Failure::silent()) } else { Ok(()) }
}

/// What was removed, for people.
fn unwrap(agent: &Agent, machine: &Machine<'_>) -> Result<String, Failure> {
    let own = running::server_url();
    let mut record = Record::read()?;
    let mut removed = String::new();
    let mut take = |setting: &Setting, file: &Path, is_ours: &dyn Fn(&str) -> bool| {
        let is_ours = |value: &Value| value.as_str().is_some_and(is_ours);
        let entry = setting.entry(file, &is_ours);
        if !entry.find().map_err(Failure::new)?.is_some_and(|value| is_ours(&value)) {
            return Ok(());
        }
        if let Some(change) = entry.take().map_err(Failure::new)? {
            change.apply().map_err(Failure::new)?;
            let (name, file) = (&agent.name, file.display());
            removed.push_str(&format!("{name}: {file} doesn't lead to Headroom any more\n"));
        }
        Ok::<(), Failure>(())
    };
    // What was written here, wherever the file and the server are now. What somebody has changed since
    // isn't ours any more.
    for kept in record.of(agent) {
        // The settings of an agent are all in one language.
        if let Some(setting) = agent.routes.iter().find_map(|route| route.setting.as_ref()) {
            let setting = Setting { path: kept.path.clone(), ..setting.clone() };
            take(&setting, &kept.file, &|url| url == kept.url)?;
        }
        record.remove(&kept);
        record.write()?;
    }
    // What somebody else has written that leads to a Headroom.
    // A provider whose address can't be set hasn't got one of ours.
    let agent = &way::on(agent, machine).unwrap_or_else(|_| agent.clone());
    for setting in agent.routes.iter().filter_map(|route| route.setting.as_ref()) {
        let file = machine.path(&setting.file);
        let place = Place::File(file.clone());
        take(setting, &file, &|url| {
            let leads = way::leads(url, &place, &own, &record);
            matches!(leads, Leads::Here(_) | Leads::Nowhere { was_ours: true })
        })?;
    }
    for (url, place) in way::found(agent, machine)?.into_iter().filter_map(|found| found.set) {
        if let Leads::Nowhere { .. } = way::leads(&url, &place, &own, &record) {
            screen::note(format!(
                "note: {}: {place} leads to {url}, where nobody answers; it isn't written by \
                 Headroom and stays",
                agent.name
            ));
        }
    }
    Ok(removed)
}
