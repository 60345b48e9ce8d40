//! Routing: the provider that a request is for, and the API if it carries a conversation.
//!
//! The path decides. Credentials only confirm it, or decide where several providers have the same
//! path: a client's token and its words never go to another company because of a guess. What can't
//! be told goes nowhere, and the client is told why.

mod credentials;
pub(crate) mod target;

use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{Method, Uri};
use llm_api::api::Endpoint;
use llm_api::provider::{Company, Provider};
use llm_api::{APIS, Api};

use credentials::Credentials;
use target::Targets;

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) provider: Provider,
    /// The path of the endpoint, if it is one for conversations; empty for others.
    pub(crate) name: &'static str,
    /// The API, where the body holds a conversation of it.
    pub(crate) api: Option<&'static dyn Api>,
    /// Whether the model responds; a count of tokens isn't the model's.
    pub(crate) is_generation: bool,
    /// Whether conversations come over WebSockets there, too.
    pub(crate) has_socket: bool,
}

/// Why a request goes to no provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRoute {
    /// The path is below none that providers have.
    #[error("no such route")]
    Unknown,
    /// The request carries no credential, so that it can't be meant for a provider.
    #[error("it carries no credential for a provider")]
    NoCredential,
    /// No known provider has the path, and the headers name none.
    #[error(
        "no known provider has this path, and no header identifies one \
         (anthropic-version, openai-organization, x-goog-api-key)"
    )]
    Unclaimed,
    /// Several providers have the path, and the credentials are those of more than one.
    #[error("several providers have this path, and it carries headers of more than one of them")]
    Ambiguous,
    /// A credential of one company would go to the address of another.
    #[error(
        "it carries a credential of another company than the one to which its path is forwarded; \
         --anthropic-api-url, --openai-api-url and --gemini-api-url set where paths are forwarded"
    )]
    ForeignCredential,
    /// Vertex AI, whose address depends on a region.
    #[error(
        "this is a path of Vertex AI, whose address depends on the region: start the server with \
         --gemini-api-url https://REGION-aiplatform.googleapis.com"
    )]
    Vertex,
}

/// This server's own names below `/v1`.
const OWN: [&str; 2] = ["/v1/compress", "/v1/retrieve"];

/// The beginning of ChatGPT's paths, and what clients may use in its place. Codex sends what is for paths
/// that begin so to the address that ChatGPT names for the account, whatever its base URL is.
const CHATGPT: &str = "/backend-api/";
const CHATGPT_HERE: &str = "/chatgpt/";

/// The path by which `provider` knows what is at `path` here.
pub(crate) fn providers_own(provider: Provider, path: &PathAndQuery) -> PathAndQuery {
    let rest = path.as_str().strip_prefix(CHATGPT_HERE).filter(|_| provider == Provider::ChatGpt);
    let own = rest.and_then(|rest| format!("{CHATGPT}{rest}").parse().ok());
    own.unwrap_or_else(|| path.clone())
}

/// Versions in paths that only Google's APIs have: Gemini's and Vertex AI's.
const GOOGLE_VERSIONS: [&str; 4] = ["v1alpha", "v1beta", "v1beta1", "v1beta2"];

/// What comes after `/v1/` in the paths of Anthropic's API alone.
const ANTHROPIC: [&str; 3] = ["complete", "messages", "organizations"];

/// What comes after `/v1/` in the paths of OpenAI's API alone.
const OPENAI: [&str; 24] = [
    "assistants",
    "audio",
    "batches",
    "chat",
    "chatkit",
    "codex",
    "completions",
    "containers",
    "conversations",
    "edits",
    "embeddings",
    "engines",
    "evals",
    "fine_tuning",
    "images",
    "memories",
    "moderations",
    "organization",
    "realtime",
    "responses",
    "threads",
    "uploads",
    "vector_stores",
    "videos",
];

/// What servers that are compatible with OpenAI's API add to it: gateways, and those of open models.
const OPENAI_COMPATIBLE: [&str; 9] =
    ["credits", "detokenize", "fim", "generation", "key", "ocr", "rerank", "score", "tokenize"];

/// What comes after the version in the paths of Vertex AI.
const VERTEX: [&str; 2] = ["projects", "publishers"];

/// What comes after the version in the paths of Gemini's API alone.
const GEMINI: [&str; 4] = ["cachedContents", "corpora", "operations", "tunedModels"];

/// What comes after `/v1/` in the paths of several providers.
const SHARED: [&str; 3] = ["files", "models", "skills"];

/// The owner of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    One(Provider),
    /// Google's, if its address is one of Vertex AI.
    Vertex,
    /// Several providers have it.
    Several,
    /// None that is known has it.
    None,
}

/// The route of a request.
///
/// # Errors
/// When it must not leave this machine.
pub(crate) fn find(head: &Parts, targets: &Targets) -> Result<Route, NoRoute> {
    let path = head.uri.path();
    let credentials = Credentials::of(head);
    let endpoint = APIS.into_iter().find_map(|api| Some((api, api.endpoint(path)?)));
    let route = if let Some((api, endpoint)) = endpoint {
        let has_socket = api.has_socket() && endpoint.is_generation;
        let api = (head.method == Method::POST).then_some(api);
        let Endpoint { path: name, provider, is_generation } = endpoint;
        let is_vertex = owner(&head.method, path) == Some(Owner::Vertex);
        if is_vertex && targets.gemini.is_gemini_api() {
            return Err(NoRoute::Vertex);
        }
        Route { provider, name, api, is_generation, has_socket }
    } else {
        let provider = provider(&head.method, &head.uri, &credentials, targets)?;
        Route { provider, name: "", api: None, is_generation: false, has_socket: false }
    };
    let company = targets.of(route.provider).company();
    if company.is_some_and(|company| credentials.has_foreign(company)) {
        return Err(NoRoute::ForeignCredential);
    }
    Ok(route)
}

/// The provider of a path that is no endpoint for conversations.
fn provider(
    method: &Method,
    uri: &Uri,
    credentials: &Credentials,
    targets: &Targets,
) -> Result<Provider, NoRoute> {
    let owner = owner(method, uri.path()).ok_or(NoRoute::Unknown)?;
    if !credentials.is_any() {
        // More likely one of this server's own paths, mistyped.
        return Err(if owner == Owner::None { NoRoute::Unknown } else { NoRoute::NoCredential });
    }
    match owner {
        Owner::One(provider) => Ok(provider),
        Owner::Vertex if targets.gemini.is_gemini_api() => Err(NoRoute::Vertex),
        Owner::Vertex => Ok(Provider::Gemini),
        Owner::Several | Owner::None => match credentials.named()[..] {
            [Company::Anthropic] => Ok(Provider::Anthropic),
            [Company::Google] => Ok(Provider::Gemini),
            [Company::OpenAi] => Ok(Provider::OpenAi),
            // Anthropic's clients name a version and Google's a project or themselves; a token
            // alone is how OpenAI and all who are compatible with it are asked.
            [] if owner == Owner::Several => Ok(Provider::OpenAi),
            [] => Err(NoRoute::Unclaimed),
            _ => Err(NoRoute::Ambiguous),
        },
    }
}

/// Whose a path is; `None` for one below which no provider has any.
fn owner(method: &Method, path: &str) -> Option<Owner> {
    let (version, rest) = path.strip_prefix('/')?.split_once('/')?;
    let name = rest.split('/').next().unwrap_or_default();
    // Google's custom methods are posted to `NAME:METHOD`; nobody else posts to a model.
    let is_custom_method = || *method == Method::POST && has_custom_method(path);
    Some(match version {
        "backend-api" | "chatgpt" => Owner::One(Provider::ChatGpt),
        _ if GOOGLE_VERSIONS.contains(&version) => match VERTEX.contains(&name) {
            true => Owner::Vertex,
            false => Owner::One(Provider::Gemini),
        },
        "v1" if OWN.iter().any(|own| path.starts_with(own)) => return None,
        "v1" if VERTEX.contains(&name) => Owner::Vertex,
        "v1" if GEMINI.contains(&name) => Owner::One(Provider::Gemini),
        "v1" if name == "models" && is_custom_method() => Owner::One(Provider::Gemini),
        "v1" if ANTHROPIC.contains(&name) => Owner::One(Provider::Anthropic),
        "v1" if OPENAI.contains(&name) => Owner::One(Provider::OpenAi),
        "v1" if OPENAI_COMPATIBLE.contains(&name) => Owner::One(Provider::OpenAi),
        "v1" if SHARED.contains(&name) => Owner::Several,
        "v1" => Owner::None,
        _ => return None,
    })
}

/// Whether a path ends in a method after a colon, which may be written as `%3A`.
fn has_custom_method(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    last.contains(':') || last.to_ascii_lowercase().contains("%3a")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use llm_api::{GEMINI, MESSAGES, RESPONSES};

    const KEY: [(&str, &str); 1] = [("x-api-key", "k")];
    const BEARER: [(&str, &str); 1] = [("authorization", "Bearer k")];
    const GOOGLE: [(&str, &str); 1] = [("x-goog-api-key", "k")];
    const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

    fn route_to(
        targets: &Targets,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Route, NoRoute> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        find(&request.body(()).unwrap().into_parts().0, targets)
    }

    fn route(method: Method, path: &str, headers: &[(&str, &str)]) -> Result<Route, NoRoute> {
        route_to(&Targets::new(None, None, None).unwrap(), method, path, headers)
    }

    fn to(path: &str, headers: &[(&str, &str)]) -> Result<Provider, NoRoute> {
        route(Method::POST, path, headers).map(|route| route.provider)
    }

    #[test]
    fn conversations_are_known_by_their_path() {
        let found = route(Method::POST, "/v1/messages?beta=true", &[]).unwrap();
        assert_eq!((found.provider, found.api), (Provider::Anthropic, Some(MESSAGES)));
        let found = route(Method::GET, "/v1/responses", &[]).unwrap();
        assert_eq!((found.provider, found.api), (Provider::OpenAi, None));
        let found = route(Method::POST, "/backend-api/codex/responses", &[]).unwrap();
        assert_eq!((found.provider, found.api), (Provider::ChatGpt, Some(RESPONSES)));
        for (path, name) in [
            ("/v1beta/models/g:generateContent", "/v1beta/models/*:generateContent"),
            (
                "/v1/models/g%3AstreamGenerateContent?alt=sse",
                "/v1beta/models/*:streamGenerateContent",
            ),
        ] {
            let found = route(Method::POST, path, &GOOGLE).unwrap();
            assert_eq!((found.provider, found.api), (Provider::Gemini, Some(GEMINI)), "{path}");
            assert_eq!((found.name, found.is_generation), (name, true), "{path}");
        }
        let found = route(Method::POST, "/v1beta/models/g:countTokens", &GOOGLE).unwrap();
        assert_eq!((found.provider, found.api, found.name), (Provider::Gemini, None, ""));
    }

    #[test]
    fn chatgpt_has_a_name_here_that_codex_does_not_send_elsewhere() {
        let found = route(Method::POST, "/chatgpt/codex/responses", &BEARER).unwrap();
        assert_eq!((found.provider, found.api), (Provider::ChatGpt, Some(RESPONSES)));
        assert_eq!(to("/chatgpt/codex/models", &BEARER), Ok(Provider::ChatGpt));
        let own = |provider, path: &'static str| {
            providers_own(provider, &PathAndQuery::from_static(path)).to_string()
        };
        let (given, expected) = ("/chatgpt/codex/models?a=b", "/backend-api/codex/models?a=b");
        assert_eq!(own(Provider::ChatGpt, given), expected);
        assert_eq!(own(Provider::ChatGpt, expected), expected);
        assert_eq!(own(Provider::OpenAi, given), given);
    }

    #[test]
    fn the_path_decides_whatever_the_credential() {
        for headers in [&KEY, &BEARER, &GOOGLE] {
            for (path, provider) in [
                ("/v1/messages/batches", Provider::Anthropic),
                ("/v1/messages/batches/b/results", Provider::Anthropic),
                ("/v1/organizations/usage_report/messages", Provider::Anthropic),
                ("/v1/batches", Provider::OpenAi),
                ("/v1/embeddings", Provider::OpenAi),
                ("/v1/responses/compact", Provider::OpenAi),
                ("/backend-api/me", Provider::ChatGpt),
                ("/v1beta/models/g:generateContent", Provider::Gemini),
                ("/v1beta/openai/chat/completions", Provider::Gemini),
                ("/v1alpha/models/g:streamGenerateContent?alt=sse", Provider::Gemini),
                ("/v1/models/g:generateContent", Provider::Gemini),
                ("/v1/models/g%3AgenerateContent", Provider::Gemini),
                ("/v1beta/files", Provider::Gemini),
            ] {
                // OpenAI's and Anthropic's addresses get no key of Google's header.
                let is_foreign = headers == &GOOGLE && provider != Provider::Gemini;
                let expected =
                    if is_foreign { Err(NoRoute::ForeignCredential) } else { Ok(provider) };
                assert_eq!(to(path, headers), expected, "{path} {headers:?}");
            }
        }
    }

    #[test]
    fn what_several_have_is_whose_the_credential_is() {
        for path in ["/v1/files", "/v1/files/f_1/content", "/v1/models", "/v1/skills"] {
            let get = |path: &str, headers: &[(&str, &str)]| {
                route(Method::GET, path, headers).map(|route| route.provider)
            };
            assert_eq!(get(path, &KEY), Ok(Provider::Anthropic), "{path}");
            assert_eq!(get(path, &[BEARER[0], VERSION]), Ok(Provider::Anthropic), "{path}");
            let oauth = ("authorization", "Bearer sk-ant-oat01-made-up");
            assert_eq!(get(path, &[oauth]), Ok(Provider::Anthropic), "{path}");
            assert_eq!(get(path, &BEARER), Ok(Provider::OpenAi), "{path}");
            assert_eq!(get(path, &GOOGLE), Ok(Provider::Gemini), "{path}");
            assert_eq!(get(&format!("{path}?key=k"), &[]), Ok(Provider::Gemini), "{path}");
            let oauth = ("authorization", "Bearer ya29.made-up");
            assert_eq!(get(path, &[oauth]), Ok(Provider::Gemini), "{path}");
            let project = ("x-goog-user-project", "p");
            assert_eq!(get(path, &[BEARER[0], project]), Ok(Provider::Gemini), "{path}");
            assert_eq!(get(path, &[GOOGLE[0], VERSION]), Err(NoRoute::Ambiguous), "{path}");
            assert_eq!(get(path, &[]), Err(NoRoute::NoCredential), "{path}");
        }
        // A fine-tuned model's name has colons too, and isn't posted to.
        let found = route(Method::GET, "/v1/models/ft:gpt-5:org::id", &BEARER).unwrap();
        assert_eq!(found.provider, Provider::OpenAi);
    }

    #[test]
    fn what_no_known_provider_has_is_whose_the_headers_say_or_nobodys() {
        assert_eq!(to("/v1/new-thing", &[BEARER[0], VERSION]), Ok(Provider::Anthropic));
        let organization = ("openai-organization", "o");
        assert_eq!(to("/v1/new-thing", &[BEARER[0], organization]), Ok(Provider::OpenAi));
        assert_eq!(to("/v1/new-thing", &GOOGLE), Ok(Provider::Gemini));
        assert_eq!(to("/v1/new-thing", &BEARER), Err(NoRoute::Unclaimed));
        assert_eq!(to("/v1/%66iles", &BEARER), Err(NoRoute::Unclaimed));
        assert_eq!(to("/v1//files", &BEARER), Err(NoRoute::Unclaimed));
        assert_eq!(to("/v1/compres", &[]), Err(NoRoute::Unknown));
    }

    #[test]
    fn vertex_needs_an_address_of_its_own() {
        let targets = Targets::new(None, None, Some("https://us-aiplatform.googleapis.com/v1"));
        let targets = targets.unwrap();
        for path in [
            "/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict",
            "/v1beta1/projects/p/locations/l/publishers/google/models/m:generateContent",
            "/v1/publishers/google/models/m:generateContent?key=k",
        ] {
            assert_eq!(to(path, &BEARER), Err(NoRoute::Vertex), "{path}");
            let found = route_to(&targets, Method::POST, path, &BEARER).unwrap();
            assert_eq!(found.provider, Provider::Gemini, "{path}");
        }
    }

    #[test]
    fn no_credential_goes_to_a_company_that_did_not_issue_it() {
        let foreign = |path: &str, value: &str| {
            let headers = [("authorization", value)];
            assert_eq!(to(path, &headers), Err(NoRoute::ForeignCredential), "{path} {value}");
        };
        foreign("/v1/messages", "Bearer sk-proj-made-up");
        foreign("/v1/messages", "Bearer AIzaMadeUp");
        foreign("/v1/chat/completions", "Bearer sk-ant-api03-made-up");
        foreign("/v1/responses", "bearer ya29.made-up");
        foreign("/v1beta/openai/chat/completions", "Bearer sk-proj-made-up");
        foreign("/backend-api/me", "Bearer sk-ant-oat01-made-up");
        assert_eq!(
            to("/v1/messages?key=AIzaMadeUp", &KEY),
            Err(NoRoute::ForeignCredential),
            "a key in the query"
        );
        // Whoever gives another address decides what it is sent.
        let targets = Targets::new(Some("http://gateway"), Some("https://api.anthropic.com"), None);
        let targets = targets.unwrap();
        for (path, value) in [
            ("/v1/messages", "Bearer sk-proj-made-up"),
            ("/v1/chat/completions", "Bearer sk-ant-api03-made-up"),
        ] {
            let headers = [("authorization", value)];
            assert!(route_to(&targets, Method::POST, path, &headers).is_ok(), "{path}");
        }
    }

    #[test]
    fn other_paths_need_a_credential_and_a_root() {
        assert_eq!(to("/v1/models", &[]), Err(NoRoute::NoCredential));
        assert_eq!(to("/v1beta/models?alt=sse", &[]), Err(NoRoute::NoCredential));
        for path in ["/v2/models", "/v1", "/v1evil", "/v1betaevil/models", "/stats", "/health"] {
            assert_eq!(to(path, &KEY), Err(NoRoute::Unknown), "{path}");
        }
        for own in ["/v1/compress", "/v1/compress/x", "/v1/retrieve/abc"] {
            assert_eq!(to(own, &KEY), Err(NoRoute::Unknown), "{own}");
        }
    }
}
