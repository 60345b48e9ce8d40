//! A server that is running already, as another program on its machine sees it.

use std::time::Duration;

use serde_json::Value;

/// How long it may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most bytes of an answer that are read.
const LONGEST_ANSWER: u64 = 1 << 20;

/// Who answers at an address.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// A Headroom.
    Headroom(Headroom),
    /// Some other program.
    Another,
    /// Nobody, or not in time.
    Nobody,
}

/// What a Headroom says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Headroom {
    pub(crate) version: String,
    /// Not told by other implementations.
    pub(crate) pid: Option<u64>,
    pub(crate) uptime: Option<Duration>,
}

/// Asks who is at `url`, by `GET /livez`.
pub(crate) fn who_is_at(url: &str) -> Answer {
    let url = format!("{}/livez", url.trim_end_matches('/'));
    let response = match agent().get(&url).call() {
        Ok(response) => response,
        Err(ureq::Error::ConnectionFailed | ureq::Error::Timeout(_) | ureq::Error::Io(_)) => {
            return Answer::Nobody;
        }
        Err(_) => return Answer::Another,
    };
    headroom(response).map_or(Answer::Another, Answer::Headroom)
}

/// Sends `text` to be compressed; the status of the answer, or why there is none.
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

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .new_agent()
}

fn headroom(response: ureq::http::Response<ureq::Body>) -> Option<Headroom> {
    let body = response.into_body().into_with_config().limit(LONGEST_ANSWER).read_to_string();
    let livez: Value = serde_json::from_str(&body.ok()?).ok()?;
    (livez["service"] == proxy::SERVICE).then(|| Headroom {
        version: livez["version"].as_str().unwrap_or("unknown").to_owned(),
        pid: livez["pid"].as_u64(),
        uptime: livez["uptime_seconds"].as_f64().and_then(|s| Duration::try_from_secs_f64(s).ok()),
    })
}
