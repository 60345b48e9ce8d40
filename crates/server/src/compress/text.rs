//! The text form: `{text, budget?, task?, kind?, retrieval?, source?, model?}`.

use std::time::Instant;

use axum::http::StatusCode;
use axum::response::Response;
use compress::{Options, Retrieval, Source};
use json_index::Value;
use serde::Serialize;

use super::{Report, fields, finish, model};
use crate::app::App;
use crate::response::ApiError;

#[derive(Serialize)]
struct TextResponse<'a> {
    text: &'a str,
    #[serde(flatten)]
    report: &'a Report,
}

pub(super) fn respond(app: &App, root: Value<'_>, bypass: bool) -> Result<Response, ApiError> {
    let began = Instant::now();
    let text = fields::string(root, "text")?.ok_or_else(|| fields::missing("text"))?;
    let model_name = fields::string(root, "model")?;
    let model = model(model_name.as_deref());
    let budget = fields::number(root, "budget", 1)?;
    let options = Options {
        task: fields::string(root, "task")?.unwrap_or_default().into_owned(),
        kind: fields::string(root, "kind")?.map(Into::into),
        retrieval: retrieval(root)?,
        budget: budget.map(|budget| model.budget_in_encoding(budget)),
        source: source(root)?,
        encoding: model.encoding,
        ..Options::default()
    };
    if !app.config.optimize {
        let message = "this server was started with --no-optimize, so it compresses nothing";
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "configuration_error", message));
    }
    let mut report = Report::default();
    let result;
    let text = if bypass {
        let tokens = tokens::count(options.encoding, &text);
        report = Report { tokens_before: tokens, tokens_after: tokens, ..report };
        &*text
    } else {
        result = app.memo.compress(&app.compressor, &text, &options);
        report.add(&result);
        &result.compressed.text
    };
    report.finish(&model);
    let model_name = model_name.map(Into::into);
    Ok(finish(app, "text", model_name, began, &report, &TextResponse { text, report: &report }))
}

fn retrieval(root: Value<'_>) -> Result<Retrieval, ApiError> {
    match fields::string(root, "retrieval")?.as_deref() {
        None | Some("offered") => Ok(Retrieval::Offered),
        Some("none") => Ok(Retrieval::None),
        Some(_) => Err(fields::wrong("retrieval", "offered or none")),
    }
}

fn source(root: Value<'_>) -> Result<Option<Source>, ApiError> {
    let Some(source) = fields::object(root, "source")? else { return Ok(None) };
    let path = fields::string(source, "path")?.ok_or_else(|| fields::missing("source.path"))?;
    let line = fields::number(source, "line", 1)?.unwrap_or(1);
    // A path is written into markers, which are one line and end at a bracket.
    if path.is_empty() || path.chars().any(char::is_control) {
        return Err(fields::wrong("source.path", "a path without control characters"));
    }
    Ok(Some(Source { path: path.into_owned(), line }))
}
