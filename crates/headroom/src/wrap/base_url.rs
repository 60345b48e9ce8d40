//! Where an agent's base URL points to now, and the settings that send its requests through a proxy instead.
//!
//! A base URL that is already set is the provider that the user wants: it becomes the proxy's upstream. One
//! that points to a Headroom says nothing about the provider.

use std::ffi::OsString;
use std::net::IpAddr;

use agent_config::wrap::Provider;
use agent_config::wrap::found::{Found, Place};
use serde_json::{Value, json};

use super::agent::Agent;
use super::kept_settings::KeptSettings;
use crate::client::{self, KnownTargets, Probe};
use crate::failure::Failure;

/// The owner of the entries in agents' files, in the names of backups.
pub(crate) const OWNER: &str = "headroom-wrap";

/// Where a base URL points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// A Headroom, at this origin.
    Headroom(String),
    /// An address on this machine, where nothing responds.
    Nowhere {
        /// Whether a Headroom was there: this program wrote the address, or it is where servers are expected.
        was_ours: bool,
    },
    /// A provider, or a gateway.
    Elsewhere,
}

/// Where the base URL `url`, which is set at `place`, points to. `own`: where a Headroom is expected.
pub(crate) fn destination(
    url: &str,
    place: &Place,
    own: &str,
    kept_settings: &KeptSettings,
) -> Destination {
    let Some(origin) = origin(url).filter(|origin| is_local(origin)) else {
        return Destination::Elsewhere;
    };
    match client::probe(&origin) {
        Probe::Headroom(_) => Destination::Headroom(origin),
        Probe::Another => Destination::Elsewhere,
        Probe::Nobody => {
            let is_recorded = matches!(place, Place::File(file) if kept_settings.has(file, url));
            Destination::Nowhere { was_ours: is_recorded || port(&origin) == port(own) }
        }
    }
}

/// The command that removes a base URL, for messages.
pub(crate) fn removal(agent: &Agent, place: &Place) -> String {
    match place {
        Place::Variable(variable) => format!("`unset {variable}`"),
        Place::File(_) => format!("`headroom unwrap {}`", agent.id),
    }
}

/// `url` for messages: without user name, password and query.
pub(crate) fn without_credentials(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    // A password may contain a slash.
    let user = rest[..end].rfind('@').or_else(|| rest.rfind('@'));
    let rest = user.map_or(rest.to_owned(), |at| format!("***{}", &rest[at..]));
    match rest.split_once('?') {
        Some((path, _)) => format!("{scheme}{path}?***"),
        None => format!("{scheme}{rest}"),
    }
}

/// The scheme, host and port of a URL.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    // The user and the password mustn't be sent to an unknown program.
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
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
pub(crate) struct LaunchSettings {
    pub(crate) variables: Vec<(String, OsString)>,
    pub(crate) args: Vec<String>,
}

impl LaunchSettings {
    /// The settings for an agent with the base URLs `found`; `given` are the user's own arguments.
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
                    "{} has a base URL in its settings, which only {flag} can override for one run, but \
                     {flag} is already given: run `headroom wrap {} --keep`, or remove one of the two",
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

    /// Tells the agent which of its requests go on to the provider's own API: those for which `targets`
    /// are `own`. What the user has set stays.
    pub(crate) fn tell_of_first_parties(
        &mut self,
        agent: &Agent,
        targets: &KnownTargets,
        own: &KnownTargets,
    ) {
        for route in &agent.routes {
            let is_own = match route.provider {
                Provider::Anthropic => targets.anthropic == own.anthropic,
                Provider::OpenAi => targets.openai == own.openai,
                Provider::Gemini => targets.gemini == own.gemini,
            };
            let variable = route
                .first_party()
                .filter(|first| is_own && std::env::var_os(&first.variable).is_none());
            self.variables
                .extend(variable.map(|first| (first.variable.clone(), first.value.clone().into())));
        }
    }

    /// Takes the value of a variable that an earlier route has set, otherwise that of the environment.
    fn take(&mut self, name: &str) -> Option<OsString> {
        let known = self.variables.iter().position(|(known, _)| known == name);
        known.map(|at| self.variables.remove(at).1).or_else(|| std::env::var_os(name))
    }
}

/// The JSON in `given` with `url` at `path`.
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

/// Variables that exclude requests to this machine from an HTTP proxy.
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
    fn credentials_are_not_shown() {
        for (url, shown) in [
            ("https://a.example/v1", "https://a.example/v1"),
            ("https://user:secret@a.example:8443/v1", "https://***@a.example:8443/v1"),
            ("https://user:se/cr@et@a.example/v1", "https://***@a.example/v1"),
            ("https://a.example/v1?key=secret", "https://a.example/v1?***"),
            ("user:secret@a.example", "***@a.example"),
            ("", ""),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
    }

    #[test]
    fn origins() {
        assert_eq!(origin("https://a.example/v1/x?y").as_deref(), Some("https://a.example"));
        assert_eq!(origin("http://127.0.0.1:1").as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(origin("http://me:x@localhost:1/v1").as_deref(), Some("http://localhost:1"));
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
