//! Where originals are kept: the folder, the bounds, and the store itself, from flags and environment.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytesize::ByteSize;
use clap::Args;
use llm_proxy::{FileReplayStore, MemoryReplayStore, RedisReplayStore, ReplayStore};
use originals::{Bounds, Files, Memory, Originals, Redis};

use crate::environment;
use crate::failure::Failure;

/// The folder of originals below the workspace.
const ORIGINALS: &str = "originals";
/// The folder of replay entries below the workspace.
const REPLAY: &str = "state/replay";
/// The file of past figures below the workspace.
const FIGURES: &str = "state/figures.json";
/// The file of what `wrap --keep` wrote, below the workspace.
const KEPT_SETTINGS: &str = "state/kept.json";
/// The workspace below the home directory.
const WORKSPACE: &str = ".headroom";

/// How long a program that ends soon waits for a Redis at its start.
const SETTLING: Duration = Duration::from_secs(1);

/// Which store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Where {
    /// Files that all programs of this user share.
    Files,
    /// The memory of one process.
    Memory,
    /// The Redis at this address, which may hold a password.
    Redis(Address),
}

/// What a server keeps: originals, and what providers saw of turns and clients didn't.
pub(crate) type Kept = (Arc<Originals>, Arc<dyn ReplayStore>);

/// An address that isn't shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address(String);

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl FromStr for Where {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "files" => Ok(Self::Files),
            "memory" => Ok(Self::Memory),
            _ if text.contains("://") => Ok(Self::Redis(Address(text.to_owned()))),
            _ => Err("expected files, memory, redis://HOST or rediss://HOST"),
        }
    }
}

/// Where originals are kept. All processes that share a store say the same.
#[derive(Debug, Clone, Args)]
pub(crate) struct StoreArgs {
    /// Where originals are kept: files (which all programs of this user share), memory (of one
    /// server; nothing is left on disk), or a Redis that several machines share
    #[arg(long, value_name = "files|memory|redis://…", default_value = "files")]
    #[arg(env = environment::STORE, hide_env_values = true, help_heading = "Store")]
    store: Where,

    #[command(flatten)]
    bounds: BoundsArgs,
}

impl StoreArgs {
    /// The store of a server whose token that is: its originals, and what it remembers of turns.
    pub(crate) fn of_server(&self, token: Option<&str>) -> Result<Kept, Failure> {
        Ok(match &self.store {
            Where::Files => {
                (self.bounds.shared()?, Arc::new(FileReplayStore::open(workspace()?.join(REPLAY))))
            }
            Where::Memory => (self.in_memory(), Arc::new(MemoryReplayStore::default())),
            Where::Redis(address) => {
                let redis = self.redis(address, token)?;
                (kept_in(redis.clone()), Arc::new(RedisReplayStore::new(redis)))
            }
        })
    }

    /// Where the figures of a server are kept beyond its end: nowhere if it is to leave nothing on
    /// disk, or if there is no place.
    pub(crate) fn figures(&self) -> Option<PathBuf> {
        if self.store == Where::Memory { None } else { figures().ok() }
    }

    /// The store, for a program that ends soon: one that others share.
    pub(crate) fn shared(&self) -> Result<Arc<Originals>, Failure> {
        match &self.store {
            Where::Files => self.bounds.shared(),
            Where::Memory => Err(Failure::usage(
                "--store memory is for a server: what this program keeps in its memory is gone \
                 when it ends",
            )),
            Where::Redis(address) => {
                let redis = self.redis(address, environment::token().as_deref())?;
                redis.settle(SETTLING);
                Ok(kept_in(redis))
            }
        }
    }

    /// A store in memory, which ends with this process.
    pub(crate) fn in_memory(&self) -> Arc<Originals> {
        kept_in(Memory::new(self.bounds.bounds()))
    }

    fn redis(&self, address: &Address, token: Option<&str>) -> Result<Redis, Failure> {
        Redis::open(&address.0, token, self.bounds.bounds()).map_err(|error| match error {
            originals::Error::BadUrl => Failure::usage(format!("--store: {error}")),
            error => Failure::new(error),
        })
    }
}

fn kept_in(store: impl originals::Store + 'static) -> Arc<Originals> {
    Arc::new(Originals::new(store))
}

/// How much is kept, and for how long. All processes that share a store should say the same.
#[derive(Debug, Clone, Args)]
pub(crate) struct BoundsArgs {
    /// How long an original is kept: 7d, 12h, or seconds
    #[arg(long, value_name = "TIME", default_value = "7d", env = environment::TTL)]
    #[arg(value_parser = parse_time, help_heading = "Store")]
    ttl: Duration,

    /// How much all originals together may take; the oldest go first (a Redis keeps to its own
    /// maxmemory)
    #[arg(long, value_name = "SIZE", default_value = "1GiB", env = environment::STORE_MAX)]
    #[arg(value_parser = parse_size, help_heading = "Store")]
    store_max: u64,
}

impl BoundsArgs {
    fn bounds(&self) -> Bounds {
        Bounds { bytes: self.store_max, age: self.ttl }
    }

    /// The store in files, which all processes of this user share.
    fn shared(&self) -> Result<Arc<Originals>, Failure> {
        let folder = folder()?;
        let files = Files::open(&folder, self.bounds()).map_err(|error| {
            Failure::new(format!(
                "originals can't be kept: {error}\n\
                 Name another folder with {}=DIR.",
                environment::WORKSPACE_DIR
            ))
        })?;
        Ok(Arc::new(Originals::new(files)))
    }
}

/// The folder of the shared store.
pub(crate) fn folder() -> Result<PathBuf, Failure> {
    Ok(workspace()?.join(ORIGINALS))
}

/// The file of past figures.
pub(crate) fn figures() -> Result<PathBuf, Failure> {
    Ok(workspace()?.join(FIGURES))
}

/// The file that says what `wrap --keep` has written into agents' settings.
pub(crate) fn kept_settings() -> Result<PathBuf, Failure> {
    Ok(workspace()?.join(KEPT_SETTINGS))
}

/// A file of the user's own settings.
pub(crate) fn config_file(name: &str) -> Result<PathBuf, Failure> {
    let named = std::env::var_os(environment::CONFIG_DIR).filter(|dir| !dir.is_empty());
    Ok(named.map_or_else(workspace, |dir| Ok(PathBuf::from(dir)))?.join(name))
}

/// The folder in which everything is kept.
fn workspace() -> Result<PathBuf, Failure> {
    let named = std::env::var_os(environment::WORKSPACE_DIR).filter(|dir| !dir.is_empty());
    match named {
        Some(dir) => Ok(PathBuf::from(dir)),
        None => std::env::home_dir()
            .filter(|home| home.is_absolute())
            .ok_or_else(|| {
                Failure::new(format!(
                    "there is no home directory to keep originals in.\n\
                     Name a folder with {}=DIR.",
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

/// A size with units (`1GiB`, `500 MB`), or bytes.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let size: ByteSize = text.parse()?;
    if size.as_u64() == 0 { Err("0 is too small".to_owned()) } else { Ok(size.as_u64()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores() {
        assert_eq!("files".parse(), Ok(Where::Files));
        assert_eq!("memory".parse(), Ok(Where::Memory));
        let redis: Where = "rediss://user:secret@host".parse().unwrap();
        assert!(!format!("{redis:?}").contains("secret"));
        assert!("file".parse::<Where>().is_err());
    }

    #[test]
    fn times_and_sizes() {
        assert_eq!(parse_time("7d"), Ok(Duration::from_secs(604_800)));
        assert_eq!(parse_time("1800"), Ok(Duration::from_secs(1800)));
        assert_eq!(parse_size("1GiB"), Ok(1 << 30));
        assert_eq!(parse_size("100 MB"), Ok(100_000_000));
        assert_eq!(parse_size("4096"), Ok(4096));
        assert!(parse_time("soon").is_err() && parse_size("much").is_err());
        assert!(parse_size("0").is_err() && parse_size("-1").is_err());
    }
}
