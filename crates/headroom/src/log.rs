//! The server's log: warnings on standard error, or a line for every request in a file. It never
//! contains a body, a header or a query.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Mutex;

use clap::ValueEnum;
use tracing::Level;
use tracing_subscriber::fmt;

/// The format of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Plain text
    Text,
    /// A JSON object per line
    Json,
}

/// Starts the log: appended to `file`; without one, warnings only, to standard error.
///
/// # Errors
/// When the file can't be opened.
pub(crate) fn start(file: Option<&Path>, format: Format) -> io::Result<()> {
    // Errors of the log itself aren't reported: standard error may be a terminal that was closed.
    let log = fmt().log_internal_errors(false).with_target(false);
    match (file.map(open).transpose()?, format) {
        (Some(file), Format::Text) => {
            log.with_max_level(Level::INFO).with_writer(Mutex::new(file)).init();
        }
        (Some(file), Format::Json) => {
            log.json().with_max_level(Level::INFO).with_writer(Mutex::new(file)).init();
        }
        (None, Format::Text) => log.with_max_level(Level::WARN).with_writer(io::stderr).init(),
        (None, Format::Json) => {
            log.json().with_max_level(Level::WARN).with_writer(io::stderr).init();
        }
    }
    hide_panic_messages();
    Ok(())
}

fn open(path: &Path) -> io::Result<File> {
    private_fs::open_options().create(true).append(true).open(path)
}

/// Logs only where a panic happened: its message can quote the text that was being compressed.
fn hide_panic_messages() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a computation failed");
    }));
}
