//! Originals in a Redis server that several machines share.
//!
//! Every key is `headroom:v1:<namespace>:<name>`, and every command touches one key, so that a
//! cluster can place keys freely. The name of an original is its hash; the first twelve digits name
//! a set of the hashes with this prefix, by which prefixes are looked up. All keys expire by Redis'
//! own clock. What is read is verified by [`Originals`](crate::Originals).
//!
//! Durability is what Redis acknowledges: whether data survives the end of the server depends on
//! its configuration (`appendonly`), and so does the capacity (`maxmemory`).

mod link;

use std::sync::Arc;
use std::time::Duration;

use redis::{Pipeline, pipe};

use crate::{Bounds, Error, Hash, Key, Store, Usage};
use link::Link;

/// The digits of the sets' names: the shortest prefix that is accepted.
const LISTED_BY: usize = 12;
/// The largest value that is sent, in bytes: it must be transferred within the time limit of an
/// operation.
const LARGEST: u64 = 4 << 20;
/// The namespace without a token.
const LOCAL: &str = "local";

/// A namespace in a Redis server. Clones share the connection.
#[derive(Clone)]
pub struct Redis {
    link: Arc<Link>,
    prefix: String,
    bounds: Bounds,
}

impl Redis {
    /// Connects to the server at `url` (`redis://[user][:password@]host[:port][/db]`, `rediss://`
    /// for TLS, `redis+unix:///path` for a socket), with the namespace of the holders of `token`.
    /// Returns at once: whether the server can be reached shows later, and may change.
    ///
    /// # Errors
    /// [`Error::BadUrl`] if `url` isn't such an address, [`Error::Io`] if no thread can be started.
    pub fn open(url: &str, token: Option<&str>, bounds: Bounds) -> Result<Self, Error> {
        let namespace = match token {
            None => LOCAL.to_owned(),
            // Keys are visible to everyone with access to the server, so the token is hashed.
            Some(token) => Hash::of(token).to_string(),
        };
        let link = Arc::new(Link::open(url)?);
        Ok(Self { link, prefix: format!("headroom:v1:{namespace}:"), bounds })
    }

    /// Waits until it is known whether the server can be reached, for at most `patience`.
    pub fn settle(&self, patience: Duration) {
        self.link.settle(patience);
    }

    /// Stores `value` under `name` for `age`. When this returns, it is visible to every program
    /// that shares the namespace.
    ///
    /// # Errors
    /// [`Error::TooLarge`], and [`Error::Unavailable`] if it isn't acknowledged in time.
    pub fn put_bytes(&self, name: &str, value: &[u8], age: Duration) -> Result<(), Error> {
        self.send(put(pipe(), &self.key(name), value, age), value.len())
    }

    /// The values under `names`; `None` for a missing (or expired) one. Takes one round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if there is no response in time.
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

    /// The text under `hash`. Invalid UTF-8 was written by another program.
    fn text(&self, hash: Hash) -> Result<Option<String>, Error> {
        let value = self.get_bytes(&[hash.to_string()])?.pop().flatten();
        Ok(value.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    /// The hashes with the first digits of `key` that match it.
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
            // A set outlives its members.
            let Some(text) = self.text(hash)? else { continue };
            if found.replace((hash, text)).is_some() {
                return Err(Error::Ambiguous(key.to_string()));
            }
        }
        Ok(found)
    }

    /// All keys of the database and all memory of the server, which includes other programs' data.
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

/// Adds a command that stores `value` under `key` to `commands`.
fn put(mut commands: Pipeline, key: &str, value: &[u8], age: Duration) -> Pipeline {
    commands.cmd("SET").arg(key).arg(value).arg("PX").arg(millis(age)).ignore();
    commands
}

/// Milliseconds; Redis requires at least one.
fn millis(age: Duration) -> i64 {
    i64::try_from(age.as_millis()).unwrap_or(i64::MAX).clamp(1, MOST_MILLIS)
}

/// The longest expiry: a hundred years. Redis rejects times whose end it can't represent.
const MOST_MILLIS: i64 = 100 * 365 * 24 * 60 * 60 * 1000;
