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

/// The exit code of shells for a program that isn't found.
const NOT_FOUND: u8 = 127;

/// Finds the agent and where its requests go now, then a proxy that forwards there, then runs the agent.
pub(crate) fn run(args: &WrapArgs) -> Result<(), Failure> {
    // clap accepts no other names.
    let agent = agent::by_id(&args.agent).ok_or_else(Failure::silent)?;
    let machine = Machine::current().ok_or_else(|| Failure::new("there is no home directory"))?;
    let agent = &agent.on(&machine)?;
    let own = client::server_url();
    let found = agent.found(&machine)?;
    if agent.routes.is_empty() {
        return Err(Failure::usage(format!(
            "{} is set to a kind of provider whose requests can't be sent elsewhere",
            agent.name
        )));
    }
    if let Some(variable) = missing(agent, &found) {
        return Err(Failure::usage(format!(
            "{} sends its requests to a service of its own, unless {variable} is the base URL of \
             a provider: set it first",
            agent.name
        )));
    }
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
        // The user chose this proxy, wherever it forwards to.
        Some(origin) if upstreams == Upstreams::from_env() => Proxy::at(origin),
        _ => Proxy::find(&upstreams, &candidates)?,
    };
    let mut settings = LaunchSettings::new(agent, &found, &proxy.origin, &args.args)?;
    let targets = if proxy.is_shared() { client::targets(&proxy.origin) } else { None };
    let targets = targets.map_or_else(|| upstreams.targets(), Ok)?;
    settings.tell_of_first_parties(agent, &targets, &Upstreams::default().targets()?);
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

/// The variable without which nothing of an agent's can be sent elsewhere.
fn missing<'a>(agent: &'a Agent, found: &[Found]) -> Option<&'a str> {
    let is_missing =
        |(route, found): &(&Route, &Found)| route.needs_base_url && found.set.is_none();
    let (route, _) = agent.routes.iter().zip(found).find(is_missing)?;
    route.variables.first().map(String::as_str)
}

/// The providers to which the agent's requests are to be forwarded.
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
                    "note: {place} is {shown}, where no server is running; {} removes it",
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
                    "{place} is {shown}, which doesn't end in a version of the API such as /v1. The \
                     agent appends /chat/completions to it, but Headroom would forward to {}/v1/…. \
                     Run {} without Headroom",
                    shown.trim_end_matches('/'),
                    agent.command
                )));
            }
            Destination::Nowhere { was_ours: false } => {
                note(format!(
                    "note: {place} is {shown}, where no server is running; requests are forwarded to it"
                ));
                upstreams.set(route.provider, url.clone());
            }
            Destination::Elsewhere => upstreams.set(route.provider, url.clone()),
        }
    }
    Ok(upstreams)
}

/// Whether the path of a base URL contains the API's version, or replaces it. To such a URL, the proxy
/// appends as a target what the agent appends.
fn names_version(url: &str) -> bool {
    url.trim_end_matches('/').ends_with("/v1")
        || Target::parse(url).is_ok_and(|target| target.is_versioned())
}

/// Replaces this process by the agent, so that exit code, signals and terminal are the agent's. The proxy
/// stops when the agent has ended.
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

/// Runs the agent. The proxy stops when this process has ended.
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

/// Writes the base URL of a running server into the agent's settings.
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
            "{} has no setting for a base URL; run it with `headroom wrap {}`",
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
        // Recorded before it is written: an entry of the record that isn't in the file does no harm.
        let old = match &found.set {
            Some((old, Place::File(_))) => Some(&**old),
            _ => None,
        };
        kept_settings.add(agent, setting, &file, &url, old);
        kept_settings.write()?;
        change.apply().map_err(Failure::new)?;
        output::print(&format!("{}: set {url} in {}\n", agent.name, file.display()))?;
    }
    Ok(())
}
