//! Packs what matters in a repository for a task into a token budget.
//!
//! Start reading at `commands/pack.rs` and `pipeline.rs`. [`args`] holds the command line's types,
//! [`commands`] one file per command; a command gives back a [`failure::Failure`], and only here it
//! becomes a message and an exit code.

mod args;
mod churn;
mod clock;
mod commands;
mod compression;
mod context_dir;
mod environment;
mod eval;
mod explanation;
mod exporters;
mod failure;
mod mcp;
mod nearest;
mod notes;
mod outline_cache;
mod pipeline;
mod place;
mod produce;
mod resolve;
mod scan;
mod settings;
mod terminal;
mod weights;

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = args::Cli::read();
    let terminal = terminal::Terminal::new(&cli.global);
    match commands::run(cli, &terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report(&terminal);
            failure.exit_code()
        }
    }
}
