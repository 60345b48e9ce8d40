//! `headroom wrap`: an agent run with its requests sent through the proxy.

use std::ffi::OsString;
use std::process::Command;

use agent_config::machine::Machine;
use agent_config::wrap::Route;
use agent_config::wrap::found::{Found, Place};
use llm_proxy::Target;

use crate::args::WrapArgs;
use crate::client;
use crate::failure::Failure;
use crate::output::{self, note};
use crate::wrap::agent::{self, Agent};
use crate::wrap::base_url::{self, Destination, LaunchSettings, OWNER, without_credentials};
use crate::wrap::kept_settings::KeptSettings;
use crate::wrap::server::{Proxy, Upstreams, known};

/// The exit code for a program that isn't there, as shells have it.
const NOT_FOUND: u8 = 127;

/// Finds the agent → where its requests go now → a proxy that sends them there → runs the agent.
pub(crate) fn run(args: &WrapArgs) -> Result<(), Failure> {
    // The command line takes no other names.
    let agent = agent::by_id(&args.agent).ok_or_else(Failure::silent)?;
    let machine = Machine::current().ok_or_else(|| Failure::new("there is no home directory"))?;
    let agent = &agent.on(&machine)?;
    let own = client::server_url();
    let found = agent.found(&machine)?;
    let kept_settings = KeptSettings::read()?;
    let destinations: Vec<Destination> = found
        .iter()
        .map(|found| match &found.set {
            Some((url, place)) => base_url::destination(url, place, &own, &kept_settings),
            None => Destination::Elsewhere,
        })
        .collect();
    let upstreams = upstreams(agent, &found, &destinations, &kept_settings)?;
    let candidates: Vec<String> = known(&destinations).chain([own]).collect();
    if args.keep {
        return keep(agent, &machine, &found, &upstreams, &candidates, kept_settings);
    }
    let program = agent.program().ok_or_else(|| {
        let message = format!("{} is not in PATH: install {}", agent.command, agent.name);
        Failure::with_code(message, NOT_FOUND)
    })?;
    let proxy = match known(&destinations).next() {
        // The user chose this one, whatever it forwards to.
        Some(origin) if upstreams == Upstreams::from_env() => Proxy::at(origin),
        _ => Proxy::find(&upstreams, &candidates)?,
    };
    let settings = LaunchSettings::new(agent, &found, &proxy.origin, &args.args)?;
    note(format!(
        "headroom: {} through {}{}{}",
        agent.name,
        proxy.origin,
        if proxy.is_shared() { " (running already)" } else { "" },
        upstreams.described()
    ));
    let mut command = Command::new(program);
    command.args(settings.args).args(&args.args).envs(settings.variables);
    become_agent(command, proxy)
}

/// Where the agent's requests are to go in the end.
fn upstreams(
    agent: &Agent,
    found: &[Found],
    destinations: &[Destination],
    kept_settings: &KeptSettings,
) -> Result<Upstreams, Failure> {
    let mut upstreams = Upstreams::from_env();
    for ((route, found), destination) in agent.routes.iter().zip(found).zip(destinations) {
        let Some((url, place)) = &found.set else { continue };
        let shown = without_credentials(url);
        match destination {
            Destination::Headroom(_) => {}
            Destination::Nowhere { was_ours: true } => {
                note(format!(
                    "note: {place} leads to {shown}, where nobody answers; {} removes it",
                    base_url::removal(agent, place)
                ));
                if let Place::File(file) = place
                    && let Some(before) = kept_settings.before(file, url)
                {
                    upstreams.set(route.provider, before.to_owned());
                }
            }
            Destination::Nowhere { was_ours: false } | Destination::Elsewhere
                if route.is_versioned() && !names_version(url) =>
            {
                return Err(Failure::new(format!(
                    "{place} is {shown}, which doesn't end in a version of the API, such as /v1. The \
                     agent appends /chat/completions to it, and Headroom would forward to {}/v1/…. \
                     Run {} as it is",
                    shown.trim_end_matches('/'),
                    agent.command
                )));
            }
            Destination::Nowhere { was_ours: false } => {
                note(format!(
                    "note: {place} leads to {shown}, where nobody answers now; requests go on to it"
                ));
                upstreams.set(route.provider, url.clone());
            }
            Destination::Elsewhere => upstreams.set(route.provider, url.clone()),
        }
    }
    Ok(upstreams)
}

/// Whether the path of a base URL names the API's version, or stands for it. What an agent appends to
/// such a URL is what the proxy appends to it as a target.
fn names_version(url: &str) -> bool {
    url.trim_end_matches('/').ends_with("/v1")
        || Target::parse(url).is_ok_and(|target| target.is_versioned())
}

/// This process becomes the agent: its exit code, the signals it gets and its terminal are the
/// agent's own. The proxy ends when the agent has.
#[cfg(unix)]
fn become_agent(mut command: Command, proxy: Proxy) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt as _;

    let fail = |error: std::io::Error| {
        Failure::new(format!("{} can't be run: {error}", command_name(&command)))
    };
    if let Some(lifeline) = &proxy.lifeline {
        rustix::io::fcntl_setfd(lifeline, rustix::io::FdFlags::empty())
            .map_err(|error| fail(error.into()))?;
    }
    let error = command.exec();
    Err(Failure::new(format!("{} can't be run: {error}", command_name(&command))))
}

/// Runs the agent; the proxy ends when this process has.
#[cfg(not(unix))]
fn become_agent(mut command: Command, proxy: Proxy) -> Result<(), Failure> {
    let status = command.status().map_err(|error| {
        Failure::new(format!("{} can't be run: {error}", command_name(&command)))
    })?;
    drop(proxy.lifeline);
    std::process::exit(status.code().unwrap_or(1))
}

fn command_name(command: &Command) -> String {
    OsString::from(command.get_program()).to_string_lossy().into_owned()
}

/// Writes the base URL of a server that runs already into the agent's settings.
fn keep(
    agent: &Agent,
    machine: &Machine<'_>,
    found: &[Found],
    upstreams: &Upstreams,
    candidates: &[String],
    mut kept_settings: KeptSettings,
) -> Result<(), Failure> {
    let proxy = Proxy::running(upstreams, candidates)?;
    let kept: Vec<(&Route, &Found)> =
        agent.routes.iter().zip(found).filter(|(route, _)| route.setting.is_some()).collect();
    if kept.is_empty() {
        return Err(Failure::new(format!(
            "{} has no setting for this; run it with `headroom wrap {}`",
            agent.name, agent.id
        )));
    }
    for (route, found) in kept {
        let Some(setting) = &route.setting else { continue };
        let file = machine.path(&setting.file);
        let url = route.url(&proxy.origin, found.by_login);
        let is_ours = |value: &serde_json::Value| {
            value.as_str().is_some_and(|known| known == url || kept_settings.has(&file, known))
        };
        let change = setting.entry(&file, OWNER, &is_ours).put(&url.as_str().into());
        let change = change.map_err(Failure::new)?;
        // Recorded first: an entry of the record that isn't in the file does no harm.
        let old = match &found.set {
            Some((old, Place::File(_))) => Some(&**old),
            _ => None,
        };
        kept_settings.add(agent, setting, &file, &url, old);
        kept_settings.write()?;
        change.apply().map_err(Failure::new)?;
        output::print(&format!("{}: {} now says {url}\n", agent.name, file.display()))?;
    }
    Ok(())
}
