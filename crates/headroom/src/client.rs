//! Requests to a running server: health, metrics, compression.

use std::time::Duration;

use serde_json::Value;

use crate::environment;

/// The default URL of the server.
pub(crate) const DEFAULT_URL: &str = "http://127.0.0.1:8787";
/// The time limit for a response of a server on this machine.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// The time limit for a request that is forwarded to a provider.
const PROVIDER_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest response that is read, in bytes; these are small documents.
const MAX_RESPONSE_BYTES: u64 = 1 << 20;
/// The largest document of metrics that is read, in bytes.
const MAX_METRICS_BYTES: u64 = 16 << 20;

/// The program that responds at an address.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Probe {
    /// A Headroom.
    Headroom(Headroom),
    /// Some other program.
    Another,
    /// None, or not in time.
    Nobody,
}

/// What a Headroom reports about itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Headroom {
    pub(crate) version: String,
    /// Other implementations don't report it.
    pub(crate) pid: Option<u64>,
    pub(crate) uptime: Option<Duration>,
}

/// Finds out what responds at `url`, by `GET /livez`.
pub(crate) fn probe(url: &str) -> Probe {
    let url = format!("{}/livez", url.trim_end_matches('/'));
    let response = match agent().get(&url).call() {
        Ok(response) => response,
        Err(ureq::Error::ConnectionFailed | ureq::Error::Timeout(_) | ureq::Error::Io(_)) => {
            return Probe::Nobody;
        }
        Err(_) => return Probe::Another,
    };
    headroom(response).map_or(Probe::Another, Probe::Headroom)
}

/// Where the server is expected: `HEADROOM_BASE_URL`, else the default address; without a slash at
/// its end.
pub(crate) fn server_url() -> String {
    let named = std::env::var(environment::BASE_URL).ok().filter(|url| !url.trim().is_empty());
    let url = named.unwrap_or_else(|| DEFAULT_URL.to_owned());
    url.trim().trim_end_matches('/').to_owned()
}

/// The base URLs to which a Headroom forwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownTargets {
    /// Anthropic's base URL.
    pub(crate) anthropic: String,
    /// OpenAI's.
    pub(crate) openai: String,
    /// Gemini's.
    pub(crate) gemini: String,
}

/// The base URLs to which the Headroom at `url` forwards. `None` if there is no Headroom, or it doesn't
/// report them.
pub(crate) fn targets(url: &str) -> Option<KnownTargets> {
    let response = agent().get(format!("{url}/health")).call().ok()?;
    let health = own_response(response)?;
    let target = |name: &str| Some(health["config"][name].as_str()?.to_owned());
    Some(KnownTargets {
        anthropic: target("anthropic_api_url")?,
        openai: target("openai_api_url")?,
        gemini: target("gemini_api_url")?,
    })
}

/// The JSON response of the Headroom at `url` for `path`; the error is a message.
pub(crate) fn get_json(url: &str, token: Option<&str>, path: &str) -> Result<Value, String> {
    let mut request = agent().get(format!("{url}{path}"));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let response = request.call().map_err(|error| error.to_string())?;
    if !response.status().is_success() {
        return Err(format!("it answers {}", response.status()));
    }
    let body = response.into_body().into_with_config().limit(MAX_METRICS_BYTES).read_to_string();
    serde_json::from_str(&body.map_err(|error| error.to_string())?).map_err(|e| e.to_string())
}

/// Sends `text` to be compressed; returns the status of the response, or an error message.
pub(crate) fn compress(url: &str, token: Option<&str>, text: &str) -> Result<u16, String> {
    let body = serde_json::json!({ "text": text }).to_string();
    let mut request = agent()
        .post(format!("{}/v1/compress", url.trim_end_matches('/')))
        .content_type("application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let response = request.send(&body[..]).map_err(|error| error.to_string())?;
    Ok(response.status().as_u16())
}

/// Sends an empty request to a provider's route of the server at `url`; returns the status of the response.
pub(crate) fn probe_route(url: &str, path: &str) -> Result<u16, String> {
    let request = agent()
        .post(format!("{url}{path}"))
        .config()
        .timeout_global(Some(PROVIDER_TIMEOUT))
        .build();
    // This isn't a conversation, so it must not be counted as an unrecognised request.
    let request = request.header("x-headroom-bypass", "true");
    let response = request.content_type("application/json").send("{}");
    Ok(response.map_err(|error| error.to_string())?.status().as_u16())
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(PROBE_TIMEOUT))
        .build()
        .new_agent()
}

fn headroom(response: ureq::http::Response<ureq::Body>) -> Option<Headroom> {
    let livez = own_response(response)?;
    Some(Headroom {
        version: livez["version"].as_str().unwrap_or("unknown").to_owned(),
        pid: livez["pid"].as_u64(),
        uptime: livez["uptime_seconds"].as_f64().and_then(|s| Duration::try_from_secs_f64(s).ok()),
    })
}

/// The JSON of a response, if a Headroom gave it.
fn own_response(response: ureq::http::Response<ureq::Body>) -> Option<Value> {
    let body = response.into_body().into_with_config().limit(MAX_RESPONSE_BYTES).read_to_string();
    let answer: Value = serde_json::from_str(&body.ok()?).ok()?;
    (answer["service"] == server::SERVICE).then_some(answer)
}
