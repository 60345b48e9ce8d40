//! `headroom hooks`: installs a hook in an agent's settings, and runs as that hook.

use std::env;
use std::io::{self, Read as _};

use agent_config::command::{Options, Report};
use agent_config::hook::Hook;
use agent_config::machine::Machine;
use agent_config::starts;

use crate::args::{HooksAgentArgs, HooksArgs, HooksCommand, HooksHowArgs};
use crate::failure::Failure;
use crate::hook;
use crate::output;

const NAME: &str = "headroom";
/// The largest tool call that is read, in bytes.
const LARGEST_CALL: u64 = 16 << 20;

pub(crate) fn run(args: &HooksArgs) -> Result<(), Failure> {
    match &args.command {
        HooksCommand::Install(how) => install(how),
        HooksCommand::Uninstall(how) => print(of(&how.agent)?.uninstall(options(how))),
        HooksCommand::Status(agent) => print(of(agent)?.status()),
        HooksCommand::PreToolUse => pre_tool_use(),
    }
}

fn install(how: &HooksHowArgs) -> Result<(), Failure> {
    let own = own_executable()?;
    starts::check(&own, NAME).map_err(Failure::new)?;
    print(of(&how.agent)?.install(options(how)))
}

/// Reads a tool call from standard input and writes the rewritten one to standard output. Writes nothing
/// if the call needn't be changed or can't be parsed, because a hook must never block the agent.
fn pre_tool_use() -> Result<(), Failure> {
    let mut call = String::new();
    let read = io::stdin().take(LARGEST_CALL).read_to_string(&mut call);
    let (Ok(_), Ok(call)) = (read, serde_json::from_str(&call)) else { return Ok(()) };
    let Some(machine) = Machine::current() else { return Ok(()) };
    let agent = hook::Invocation::of_running_agent();
    let Some(rules) = agent.and_then(|agent| hook::Rules::in_force(&machine, &agent, &call)) else {
        return Ok(());
    };
    let shell = env::var("SHELL").unwrap_or_default();
    match hook::respond(&call, &rules, &program()?, &shell) {
        Some(response) => output::print(&format!("{response}\n")),
        None => Ok(()),
    }
}

fn of(args: &HooksAgentArgs) -> Result<Hook, Failure> {
    let machine = Machine::current().ok_or_else(|| Failure::new("there is no home directory"))?;
    Hook::of(&args.agent, &machine, &program()?).map_err(Failure::usage)
}

/// The path of this program, quoted for a shell.
fn program() -> Result<String, Failure> {
    Ok(hook::quoted(&own_executable()?.to_string_lossy()))
}

fn own_executable() -> Result<std::path::PathBuf, Failure> {
    let path = env::var_os("PATH").unwrap_or_default();
    starts::own_executable(env::split_paths(&path))
        .map_err(|error| Failure::new(format!("can't tell where this program is: {error}")))
}

fn options(how: &HooksHowArgs) -> Options {
    Options { force: false, dry_run: how.dry_run }
}

fn print(report: Report) -> Result<(), Failure> {
    super::mcp::report(&[report])
}
