//! `headroom unwrap`: base URLs that lead to Headroom taken out of agents' settings.

use agents::table::Machine;
use serde_json::Value;

use crate::args::UnwrapArgs;
use crate::failure::Failure;
use crate::running;
use crate::screen;
use crate::wrap::table::{self, Agent};
use crate::wrap::way::{self, Leads};

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
    let is_ours =
        |value: &Value| value.as_str().is_some_and(|url| way::leads(url, &own) != Leads::Elsewhere);
    let mut removed = String::new();
    for setting in agent.routes.iter().filter_map(|route| route.setting.as_ref()) {
        let file = machine.path(&setting.file);
        let entry = setting.entry(&file, &is_ours);
        if !entry.find().map_err(Failure::new)?.is_some_and(|value| is_ours(&value)) {
            continue;
        }
        if let Some(change) = entry.take().map_err(Failure::new)? {
            change.apply().map_err(Failure::new)?;
            let file = file.display();
            removed
                .push_str(&format!("{}: {file} doesn't lead to Headroom any more\n", agent.name));
        }
    }
    Ok(removed)
}
