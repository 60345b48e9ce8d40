//! Requests of the Responses API. An item is one block.

use json_index::{Kind, Value};

use crate::api::RESPONSES;
use crate::api::chat::choice;
use crate::request::{
    Block, Call, Input, Request, Role, Tool, ToolResult, Turn, is_deferred, may_drop_results,
    present, text, texts,
};

pub(super) fn read(root: Value<'_>) -> Option<Request<'_>> {
    let input =
        root.get("input").filter(|input| matches!(input.kind(), Kind::Array | Kind::String))?;
    let mut request = Request::new(RESPONSES, root, input);
    request.push_tools(root, tools);
    request.choice = choice(root);
    request.output_limit = present(root, "max_output_tokens");
    request.is_stored = root.get("store").is_none_or(|store| store.raw() != b"false");
    request.is_partial = ["previous_response_id", "conversation", "prompt"]
        .iter()
        .any(|name| present(root, name).is_some())
        || root.get("background").is_some_and(Value::is_true);
    request.may_drop =
        may_drop_results(root) || root.get("truncation").is_some_and(|t| t.is("auto"));
    if let Some(instructions) = present(root, "instructions") {
        request.blocks.push(Block::opaque(Role::System, instructions));
    }
    if input.kind() == Kind::String {
        push(&mut request, Block { texts: vec![input], ..Block::opaque(Role::User, input) });
    }
    for item in input.items() {
        match text(item, "type").as_deref() {
            Some(ADDITIONAL_TOOLS) => push_additional_tools(&mut request, item),
            _ => push(&mut request, read_item(item)),
        }
    }
    request.link_results();
    Some(request)
}

/// Adds an item; consecutive items of the model are one turn.
fn push<'t>(request: &mut Request<'t>, block: Block<'t>) {
    let at = request.blocks.len();
    let role = block.role;
    request.blocks.push(block);
    match request.turns.last_mut() {
        Some(turn) if turn.role == role && role == Role::Assistant => turn.blocks.end = at + 1,
        _ => request.turns.push(Turn { role, blocks: at..at + 1, message: None }),
    }
}

/// An item of the input that holds tools, as clients send them that keep `tools` empty.
const ADDITIONAL_TOOLS: &str = "additional_tools";

/// Adds an item that holds tools. Those that come after the model has spoken weren't there from the
/// start.
fn push_additional_tools<'t>(request: &mut Request<'t>, item: Value<'t>) {
    let is_late = request.turns.iter().any(|turn| turn.role == Role::Assistant);
    if let Some(list) = request.list_tools(item) {
        for mut tool in list.items().flat_map(tools) {
            tool.is_deferred |= is_late;
            request.tools.push(tool);
        }
    }
    push(request, Block::opaque(Role::Definition, item));
}

fn read_item(item: Value<'_>) -> Block<'_> {
    let kind = text(item, "type");
    match kind.as_deref() {
        None | Some("message") => {
            let role = match text(item, "role").as_deref() {
                Some("user") => Role::User,
                Some("assistant") => Role::Assistant,
                _ => Role::System,
            };
            Block {
                texts: texts(item.get("content")),
                has_bookkeeping: role == Role::Assistant,
                ..Block::opaque(role, item)
            }
        }
        Some("function_call_output" | "local_shell_call_output" | "custom_tool_call_output") => {
            let id = text(item, "call_id").or_else(|| text(item, "id"));
            Block {
                texts: texts(item.get("output")),
                tool_result: Some(ToolResult { id, call: None, is_error: false }),
                ..Block::opaque(Role::Tool, item)
            }
        }
        Some(other) if other.ends_with("_output") => Block::opaque(Role::Tool, item),
        Some("mcp_approval_response") => Block::opaque(Role::User, item),
        Some("item_reference") => Block::opaque(Role::System, item),
        Some(other) => Block {
            calls: call(other, item).into_iter().collect(),
            has_bookkeeping: true,
            ..Block::opaque(Role::Assistant, item)
        },
    }
}

fn call<'t>(kind: &str, item: Value<'t>) -> Option<Call<'t>> {
    let id = text(item, "call_id").or_else(|| text(item, "id"));
    let (name, input) = match kind {
        "function_call" => (text(item, "name")?, item.get("arguments")),
        "custom_tool_call" => (text(item, "name")?, item.get("input")),
        "local_shell_call" | "shell_call" => ("local_shell".into(), item.get("action")),
        _ => return None,
    };
    Some(Call { id: id?, name, input: Input::Sent(input) })
}

/// Tools that the client runs; the provider runs the others.
const CLIENT_TOOLS: [&str; 6] =
    ["function", "custom", "local_shell", "shell", "apply_patch", "computer_use_preview"];

/// A tool, or those of a namespace.
fn tools(value: Value<'_>) -> Vec<Tool<'_>> {
    if !value.get("type").is_some_and(|kind| kind.is("namespace")) {
        return vec![tool(value)];
    }
    let namespace = text(value, "name").unwrap_or_default();
    let is_held_back = is_deferred(value);
    let inner = value.get("tools").into_iter().flat_map(Value::items).map(tool);
    inner
        .map(|tool| Tool {
            name: format!("{namespace}.{}", tool.name).into(),
            is_deferred: tool.is_deferred || is_held_back,
            ..tool
        })
        .collect()
}

fn tool(value: Value<'_>) -> Tool<'_> {
    let kind = text(value, "type").unwrap_or_default();
    Tool {
        name: text(value, "name").unwrap_or_default(),
        is_client: CLIENT_TOOLS.contains(&kind.as_ref()),
        is_strict: value.get("strict").is_some_and(Value::is_true),
        is_deferred: is_deferred(value),
    }
}
