//! Local server and command-line tool that compresses text and returns any original.
//!
//! `main` parses and dispatches; each command is a file under `commands`. An error becomes a message
//! and an exit code here and nowhere else.

mod args;
mod audit;
mod background;
mod child;
mod client;
mod commands;
mod config;
mod environment;
mod failure;
mod hook;
mod log;
mod mcp;
mod output;
mod prices;
mod stats_text;
mod store;
mod wrap;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Args, Command};
use failure::Failure;

/// The smallest limit of address space, in bytes, with which a text is compressed.
const LEAST_ADDRESS_SPACE: u64 = 128 << 20;

fn main() -> ExitCode {
    process_limits::run(LEAST_ADDRESS_SPACE, || match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    })
}

fn run(args: Args) -> Result<(), Failure> {
    args.color.apply();
    match args.command {
        Command::Serve(serve) => commands::serve::run(serve),
        Command::Stop(stop) => commands::stop::run(&stop),
        Command::Status(args) => commands::status::run(&args),
        Command::Compress(compress) => commands::compress::run(compress),
        Command::Retrieve(retrieve) => commands::retrieve::run(&retrieve),
        Command::Run(run) => commands::run::run(&run),
        Command::Hooks(hooks) => commands::hooks::run(&hooks),
        Command::Stats(stats) => commands::stats::run(&stats),
        Command::Dashboard(dashboard) => commands::dashboard::run(&dashboard),
        Command::Config(config) => commands::config::run(&config),
        Command::Doctor(store) => commands::doctor::run(&store),
        Command::Mcp(mcp) => commands::mcp::run(&mcp),
        Command::Audit(audit) => commands::audit::run(&audit),
        Command::Wrap(wrap) => commands::wrap::run(&wrap),
        Command::Unwrap(unwrap) => commands::unwrap::run(&unwrap),
        Command::Completions { shell } => commands::completions::run(shell),
        Command::Man(args) => commands::man::run(&args),
    }
}
