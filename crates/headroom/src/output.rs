//! Output for people and pipes: notes on standard error, results on standard output.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use clap::ValueEnum;

use crate::audit::report::counted;
use crate::failure::Failure;

/// Whether output is coloured. NO_COLOR and CLICOLOR_FORCE are respected with `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On terminals
    Auto,
    /// Everywhere, pipes and files included
    Always,
    /// Nowhere
    Never,
}

impl Color {
    /// Applies the choice to everything written from now on.
    pub(crate) fn apply(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// A duration for people: in days, if it is a whole number of them.
pub(crate) fn duration(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds > 0 && time.subsec_nanos() == 0 && seconds.is_multiple_of(DAY) => {
            counted(seconds / DAY, "day")
        }
        _ => humantime::format_duration(time).to_string(),
    }
}

/// Prints a message for people to standard error; results go to standard output.
pub(crate) fn note(message: impl std::fmt::Display) {
    // The terminal may be gone; the work goes on.
    let _ = writeln!(anstream::stderr(), "{}", visible(&message.to_string()));
}

/// Writes a result to standard output, byte for byte. On a terminal, control characters are escaped:
/// the text may come from anyone, and must not move the cursor or change colours.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = if out.is_terminal() {
        out.write_all(visible(text).as_bytes())
    } else {
        out.write_all(text.as_bytes())
    };
    written.and_then(|()| out.flush()).map_err(|error| Failure::of_output(&error))
}

/// Writes a result to standard output, with its colours where [`Color`] allows them. The caller has
/// already removed control characters from any text that comes from elsewhere.
pub(crate) fn print_styled(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let written = out.write_all(text.as_bytes());
    written.and_then(|()| out.flush()).map_err(|error| Failure::of_output(&error))
}

/// `text` with control characters other than line ends and tabs written as escapes.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(visible("a\tb\r\n\u{1b}[2J\u{9b}31m é"), "a\tb\\r\n\\u{1b}[2J\\u{9b}31m é");
    }
}
