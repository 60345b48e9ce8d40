//! The size of a directory of blobs without listing it: one line in a small file, which every
//! process locks while it changes the directory.
//!
//! The numbers are an upper bound: a process reserves room before it writes, and if it is killed in
//! between its reservation remains. Listing the directory makes them exact again.

use std::fs::File;
use std::io::{ErrorKind, Read, Result, Seek, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Usage;

/// Bytes of a line that are read: more than any valid one has.
const LONGEST: u64 = 128;
/// The digits of a number, padded with zeros, so that every line has the same length and overwrites
/// the one before. Truncating the file first took longer than writing a blob, because some
/// file systems then flush it to disk.
const DIGITS: usize = 20;

/// The ledger of a directory, locked until it is dropped.
pub(crate) struct Ledger {
    file: File,
    entry: LedgerEntry,
}

/// The contents of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LedgerEntry {
    /// An upper bound of the contents of the directory.
    pub(crate) usage: Usage,
    /// The time of the last sweep, in seconds since 1970; 0 if there was none.
    pub(crate) swept: u64,
}

impl Ledger {
    /// Opens the ledger at `path` and waits for its lock.
    pub(crate) fn lock(path: &Path) -> Result<Self> {
        let file = private_fs::open_options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        match file.lock() {
            // Some network file systems have no locks: there the capacity is kept less exactly.
            Err(error) if error.kind() != ErrorKind::Unsupported => return Err(error),
            _ => {}
        }
        let mut line = Vec::new();
        (&file).take(LONGEST).read_to_end(&mut line)?;
        Ok(Self { file, entry: LedgerEntry::parse(&line) })
    }

    /// Its contents.
    pub(crate) fn entry(&self) -> LedgerEntry {
        self.entry
    }

    /// Replaces its contents.
    pub(crate) fn write(&mut self, entry: LedgerEntry) -> Result<()> {
        self.entry = entry;
        let line = entry.line();
        if self.file.metadata()?.len() > line.len() as u64 {
            // It wasn't a valid ledger. If the process is killed in between, it remains invalid,
            // and the next process sweeps.
            self.file.set_len(0)?;
        }
        self.file.rewind()?;
        self.file.write_all(line.as_bytes())
    }
}

impl LedgerEntry {
    /// An invalid ledger counts as never swept, so that the directory is listed.
    fn parse(line: &[u8]) -> Self {
        let unknown = Self { usage: Usage::default(), swept: 0 };
        let Some(line) = std::str::from_utf8(line).ok().and_then(|line| line.strip_suffix('\n'))
        else {
            return unknown;
        };
        let numbers: Option<Vec<u64>> = line.split(' ').map(|number| number.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[entries, bytes, swept]) => Self { usage: Usage { entries, bytes }, swept },
            _ => unknown,
        }
    }

    fn line(self) -> String {
        let Usage { entries, bytes } = self.usage;
        format!("{entries:0DIGITS$} {bytes:0DIGITS$} {:0DIGITS$}\n", self.swept)
    }

    /// Whether the directory has to be swept before `incoming` more bytes are written: they would
    /// not fit, or something may have expired since the last sweep.
    pub(crate) fn is_due(self, incoming: u64, most: u64, age: Duration, now: u64) -> bool {
        let pause = age.as_secs().min(LONGEST_PAUSE);
        self.usage.bytes.saturating_add(incoming) > most
            || now < self.swept
            || now - self.swept > pause
    }
}

/// Seconds after which the directory is swept even if it isn't full. By hand: listing takes milliseconds.
const LONGEST_PAUSE: u64 = 60 * 60;

/// The current time in seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let entry =
            LedgerEntry { usage: Usage { entries: 3, bytes: 12_345 }, swept: 1_700_000_000 };
        Ledger::lock(&path).unwrap().write(entry).unwrap();
        assert_eq!(Ledger::lock(&path).unwrap().entry(), entry);
        std::fs::write(&path, "no ledger, and longer than any".repeat(9)).unwrap();
        let shorter = LedgerEntry { usage: Usage::default(), swept: 7 };
        Ledger::lock(&path).unwrap().write(shorter).unwrap();
        assert_eq!(Ledger::lock(&path).unwrap().entry(), shorter);
    }

    #[test]
    fn half_a_line_or_garbage_asks_for_a_sweep() {
        for line in ["", "3 12345 17", "3 12345\n", "a b c\n", "1 2 3 4\n", "\u{0}\n", "-1 2 3\n"] {
            let entry = LedgerEntry::parse(line.as_bytes());
            assert!(entry.is_due(0, u64::MAX, Duration::from_secs(7200), now()), "{line:?}");
        }
    }

    #[test]
    fn a_sweep_is_due_when_full_old_or_from_the_future() {
        let entry = LedgerEntry { usage: Usage { entries: 1, bytes: 90 }, swept: 10_000 };
        let due = |incoming, age, now| entry.is_due(incoming, 100, Duration::from_secs(age), now);
        assert!(!due(10, 86_400, 10_000));
        assert!(due(11, 86_400, 10_000));
        assert!(due(1, 86_400, 13_601));
        assert!(due(1, 60, 10_061));
        assert!(due(1, 86_400, 9_999));
    }
}
