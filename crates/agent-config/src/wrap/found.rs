//! Where an agent's requests go now: the base URL that is set on a machine, and where.

use std::path::PathBuf;

use private_fs::Links;
use serde_json::Value;

use super::{Provider, Route, Setting};
use crate::entry::EntryError;
use crate::machine::Machine;

/// The largest file that is looked at for a login, in bytes.
const MAX_LOGIN_BYTES: u64 = 1 << 20;

/// What an agent's requests to one provider do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The provider.
    pub provider: Provider,
    /// The base URL that is set, and where.
    pub set: Option<(String, Place)>,
    /// Whether the user is logged in by an account.
    pub by_login: bool,
}

/// Where a base URL is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this environment variable.
    Variable(String),
    /// In this config file.
    File(PathBuf),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Variable(name) => f.write_str(name),
            Place::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Why a route can't be determined.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// A config file can't be read.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The user's settings name a provider whose base URL can't be replaced.
    #[error(
        "{agent} uses the provider `{provider}`, for which {} has no base URL that Headroom can replace",
        file.display()
    )]
    Provider {
        /// The agent's name.
        agent: String,
        /// The provider's name.
        provider: String,
        /// The config file.
        file: PathBuf,
    },
}

impl Route {
    /// This route, or the one to the provider that the user of the agent called `agent` has selected in
    /// its place.
    ///
    /// # Errors
    /// If a config file can't be read, or names a provider whose base URL can't be set.
    pub fn selected(&self, agent: &str, machine: &Machine<'_>) -> Result<Self, RouteError> {
        let (Some(setting), Some(selected)) = (&self.setting, &self.selected) else {
            return Ok(self.clone());
        };
        let file = machine.path(&setting.file);
        let by = Setting { path: selected.by.clone(), ..setting.clone() };
        let name = by.entry(&file, "", &|_| true).find()?;
        let name = name.as_ref().and_then(Value::as_str).unwrap_or(&selected.none);
        if name == selected.none {
            return Ok(self.clone());
        }
        let route = self.of_selected(selected, name);
        // A dot or a quote in it would be another place where it is given as an argument.
        let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if is_plain && route.in_file(machine)?.is_some() {
            return Ok(route);
        }
        let (agent, provider) = (agent.to_owned(), name.to_owned());
        Err(RouteError::Provider { agent, provider, file })
    }

    /// What is set on `machine`.
    ///
    /// # Errors
    /// If a config file can't be read.
    pub fn found(&self, machine: &Machine<'_>) -> Result<Found, EntryError> {
        let set = match self.in_file(machine)? {
            Some(found) => Some(found),
            None => self.in_environment(machine),
        };
        let by_login = set.is_none() && self.is_logged_in(machine);
        Ok(Found { provider: self.provider, set, by_login })
    }

    fn in_environment(&self, machine: &Machine<'_>) -> Option<(String, Place)> {
        let value = |name: &str| (machine.variable)(name).filter(|value| !value.trim().is_empty());
        let inline = self.inline.as_ref().and_then(|inline| {
            let whole: Value = serde_json::from_str(&value(&inline.variable)?).ok()?;
            let url = inline.path.iter().try_fold(&whole, |value, key| value.get(key))?.as_str()?;
            Some((url.to_owned(), Place::Variable(inline.variable.clone())))
        });
        let plain = || {
            self.variables
                .iter()
                .find_map(|name| Some((value(name)?, Place::Variable(name.clone()))))
        };
        inline.or_else(plain)
    }

    fn in_file(&self, machine: &Machine<'_>) -> Result<Option<(String, Place)>, EntryError> {
        let Some(setting) = &self.setting else { return Ok(None) };
        let file = machine.path(&setting.file);
        let value = setting.entry(&file, "", &|_| true).find()?;
        let url = value.as_ref().and_then(Value::as_str).filter(|url| !url.trim().is_empty());
        Ok(url.map(|url| (url.to_owned(), Place::File(file))))
    }

    fn is_logged_in(&self, machine: &Machine<'_>) -> bool {
        let Some(login) = &self.login else { return false };
        let file = machine.path(&login.file);
        let whole: Value = private_fs::read(&file, Links::Follow, MAX_LOGIN_BYTES)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let value = login.path.iter().try_fold(&whole, |value, key| value.get(key));
        value.is_some_and(|value| !value.is_null())
    }
}
