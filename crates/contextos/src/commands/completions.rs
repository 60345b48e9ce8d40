//! `contextos completions`: a script that completes the command line in a shell.

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs};
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(super) fn run(args: &CompletionsArgs, terminal: &Terminal) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "contextos", &mut script);
    terminal.print(&String::from_utf8_lossy(&script))
}
