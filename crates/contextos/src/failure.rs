//! Failures of commands: the one place where an error becomes a message and an exit code.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::terminal::Terminal;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: FailureKind,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FailureKind {
    /// The command was understood, and failed.
    Failed,
    /// The command line is wrong in a way that clap can't detect.
    Usage,
    /// A check that was requested by a flag found something.
    Check,
    /// The message is specified word for word, including its own `Error:`.
    Quoted,
    /// The reader of standard output closed it: a normal end.
    BrokenPipe,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Failure {
    /// The command failed; `message` names what is concerned and says what to do next.
    pub(crate) fn new(message: impl ToString) -> Self {
        Self { kind: FailureKind::Failed, message: message.to_string() }
    }

    /// The command line is wrong.
    pub(crate) fn usage(message: impl ToString) -> Self {
        Self { kind: FailureKind::Usage, message: message.to_string() }
    }

    /// A check that was requested by a flag found something.
    pub(crate) fn check(message: impl ToString) -> Self {
        Self { kind: FailureKind::Check, message: message.to_string() }
    }

    /// A message that is printed as it is, without `error:` before it.
    pub(crate) fn quoted(message: impl ToString) -> Self {
        Self { kind: FailureKind::Quoted, message: message.to_string() }
    }

    /// Standard output could not be written.
    pub(crate) fn stdout(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => {
                Self { kind: FailureKind::BrokenPipe, message: String::new() }
            }
            _ => Self::new(format_args!("standard output: {error}")),
        }
    }

    /// Prints the message to standard error.
    pub(crate) fn report(&self, terminal: &Terminal) {
        match self.kind {
            FailureKind::BrokenPipe => {}
            FailureKind::Quoted => terminal.say(&self.message),
            FailureKind::Failed | FailureKind::Usage | FailureKind::Check => {
                terminal.error(&self.message)
            }
        }
    }

    /// 0 after a broken pipe, 1 failure, 2 wrong usage, 3 a check failed.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.kind {
            FailureKind::BrokenPipe => 0,
            FailureKind::Failed | FailureKind::Quoted => 1,
            FailureKind::Usage => 2,
            FailureKind::Check => 3,
        })
    }
}
