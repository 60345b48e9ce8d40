//! The folder `.contextos/cache`, in which results are kept between runs.
//!
//! Its files are replaced atomically, so that of two concurrent processes the last one wins and every file is
//! always intact. A folder or a file that is a link, or that belongs to another user, counts as missing.
//!
//! Each file begins with a stamp: a hash of this program's build and of the folder that contains it. A malicious
//! repository that ships a cache, to misrepresent its other files, can't know that hash.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use private_fs::{Content, Links, Writer, read_content, require_real_dir};

use crate::compression::{compressed, decompressed};

/// A hash of what a file of the cache depends on besides the checkout's files.
pub(crate) type Stamp = [u8; 32];

/// A checksum of a file's content.
pub(crate) type Checksum = [u8; 16];

/// Content up to this many bytes is compressed. By hand: of a small checkout, the words and the history take a tenth of
/// what its source takes; of a large one they are a smaller share, and take less time to read as they are.
const COMPRESSED: usize = 4 << 20;

/// A file that is intact.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The checksum of what is stored.
    pub(crate) check: Checksum,
    /// The content, after what was stored before it.
    pub(crate) bytes: Vec<u8>,
    /// Where in `bytes` the content begins.
    pub(crate) start: usize,
}

impl Checked {
    /// The content.
    pub(crate) fn content(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }
}

/// The cache's folder of a checkout.
#[derive(Debug)]
pub(crate) struct CacheFolder(PathBuf);

impl CacheFolder {
    /// The folder of the checkout at `root`; `None` if it is missing or isn't the user's own.
    pub(crate) fn open(root: &Path) -> Option<Self> {
        let outer = root.join(".contextos");
        let inner = outer.join("cache");
        require_real_dir(&outer).ok()?;
        require_real_dir(&inner).ok()?;
        let is_own = is_own(&inner.symlink_metadata().ok()?);
        is_own.then_some(Self(inner))
    }

    /// The same, created if it is missing, with an ignore file that hides it from git.
    ///
    /// # Errors
    /// When it can't be created or isn't the user's own.
    pub(crate) fn make(root: &Path) -> io::Result<Self> {
        let make = |folder: &Path| match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        };
        make(&root.join(".contextos"))?;
        if root.join(".contextos").symlink_metadata()?.is_dir() {
            make(&root.join(".contextos/cache"))?;
        }
        let folder = Self::open(root).ok_or(io::ErrorKind::PermissionDenied)?;
        match fs::File::create_new(folder.0.join(".gitignore")) {
            Ok(mut file) => file.write_all(b"*\n")?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        Ok(folder)
    }

    /// The content of a file of at most `limit` bytes; `None` if there is none, or it isn't the user's own.
    pub(crate) fn read(&self, name: &str, limit: u64) -> Option<Vec<u8>> {
        let path = self.0.join(name);
        let metadata = path.symlink_metadata().ok()?;
        if !metadata.is_file() || !is_own(&metadata) {
            return None;
        }
        match read_content(&path, Links::Refuse, metadata.len(), limit) {
            Ok(Content::Whole(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// What [`write_checked`](Self::write_checked) wrote in the same format; `None` if there is nothing, or it is damaged.
    pub(crate) fn read_checked(&self, name: &str, format: &[u8], limit: u64) -> Option<Checked> {
        let bytes = self.read(name, limit)?;
        let (stamp, rest) = bytes.split_first_chunk::<32>()?;
        let (check, content) = rest.split_first_chunk::<16>()?;
        if *stamp != self.stamp(format)? || *check != checksum(content) {
            return None;
        }
        let (check, (is_compressed, stored)) = (*check, content.split_first()?);
        if *is_compressed == 0 {
            let start = bytes.len() - stored.len();
            return Some(Checked { check, bytes, start });
        }
        Some(Checked { check, bytes: decompressed(stored, COMPRESSED)?, start: 0 })
    }

    /// Replaces a file by `content`, compressed if that isn't long, after a stamp and a checksum, which is given back.
    ///
    /// # Errors
    /// When it can't be written; the old one is then unchanged.
    pub(crate) fn write_checked(
        &self,
        name: &str,
        format: &[u8],
        content: &[u8],
    ) -> io::Result<Checksum> {
        let stamp = self.stamp(format).ok_or(io::ErrorKind::Unsupported)?;
        let stored = match content.len() {
            0..=COMPRESSED => [&[1], compressed(content).as_slice()].concat(),
            _ => [&[0], content].concat(),
        };
        let check = checksum(&stored);
        self.write(name, &[&stamp, &check, &stored])?;
        Ok(check)
    }

    /// The size of all files but this one, in bytes.
    pub(crate) fn size_without(&self, name: &str) -> u64 {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let others = entries.filter(|entry| entry.file_name() != *name);
        others.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
    }

    /// Removes a file, if it is there. That it can't be is no error: whatever is left isn't relied on.
    pub(crate) fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.0.join(name));
    }

    /// Replaces a file by `parts`, one after the other.
    ///
    /// # Errors
    /// When it can't be written; the old one is then unchanged.
    pub(crate) fn write(&self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        let path = self.0.join(name);
        let mut staged = Writer::new().stage(&path)?;
        for part in parts {
            staged.write_all(part)?;
        }
        staged.commit()
    }

    /// The stamp of files in a format, whose name has its version; `None` if the system doesn't say what it
    /// consists of.
    pub(crate) fn stamp(&self, format: &[u8]) -> Option<Stamp> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(format);
        let program = std::env::current_exe().ok()?.metadata().ok()?;
        let built = program.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        hasher.update(&program.len().to_le_bytes()).update(&built.as_nanos().to_le_bytes());
        let folder = self.0.canonicalize().ok()?;
        hasher.update(&number(&folder.metadata().ok()?).to_le_bytes());
        hasher.update(folder.as_os_str().as_encoded_bytes());
        Some(*hasher.finalize().as_bytes())
    }
}

pub(crate) fn checksum(content: &[u8]) -> Checksum {
    xxhash_rust::xxh3::xxh3_128(content).to_le_bytes()
}

/// Whether something belongs to the user who runs this program.
#[cfg(unix)]
fn is_own(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(metadata) == rustix::process::geteuid().as_raw()
}

/// On other systems, the rights of the user's folder decide.
#[cfg(not(unix))]
fn is_own(_metadata: &fs::Metadata) -> bool {
    true
}

#[cfg(unix)]
fn number(folder: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(folder)
}

/// The folder's creation time, on systems without inode numbers.
#[cfg(not(unix))]
fn number(folder: &fs::Metadata) -> u64 {
    let made = folder.created().ok().and_then(|made| made.duration_since(UNIX_EPOCH).ok());
    made.map_or(0, |made| made.as_nanos() as u64)
}
