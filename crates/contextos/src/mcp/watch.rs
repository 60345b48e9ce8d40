//! Watches the folders of a large checkout, so that it needn't be listed for each request.
//!
//! A change is reported after it has happened. So before a watch is believed, a file is written in a folder of this
//! process's own that is watched too, and its report awaited: reports come in the order of changes. Whatever
//! a watch can't do (too many folders, reports that were lost, a report that doesn't come) is an error, after which the
//! checkout is listed as if there were no watch.
//!
//! Only inotify is relied on, whose order is documented; on other systems there is no watch.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{env, fs, process};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// How long the report of one's own file is awaited. By hand: it takes less than a millisecond on an idle machine.
const PATIENCE: Duration = Duration::from_secs(1);

/// A watch on folders.
pub(super) struct Watch {
    watcher: RecommendedWatcher,
    folders: HashSet<PathBuf>,
    reports: Arc<Reports>,
    own: OwnFolder,
}

/// Why a watch can't be relied on.
#[derive(Debug, thiserror::Error)]
pub(super) enum WatchError {
    /// The system refuses: there are too many watches, or it has none.
    #[error(transparent)]
    Refused(#[from] notify::Error),
    /// The folder for the file of one's own can't be written.
    #[error("no temporary folder: {0}")]
    NoFolder(#[from] std::io::Error),
    /// Reports were lost, or don't come in time.
    #[error("changes were missed")]
    Missed,
}

/// What was reported.
#[derive(Default)]
struct Reports {
    state: Mutex<Reported>,
    came: Condvar,
}

#[derive(Default)]
struct Reported {
    /// Whether something in the folders has changed.
    is_changed: bool,
    /// What was created, removed or renamed: a folder there is another one than that which is watched.
    replaced: Vec<PathBuf>,
    /// Whether reports are missing.
    is_incomplete: bool,
    /// The number of the last file of one's own that was reported.
    own: u64,
}

impl Watch {
    /// A watch on nothing.
    ///
    /// # Errors
    /// When the system has none, or there is no temporary folder.
    pub(super) fn new() -> Result<Self, WatchError> {
        let own = OwnFolder::create()?;
        let reports = Arc::new(Reports::default());
        let (receiver, folder) = (Arc::clone(&reports), own.path.clone());
        let mut watcher = notify::recommended_watcher(move |event| receiver.take(event, &folder))?;
        watcher.watch(&own.path, RecursiveMode::NonRecursive)?;
        Ok(Self { watcher, folders: HashSet::new(), reports, own })
    }

    /// Whether something in the folders has changed since the last call, up to now.
    ///
    /// # Errors
    /// When that can't be told; nor can it later.
    pub(super) fn take_changed(&mut self) -> Result<bool, WatchError> {
        let number = self.own.write()?;
        let state = self.reports.lock();
        let waits = |state: &mut Reported| state.own < number && !state.is_incomplete;
        let waited = self.reports.came.wait_timeout_while(state, PATIENCE, waits);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.is_incomplete || state.own < number {
            return Err(WatchError::Missed);
        }
        let replaced = std::mem::take(&mut state.replaced);
        let is_changed = std::mem::take(&mut state.is_changed);
        drop(state);
        for path in replaced {
            let watcher = &mut self.watcher;
            self.folders.retain(|folder| {
                let is_kept = !folder.starts_with(&path);
                if !is_kept {
                    // It may be gone, and the watch with it.
                    let _ = watcher.unwatch(folder);
                }
                is_kept
            });
        }
        Ok(is_changed)
    }

    /// Watches `folders`, those in them not included. True if some weren't watched yet: what has happened in them before
    /// wasn't reported.
    ///
    /// # Errors
    /// When one of them can't be watched.
    pub(super) fn add(&mut self, folders: &[PathBuf]) -> Result<bool, WatchError> {
        let mut is_new = false;
        for folder in folders {
            if self.folders.insert(folder.clone()) {
                self.watcher.watch(folder, RecursiveMode::NonRecursive)?;
                is_new = true;
            }
        }
        Ok(is_new)
    }
}

impl Reports {
    /// Takes a report; those of files in the folder `own` come after everything that happened before they were written.
    fn take(&self, event: notify::Result<Event>, own: &Path) {
        let mut state = self.lock();
        match event {
            Ok(event) if event.need_rescan() => state.is_incomplete = true,
            Ok(event)
                if !event.paths.is_empty() && event.paths.iter().all(|p| p.starts_with(own)) =>
            {
                let number = |path: &PathBuf| path.file_name()?.to_str()?.parse().ok();
                let last = event.paths.iter().filter_map(number).max().unwrap_or(0);
                state.own = state.own.max(last);
            }
            Ok(Event { kind: EventKind::Access(kind), .. })
                if kind != AccessKind::Close(AccessMode::Write) => {}
            Ok(event) => {
                state.is_changed = true;
                let is_replaced = matches!(
                    event.kind,
                    EventKind::Create(_)
                        | EventKind::Remove(_)
                        | EventKind::Modify(ModifyKind::Name(_))
                );
                if is_replaced {
                    state.replaced.extend(event.paths);
                }
            }
            Err(_) => state.is_incomplete = true,
        }
        drop(state);
        self.came.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Reported> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A folder of this process's own, in which it writes files to see them reported. It is removed in the end.
struct OwnFolder {
    path: PathBuf,
    /// The number of the last file.
    last: u64,
}

impl OwnFolder {
    fn create() -> std::io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("contextos-watch-{}-{number}", process::id()));
        // An existing one may be somebody else's.
        fs::create_dir(&path)?;
        Ok(Self { path: path.canonicalize()?, last: 0 })
    }

    /// Writes the next file, and removes it again; gives back its number.
    fn write(&mut self) -> std::io::Result<u64> {
        self.last += 1;
        let file = self.path.join(self.last.to_string());
        fs::File::create_new(&file)?;
        fs::remove_file(&file)?;
        Ok(self.last)
    }
}

impl Drop for OwnFolder {
    fn drop(&mut self) {
        // Nothing in it is needed.
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn changes_in_the_folders_show_and_others_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (inner, other) = (root.join("inner"), root.join("other"));
        fs::create_dir(&inner).unwrap();
        fs::create_dir(&other).unwrap();
        let folders = [root.clone(), inner.clone()];
        let mut watch = Watch::new().unwrap();
        assert!(watch.add(&folders).unwrap());
        assert!(!watch.add(&folders).unwrap());
        let mut is_changed = || watch.take_changed().unwrap();
        assert!(!is_changed());
        fs::write(other.join("a"), "1").unwrap();
        assert!(!is_changed(), "in a folder that isn't watched");
        fs::write(inner.join("a"), "1").unwrap();
        assert!(is_changed());
        fs::read(inner.join("a")).unwrap();
        assert!(!is_changed(), "read");
        fs::write(inner.join("a"), "2").unwrap();
        fs::rename(inner.join("a"), inner.join("b")).unwrap();
        fs::remove_file(inner.join("b")).unwrap();
        assert!(is_changed());
        assert!(!is_changed());
    }

    #[test]
    fn a_folder_that_takes_the_place_of_another_is_watched_anew() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let inner = root.join("inner");
        fs::create_dir(&inner).unwrap();
        let folders = [root.clone(), inner.clone()];
        let mut watch = Watch::new().unwrap();
        watch.add(&folders).unwrap();
        fs::remove_dir(&inner).unwrap();
        fs::create_dir(&inner).unwrap();
        assert!(watch.take_changed().unwrap());
        assert!(watch.add(&folders).unwrap(), "it isn't watched yet");
        fs::write(inner.join("a"), "1").unwrap();
        assert!(watch.take_changed().unwrap());
    }
}
