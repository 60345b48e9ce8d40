//! `POST /v1/compress`: a text, or the messages of a conversation, made smaller.
//!
//! Two forms share the route. The text form has a `text` and may elide what the reader can ask
//! for; the messages form has `messages` (OpenAI or Anthropic shape) or `input` (Responses shape)
//! and leaves nothing out unless it is told to (`config.mode: "ccr"`), because most of its callers
//! have no way to ask.

mod fields;
mod known;
mod messages;
mod settings;
mod text;

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use json_index::Kind;
use metrics::Compression;
use serde::Serialize;
use tokens::{Encoding, Model};

use crate::answer::{Refusal, json_response};
use crate::app::App;
use crate::body;
use blob_store::CompressionResult;

pub(crate) use known::Known;

/// Set to `true` by a client that wants its request back as it is.
const BYPASS: &str = "x-headroom-bypass";
/// Set to `true` in an answer of which a part is as it came because compressing it failed.
const FAILED: &str = "x-headroom-compression-failed";

/// `POST /v1/compress`.
pub(crate) async fn compress(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let held = body::read(&app, &headers, body).await?;
    let bypass =
        headers.get(BYPASS).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    let worker = Arc::clone(&app);
    app.limits.compute(move || answer(&worker, &held.bytes, bypass)).await?
}

fn answer(app: &App, body: &[u8], bypass: bool) -> Result<Response, Refusal> {
    let index = json_index::scan(body)
        .map_err(|error| Refusal::invalid(format!("invalid JSON in the request body: {error}")))?;
    let root = index.root();
    if root.kind() != Kind::Object {
        return Err(Refusal::invalid("the request body isn't a JSON object"));
    }
    let has = |name: &str| root.get(name).is_some();
    match (has("text"), has("messages"), has("input")) {
        (true, false, false) => text::answer(app, root, bypass),
        (false, true, false) => messages::answer(app, &index, "messages", bypass),
        (false, false, true) => messages::answer(app, &index, "input", bypass),
        (false, false, false) => {
            Err(Refusal::invalid("missing required field: text, messages or input"))
        }
        _ => Err(Refusal::invalid("give one of text, messages and input, not several")),
    }
}

/// What was done, as both forms answer it.
#[derive(Debug, Default, Serialize)]
struct Report {
    tokens_before: usize,
    tokens_after: usize,
    tokens_saved: usize,
    /// Tokens after for each one before; 1 where nothing was saved.
    compression_ratio: f64,
    transforms_applied: Vec<String>,
    ccr_hashes: Vec<String>,
    #[serde(skip)]
    failures: usize,
    #[serde(skip)]
    not_kept: usize,
}

impl Report {
    /// Adds the result of compressing one text.
    fn add(&mut self, outcome: &CompressionResult) {
        let compressed = &outcome.compressed;
        self.tokens_before += compressed.tokens_before;
        self.tokens_after += compressed.tokens_after;
        self.failures += usize::from(outcome.failed);
        self.not_kept += usize::from(outcome.not_kept.is_some());
        for transform in &compressed.transforms {
            if !self.transforms_applied.contains(transform) {
                self.transforms_applied.push(transform.clone());
            }
        }
        let hashes = compressed.omissions.iter().filter_map(|gap| gap.hash());
        self.ccr_hashes.extend(hashes.map(str::to_owned));
    }

    /// Says the counts, which are the encoding's, in the model's tokens, and works out the rest.
    fn finish(&mut self, model: &Model) {
        self.ccr_hashes.sort_unstable();
        self.ccr_hashes.dedup();
        self.tokens_before = model.estimate(self.tokens_before);
        self.tokens_after = model.estimate(self.tokens_after);
        self.tokens_saved = self.tokens_before.saturating_sub(self.tokens_after);
        self.compression_ratio = match self.tokens_before {
            0 => 1.0,
            before => self.tokens_after as f64 / before as f64,
        };
    }
}

/// How the tokens of the model of that name are counted; as the newest ones are where it isn't known.
fn model(name: Option<&str>) -> Model {
    name.and_then(tokens::model).unwrap_or(Model { encoding: Encoding::default(), factor: 1.0 })
}

/// Counts the request in, and answers it.
fn respond(
    app: &App,
    form: &'static str,
    model: Option<String>,
    began: Instant,
    report: &Report,
    body: &impl Serialize,
) -> Response {
    app.metrics.compressed(Compression {
        at: SystemTime::now(),
        model,
        form,
        tokens_before: report.tokens_before,
        tokens_after: report.tokens_after,
        transforms: report.transforms_applied.clone(),
        failures: report.failures,
        not_kept: report.not_kept,
        took: began.elapsed(),
    });
    let mut response = json_response(StatusCode::OK, body);
    if report.failures > 0 {
        response.headers_mut().insert(FAILED, HeaderValue::from_static("true"));
    }
    response
}
