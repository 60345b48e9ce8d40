//! `--compress cmd:NAME`: a command from the user's own configuration that reads text and writes text.

use std::error::Error;
use std::io::{Read, Write};
use std::process::{self, Stdio};
use std::thread;

use compress::{Compressed, Options, Provider};

use super::CompressionError;
use crate::failure::Failure;
use crate::settings::Settings;

/// The most bytes that a command may write beyond those that it reads. By hand: a bound for memory.
const MOST_MORE_BYTES: usize = 1 << 20;

/// The provider for a command of the user's.
pub(super) struct Command {
    name: String,
    line: Vec<String>,
}

impl Command {
    /// The command with this name in the user's configuration.
    ///
    /// # Errors
    /// Wrong usage, if there is none.
    pub(super) fn named(name: &str, settings: &Settings) -> Result<Self, Failure> {
        let commands = settings.commands();
        match commands.get(name) {
            Some(line) if !line.is_empty() => {
                Ok(Self { name: format!("cmd:{name}"), line: line.clone() })
            }
            _ => {
                let known: Vec<String> = commands.keys().map(|key| format!("cmd:{key}")).collect();
                let known = if known.is_empty() { "none".into() } else { known.join(", ") };
                Err(Failure::usage(format_args!(
                    "unknown command `cmd:{name}`; your configuration has: {known}. Add it there as \
                     [commands] {name} = [\"program\", \"argument\"]"
                )))
            }
        }
    }

    fn run(&self, text: &str) -> Result<String, String> {
        let program = &self.line[0];
        let mut child = process::Command::new(program)
            .args(&self.line[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let input = text.as_bytes().to_vec();
        // On a thread of its own: the command may begin to write before it has read everything.
        let writer = thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
        let most = text.len() + MOST_MORE_BYTES;
        let mut bytes = Vec::new();
        let read = stdout.map(|stdout| stdout.take(most as u64 + 1).read_to_end(&mut bytes));
        if bytes.len() > most {
            // Otherwise a command that writes without end would never be done.
            let _ = child.kill();
        }
        let status = child.wait().map_err(|error| format!("{program}: {error}"))?;
        // A failed write is no error: whether a command had to read everything, its exit code says.
        let _ = writer.join();
        if bytes.len() > most {
            return Err(format!("{program} wrote far more than it was given"));
        }
        if let Some(Err(error)) = read {
            return Err(format!("{program}: {error}"));
        }
        if !status.success() {
            return Err(format!("{program} failed: {status}"));
        }
        String::from_utf8(bytes).map_err(|_| format!("{program} did not write UTF-8"))
    }
}

impl Provider for Command {
    fn name(&self) -> &str {
        &self.name
    }

    fn compress(
        &self,
        text: &str,
        _: &Options,
    ) -> Result<Compressed, Box<dyn Error + Send + Sync>> {
        let failed = |why| CompressionError::Failed { provider: self.name.clone(), why };
        let text = self.run(text).map_err(failed)?;
        Ok(Compressed { text, ..Compressed::default() })
    }
}
