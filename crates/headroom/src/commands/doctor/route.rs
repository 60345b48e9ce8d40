//! The way of agents' requests: from the agent to the server, and from there to the provider.

use agents::table::Machine;

use super::Finding;
use crate::failure::Failure;
use crate::running;
use crate::wrap::record::Record;
use crate::wrap::table::{self, Agent};
use crate::wrap::way::{self, Leads};

/// Where the requests of each agent go that is on this machine, or has a base URL.
pub(super) fn agents(own: &str) -> Vec<Finding> {
    let Some(machine) = Machine::current() else { return Vec::new() };
    let (record, broken) = match Record::read() {
        Ok(record) => (record, None),
        Err(failure) => (Record::default(), Some(Finding::Bad(failure.message()))),
    };
    let agents = table::all().iter();
    broken
        .into_iter()
        .chain(agents.filter_map(|agent| of_agent(agent, &machine, own, &record)))
        .collect()
}

fn of_agent(agent: &Agent, machine: &Machine<'_>, own: &str, record: &Record) -> Option<Finding> {
    let bad = |failure: Failure| Finding::Bad(format!("{}: {}", agent.name, failure.message()));
    let found = match (way::on(agent, machine), way::found(agent, machine)) {
        (_, Err(failure)) => return Some(bad(failure)),
        // The agent works; it just can't be sent through a Headroom.
        (Err(failure), Ok(_)) => return Some(Finding::Odd(failure.message())),
        (Ok(agent), Ok(_)) => match way::found(&agent, machine) {
            Ok(found) => found,
            Err(failure) => return Some(bad(failure)),
        },
    };
    let name = &agent.name;
    let set: Vec<_> = found.iter().filter_map(|found| found.set.as_ref()).collect();
    for (url, place) in &set {
        match way::leads(url, place, own, record) {
            Leads::Here(_) => {
                return Some(Finding::Good(format!("{name} goes through {url} ({place})")));
            }
            Leads::Nowhere { was_ours: true } => {
                return Some(Finding::Bad(format!(
                    "{name} is sent to {url} ({place}), where nobody answers: `headroom serve`, or {}",
                    way::removal(agent, place)
                )));
            }
            Leads::Nowhere { was_ours: false } => {
                return Some(Finding::Bad(format!(
                    "{name} is sent to {url} ({place}), where nobody answers: start what is to \
                     answer there, or change {place}"
                )));
            }
            Leads::Elsewhere => {}
        }
    }
    way::program(agent).map(|_| {
        Finding::Odd(format!(
            "{name} doesn't go through Headroom: start it with `headroom wrap {}`",
            agent.id
        ))
    })
}

/// Whether the server at `url` reaches the providers: an empty request without a key, which each of
/// them refuses in its own way.
pub(super) fn providers(url: &str) -> Vec<Finding> {
    let Some((anthropic, openai)) = running::targets(url) else {
        return vec![Finding::Odd(format!("the server at {url} doesn't say where it forwards to"))];
    };
    [("/v1/messages", anthropic), ("/v1/chat/completions", openai)]
        .map(|(path, target)| match running::knock(url, path) {
            Ok(502) => Finding::Bad(format!("{target} can't be reached from the server at {url}")),
            Ok(status) => Finding::Good(format!(
                "{target} answers through the server ({status} to an empty request)"
            )),
            Err(error) => {
                Finding::Bad(format!("{target} doesn't answer through the server: {error}"))
            }
        })
        .into()
}
