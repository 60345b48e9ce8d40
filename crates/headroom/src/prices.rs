//! The prices of tokens: the program's own table, and the user's.

use std::io;

use metrics::Prices;
use private_fs::Links;

use crate::failure::Failure;
use crate::store;

/// The name of the user's own table.
const FILE: &str = "prices.toml";
/// The largest table that is read, in bytes: thousands of models, where providers have dozens.
const MAX_BYTES: u64 = 1 << 20;

/// The prices, those of the user's own table first.
pub(crate) fn read() -> Result<Prices, Failure> {
    let path = store::config_file(FILE)?;
    match private_fs::read_to_string(&path, Links::Follow, MAX_BYTES) {
        Ok(own) => Prices::known()
            .with(&own)
            .map_err(|error| Failure::new(format!("{}: {error}", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Prices::known()),
        Err(error) => Err(Failure::new(format!("{}: {error}", path.display()))),
    }
}
