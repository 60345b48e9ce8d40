//! The record of what `wrap --keep` has written into agents' settings, so that `unwrap` finds it wherever the
//! server is by then: `state/kept.json` in the workspace.

use std::io;
use std::path::{Path, PathBuf};

use agent_config::wrap::Setting;
use private_fs::{Links, Writer};
use serde::{Deserialize, Serialize};

use super::agent::Agent;
use crate::failure::Failure;
use crate::store;

/// The largest record that is read, in bytes: thousands of entries, where people have a handful.
const MAX_BYTES: u64 = 1 << 20;

/// The base URLs that `wrap --keep` has written into agents' settings.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct KeptSettings {
    kept: Vec<Kept>,
}

/// One base URL in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    agent: String,
    pub(crate) file: PathBuf,
    /// The path of keys to it.
    pub(crate) path: Vec<String>,
    pub(crate) url: String,
    /// The base URL that was there before.
    before: Option<String>,
}

impl KeptSettings {
    /// Reads the record; it is empty if the file doesn't exist.
    ///
    /// # Errors
    /// If the file can't be read, or isn't a record.
    pub(crate) fn read() -> Result<Self, Failure> {
        let path = store::kept_settings()?;
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(format!("{}: {error}; remove the file to continue", path.display()))
        };
        let text = match private_fs::read_to_string(&path, Links::Follow, MAX_BYTES) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(failed(&error)),
        };
        serde_json::from_str(&text).map_err(|error| failed(&error))
    }

    /// Whether `url` was written into `file`.
    pub(crate) fn has(&self, file: &Path, url: &str) -> bool {
        self.find(file, url).is_some()
    }

    /// The base URL in `file` before `url` was written into it.
    pub(crate) fn before(&self, file: &Path, url: &str) -> Option<&str> {
        self.find(file, url)?.before.as_deref()
    }

    fn find(&self, file: &Path, url: &str) -> Option<&Kept> {
        self.kept.iter().find(|kept| kept.file == file && kept.url == url)
    }

    /// The base URLs that were written into the settings of `agent`.
    pub(crate) fn of(&self, agent: &Agent) -> Vec<Kept> {
        self.kept.iter().filter(|kept| kept.agent == agent.id).cloned().collect()
    }

    /// Records that `url` replaces `old` at the place of `setting` in `file`.
    pub(crate) fn add(
        &mut self,
        agent: &Agent,
        setting: &Setting,
        file: &Path,
        url: &str,
        old: Option<&str>,
    ) {
        // If `old` was written by this program, the user's value is the one before it.
        let before = match old {
            Some(old) if self.has(file, old) => self.before(file, old),
            old => old,
        };
        let before = before.map(str::to_owned);
        self.kept.retain(|kept| kept.file != file || kept.path != setting.path);
        let (agent, file, url) = (agent.id.to_owned(), file.to_owned(), url.to_owned());
        self.kept.push(Kept { agent, file, path: setting.path.clone(), url, before });
    }

    /// Removes one entry.
    pub(crate) fn remove(&mut self, entry: &Kept) {
        self.kept.retain(|kept| kept != entry);
    }

    /// Writes the record atomically.
    pub(crate) fn write(&self) -> Result<(), Failure> {
        let path = store::kept_settings()?;
        let write = || {
            private_fs::create_dir(path.parent().unwrap_or(Path::new(".")))?;
            Writer::new().write(&path, &serde_json::to_vec_pretty(self)?)
        };
        write().map_err(|error: io::Error| Failure::new(format!("{}: {error}", path.display())))
    }
}
