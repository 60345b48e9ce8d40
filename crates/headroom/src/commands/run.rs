//! `headroom run -- CMD ARGS`

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::{Arc, OnceLock};

use blob_store::Compressor;
use compress::Options;

use crate::args::{RunArgs, SetLimits};
use crate::child;
use crate::failure::Failure;
use crate::output::note;
use crate::store::StoreArgs;

/// The exit codes of shells for a command that isn't found, and for one that can't be executed.
const NOT_FOUND: u8 = 127;
const NOT_EXECUTABLE: u8 = 126;
/// What shells add to the number of the signal that ended a command, for its exit code.
#[cfg(unix)]
const SIGNALLED: i32 = 128;
/// Shells: the command is their argument after `-c`.
const SHELLS: [&str; 6] = ["sh", "bash", "zsh", "dash", "ksh", "fish"];
/// The line after output from which something was omitted.
const RETRIEVAL_HINT: &str =
    "[to read what was omitted: headroom retrieve HASH [--query TEXT | --lines A-B]]\n";

/// Runs a command, prints its output compressed, and ends with its exit code or signal.
pub(crate) fn run(args: &RunArgs) -> Result<(), Failure> {
    // The command runs all the same, and its output stays as it is.
    let limits = args.limits.resolve(&[]);
    let limits = limits.map_err(|failure| note(format!("headroom: {}", failure.message()))).ok();
    let compressor = OutputCompressor {
        task: args.task.clone(),
        kind: kind(&args.command),
        is_excluded: limits.as_ref().is_none_or(|limits| is_excluded(args, limits)),
        limits,
        store: args.store.clone(),
        opened: OnceLock::new(),
    };
    let compress = Arc::new(move |output: &[u8]| compressor.compress(output));
    match child::run(&args.command, args.hold, compress) {
        Ok(status) => end_as(status),
        Err(error) => {
            let program = args.command[0].display();
            let code = match error.kind() {
                io::ErrorKind::NotFound => NOT_FOUND,
                _ => NOT_EXECUTABLE,
            };
            Err(Failure::not_run(format!("can't run {program}: {error}"), code))
        }
    }
}

/// Ends this program with the command's exit code, or by its signal.
fn end_as(status: ExitStatus) -> Result<(), Failure> {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        child::die_of(signal);
        return Err(Failure::of_command(u8::try_from(SIGNALLED + signal).unwrap_or(u8::MAX)));
    }
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => Err(Failure::of_command(u8::try_from(code).unwrap_or(u8::MAX))),
        None => Err(Failure::of_command(u8::MAX)),
    }
}

/// The command as the detection of kinds expects it: its words, or the script of a shell.
fn kind(command: &[OsString]) -> String {
    let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
    let program = Path::new(&*words[0]).file_name().unwrap_or_default().to_string_lossy();
    match (&words[1..], SHELLS.contains(&&*program)) {
        ([flags, script, ..], true) if flags.starts_with('-') && flags.ends_with('c') => {
            script.clone().into_owned()
        }
        (rest, _) => [&[program], rest].concat().join(" "),
    }
}

/// Whether the user wants the command's output as it is: for the command, or for a file that it names.
fn is_excluded(args: &RunArgs, limits: &SetLimits) -> bool {
    limits.limits.exclude.has_line(&kind(&args.command))
}

/// Compresses the output of the command.
struct OutputCompressor {
    task: String,
    kind: String,
    is_excluded: bool,
    /// What may not be done; `None` if that isn't known.
    limits: Option<SetLimits>,
    store: StoreArgs,
    /// Opened when there is output to compress.
    opened: OnceLock<Compressor>,
}

impl OutputCompressor {
    fn compress(&self, output: &[u8]) -> Vec<u8> {
        let text = std::str::from_utf8(output).ok().filter(|_| !self.is_excluded);
        let Some(text) = text else { return output.to_vec() };
        let compressor = self.opened.get_or_init(|| self.open());
        let options = Options {
            task: self.task.clone(),
            kind: Some(self.kind.clone()),
            every_line: true,
            ..Options::default()
        };
        let outcome = compressor.compress(text, &options);
        if let Some(error) = outcome.not_kept.filter(|error| !is_a_credential(error)) {
            note(format!("headroom: compressed without omissions: {error}"));
        }
        let mut compressed = outcome.compressed;
        if compressed.omissions.is_empty() {
            return compressed.text.into_bytes();
        }
        let hint = tokens::count(options.encoding, RETRIEVAL_HINT);
        if compressed.tokens_after + hint >= compressed.tokens_before {
            return output.to_vec();
        }
        if !compressed.text.ends_with('\n') {
            compressed.text.push('\n');
        }
        compressed.text.push_str(RETRIEVAL_HINT);
        compressed.text.into_bytes()
    }

    /// A compressor with the store; without one, it is lossless.
    fn open(&self) -> Compressor {
        let texts = self.limits.as_ref().and_then(|set| set.limits.texts.clone());
        let is_lossless = self.limits.as_ref().is_some_and(|limits| {
            limits.is_lossless || limits.limits.lossless.has_line(&self.kind)
        });
        if is_lossless {
            return Compressor::lossless();
        }
        let compressor = match self.store.shared() {
            Ok(originals) => Compressor::new(originals),
            Err(failure) => {
                note(format!("headroom: compressed without omissions: {}", failure.message()));
                Compressor::lossless()
            }
        };
        compressor.within(texts)
    }
}

/// A credential in the output isn't an error, so nothing is printed about it.
fn is_a_credential(error: &blob_store::Error) -> bool {
    matches!(error, blob_store::Error::Credential { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_is() {
        let kind = |words: &[&str]| kind(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(kind(&["/usr/bin/git", "log", "--stat"]), "git log --stat");
        assert_eq!(kind(&["bash", "-lc", "cd x && make"]), "cd x && make");
        assert_eq!(kind(&["sh", "script.sh"]), "sh script.sh");
        assert_eq!(kind(&["ls"]), "ls");
    }
}
