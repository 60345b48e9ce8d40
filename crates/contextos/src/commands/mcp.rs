//! `contextos mcp`: adds our MCP server to the configuration files of agents, or removes it.

use std::path::PathBuf;

use agent_config::command::{self, Options, Report, Status};
use agent_config::install::Selection;
use agent_config::machine::Machine;
use agent_config::server::Server;
use agent_config::starts;

use crate::args::{McpAgentArgs, McpArgs, McpChangeArgs, McpCommand};
use crate::environment;
use crate::failure::Failure;
use crate::terminal::Terminal;

const NAME: &str = "contextos";

pub(super) fn run(args: &McpArgs, terminal: &Terminal) -> Result<(), Failure> {
    let machine = Machine::current().ok_or_else(|| Failure::new("there is no home directory"))?;
    let reports = match &args.command {
        McpCommand::Install(args) => {
            starts::check(&own_executable()?, NAME).map_err(Failure::new)?;
            let (selection, server) = (selection(&args.agent)?, server(&args.agent)?);
            command::install(&selection, &machine, &server, options(args))
        }
        McpCommand::Status(args) => command::status(&selection(args)?, &machine, &server(args)?),
        McpCommand::Uninstall(args) => {
            let (selection, server) = (selection(&args.agent)?, server(&args.agent)?);
            command::uninstall(&selection, &machine, &server, options(args))
        }
    };
    print(&reports, terminal)
}

/// How an agent starts this program, which it does in the project's folder. In a project's file, only the
/// bare name is right for everybody.
fn server(agent: &McpAgentArgs) -> Result<Server, Failure> {
    let command = if agent.project { PathBuf::from(NAME) } else { own_executable()? };
    let args = vec!["serve".to_owned(), "--stdio".to_owned()];
    Ok(Server { name: NAME.to_owned(), command, args, env: Vec::new() })
}

/// Where this program is, as its users call it.
pub(super) fn own_executable() -> Result<PathBuf, Failure> {
    starts::own_executable(environment::search_path())
        .map_err(|error| Failure::new(format_args!("can't tell where this program is: {error}")))
}

fn selection(args: &McpAgentArgs) -> Result<Selection, Failure> {
    let selection = Selection::of(&args.agent).map_err(Failure::usage)?;
    if !args.project {
        return Ok(selection);
    }
    let root = std::env::current_dir().map_err(Failure::new)?;
    selection.in_project(root).map_err(Failure::usage)
}

fn options(args: &McpChangeArgs) -> Options {
    Options { force: args.force, dry_run: args.dry_run }
}

/// Prints the result for each agent; fails when nothing was done, or something failed.
pub(super) fn print(reports: &[Report], terminal: &Terminal) -> Result<(), Failure> {
    for report in reports {
        if let Some(diff) = &report.diff {
            terminal.print(diff)?;
        }
        match report.status {
            Status::Done => terminal.print(&format!("{}\n", report.line))?,
            Status::Skipped => terminal.note(&report.line),
            Status::Failed => terminal.error(&report.line),
        }
    }
    command::verdict(reports).map_err(Failure::new)
}
