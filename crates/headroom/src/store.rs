//! Where originals are kept: the folder, the bounds, and the store itself, from flags and environment.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytesize::ByteSize;
use clap::Args;
use originals::{Bounds, Files, Memory, Originals};

use crate::environment;
use crate::failure::Failure;

/// The folder of originals below the workspace.
const ORIGINALS: &str = "originals";
/// The folder of replay records below the workspace.
const REPLAY: &str = "state/replay";
/// The workspace below the home directory.
const WORKSPACE: &str = ".headroom";

/// How much is kept, and for how long. All processes that share a store should say the same.
#[derive(Debug, Clone, Args)]
pub(crate) struct BoundsArgs {
    /// How long an original is kept: 7d, 12h, or seconds
    #[arg(long, value_name = "TIME", default_value = "7d", env = environment::TTL)]
    #[arg(value_parser = parse_time, help_heading = "Store")]
    ttl: Duration,

    /// How much all originals together may take; the oldest go first
    #[arg(long, value_name = "SIZE", default_value = "1GiB", env = environment::STORE_MAX)]
    #[arg(value_parser = parse_size, help_heading = "Store")]
    store_max: u64,
}

impl BoundsArgs {
    fn bounds(&self) -> Bounds {
        Bounds { bytes: self.store_max, age: self.ttl }
    }

    /// The store in memory, which ends with this process.
    pub(crate) fn in_memory(&self) -> Arc<Originals> {
        Arc::new(Originals::new(Memory::new(self.bounds())))
    }

    /// The store that all processes of this user share.
    pub(crate) fn shared(&self) -> Result<Arc<Originals>, Failure> {
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

/// The folder of what the provider saw of a turn and the client didn't.
pub(crate) fn replay_folder() -> Result<PathBuf, Failure> {
    Ok(workspace()?.join(REPLAY))
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
