//! Blobs in a Redis server that several machines share.
//!
//! Every key is `headroom:v1:<user>:<name>`, where the user is a hash of the token and the name that of a
//! blob after its namespace's prefix. Every command touches one key, so that a cluster can place keys
//! freely. Where blobs are found by a prefix, its first digits name a set of the names with this prefix.
//! All keys expire by Redis' own clock.
//!
//! Durability is what Redis acknowledges: whether data survives the end of the server depends on
//! its configuration (`appendonly`), and so does the capacity (`maxmemory`).

mod link;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use redis::{Pipeline, pipe};

use crate::{Backend, BlobStore, Error, Hash, Name, Namespace, Opener, Usage};
use link::Link;

/// The entry in the list of backends.
pub(super) const BACKEND: Backend = Backend {
    syntax: "redis://HOST or rediss://HOST",
    beginnings: &["redis://", "rediss://"],
    accepts: |text| text.contains("://"),
    is_shared: true,
    is_on_disk: false,
    open,
};

/// The largest value that is sent, in bytes. By hand: it must be transferred within the time limit of an
/// operation.
const LARGEST: u64 = 4 << 20;
/// The user in keys where there is no token.
const LOCAL: &str = "local";

fn open(url: &str, _: &Path, token: Option<&str>) -> Result<Opener, Error> {
    let link = Arc::new(Link::open(url)?);
    let user = user(token);
    Ok(Box::new(move |namespace| Ok(Arc::new(Redis::on(Arc::clone(&link), &user, namespace)))))
}

/// Whose keys those of a token's holders are. Keys are visible to everyone with access to the server, so
/// the token is hashed.
fn user(token: Option<&str>) -> String {
    token.map_or_else(|| LOCAL.to_owned(), |token| Hash::of(token).to_string())
}

/// A namespace in a Redis server.
pub struct Redis {
    link: Arc<Link>,
    /// What all keys of the user begin with.
    prefix: String,
    namespace: Namespace,
}

impl Redis {
    /// Connects to the server at `url` (`redis://[user][:password@]host[:port][/db]`, `rediss://`
    /// for TLS, `redis+unix:///path` for a socket), with the keys of the holders of `token`.
    /// Returns at once: whether the server can be reached shows later, and may change.
    ///
    /// # Errors
    /// [`Error::BadUrl`] if `url` isn't such an address, [`Error::Io`] if no thread can be started.
    pub fn open(url: &str, token: Option<&str>, namespace: Namespace) -> Result<Self, Error> {
        Ok(Self::on(Arc::new(Link::open(url)?), &user(token), namespace))
    }

    fn on(link: Arc<Link>, user: &str, namespace: Namespace) -> Self {
        Self { link, prefix: format!("headroom:v1:{user}:"), namespace }
    }

    fn key(&self, name: &Name) -> String {
        format!("{}{}{name}", self.prefix, self.namespace.key_prefix)
    }

    /// The key of the set that lists the names which begin like `digits`.
    fn list_key(&self, digits: &str) -> Option<String> {
        let beginning = digits.get(..self.namespace.lookup_digits?)?;
        Some(format!("{}{}{beginning}", self.prefix, self.namespace.key_prefix))
    }

    fn put_one(&self, name: &Name, blob: &[u8]) -> Result<(), Error> {
        let bytes = blob.len() as u64;
        if bytes > LARGEST {
            return Err(Error::TooLarge { bytes, bound: LARGEST });
        }
        let age = millis(self.namespace.age);
        let mut commands = pipe();
        if let Some(list) = self.list_key(name.as_str()) {
            commands.sadd(&list, name.as_str()).ignore().pexpire(&list, age).ignore();
        }
        commands.cmd("SET").arg(self.key(name)).arg(blob).arg("PX").arg(age).ignore();
        self.link.ask(commands)
    }
}

impl BlobStore for Redis {
    fn put(&self, blobs: &[(Name, &[u8])]) -> Result<(), Error> {
        blobs.iter().try_for_each(|(name, blob)| self.put_one(name, blob))
    }

    fn get(&self, names: &[Name]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        // One round trip for all of them.
        let mut commands: Pipeline = pipe();
        for name in names {
            commands.get(self.key(name));
        }
        self.link.ask(commands)
    }

    fn find(&self, prefix: &str) -> Result<Vec<Name>, Error> {
        let Some(list) = self.list_key(prefix) else { return Ok(Vec::new()) };
        let mut commands = pipe();
        commands.smembers(list);
        let (names,): (Vec<String>,) = self.link.ask(commands)?;
        let names = names.iter().filter(|name| name.starts_with(prefix));
        Ok(names.filter_map(|name| Name::parse(name, self.namespace.digits)).collect())
    }

    fn remove(&self, name: &Name) -> Result<(), Error> {
        let mut commands = pipe();
        if let Some(list) = self.list_key(name.as_str()) {
            commands.srem(&list, name.as_str()).ignore();
        }
        commands.del(self.key(name)).ignore();
        self.link.ask(commands)
    }

    /// All keys of the database and all memory of the server, which includes other programs' data.
    fn usage(&self) -> Result<Usage, Error> {
        let mut commands = pipe();
        commands.cmd("DBSIZE").cmd("INFO").arg("memory");
        let (entries, info): (u64, String) = self.link.ask(commands)?;
        let used = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
        Ok(Usage { entries, bytes: used.and_then(|bytes| bytes.trim().parse().ok()).unwrap_or(0) })
    }

    fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    fn describe(&self) -> String {
        format!("Redis at {}", self.link.place())
    }

    fn check(&self) -> Result<(), Error> {
        self.link.check()
    }

    fn settle(&self, patience: Duration) {
        self.link.settle(patience);
    }
}

/// Milliseconds; Redis requires at least one.
fn millis(age: Duration) -> i64 {
    i64::try_from(age.as_millis()).unwrap_or(i64::MAX).clamp(1, MOST_MILLIS)
}

/// The longest expiry: a hundred years. Redis rejects times whose end it can't represent.
const MOST_MILLIS: i64 = 100 * 365 * 24 * 60 * 60 * 1000;
