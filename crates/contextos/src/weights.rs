//! The weights for ranking: the built-in ones, those of a file, or those fitted to a repository. Fitted
//! ones are stored in the user's cache, never in the checkout, which may come from anyone.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use private_fs::Links;
use select::Weights;

use crate::environment;
use crate::failure::Failure;

/// The value of `--weights` that selects the fitted ones.
const FITTED: &str = "fitted";

/// The largest file of weights, in bytes. By hand.
const MAX_BYTES: u64 = 1 << 20;

/// The weights for the value of `--weights`.
pub(crate) fn named(named: Option<&Path>, root: &Path) -> Result<Weights, Failure> {
    let Some(named) = named else { return Ok(Weights::built_in()) };
    let fitted = named == Path::new(FITTED);
    let path = if fitted { fitted_path(root)? } else { named.to_owned() };
    let bytes = private_fs::read(&path, Links::Follow, MAX_BYTES).map_err(|error| {
        if fitted && error.kind() == ErrorKind::NotFound {
            return Failure::new(
                "there are no fitted weights for this repository; `contextos eval --fit` makes them",
            );
        }
        Failure::new(format!("weights {}: {error}", path.display()))
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::new(format!("weights {}: not UTF-8", path.display())))?;
    Weights::parse(&text)
        .map_err(|error| Failure::new(format!("weights {}: {error}", path.display())))
}

/// The file with the weights that are fitted to the repository at `root`.
pub(crate) fn fitted_path(root: &Path) -> Result<PathBuf, Failure> {
    let cache = environment::cache_folder().ok_or_else(|| {
        Failure::new("there is no cache folder; set XDG_CACHE_HOME, or name a file with --fit=FILE")
    })?;
    let root = root
        .canonicalize()
        .map_err(|error| Failure::new(format!("{}: {error}", root.display())))?;
    let name: String = root
        .to_string_lossy()
        .chars()
        .map(|c| if c.is_alphanumeric() || c == '-' { c } else { '%' })
        .collect();
    Ok(cache.join("weights").join(format!("{name}.toml")))
}
