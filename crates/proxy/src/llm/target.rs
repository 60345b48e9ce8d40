//! The base URLs of the providers.

use axum::http::Uri;
use axum::http::uri::{Authority, PathAndQuery, Scheme};

use super::route::Provider;

/// Where a provider is: an origin, and perhaps a path that stands before each of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    scheme: Scheme,
    authority: Authority,
    prefix: String,
}

/// Why a text is no base URL.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{url} is no http or https URL: give the provider's origin, like https://api.example.com")]
pub struct TargetError {
    url: String,
}

impl Target {
    /// The target at `url`. A `/v1` at its end, which clients' base URLs may have, is dropped: the
    /// paths of requests begin with it.
    ///
    /// # Errors
    /// When it isn't an http or https URL.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        let fail = || TargetError { url: url.to_owned() };
        let uri: Uri = url.trim().parse().map_err(|_| fail())?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(fail());
        };
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(fail());
        }
        let path =
            parts.path_and_query.as_ref().map_or("", PathAndQuery::path).trim_end_matches('/');
        let prefix = path.strip_suffix("/v1").unwrap_or(path).to_owned();
        Ok(Target { scheme, authority, prefix })
    }

    /// The URL of a request for `path`.
    pub(super) fn uri(&self, path: &PathAndQuery) -> Option<Uri> {
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(format!("{}{path}", self.prefix))
            .build()
            .ok()
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.prefix)
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

    pub(super) fn of(&self, provider: Provider) -> &Target {
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
    fn chatgpt_goes_where_openai_goes() {
        let targets = Targets::new(None, Some("http://127.0.0.1:9"), None).unwrap();
        assert_eq!(targets.of(Provider::ChatGpt).to_string(), "http://127.0.0.1:9");
        let targets = Targets::new(None, None, None).unwrap();
        assert_eq!(targets.of(Provider::ChatGpt).to_string(), "https://chatgpt.com");
    }
}
