//! One entry of ours in one config file: put in and taken out again, so that in the end the file is
//! as it was.
//!
//! Before our entry goes into a file, the file is kept beside it as `NAME.before-OWNER`. When the entry
//! is taken out and only blanks differ from that backup, the backup's bytes come back; so it doesn't
//! matter that `{}`, `{ }` and no file at all look the same once something was put in. If the file was
//! changed meanwhile, only the entry goes.
//!
//! A backup is the file as it would be without its owner's entry. So when an entry is taken out, it is
//! taken out of the other owners' backups, too: entries may come and go in any order.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::edit::{self, EditError, Format, Slot};
use crate::file::{self, FileError, Rewrite};

/// Where an entry of ours is, or would be.
pub struct ConfigEntry<'a> {
    /// The config file.
    pub file: &'a Path,
    /// Its language.
    pub format: Format,
    /// The place in it.
    pub slot: Slot<'a>,
    /// The program whose entry it is; part of the backup's name.
    pub owner: &'a str,
    /// Whether what is found there is the owner's, and not somebody else's under the same name.
    pub is_ours: &'a dyn Fn(&Value) -> bool,
    /// The root of the project that the file belongs to; `None` for a file of the user's own.
    ///
    /// A project comes from others, so no link that leads out of it is followed. The file as it was isn't
    /// kept beside it there: the history has it, and a backup would be one more file to commit by mistake.
    pub project: Option<&'a Path>,
}

/// Why a config file was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// It can't be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// It can't be edited.
    #[error("{}: {error}; nothing was changed", path.display())]
    Edit {
        /// The file.
        path: PathBuf,
        /// What is in the way.
        error: EditError,
    },
}

/// What is to be done to files: computed, and not done yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// In the order in which it is done. A change that is cut short leaves a backup too many.
    rewrites: Vec<Rewrite>,
    /// Which of them is the config file.
    main: usize,
}

impl Change {
    /// Does it.
    ///
    /// # Errors
    /// If a file can't be written, or isn't any more what it was when the change was computed.
    pub fn apply(&self) -> Result<(), FileError> {
        self.rewrites.iter().try_for_each(Rewrite::apply)
    }

    /// What it does to the config file, as a unified diff.
    pub fn diff(&self) -> String {
        self.rewrites[self.main].diff()
    }

    /// Whether the config file will be gone: it held nothing but our entry.
    pub fn removes_file(&self) -> bool {
        self.rewrites[self.main].after.is_none()
    }
}

impl ConfigEntry<'_> {
    /// The entry that is there.
    ///
    /// # Errors
    /// If the file can't be read, or is broken.
    pub fn find(&self) -> Result<Option<Value>, EntryError> {
        match self.read(self.file)? {
            Some(text) => self.edit(edit::find(self.format, &text, &self.slot)),
            None => Ok(None),
        }
    }

    /// `value` as the entry, in place of the one that is there.
    ///
    /// # Errors
    /// If the file can't be read, is read-only or broken, or leaves no place for the entry.
    pub fn put(&self, value: &Value) -> Result<Change, EntryError> {
        file::check_writable(self.file, self.project)?;
        let before = self.read(self.file)?;
        let text = before.as_deref().unwrap_or("");
        let after = self.edit(edit::put(self.format, text, &self.slot, value))?;
        let found = self.edit(edit::find(self.format, text, &self.slot))?;
        let backup = self.read_backup()?;
        let kept = match found.is_some_and(|found| (self.is_ours)(&found)) {
            _ if self.project.is_some() => None,
            true => backup.clone(),
            false => before.clone(),
        };
        let rewrites = vec![
            self.rewrite(self.backup(), backup, kept),
            self.rewrite(self.file.to_owned(), before, Some(after)),
        ];
        Ok(Change { rewrites, main: 1 })
    }

    /// The entry taken out; `None` if it isn't there. If it had taken another entry's place, that one
    /// comes back.
    ///
    /// # Errors
    /// If the file can't be read, is read-only or broken.
    pub fn take(&self) -> Result<Option<Change>, EntryError> {
        let Some(before) = self.read(self.file)? else { return Ok(None) };
        if self.edit(edit::find(self.format, &before, &self.slot))?.is_none() {
            return Ok(None);
        }
        file::check_writable(self.file, self.project)?;
        let backup = self.read_backup()?;
        let after = self.edit(self.without_entry(&before, backup.as_deref()))?;
        let mut rewrites = vec![self.rewrite(self.file.to_owned(), Some(before), after)];
        for path in self.other_backups() {
            let Ok(Some(text)) = self.read(&path) else { continue };
            // A backup that isn't readable as config any more is left alone.
            let Ok(without) = self.without_entry(&text, backup.as_deref()) else { continue };
            rewrites.push(self.rewrite(path, Some(text), without));
        }
        rewrites.push(self.rewrite(self.backup(), backup, None));
        Ok(Some(Change { rewrites, main: 0 }))
    }

    /// `text` without the entry; `None` if it held nothing else and `original`, the file before the
    /// entry, didn't exist.
    fn without_entry(
        &self,
        text: &str,
        original: Option<&str>,
    ) -> Result<Option<String>, EditError> {
        let Some(original) = original else {
            let rest = edit::take(self.format, text, &self.slot, 0)?;
            let blank = rest.trim_start_matches('\u{feff}').trim().is_empty();
            return Ok((!blank).then_some(rest));
        };
        // A backup that somebody has broken since can't say what there was; then a file's own object
        // stays, as in nearly all files.
        let replaced = edit::find(self.format, original, &self.slot).ok().flatten();
        let rest = match replaced {
            Some(value) if !(self.is_ours)(&value) => {
                edit::put(self.format, text, &self.slot, &value)?
            }
            _ => {
                let kept = edit::depth(self.format, original, &self.slot).unwrap_or(1);
                edit::take(self.format, text, &self.slot, kept)?
            }
        };
        let same = edit::differ_only_in_blanks(self.format, &rest, original);
        Ok(Some(if same { original.to_owned() } else { rest }))
    }

    fn read_backup(&self) -> Result<Option<String>, FileError> {
        if self.project.is_some() { Ok(None) } else { self.read(&self.backup()) }
    }

    fn read(&self, path: &Path) -> Result<Option<String>, FileError> {
        file::read(path, self.project)
    }

    fn backup(&self) -> PathBuf {
        let mut name = self.backup_prefix();
        name.push(self.owner);
        self.file.with_file_name(name)
    }

    fn backup_prefix(&self) -> OsString {
        let mut name = self.file.file_name().unwrap_or_default().to_owned();
        name.push(".before-");
        name
    }

    /// The backups of this file that others have made, in the order of their names.
    fn other_backups(&self) -> Vec<PathBuf> {
        let prefix = self.backup_prefix();
        let own = self.backup();
        let directory = self.file.parent().and_then(|directory| fs::read_dir(directory).ok());
        let entries = directory.into_iter().flatten().flatten();
        let is_backup =
            |name: &OsString| name.as_encoded_bytes().starts_with(prefix.as_encoded_bytes());
        let names = entries.map(|entry| entry.file_name()).filter(is_backup);
        let mut paths: Vec<_> = names.map(|name| self.file.with_file_name(name)).collect();
        paths.retain(|path| *path != own);
        paths.sort();
        paths
    }

    fn rewrite(&self, path: PathBuf, before: Option<String>, after: Option<String>) -> Rewrite {
        let project = self.project.map(Path::to_owned);
        Rewrite { path, before, after, like: self.file.to_owned(), project }
    }

    fn edit<T>(&self, result: Result<T, EditError>) -> Result<T, EntryError> {
        result.map_err(|error| EntryError::Edit { path: self.file.to_owned(), error })
    }
}
