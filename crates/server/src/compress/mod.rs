//! `POST /v1/compress`: compresses a text, or the messages of a conversation.
//!
//! Two forms share the route. The text form has a `text` and may elide what the reader can retrieve;
//! the messages form has `messages` (OpenAI or Anthropic shape) or `input` (Responses shape) and elides
//! nothing unless it is told to (`config.mode: "ccr"`), because most of its callers can't retrieve.

mod fields;
mod memo;
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

use crate::app::App;
use crate::body;
use crate::response::{ApiError, json_response};
use blob_store::CompressionResult;

pub(crate) use memo::CompressionMemo;

/// The header with which a client asks for its request back as it is: `true`.
const BYPASS: &str = "x-headroom-bypass";
/// The header of a response of which a part is as it came because compressing it failed: `true`.
const FAILED: &str = "x-headroom-compression-failed";

/// `POST /v1/compress`.
pub(crate) async fn compress(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let held = body::read(&app, &headers, body).await?;
    let bypass =
        headers.get(BYPASS).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    let worker = Arc::clone(&app);
    app.limits.compute(move || respond(&worker, &held.bytes, bypass)).await?
}

fn respond(app: &App, body: &[u8], bypass: bool) -> Result<Response, ApiError> {
    let index = json_index::scan(body)
        .map_err(|error| ApiError::invalid(format!("invalid JSON in the request body: {error}")))?;
    let root = index.root();
    if root.kind() != Kind::Object {
        return Err(ApiError::invalid("the request body isn't a JSON object"));
    }
    body::check_names(root)?;
    let has = |name: &str| root.get(name).is_some();
    match (has("text"), has("messages"), has("input")) {
        (true, false, false) => text::respond(app, root, bypass),
        (false, true, false) => messages::respond(app, &index, "messages", bypass),
        (false, false, true) => messages::respond(app, &index, "input", bypass),
        (false, false, false) => {
            Err(ApiError::invalid("missing required field: text, messages or input"))
        }
        _ => Err(ApiError::invalid("only one of text, messages and input may be present")),
    }
}

/// What was done, as the responses of both forms report it.
#[derive(Debug, Default, Serialize)]
struct Report {
    tokens_before: usize,
    tokens_after: usize,
    tokens_saved: usize,
    /// Tokens after by tokens before; 1 where nothing was saved.
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
    fn add(&mut self, result: &CompressionResult) {
        let compressed = &result.compressed;
        self.tokens_before += compressed.tokens_before;
        self.tokens_after += compressed.tokens_after;
        self.failures += usize::from(result.failed);
        self.not_kept += usize::from(result.not_kept.is_some());
        for transform in &compressed.transforms {
            if !self.transforms_applied.contains(transform) {
                self.transforms_applied.push(transform.clone());
            }
        }
        let hashes = compressed.omissions.iter().filter_map(|omission| omission.hash());
        self.ccr_hashes.extend(hashes.map(str::to_owned));
    }

    /// Converts the counts, which are the encoding's, to the model's tokens, and works out the rest.
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

/// How the tokens of the model of that name are counted; like those of the newest models where it isn't
/// known.
fn model(name: Option<&str>) -> Model {
    name.and_then(tokens::model).unwrap_or(Model { encoding: Encoding::default(), factor: 1.0 })
}

/// Records the request, and makes the response.
fn finish(
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
