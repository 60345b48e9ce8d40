//! `--compress cmd:NAME`: a command from the user's own configuration, text in, text out.

use std::error::Error;
use std::io::{Read, Write};
use std::process::{self, Stdio};
use std::thread;

use compress::{Compressed, Options, Provider};

use super::CompressionError;
use crate::failure::Failure;
use crate::settings::Settings;

/// A command writes at most this many bytes more than it reads.
const MOST_MORE_BYTES: usize = 1 << 20;

/// A command of the user's.
pub(super) struct Command {
    name: String,
    line: Vec<String>,
}

impl Command {
    /// The command that the user's configuration has under `name`.
    ///
    /// # Errors
    /// When it has none of that name, which is wrong usage.
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
        // A command may begin to write before it has read all.
        let writer = thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
        let most = text.len() + MOST_MORE_BYTES;
        let mut bytes = Vec::new();
        let read = stdout.map(|stdout| stdout.take(most as u64 + 1).read_to_end(&mut bytes));
        if bytes.len() > most {
            // Who writes on without end has nothing to read any more, and ends of that.
            let _ = child.kill();
        }
        let status = child.wait().map_err(|error| format!("{program}: {error}"))?;
        // A command that ends without reading everything has said by its status whether that is well.
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
