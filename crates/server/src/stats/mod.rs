//! `/stats`, `/stats-history`, `/stats/messages/{id}` and `/metrics`: the metrics as JSON, under the names
//! that clients of the Python package read where they have some, and as text for Prometheus.

mod clients;
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

use crate::app::App;
use crate::response::{ApiError, json_response};

/// `GET /stats`.
pub(crate) async fn stats(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let worker = Arc::clone(&app);
    let usage = app.limits.read(move || worker.originals.usage()).await?;
    Ok(json_response(StatusCode::OK, &live::body(&app, &app.metrics.read(), usage)))
}

/// `?series=`
#[derive(Deserialize)]
pub(crate) struct HistoryQuery {
    series: Option<String>,
}

/// `GET /stats-history`, of one series or of all.
pub(crate) async fn history(
    State(app): State<Arc<App>>,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, ApiError> {
    let series = query.series.filter(|name| !name.is_empty());
    if series.as_deref().is_some_and(|name| !history::SERIES.contains(&name)) {
        return Err(ApiError::invalid("invalid series: expected hourly, daily, weekly or monthly"));
    }
    let worker = Arc::clone(&app);
    let (history, error) = app.limits.read(move || worker.metrics.history()).await?;
    let mut body = history::body(&history, series.as_deref());
    body["kept"] = json!({
        "is_kept": app.metrics.path().is_some() && error.is_none(),
        "error": error.map(|error| error.to_string()),
    });
    body["history"] = app.metrics.read().recent.iter().map(live::recent).collect();
    Ok(json_response(StatusCode::OK, &body))
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
    let history = HistoryFile::new(file).read().map_err(|error| match error {
        HistoryFileError::Io(error) => error.to_string(),
        error => error.to_string(),
    })?;
    Ok(Some(history::body(&history, None)))
}

/// `GET /stats/messages/{id}`: the texts of the blocks of a recent request, where they are kept.
pub(crate) async fn messages(
    State(app): State<Arc<App>>,
    Path(id): Path<u64>,
) -> Result<Response, ApiError> {
    let not_found = |message| ApiError::new(StatusCode::NOT_FOUND, "not_found_error", message);
    if !app.llm.keeps_messages() {
        return Err(not_found("messages are kept only by a server with --log-messages"));
    }
    let blocks = app.metrics.messages(id).ok_or_else(|| not_found("not kept any more"))?;
    Ok(json_response(StatusCode::OK, &json!({ "id": id, "blocks": blocks })))
}

/// `GET /metrics`, in Prometheus' text format.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let body = metrics::prometheus::exposition(&app.metrics.read(), app.started.elapsed());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], body).into_response()
}
