//! The base URLs of the providers.

use axum::http::Uri;
use axum::http::uri::{Authority, PathAndQuery, Scheme};

use llm_api::provider::{Company, Provider};

/// Where a provider is: an origin, a path that stands before each of its own, and a query.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    scheme: Scheme,
    /// Without a user's name and password, which nothing is asked for.
    authority: Authority,
    had_user: bool,
    prefix: String,
    /// Whether the prefix stands for the version at the beginning of a request's path, as
    /// `/api/paas/v4`, `/v1beta/openai` and `/openai/deployments/NAME` do.
    is_versioned: bool,
    /// What is added to the query of each request: `api-version=…`, say. Empty for nothing.
    query: String,
}

/// Why a text is no base URL.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "{url} is not an http or https URL: use the provider's origin, like https://api.example.com"
)]
pub struct TargetError {
    url: String,
}

/// The host of Gemini's own API.
const GEMINI_HOST: &str = "generativelanguage.googleapis.com";

/// Hosts, and those below them, of which one knows who runs them.
const HOSTS: [(&str, Company); 5] = [
    ("anthropic.com", Company::Anthropic),
    ("claude.ai", Company::Anthropic),
    ("openai.com", Company::OpenAi),
    ("chatgpt.com", Company::OpenAi),
    ("googleapis.com", Company::Google),
];

/// What stands for a secret where an address is shown.
const MASK: &str = "***";

impl Target {
    /// The target at `url`. A `/v1` at its end, which clients' base URLs may have, is dropped: the
    /// paths of requests begin with it. Another version there, or the path of an API that is
    /// compatible with OpenAI's, is used in place of the requests' own version.
    ///
    /// # Errors
    /// When it isn't an http or https URL.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        let fail = || TargetError { url: masked(url) };
        let uri: Uri = url.trim().parse().map_err(|_| fail())?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(fail());
        };
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(fail());
        }
        let (had_user, authority) = match authority.as_str().rsplit_once('@') {
            Some((_, host)) => (true, host.parse().map_err(|_| fail())?),
            None => (false, authority),
        };
        // What isn't a number behind the host may be a password with a slash in it.
        if authority.as_str().len() > authority.host().len() && authority.port_u16().is_none() {
            return Err(fail());
        }
        let given = parts.path_and_query.as_ref();
        let path = given.map_or("", PathAndQuery::path).trim_end_matches('/');
        let query = given.and_then(PathAndQuery::query).unwrap_or_default().to_owned();
        let prefix = path.strip_suffix("/v1").unwrap_or(path);
        let is_versioned = prefix == path && stands_for_version(path);
        Ok(Target { scheme, authority, had_user, prefix: prefix.to_owned(), is_versioned, query })
    }

    /// Whether the path of the base URL takes the place of the version at the beginning of requests'
    /// paths, as `/api/paas/v4` does. A `/v1`, which is what requests have there, doesn't.
    pub fn is_versioned(&self) -> bool {
        self.is_versioned
    }

    /// The URL of a request for `request`.
    pub(crate) fn uri(&self, request: &PathAndQuery) -> Option<Uri> {
        let path = if self.is_versioned { self.below(request.path()) } else { request.path() };
        let mut whole = format!("{}{path}", self.prefix);
        let given = request.query().unwrap_or_default();
        let given = given.split('&').filter(|pair| !pair.is_empty());
        let names: Vec<&str> = given.clone().map(name).collect();
        let own = self.query.split('&').filter(|pair| !pair.is_empty());
        // What the client says itself is said once.
        let own = own.filter(|pair| !names.contains(&name(pair)));
        for (at, pair) in given.chain(own).enumerate() {
            whole.push(if at == 0 { '?' } else { '&' });
            whole.push_str(pair);
        }
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(whole)
            .build()
            .ok()
    }

    /// A request's path without the version at its beginning, for which the prefix stands.
    fn below<'p>(&self, path: &'p str) -> &'p str {
        let rest = path.strip_prefix('/').and_then(|path| path.split_once('/'));
        let Some((_, rest)) = rest.filter(|(version, _)| is_version(version)) else { return path };
        let rest = &path[path.len() - rest.len() - 1..];
        let again = rest.strip_prefix("/openai").filter(|rest| rest.starts_with('/'));
        again.filter(|_| self.prefix.ends_with("/openai")).unwrap_or(rest)
    }

    /// Who runs it, if one can tell by its host.
    pub(crate) fn company(&self) -> Option<Company> {
        let host = self.authority.host().to_ascii_lowercase();
        let is_below = |domain: &str| {
            host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        HOSTS.iter().find(|(domain, _)| is_below(domain)).map(|(_, company)| *company)
    }

    /// Whether it is Gemini's own API, which has no path of Vertex AI's.
    pub(crate) fn is_gemini_api(&self) -> bool {
        self.authority.host().eq_ignore_ascii_case(GEMINI_HOST)
    }
}

/// Whether a base URL's path takes the place of the version in requests' paths.
fn stands_for_version(path: &str) -> bool {
    let mut segments = path.rsplit('/');
    let (last, before) = (segments.next().unwrap_or_default(), segments.next());
    is_version(last) || matches!(last, "openai" | "openapi") || before == Some("deployments")
}

/// `v1`, `v4`, `v1beta`, `v1.1`.
fn is_version(segment: &str) -> bool {
    let rest = segment.strip_prefix(['v', 'V']).unwrap_or_default();
    rest.starts_with(|c: char| c.is_ascii_digit())
        && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
}

/// The name of a pair of a query.
fn name(pair: &str) -> &str {
    pair.split('=').next().unwrap_or_default()
}

/// A text that should have been a URL, without what may be a password.
fn masked(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let rest = match rest[..end].rfind('@').or_else(|| rest.rfind('@')) {
        Some(at) => format!("{MASK}{}", &rest[at..]),
        None => rest.to_owned(),
    };
    let rest = rest.split('?').next().unwrap_or_default();
    if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") }
}

impl std::fmt::Display for Target {
    /// The address, without anything that may be a secret: a user's name and password, and what
    /// the parameters of the query are set to, except a version.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://", self.scheme)?;
        if self.had_user {
            write!(f, "{MASK}@")?;
        }
        write!(f, "{}{}", self.authority, self.prefix)?;
        for (at, pair) in self.query.split('&').filter(|pair| !pair.is_empty()).enumerate() {
            f.write_str(if at == 0 { "?" } else { "&" })?;
            match name(pair) {
                "api-version" => f.write_str(pair)?,
                name => write!(f, "{name}={MASK}")?,
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Target({self})")
    }
}

/// The targets of all providers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// Anthropic.
    pub anthropic: Target,
    /// OpenAI.
    pub openai: Target,
    /// ChatGPT's own programs.
    pub chatgpt: Target,
    /// Google.
    pub gemini: Target,
}

impl Targets {
    /// The providers' own addresses, but for those that are given. ChatGPT's goes with OpenAI's.
    ///
    /// # Errors
    /// When one that is given isn't a URL.
    pub fn new(
        anthropic: Option<&str>,
        openai: Option<&str>,
        gemini: Option<&str>,
    ) -> Result<Self, TargetError> {
        Ok(Targets {
            anthropic: Target::parse(anthropic.unwrap_or("https://api.anthropic.com"))?,
            openai: Target::parse(openai.unwrap_or("https://api.openai.com"))?,
            chatgpt: Target::parse(openai.unwrap_or("https://chatgpt.com"))?,
            gemini: Target::parse(gemini.unwrap_or("https://generativelanguage.googleapis.com"))?,
        })
    }

    pub(crate) fn of(&self, provider: Provider) -> &Target {
        match provider {
            Provider::Anthropic => &self.anthropic,
            Provider::OpenAi => &self.openai,
            Provider::ChatGpt => &self.chatgpt,
            Provider::Gemini => &self.gemini,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_an_origin_perhaps_with_a_path() {
        let uri = |url: &str| {
            let path = PathAndQuery::from_static("/v1/messages?beta=true");
            Target::parse(url).unwrap().uri(&path).unwrap().to_string()
        };
        assert_eq!(uri("https://a.example"), "https://a.example/v1/messages?beta=true");
        assert_eq!(uri("https://a.example/v1/"), "https://a.example/v1/messages?beta=true");
        assert_eq!(uri("http://h:1/gate/way/"), "http://h:1/gate/way/v1/messages?beta=true");
        for bad in ["", "a.example", "ftp://a.example", "/v1"] {
            assert!(Target::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_version_or_query_of_its_own_is_used() {
        for (base, path, expected) in [
            ("https://h/api/paas/v4", "/v1/chat/completions", "/api/paas/v4/chat/completions"),
            ("https://h/api/paas/v4/", "/v1/chat/completions", "/api/paas/v4/chat/completions"),
            ("https://h/api/v3", "/v1/models", "/api/v3/models"),
            ("https://h/openai", "/v1/responses", "/openai/responses"),
            ("https://h/openai/v1", "/v1/responses", "/openai/v1/responses"),
            ("https://h/v1beta/openai/", "/v1/chat/completions", "/v1beta/openai/chat/completions"),
            (
                "https://h/v1beta/openai",
                "/v1beta/openai/chat/completions",
                "/v1beta/openai/chat/completions",
            ),
            (
                "https://h/v1/projects/p/locations/l/endpoints/openapi",
                "/v1/chat/completions",
                "/v1/projects/p/locations/l/endpoints/openapi/chat/completions",
            ),
            (
                "https://h/openai/deployments/gpt?api-version=2026-01-01",
                "/v1/chat/completions",
                "/openai/deployments/gpt/chat/completions?api-version=2026-01-01",
            ),
            ("https://h/v1beta", "/v1beta/models/g:x?alt=sse", "/v1beta/models/g:x?alt=sse"),
            ("https://h/v1", "/v1beta/models", "/v1beta/models"),
            ("https://h/v1/account/anthropic", "/v1/messages", "/v1/account/anthropic/v1/messages"),
            ("https://h/api/v3", "/backend-api/me", "/api/v3/backend-api/me"),
            ("https://h/vault/x", "/v1/messages", "/vault/x/v1/messages"),
            ("https://h?a=1&b=2", "/v1/messages?beta=true", "/v1/messages?beta=true&a=1&b=2"),
            ("https://h/?a=1&b=2", "/v1/messages?a=3", "/v1/messages?a=3&b=2"),
            ("https://h/?", "/v1/messages", "/v1/messages"),
        ] {
            let uri = Target::parse(base).unwrap().uri(&path.parse().unwrap()).unwrap();
            assert_eq!(uri.to_string(), format!("https://h{expected}"), "{base} {path}");
        }
    }

    #[test]
    fn an_address_is_shown_without_secrets_and_asked_without_a_user() {
        for (url, shown) in [
            ("http://bob:made-up@h:1/x", "http://***@h:1/x"),
            ("http://made-up@h", "http://***@h"),
            ("https://h/v2?code=made-up&api-version=7", "https://h/v2?code=***&api-version=7"),
        ] {
            let target = Target::parse(url).unwrap();
            assert_eq!(target.to_string(), shown);
            assert!(!format!("{target:?}").contains("made-up"), "{target:?}");
            let uri = target.uri(&PathAndQuery::from_static("/v1/messages")).unwrap();
            assert!(!uri.authority().unwrap().as_str().contains('@'), "{uri}");
        }
        for bad in ["ftp://bob:made-up@h/x", "bob:made-up@h", "http://bob:made/-up@h:x/y?k=made-up"]
        {
            let error = Target::parse(bad).unwrap_err().to_string();
            assert!(!error.contains("made") && error.contains('h'), "{error}");
        }
    }

    #[test]
    fn the_host_says_who_runs_it() {
        let company = |url: &str| Target::parse(url).unwrap().company();
        assert_eq!(company("https://API.Anthropic.com"), Some(Company::Anthropic));
        assert_eq!(company("https://eu.api.openai.com/v1"), Some(Company::OpenAi));
        assert_eq!(company("https://us-aiplatform.googleapis.com"), Some(Company::Google));
        assert_eq!(company("https://r.openai.azure.com"), None);
        assert_eq!(company("https://notopenai.com"), None);
        assert_eq!(company("http://127.0.0.1:1"), None);
    }

    #[test]
    fn chatgpt_goes_where_openai_goes() {
        let targets = Targets::new(None, Some("http://127.0.0.1:9"), None).unwrap();
        assert_eq!(targets.of(Provider::ChatGpt).to_string(), "http://127.0.0.1:9");
        let targets = Targets::new(None, None, None).unwrap();
        assert_eq!(targets.of(Provider::ChatGpt).to_string(), "https://chatgpt.com");
    }
}
