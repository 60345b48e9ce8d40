//! Settings: from flags, the repository's `contextos.toml` and the user's own `config.toml`.
//!
//! A flag overrides the repository's file, which overrides the user's, which overrides the default. A
//! repository may come from anyone, so settings that run commands, send text somewhere or show
//! credentials are accepted in the user's file only; in a repository's they are an error.

mod file;
mod keys;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use private_fs::Links;

use crate::context_dir::{self, ContextDir};
use crate::environment;
use crate::failure::Failure;
use file::{Layer, OldConfig, Origin};

pub(crate) use keys::template;

/// The settings file at the top of a repository.
pub(crate) const REPOSITORY_FILE: &str = "contextos.toml";

/// The largest settings file, in bytes. By hand: a thousand times what anybody writes.
const LARGEST: u64 = 1 << 20;

/// All settings from files. The flags of a command are applied on top of them in `resolve.rs`.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    layers: Vec<Layer>,
}

/// A setting's value and the file that it comes from, as `config show` prints them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) key: &'static str,
    pub(crate) value: String,
    pub(crate) origin: String,
}

impl Settings {
    /// Reads the files that apply to the repository at `root`; `config`, if given, replaces the
    /// user's own file.
    ///
    /// # Errors
    /// When one can't be read, isn't TOML, or contains a key that is unknown or not allowed there.
    pub(crate) fn load(root: &Path, config: Option<&Path>) -> Result<Self, Failure> {
        let folder = ContextDir::of(root)?;
        let mut layers = Vec::new();
        let repository = root.join(REPOSITORY_FILE);
        if repository.is_symlink() {
            return Err(Failure::new(format_args!(
                "{}: a symbolic link, which could lead out of the checkout; replace it with a file",
                repository.display()
            )));
        }
        if let Some(text) = read(&repository)? {
            layers.push(Layer::parse(&text, Origin::Repository, REPOSITORY_FILE)?);
        }
        if let Some(text) = folder.read(context_dir::OLD_CONFIG)? {
            layers.push(OldConfig::parse(&text)?);
        }
        let own = match config {
            Some(path) => Some((path.to_owned(), true)),
            None => user_file().map(|path| (path, false)),
        };
        if let Some((path, named)) = own {
            match read(&path)? {
                Some(text) => {
                    layers.push(Layer::parse(&text, Origin::User, &path.display().to_string())?);
                }
                None if named => {
                    let path = path.display();
                    return Err(Failure::new(format_args!("{path}: no such file")));
                }
                None => {}
            }
        }
        Ok(Self { layers })
    }

    fn pick<T>(&self, value: impl Fn(&Layer) -> Option<T>) -> Option<T> {
        self.layers.iter().find_map(value)
    }

    /// The maximum number of tokens of a pack.
    pub(crate) fn budget(&self) -> usize {
        self.pick(|layer| layer.pack.budget).unwrap_or(keys::BUDGET)
    }

    /// The format of a pack, by its name.
    pub(crate) fn format(&self) -> String {
        self.pick(|layer| layer.pack.format.clone()).unwrap_or_else(|| keys::FORMAT.into())
    }

    /// The model whose tokens are counted, by its name.
    pub(crate) fn model(&self) -> Option<String> {
        self.pick(|layer| layer.pack.model.clone())
    }

    /// Whether tests are ranked like any source (`Some(true)`), excluded (`Some(false)`), or ranked below
    /// source (`None`).
    pub(crate) fn tests(&self) -> Option<bool> {
        self.pick(|layer| layer.pack.tests)
    }

    /// Whether source files are selected from.
    pub(crate) fn source(&self) -> bool {
        self.pick(|layer| layer.pack.source).unwrap_or(true)
    }

    /// Globs of the files to select from.
    pub(crate) fn include(&self) -> Vec<String> {
        self.pick(|layer| layer.pack.include.clone()).unwrap_or_default()
    }

    /// Globs of the files to exclude: those of all settings files together.
    pub(crate) fn exclude(&self) -> Vec<String> {
        self.layers.iter().filter_map(|layer| layer.pack.exclude.clone()).flatten().collect()
    }

    /// Whether each line of a pack is prefixed with its number.
    pub(crate) fn line_numbers(&self) -> bool {
        self.pick(|layer| layer.pack.line_numbers).unwrap_or(false)
    }

    /// Whether the commit history is used.
    pub(crate) fn history(&self) -> bool {
        self.pick(|layer| layer.pack.history).unwrap_or(true)
    }

    /// Whether credentials are shown. Only the user's own file can set it.
    pub(crate) fn allow_sensitive(&self) -> bool {
        self.pick(|layer| layer.pack.allow_sensitive).unwrap_or(false)
    }

    /// The provider that compresses finished packs. Only the user's own file can set it.
    pub(crate) fn compress(&self) -> Option<String> {
        self.pick(|layer| layer.pack.compress.clone())
    }

    /// The URL of the Headroom server. Only the user's own file can set it.
    pub(crate) fn headroom_url(&self) -> Option<String> {
        self.pick(|layer| layer.headroom.url.clone())
    }

    /// Fingerprints of what `contextos secrets` doesn't report. Only the user's own file can set them.
    pub(crate) fn allowed_secrets(&self) -> Vec<String> {
        self.pick(|layer| layer.secrets.allow.clone()).unwrap_or_default()
    }

    /// The commands for `--compress cmd:NAME`. Only the user's own file can set them.
    pub(crate) fn commands(&self) -> BTreeMap<String, Vec<String>> {
        self.pick(|layer| layer.commands.clone()).unwrap_or_default()
    }

    /// Every setting with its value and origin.
    pub(crate) fn show(&self) -> Vec<Shown> {
        keys::ALL
            .iter()
            .map(|key| {
                let set =
                    self.layers.iter().find_map(|layer| Some((layer, layer.shown(key.name)?)));
                match set {
                    Some((layer, value)) => {
                        Shown { key: key.name, value, origin: layer.name.clone() }
                    }
                    None => Shown {
                        key: key.name,
                        value: key.default.to_owned(),
                        origin: "default".into(),
                    },
                }
            })
            .collect()
    }
}

/// The path of the user's own settings file; `None` without a home folder.
pub(crate) fn user_file() -> Option<PathBuf> {
    Some(environment::config_home()?.join("contextos").join("config.toml"))
}

/// The text of a file, or nothing if there is none.
fn read(path: &Path) -> Result<Option<String>, Failure> {
    let failed = |why: &dyn Display| Failure::new(format_args!("{}: {why}", path.display()));
    match private_fs::read(path, Links::Follow, LARGEST) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| failed(&"not UTF-8")),
        Err(error) => match error.kind() {
            ErrorKind::NotFound => Ok(None),
            ErrorKind::FileTooLarge | ErrorKind::InvalidInput | ErrorKind::IsADirectory => {
                Err(failed(&"not a regular file of at most 1 MiB"))
            }
            _ => Err(failed(&error)),
        },
    }
}
