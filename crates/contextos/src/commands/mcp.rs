//! `contextos mcp`: adds our MCP server to the configuration files of agents, or removes it.

use agent_config::command::{self, Options, Report, Status};
use agent_config::install::Selection;
use agent_config::machine::Machine;
use agent_config::server::Server;
use agent_config::starts;

use crate::args::{McpArgs, McpChangeArgs, McpCommand};
use crate::environment;
use crate::failure::Failure;
use crate::terminal::Terminal;

const NAME: &str = "contextos";

pub(super) fn run(args: &McpArgs, terminal: &Terminal) -> Result<(), Failure> {
    let machine = Machine::current().ok_or_else(|| Failure::new("there is no home directory"))?;
    let server = server()?;
    let reports = match &args.command {
        McpCommand::Install(args) => {
            starts::check(&server.command, NAME).map_err(Failure::new)?;
            command::install(&selection(&args.agent.agent)?, &machine, &server, options(args))
        }
        McpCommand::Status(args) => command::status(&selection(&args.agent)?, &machine, &server),
        McpCommand::Uninstall(args) => {
            command::uninstall(&selection(&args.agent.agent)?, &machine, &server, options(args))
        }
    };
    print(&reports, terminal)
}

/// How an agent starts this program, which it does in the project's folder.
fn server() -> Result<Server, Failure> {
    let command = starts::own_executable(environment::search_path())
        .map_err(|error| Failure::new(format_args!("can't tell where this program is: {error}")))?;
    let args = vec!["serve".to_owned(), "--stdio".to_owned()];
    Ok(Server { name: NAME.to_owned(), command, args, env: Vec::new() })
}

fn selection(agent: &str) -> Result<Selection, Failure> {
    Selection::of(agent).map_err(Failure::usage)
}

fn options(args: &McpChangeArgs) -> Options {
    Options { force: args.force, dry_run: args.dry_run }
}

fn print(reports: &[Report], terminal: &Terminal) -> Result<(), Failure> {
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
