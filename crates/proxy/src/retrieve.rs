//! `/v1/retrieve`: what was left out, by its hash, whole or the parts that answer a query.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use originals::{Excerpt, Excerpts, Original, Place, excerpts};
use serde::Deserialize;
use serde_json::{Value, json};
use tokens::Encoding;
use wire::json::Kind;

use crate::answer::{Refusal, json_response};
use crate::app::App;
use crate::body;
use crate::meter::Retrieval;

/// The name of the tool by which models ask.
const TOOL: &str = "headroom_retrieve";

/// `?query=`
#[derive(Deserialize)]
pub(crate) struct Asked {
    query: Option<String>,
}

/// `GET /v1/retrieve/{hash}`. With a query, the original comes beside what was found: callers of
/// this form (guardrails) read only `original_content`.
pub(crate) async fn by_path(
    State(app): State<Arc<App>>,
    Path(hash): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let worker = Arc::clone(&app);
    app.limits
        .read(move || {
            let query = asked.query.filter(|query| !query.trim().is_empty());
            let found = match find(&worker, &hash, query.as_deref())? {
                Found::Unknown(unknown) => return Ok(not_found(&unknown)),
                found => found,
            };
            let mut answer = found.whole();
            if let (Value::Object(answer), Value::Object(results)) = (&mut answer, found.results())
            {
                answer.extend(results);
            }
            Ok(json_response(StatusCode::OK, &answer))
        })
        .await?
}

/// `POST /v1/retrieve` with `{hash, query?}`.
pub(crate) async fn by_body(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let held = body::read(&app, &headers, body).await?;
    let worker = Arc::clone(&app);
    app.limits
        .read(move || {
            let asked = Question::read(&held.bytes)?;
            let found = find(&worker, &asked.hash, asked.query.as_deref())?;
            Ok(match &found {
                Found::Unknown(unknown) => not_found(unknown),
                Found::Whole { .. } => json_response(StatusCode::OK, &found.whole()),
                Found::Parts { .. } => json_response(StatusCode::OK, &found.results()),
            })
        })
        .await?
}

/// `POST /v1/retrieve/tool_call` with `{provider, tool_call}`: the result for the model, in the
/// provider's shape.
pub(crate) async fn by_tool_call(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let held = body::read(&app, &headers, body).await?;
    let worker = Arc::clone(&app);
    app.limits
        .read(move || {
            let call = ToolCall::read(&held.bytes)?;
            let found = find(&worker, &call.question.hash, call.question.query.as_deref())?;
            let (success, data) = match &found {
                Found::Unknown(unknown) => (false, unknown.data()),
                Found::Whole { .. } => (true, found.whole()),
                Found::Parts { .. } => (true, found.results()),
            };
            let answer = json!({
                "tool_result": call.result(success, &data),
                "success": success,
                "data": data,
            });
            Ok(json_response(StatusCode::OK, &answer))
        })
        .await?
}

/// `GET /v1/retrieve/stats`.
pub(crate) async fn stats(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let worker = Arc::clone(&app);
    let usage =
        app.limits.read(move || worker.originals.usage()).await?.map_err(|e| unusable(&e))?;
    let bounds = app.originals.bounds();
    let figures = app.meter.read();
    let recent = figures.retrievals.iter().rev().take(20).map(|retrieval| {
        json!({
            "hash": retrieval.hash.to_string(),
            "query": null,
            "items_retrieved": retrieval.given,
            "total_items": retrieval.of,
            "tool_name": null,
            "retrieval_type": if retrieval.queried { "search" } else { "full" },
        })
    });
    let answer = json!({
        "store": {
            "backend": { "backend_type": app.originals.describe() },
            "entry_count": usage.entries,
            "entries": usage.entries,
            "bytes": usage.bytes,
            "max_bytes": bounds.bytes,
            "default_ttl_seconds": bounds.age.as_secs(),
            "total_retrievals": figures.retrieved,
            "retrievals": figures.retrieved,
            "not_found": figures.not_found,
        },
        "recent_retrievals": recent.collect::<Vec<_>>(),
    });
    Ok(json_response(StatusCode::OK, &answer))
}

/// What is asked for.
struct Question {
    hash: String,
    query: Option<String>,
}

impl Question {
    fn read(body: &[u8]) -> Result<Self, Refusal> {
        let index = wire::json::scan(body).map_err(|error| {
            Refusal::invalid(format!("invalid JSON in the request body: {error}"))
        })?;
        Self::of(index.root())
    }

    fn of(object: wire::json::Value<'_>) -> Result<Self, Refusal> {
        let text = |name: &str| match object.get(name) {
            None => Ok(None),
            Some(value) if value.is_null() => Ok(None),
            Some(value) => match value.text() {
                Some(text) if value.kind() == Kind::String => Ok(Some(text.into_owned())),
                _ => Err(Refusal::invalid(format!("invalid {name}: expected a string"))),
            },
        };
        let hash = text("hash")?.ok_or_else(|| Refusal::invalid("missing required field: hash"))?;
        let query = text("query")?.filter(|query| !query.trim().is_empty());
        Ok(Self { hash, query })
    }
}

/// A model's call of the tool.
struct ToolCall {
    is_anthropic: bool,
    id: String,
    question: Question,
}

impl ToolCall {
    /// Reads the call as Anthropic (`{id, name, input}`) or OpenAI
    /// (`{id, function: {name, arguments}}`) write it.
    fn read(body: &[u8]) -> Result<Self, Refusal> {
        let index = wire::json::scan(body).map_err(|error| {
            Refusal::invalid(format!("invalid JSON in the request body: {error}"))
        })?;
        let root = index.root();
        let call = root
            .get("tool_call")
            .ok_or_else(|| Refusal::invalid("missing required field: tool_call"))?;
        let is_anthropic = match root.get("provider") {
            None => call.get("function").is_none(),
            Some(provider) if provider.is("anthropic") => true,
            Some(provider) if provider.is("openai") => false,
            Some(_) => {
                return Err(Refusal::invalid("invalid provider: expected anthropic or openai"));
            }
        };
        let not_ours = || Refusal::invalid(format!("invalid tool_call: not a call of {TOOL}"));
        let inner = if is_anthropic { Some(call) } else { call.get("function") };
        let inner = inner.ok_or_else(not_ours)?;
        if !inner.get("name").is_some_and(|name| name.is(TOOL)) {
            return Err(not_ours());
        }
        let question = match inner.get(if is_anthropic { "input" } else { "arguments" }) {
            Some(input) if input.kind() == Kind::Object => Question::of(input),
            Some(arguments) => Question::read(arguments.text().unwrap_or_default().as_bytes()),
            None => Err(not_ours()),
        }?;
        let id = call.get("id").and_then(wire::json::Value::text).unwrap_or_default().into_owned();
        Ok(Self { is_anthropic, id, question })
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

enum Found {
    Unknown(Unknown),
    Whole { original: Original, retrievals: usize },
    Parts { original: Original, retrievals: usize, query: String, excerpts: Excerpts },
}

/// A hash of which nothing is kept.
struct Unknown {
    hash: String,
    ttl: u64,
}

fn find(app: &App, hash: &str, query: Option<&str>) -> Result<Found, Refusal> {
    let original = match app.originals.get(hash) {
        Ok(Some(original)) => original,
        Ok(None) => {
            app.meter.missed();
            let hash = hash.chars().take(64).collect();
            return Ok(Found::Unknown(Unknown { hash, ttl: app.originals.bounds().age.as_secs() }));
        }
        Err(error @ originals::Error::Ambiguous(_)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(Refusal::new(status, "validation_error", error.to_string()));
        }
        Err(error) => return Err(unusable(&error)),
    };
    let found = query.map(|query| (query.to_owned(), excerpts(&original.text, query)));
    let retrievals = app.meter.retrieved(Retrieval {
        hash: original.hash,
        queried: found.is_some(),
        given: found.as_ref().map_or(1, |(_, excerpts)| excerpts.shown.len()),
        of: found.as_ref().map_or(1, |(_, excerpts)| excerpts.shown.len() + excerpts.more),
    });
    Ok(match found {
        None => Found::Whole { original, retrievals },
        Some((query, excerpts)) => Found::Parts { original, retrievals, query, excerpts },
    })
}

impl Found {
    fn whole(&self) -> Value {
        match self {
            Self::Unknown(unknown) => unknown.data(),
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

    /// What answers the query; empty where there is none.
    fn results(&self) -> Value {
        let Self::Parts { original, query, excerpts, .. } = self else { return json!({}) };
        json!({
            "hash": original.hash.to_string(),
            "query": query,
            "results": excerpts.shown.iter().map(result).collect::<Vec<_>>(),
            "count": excerpts.shown.len(),
            "more": excerpts.more,
        })
    }
}

fn result(excerpt: &Excerpt) -> Value {
    match excerpt.place {
        Place::Lines(first, last) => json!({ "lines": [first, last], "text": excerpt.text }),
        Place::Item(index) => json!({ "item": index, "text": excerpt.text }),
    }
}

impl Unknown {
    fn message(&self) -> String {
        format!(
            "no original with hash {}: it expired (after {} seconds) or never was here; \
             don't ask again, run the command that made it again",
            self.hash, self.ttl
        )
    }

    /// What a model is told.
    fn data(&self) -> Value {
        json!({
            "error": self.message(),
            "hash": self.hash,
            "status": "missing",
            "ttl_seconds": self.ttl,
        })
    }
}

/// 404, with `detail` for clients of the Python package.
fn not_found(unknown: &Unknown) -> Response {
    let refusal = Refusal::new(StatusCode::NOT_FOUND, "storage_error", unknown.message());
    let mut body = refusal.body();
    body["detail"] = refusal.message.into_owned().into();
    json_response(refusal.status, &body)
}

fn unusable(error: &originals::Error) -> Refusal {
    tracing::warn!(%error, "the store of originals can't be used");
    let message = "the store of originals can't be used; the server's log says why";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "storage_error", message)
}
