//! Requests of the Chat Completions API. A message is one block.

use json_index::{Kind, Value};

use crate::api::CHAT;
use crate::request::{
    Block, Call, Choice, Input, Request, Role, Tool, ToolResult, Turn, is_deferred, text, texts,
};

pub(super) fn read(root: Value<'_>) -> Option<Request<'_>> {
    let list = root.get("messages").filter(|list| list.kind() == Kind::Array)?;
    let mut request = Request::new(CHAT, root, list);
    request.push_tools(root, |value| vec![tool(value)]);
    request.choice = choice(root);
    request.choices = root.get("n").and_then(Value::unsigned).unwrap_or(1);
    request.output_limit = root.get("max_completion_tokens").or_else(|| root.get("max_tokens"));
    for message in list.items() {
        let block = read_message(message);
        let at = request.blocks.len();
        let turn = Turn { role: block.role, blocks: at..at + 1, message: Some(message) };
        request.turns.push(turn);
        request.blocks.push(block);
    }
    request.link_results();
    Some(request)
}

fn read_message(message: Value<'_>) -> Block<'_> {
    let role = match text(message, "role").as_deref() {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some("tool" | "function") => Role::Tool,
        _ => Role::System,
    };
    let mut block = Block::opaque(role, message);
    block.texts = texts(message.get("content"));
    match role {
        Role::Assistant => {
            let calls = message.get("tool_calls").into_iter().flat_map(Value::items);
            block.calls.extend(calls.filter_map(call));
            // The older form has one call, which its result names by the function.
            if let Some(old) = message.get("function_call")
                && let Some(name) = text(old, "name")
            {
                block.calls.push(Call {
                    id: name.clone(),
                    name,
                    input: Input::Sent(old.get("arguments")),
                });
            }
        }
        Role::Tool => {
            let id = text(message, "tool_call_id").or_else(|| text(message, "name"));
            block.tool_result = Some(ToolResult { id, call: None, is_error: false });
        }
        _ => {}
    }
    block
}

fn call(value: Value<'_>) -> Option<Call<'_>> {
    let id = text(value, "id")?;
    let (inner, input) = match value.get("custom") {
        Some(custom) => (custom, "input"),
        None => (value.get("function")?, "arguments"),
    };
    Some(Call { id, name: text(inner, "name")?, input: Input::Sent(inner.get(input)) })
}

fn tool(value: Value<'_>) -> Tool<'_> {
    let inner = value.get("function").or_else(|| value.get("custom")).unwrap_or(value);
    Tool {
        name: text(inner, "name").unwrap_or_default(),
        is_client: text(value, "type").is_none_or(|kind| kind == "function" || kind == "custom"),
        is_strict: inner.get("strict").is_some_and(Value::is_true),
        is_deferred: is_deferred(value),
    }
}

/// The tool choice in a request of either OpenAI API. A list of allowed tools counts as forced: the
/// injected tool isn't among them.
pub(in crate::api) fn choice(root: Value<'_>) -> Choice {
    let Some(choice) = root.get("tool_choice") else { return Choice::Free };
    match choice.text().as_deref() {
        Some("none") => Choice::Forbidden,
        Some("required") => Choice::Forced,
        Some(_) => Choice::Free,
        None if choice.kind() == Kind::Object => Choice::Forced,
        None => Choice::Free,
    }
}
