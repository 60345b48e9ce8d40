//! Requests of the Messages API: content blocks, and marks of the prefix cache.

use json_index::{Kind, Value};

use crate::api::MESSAGES;
use crate::request::{
    Block, Call, Choice, Input, Request, Role, Tool, ToolResult, Turn, is_deferred,
    may_drop_results, present, text, texts,
};

pub(super) fn read(root: Value<'_>) -> Option<Request<'_>> {
    let list = root.get("messages").filter(|list| list.kind() == Kind::Array)?;
    let mut request = Request::new(MESSAGES, root, list);
    request.push_tools(root, |value| vec![tool(value)]);
    request.choice = choice(root);
    request.may_drop = may_drop_results(root);
    request.output_limit = root.get("max_tokens");
    request.thinking_budget =
        root.get("thinking").and_then(|t| t.get("budget_tokens")).and_then(Value::unsigned);
    if let Some(system) = root.get("system") {
        for block in parts(system) {
            request.blocks.push(Block::opaque(Role::System, block));
        }
    }
    // Most messages have one or two blocks.
    request.blocks.reserve(list.items().count() * 2);
    for message in list.items() {
        let [role, content] = message.get_all(["role", "content"]);
        let role = match role {
            Some(role) if role.is("assistant") => Role::Assistant,
            Some(role) if role.is("user") => Role::User,
            _ => Role::System,
        };
        let first = request.blocks.len();
        for block in content.into_iter().flat_map(parts) {
            request.blocks.push(read_block(role, block));
        }
        let blocks = first..request.blocks.len();
        request.turns.push(Turn { role, blocks, message: Some(message) });
    }
    request.link_results();
    Some(request)
}

/// The blocks of a content; a string is its own only block.
fn parts(content: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    let whole = (content.kind() == Kind::String).then_some(content);
    whole.into_iter().chain(content.items())
}

fn read_block(role: Role, value: Value<'_>) -> Block<'_> {
    let mut block = Block::opaque(role, value);
    let [kind, text, content, tool_use_id, is_error, id, name, input] = value.get_all([
        "type",
        "text",
        "content",
        "tool_use_id",
        "is_error",
        "id",
        "name",
        "input",
    ]);
    let kind = kind.and_then(Value::text);
    match (role, kind.as_deref()) {
        (_, None) if value.kind() == Kind::String => block.texts = vec![value],
        (_, Some("text")) => {
            block.texts = text.into_iter().filter(|t| t.kind() == Kind::String).collect();
        }
        (Role::User, Some("tool_result")) => {
            block.role = Role::Tool;
            block.texts = texts(content);
            block.tool_result = Some(ToolResult {
                id: tool_use_id.and_then(Value::text),
                call: None,
                is_error: is_error.is_some_and(Value::is_true),
            });
        }
        (Role::Assistant, Some("tool_use")) => {
            if let (Some(id), Some(name)) = (id.and_then(Value::text), name.and_then(Value::text)) {
                block.calls.push(Call { id, name, input: Input::Sent(input) });
            }
        }
        _ => {}
    }
    block
}

/// Tools with a type of their own are run by the provider, but for these.
const CLIENT_TOOLS: [&str; 4] = ["bash_", "text_editor_", "computer_", "memory_"];

fn tool(value: Value<'_>) -> Tool<'_> {
    let kind = text(value, "type");
    let is_client = match kind.as_deref() {
        None | Some("custom") => true,
        Some(kind) => CLIENT_TOOLS.iter().any(|prefix| kind.starts_with(prefix)),
    };
    Tool {
        name: text(value, "name").unwrap_or_default(),
        is_client,
        is_strict: value.get("strict").is_some_and(Value::is_true),
        is_deferred: is_deferred(value),
    }
}

fn choice(root: Value<'_>) -> Choice {
    match root.get("tool_choice").and_then(|choice| text(choice, "type")).as_deref() {
        Some("any" | "tool") => Choice::Forced,
        Some("none") => Choice::Forbidden,
        _ => Choice::Free,
    }
}

/// Whether a list of messages has blocks that only this API has.
pub(super) fn has_blocks(list: Value<'_>) -> bool {
    let mut blocks =
        list.items().filter_map(|message| message.get("content")).flat_map(Value::items);
    blocks.any(|block| {
        block.get("type").is_some_and(|kind| kind.is("tool_result") || kind.is("tool_use"))
    })
}

/// The most `cache_control` marks that a request may have, by the API reference.
const MAX_CACHE_MARKS: usize = 4;

/// The `cache_control` of the last block, where one more mark is allowed.
pub(super) fn cache_mark<'t>(request: &Request<'t>) -> Option<&'t [u8]> {
    let last = marks(request.blocks.last()?.value).last()?;
    let count: usize = request.blocks.iter().map(|block| marks(block.value).count()).sum();
    (count < MAX_CACHE_MARKS).then(|| last.raw())
}

/// The marks of a block: in what it holds, and at its own end.
fn marks<'t>(block: Value<'t>) -> impl Iterator<Item = Value<'t>> {
    let inner = block.get("content").into_iter().flat_map(Value::items);
    inner.chain([block]).filter_map(|value| present(value, "cache_control"))
}
