//! Errors of commands: a message and an exit code.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::output;

/// The command was understood, and failed.
const COULD_NOT: u8 = 1;
/// The command line contradicts itself.
const USAGE: u8 = 2;

/// The longest line of a message, in bytes. By hand: more than a screen is wide, and room for a path.
const LONGEST_LINE: usize = 2000;

/// A message for people, and an exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Empty if it has already been printed, or nobody can read it.
    message: String,
    code: u8,
}

impl Failure {
    /// The command failed.
    pub(crate) fn new(message: impl Display) -> Self {
        Self { message: message.to_string(), code: COULD_NOT }
    }

    /// The command failed, with an exit code of its own.
    pub(crate) fn with_code(message: impl Display, code: u8) -> Self {
        Self { message: message.to_string(), code }
    }

    /// The command line is wrong.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self { message: message.to_string(), code: USAGE }
    }

    /// The command failed, and the reason has already been printed.
    pub(crate) fn silent() -> Self {
        Self { message: String::new(), code: COULD_NOT }
    }

    /// A command that was run for the user ended with `code`, and has printed its own message.
    pub(crate) fn of_command(code: u8) -> Self {
        Self { message: String::new(), code }
    }

    /// A command can't be run; `code` is the one that shells use for that.
    pub(crate) fn not_run(message: impl Display, code: u8) -> Self {
        Self { message: message.to_string(), code }
    }

    /// Whether the command line is wrong, so that nothing else needs to be tried.
    pub(crate) fn is_usage(&self) -> bool {
        self.code == USAGE
    }

    /// The message.
    pub(crate) fn message(self) -> String {
        self.message
    }

    /// The error of writing to standard output. A closed pipe isn't an error.
    pub(crate) fn of_output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self { message: String::new(), code: 0 },
            _ => Self::new(format!("can't write the result: {error}")),
        }
    }

    /// Prints the message to standard error, and returns the exit code. The message may quote a file that somebody
    /// else wrote, so its control characters are escaped, and long lines are shortened.
    pub(crate) fn report(self) -> ExitCode {
        if !self.message.is_empty() {
            // If standard error is closed, there is nowhere to report it.
            let _ = writeln!(
                anstream::stderr(),
                "error: {}",
                shortened(&output::visible(&self.message))
            );
        }
        ExitCode::from(self.code)
    }
}

/// `message` with the ends of long lines replaced by an ellipsis.
fn shortened(message: &str) -> String {
    let shortened = message.lines().map(|line| match line.len() > LONGEST_LINE {
        true => format!("{}…", &line[..line.floor_char_boundary(LONGEST_LINE)]),
        false => line.to_owned(),
    });
    shortened.collect::<Vec<_>>().join("\n")
}
