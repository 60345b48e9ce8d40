//! `/v1/compress` with messages: `{messages | input, model, token_budget?, config?}`. The response has the
//! same messages, byte for byte, except for the texts that were compressed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::http::StatusCode;
use axum::response::Response;
use compress::{Options, Retrieval};
use json_index::{Index, Kind, Value};
use llm_api::request::{Block, Request, Role, ToolResult};
use llm_api::retrieval::is_retrieval;
use llm_api::splice::{Edits, quote};
use llm_api::tool_call::{hint, shows_files};
use llm_api::{APIS, Api, CHAT};
use serde::Serialize;
use serde_json::value::RawValue;
use tokens::Encoding;

use super::settings::Settings;
use super::{Report, fields, finish, model};
use crate::app::App;
use crate::response::ApiError;
use blob_store::CompressionResult;

/// A user's text of more tokens counts as pasted data. By hand, not measured.
const MIN_PASTED_TOKENS: usize = 500;
/// The result of a failed call is compressed only from this number of tokens, so that the model sees the
/// whole error. By hand, not measured.
const MIN_ERROR_TOKENS: usize = 2000;
/// The bytes at the beginning, and at the end, of a user's message that serve as the task: people state it
/// before or after what they paste. By hand, not measured.
const TASK_BYTES: usize = 2048;

#[derive(Serialize)]
struct ResponseBody<'a> {
    messages: &'a RawValue,
    /// The same, if the request has its messages under this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a RawValue>,
    #[serde(flatten)]
    report: &'a Report,
    transforms_summary: BTreeMap<String, usize>,
    #[serde(flatten)]
    simulation: Option<Simulation<'a>>,
}

/// The fields that a simulated compression adds to the response, under the names of the SDK's type.
#[derive(Serialize)]
struct Simulation<'a> {
    messages_optimized: &'a RawValue,
    transforms: &'a [String],
    estimated_savings: String,
}

pub(super) fn respond(
    app: &App,
    index: &Index<'_>,
    list_name: &str,
    bypass: bool,
) -> Result<Response, ApiError> {
    let began = Instant::now();
    let root = index.root();
    let list = list(root, list_name)?;
    let model_name = fields::string(root, "model")?.ok_or_else(|| fields::missing("model"))?;
    let model = model(Some(&model_name));
    let budget = fields::number(root, "token_budget", 1)?;
    let settings = Settings::read(root)?;
    let request = llm_api::request::read(api(list_name, list), index)
        .ok_or_else(|| fields::wrong(list_name, "a conversation"))?;

    let mut plan = CompressionPlan::new(&request, list, &settings, model.encoding);
    if bypass || !app.config.optimize {
        plan.leave_all(model.encoding);
    }
    let mut outcomes = plan.compress(app, &settings);
    if let Some(budget) = budget.map(|budget| model.budget_in_encoding(budget)) {
        plan.fit(app, &settings, budget, &mut outcomes);
    }

    let mut report =
        Report { tokens_before: plan.fixed, tokens_after: plan.fixed, ..Report::default() };
    let mut summary = BTreeMap::new();
    for outcome in &outcomes {
        report.add(outcome);
        for transform in &outcome.compressed.transforms {
            *summary.entry(transform.clone()).or_default() += 1;
        }
    }
    report.finish(&model);
    let smaller = plan.splice(list, &outcomes)?;
    let messages = match list.kind() {
        Kind::String => &*raw(format!(r#"[{{"role":"user","content":{smaller}}}]"#).into_bytes())?,
        _ => &*smaller,
    };
    let body = ResponseBody {
        messages,
        input: (list_name == "input").then_some(&*smaller),
        report: &report,
        transforms_summary: summary,
        simulation: settings.simulate.then(|| Simulation {
            messages_optimized: messages,
            transforms: &report.transforms_applied,
            estimated_savings: format!("{:.1}%", (1.0 - report.compression_ratio) * 100.0),
        }),
    };
    Ok(finish(app, "messages", Some(model_name.into()), began, &report, &body))
}

/// The messages: a list of objects, or for `input` a string.
fn list<'t>(root: Value<'t>, name: &str) -> Result<Value<'t>, ApiError> {
    let list = root.get(name).ok_or_else(|| fields::missing(name))?;
    match list.kind() {
        Kind::Array => {
            let odd = list.items().position(|item| item.kind() != Kind::Object);
            odd.map_or(Ok(list), |i| Err(fields::wrong(&format!("{name}[{i}]"), "an object")))
        }
        Kind::String if name == "input" => Ok(list),
        _ if name == "input" => Err(fields::wrong(name, "a string or a list of items")),
        _ => Err(fields::wrong(name, "a list of messages")),
    }
}

/// The API in whose format the messages are.
fn api(list_name: &str, list: Value<'_>) -> &'static dyn Api {
    APIS.into_iter().find(|api| api.has_shape(list_name, list)).unwrap_or(CHAT)
}

/// The texts that may be compressed, each with its options.
struct CompressionPlan<'t> {
    texts: Vec<Text<'t>>,
    /// The tokens of all texts that aren't compressed.
    fixed: usize,
}

struct Text<'t> {
    value: Value<'t>,
    text: Cow<'t, str>,
    options: Options,
}

impl<'t> CompressionPlan<'t> {
    fn new(
        request: &Request<'t>,
        list: Value<'t>,
        settings: &Settings,
        encoding: Encoding,
    ) -> Self {
        let starts: Vec<usize> = list.items().map(|message| message.range().start).collect();
        let mut plan = Self { texts: Vec::new(), fixed: 0 };
        let mut task = String::new();
        for block in &request.blocks {
            let start = block.value.range().start;
            let message = starts.partition_point(|at| *at <= start).saturating_sub(1);
            let is_protected = settings.protects(message, starts.len().max(1));
            for value in &block.texts {
                let Some(text) = value.text() else { continue };
                let tokens = || tokens::count(encoding, &text);
                let options = (!is_protected).then(|| options(block, tokens, settings)).flatten();
                match options {
                    Some(options) => {
                        let options = Options { task: task.clone(), encoding, ..options };
                        plan.texts.push(Text { value: *value, text, options });
                    }
                    None => plan.fixed += tokens(),
                }
            }
            if block.role == Role::User {
                task = task_of(block).unwrap_or(task);
            }
        }
        plan
    }

    /// Excludes every text from compression.
    fn leave_all(&mut self, encoding: Encoding) {
        let texts = std::mem::take(&mut self.texts);
        self.fixed += texts.iter().map(|text| tokens::count(encoding, &text.text)).sum::<usize>();
    }

    fn compress(&self, app: &App, settings: &Settings) -> Vec<Arc<CompressionResult>> {
        let one = |text: &Text<'_>| one(app, settings, text, text.options.budget);
        self.texts.iter().map(one).collect()
    }

    /// Compresses again if all texts together exceed `budget`: each text of which lines may be omitted gets
    /// its proportional share of the tokens that remain for them.
    fn fit(
        &self,
        app: &App,
        settings: &Settings,
        budget: usize,
        outcomes: &mut [Arc<CompressionResult>],
    ) {
        let after = |outcome: &Arc<CompressionResult>| outcome.compressed.tokens_after;
        let total = self.fixed + outcomes.iter().map(after).sum::<usize>();
        let may_omit = |text: &Text<'_>| text.options.retrieval == Retrieval::Offered;
        let pairs = || self.texts.iter().zip(&*outcomes).filter(|(text, _)| may_omit(text));
        let flexible: usize = pairs().map(|(_, outcome)| after(outcome)).sum();
        if total <= budget || flexible == 0 {
            return;
        }
        let left = budget.saturating_sub(total - flexible);
        for (text, outcome) in self.texts.iter().zip(outcomes).filter(|(text, _)| may_omit(text)) {
            let share = after(outcome) as u128 * left as u128 / flexible as u128;
            let share = usize::try_from(share).unwrap_or(usize::MAX).max(1);
            *outcome = one(app, settings, text, Some(share));
        }
    }

    /// The messages with the compressed texts in place.
    fn splice(
        &self,
        list: Value<'_>,
        outcomes: &[Arc<CompressionResult>],
    ) -> Result<Box<RawValue>, ApiError> {
        let base = list.range().start;
        let mut edits = Edits::default();
        for (text, outcome) in self.texts.iter().zip(outcomes) {
            if outcome.compressed.text != text.text {
                let range = text.value.range();
                edits
                    .replace(range.start - base..range.end - base, quote(&outcome.compressed.text));
            }
        }
        raw(edits.apply(list.raw()).map_err(|_| broken())?)
    }
}

fn one(
    app: &App,
    settings: &Settings,
    text: &Text<'_>,
    budget: Option<usize>,
) -> Arc<CompressionResult> {
    let options = Options { budget, ..text.options.clone() };
    match settings.simulate {
        true => Arc::new(app.compressor.simulate(&text.text, &options)),
        false => app.memo.compress(&app.compressor, &text.text, &options),
    }
}

/// The options for a text of `block`, which has `tokens` tokens; `None` if it must not be compressed.
fn options(block: &Block<'_>, tokens: impl Fn() -> usize, settings: &Settings) -> Option<Options> {
    let budget = settings.target_ratio.map(|ratio| (tokens() as f64 * ratio).ceil() as usize);
    let requested = Options { retrieval: settings.retrieval, budget, ..Options::default() };
    match (block.role, settings.user_messages) {
        (Role::Tool, _) => {
            let result = block.tool_result.as_ref();
            let is_kept = result.is_some_and(|result| {
                is_retrieved(result) || result.is_error && tokens() < MIN_ERROR_TOKENS
            });
            let call = result.and_then(|result| result.call.as_ref());
            (!is_kept).then(|| Options {
                kind: call.and_then(hint),
                cosmetic: !call.is_some_and(shows_files),
                every_line: true,
                ..requested
            })
        }
        (Role::User, Some(true)) => Some(requested),
        // A user's own words aren't changed. Pasted data is compressed without loss.
        (Role::User, None) if tokens() > MIN_PASTED_TOKENS => {
            Some(Options { retrieval: Retrieval::None, cosmetic: false, ..requested })
        }
        _ => None,
    }
}

/// Whether a tool result is an original that the model retrieved.
fn is_retrieved(result: &ToolResult<'_>) -> bool {
    result.call.as_ref().is_some_and(|call| is_retrieval(&call.name))
}

/// The task in a user's `block`: its text, or the beginning and the end of a long one.
fn task_of(block: &Block<'_>) -> Option<String> {
    let texts: Vec<Cow<'_, str>> = block.texts.iter().filter_map(|text| text.text()).collect();
    let text = texts.join("\n");
    if text.trim().is_empty() {
        return None;
    }
    let (head, tail) =
        (text.floor_char_boundary(TASK_BYTES), text.len().saturating_sub(TASK_BYTES));
    let tail = text.ceil_char_boundary(tail);
    Some(if tail <= head { text } else { format!("{}\n{}", &text[..head], &text[tail..]) })
}

fn raw(json: Vec<u8>) -> Result<Box<RawValue>, ApiError> {
    let json = String::from_utf8(json).map_err(|_| broken())?;
    RawValue::from_string(json).map_err(|_| broken())
}

/// An internal error: the edits don't fit the text that they were made for. It isn't known to happen.
fn broken() -> ApiError {
    let message = "the compressed texts could not be inserted into the messages";
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "transform_error", message)
}
