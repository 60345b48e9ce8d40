//! Blobs as plain files, shared by all processes of a user: the first two digits of a name are a
//! directory, the others the file in it.
//!
//! Files appear atomically (written to a temporary name, then renamed), so a killed process leaves
//! no partial blob, and what it acknowledged persists. There is no fsync, which would make a
//! write ten times as slow: after a power failure a torn original is recognised by its hash, ignored by
//! readers, and rewritten when its text is put again.
//!
//! Where a namespace has a capacity, all processes share it: a writer reserves room in the [`Ledger`]
//! first, and evicts files if there is none. The oldest are evicted first, by the time of their last put
//! and then by name. Reading takes no lock. Where there is none, expired files are removed at the start.

mod ledger;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use private_fs::Writer;

use crate::{Backend, BlobStore, Error, Name, Namespace, Opener, Usage};
use ledger::{Ledger, LedgerEntry};

/// The entry in the list of backends.
pub(super) const BACKEND: Backend = Backend {
    syntax: "files",
    beginnings: &["files"],
    accepts: |text| text == "files",
    is_shared: true,
    is_on_disk: true,
    open,
};

fn open(_: &str, folder: &Path, _: Option<&str>) -> Result<Opener, Error> {
    let folder = folder.to_owned();
    Ok(Box::new(move |namespace| {
        let root = folder.join(namespace.folder);
        Ok(Arc::new(Files::open(root, namespace)?))
    }))
}

/// The digits of a name that are its directory's: 256 directories keep each of them small.
const DIRECTORY_DIGITS: usize = 2;
/// The name of the ledger in the directory.
const LEDGER: &str = "ledger";
/// The prefix of temporary files.
const UNFINISHED: &str = ".unfinished-";
/// The age at which a temporary file is considered abandoned by a dead process. By hand: a write takes
/// milliseconds.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// A store in a directory.
pub struct Files {
    root: PathBuf,
    namespace: Namespace,
}

impl Files {
    /// Opens the store in the directory `root`. Where the namespace has a capacity, the directory is
    /// created (mode 0700) if it doesn't exist; elsewhere with the first blob.
    ///
    /// # Errors
    /// [`Error::Io`] if the directory can't be created or written.
    pub fn open(root: impl Into<PathBuf>, namespace: Namespace) -> Result<Self, Error> {
        let files = Self { root: root.into(), namespace };
        match files.namespace.max_bytes {
            Some(_) => {
                private_fs::create_dir(&files.root).map_err(at(&files.root))?;
                files.ledger()?;
            }
            // A file that can't be removed now will be at another start.
            None => drop(files.sweep(0)),
        }
        Ok(files)
    }

    fn path(&self, name: &Name) -> PathBuf {
        let (directory, file) = name.as_str().split_at(DIRECTORY_DIGITS);
        self.root.join(directory).join(file)
    }

    fn ledger(&self) -> Result<Ledger, Error> {
        let path = self.root.join(LEDGER);
        Ledger::lock(&path).map_err(at(&path))
    }

    /// The capacity in bytes.
    fn most(&self) -> u64 {
        self.namespace.max_bytes.unwrap_or(u64::MAX)
    }

    /// Makes room for `incoming` bytes and reserves them in the ledger.
    fn reserve(&self, ledger: &mut Ledger, incoming: u64) -> Result<(), Error> {
        let now = ledger::now();
        let mut entry = ledger.entry();
        if entry.is_due(incoming, self.most(), self.namespace.age, now) {
            entry = LedgerEntry { usage: self.sweep(incoming)?, swept: now };
        }
        entry.usage.entries += 1;
        entry.usage.bytes += incoming;
        ledger.write(entry).map_err(at(&self.root))
    }

    /// Removes what has expired, and if `incoming` more bytes don't fit, the oldest until an eighth
    /// of the capacity is free, so that a full store isn't listed at every write. Returns what
    /// remains.
    fn sweep(&self, incoming: u64) -> Result<Usage, Error> {
        let mut stored = self.list()?;
        stored.sort_unstable_by(|a, b| (a.put, &a.name).cmp(&(b.put, &b.name)));
        let mut usage = Usage {
            entries: stored.len() as u64,
            bytes: stored.iter().map(|file| file.bytes).sum(),
        };
        let most = self.most();
        let target = if usage.bytes.saturating_add(incoming) > most {
            (most - most / 8).min(most.saturating_sub(incoming))
        } else {
            most
        };
        for file in stored {
            if usage.bytes <= target && !self.is_expired(file.put) {
                break;
            }
            // Another process may have removed it already, where file locks don't work.
            let path = self.path(&file.name);
            fs::remove_file(&path).or_else(unless_absent).map_err(at(&path))?;
            usage.entries -= 1;
            usage.bytes -= file.bytes;
        }
        Ok(usage)
    }

    /// All blobs in the directory. Abandoned temporary files are removed on the way.
    fn list(&self) -> Result<Vec<StoredFile>, Error> {
        let mut stored = Vec::new();
        for dir in entries(&self.root)? {
            if !dir.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            let prefix = dir.file_name().to_string_lossy().into_owned();
            for entry in entries(&dir.path())? {
                let name = entry.file_name().to_string_lossy().into_owned();
                let Ok(facts) = entry.metadata() else { continue };
                let Ok(put) = facts.modified() else { continue };
                if let Some(name) = self.name(&prefix, &name) {
                    stored.push(StoredFile { put, name, bytes: facts.len() });
                } else if name.starts_with(UNFINISHED) && age(put) > ABANDONED {
                    let path = entry.path();
                    fs::remove_file(&path).or_else(unless_absent).map_err(at(&path))?;
                }
            }
        }
        Ok(stored)
    }

    fn is_expired(&self, put: SystemTime) -> bool {
        age(put) >= self.namespace.age
    }

    /// The name of the blob in this file, if it is one.
    fn name(&self, directory: &str, file: &str) -> Option<Name> {
        Name::parse(&format!("{directory}{file}"), self.namespace.digits)
    }

    /// The blob of `name`, unless it has expired.
    fn read(&self, name: &Name) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path(name);
        let read = || -> io::Result<Option<Vec<u8>>> {
            let put = fs::metadata(&path)?.modified()?;
            Ok(if self.is_expired(put) { None } else { Some(fs::read(&path)?) })
        };
        match read() {
            Ok(blob) => Ok(blob),
            // It was evicted or never existed.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(&path)(error)),
        }
    }
}

/// A directory entry of a blob.
struct StoredFile {
    put: SystemTime,
    name: Name,
    bytes: u64,
}

impl BlobStore for Files {
    fn put(&self, blobs: &[(Name, &[u8])]) -> Result<(), Error> {
        // The lock is held to the end, so that no eviction removes what was found to exist, or
        // misses what is about to be written.
        let mut ledger = self.namespace.max_bytes.map(|_| self.ledger()).transpose()?;
        for (name, blob) in blobs {
            let path = self.path(name);
            if !renew(&path, blob).map_err(at(&path))? {
                if let Some(ledger) = &mut ledger {
                    self.reserve(ledger, blob.len() as u64)?;
                }
                write(&path, blob).map_err(at(&path))?;
            }
        }
        Ok(())
    }

    fn get(&self, names: &[Name]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        names.iter().map(|name| self.read(name)).collect()
    }

    fn find(&self, prefix: &str) -> Result<Vec<Name>, Error> {
        if self.namespace.lookup_digits.is_none_or(|fewest| prefix.len() < fewest) {
            return Ok(Vec::new());
        }
        let Some((directory, rest)) = prefix.split_at_checked(DIRECTORY_DIGITS) else {
            return Ok(Vec::new());
        };
        let folder = self.root.join(directory);
        let names = entries(&folder)?.filter_map(|entry| {
            let file = entry.file_name().to_string_lossy().into_owned();
            self.name(directory, &file).filter(|_| file.starts_with(rest))
        });
        Ok(names.collect())
    }

    fn remove(&self, name: &Name) -> Result<(), Error> {
        let mut ledger = self.namespace.max_bytes.map(|_| self.ledger()).transpose()?;
        let path = self.path(name);
        let Ok(facts) = fs::metadata(&path) else { return Ok(()) };
        fs::remove_file(&path).or_else(unless_absent).map_err(at(&path))?;
        if let Some(ledger) = &mut ledger {
            let mut entry = ledger.entry();
            entry.usage.entries = entry.usage.entries.saturating_sub(1);
            entry.usage.bytes = entry.usage.bytes.saturating_sub(facts.len());
            ledger.write(entry).map_err(at(&self.root))?;
        }
        Ok(())
    }

    fn usage(&self) -> Result<Usage, Error> {
        if self.namespace.max_bytes.is_some() {
            return Ok(self.ledger()?.entry().usage);
        }
        let stored = self.list()?;
        let bytes = stored.iter().map(|file| file.bytes).sum();
        Ok(Usage { entries: stored.len() as u64, bytes })
    }

    fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    fn describe(&self) -> String {
        format!("files in {}", self.root.display())
    }
}

/// Renews the file at `path` if it contains `blob`; returns whether it does.
fn renew(path: &Path, blob: &[u8]) -> io::Result<bool> {
    match fs::read(path) {
        Ok(bytes) if bytes == blob => {
            File::options().write(true).open(path)?.set_modified(SystemTime::now())?;
            Ok(true)
        }
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes `blob` to `path` atomically.
fn write(path: &Path, blob: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(path);
    let writer = Writer::new().named(UNFINISHED, "");
    let mut staged = match writer.stage(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            private_fs::create_dir(dir)?;
            writer.stage(path)?
        }
        staged => staged?,
    };
    staged.write_all(blob)?;
    staged.commit()
}

/// The entries of a directory; none if it doesn't exist.
fn entries(dir: &Path) -> Result<impl Iterator<Item = fs::DirEntry>, Error> {
    let listed = match fs::read_dir(dir) {
        Ok(listed) => Some(listed),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(at(dir)(error)),
    };
    // An unreadable entry is skipped.
    Ok(listed.into_iter().flatten().filter_map(Result::ok))
}

/// The time since `put`; zero for a time in the future.
fn age(put: SystemTime) -> Duration {
    put.elapsed().unwrap_or_default()
}

fn unless_absent(error: io::Error) -> io::Result<()> {
    if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    |source| Error::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bounds, Hash, Originals};

    fn open(root: &Path, bytes: u64) -> Files {
        Files::open(root, Namespace::originals(Bounds { bytes, ..Bounds::default() })).unwrap()
    }

    fn keep(files: &Files, text: &str) -> PathBuf {
        let name = Hash::of(text).name();
        files.put(&[(name.clone(), text.as_bytes())]).unwrap();
        files.path(&name)
    }

    fn find(files: &Files, text: &str) -> Option<String> {
        let found = files.get(&[Hash::of(text).name()]).unwrap().remove(0);
        found.map(|blob| String::from_utf8(blob).unwrap())
    }

    fn make_older(path: &Path, seconds: u64) {
        let then = SystemTime::now() - Duration::from_secs(seconds);
        File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
    }

    #[test]
    fn laid_out_by_hash_and_private() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("a").join("originals");
        let path = keep(&open(&root, 1000), "");
        assert_eq!(path, root.join("af").join("1349b9f5f9a1a6a0404dea"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o600);
            assert_eq!(mode(&root.join(LEDGER)), 0o600);
            for dir in [path.parent().unwrap(), &root, root.parent().unwrap()] {
                assert_eq!(mode(dir), 0o700, "{}", dir.display());
            }
        }
    }

    #[test]
    fn what_is_removed_is_gone_and_no_longer_counts() {
        let root = tempfile::tempdir().unwrap();
        let files = open(root.path(), 1000);
        keep(&files, "one");
        keep(&files, "three");
        for _ in 0..2 {
            files.remove(&Hash::of("three").name()).unwrap();
            assert_eq!(find(&files, "three"), None);
            assert_eq!(files.usage().unwrap(), Usage { entries: 1, bytes: 3 });
        }
    }

    #[test]
    fn another_process_finds_it_by_a_prefix() {
        let root = tempfile::tempdir().unwrap();
        keep(&open(root.path(), 1000), "a text\r\n\u{feff}with all its bytes\0");
        let other = Originals::new(Arc::new(open(root.path(), 1000)));
        let hash = Hash::of("a text\r\n\u{feff}with all its bytes\0").to_string();
        for name in [&hash[..], &hash[..12], &hash[..17], &hash.to_uppercase()] {
            assert_eq!(other.get(name).unwrap().unwrap().hash.to_string(), hash, "{name}");
        }
        assert_eq!(other.get(&hash[..11]).unwrap(), None);
        assert_eq!(other.get("../../../etc/passwd").unwrap(), None);
    }

    #[test]
    fn two_that_begin_alike_are_told_apart_by_more_digits() {
        let root = tempfile::tempdir().unwrap();
        let files = open(root.path(), 1000);
        let names = ["af1349b9f5f9a1a6a0404de0", "af1349b9f5f9a1a6a0404de1"]
            .map(|digits| Hash::parse(digits).unwrap().name());
        for name in &names {
            files.put(&[(name.clone(), b"x")]).unwrap();
        }
        let find = |prefix: &str| {
            let mut found = files.find(prefix).unwrap();
            found.sort();
            found
        };
        assert_eq!(find("af1349b9f5f9a1a6"), names);
        assert_eq!(find("af1349b9f5f9a1a6a0404de1"), names[1..]);
        for none in ["af1349b9f5f9a1a7", "af1349b9f5f", "../../../etc/passwd", ""] {
            assert!(find(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn the_oldest_go_first_until_an_eighth_is_free() {
        let root = tempfile::tempdir().unwrap();
        let files = open(root.path(), 80);
        let texts: Vec<String> = (0..8).map(|i| format!("text no. {i}")).collect();
        for (i, text) in texts.iter().enumerate() {
            make_older(&keep(&files, text), 1000 - i as u64);
        }
        assert_eq!(files.usage().unwrap(), Usage { entries: 8, bytes: 80 });
        keep(&files, &texts[0]); // new again
        keep(&files, "one more");
        assert_eq!(find(&files, &texts[1]), None);
        for text in texts.iter().skip(2).chain([&texts[0]]) {
            assert!(find(&files, text).is_some(), "{text}");
        }
        assert_eq!(files.usage().unwrap(), Usage { entries: 8, bytes: 78 });
    }

    #[test]
    fn the_bound_holds_whatever_comes() {
        let root = tempfile::tempdir().unwrap();
        let files = open(root.path(), 1000);
        for i in 0..200usize {
            keep(&files, &"x".repeat(i * 37 % 900));
            let held: u64 = files.list().unwrap().iter().map(|file| file.bytes).sum();
            assert!(held <= 1000, "{held} bytes after {i}");
            assert_eq!(held, files.usage().unwrap().bytes);
        }
    }

    #[test]
    fn what_is_too_old_is_gone_and_swept() {
        let root = tempfile::tempdir().unwrap();
        let files = open(root.path(), 1000);
        let path = keep(&files, "old");
        make_older(&path, 8 * 24 * 60 * 60);
        assert_eq!(find(&files, "old"), None);
        fs::write(root.path().join(LEDGER), "1 3 1000\n").unwrap(); // swept long ago
        keep(&files, "new");
        assert!(!path.exists());
        assert_eq!(files.usage().unwrap(), Usage { entries: 1, bytes: 3 });
    }

    #[test]
    fn a_torn_file_is_unknown_until_it_is_put_again() {
        let root = tempfile::tempdir().unwrap();
        let originals = Originals::new(Arc::new(open(root.path(), 1000)));
        let hash = originals.put("whole").unwrap();
        let path = open(root.path(), 1000).path(&hash.name());
        for torn in [&b""[..], b"who", b"whol\xff", b"other"] {
            fs::write(&path, torn).unwrap();
            assert_eq!(originals.get(&hash.to_string()).unwrap(), None);
        }
        originals.put("whole").unwrap();
        assert_eq!(originals.get(&hash.to_string()).unwrap().unwrap().text, "whole");
    }

    #[test]
    fn a_lost_ledger_is_made_anew() {
        let root = tempfile::tempdir().unwrap();
        let files = open(root.path(), 1000);
        keep(&files, "one");
        fs::remove_file(root.path().join(LEDGER)).unwrap();
        keep(&files, "three");
        assert_eq!(files.usage().unwrap(), Usage { entries: 2, bytes: 8 });
    }

    #[test]
    fn abandoned_files_are_swept_and_foreign_ones_left() {
        let root = tempfile::tempdir().unwrap();
        let files = open(root.path(), 1000);
        let dir = keep(&files, "one").parent().unwrap().to_owned();
        let (dead, alive, foreign) =
            (dir.join(".unfinished-a"), dir.join(".unfinished-b"), dir.join("notes.txt"));
        for path in [&dead, &alive, &foreign] {
            fs::write(path, "x").unwrap();
        }
        make_older(&dead, 2 * 60 * 60);
        make_older(&foreign, 2 * 60 * 60);
        files.sweep(0).unwrap();
        assert_eq!((dead.exists(), alive.exists(), foreign.exists()), (false, true, true));
    }

    #[test]
    fn many_at_once_stay_within_the_bound_and_lose_nothing_new() {
        let root = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for worker in 0..8 {
                let files = open(root.path(), 20_000);
                scope.spawn(move || {
                    for i in 0..100 {
                        let text = format!("{worker} {}", i.to_string().repeat(20));
                        keep(&files, &text);
                        assert_eq!(find(&files, &text), Some(text));
                    }
                });
            }
        });
        let held: u64 =
            open(root.path(), 20_000).list().unwrap().iter().map(|file| file.bytes).sum();
        assert!(held <= 20_000, "{held}");
    }
}
