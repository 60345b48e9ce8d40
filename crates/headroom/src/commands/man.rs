//! `headroom man [COMMAND]`

use clap::CommandFactory as _;
use clap_mangen::Man;

use crate::args::Args;
use crate::failure::Failure;
use crate::output;

/// Prints the manual page of `command`, or the program's own, for `man -l -`.
pub(crate) fn run(command: Option<&str>) -> Result<(), Failure> {
    let mut program = Args::command();
    program.build();
    let subject = match command {
        None => program,
        Some(name) => program
            .find_subcommand(name)
            .map(|command| command.clone().display_name(format!("headroom-{}", command.get_name())))
            .ok_or_else(|| Failure::usage(format!("there is no command {name}")))?,
    };
    let mut page = Vec::new();
    Man::new(subject).render(&mut page).map_err(Failure::new)?;
    output::print(&String::from_utf8_lossy(&page))
}
