//! Originals in a Redis that several machines share.
//!
//! Every key is `headroom:v1:<namespace>:<name>`, and every command touches one key, so that a cluster
//! can keep them wherever it likes. An original's name is its hash; beside it, under the first twelve
//! digits, is the set of the hashes that begin so, by which a prefix is looked up. All of it expires by
//! Redis' own clock. What is read is checked against its hash by [`Originals`](crate::Originals).
//!
//! Nothing is kept here beyond what Redis itself acknowledges: whether that survives the end of the
//! server is its configuration's matter (`appendonly`), and so is how much it holds (`maxmemory`).

mod link;

use std::sync::Arc;
use std::time::Duration;

use redis::{Pipeline, pipe};

use crate::{Bounds, Error, Hash, Key, Store, Usage};
use link::Link;

/// Digits by which the hashes of originals are listed: the fewest that name one.
const LISTED_BY: usize = 12;
/// The largest value that is sent, in bytes: it has to pass within the limit of an operation.
const LARGEST: u64 = 4 << 20;
/// The namespace of those who have no token.
const LOCAL: &str = "local";

/// A namespace of a Redis. A clone shares its connection.
#[derive(Clone)]
pub struct Redis {
    link: Arc<Link>,
    prefix: String,
    bounds: Bounds,
}

impl Redis {
    /// The server that `url` names (`redis://[user][:password@]host[:port][/db]`, `rediss://` for TLS,
    /// `redis+unix:///path` for a socket), and in it the namespace of those who hold `token`. Returns at
    /// once: that the server can't be reached shows later, and may pass.
    ///
    /// # Errors
    /// [`Error::BadUrl`] when `url` isn't such an address, [`Error::Io`] when the system gives no thread.
    pub fn open(url: &str, token: Option<&str>, bounds: Bounds) -> Result<Self, Error> {
        let namespace = match token {
            None => LOCAL.to_owned(),
            // Keys are seen by whoever looks into the server; a token isn't for them.
            Some(token) => Hash::of(token).to_string(),
        };
        let link = Arc::new(Link::open(url)?);
        Ok(Self { link, prefix: format!("headroom:v1:{namespace}:"), bounds })
    }

    /// Waits until it is known whether the server can be reached, but no longer than `patience`.
    pub fn settle(&self, patience: Duration) {
        self.link.settle(patience);
    }

    /// Keeps `value` under `name` for `age`. When this returns, every program that shares the namespace
    /// finds it.
    ///
    /// # Errors
    /// [`Error::TooLarge`], and [`Error::Unavailable`] when it isn't acknowledged in time.
    pub fn put_bytes(&self, name: &str, value: &[u8], age: Duration) -> Result<(), Error> {
        self.send(put(pipe(), &self.key(name), value, age), value.len())
    }

    /// What is kept under each of `names`; `None` where there is nothing (any more). One operation.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when there is no answer in time.
    pub fn get_bytes(&self, names: &[String]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut commands = pipe();
        for name in names {
            commands.get(self.key(name));
        }
        self.link.ask(commands)
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn send(&self, commands: Pipeline, bytes: usize) -> Result<(), Error> {
        let bytes = bytes as u64;
        if bytes > LARGEST {
            return Err(Error::TooLarge { bytes, bound: LARGEST });
        }
        self.link.ask(commands)
    }

    /// The text under `hash`. What isn't text was written by somebody else.
    fn text(&self, hash: Hash) -> Result<Option<String>, Error> {
        let value = self.get_bytes(&[hash.to_string()])?.pop().flatten();
        Ok(value.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    /// The hashes that are listed under the first digits of `key` and that it names.
    fn listed(&self, key: &Key) -> Result<Vec<Hash>, Error> {
        let mut commands = pipe();
        commands.smembers(self.key(&key.to_string()[..LISTED_BY]));
        let (names,): (Vec<String>,) = self.link.ask(commands)?;
        let hashes = names.iter().filter_map(|name| Hash::parse(name));
        Ok(hashes.filter(|hash| key.range().contains(hash)).collect())
    }
}

impl Store for Redis {
    fn keep(&self, hash: Hash, text: &str) -> Result<(), Error> {
        let name = hash.to_string();
        let list = self.key(&name[..LISTED_BY]);
        let mut commands = pipe();
        commands.sadd(&list, &name).ignore().pexpire(&list, millis(self.bounds.age)).ignore();
        self.send(put(commands, &self.key(&name), text.as_bytes(), self.bounds.age), text.len())
    }

    fn find(&self, key: &Key) -> Result<Option<(Hash, String)>, Error> {
        if let Some(hash) = key.exact() {
            return Ok(self.text(hash)?.map(|text| (hash, text)));
        }
        let mut found = None;
        for hash in self.listed(key)? {
            // A list outlives what it names.
            let Some(text) = self.text(hash)? else { continue };
            if found.replace((hash, text)).is_some() {
                return Err(Error::Ambiguous(key.to_string()));
            }
        }
        Ok(found)
    }

    /// All keys of the database and all memory of the server: more than is ours.
    fn usage(&self) -> Result<Usage, Error> {
        let mut commands = pipe();
        commands.cmd("DBSIZE").cmd("INFO").arg("memory");
        let (entries, info): (u64, String) = self.link.ask(commands)?;
        let used = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
        Ok(Usage { entries, bytes: used.and_then(|bytes| bytes.trim().parse().ok()).unwrap_or(0) })
    }

    fn bounds(&self) -> Bounds {
        self.bounds
    }

    fn describe(&self) -> String {
        format!("Redis at {}", self.link.place())
    }

    fn check(&self) -> Result<(), Error> {
        self.link.check()
    }
}

/// `commands`, and one that keeps `value` under `key`.
fn put(mut commands: Pipeline, key: &str, value: &[u8], age: Duration) -> Pipeline {
    commands.cmd("SET").arg(key).arg(value).arg("PX").arg(millis(age)).ignore();
    commands
}

/// Milliseconds, of which Redis wants at least one.
fn millis(age: Duration) -> i64 {
    i64::try_from(age.as_millis()).unwrap_or(i64::MAX).clamp(1, MOST_MILLIS)
}

/// The longest time that is asked for: a hundred years. Redis refuses times whose end it can't write.
const MOST_MILLIS: i64 = 100 * 365 * 24 * 60 * 60 * 1000;
