//! How an agent's requests are sent through a proxy: by a base URL, and where that is set.
//!
//! - This module: the section `[wrap]` of an agent's file.
//! - [`found`]: what is set on a machine now.

pub mod found;

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::edit::{Entry, Format, Slot};
use crate::entry::ConfigEntry;
use crate::machine::{Machine, default_path};

/// How an agent's requests are sent elsewhere.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrapConfig {
    /// The address of the documentation that says how its base URL is set.
    pub source: String,
    /// The program that is run.
    pub command: String,
    /// The version of the agent that was run through the proxy, where one was.
    pub tried: Option<String>,
    /// What else a user who sets the base URL by hand has to know.
    pub note: Option<String>,
    /// One route for each provider that it sends requests to.
    #[serde(rename = "route")]
    pub routes: Vec<Route>,
}

/// A provider whose requests have a base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Anthropic, or who has its API.
    Anthropic,
    /// OpenAI, or who has its API.
    #[serde(rename = "openai")]
    OpenAi,
    /// Google, by Gemini's API.
    Gemini,
}

/// How an agent's requests to one provider are sent elsewhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The provider.
    pub provider: Provider,
    url: String,
    /// Environment variables that hold the base URL.
    #[serde(default)]
    pub variables: Vec<String>,
    /// Variables that only older versions of the agent read.
    #[serde(default)]
    pub legacy_variables: Vec<String>,
    /// A variable that holds it in JSON.
    pub inline: Option<Inline>,
    #[serde(default)]
    args: Vec<String>,
    /// A place in a config file that may hold it.
    pub setting: Option<Setting>,
    selected: Option<Selected>,
    #[serde(default, rename = "override")]
    overriding: Vec<String>,
    login: Option<Login>,
    first_party: Option<FirstParty>,
    when: Option<When>,
    /// Whether the agent's requests go to a service of its own unless a base URL is set.
    #[serde(default)]
    pub needs_base_url: bool,
}

/// What a variable of the user's has to be for a route to apply.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    variable: String,
    /// The values; an unset variable counts as empty.
    is: Vec<String>,
}

/// A variable that tells the agent that its base URL leads to the provider's own API in the end, so that
/// it uses what only that has.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstParty {
    /// Its name.
    pub variable: String,
    /// What it is set to.
    pub value: String,
}

/// A variable that holds JSON.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inline {
    /// Its name.
    pub variable: String,
    /// The keys that lead to the base URL.
    pub path: Vec<String>,
}

/// A place in a config file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// The file, with `~` and variables.
    pub file: String,
    /// Its language.
    pub format: Format,
    /// The keys that lead to the base URL.
    pub path: Vec<String>,
}

/// The user's own provider, which a setting can name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Selected {
    by: Vec<String>,
    none: String,
    path: Vec<String>,
    args: Vec<String>,
}

/// An account in place of a key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    file: String,
    path: Vec<String>,
    url: String,
}

impl Route {
    /// The base URL by which the agent reaches the proxy at `origin`.
    pub fn url(&self, origin: &str, by_login: bool) -> String {
        let url = self.login.as_ref().filter(|_| by_login).map_or(&self.url, |login| &login.url);
        url.replace("$origin", origin)
    }

    /// The arguments that set that base URL; with those that are needed where a config file sets another
    /// one, if `is_overriding`.
    pub fn args(&self, url: &str, is_overriding: bool) -> Vec<String> {
        let overriding = self.overriding.iter().filter(|_| is_overriding);
        self.args.iter().chain(overriding).map(|arg| arg.replace("$url", url)).collect()
    }

    /// Whether the agent has this route on `machine`.
    pub fn applies(&self, machine: &Machine<'_>) -> bool {
        self.when.as_ref().is_none_or(|when| {
            let value = (machine.variable)(&when.variable).unwrap_or_default();
            when.is.contains(&value)
        })
    }

    /// What tells the agent that its requests go on to the provider's own API.
    pub fn first_party(&self) -> Option<&FirstParty> {
        self.first_party.as_ref()
    }

    /// The route to the user's own provider `name`, in place of this one.
    fn of_selected(&self, selected: &Selected, name: &str) -> Self {
        let named =
            |texts: &[String]| texts.iter().map(|text| text.replace("$name", name)).collect();
        let setting = self
            .setting
            .as_ref()
            .map(|setting| Setting { path: named(&selected.path), ..setting.clone() });
        let args = named(&selected.args);
        // Its key is in its own settings, whatever account the user has elsewhere.
        Self { setting, args, selected: None, login: None, ..self.clone() }
    }

    /// Whether the agent's base URLs name the API's version at their end.
    pub fn is_versioned(&self) -> bool {
        self.url.ends_with("/v1")
    }
}

impl WrapConfig {
    /// How a user sends the agent to the proxy at `origin` by hand: a line for each way that there is.
    pub fn instructions(&self, origin: &str) -> Vec<String> {
        let routes = self.routes.iter().flat_map(|route| route.instructions(&self.command, origin));
        routes.chain(self.note.clone()).collect()
    }
}

impl Route {
    fn instructions(&self, command: &str, origin: &str) -> Vec<String> {
        let url = self.url(origin, false);
        // The first variable is the agent's own; others are names that it takes as well.
        if let Some(variable) = self.variables.first() {
            return vec![format!("{variable}={url}")];
        }
        let flag = match &self.args(&url, false)[..] {
            [] => None,
            [flag, value @ ..] => Some(format!("{command} {flag} '{}'", value.join(" "))),
        };
        let setting = self.setting.as_ref().map(|setting| {
            let file = default_path(&setting.file);
            format!("{} = \"{url}\" in {file}", setting.path.join("."))
        });
        flag.into_iter().chain(setting).collect()
    }
}

impl Setting {
    /// The place in `file`, where `owner` writes. `is_ours`: whether a value there was written by it.
    pub fn entry<'a>(
        &'a self,
        file: &'a Path,
        owner: &'a str,
        is_ours: &'a dyn Fn(&Value) -> bool,
    ) -> ConfigEntry<'a> {
        let (name, path) =
            self.path.split_last().map_or(("", &[][..]), |(name, path)| (name, path));
        let path = path.iter().map(String::as_str).collect();
        let slot = Slot { path, entry: Entry::Member(name) };
        ConfigEntry { file, format: self.format, slot, owner, is_ours, project: None }
    }
}

#[cfg(test)]
mod tests {
    use crate::agent;

    #[test]
    fn every_route_can_be_set() {
        for agent in agent::all() {
            let Some(wrap) = &agent.wrap else { continue };
            assert!(!wrap.routes.is_empty() && !wrap.command.is_empty());
            for route in &wrap.routes {
                let is_set =
                    !route.variables.is_empty() || route.inline.is_some() || !route.args.is_empty();
                assert!(is_set && route.url.starts_with("$origin"), "{}", agent.id);
            }
        }
    }
}
