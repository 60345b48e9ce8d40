//! Storage of blobs by name, in memory, in files or in Redis, and what the programs keep there.
//!
//! A [`BlobStore`] is one [`Namespace`] of a backend: it moves bytes, and knows how long and how much it
//! keeps. There are two namespaces: [`Originals`] are the texts of which parts were elided, so that a
//! reader can retrieve them, and [`ReplayStore`] holds the replay entries of the proxy.
//! [`Compressor`] is the rule that ties compression to the store: what can't be kept isn't elided.
//!
//! A backend is a file in `backend/` with a type that implements [`BlobStore`] and a [`Backend`] that
//! describes it, and a line in the list in `backend/mod.rs`; a [`Location`] chooses one by what a user
//! writes.
//!
//! ```
//! use blob_store::{Location, Namespace, Originals};
//!
//! let location: Location = "memory".parse()?;
//! let open = location.open(std::path::Path::new(""), None)?;
//! let originals = Originals::new(open(Namespace::originals(Default::default()))?);
//!
//! let hash = originals.put("a text that is elided later")?.to_string();
//! let original = originals.get(&hash[..12])?;
//! assert_eq!(original.map(|original| original.text).as_deref(), Some("a text that is elided later"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! This crate reads no environment variables and knows no home directory; whoever opens a store
//! passes its location.

mod backend;
mod compressor;
mod name;
mod namespace;
mod originals;
mod replay;

use std::path::PathBuf;
use std::time::Duration;

pub use backend::{Backend, Files, Location, Memory, Opener, Redis, UnknownBackend};
pub use compressor::{CompressionResult, Compressor};
pub use name::Name;
pub use namespace::{Bounds, Namespace};
pub use originals::{
    Excerpt, Excerpts, Hash, Key, Lines, Miss, NotLines, Original, Originals, Place, Selection,
    excerpts,
};
pub use replay::{ReplayKey, ReplayStore};

/// One namespace of a storage backend. It needn't verify what it returns: [`Originals`] does.
pub trait BlobStore: Send + Sync {
    /// Stores blobs under their names. When this returns, they are visible to every process that shares
    /// the store. Putting a blob again renews its time. After an error some of them may be stored.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Unavailable`] if the store can't be written, [`Error::TooLarge`] if it
    /// can't hold one of them.
    fn put(&self, blobs: &[(Name, &[u8])]) -> Result<(), Error>;

    /// The blobs of `names`, in their order; `None` for one that isn't there or has expired.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Unavailable`] if the store can't be read.
    fn get(&self, names: &[Name]) -> Result<Vec<Option<Vec<u8>>>, Error>;

    /// The names that begin with `prefix`, of at least [`Namespace::lookup_digits`] digits; blobs that
    /// have expired may be among them. None in a namespace without a lookup.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Unavailable`] if the store can't be read.
    fn find(&self, prefix: &str) -> Result<Vec<Name>, Error>;

    /// Removes the blob of `name`, if it is there.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Unavailable`] if the store can't be written.
    fn remove(&self, name: &Name) -> Result<(), Error>;

    /// How much is stored.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Unavailable`] if the store can't be read.
    fn usage(&self) -> Result<Usage, Error>;

    /// The namespace, with its bounds.
    fn namespace(&self) -> &Namespace;

    /// A description of the store for people: `files in /home/a/.headroom/originals`.
    fn describe(&self) -> String;

    /// Fails if the store is known to be unavailable. Returns at once, without I/O.
    ///
    /// # Errors
    /// [`Error::Unavailable`], with the reason.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Waits until it is known whether the store is available, for at most `patience`.
    fn settle(&self, patience: Duration) {
        let _ = patience;
    }
}

/// How much is stored; an upper bound for stores that several processes share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// The number of blobs.
    pub entries: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Why a blob could not be stored or retrieved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text contains a credential, so it is not stored.
    #[error("not stored: the text contains a credential ({rule})")]
    Credential {
        /// The rule that found it.
        rule: String,
    },
    /// The blob alone exceeds the capacity of the store.
    #[error("not stored: the text has {bytes} bytes, more than the store's limit of {bound}")]
    TooLarge {
        /// The size of the blob in bytes.
        bytes: u64,
        /// The capacity of the store in bytes.
        bound: u64,
    },
    /// Several originals match the given prefix.
    #[error("several originals begin with {0}: use more digits")]
    Ambiguous(String),
    /// The store's directory can't be used.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The store can't be reached, or rejects the operation.
    #[error("{store}: {reason}")]
    Unavailable {
        /// Which store.
        store: String,
        /// The reason.
        reason: String,
    },
    /// The URL is not a Redis address.
    #[error(
        "not the address of a Redis, such as redis://127.0.0.1:6379 or rediss://user:password@host"
    )]
    BadUrl,
}
