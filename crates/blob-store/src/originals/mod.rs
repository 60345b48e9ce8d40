//! Originals: texts of which parts were elided, kept under their hashes so that a reader can retrieve
//! them whole, or by a [`Selection`] of lines, a JSON value or what matches a query.
//!
//! [`Originals`] is the only way to them: it rejects a text that contains a credential, derives each
//! text's [`struct@Hash`], and verifies on retrieval that what the store returns is what was put.

mod excerpts;
mod hash;
mod selection;

use std::sync::Arc;

use crate::{BlobStore, Bounds, Error, Memory, Name, Namespace, Usage};

pub use excerpts::{Excerpt, Excerpts, Place, excerpts};
pub use hash::{Hash, Key};
pub use selection::{Lines, Miss, NotLines, Selection};

/// A retrieved original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Its full hash, even if it was retrieved by a prefix.
    pub hash: Hash,
    /// The text, byte for byte as it was put.
    pub text: String,
}

/// The originals in a store, with the checks that every backend needs.
pub struct Originals {
    store: Arc<dyn BlobStore>,
}

impl Originals {
    /// The originals in `store`, a store of [`Namespace::originals`].
    pub fn new(store: Arc<dyn BlobStore>) -> Self {
        Self { store }
    }

    /// A store in the memory of this process.
    pub fn in_memory(bounds: Bounds) -> Self {
        Self::new(Arc::new(Memory::new(Namespace::originals(bounds))))
    }

    /// Stores `text` and returns its hash. When this returns, the text can be retrieved.
    ///
    /// # Errors
    /// [`Error::Credential`] if the text contains one, [`Error::TooLarge`] if it can never fit,
    /// [`Error::Io`] and [`Error::Unavailable`] if the store can't be written. Nothing is stored
    /// then.
    pub fn put(&self, text: &str) -> Result<Hash, Error> {
        let hash = self.admitted(text)?;
        self.store.put(&[(hash.name(), text.as_bytes())])?;
        Ok(hash)
    }

    /// Stores all of `texts`; each can be retrieved by its [`Hash::of`] when this returns.
    ///
    /// # Errors
    /// As [`put`](Self::put). If one of them is rejected, none is stored; if the store fails, some
    /// may be.
    pub fn put_all<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Result<(), Error> {
        let admitted = |text: &'t str| Ok((self.admitted(text)?.name(), text.as_bytes()));
        let blobs: Vec<(Name, &[u8])> =
            texts.into_iter().map(admitted).collect::<Result<_, Error>>()?;
        match blobs.as_slice() {
            [] => Ok(()),
            blobs => self.store.put(blobs),
        }
    }

    /// The hash of a text, if the text may be stored.
    fn admitted(&self, text: &str) -> Result<Hash, Error> {
        if let Some(finding) = secrets::redact(text).findings.first() {
            return Err(Error::Credential { rule: finding.rule.to_owned() });
        }
        let (bytes, bound) = (text.len() as u64, self.bounds().bytes);
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
        let names = match key.exact() {
            Some(hash) => vec![hash.name()],
            None => self.store.find(key.as_str())?,
        };
        let blobs = self.store.get(&names)?;
        let mut found = names.iter().zip(blobs).filter_map(|(name, blob)| Some((name, blob?)));
        let (Some((name, blob)), second) = (found.next(), found.next()) else { return Ok(None) };
        if second.is_some() {
            return Err(Error::Ambiguous(key.to_string()));
        }
        // A torn file, or what another program wrote, is no original.
        let original = Hash::parse(name.as_str()).zip(String::from_utf8(blob).ok());
        Ok(original
            .filter(|(hash, text)| Hash::of(text) == *hash)
            .map(|(hash, text)| Original { hash, text }))
    }

    /// Removes `text`, if it is there.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Unavailable`] if the store can't be written.
    pub fn remove(&self, text: &str) -> Result<(), Error> {
        self.store.remove(&Hash::of(text).name())
    }

    /// How much is stored.
    ///
    /// # Errors
    /// [`Error::Io`] if the store can't be read.
    pub fn usage(&self) -> Result<Usage, Error> {
        self.store.usage()
    }

    /// The capacity.
    pub fn bounds(&self) -> Bounds {
        let namespace = self.store.namespace();
        Bounds { bytes: namespace.max_bytes.unwrap_or(u64::MAX), age: namespace.age }
    }

    /// Fails if the store is known to be unavailable. Returns at once, without I/O.
    ///
    /// # Errors
    /// [`Error::Unavailable`], with the reason.
    pub fn check(&self) -> Result<(), Error> {
        self.store.check()
    }

    /// Waits until it is known whether the store is available, for at most `patience`.
    pub fn settle(&self, patience: std::time::Duration) {
        self.store.settle(patience);
    }

    /// A description of the store for people.
    pub fn describe(&self) -> String {
        self.store.describe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Files;

    /// Returns something else than what was put.
    struct Liar(Namespace);

    impl Liar {
        fn originals() -> Originals {
            let bounds = Bounds { bytes: 100, ..Bounds::default() };
            Originals::new(Arc::new(Self(Namespace::originals(bounds))))
        }
    }

    impl BlobStore for Liar {
        fn put(&self, _: &[(Name, &[u8])]) -> Result<(), Error> {
            Ok(())
        }
        fn get(&self, names: &[Name]) -> Result<Vec<Option<Vec<u8>>>, Error> {
            Ok(vec![Some(b"something else".to_vec()); names.len()])
        }
        fn find(&self, _: &str) -> Result<Vec<Name>, Error> {
            Ok(vec![Hash::of("what was put").name()])
        }
        fn remove(&self, _: &Name) -> Result<(), Error> {
            Ok(())
        }
        fn usage(&self) -> Result<Usage, Error> {
            Ok(Usage::default())
        }
        fn namespace(&self) -> &Namespace {
            &self.0
        }
        fn describe(&self) -> String {
            "liar".to_owned()
        }
    }

    #[test]
    fn what_is_not_what_was_put_is_not_given_back() {
        let originals = Liar::originals();
        let hash = originals.put("what was put").unwrap().to_string();
        assert_eq!(originals.get(&hash).unwrap(), None);
        assert_eq!(originals.get(&hash[..12]).unwrap(), None);
    }

    #[test]
    fn a_prefix_of_two_is_ambiguous() {
        let folder = tempfile::tempdir().unwrap();
        let namespace = || Namespace::originals(Bounds::default());
        let stores: [Arc<dyn BlobStore>; 2] = [
            Arc::new(Memory::new(namespace())),
            Arc::new(Files::open(folder.path(), namespace()).unwrap()),
        ];
        for store in stores {
            let hash = Hash::of("");
            let digits = hash.to_string();
            let other = Hash::parse("af1349b9f5f9000000000000").unwrap();
            store.put(&[(hash.name(), b""), (other.name(), b"")]).unwrap();
            let originals = Originals::new(store);
            let ambiguous = originals.get(&digits[..12]);
            assert!(matches!(ambiguous, Err(Error::Ambiguous(prefix)) if prefix == digits[..12]));
            assert_eq!(originals.get(&digits[..13]).unwrap().unwrap().hash, hash);
            assert_eq!(originals.get(&digits).unwrap().unwrap().hash, hash);
        }
    }

    #[test]
    fn of_several_texts_none_is_kept_where_one_may_not_be() {
        let originals = Originals::in_memory(Bounds::default());
        originals.put_all(["one", "two"]).unwrap();
        assert_eq!(originals.get(&Hash::of("two").to_string()).unwrap().unwrap().text, "two");
        let key = format!("key = \"AKIA{}\"", "IOSFODNN7REALKEY");
        let refused = originals.put_all(["three", &key]).unwrap_err();
        assert!(matches!(refused, Error::Credential { .. }), "{refused}");
        assert_eq!(originals.get(&Hash::of("three").to_string()).unwrap(), None);
    }

    #[test]
    fn a_text_that_can_never_fit_is_refused() {
        let refused = Liar::originals().put(&"x".repeat(101)).unwrap_err();
        assert!(matches!(refused, Error::TooLarge { bytes: 101, bound: 100 }), "{refused}");
    }
}
