//! `headroom mcp`: the MCP server, and its entries in agents' config files.

use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use access::{AccessPolicy, RemoteAccess};
use agent_config::command::{self, Options, Report, Status};
use agent_config::install::Selection;
use agent_config::machine::Machine;
use agent_config::server::Server as AgentServer;
use agent_config::starts;
use mcp_relay::{Exclude, Setup};

use crate::args::{
    McpAgentArgs, McpArgs, McpCommand, McpHowArgs, McpHttpArgs, McpInstallArgs, McpServeArgs,
    McpStatusArgs, McpTransport, McpWrapArgs, SetLimits,
};
use crate::client::DEFAULT_URL;
use crate::config::Config;
use crate::environment;
use crate::failure::Failure;
use crate::mcp::{self, Server, Service};
use crate::output;
use crate::store::StoreArgs;

const NAME: &str = "headroom";

pub(crate) fn run(args: &McpArgs) -> Result<(), Failure> {
    match &args.command {
        McpCommand::Serve(args) => serve(args),
        McpCommand::Wrap(args) => wrap(args),
        McpCommand::Install(args) => install(args),
        McpCommand::Status(args) => status(args),
        McpCommand::Uninstall(args) => {
            let server = server(None, &args.agent)?;
            let (selection, machine) = (selection(&args.agent)?, machine()?);
            report(&command::uninstall(&selection, &machine, &server, options(&args.how)))
        }
    }
}

fn serve(args: &McpServeArgs) -> Result<(), Failure> {
    let access = access(args.transport, &args.http)?;
    let texts = Config::read()?.text_limits();
    let service = service(&args.store, args.proxy_url.as_deref(), texts)?;
    match access {
        None => mcp::serve_stdio(service),
        Some((address, access)) => mcp::serve_http(service, address, access),
    }
}

fn wrap(args: &McpWrapArgs) -> Result<(), Failure> {
    let access = access(args.transport, &args.http)?;
    let commands = args.commands();
    if commands.iter().any(|command| command.is_empty()) {
        return Err(Failure::usage("there is no command after one of the --"));
    }
    let SetLimits { is_lossless, limits } = args.limits.resolve(&args.exclude_tools)?;
    let texts = limits.texts.clone();
    let service = Arc::new(service(&args.store, args.proxy_url.as_deref(), texts)?);
    // Without omissions there is nothing to retrieve.
    let has_omissions = !args.no_retrieve && !is_lossless;
    let retrieve = has_omissions.then(|| mcp::retrieve_definition(&service));
    let exclude = Exclude::new(move |call| limits.exclude.has(call));
    let setup = Setup {
        commands,
        names: args.name.clone(),
        options: mcp_relay::Options { lazy: args.lazy, slim: args.slim, retrieve, exclude },
    };
    mcp::wrap(setup, mcp::Results::new(service, &args.task, is_lossless), access)
}

/// What the tools do, with this store and the Headroom server at `url`.
fn service(
    store: &StoreArgs,
    url: Option<&str>,
    texts: Option<Arc<compress::Limits>>,
) -> Result<Service, Failure> {
    let token = environment::token();
    let (originals, _) = store.of_server(token.as_deref())?;
    let server = Server::at(&proxy_url(url)).map_err(Failure::usage)?;
    Ok(Service::new(originals, server.with_token(token), texts))
}

/// The address and the access policy of a server over HTTP; none on standard input and output.
fn access(
    transport: McpTransport,
    http: &McpHttpArgs,
) -> Result<Option<(SocketAddr, AccessPolicy)>, Failure> {
    match transport {
        McpTransport::Stdio if http.is_given() => {
            Err(Failure::usage("--host, --port and the access flags are for --transport http"))
        }
        McpTransport::Stdio => Ok(None),
        McpTransport::Http => {
            let address = SocketAddr::new(http.host(), http.port());
            let remote = RemoteAccess::new(address.ip(), http.token(), http.no_auth);
            let remote = remote.map_err(Failure::usage)?;
            Ok(Some((address, AccessPolicy::new(http.allow_host.clone(), remote))))
        }
    }
}

fn install(args: &McpInstallArgs) -> Result<(), Failure> {
    let selection = selection(&args.agent)?;
    let url = args.proxy_url.as_deref().map(Server::at).transpose().map_err(Failure::usage)?;
    let server = server(url.as_ref().map(Server::url), &args.agent)?;
    starts::check(&own_executable()?, NAME).map_err(Failure::new)?;
    report(&command::install(&selection, &machine()?, &server, options(&args.how)))
}

fn status(args: &McpStatusArgs) -> Result<(), Failure> {
    let proxy = Server::at(&proxy_url(args.proxy_url.as_deref())).map_err(Failure::usage)?;
    let url = Some(proxy.url()).filter(|_| args.proxy_url.is_some());
    let reports =
        command::status(&selection(&args.agent)?, &machine()?, &server(url, &args.agent)?);
    let state = if proxy.answers() { "running" } else { "not running (start it: headroom serve)" };
    let reported = report_status(&reports);
    output::print(&format!("Headroom server at {}: {state}\n", proxy.url()))?;
    reported
}

/// The URL of the Headroom server for this process.
fn proxy_url(named: Option<&str>) -> String {
    let base = || env::var(environment::BASE_URL).ok().filter(|url| !url.trim().is_empty());
    named.map(str::to_owned).or_else(base).unwrap_or_else(|| DEFAULT_URL.to_owned())
}

/// How an agent starts this program, with the Headroom server at `url`. In a project's file, only the
/// bare name is right for everybody.
fn server(url: Option<&str>, agent: &McpAgentArgs) -> Result<AgentServer, Failure> {
    let command = if agent.project { PathBuf::from(NAME) } else { own_executable()? };
    let elsewhere = url.filter(|url| *url != DEFAULT_URL);
    let env = elsewhere.map(|url| (environment::PROXY_URL.to_owned(), url.to_owned()));
    Ok(AgentServer {
        name: NAME.to_owned(),
        command,
        args: vec!["mcp".to_owned(), "serve".to_owned()],
        env: env.into_iter().collect(),
    })
}

/// Where this program is, as its users call it.
pub(super) fn own_executable() -> Result<PathBuf, Failure> {
    let path = env::var_os("PATH").unwrap_or_default();
    starts::own_executable(env::split_paths(&path))
        .map_err(|error| Failure::new(format!("can't tell where this program is: {error}")))
}

fn machine() -> Result<Machine<'static>, Failure> {
    Machine::current().ok_or_else(|| Failure::new("there is no home directory"))
}

fn selection(args: &McpAgentArgs) -> Result<Selection, Failure> {
    let selection = Selection::of(&args.agent).map_err(Failure::usage)?;
    if !args.project {
        return Ok(selection);
    }
    let root = env::current_dir().map_err(Failure::new)?;
    selection.in_project(root).map_err(Failure::usage)
}

fn options(args: &McpHowArgs) -> Options {
    Options { force: args.force, dry_run: args.dry_run }
}

/// Prints the result for each agent; fails when nothing was done, or something failed.
pub(super) fn report(reports: &[Report]) -> Result<(), Failure> {
    print(reports)?;
    command::verdict(reports).map_err(Failure::new)
}

/// Prints the state for each agent; fails when none is there, or one can't be read. Their lines say so.
pub(super) fn report_status(reports: &[Report]) -> Result<(), Failure> {
    print(reports)?;
    command::verdict(reports).map_err(|_| Failure::silent())
}

fn print(reports: &[Report]) -> Result<(), Failure> {
    for one in reports {
        if let Some(diff) = &one.diff {
            output::print(diff)?;
        }
        match one.status {
            Status::Done => output::print(&format!("{}\n", one.line))?,
            Status::Skipped => output::note(&one.line),
            Status::Failed => output::note(format_args!("error: {}", one.line)),
        }
    }
    Ok(())
}
