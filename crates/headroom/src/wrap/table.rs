//! The agents that can be sent through the proxy: `agents.toml`.

use std::sync::LazyLock;

use agent_config::edit::Format;
use serde::Deserialize;

/// An agent, as a row of `agents.toml` describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Agent {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) command: String,
    /// The address of the documentation that says how its base URL is set.
    #[serde(rename = "source")]
    pub(crate) _source: String,
    #[serde(rename = "route")]
    pub(crate) routes: Vec<Route>,
}

/// A provider whose requests have a base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Provider {
    Anthropic,
    #[serde(rename = "openai")]
    OpenAi,
}

/// How an agent's requests to one provider are sent elsewhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    pub(crate) provider: Provider,
    url: String,
    #[serde(default)]
    pub(crate) variables: Vec<String>,
    #[serde(default)]
    pub(crate) legacy_variables: Vec<String>,
    pub(crate) inline: Option<Inline>,
    #[serde(default)]
    args: Vec<String>,
    pub(crate) setting: Option<Setting>,
    pub(crate) selected: Option<Selected>,
    #[serde(default, rename = "override")]
    overriding: Vec<String>,
    pub(crate) login: Option<Login>,
}

/// A variable that holds JSON.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inline {
    pub(crate) variable: String,
    pub(crate) path: Vec<String>,
}

/// A place in a config file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setting {
    pub(crate) file: String,
    pub(crate) format: Format,
    pub(crate) path: Vec<String>,
}

/// The user's own provider, which a setting can name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Selected {
    pub(crate) by: Vec<String>,
    pub(crate) none: String,
    path: Vec<String>,
    args: Vec<String>,
}

/// An account in place of a key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    pub(crate) file: String,
    pub(crate) path: Vec<String>,
    url: String,
}

#[derive(Deserialize)]
struct Table {
    agent: Vec<Agent>,
}

static AGENTS: LazyLock<Vec<Agent>> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("agents.toml"))
        .expect("agents.toml is part of the program and read by its tests");
    table.agent
});

/// All agents.
pub(crate) fn all() -> &'static [Agent] {
    &AGENTS
}

/// The agent of that name; else a message with the names that are known.
pub(crate) fn by_id(id: &str) -> Result<&'static Agent, String> {
    let found = AGENTS.iter().find(|agent| agent.id == id);
    found.ok_or_else(|| {
        let known: Vec<&str> = AGENTS.iter().map(|agent| &*agent.id).collect();
        format!("no agent `{id}` is known here; known are {}", known.join(", "))
    })
}

impl Route {
    /// The base URL by which the agent reaches the proxy at `origin`.
    pub(crate) fn url(&self, origin: &str, by_login: bool) -> String {
        let url = self.login.as_ref().filter(|_| by_login).map_or(&self.url, |login| &login.url);
        url.replace("$origin", origin)
    }

    /// The arguments that set that base URL.
    pub(crate) fn args(&self, url: &str, is_overriding: bool) -> Vec<String> {
        let overriding = self.overriding.iter().filter(|_| is_overriding);
        self.args.iter().chain(overriding).map(|arg| arg.replace("$url", url)).collect()
    }

    /// The route to the user's own provider `name`, in place of this one.
    pub(crate) fn of_selected(&self, selected: &Selected, name: &str) -> Self {
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

    /// Whether a base URL names the API's version at its end.
    pub(crate) fn is_versioned(&self) -> bool {
        self.url.ends_with("/v1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_agent_can_be_told() {
        for agent in all() {
            assert!(agent._source.starts_with("https://"), "{}", agent.id);
            assert!(!agent.routes.is_empty());
            for route in &agent.routes {
                let is_told =
                    !route.variables.is_empty() || route.inline.is_some() || !route.args.is_empty();
                assert!(is_told && route.url.starts_with("$origin"), "{}", agent.id);
            }
        }
        assert!(by_id("nobody").unwrap_err().contains("known are claude, codex, aider"));
    }
}
