//! `contextos man`: the manual page of the program or of a command, or those of all.

use clap::CommandFactory;

use crate::args::{Cli, ManArgs};
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(super) fn run(args: &ManArgs, terminal: &Terminal) -> Result<(), Failure> {
    if let Some(folder) = &args.all {
        return std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(Cli::command(), folder))
            .map_err(|error| Failure::new(format_args!("{}: {error}", folder.display())));
    }
    let mut program = Cli::command();
    program.build();
    let mut command = program;
    for (at, name) in args.command.iter().enumerate() {
        let found = command.find_subcommand(name).cloned();
        command = found.ok_or_else(|| {
            let words = args.command[..=at].join(" ");
            Failure::usage(format_args!("there is no command `{words}`"))
        })?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|error| Failure::new(format_args!("manual page: {error}")))?;
    terminal.print(&String::from_utf8_lossy(&page))
}
