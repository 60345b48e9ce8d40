//! The list of storage backends, and the choice of one by what a user writes.

mod files;
mod memory;
mod redis;

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use crate::{BlobStore, Error, Namespace};

pub use files::Files;
pub use memory::Memory;
pub use redis::Redis;

/// All backends. The first that accepts a text is chosen.
const BACKENDS: [Backend; 3] = [files::BACKEND, memory::BACKEND, redis::BACKEND];

/// Opens the namespaces of one store.
pub type Opener = Box<dyn Fn(Namespace) -> Result<Arc<dyn BlobStore>, Error>>;

/// A storage backend.
#[derive(Debug, Clone, Copy)]
pub struct Backend {
    /// What users write for it, for error messages.
    pub(crate) syntax: &'static str,
    /// How that begins, for completions.
    pub(crate) beginnings: &'static [&'static str],
    /// Whether this names it.
    pub(crate) accepts: fn(&str) -> bool,
    /// Whether other processes find what it stores, and later ones.
    pub(crate) is_shared: bool,
    /// Whether it stores files in a folder.
    pub(crate) is_on_disk: bool,
    /// Opens the store that the user named, with its files in a folder, for the holders of a token.
    pub(crate) open: fn(&str, &Path, Option<&str>) -> Result<Opener, Error>,
}

/// A store as a user names it: `files`, `memory` or a URL. Not shown, as a URL may hold a password.
#[derive(Clone)]
pub struct Location {
    backend: Backend,
    text: String,
}

/// No backend is named so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", BACKENDS.map(|backend| backend.syntax).join(", "))]
pub struct UnknownBackend;

impl Location {
    /// How what names each backend begins, for completions.
    pub fn beginnings() -> impl Iterator<Item = &'static str> {
        BACKENDS.into_iter().flat_map(|backend| backend.beginnings.iter().copied())
    }

    /// Whether other processes find what it stores, and later ones.
    pub fn is_shared(&self) -> bool {
        self.backend.is_shared
    }

    /// Whether it stores files in a folder.
    pub fn is_on_disk(&self) -> bool {
        self.backend.is_on_disk
    }

    /// Opens the store. `folder`: where its files are, if it has files. `token`: of whom the blobs are,
    /// in a store that several groups of users share.
    ///
    /// # Errors
    /// [`Error::BadUrl`] if it is no valid URL, [`Error::Io`] if the system refuses what it needs.
    pub fn open(&self, folder: &Path, token: Option<&str>) -> Result<Opener, Error> {
        (self.backend.open)(&self.text, folder, token)
    }
}

impl FromStr for Location {
    type Err = UnknownBackend;

    fn from_str(text: &str) -> Result<Self, UnknownBackend> {
        let backend = BACKENDS.into_iter().find(|backend| (backend.accepts)(text));
        let backend = backend.ok_or(UnknownBackend)?;
        Ok(Self { backend, text: text.to_owned() })
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Location").field(&self.backend.syntax).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations() {
        let parse = |text: &str| {
            text.parse::<Location>().map(|location| (location.is_shared(), location.is_on_disk()))
        };
        assert_eq!(parse("files"), Ok((true, true)));
        assert_eq!(parse("memory"), Ok((false, false)));
        assert_eq!(parse("rediss://host"), Ok((true, false)));
        assert!(Location::beginnings().all(|beginning| parse(beginning).is_ok()));
        let error = parse("file").unwrap_err().to_string();
        assert_eq!(error, "expected files, memory, redis://HOST or rediss://HOST");
    }

    #[test]
    fn no_log_shows_a_password() {
        let location: Location = "rediss://user:secret@host".parse().unwrap();
        assert!(!format!("{location:?}").contains("secret"));
    }

    #[test]
    fn a_url_that_is_none_is_reported() {
        let location: Location = "other://host".parse().unwrap();
        assert!(matches!(location.open(Path::new(""), None), Err(Error::BadUrl)));
    }
}
