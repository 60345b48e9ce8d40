//! `headroom completions SHELL`

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Args;
use crate::failure::Failure;
use crate::output;

/// Prints what makes `shell` complete this program's command line.
pub(crate) fn run(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "headroom", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}
