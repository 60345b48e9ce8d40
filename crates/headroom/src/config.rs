//! The user's own settings: `config.toml` in the folder of settings.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use llm_proxy::CallPatterns;
use private_fs::Links;
use serde::Deserialize;

use crate::failure::Failure;
use crate::store;

/// The name of the file.
const FILE: &str = "config.toml";
/// The largest file that is read, in bytes; by hand, not measured.
const MAX_BYTES: u64 = 1 << 20;

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Whether nothing may be left out.
    pub(crate) lossless: Option<bool>,
    /// Whether credentials in tool results are replaced.
    pub(crate) redact_secrets: Option<bool>,
    /// Results that stay as they are.
    pub(crate) exclude: Calls,
    /// Results of which nothing is left out.
    pub(crate) lossless_for: LosslessFor,
    /// Lines that always stay.
    pub(crate) keep: Keep,
}

/// Results by the call that they answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Calls {
    pub(crate) tools: Option<Vec<String>>,
    pub(crate) commands: Option<Vec<String>>,
    pub(crate) paths: Option<Vec<String>>,
}

/// Results by the call that they answer, or by the kind of what is in them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LosslessFor {
    pub(crate) tools: Option<Vec<String>>,
    pub(crate) commands: Option<Vec<String>>,
    pub(crate) paths: Option<Vec<String>>,
    pub(crate) kinds: Option<Vec<String>>,
}

/// Lines by what is in them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Keep {
    pub(crate) texts: Option<Vec<String>>,
}

impl Config {
    /// Reads the file; without one, nothing is set.
    ///
    /// # Errors
    /// If it can't be read, or says something that isn't known.
    pub(crate) fn read() -> Result<Self, Failure> {
        // Without a home directory there are no settings of a user.
        path().map_or_else(|_| Ok(Self::default()), |path| Self::read_from(&path))
    }

    fn read_from(path: &Path) -> Result<Self, Failure> {
        let failure =
            |error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", path.display()));
        let text = match private_fs::read_to_string(path, Links::Follow, MAX_BYTES) {
            Ok(text) => text,
            Err(error) if is_missing(&error) => return Ok(Self::default()),
            Err(error) => return Err(failure(&error)),
        };
        let config: Self = toml::from_str(&text).map_err(|error| failure(&error))?;
        config.texts().map_err(|error| failure(&error))?;
        Ok(config)
    }

    /// What is limited by what is in a text.
    fn texts(&self) -> Result<Option<Arc<compress::Limits>>, compress::LimitsError> {
        let kinds = self.lossless_for.kinds.as_deref().unwrap_or_default();
        let texts = self.keep.texts.as_deref().unwrap_or_default();
        if kinds.is_empty() && texts.is_empty() {
            return Ok(None);
        }
        compress::Limits::new(kinds, texts).map(Arc::new).map(Some)
    }

    /// The same, once it has been checked.
    pub(crate) fn text_limits(&self) -> Option<Arc<compress::Limits>> {
        self.texts().ok().flatten()
    }

    /// The calls of whose results nothing is left out.
    pub(crate) fn lossless_calls(&self) -> CallPatterns {
        let LosslessFor { tools, commands, paths, .. } = self.lossless_for.clone();
        CallPatterns {
            tools: tools.unwrap_or_default(),
            commands: commands.unwrap_or_default(),
            paths: paths.unwrap_or_default(),
        }
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Where the file is, or would be.
///
/// # Errors
/// If there is no home directory.
pub(crate) fn path() -> Result<PathBuf, Failure> {
    store::config_file(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        std::fs::write(&path, text).unwrap();
        Config::read_from(&path).map_err(Failure::message)
    }

    #[test]
    fn everything_that_can_be_set() {
        let config = read(
            "lossless = true\nredact_secrets = true\n\
             [exclude]\ntools = ['mcp__db__*']\ncommands = ['git diff']\npaths = ['*.env']\n\
             [lossless_for]\ntools = ['Read']\ncommands = []\npaths = ['*.md']\nkinds = ['log']\n\
             [keep]\ntexts = ['ORA-']\n",
        )
        .unwrap();
        assert_eq!(config.lossless, Some(true));
        assert_eq!(config.exclude.paths, Some(vec!["*.env".to_owned()]));
        assert_eq!(config.lossless_calls().tools, ["Read"]);
        assert!(config.text_limits().is_some());
        assert_eq!(read(""), Ok(Config::default()));
        assert_eq!(Config::default().text_limits(), None);
        let missing = Config::read_from(Path::new("no-such-folder/config.toml"));
        assert_eq!(missing.ok(), Some(Config::default()));
    }

    #[test]
    fn what_is_not_known_is_an_error_that_says_where() {
        for (text, says) in [
            ("loseless = true\n", "unknown field `loseless`"),
            ("[exclude]\ntool = []\n", "unknown field `tool`"),
            ("[exclude]\ntools = 'Read'\n", "invalid type: string"),
            ("[lossless_for]\nkinds = ['logs']\n", "there is no kind `logs`; the kinds are "),
            ("[keep]\ntexts = ['']\n", "at least two characters"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(says) && error.contains(FILE), "{error}");
        }
    }
}
