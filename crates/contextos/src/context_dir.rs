//! The folder `.contextos/` of a checkout: its files, and how they are read and written.
//!
//! A checkout may come from anyone, so no link is followed: a `.contextos` or a file in it that is a
//! link is refused. Files are replaced atomically (a temporary file, then a rename) or whole entries are
//! appended, so that an interrupted run or a full disk loses nothing.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use private_fs::{Access, Links, Writer};

use crate::failure::Failure;

/// The folder's name.
pub(crate) const NAME: &str = ".contextos";
/// The current task.
pub(crate) const TASK: &str = "CURRENT_TASK.md";
/// Notes.
pub(crate) const MEMORY: &str = "MEMORY.md";
/// Notes that `memory compact` moved away.
pub(crate) const MEMORY_ARCHIVE: &str = "MEMORY_ARCHIVE.md";
/// Decisions.
pub(crate) const DECISIONS: &str = "DECISIONS.md";
/// An overview of the repository, for people.
pub(crate) const PROJECT_INDEX: &str = "PROJECT_INDEX.md";
/// The definitions and imports of each file.
pub(crate) const FILE_SUMMARIES: &str = "file_summaries.json";
/// The imports between files.
pub(crate) const DEPENDENCY_GRAPH: &str = "dependency_graph.json";
/// The settings file of the Python program of this name.
pub(crate) const OLD_CONFIG: &str = "CONFIG.json";

const IGNORE_FILE: &str = ".gitignore";
/// The text of that file: git ignores the cache, packs, exports, and the file itself, so that making a
/// pack in somebody's checkout doesn't change `git status`.
const IGNORED: &str = "/.gitignore\n/cache/\n/context_pack.*\n/*_CONTEXT.md\n";

/// The largest file that is read, in bytes. By hand: people write these files.
const MOST_BYTES: u64 = 1 << 20;
/// How long to wait for the lock. Adding an entry takes milliseconds, so a program that holds the lock
/// for longer hangs.
const LOCK_WAIT: Duration = Duration::from_secs(10);
/// The time between two attempts to take the lock.
const LOCK_RETRY: Duration = Duration::from_millis(10);

/// The `.contextos/` of one checkout.
#[derive(Debug)]
pub(crate) struct ContextDir {
    root: PathBuf,
}

impl ContextDir {
    /// The `.contextos/` of the checkout at `root`, which must be a folder.
    pub(crate) fn of(root: &Path) -> Result<Self, Failure> {
        match fs::metadata(root) {
            Ok(metadata) if metadata.is_dir() => Ok(Self { root: root.to_owned() }),
            Ok(_) => Err(Failure::new(format_args!(
                "{}: not a folder; use the folder that contains it",
                root.display()
            ))),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(Failure::new(format_args!("{}: no such folder", root.display())))
            }
            Err(error) => Err(Failure::new(format_args!("{}: {error}", root.display()))),
        }
    }

    /// The path of a file in it.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.root.join(NAME).join(file)
    }

    /// The path of a file in it relative to the top of the checkout, for messages.
    pub(crate) fn shown(file: &str) -> String {
        format!("{NAME}/{file}")
    }

    /// The path of a file in it as it can be opened from the current folder, for messages: relative if it is below that.
    pub(crate) fn shown_from_here(&self, file: &str) -> String {
        let inside = || {
            let here = std::env::current_dir().ok()?.canonicalize().ok()?;
            let root = self.root.canonicalize().ok()?;
            let parts = root.strip_prefix(here).ok()?.iter();
            let parts: Option<Vec<&str>> = parts.map(|part| part.to_str()).collect();
            Some(parts?.iter().map(|part| format!("{part}/")).collect::<String>())
        };
        match inside() {
            Some(folder) => format!("{folder}{}", Self::shown(file)),
            None => {
                let path = self.path(file);
                std::path::absolute(&path).unwrap_or(path).display().to_string()
            }
        }
    }

    /// Whether there is a file of that name in it.
    pub(crate) fn has(&self, file: &str) -> bool {
        fs::symlink_metadata(self.path(file)).is_ok()
    }

    /// The text of a file; `None` if it doesn't exist.
    ///
    /// # Errors
    /// When it is a link, larger than a megabyte, not UTF-8 or unreadable.
    pub(crate) fn read(&self, file: &str) -> Result<Option<String>, Failure> {
        self.refuse_link()?;
        self.refuse_special(file)?;
        let failed = |error: io::Error| self.failed(file, &error);
        let bytes = match private_fs::read(&self.path(file), Links::Refuse, MOST_BYTES) {
            Ok(bytes) => bytes,
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => return Ok(None),
                ErrorKind::FileTooLarge => {
                    let shown = Self::shown(file);
                    let why = "larger than 1 MiB; shorten it";
                    return Err(Failure::new(format_args!("{shown}: {why}")));
                }
                _ => return Err(failed(error)),
            },
        };
        let not_utf8 = |_| failed(io::Error::new(ErrorKind::InvalidData, "not UTF-8"));
        String::from_utf8(bytes).map(Some).map_err(not_utf8)
    }

    /// Creates the folder and its `.gitignore`, if they are missing.
    ///
    /// # Errors
    /// When they can't be created, for instance in a read-only checkout.
    pub(crate) fn create(&self) -> Result<(), Failure> {
        self.refuse_link()?;
        let folder = self.root.join(NAME);
        fs::create_dir_all(&folder).map_err(|error| self.failed("", &error))?;
        match File::options().write(true).create_new(true).open(self.path(IGNORE_FILE)) {
            Ok(mut file) => file.write_all(IGNORED.as_bytes()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return self.refuse_special(IGNORE_FILE);
            }
            Err(error) => Err(error),
        }
        .map_err(|error| self.failed(IGNORE_FILE, &error))
    }

    /// Replaces a file atomically.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn write(&self, file: &str, text: &str) -> Result<(), Failure> {
        self.create()?;
        replace(&self.path(file), text.as_bytes()).map_err(|error| self.failed(file, &error))
    }

    /// Appends an entry to a file, after `head` if the file is new. Programs that append at the same time
    /// wait for each other. An entry that can't be written as a whole isn't written at all.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn append(&self, file: &str, head: &str, entry: &str) -> Result<(), Failure> {
        let _lock = self.lock()?;
        self.append_locked(file, head, entry)
    }

    /// Moves a part of `file` to the end of `archive`, which begins with `head`: `split` takes the text
    /// of `file` and returns what stays and what moves. An interrupted run may leave a part in both files,
    /// but never in neither.
    ///
    /// # Errors
    /// When one of them can't be read or written.
    pub(crate) fn archive(
        &self,
        file: &str,
        archive: &str,
        head: &str,
        split: impl FnOnce(&str) -> (String, String),
    ) -> Result<(), Failure> {
        let _lock = self.lock()?;
        let Some(text) = self.read(file)? else { return Ok(()) };
        let (stays, moves) = split(&text);
        if moves.is_empty() {
            return Ok(());
        }
        self.append_locked(archive, head, &moves)?;
        self.write(file, &stays)
    }

    /// Takes the lock for appending. It is on `.gitignore`, which always exists and is never replaced.
    ///
    /// # Errors
    /// When another program holds it for longer than [`LOCK_WAIT`].
    fn lock(&self) -> Result<File, Failure> {
        self.create()?;
        let open = || {
            let file = File::open(self.path(IGNORE_FILE))?;
            let end = Instant::now() + LOCK_WAIT;
            loop {
                match file.try_lock() {
                    Ok(()) => return Ok(file),
                    Err(TryLockError::Error(error)) => return Err(error),
                    Err(TryLockError::WouldBlock) if Instant::now() < end => {
                        thread::sleep(LOCK_RETRY);
                    }
                    Err(TryLockError::WouldBlock) => {
                        return Err(io::Error::other("locked by another program"));
                    }
                }
            }
        };
        open().map_err(|error| self.failed(IGNORE_FILE, &error))
    }

    fn append_locked(&self, file: &str, head: &str, entry: &str) -> Result<(), Failure> {
        self.refuse_special(file)?;
        append(&self.path(file), head, entry).map_err(|error| self.failed(file, &error))
    }

    /// Refuses a `.contextos` that is a link.
    fn refuse_link(&self) -> Result<(), Failure> {
        let path = self.root.join(NAME);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => Err(Failure::new(format_args!(
                "{}: a symbolic link, which could lead out of the checkout; replace it with a folder",
                shown(&path)
            ))),
            _ => Ok(()),
        }
    }

    /// Refuses a file that isn't a regular one: a link, a pipe, a folder.
    fn refuse_special(&self, file: &str) -> Result<(), Failure> {
        let path = self.path(file);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if !metadata.is_file() => Err(Failure::new(format_args!(
                "{}: not a regular file (a link could lead out of the checkout); replace it with one",
                shown(&path)
            ))),
            _ => Ok(()),
        }
    }

    fn failed(&self, file: &str, error: &io::Error) -> Failure {
        let folder = self.root.join(NAME);
        let path = if file.is_empty() { folder } else { folder.join(file) };
        Failure::new(format_args!("{}: {error}", shown(&path)))
    }
}

/// A path for messages: without a `./` that the user didn't write.
fn shown(path: &Path) -> std::path::Display<'_> {
    path.strip_prefix(".").unwrap_or(path).display()
}

/// Replaces the file at `path` atomically. An existing file keeps its permissions.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    Writer::new().access(Access::Shared).named(".context-", ".tmp").write(path, bytes)
}

fn append(path: &Path, head: &str, entry: &str) -> io::Result<()> {
    let mut file = File::options().read(true).append(true).create(true).open(path)?;
    let before = file.metadata()?.len();
    let mut text = String::new();
    if before == 0 {
        text.push_str(head);
    } else {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            text.push('\n');
        }
    }
    text.push_str(entry);
    if let Err(error) = file.write_all(text.as_bytes()) {
        file.set_len(before)?;
        return Err(error);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_many_writers_are_all_there_and_whole() {
        let root = tempfile::tempdir().unwrap();
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let root = root.path().to_owned();
                std::thread::spawn(move || {
                    let folder = ContextDir::of(&root).unwrap();
                    for entry in 0..25 {
                        let line = format!("- {writer}/{entry} {}\n", "x".repeat(200));
                        folder.append(MEMORY, "# Notes\n", &line).unwrap();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        let text = ContextDir::of(root.path()).unwrap().read(MEMORY).unwrap().unwrap();
        assert_eq!(text.matches("# Notes\n").count(), 1);
        assert_eq!(text.lines().filter(|line| line.len() > 200).count(), 200);
    }

    #[test]
    fn a_missing_last_newline_is_added() {
        let root = tempfile::tempdir().unwrap();
        let folder = ContextDir::of(root.path()).unwrap();
        folder.write(MEMORY, "# Mine").unwrap();
        folder.append(MEMORY, "", "- one\n").unwrap();
        assert_eq!(folder.read(MEMORY).unwrap().unwrap(), "# Mine\n- one\n");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("secret"), "s").unwrap();
        let folder = ContextDir::of(root.path()).unwrap();

        folder.create().unwrap();
        let link = folder.path(MEMORY);
        std::os::unix::fs::symlink(elsewhere.path().join("secret"), &link).unwrap();
        assert!(folder.read(MEMORY).is_err());
        assert!(folder.append(MEMORY, "", "x\n").is_err());
        folder.write(MEMORY, "mine").unwrap();
        assert_eq!(fs::read_to_string(elsewhere.path().join("secret")).unwrap(), "s");

        fs::remove_dir_all(root.path().join(NAME)).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), root.path().join(NAME)).unwrap();
        assert!(folder.write(MEMORY, "x").is_err());
        assert!(folder.read("secret").is_err());
        assert!(!elsewhere.path().join(MEMORY).exists());
    }
}
