//! Why a command could not do what it was asked for, and the exit code that says so.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// The command was understood and could not be done.
const COULD_NOT: u8 = 1;
/// The command line contradicts itself.
const USAGE: u8 = 2;

/// A message for people, and an exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Empty when it has been said already, or nobody can read it.
    message: String,
    code: u8,
}

impl Failure {
    /// It could not be done.
    pub(crate) fn new(message: impl Display) -> Self {
        Self { message: message.to_string(), code: COULD_NOT }
    }

    /// It could not be done, with an exit code that says more.
    pub(crate) fn with_code(message: impl Display, code: u8) -> Self {
        Self { message: message.to_string(), code }
    }

    /// The command line asks for what can't be.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self { message: message.to_string(), code: USAGE }
    }

    /// It could not be done, and why has been said already.
    pub(crate) fn silent() -> Self {
        Self { message: String::new(), code: COULD_NOT }
    }

    /// A command that was run for the user ended with `code`, and has said why itself.
    pub(crate) fn of_command(code: u8) -> Self {
        Self { message: String::new(), code }
    }

    /// A command can't be run at all: `code` is what shells say then.
    pub(crate) fn not_run(message: impl Display, code: u8) -> Self {
        Self { message: message.to_string(), code }
    }

    /// Whether the command line is at fault, which no other way of doing it would mend.
    pub(crate) fn is_usage(&self) -> bool {
        self.code == USAGE
    }

    /// What it says.
    pub(crate) fn message(self) -> String {
        self.message
    }

    /// What went wrong when writing to standard output. That nobody reads on isn't an error.
    pub(crate) fn of_output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self { message: String::new(), code: 0 },
            _ => Self::new(format!("can't write the result: {error}")),
        }
    }

    /// Says it on standard error, and returns the exit code.
    pub(crate) fn report(self) -> ExitCode {
        if !self.message.is_empty() {
            // Without standard error there is nowhere to say it.
            let _ = writeln!(anstream::stderr(), "error: {}", self.message);
        }
        ExitCode::from(self.code)
    }
}
