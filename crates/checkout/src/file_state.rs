//! The metadata by which a file that has changed is recognised without reading it.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file that changed more recently may change again with the same time stamp: some file systems store
/// times to two seconds only.
const TOO_FRESH: Duration = Duration::from_secs(2);

/// The metadata of a file that changes with its content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileState {
    /// In bytes.
    pub(crate) size: u64,
    /// When the content was written, in nanoseconds since 1970.
    pub(crate) modified: i64,
    /// When content or metadata were, which no program can set; 0 on systems that don't say.
    pub(crate) changed: i64,
    /// The number of the file on its disk; 0 on systems without.
    pub(crate) inode: u64,
}

impl FileState {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().map_or(0, nanoseconds);
        let (changed, inode) = identity(metadata);
        Self { size: metadata.len(), modified, changed, inode }
    }

    /// Whether a change after `now` will show: the file hasn't been written so shortly before that a later change
    /// could have the same time. A time in the future never settles, because it says nothing about later changes.
    pub(crate) fn is_settled(&self, now: SystemTime) -> bool {
        is_past(self.modified.max(self.changed), now)
    }

    /// The same, of content that no program has given an earlier time.
    pub(crate) fn is_content_settled(&self, now: SystemTime) -> bool {
        is_past(self.modified, now)
    }

    /// Its numbers, for a hash.
    pub(crate) fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let numbers = [
            self.size.to_le_bytes(),
            self.modified.to_le_bytes(),
            self.changed.to_le_bytes(),
            self.inode.to_le_bytes(),
        ];
        bytes.copy_from_slice(numbers.as_flattened());
        bytes
    }
}

fn is_past(time: i64, now: SystemTime) -> bool {
    time.saturating_add(TOO_FRESH.as_nanos() as i64) <= nanoseconds(now)
}

/// Nanoseconds since 1970, before which there are no files.
fn nanoseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (i64, u64) {
    use std::os::unix::fs::MetadataExt;
    let changed =
        metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec());
    (changed, metadata.ino())
}

#[cfg(not(unix))]
fn identity(_metadata: &Metadata) -> (i64, u64) {
    (0, 0)
}
