//! Which provider a request is for, and whether its conversation is understood.

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use wire::request::Api;

/// A provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Anthropic.
    Anthropic,
    /// OpenAI.
    OpenAi,
    /// OpenAI, as ChatGPT's own programs reach it.
    ChatGpt,
    /// Google.
    Gemini,
}

impl Provider {
    /// The name in figures.
    pub fn name(self) -> &'static str {
        match self {
            Provider::Anthropic => "anthropic",
            Provider::OpenAi | Provider::ChatGpt => "openai",
            Provider::Gemini => "gemini",
        }
    }
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) provider: Provider,
    /// The path, if it is one of those whose conversations are understood; empty for others.
    pub(super) name: &'static str,
    /// The API, where the body holds a conversation that is understood.
    pub(super) api: Option<Api>,
    /// Whether the answer is the model's; a count of tokens isn't.
    pub(super) is_answered: bool,
}

/// The routes that hold conversations: the path, the provider, the API, and whether the model answers.
const CONVERSATIONS: [(&str, Provider, Api, bool); 8] = [
    ("/v1/messages", Provider::Anthropic, Api::Messages, true),
    ("/v1/messages/count_tokens", Provider::Anthropic, Api::Messages, false),
    ("/v1/chat/completions", Provider::OpenAi, Api::Chat, true),
    ("/v1/responses", Provider::OpenAi, Api::Responses, true),
    ("/v1/responses/input_tokens", Provider::OpenAi, Api::Responses, false),
    ("/v1/codex/responses", Provider::OpenAi, Api::Responses, true),
    ("/backend-api/responses", Provider::ChatGpt, Api::Responses, true),
    ("/backend-api/codex/responses", Provider::ChatGpt, Api::Responses, true),
];

/// Paths that are passed on when the request says whose they are.
const PASSED_ON: [&str; 3] = ["/v1", "/v1beta", "/backend-api"];

/// This server's own names below those.
const OWN: [&str; 2] = ["/v1/compress", "/v1/retrieve"];

/// The route of a request; `None` for a path that must not leave this machine.
pub(super) fn find(head: &Parts) -> Option<Route> {
    let path = head.uri.path();
    let known = CONVERSATIONS.iter().find(|(known, ..)| path.trim_end_matches('/') == *known);
    if let Some(&(name, provider, api, is_answered)) = known {
        let api = (head.method == Method::POST).then_some(api);
        return Some(Route { provider, name, api, is_answered });
    }
    let below = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    if !PASSED_ON.iter().any(|root| below(root)) || OWN.iter().any(|own| path.starts_with(own)) {
        return None;
    }
    let provider = credential(&head.headers)?;
    let is_chatgpt = provider == Provider::OpenAi && path.starts_with("/backend-api/");
    let provider = if is_chatgpt { Provider::ChatGpt } else { provider };
    Some(Route { provider, name: "", api: None, is_answered: false })
}

/// Whose credential a request carries.
fn credential(headers: &HeaderMap) -> Option<Provider> {
    if headers.contains_key("x-api-key") || headers.contains_key("anthropic-version") {
        Some(Provider::Anthropic)
    } else if headers.contains_key("authorization") {
        Some(Provider::OpenAi)
    } else {
        headers.contains_key("x-goog-api-key").then_some(Provider::Gemini)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn route(method: Method, path: &str, headers: &[(&str, &str)]) -> Option<Route> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        find(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn conversations_are_known_by_their_path() {
        let found = route(Method::POST, "/v1/messages?beta=true", &[]).unwrap();
        assert_eq!((found.provider, found.api), (Provider::Anthropic, Some(Api::Messages)));
        let found = route(Method::GET, "/v1/responses", &[]).unwrap();
        assert_eq!((found.provider, found.api), (Provider::OpenAi, None));
        let found = route(Method::POST, "/backend-api/codex/responses", &[]).unwrap();
        assert_eq!((found.provider, found.api), (Provider::ChatGpt, Some(Api::Responses)));
    }

    #[test]
    fn other_paths_need_a_credential_and_a_root() {
        let key = [("x-api-key", "k")];
        let bearer = [("authorization", "Bearer k")];
        let to = |path: &str, headers: &[(&str, &str)]| {
            route(Method::GET, path, headers).map(|route| route.provider)
        };
        assert_eq!(to("/v1/models", &key), Some(Provider::Anthropic));
        assert_eq!(
            to("/v1/models", &[bearer[0], ("anthropic-version", "x")]),
            Some(Provider::Anthropic)
        );
        assert_eq!(to("/v1/models", &bearer), Some(Provider::OpenAi));
        assert_eq!(to("/backend-api/me", &bearer), Some(Provider::ChatGpt));
        assert_eq!(
            to("/v1beta/models/g:generateContent", &[("x-goog-api-key", "k")]),
            Some(Provider::Gemini)
        );
        assert_eq!(to("/v1/models", &[]), None);
        assert_eq!(to("/v2/models", &key), None);
        assert_eq!(to("/v1", &key), None);
        assert_eq!(to("/v1evil", &key), None);
        for own in ["/v1/compress", "/v1/compress/x", "/v1/retrieve/abc", "/stats", "/health"] {
            assert_eq!(to(own, &key), None, "{own}");
        }
    }
}
