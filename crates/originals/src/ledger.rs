//! How much a folder of originals holds, without listing it: a line in one small file that every
//! process locks while it changes what the folder holds.
//!
//! The figures are an upper bound: a process reserves room before it writes, and one that is killed
//! in between leaves its reservation. A sweep of the folder makes them exact again.

use std::fs::File;
use std::io::{ErrorKind, Read, Result, Seek, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Usage;

/// The longest line that is a ledger; anything longer is not one.
const LONGEST: u64 = 128;
/// The digits of a figure, filled up with zeros: every line is as long as the one that it takes the
/// place of. To shorten the file first, as some file systems then force it to the disk, took longer
/// than to write an original.
const DIGITS: usize = 20;

/// The ledger of a folder, locked as long as this lives.
pub(crate) struct Ledger {
    file: File,
    page: Page,
}

/// What the ledger says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// What the folder holds at most.
    pub(crate) usage: Usage,
    /// When it was last swept, in seconds since 1970; 0 when it never was.
    pub(crate) swept: u64,
}

impl Ledger {
    /// Opens the ledger at `path` and waits until no other process holds it.
    pub(crate) fn lock(path: &Path) -> Result<Self> {
        let file =
            File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.lock() {
            // Some network file systems have no locks: the bound is then kept less exactly.
            Err(error) if error.kind() != ErrorKind::Unsupported => return Err(error),
            _ => {}
        }
        let mut line = Vec::new();
        (&file).take(LONGEST).read_to_end(&mut line)?;
        if line.is_empty() {
            restrict(&file)?;
        }
        Ok(Self { file, page: Page::parse(&line) })
    }

    /// What it says.
    pub(crate) fn page(&self) -> Page {
        self.page
    }

    /// Writes another page.
    pub(crate) fn write(&mut self, page: Page) -> Result<()> {
        self.page = page;
        let line = page.line();
        if self.file.metadata()?.len() > line.len() as u64 {
            // It wasn't a ledger. Killed in between, this leaves one that doesn't parse: the next one
            // sweeps.
            self.file.set_len(0)?;
        }
        self.file.rewind()?;
        self.file.write_all(line.as_bytes())
    }
}

impl Page {
    /// An unreadable ledger is one that says: nothing is known, sweep.
    fn parse(line: &[u8]) -> Self {
        let unknown = Self { usage: Usage::default(), swept: 0 };
        let Some(line) = std::str::from_utf8(line).ok().and_then(|line| line.strip_suffix('\n'))
        else {
            return unknown;
        };
        let figures: Option<Vec<u64>> = line.split(' ').map(|figure| figure.parse().ok()).collect();
        match figures.as_deref() {
            Some(&[entries, bytes, swept]) => Self { usage: Usage { entries, bytes }, swept },
            _ => unknown,
        }
    }

    fn line(self) -> String {
        let Usage { entries, bytes } = self.usage;
        format!("{entries:0DIGITS$} {bytes:0DIGITS$} {:0DIGITS$}\n", self.swept)
    }

    /// Whether the folder has to be swept before `incoming` more bytes are written: they would not
    /// fit, or something may have become too old since the last sweep.
    pub(crate) fn is_due(self, incoming: u64, most: u64, age: Duration, now: u64) -> bool {
        let pause = age.as_secs().min(LONGEST_PAUSE);
        self.usage.bytes.saturating_add(incoming) > most
            || now < self.swept
            || now - self.swept > pause
    }
}

/// Seconds after which a folder is swept even if it isn't full.
const LONGEST_PAUSE: u64 = 60 * 60;

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(unix)]
fn restrict(file: &File) -> Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn restrict(_: &File) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let page = Page { usage: Usage { entries: 3, bytes: 12_345 }, swept: 1_700_000_000 };
        Ledger::lock(&path).unwrap().write(page).unwrap();
        assert_eq!(Ledger::lock(&path).unwrap().page(), page);
        std::fs::write(&path, "no ledger, and longer than any".repeat(9)).unwrap();
        let shorter = Page { usage: Usage::default(), swept: 7 };
        Ledger::lock(&path).unwrap().write(shorter).unwrap();
        assert_eq!(Ledger::lock(&path).unwrap().page(), shorter);
    }

    #[test]
    fn half_a_line_or_garbage_asks_for_a_sweep() {
        for line in ["", "3 12345 17", "3 12345\n", "a b c\n", "1 2 3 4\n", "\u{0}\n", "-1 2 3\n"] {
            let page = Page::parse(line.as_bytes());
            assert!(page.is_due(0, u64::MAX, Duration::from_secs(7200), now()), "{line:?}");
        }
    }

    #[test]
    fn a_sweep_is_due_when_full_old_or_from_the_future() {
        let page = Page { usage: Usage { entries: 1, bytes: 90 }, swept: 10_000 };
        let due = |incoming, age, now| page.is_due(incoming, 100, Duration::from_secs(age), now);
        assert!(!due(10, 86_400, 10_000));
        assert!(due(11, 86_400, 10_000));
        assert!(due(1, 86_400, 13_601));
        assert!(due(1, 60, 10_061));
        assert!(due(1, 86_400, 9_999));
    }
}
