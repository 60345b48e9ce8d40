//! Requests of the Gemini API. A part of a content is one block.
//!
//! Google's servers take the names of members in both ways in which protocol buffers write them as
//! JSON, `functionCall` and `function_call`; so both are read.

use std::borrow::Cow;

use json_index::{Kind, Value};

use crate::api::GEMINI;
use crate::request::{
    Block, Call, Choice, Input, Request, Role, Tool, ToolResult, Turn, is_deferred, text, texts,
};

pub(super) fn read(root: Value<'_>) -> Option<Request<'_>> {
    let list = root.get("contents").filter(|list| list.kind() == Kind::Array)?;
    let mut request = Request::new(GEMINI, root, list);
    for group in root.get("tools").into_iter().flat_map(Value::items) {
        push_tools(&mut request, group);
    }
    let config = member(root, ["toolConfig", "tool_config"])
        .and_then(|config| member(config, ["functionCallingConfig", "function_calling_config"]));
    request.choice = config.map_or(Choice::Free, choice);
    // Where arguments are streamed, a call isn't in one part.
    let streams_arguments = config.and_then(|config| {
        member(config, ["streamFunctionCallArguments", "stream_function_call_arguments"])
    });
    request.is_partial = member(root, ["cachedContent", "cached_content"]).is_some()
        || streams_arguments.is_some_and(Value::is_true);
    if let Some(config) = member(root, ["generationConfig", "generation_config"]) {
        let count = member(config, ["candidateCount", "candidate_count"]);
        request.choices = count.and_then(Value::unsigned).unwrap_or(1);
        request.output_limit = member(config, ["maxOutputTokens", "max_output_tokens"]);
        request.thinking_budget = member(config, ["thinkingConfig", "thinking_config"])
            .and_then(|config| member(config, ["thinkingBudget", "thinking_budget"]))
            .and_then(Value::unsigned);
    }
    if let Some(system) = member(root, ["systemInstruction", "system_instruction"]) {
        for part in system.get("parts").into_iter().flat_map(Value::items) {
            request.blocks.push(Block::opaque(Role::System, part));
        }
    }
    for content in list.items() {
        push_content(&mut request, content);
    }
    link_results(&mut request);
    request.read_text_results();
    Some(request)
}

/// The member with one of these two names; `None` if it has neither, if it is null, or if both are
/// there, so that one can't tell which counts.
pub(super) fn member<'t>(object: Value<'t>, names: [&str; 2]) -> Option<Value<'t>> {
    let mut found = names.into_iter().filter_map(|name| object.get(name));
    let first = found.next().filter(|member| !member.is_null())?;
    found.next().is_none().then_some(first)
}

/// Adds one entry of `tools`: declarations of functions, which the client runs, and tools of Google's.
fn push_tools<'t>(request: &mut Request<'t>, group: Value<'t>) {
    let declarations = member(group, ["functionDeclarations", "function_declarations"])
        .filter(|list| list.items().next().is_some());
    let is_of_declarations = |key: &Value<'t>| {
        ["functionDeclarations", "function_declarations"].iter().any(|name| key.is(name))
    };
    for (key, _) in group.members().filter(|(key, _)| !is_of_declarations(key)) {
        request.tools.push(Tool {
            name: key.text().unwrap_or_default(),
            is_client: false,
            is_strict: false,
            is_deferred: false,
        });
    }
    let Some(declarations) = declarations else {
        return request.blocks.push(Block::opaque(Role::Definition, group));
    };
    request.may_insert_into(declarations);
    for declaration in declarations.items() {
        request.tools.push(Tool {
            name: text(declaration, "name").unwrap_or_default(),
            is_client: true,
            is_strict: false,
            is_deferred: is_deferred(declaration),
        });
        request.blocks.push(Block::opaque(Role::Definition, declaration));
    }
}

/// Whether the model may choose. A list of allowed functions counts as forced: the injected one isn't
/// among them.
fn choice(config: Value<'_>) -> Choice {
    if member(config, ["allowedFunctionNames", "allowed_function_names"]).is_some() {
        return Choice::Forced;
    }
    match config.get("mode").and_then(Value::text).as_deref() {
        Some("ANY") => Choice::Forced,
        Some("NONE") => Choice::Forbidden,
        _ => Choice::Free,
    }
}

fn push_content<'t>(request: &mut Request<'t>, content: Value<'t>) {
    let role = match content.get("role") {
        Some(role) if role.is("model") => Role::Assistant,
        _ => Role::User,
    };
    let first = request.blocks.len();
    let mut calls = 0;
    for part in content.get("parts").into_iter().flat_map(Value::items) {
        let block = read_part(role, part, &mut calls);
        request.blocks.push(block);
    }
    let blocks = first..request.blocks.len();
    request.turns.push(Turn { role, blocks, message: Some(content) });
}

/// Reads a part; `calls` counts those of its content.
fn read_part<'t>(role: Role, part: Value<'t>, calls: &mut usize) -> Block<'t> {
    let mut block = Block::opaque(role, part);
    if let Some(response) = function_response(part).filter(|_| role == Role::User) {
        block.role = Role::Tool;
        let value = response.get("response");
        block.texts = value.map(|value| result_texts(value, MAX_RESULT_DEPTH)).unwrap_or_default();
        block.tool_result = Some(ToolResult {
            id: text(response, "id").filter(|id| !id.is_empty()),
            call: None,
            is_error: value.is_some_and(is_error),
        });
    } else if let Some(call) = function_call(part).filter(|_| role == Role::Assistant) {
        if let Some(name) = text(call, "name") {
            let id = call_id(call).unwrap_or_else(|| made_up_id(*calls).into());
            block.calls.push(Call { id, name, input: Input::Sent(call.get("args")) });
        }
        *calls += 1;
    } else if !is_thought(part) {
        let text = part.get("text").filter(|text| text.kind() == Kind::String);
        block.texts.extend(text);
    }
    block
}

/// The call that a part is.
pub(super) fn function_call(part: Value<'_>) -> Option<Value<'_>> {
    member(part, ["functionCall", "function_call"])
}

fn function_response(part: Value<'_>) -> Option<Value<'_>> {
    member(part, ["functionResponse", "function_response"])
}

/// Whether a part is a summary of what the model thought.
pub(super) fn is_thought(part: Value<'_>) -> bool {
    part.get("thought").is_some_and(Value::is_true)
}

/// The id of a call, where the provider gave one.
pub(super) fn call_id(call: Value<'_>) -> Option<Cow<'_, str>> {
    text(call, "id").filter(|id| !id.is_empty())
}

/// How ids begin that stand for none.
const MADE_UP: &str = "\0call ";

/// The id of a call that the provider gave none, by its place among the calls of its turn.
pub(super) fn made_up_id(place: usize) -> String {
    format!("{MADE_UP}{place}")
}

/// Whether an id stands for none.
pub(super) fn is_made_up(id: &str) -> bool {
    id.starts_with(MADE_UP)
}

/// Levels of objects and lists in a result in which texts are looked for.
const MAX_RESULT_DEPTH: usize = 2;

/// The texts of a result: its strings, whatever they are called (`output`, `result`, `stdout`), and
/// those of the objects in it and of its lists of content.
fn result_texts<'t>(value: Value<'t>, depth: usize) -> Vec<Value<'t>> {
    let of_member = |member: Value<'t>| match member.kind() {
        Kind::String => vec![member],
        Kind::Array => texts(Some(member)),
        Kind::Object if depth > 1 => result_texts(member, depth - 1),
        _ => Vec::new(),
    };
    // A name that is there twice is one that two parsers may read differently.
    let is_once = |key: &Value<'t>| key.text().is_some_and(|key| value.get(&key).is_some());
    let members = value.members().filter(|(key, _)| is_once(key));
    members.flat_map(|(_, member)| of_member(member)).collect()
}

/// Whether a result says that the tool failed, as Google's clients and MCP servers do.
fn is_error(response: Value<'_>) -> bool {
    response.get("error").is_some_and(|error| !error.is_null())
        || response.get("isError").is_some_and(Value::is_true)
}

/// Links each result to a call of the model's turn before it: to the one with its id, or else to the
/// first one of its name that has no result yet. Clients make up ids for calls that have none.
fn link_results(request: &mut Request<'_>) {
    let mut open: Vec<Call<'_>> = Vec::new();
    let mut is_models = false;
    for block in &mut request.blocks {
        let was_models = std::mem::replace(&mut is_models, block.role == Role::Assistant);
        if is_models {
            if !was_models {
                open.clear();
            }
            open.extend(block.calls.iter().cloned());
        }
        let Some(result) = &mut block.tool_result else { continue };
        let response = function_response(block.value);
        let name = response.and_then(|response| text(response, "name"));
        let by_id = result.id.as_ref().and_then(|id| open.iter().position(|call| call.id == *id));
        let is_named = |call: &Call<'_>| name.as_ref().is_some_and(|name| call.name == *name);
        if let Some(at) = by_id.or_else(|| open.iter().position(is_named)) {
            let call = open.remove(at);
            result.id = Some(call.id.clone());
            result.call = Some(call);
        }
    }
}
