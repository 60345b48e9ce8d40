//! The store that a program keeps originals in, from flags and environment, and the files of the
//! workspace.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use blob_store::{Bounds, Error, Location, Namespace, Opener, Originals, ReplayStore};
use bytesize::ByteSize;
use clap::Args;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

use crate::environment;
use crate::failure::Failure;

/// The file of the history of metrics, below the workspace.
const HISTORY: &str = "state/figures.json";
/// The file of what hooks have saved, below the workspace.
const HOOK_COUNTERS: &str = "state/hooks.json";
/// The file of what `wrap --keep` wrote, below the workspace.
const KEPT_SETTINGS: &str = "state/kept.json";
/// The folder of the servers that run in the background.
const SERVERS: &str = "state/servers";
/// The workspace below the home directory.
const WORKSPACE: &str = ".headroom";

/// How long a short-lived program waits for a Redis at its start; by hand, not measured.
const SETTLING: Duration = Duration::from_secs(1);

/// The stores of a server: its originals, and the replay entries of its proxy.
pub(crate) type Kept = (Arc<Originals>, ReplayStore);

/// Where originals are stored. All processes that share a store must be given the same.
#[derive(Debug, Clone, Args)]
pub(crate) struct StoreArgs {
    /// Where originals are stored: files (shared by all programs of this user), memory (of one
    /// server; nothing is written to disk), or a Redis that several machines share
    #[arg(long, value_name = "files|memory|redis://…", default_value = "files")]
    #[arg(env = environment::STORE, hide_env_values = true, help_heading = "Store")]
    #[arg(value_parser = LocationParser, hide_possible_values = true)]
    store: Location,

    #[command(flatten)]
    bounds: BoundsArgs,
}

/// Reads a [`Location`]; completions offer how each backend is written.
#[derive(Debug, Clone, Copy)]
struct LocationParser;

impl TypedValueParser for LocationParser {
    type Value = Location;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Location, clap::Error> {
        let parser = StringValueParser::new().try_map(|text| text.parse::<Location>());
        parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Location::beginnings().map(PossibleValue::new)))
    }
}

impl StoreArgs {
    /// The store of a server with this token: its originals and replay entries.
    pub(crate) fn of_server(&self, token: Option<&str>) -> Result<Kept, Failure> {
        let open = self.open(token)?;
        let originals = self.originals(&open)?;
        let replay = open(Namespace::replay()).map_err(|error| self.failure(error))?;
        Ok((originals, ReplayStore::new(replay)))
    }

    /// The file of the history of a server's metrics: none if the server must write nothing to disk, or
    /// if there is no home directory.
    pub(crate) fn history(&self) -> Option<PathBuf> {
        if self.store.is_shared() { history().ok() } else { None }
    }

    /// The originals, for a short-lived program: in a store that other processes share.
    pub(crate) fn shared(&self) -> Result<Arc<Originals>, Failure> {
        if !self.store.is_shared() {
            return Err(Failure::usage(
                "--store memory is for a server: what this program stores in memory is lost \
                 when it ends",
            ));
        }
        let originals = self.originals(&self.open(environment::token().as_deref())?)?;
        originals.settle(SETTLING);
        Ok(originals)
    }

    fn originals(&self, open: &Opener) -> Result<Arc<Originals>, Failure> {
        let store = open(Namespace::originals(self.bounds.bounds()));
        store.map(|store| Arc::new(Originals::new(store))).map_err(|error| self.failure(error))
    }

    fn open(&self, token: Option<&str>) -> Result<Opener, Failure> {
        // A store that has no files needs no home directory.
        let folder = if self.store.is_on_disk() { workspace()? } else { PathBuf::new() };
        self.store.open(&folder, token).map_err(|error| self.failure(error))
    }

    fn failure(&self, error: Error) -> Failure {
        match error {
            Error::BadUrl => Failure::usage(format!("--store: {error}")),
            error if self.store.is_on_disk() => Failure::new(format!(
                "originals can't be stored: {error}\n\
                 Choose another folder with {}=DIR.",
                environment::WORKSPACE_DIR
            )),
            error => Failure::new(error),
        }
    }
}

/// How much is stored, and for how long. All processes that share a store should be given the same.
#[derive(Debug, Clone, Args)]
pub(crate) struct BoundsArgs {
    /// How long originals are kept: 7d, 12h, or a number of seconds
    #[arg(long, value_name = "TIME", default_value = "7d", env = environment::TTL)]
    #[arg(value_parser = parse_ttl, help_heading = "Store")]
    ttl: Duration,

    /// The maximum size of all originals together; the oldest are deleted first (a Redis has its
    /// own limit, maxmemory)
    #[arg(long, value_name = "SIZE", default_value = "1GiB", env = environment::STORE_MAX)]
    #[arg(value_parser = parse_size, help_heading = "Store")]
    store_max: u64,
}

impl BoundsArgs {
    fn bounds(&self) -> Bounds {
        Bounds { bytes: self.store_max, age: self.ttl }
    }
}

/// The folder of originals in files.
pub(crate) fn folder() -> Result<PathBuf, Failure> {
    Ok(workspace()?.join(Namespace::originals(Bounds::default()).folder))
}

/// The file of the history of metrics.
pub(crate) fn history() -> Result<PathBuf, Failure> {
    Ok(workspace()?.join(HISTORY))
}

/// The folder with a file for each server that runs in the background.
pub(crate) fn servers() -> Result<PathBuf, Failure> {
    Ok(workspace()?.join(SERVERS))
}

/// The file that records what hooks have saved.
pub(crate) fn hook_counters() -> Result<PathBuf, Failure> {
    Ok(workspace()?.join(HOOK_COUNTERS))
}

/// The file that records what `wrap --keep` has written into agents' settings.
pub(crate) fn kept_settings() -> Result<PathBuf, Failure> {
    Ok(workspace()?.join(KEPT_SETTINGS))
}

/// A file of the user's settings, by name.
pub(crate) fn config_file(name: &str) -> Result<PathBuf, Failure> {
    let named = std::env::var_os(environment::CONFIG_DIR).filter(|dir| !dir.is_empty());
    Ok(named.map_or_else(workspace, |dir| Ok(PathBuf::from(dir)))?.join(name))
}

/// The folder of all that Headroom stores.
fn workspace() -> Result<PathBuf, Failure> {
    let named = std::env::var_os(environment::WORKSPACE_DIR).filter(|dir| !dir.is_empty());
    match named {
        Some(dir) => Ok(PathBuf::from(dir)),
        None => std::env::home_dir()
            .filter(|home| home.is_absolute())
            .ok_or_else(|| {
                Failure::new(format!(
                    "there is no home directory to store originals in.\n\
                     Choose a folder with {}=DIR.",
                    environment::WORKSPACE_DIR
                ))
            })
            .map(|home| home.join(WORKSPACE)),
    }
}

/// A time with units (`7d`, `1h 30m`), or seconds.
pub(crate) fn parse_time(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(text).map_err(|error| error.to_string()),
    }
}

/// How long something is kept: at least a second, so that it can be retrieved.
fn parse_ttl(text: &str) -> Result<Duration, String> {
    let time = parse_time(text)?;
    if time < Duration::from_secs(1) {
        Err("less than a second is too short".to_owned())
    } else {
        Ok(time)
    }
}

/// A size with units (`1GiB`, `500 MB`), or bytes.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let size: ByteSize = text.parse()?;
    if size.as_u64() == 0 { Err("0 is too small".to_owned()) } else { Ok(size.as_u64()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes() {
        assert_eq!(parse_time("7d"), Ok(Duration::from_secs(604_800)));
        assert_eq!(parse_time("1800"), Ok(Duration::from_secs(1800)));
        assert_eq!(parse_size("1GiB"), Ok(1 << 30));
        assert_eq!(parse_size("100 MB"), Ok(100_000_000));
        assert_eq!(parse_size("4096"), Ok(4096));
        assert_eq!(parse_ttl("1s"), Ok(Duration::from_secs(1)));
        for ttl in ["0", "0s", "0d", "999ms", "1us", "-1", ""] {
            assert!(parse_ttl(ttl).is_err(), "{ttl}");
        }
        assert!(parse_time("soon").is_err() && parse_size("much").is_err());
        assert!(parse_size("0").is_err() && parse_size("-1").is_err());
    }
}
