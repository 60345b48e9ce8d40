//! The route of agents' requests: from the agent to the server, and from there to the provider.

use agent_config::machine::Machine;
use agent_config::wrap::found::Place;

use super::Finding;
use crate::client::{self, KnownTargets};
use crate::failure::Failure;
use crate::wrap::agent::{self, Agent};
use crate::wrap::base_url::{self, Destination, without_credentials};
use crate::wrap::kept_settings::KeptSettings;

/// Codex, and the beginning of the paths for which it asks ChatGPT's own address.
const CODEX: &str = "codex";
const PAST_BASE_URL: &str = "/backend-api/";

/// Where the requests of each agent go that is installed on this machine, or has a base URL.
pub(super) fn agents(own: &str) -> Vec<Finding> {
    let Some(machine) = Machine::current() else { return Vec::new() };
    let (kept_settings, broken) = match KeptSettings::read() {
        Ok(kept_settings) => (kept_settings, None),
        Err(failure) => (KeptSettings::default(), Some(Finding::Fail(failure.message()))),
    };
    let agents = agent::all();
    broken
        .into_iter()
        .chain(agents.filter_map(|agent| of_agent(&agent, &machine, own, &kept_settings)))
        .collect()
}

fn of_agent(
    agent: &Agent,
    machine: &Machine<'_>,
    own: &str,
    kept_settings: &KeptSettings,
) -> Option<Finding> {
    let bad = |failure: Failure| Finding::Fail(format!("{}: {}", agent.name, failure.message()));
    let found = match (agent.on(machine), agent.found(machine)) {
        (_, Err(failure)) => return Some(bad(failure)),
        // The agent works; only its requests can't be sent through a Headroom.
        (Err(failure), Ok(_)) => return Some(Finding::Note(failure.message())),
        (Ok(agent), Ok(_)) => match agent.found(machine) {
            Ok(found) => found,
            Err(failure) => return Some(bad(failure)),
        },
    };
    let name = &agent.name;
    // Several agents read the same variables, but each has files of its own.
    let is_about_it = |place: &Place| matches!(place, Place::File(_)) || agent.program().is_some();
    let set = found.iter().filter_map(|found| found.set.as_ref());
    let set: Vec<_> = set.filter(|(_, place)| is_about_it(place)).collect();
    for (url, place) in &set {
        let shown = without_credentials(url);
        match base_url::destination(url, place, own, kept_settings) {
            // Codex sends what is for these paths past its base URL.
            Destination::Headroom(_) if agent.id == CODEX && url.contains(PAST_BASE_URL) => {
                return Some(Finding::Fail(format!(
                    "{name} uses {shown} ({place}), which version 0.171 and later don't send requests \
                     to: run `headroom wrap {CODEX} --keep` again, or `headroom wrap {CODEX}`"
                )));
            }
            Destination::Headroom(_) => {
                return Some(Finding::Pass(format!("{name} uses {shown} ({place})")));
            }
            Destination::Nowhere { was_ours: true } => {
                return Some(Finding::Fail(format!(
                    "{name} uses {shown} ({place}), where no server is running: start `headroom serve`, \
                     or run {}",
                    base_url::removal(agent, place)
                )));
            }
            Destination::Nowhere { was_ours: false } => {
                return Some(Finding::Fail(format!(
                    "{name} uses {shown} ({place}), where no server is running: start that server, or \
                     change {place}"
                )));
            }
            Destination::Elsewhere => {}
        }
    }
    agent.program().map(|_| {
        Finding::Note(format!(
            "{name} doesn't use Headroom: start it with `headroom wrap {}`",
            agent.id
        ))
    })
}

/// Whether the server at `url` can reach the providers. It sends an empty request without a key, which
/// each of them rejects: any response shows that it was reached.
pub(super) fn providers(url: &str) -> Vec<Finding> {
    let Some(KnownTargets { anthropic, openai, gemini }) = client::targets(url) else {
        return vec![Finding::Note(format!(
            "the server at {url} doesn't report where it forwards requests"
        ))];
    };
    const GEMINI: &str = "/v1beta/models/gemini-2.5-flash:generateContent";
    [("/v1/messages", anthropic), ("/v1/chat/completions", openai), (GEMINI, gemini)]
        .map(|(path, target)| match client::probe_route(url, path) {
            Ok(502) => Finding::Fail(format!("the server at {url} can't reach {target}")),
            Ok(status) => Finding::Pass(format!(
                "the server reaches {target} (status {status} for an empty request)"
            )),
            Err(error) => {
                Finding::Fail(format!("{target} doesn't respond through the server: {error}"))
            }
        })
        .into()
}
