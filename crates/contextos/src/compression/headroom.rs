//! `--compress headroom`: compresses with a Headroom server over HTTP.
//!
//! Plain HTTP, without the system's proxy and without redirects: the text is sent to the address that
//! the user chose, and nowhere else.

mod response;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use compress::{Compressed, Options, Provider};
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{StatusCode, Uri};

use super::error::{CompressionError, HeadroomUnavailable};
use super::executable;
use crate::environment;
use crate::settings::Settings;
use response::ServerResponse;

/// The default URL of a server.
const DEFAULT_URL: &str = "http://127.0.0.1:8787";
/// The time limit of connecting. By hand, not measured.
const CONNECT: Duration = Duration::from_secs(2);
/// The time limit of a whole request, without HEADROOM_TIMEOUT. By hand, not measured.
const WHOLE: Duration = Duration::from_secs(60);
/// The model in requests with messages, where the API requires one. Both servers count the tokens of
/// OpenAI's encodings.
const MODEL: &str = "gpt-4o";

/// A Headroom server.
pub(crate) struct Headroom {
    agent: Agent,
    url: String,
    /// Whether `url` is the default: only then can the message be that headroom-ai isn't installed.
    is_default: bool,
    token: Option<String>,
    /// Finds a `headroom` to start on this machine.
    executable: fn() -> Option<PathBuf>,
}

impl Headroom {
    /// The server at `HEADROOM_BASE_URL`, at the URL of the user's configuration, or at the default one.
    /// Doesn't connect yet.
    ///
    /// # Errors
    /// When the URL or the time limit is invalid.
    pub(crate) fn new(settings: &Settings) -> Result<Self, CompressionError> {
        let chosen = environment::headroom_base_url().or_else(|| settings.headroom_url());
        let is_default = chosen.is_none();
        let url = base(&chosen.unwrap_or_else(|| DEFAULT_URL.to_owned()))?;
        let whole = environment::headroom_timeout().map_err(CompressionError::Setting)?;
        Ok(Self {
            agent: agent(whole.unwrap_or(WHOLE)),
            url,
            is_default,
            token: environment::headroom_api_key(),
            executable: executable::find,
        })
    }

    /// The URL, without credentials and without a slash at its end.
    pub(crate) fn url(&self) -> String {
        match self.url.split_once('@') {
            Some((_, host)) => format!("http://{host}"),
            None => self.url.clone(),
        }
    }

    /// The version of the server.
    ///
    /// # Errors
    /// When no Headroom responds.
    pub(crate) fn version(&self) -> Result<String, CompressionError> {
        let answer = match self.agent.get(format!("{}/livez", self.url)).call() {
            Ok(mut response) => {
                ServerResponse::read(response.status(), response.body_mut(), 1 << 16)
            }
            Err(error) => return Err(self.unreachable(&error)),
        };
        match answer.ok().and_then(|answer| answer.json) {
            Some(live) if live["service"] == "headroom-proxy" => {
                Ok(live["version"].as_str().unwrap_or("of an unknown version").to_owned())
            }
            _ => Err(self.not_responding()),
        }
    }

    fn post(&self, body: &Value, most: u64) -> Result<ServerResponse, CompressionError> {
        let mut request = self
            .agent
            .post(format!("{}/v1/compress", self.url))
            .header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response =
            request.send(body.to_string()).map_err(|error| self.unreachable(&error))?;
        ServerResponse::read(response.status(), response.body_mut(), most)
            .map_err(|_| self.not_responding())
    }

    /// The error of a request without a response: either no Headroom is installed, or it isn't running.
    fn unreachable(&self, error: &ureq::Error) -> CompressionError {
        let nothing_listens = match error {
            ureq::Error::ConnectionFailed | ureq::Error::HostNotFound => true,
            ureq::Error::Timeout(timeout) => *timeout == ureq::Timeout::Connect,
            ureq::Error::Io(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
            _ => false,
        };
        if self.is_default && nothing_listens && (self.executable)().is_none() {
            return HeadroomUnavailable::NotInstalled.into();
        }
        self.not_responding()
    }

    fn not_responding(&self) -> CompressionError {
        HeadroomUnavailable::NotResponding { url: self.url() }.into()
    }

    /// The error of a response that isn't a success.
    fn refused(&self, answer: &ServerResponse) -> CompressionError {
        if !answer.is_of_a_headroom() {
            return self.not_responding();
        }
        CompressionError::Refused {
            url: self.url(),
            status: answer.status.to_string(),
            message: answer.message().unwrap_or_default(),
        }
    }
}

impl Provider for Headroom {
    fn name(&self) -> &str {
        "headroom"
    }

    /// Sends the text; a server that rejects that gets it in messages, which the Python program's server
    /// requires.
    fn compress(
        &self,
        text: &str,
        options: &Options,
    ) -> Result<Compressed, Box<dyn Error + Send + Sync>> {
        let most = 1 << 20 | (text.len() as u64).saturating_mul(8);
        let mut answer = self.post(&text_form(text, options), most)?;
        let mut text_of: fn(&Value) -> Option<&str> = |body| body["text"].as_str();
        if answer.status == StatusCode::BAD_REQUEST {
            answer = self.post(&messages_form(text, options), most)?;
            text_of = |body| match body["messages"].as_array()?.as_slice() {
                [message] => message["content"].as_str(),
                _ => None,
            };
        }
        if answer.status != StatusCode::OK {
            return Err(self.refused(&answer).into());
        }
        match answer.json.as_ref().and_then(text_of) {
            Some(text) => Ok(Compressed { text: text.to_owned(), ..Compressed::default() }),
            None => Err(self.not_responding().into()),
        }
    }
}

fn agent(whole: Duration) -> Agent {
    Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(whole))
        .user_agent(concat!("contextos/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

fn text_form(text: &str, options: &Options) -> Value {
    let mut body = json!({ "text": text, "task": options.task, "retrieval": "offered" });
    if let Some(budget) = options.budget {
        body["budget"] = budget.into();
    }
    if let Some(source) = &options.source {
        body["source"] = json!({ "path": source.path, "line": source.line });
    }
    body
}

/// The text as a tool result in messages. The mode `ccr` makes that server keep the original of what it
/// omits; without a mode, it would be lost.
fn messages_form(text: &str, options: &Options) -> Value {
    let mut body = json!({
        "messages": [{ "role": "tool", "tool_call_id": "context_pack", "content": text }],
        "model": MODEL,
        "config": { "mode": "ccr" },
    });
    if let Some(budget) = options.budget {
        body["token_budget"] = budget.into();
    }
    body
}

/// The base URL for requests: without a slash at its end.
fn base(url: &str) -> Result<String, CompressionError> {
    let url = url.trim_end_matches('/');
    let parsed: Option<Uri> = url.parse().ok();
    match parsed.as_ref().and_then(Uri::scheme_str) {
        Some("http") if parsed.as_ref().is_some_and(|uri| uri.query().is_none()) => {
            Ok(url.to_owned())
        }
        Some("https") => Err(CompressionError::Setting(
            "HEADROOM_BASE_URL: https is not supported; use the URL of an http server, or of a \
             tunnel to one"
                .into(),
        )),
        _ => Err(CompressionError::Setting(
            "HEADROOM_BASE_URL: not a URL like http://127.0.0.1:8787".into(),
        )),
    }
}

#[cfg(test)]
mod tests;
