//! The program `contextos`: packs what matters in a repository for a task into a token budget.
//!
//! ```text
//! contextos pack . --task "fix the refresh of tokens" --budget 8000
//! ```
//!
//! Start reading at [`commands::run`], then [`pipeline::run`]. [`args`] has the types of the command line,
//! [`commands`] one file per command, [`pipeline`] one run of `pack`, [`mcp`] the server for agents,
//! [`eval`] the measurement on a repository's own commits. A command returns a [`failure::Failure`]; only
//! `main` turns it into a message and an exit code.

mod args;
mod changes;
mod churn;
mod clipboard;
mod clock;
mod commands;
mod compression;
mod context_dir;
mod detail;
mod disk_cache;
mod embeddings;
mod environment;
mod eval;
mod explanation;
mod exporters;
mod failure;
mod kept_pack;
mod mcp;
mod nearest;
mod notes;
mod overview;
mod pipeline;
mod place;
mod produce;
mod prompt_pack;
mod remote;
mod report;
mod resolve;
mod scan;
mod settings;
mod terminal;
mod token_tree;
mod weights;

use std::process::ExitCode;

/// Parsing and ranking make and drop millions of small values on several threads, and the C library of the released
/// programs (musl) has one lock for all of them. See "Speed of packs" in docs/experiments.md for the gain.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The smallest limit of address space, in bytes, with which a small repository is packed.
const LEAST_ADDRESS_SPACE: u64 = 256 << 20;

fn main() -> ExitCode {
    process_limits::run(LEAST_ADDRESS_SPACE, run)
}

fn run() -> ExitCode {
    let cli = args::Cli::read();
    let terminal = terminal::Terminal::new(&cli.global);
    if process_limits::start_pool() == 0 {
        terminal.error("no thread can be started (see `ulimit -u` and `ulimit -v`)");
        return ExitCode::FAILURE;
    }
    match commands::run(cli, &terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report(&terminal);
            failure.exit_code()
        }
    }
}
