//! Where an agent's requests go now, and what sends them through a proxy instead.
//!
//! A base URL that is set already names the provider that the user wants: it becomes the proxy's
//! target. One that leads to a Headroom is no such wish.

use std::ffi::OsString;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;

use agent_config::edit::{Entry, Slot};
use agent_config::entry::ConfigEntry;
use agent_config::table::Machine;
use serde_json::{Value, json};

use super::kept_settings::KeptSettings;
use super::table::{Agent, Provider, Route, Setting};
use crate::client::{self, Answer};
use crate::failure::Failure;

/// The owner of what is written to agents' files, in the names of backups.
const OWNER: &str = "headroom-wrap";
/// The largest file that is looked at for a login.
const MOST_BYTES: u64 = 1 << 20;

/// What an agent's requests to one provider do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) provider: Provider,
    /// The base URL that is set, and where.
    pub(crate) set: Option<(String, Place)>,
    /// Whether the user is logged in by an account.
    pub(crate) by_login: bool,
}

/// Where a base URL is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Variable(String),
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

/// What a base URL leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Leads {
    /// To a Headroom, at this origin.
    Here(String),
    /// To this machine, where nobody answers.
    Nowhere {
        /// Whether a Headroom was there: this program wrote the address, or servers are expected at it.
        was_ours: bool,
    },
    /// To somebody else: a provider, or a gateway.
    Elsewhere,
}

/// What is set for each of the agent's routes.
pub(crate) fn found(agent: &Agent, machine: &Machine<'_>) -> Result<Vec<Found>, Failure> {
    agent.routes.iter().map(|route| route.found(machine)).collect()
}

/// The agent with the routes that it has on `machine`: where its settings name a provider of the user's
/// own, the route to that one.
///
/// # Errors
/// If a config file can't be read, or names a provider whose base URL can't be set.
pub(crate) fn on(agent: &Agent, machine: &Machine<'_>) -> Result<Agent, Failure> {
    let routes: Result<Vec<Route>, Failure> =
        agent.routes.iter().map(|route| route.selected(agent, machine)).collect();
    Ok(Agent { routes: routes?, ..agent.clone() })
}

/// The agent's program in PATH.
pub(crate) fn program(agent: &Agent) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };
    std::env::split_paths(&path)
        .flat_map(|folder| {
            endings.iter().map(move |ending| folder.join(format!("{}{ending}", agent.command)))
        })
        .find(|path| path.is_file())
}

/// What the base URL `url`, which is set at `place`, leads to. `own`: where a Headroom is expected.
pub(crate) fn leads(url: &str, place: &Place, own: &str, kept_settings: &KeptSettings) -> Leads {
    let Some(origin) = origin(url).filter(|origin| is_local(origin)) else {
        return Leads::Elsewhere;
    };
    match client::who_is_at(&origin) {
        Answer::Headroom(_) => Leads::Here(origin),
        Answer::Another => Leads::Elsewhere,
        Answer::Nobody => {
            let is_recorded = matches!(place, Place::File(file) if kept_settings.has(file, url));
            Leads::Nowhere { was_ours: is_recorded || port(&origin) == port(own) }
        }
    }
}

/// What takes away a base URL that leads to Headroom, for people.
pub(crate) fn removal(agent: &Agent, place: &Place) -> String {
    match place {
        Place::Variable(variable) => format!("`unset {variable}`"),
        Place::File(_) => format!("`headroom unwrap {}`", agent.id),
    }
}

/// The scheme, host and port of a URL.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    Some(format!("{scheme}://{host}"))
}

/// Whether an origin is on this machine.
fn is_local(origin: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _)) => host,
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_loopback = |address: IpAddr| address.is_loopback() || address.is_unspecified();
    ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
        && (host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(is_loopback))
}

fn port(origin: &str) -> Option<&str> {
    origin.rsplit_once(':').map(|(_, port)| port.trim_end_matches('/'))
}

/// The variables and arguments that send an agent to the proxy at `origin`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sending {
    pub(crate) variables: Vec<(String, OsString)>,
    pub(crate) args: Vec<String>,
}

impl Sending {
    /// For an agent about which `found` is known; `given` are the user's own arguments.
    pub(crate) fn new(
        agent: &Agent,
        found: &[Found],
        origin: &str,
        given: &[OsString],
    ) -> Result<Self, Failure> {
        let mut out = Self::default();
        for (route, found) in agent.routes.iter().zip(found) {
            let url = route.url(origin, found.by_login);
            let in_file = matches!(found.set, Some((_, Place::File(_))));
            let args = route.args(&url, in_file);
            if let Some(flag) = args.first().filter(|flag| {
                in_file && given.iter().any(|arg| arg == flag.as_str()) && flag.starts_with("--")
            }) {
                return Err(Failure::usage(format!(
                    "{} has a base URL in its settings, which only {flag} can change for one run, \
                     and {flag} is given: run `headroom wrap {} --keep`, or leave one out",
                    agent.name, agent.id
                )));
            }
            out.args.extend(args);
            out.variables
                .extend(route.variables.iter().map(|name| (name.clone(), url.clone().into())));
            let unset =
                |name: &&String| std::env::var_os(name).is_none_or(|value| value.is_empty());
            let legacy = route.legacy_variables.iter().filter(unset);
            out.variables.extend(legacy.map(|name| (name.clone(), url.clone().into())));
            if let Some(inline) = &route.inline {
                let given = out.take(&inline.variable);
                let value = merged(given, &inline.path, &url).ok_or_else(|| {
                    Failure::new(format!("{} is not a JSON object", inline.variable))
                })?;
                out.variables.push((inline.variable.clone(), value.to_string().into()));
            }
        }
        out.variables.extend(past_proxies());
        Ok(out)
    }

    /// The value of a variable that an earlier route has set, or the environment.
    fn take(&mut self, name: &str) -> Option<OsString> {
        let known = self.variables.iter().position(|(known, _)| known == name);
        known.map(|at| self.variables.remove(at).1).or_else(|| std::env::var_os(name))
    }
}

/// What the JSON in `given` is with `url` at `path`.
fn merged(given: Option<OsString>, path: &[String], url: &str) -> Option<Value> {
    let given = given.filter(|given| !given.is_empty());
    let mut whole = match given {
        Some(text) => serde_json::from_str(text.to_str()?).ok()?,
        None => json!({}),
    };
    let mut place = &mut whole;
    for key in path {
        place = place.as_object_mut()?.entry(key.as_str()).or_insert_with(|| json!({}));
    }
    *place = url.into();
    Some(whole)
}

/// Variables that keep requests to this machine out of an HTTP proxy.
fn past_proxies() -> Vec<(String, OsString)> {
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let proxies = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    if !proxies.iter().any(&is_set) {
        return Vec::new();
    }
    let known = ["NO_PROXY", "no_proxy"].into_iter().find(is_set);
    let mut list = known.and_then(std::env::var_os).unwrap_or_default();
    if !list.is_empty() {
        list.push(",");
    }
    list.push("127.0.0.1,localhost");
    ["NO_PROXY", "no_proxy"].map(|name| (name.to_owned(), list.clone())).into()
}

impl Route {
    /// This route, or the one to the provider that the user has selected in its place.
    fn selected(&self, agent: &Agent, machine: &Machine<'_>) -> Result<Self, Failure> {
        let (Some(setting), Some(selected)) = (&self.setting, &self.selected) else {
            return Ok(self.clone());
        };
        let file = machine.path(&setting.file);
        let by = Setting { path: selected.by.clone(), ..setting.clone() };
        let name = by.entry(&file, &|_| true).find().map_err(Failure::new)?;
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
        Err(Failure::new(format!(
            "{} uses the provider `{name}`, for which {} has no base URL that Headroom can replace",
            agent.name,
            file.display()
        )))
    }

    fn found(&self, machine: &Machine<'_>) -> Result<Found, Failure> {
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

    fn in_file(&self, machine: &Machine<'_>) -> Result<Option<(String, Place)>, Failure> {
        let Some(setting) = &self.setting else { return Ok(None) };
        let file = machine.path(&setting.file);
        let value = setting.entry(&file, &|_| true).find().map_err(Failure::new)?;
        let url = value.as_ref().and_then(Value::as_str).filter(|url| !url.trim().is_empty());
        Ok(url.map(|url| (url.to_owned(), Place::File(file))))
    }

    fn is_logged_in(&self, machine: &Machine<'_>) -> bool {
        let Some(login) = &self.login else { return false };
        let file = machine.path(&login.file);
        if fs::metadata(&file).map_or(true, |file| file.len() > MOST_BYTES) {
            return false;
        }
        let whole: Value = fs::read_to_string(&file)
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let value = login.path.iter().try_fold(&whole, |value, key| value.get(key));
        value.is_some_and(|value| !value.is_null())
    }
}

impl Setting {
    /// The place in `file`. `is_ours`: whether a value there was written by us.
    pub(crate) fn entry<'a>(
        &'a self,
        file: &'a std::path::Path,
        is_ours: &'a dyn Fn(&Value) -> bool,
    ) -> ConfigEntry<'a> {
        let (name, path) =
            self.path.split_last().map_or(("", &[][..]), |(name, path)| (name, path));
        let path = path.iter().map(String::as_str).collect();
        let slot = Slot { path, entry: Entry::Member(name) };
        ConfigEntry { file, format: self.format, slot, owner: OWNER, is_ours }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_a_variable_keeps_what_else_is_in_it() {
        let path = ["provider", "openai", "options", "baseURL"].map(str::to_owned);
        let given = r#"{"theme":"x","provider":{"openai":{"options":{"timeout":3}}}}"#;
        let value = merged(Some(given.into()), &path, "http://h").unwrap();
        assert_eq!(
            value.to_string(),
            r#"{"theme":"x","provider":{"openai":{"options":{"timeout":3,"baseURL":"http://h"}}}}"#
        );
        assert_eq!(merged(None, &path[..1], "u").unwrap().to_string(), r#"{"provider":"u"}"#);
        assert!(merged(Some("[]".into()), &path, "u").is_none());
        assert!(merged(Some("{".into()), &path, "u").is_none());
    }

    #[test]
    fn origins() {
        assert_eq!(origin("https://a.example/v1/x?y").as_deref(), Some("https://a.example"));
        assert_eq!(origin("http://127.0.0.1:1").as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(origin("a.example"), None);
    }

    #[test]
    fn origins_on_this_machine() {
        for local in [
            "http://127.0.0.1",
            "http://127.0.0.1:1",
            "http://127.8.9.1:1",
            "http://0.0.0.0:8787",
            "https://localhost:1",
            "HTTP://LocalHost",
            "http://[::1]",
            "http://[::1]:8787",
        ] {
            assert!(is_local(local), "{local}");
        }
        for elsewhere in [
            "http://10.0.0.1:8787",
            "http://localhost.example",
            "http://127.0.0.1.example:1",
            "ws://127.0.0.1:1",
            "http://[2001:db8::1]:1",
            "http://",
        ] {
            assert!(!is_local(elsewhere), "{elsewhere}");
        }
    }
}
