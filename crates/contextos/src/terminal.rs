//! Output: results on standard output, everything else on standard error.

mod escape;
mod progress;

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use crate::args::{Color, Global};
use crate::failure::Failure;
use crate::pipeline::Progress;

pub(crate) use escape::{escape_controls, escape_line};
pub(crate) use progress::Quiet;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// The standard streams, and the flags that say what is written to them and how.
pub(crate) struct Terminal {
    quiet: bool,
    verbose: bool,
    color: ColorChoice,
}

impl Terminal {
    pub(crate) fn new(global: &Global) -> Self {
        let color = match global.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self { quiet: global.quiet, verbose: global.verbose, color }
    }

    /// Writes a result to standard output, byte for byte; on a terminal, control characters are escaped.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let written = if out.is_terminal() {
            out.write_all(escape_controls(text).as_bytes())
        } else {
            out.write_all(text.as_bytes())
        };
        written.and_then(|()| out.flush()).map_err(|error| Failure::stdout(&error))
    }

    /// Whether standard output is a terminal, rather than a pipe or a file.
    pub(crate) fn is_screen() -> bool {
        io::stdout().is_terminal()
    }

    /// Prints information to standard error, unless `--quiet` is given.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.say(text);
        }
    }

    /// Prints details to standard error, if `--verbose` is given.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose && !text.is_empty() {
            self.say(text.trim_end());
        }
    }

    /// Prints a warning to standard error, even with `--quiet`.
    pub(crate) fn warn(&self, text: &str) {
        self.labelled(WARNING, "warning", text);
    }

    /// Prints an error to standard error.
    pub(crate) fn error(&self, text: &str) {
        self.labelled(ERROR, "error", text);
    }

    /// Prints a line to standard error, even with `--quiet`.
    pub(crate) fn say(&self, text: &str) {
        self.to_stderr(&escape_controls(text));
    }

    /// A progress bar on standard error, or nothing if that is no terminal.
    pub(crate) fn progress(&self) -> Box<dyn Progress> {
        if !self.quiet && io::stderr().is_terminal() {
            Box::new(progress::Bar::new())
        } else {
            Box::new(Quiet)
        }
    }

    fn labelled(&self, style: Style, label: &str, text: &str) {
        self.to_stderr(&format!("{style}{label}{style:#}: {}", escape_controls(text)));
    }

    /// Errors are ignored: there is nowhere to report that standard error can't be written.
    fn to_stderr(&self, line: &str) {
        let mut err = AutoStream::new(io::stderr().lock(), self.color);
        let _ = writeln!(err, "{line}");
    }
}

/// A number of things as people read it: `1 chunk`, `1,234 chunks`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// A number as people read it: `12,345`.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        let shown: Vec<String> = [0, 999, 1_000, 12_345, 1_234_567].map(grouped).into();
        assert_eq!(shown, ["0", "999", "1,000", "12,345", "1,234,567"]);
    }
}
