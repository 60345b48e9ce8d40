//! The commands, a file each.

mod churn;
mod completions;
mod config;
mod doctor;
mod eval;
mod explain;
mod export;
mod hooks;
mod init;
mod man;
mod mcp;
mod memory;
mod pack;
mod scan;
mod secrets;
mod serve;
mod task;

use crate::args::{Cli, Command};
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Runs the command.
///
/// # Errors
/// When it failed.
pub(crate) fn run(cli: Cli, terminal: &Terminal) -> Result<(), Failure> {
    let Cli { global, command } = cli;
    match command {
        Command::Pack(args) => pack::run(&global, &args, terminal),
        Command::Export(args) => export::run(&global, &args, terminal),
        Command::Explain(args) => explain::run(&global, &args, terminal),
        Command::Task(args) => task::run(&global, &args, terminal),
        Command::Memory(args) => memory::run(&global, &args, terminal),
        Command::Scan(args) => scan::run(&global, &args, terminal),
        Command::Secrets(args) => secrets::run(&global, &args, terminal),
        Command::Eval(args) => eval::run(&global, &args, terminal),
        Command::Churn(args) => churn::run(&global, &args, terminal),
        Command::Serve(args) => serve::run(&global, args, terminal),
        Command::Init(args) => init::run(&global, &args, terminal),
        Command::Mcp(args) => mcp::run(&args, terminal),
        Command::Hooks(args) => hooks::run(&global, &args, terminal),
        Command::Doctor(args) => doctor::run(&global, &args, terminal),
        Command::Config(args) => config::run(&global, &args, terminal),
        Command::Completions(args) => completions::run(&args, terminal),
        Command::Man(args) => man::run(&args, terminal),
    }
}
