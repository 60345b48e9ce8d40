//! `/stats`, `/stats-history`, `/stats/messages/{id}` and `/metrics`: the figures, under the names
//! that clients of the Python package read where they have some.

mod history;
mod live;

use std::path::Path as FilePath;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use metrics::{HistoryFile, HistoryFileError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Refusal, json_response};
use crate::app::App;

/// `GET /stats`.
pub(crate) async fn stats(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let worker = Arc::clone(&app);
    let usage = app.limits.read(move || worker.originals.usage()).await?;
    Ok(json_response(StatusCode::OK, &live::answer(&app, &app.metrics.read(), usage)))
}

/// `?series=`
#[derive(Deserialize)]
pub(crate) struct Asked {
    series: Option<String>,
}

/// `GET /stats-history`, of one series or of all.
pub(crate) async fn history(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let series = asked.series.filter(|name| !name.is_empty());
    if series.as_deref().is_some_and(|name| !history::SERIES.contains(&name)) {
        return Err(Refusal::invalid("invalid series: expected hourly, daily, weekly or monthly"));
    }
    let worker = Arc::clone(&app);
    let (past, error) = app.limits.read(move || worker.metrics.history()).await?;
    let mut answer = history::answer(&past, series.as_deref());
    answer["kept"] = json!({
        "is_kept": app.metrics.path().is_some() && error.is_none(),
        "error": error.map(|error| error.to_string()),
    });
    answer["history"] = app.metrics.read().recent.iter().map(live::recent).collect();
    Ok(json_response(StatusCode::OK, &answer))
}

/// The history of metrics as `/stats-history` answers it, from the file in which servers keep it; `None`
/// if there is no such file.
///
/// # Errors
/// When the file can't be read.
pub fn read_history(file: &FilePath) -> Result<Option<Value>, String> {
    if !file.exists() {
        return Ok(None);
    }
    let past = HistoryFile::new(file).read().map_err(|error| match error {
        HistoryFileError::Io(error) => error.to_string(),
        error => error.to_string(),
    })?;
    Ok(Some(history::answer(&past, None)))
}

/// `GET /stats/messages/{id}`: what the blocks of a recent request say, where that is kept.
pub(crate) async fn messages(
    State(app): State<Arc<App>>,
    Path(id): Path<u64>,
) -> Result<Response, Refusal> {
    let refused = |message| Refusal::new(StatusCode::NOT_FOUND, "not_found_error", message);
    if !app.llm.keeps_messages() {
        return Err(refused("messages are kept only by a server with --log-messages"));
    }
    let blocks = app.metrics.messages(id).ok_or_else(|| refused("not kept any more"))?;
    Ok(json_response(StatusCode::OK, &json!({ "id": id, "blocks": blocks })))
}

/// `GET /metrics`, in Prometheus' text format.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let body = metrics::prometheus::exposition(&app.metrics.read(), app.started.elapsed());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], body).into_response()
}
