//! `/v1/retrieve`: returns originals by their hash, whole or in part: lines, the value at a JSON pointer,
//! or the matches of a query.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use blob_store::{Excerpt, Excerpts, Key, Lines, Miss, NotLines, Original, Place, Selection};
use json_index::Kind;
use metrics::Retrieval;
use serde::Deserialize;
use serde_json::{Value, json};
use tokens::Encoding;

use crate::app::App;
use crate::body;
use crate::response::{ApiError, json_response};

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// The name of the tool with which models retrieve.
const TOOL: &str = "headroom_retrieve";

/// `?query=&lines=&pointer=`
#[derive(Deserialize)]
pub(crate) struct RetrieveQuery {
    query: Option<String>,
    lines: Option<String>,
    pointer: Option<String>,
}

/// `GET /v1/retrieve/{hash}`. With a query alone, the response has the whole original beside what was
/// found: callers of this form (guardrails) read only `original_content`.
pub(crate) async fn by_path(
    State(app): State<Arc<App>>,
    Path(hash): Path<String>,
    Query(query): Query<RetrieveQuery>,
) -> Result<Response, ApiError> {
    let worker = Arc::clone(&app);
    app.limits
        .read(move || {
            let selection = selection(query.query, query.lines.as_deref(), query.pointer)?;
            let is_query = selection.lines.is_none() && selection.pointer.is_none();
            let found = find(&worker, &hash, selection)?;
            if !(is_query && matches!(found, Found::Parts { .. })) {
                return found.response();
            }
            let mut body = found.whole();
            if let (Value::Object(body), Value::Object(results)) = (&mut body, found.results()) {
                body.extend(results);
            }
            Ok(json_response(StatusCode::OK, &body))
        })
        .await?
}

/// `POST /v1/retrieve` with `{hash, query?, lines?, pointer?}`.
pub(crate) async fn by_body(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let held = body::read(&app, &headers, body).await?;
    let worker = Arc::clone(&app);
    app.limits
        .read(move || {
            let request = RetrieveRequest::read(&held.bytes)?;
            find(&worker, &request.hash, request.selection)?.response()
        })
        .await?
}

/// `POST /v1/retrieve/tool_call` with `{provider, tool_call}`: the result for the model, in the
/// provider's shape.
pub(crate) async fn by_tool_call(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let held = body::read(&app, &headers, body).await?;
    let worker = Arc::clone(&app);
    app.limits
        .read(move || {
            let call = ToolCall::read(&held.bytes)?;
            let found = find(&worker, &call.request.hash, call.request.selection.clone())?;
            let (success, data) = match &found {
                Found::Missing(missing) => (false, missing.data()),
                Found::Missed(miss) => {
                    let hash = &call.request.hash;
                    (false, json!({ "error": miss.to_string(), "hash": hash, "status": "missed" }))
                }
                Found::Whole { .. } => (true, found.whole()),
                Found::Parts { .. } => (true, found.results()),
            };
            let body = json!({
                "tool_result": call.result(success, &data),
                "success": success,
                "data": data,
            });
            Ok(json_response(StatusCode::OK, &body))
        })
        .await?
}

/// `GET /v1/retrieve/stats`.
pub(crate) async fn stats(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let worker = Arc::clone(&app);
    let usage =
        app.limits.read(move || worker.originals.usage()).await?.map_err(|e| unusable(&e))?;
    let bounds = app.originals.bounds();
    let metrics = app.metrics.read();
    let recent = metrics.retrievals.iter().rev().take(20).map(|retrieval| {
        json!({
            "hash": retrieval.hash,
            "query": null,
            "items_retrieved": retrieval.given,
            "total_items": retrieval.of,
            "tool_name": null,
            "retrieval_type": if retrieval.queried { "search" } else { "full" },
        })
    });
    let body = json!({
        "store": {
            "backend": { "backend_type": app.originals.describe() },
            "entry_count": usage.entries,
            "entries": usage.entries,
            "bytes": usage.bytes,
            "max_bytes": bounds.bytes,
            "default_ttl_seconds": bounds.age.as_secs(),
            "total_retrievals": metrics.retrieved,
            "retrievals": metrics.retrieved,
            "not_found": metrics.not_found,
        },
        "recent_retrievals": recent.collect::<Vec<_>>(),
    });
    Ok(json_response(StatusCode::OK, &body))
}

/// A request for an original or a part of it.
struct RetrieveRequest {
    hash: String,
    selection: Selection,
}

/// The requested part of an original; a query of blanks selects nothing.
fn selection(
    query: Option<String>,
    lines: Option<&str>,
    pointer: Option<String>,
) -> Result<Selection, ApiError> {
    let invalid = |error: NotLines| ApiError::invalid(format!("invalid lines: {error}"));
    let lines = lines.map(|lines| lines.parse::<Lines>().map_err(invalid)).transpose()?;
    Ok(Selection { pointer, lines, query: query.filter(|query| !query.trim().is_empty()) })
}

impl RetrieveRequest {
    fn read(body: &[u8]) -> Result<Self, ApiError> {
        let index = json_index::scan(body).map_err(|error| {
            ApiError::invalid(format!("invalid JSON in the request body: {error}"))
        })?;
        Self::of(index.root())
    }

    fn of(object: json_index::Value<'_>) -> Result<Self, ApiError> {
        body::check_names(object)?;
        let text = |name: &str| match object.get(name) {
            None => Ok(None),
            Some(value) if value.is_null() => Ok(None),
            Some(value) => match value.text() {
                Some(text) if value.kind() == Kind::String => Ok(Some(text.into_owned())),
                _ => Err(ApiError::invalid(format!("invalid {name}: expected a string"))),
            },
        };
        let hash =
            text("hash")?.ok_or_else(|| ApiError::invalid("missing required field: hash"))?;
        let lines = text("lines")?;
        let selection = selection(text("query")?, lines.as_deref(), text("pointer")?)?;
        Ok(Self { hash, selection })
    }
}

/// A model's call of the tool.
struct ToolCall {
    is_anthropic: bool,
    id: String,
    request: RetrieveRequest,
}

impl ToolCall {
    /// Reads the call as Anthropic (`{id, name, input}`) or OpenAI
    /// (`{id, function: {name, arguments}}`) write it.
    fn read(body: &[u8]) -> Result<Self, ApiError> {
        let index = json_index::scan(body).map_err(|error| {
            ApiError::invalid(format!("invalid JSON in the request body: {error}"))
        })?;
        let root = index.root();
        let call = root
            .get("tool_call")
            .ok_or_else(|| ApiError::invalid("missing required field: tool_call"))?;
        let is_anthropic = match root.get("provider") {
            None => call.get("function").is_none(),
            Some(provider) if provider.is("anthropic") => true,
            Some(provider) if provider.is("openai") => false,
            Some(_) => {
                return Err(ApiError::invalid("invalid provider: expected anthropic or openai"));
            }
        };
        let not_ours = || ApiError::invalid(format!("invalid tool_call: not a call of {TOOL}"));
        let inner = if is_anthropic { Some(call) } else { call.get("function") };
        let inner = inner.ok_or_else(not_ours)?;
        if !inner.get("name").is_some_and(|name| name.is(TOOL)) {
            return Err(not_ours());
        }
        let request = match inner.get(if is_anthropic { "input" } else { "arguments" }) {
            Some(input) if input.kind() == Kind::Object => RetrieveRequest::of(input),
            Some(arguments) => {
                RetrieveRequest::read(arguments.text().unwrap_or_default().as_bytes())
            }
            None => Err(not_ours()),
        }?;
        let id = call.get("id").and_then(json_index::Value::text).unwrap_or_default().into_owned();
        Ok(Self { is_anthropic, id, request })
    }

    /// The result in the provider's shape.
    fn result(&self, success: bool, data: &Value) -> Value {
        let content = data.to_string();
        match self.is_anthropic {
            true => {
                let mut result =
                    json!({ "type": "tool_result", "tool_use_id": self.id, "content": content });
                if !success {
                    result["is_error"] = true.into();
                }
                result
            }
            false => json!({ "role": "tool", "tool_call_id": self.id, "content": content }),
        }
    }
}

/// What a retrieval found.
enum Found {
    Missing(Missing),
    Whole {
        original: Original,
        retrievals: usize,
    },
    Parts {
        original: Original,
        retrievals: usize,
        selection: Selection,
        excerpts: Excerpts,
    },
    /// The original is there, but the requested part isn't in it.
    Missed(Miss),
}

/// A hash under which nothing is stored.
struct Missing {
    hash: String,
    ttl: u64,
}

fn find(app: &App, hash: &str, selection: Selection) -> Result<Found, ApiError> {
    let original = match app.originals.get(hash) {
        Ok(Some(original)) => original,
        Ok(None) => {
            app.metrics.not_found();
            let hash = hash.chars().take(64).collect();
            return Ok(Found::Missing(Missing { hash, ttl: app.originals.bounds().age.as_secs() }));
        }
        Err(error @ blob_store::Error::Ambiguous(_)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(ApiError::new(status, "validation_error", error.to_string()));
        }
        Err(error) => return Err(unusable(&error)),
    };
    let found = match selection.is_whole() {
        true => None,
        false => match selection.of(&original.text) {
            Ok(excerpts) => Some((selection, excerpts)),
            Err(miss) => return Ok(Found::Missed(miss)),
        },
    };
    let retrievals = app.metrics.retrieved(Retrieval {
        hash: original.hash.to_string(),
        queried: found.is_some(),
        given: found.as_ref().map_or(1, |(_, excerpts)| excerpts.shown.len()),
        of: found.as_ref().map_or(1, |(_, excerpts)| excerpts.shown.len() + excerpts.more),
    });
    Ok(match found {
        None => Found::Whole { original, retrievals },
        Some((selection, excerpts)) => Found::Parts { original, retrievals, selection, excerpts },
    })
}

impl Found {
    fn response(&self) -> Result<Response, ApiError> {
        match self {
            Self::Missing(missing) => Ok(not_found(missing)),
            Self::Whole { .. } => Ok(json_response(StatusCode::OK, &self.whole())),
            Self::Parts { .. } => Ok(json_response(StatusCode::OK, &self.results())),
            Self::Missed(miss) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Err(ApiError::new(status, "validation_error", miss.to_string()))
            }
        }
    }

    fn whole(&self) -> Value {
        match self {
            Self::Missing(missing) => missing.data(),
            Self::Missed(miss) => json!({ "error": miss.to_string() }),
            Self::Whole { original, retrievals } | Self::Parts { original, retrievals, .. } => {
                json!({
                    "hash": original.hash.to_string(),
                    "original_content": original.text,
                    "original_tokens": tokens::count(Encoding::default(), &original.text),
                    "original_item_count": original.text.lines().count(),
                    "compressed_item_count": 0,
                    "tool_name": null,
                    "retrieval_count": retrievals,
                })
            }
        }
    }

    /// The requested parts after what selected them; empty where the whole original was requested.
    fn results(&self) -> Value {
        let Self::Parts { original, selection, excerpts, .. } = self else { return json!({}) };
        let mut results = json!({ "hash": original.hash.to_string() });
        if let Some(pointer) = &selection.pointer {
            results["pointer"] = pointer.as_str().into();
        }
        if let Some(lines) = selection.lines {
            results["lines"] = lines.to_string().into();
        }
        if let Some(query) = &selection.query {
            results["query"] = query.as_str().into();
        }
        results["results"] = excerpts.shown.iter().map(result).collect();
        results["count"] = excerpts.shown.len().into();
        results["more"] = excerpts.more.into();
        results["original_item_count"] = original.text.lines().count().into();
        results
    }
}

fn result(excerpt: &Excerpt) -> Value {
    match excerpt.place {
        Place::Lines(first, last) => json!({ "lines": [first, last], "text": excerpt.text }),
        Place::Item(index) => json!({ "item": index, "text": excerpt.text }),
        Place::Whole => json!({ "text": excerpt.text }),
    }
}

impl Missing {
    fn message(&self) -> String {
        if Key::parse(&self.hash).is_none() {
            return format!(
                "`{}` is not a hash: pass the 24 hexadecimal digits after `hash=` in the marker, or at \
                 least the first 12 of them",
                self.hash
            );
        }
        format!(
            "there is no original with hash {}: it expired (after {}) or was never stored here. Don't \
             retry; run the command that wrote the text again",
            self.hash,
            duration(self.ttl)
        )
    }

    /// The result for a model.
    fn data(&self) -> Value {
        json!({
            "error": self.message(),
            "hash": self.hash,
            "status": "missing",
            "ttl_seconds": self.ttl,
        })
    }
}

/// The 404 response, with `detail` for clients of the Python package.
fn not_found(missing: &Missing) -> Response {
    let error = ApiError::new(StatusCode::NOT_FOUND, "storage_error", missing.message());
    let mut body = error.body();
    body["detail"] = error.message.into_owned().into();
    json_response(error.status, &body)
}

/// A number of seconds for people and models: `7 days` if it is whole days, otherwise `1h 30m`.
fn duration(seconds: u64) -> String {
    match seconds / DAY {
        0 => humantime::format_duration(Duration::from_secs(seconds)).to_string(),
        1 if seconds == DAY => "1 day".to_owned(),
        days if seconds.is_multiple_of(DAY) => format!("{days} days"),
        _ => humantime::format_duration(Duration::from_secs(seconds)).to_string(),
    }
}

/// The 503 response if the store can't be used.
fn unusable(error: &blob_store::Error) -> ApiError {
    tracing::warn!(%error, "the store of originals can't be used");
    let message = "the store of originals can't be used at present (the server's log says why): \
                   retry later, or run the command that wrote the text again";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "storage_error", message)
}
