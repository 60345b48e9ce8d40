//! What was left out of a text, kept by its hash so that a reader can ask for it.
//!
//! [`Originals`] is the one door: it refuses a text in which a credential is found, names each text
//! by its [`Hash`], and checks on the way out that what a [`Store`] gives back is what was put in.
//! Behind it stands a store, which only moves bytes: [`Memory`] for one process, [`Files`] for all
//! processes of a user, both bounded in bytes and in age, the oldest dropped first; [`Redis`] for
//! several machines.
//! [`Selection`] picks the parts of an original that are asked for, [`excerpts()`] those that answer a
//! query.
//!
//! This crate reads no environment and knows no home directory; whoever opens a store says where.

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

/// How much a store keeps, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of all originals together; the oldest go first.
    pub bytes: u64,
    /// Time since an original was last put; an older one is gone.
    pub age: Duration,
}

impl Default for Bounds {
    /// One GiB, seven days.
    fn default() -> Self {
        Self { bytes: 1 << 30, age: Duration::from_secs(7 * 24 * 60 * 60) }
    }
}

/// How much a store holds. An upper bound for stores that several processes share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Originals.
    pub entries: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Why an original could not be kept or given back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text holds a credential, so it is not stored.
    #[error("not stored: it holds a credential ({rule})")]
    Credential {
        /// The rule that found it.
        rule: String,
    },
    /// The text alone is larger than the store may be.
    #[error("not stored: {bytes} bytes are more than the store may hold ({bound})")]
    TooLarge {
        /// The text's bytes.
        bytes: u64,
        /// The store's bound.
        bound: u64,
    },
    /// Several originals begin with the digits that were given.
    #[error("several originals begin with {0}: give more digits")]
    Ambiguous(String),
    /// The store's folder can't be used.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store is out of reach, or refuses.
    #[error("{store}: {reason}")]
    Unavailable {
        /// Which store.
        store: String,
        /// Why.
        reason: String,
    },
    /// What should be the address of a Redis isn't one.
    #[error(
        "not the address of a Redis, such as redis://127.0.0.1:6379 or rediss://user:password@host"
    )]
    BadUrl,
}

/// Keeps texts by their hash. It need not check anything: [`Originals`] does.
pub trait Store: Send + Sync {
    /// Keeps `text` under `hash`. When this returns, any process that shares the store finds it,
    /// whatever happens to this one. A text that is there already counts as new again.
    fn keep(&self, hash: Hash, text: &str) -> Result<(), Error>;

    /// Keeps several. After an error some of them may be kept.
    fn keep_all(&self, originals: &[(Hash, &str)]) -> Result<(), Error> {
        originals.iter().try_for_each(|(hash, text)| self.keep(*hash, text))
    }

    /// The text whose hash `key` names, and that hash; `None` when there is none or it is too old.
    fn find(&self, key: &Key) -> Result<Option<(Hash, String)>, Error>;

    /// How much is held.
    fn usage(&self) -> Result<Usage, Error>;

    /// How much may be held.
    fn bounds(&self) -> Bounds;

    /// What kind of store this is and where, for people: `files in /home/a/.headroom/originals`.
    fn describe(&self) -> String;

    /// Fails when the store is known to be out of use at the moment. Asks nobody, takes no time.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// An original that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Its whole hash, also when a prefix was asked for.
    pub hash: Hash,
    /// The text, byte for byte as it was put.
    pub text: String,
}

/// The door to a store.
pub struct Originals {
    store: Box<dyn Store>,
}

impl Originals {
    /// A door to `store`.
    pub fn new(store: impl Store + 'static) -> Self {
        Self { store: Box::new(store) }
    }

    /// Keeps `text` and returns its hash. When this returns, the text can be asked for.
    ///
    /// # Errors
    /// [`Error::Credential`] when the text holds one, [`Error::TooLarge`] when it can never fit,
    /// [`Error::Io`] and [`Error::Unavailable`] when the store can't be written. Nothing is kept then.
    pub fn put(&self, text: &str) -> Result<Hash, Error> {
        let hash = self.admitted(text)?;
        self.store.keep(hash, text)?;
        Ok(hash)
    }

    /// Keeps all of `texts`; each can be asked for by its [`Hash::of`] when this returns.
    ///
    /// # Errors
    /// As [`put`](Self::put). If one of them may not be kept, none is; if the store fails, some may
    /// be.
    pub fn put_all<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Result<(), Error> {
        let admitted = |text: &'t str| Ok((self.admitted(text)?, text));
        let originals: Vec<(Hash, &str)> =
            texts.into_iter().map(admitted).collect::<Result<_, Error>>()?;
        match originals.as_slice() {
            [] => Ok(()),
            originals => self.store.keep_all(originals),
        }
    }

    /// The hash of a text that may be kept.
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

    /// The original that `name` names: its hash or a unique prefix of at least twelve digits, in
    /// either case. `None` when nothing of that name is kept (any more), or when `name` isn't a
    /// hash, or when what is kept isn't what was put.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] for a prefix of several, [`Error::Io`] and [`Error::Unavailable`] when the
    /// store can't be read.
    pub fn get(&self, name: &str) -> Result<Option<Original>, Error> {
        let Some(key) = Key::parse(name) else { return Ok(None) };
        let found = self.store.find(&key)?;
        Ok(found
            .filter(|(hash, text)| Hash::of(text) == *hash)
            .map(|(hash, text)| Original { hash, text }))
    }

    /// How much is kept.
    ///
    /// # Errors
    /// [`Error::Io`] when the store can't be read.
    pub fn usage(&self) -> Result<Usage, Error> {
        self.store.usage()
    }

    /// How much may be kept, and for how long.
    pub fn bounds(&self) -> Bounds {
        self.store.bounds()
    }

    /// Fails when the store is known to be out of use at the moment, so that nothing need be tried.
    ///
    /// # Errors
    /// [`Error::Unavailable`], with the reason.
    pub fn check(&self) -> Result<(), Error> {
        self.store.check()
    }

    /// What kind of store this is and where, for people.
    pub fn describe(&self) -> String {
        self.store.describe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives back something else than what was put.
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
