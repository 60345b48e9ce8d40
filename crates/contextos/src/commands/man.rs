//! `contextos man`: a manual page, of the program or of a command.

use clap::CommandFactory;

use crate::args::{Cli, ManArgs};
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(super) fn run(args: &ManArgs, terminal: &Terminal) -> Result<(), Failure> {
    let mut program = Cli::command();
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => {
            let found = program.find_subcommand(name).cloned();
            found.ok_or_else(|| Failure::usage(format_args!("there is no command `{name}`")))?
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|error| Failure::new(format_args!("manual page: {error}")))?;
    terminal.print(&String::from_utf8_lossy(&page))
}
