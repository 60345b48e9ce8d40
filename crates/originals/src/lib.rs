//! Storage of originals: texts of which parts were elided, stored under their hashes so that a
//! reader can retrieve them.
//!
//! [`Originals`] is the only entry point: it rejects a text that contains a credential, derives
//! each text's [`struct@Hash`], and verifies on retrieval that what the [`Store`] returns is what was put.
//! A store only moves bytes: [`Memory`] for one process, [`Files`] for all processes of a user,
//! both bounded in bytes and in age, with the oldest evicted first; [`Redis`] for several machines.
//!
//! [`Selection`] picks the requested parts of an original, [`excerpts()`] those that match a query.
//!
//! This crate reads no environment variables and knows no home directory; whoever opens a store
//! passes its location.

mod excerpts;
mod files;
mod hash;
mod ledger;
mod memory;
mod redis;
mod selection;

use std::path::PathBuf;
use std::time::Duration;

pub use excerpts::{Excerpt, Excerpts, Place, excerpts};
pub use files::Files;
pub use hash::{Hash, Key};
pub use memory::Memory;
pub use redis::Redis;
pub use selection::{Lines, Miss, NotLines, Selection};

/// The capacity of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The most bytes of all originals together; the oldest are evicted first.
    pub bytes: u64,
    /// The time after its last put at which an original expires.
    pub age: Duration,
}

impl Default for Bounds {
    /// One GiB, seven days. By hand, not measured.
    fn default() -> Self {
        Self { bytes: 1 << 30, age: Duration::from_secs(7 * 24 * 60 * 60) }
    }
}

/// The contents of a store in figures; an upper bound for stores that several processes share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// The number of originals.
    pub entries: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Why an original could not be stored or retrieved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text contains a credential, so it is not stored.
    #[error("not stored: it holds a credential ({rule})")]
    Credential {
        /// The rule that found it.
        rule: String,
    },
    /// The text alone exceeds the capacity of the store.
    #[error("not stored: {bytes} bytes are more than the store may hold ({bound})")]
    TooLarge {
        /// The size of the text in bytes.
        bytes: u64,
        /// The capacity of the store in bytes.
        bound: u64,
    },
    /// Several originals match the given prefix.
    #[error("several originals begin with {0}: give more digits")]
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

/// A storage backend for texts by hash. It need not verify anything: [`Originals`] does.
pub trait Store: Send + Sync {
    /// Stores `text` under `hash`. When this returns, the text is visible to every process that
    /// shares the store, and survives the end of this one. Putting a text again renews it.
    fn keep(&self, hash: Hash, text: &str) -> Result<(), Error>;

    /// Stores several. After an error some of them may be stored.
    fn keep_all(&self, originals: &[(Hash, &str)]) -> Result<(), Error> {
        originals.iter().try_for_each(|(hash, text)| self.keep(*hash, text))
    }

    /// The text whose hash matches `key`, and that hash; `None` if there is none or it has expired.
    fn find(&self, key: &Key) -> Result<Option<(Hash, String)>, Error>;

    /// The current contents in figures.
    fn usage(&self) -> Result<Usage, Error>;

    /// The capacity.
    fn bounds(&self) -> Bounds;

    /// A description of the store for people: `files in /home/a/.headroom/originals`.
    fn describe(&self) -> String;

    /// Fails if the store is known to be unavailable. Returns at once, without I/O.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// A retrieved original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Its full hash, even if it was retrieved by a prefix.
    pub hash: Hash,
    /// The text, byte for byte as it was put.
    pub text: String,
}

/// A store with the checks that every backend needs.
pub struct Originals {
    store: Box<dyn Store>,
}

impl Originals {
    /// Wraps `store`.
    pub fn new(store: impl Store + 'static) -> Self {
        Self { store: Box::new(store) }
    }

    /// Stores `text` and returns its hash. When this returns, the text can be retrieved.
    ///
    /// # Errors
    /// [`Error::Credential`] if the text contains one, [`Error::TooLarge`] if it can never fit,
    /// [`Error::Io`] and [`Error::Unavailable`] if the store can't be written. Nothing is stored
    /// then.
    pub fn put(&self, text: &str) -> Result<Hash, Error> {
        let hash = self.admitted(text)?;
        self.store.keep(hash, text)?;
        Ok(hash)
    }

    /// Stores all of `texts`; each can be retrieved by its [`Hash::of`] when this returns.
    ///
    /// # Errors
    /// As [`put`](Self::put). If one of them is rejected, none is stored; if the store fails, some
    /// may be.
    pub fn put_all<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Result<(), Error> {
        let admitted = |text: &'t str| Ok((self.admitted(text)?, text));
        let originals: Vec<(Hash, &str)> =
            texts.into_iter().map(admitted).collect::<Result<_, Error>>()?;
        match originals.as_slice() {
            [] => Ok(()),
            originals => self.store.keep_all(originals),
        }
    }

    /// The hash of a text, if the text may be stored.
    fn admitted(&self, text: &str) -> Result<Hash, Error> {
        if let Some(finding) = secrets::redact(text).findings.first() {
            return Err(Error::Credential { rule: finding.rule.to_owned() });
        }
        let (bytes, bound) = (text.len() as u64, self.store.bounds().bytes);
        if bytes > bound {
            return Err(Error::TooLarge { bytes, bound });
        }
        Ok(Hash::of(text))
    }

    /// Retrieves the original with the hash `name`, or with a unique prefix of it of at least
    /// twelve digits, in either case. `None` if there is none (any more), if `name` isn't a hash,
    /// or if the stored text doesn't match its hash.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] if several hashes have the prefix, [`Error::Io`] and
    /// [`Error::Unavailable`] if the store can't be read.
    pub fn get(&self, name: &str) -> Result<Option<Original>, Error> {
        let Some(key) = Key::parse(name) else { return Ok(None) };
        let found = self.store.find(&key)?;
        Ok(found
            .filter(|(hash, text)| Hash::of(text) == *hash)
            .map(|(hash, text)| Original { hash, text }))
    }

    /// The current contents in figures.
    ///
    /// # Errors
    /// [`Error::Io`] if the store can't be read.
    pub fn usage(&self) -> Result<Usage, Error> {
        self.store.usage()
    }

    /// The capacity.
    pub fn bounds(&self) -> Bounds {
        self.store.bounds()
    }

    /// Fails if the store is known to be unavailable. Returns at once, without I/O.
    ///
    /// # Errors
    /// [`Error::Unavailable`], with the reason.
    pub fn check(&self) -> Result<(), Error> {
        self.store.check()
    }

    /// A description of the store for people.
    pub fn describe(&self) -> String {
        self.store.describe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns something else than what was put.
    struct Liar;

    impl Store for Liar {
        fn keep(&self, _: Hash, _: &str) -> Result<(), Error> {
            Ok(())
        }
        fn find(&self, _: &Key) -> Result<Option<(Hash, String)>, Error> {
            Ok(Some((Hash::of("what was put"), "something else".to_owned())))
        }
        fn usage(&self) -> Result<Usage, Error> {
            Ok(Usage::default())
        }
        fn bounds(&self) -> Bounds {
            Bounds { bytes: 100, ..Bounds::default() }
        }
        fn describe(&self) -> String {
            "liar".to_owned()
        }
    }

    #[test]
    fn what_is_not_what_was_put_is_not_given_back() {
        let originals = Originals::new(Liar);
        let hash = originals.put("what was put").unwrap();
        assert_eq!(originals.get(&hash.to_string()).unwrap(), None);
    }

    #[test]
    fn of_several_texts_none_is_kept_where_one_may_not_be() {
        let originals = Originals::new(Memory::new(Bounds::default()));
        originals.put_all(["one", "two"]).unwrap();
        assert_eq!(originals.get(&Hash::of("two").to_string()).unwrap().unwrap().text, "two");
        let key = format!("key = \"AKIA{}\"", "IOSFODNN7REALKEY");
        let refused = originals.put_all(["three", &key]).unwrap_err();
        assert!(matches!(refused, Error::Credential { .. }), "{refused}");
        assert_eq!(originals.get(&Hash::of("three").to_string()).unwrap(), None);
    }

    #[test]
    fn a_text_that_can_never_fit_is_refused() {
        let refused = Originals::new(Liar).put(&"x".repeat(101)).unwrap_err();
        assert!(matches!(refused, Error::TooLarge { bytes: 101, bound: 100 }), "{refused}");
    }
}
