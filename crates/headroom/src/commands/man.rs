//! `headroom man`: the manual page of the program or of a command, or those of all.

use clap::CommandFactory as _;
use clap_mangen::Man;

use crate::args::{Args, ManArgs};
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(args: &ManArgs) -> Result<(), Failure> {
    if let Some(folder) = &args.all {
        return std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(Args::command(), folder))
            .map_err(|error| Failure::new(format!("{}: {error}", folder.display())));
    }
    let mut subject = Args::command();
    subject.build();
    for (at, name) in args.command.iter().enumerate() {
        let found = subject.find_subcommand(name).cloned();
        subject = found.ok_or_else(|| {
            Failure::usage(format!("there is no command {}", args.command[..=at].join(" ")))
        })?;
    }
    let mut page = Vec::new();
    Man::new(subject).render(&mut page).map_err(Failure::new)?;
    output::print(&String::from_utf8_lossy(&page))
}
