//! Whether the retrieval tool is injected into a request, and if not, why.

use llm_api::request::{Block, Choice, Request, Role, Tool};
use llm_api::retrieval::{NAME, is_retrieval};
use tokens::Encoding;

/// How the model can retrieve what was elided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToolInjection {
    /// With the tool that is added to the client's.
    Injected,
    /// With a tool of the client's: an MCP server's, which looks in the store.
    ClientTool,
    /// It can't: only lossless codecs apply, and nothing is added. The reason, for people.
    Unavailable(&'static str),
}

/// The most tools that OpenAI takes, by its API reference; one more would be refused.
const MAX_TOOLS: usize = 128;

/// Tokens of tools and system prompts, and of all that is said before the model's first turn, below
/// both of which nothing is injected. Measured on 170 conversations: those that begin with so little
/// are short, so that the definition of the tool costs more than retrieval is worth. The beginning of
/// a conversation stays, and so does what is decided by it.
const MIN_PROMPT_TOKENS: usize = 1000;
const MIN_BEGINNING_TOKENS: usize = 2600;
/// A text of more bytes for each token isn't counted: it has more than enough of them.
const MAX_TOKEN_BYTES: usize = 8;

impl ToolInjection {
    /// What a request allows, whatever was sent before.
    pub(super) fn of(request: &Request<'_>) -> Self {
        use ToolInjection::{ClientTool, Injected, Unavailable};
        let own: Vec<&Tool<'_>> = request.tools.iter().filter(|tool| tool.is_client).collect();
        let obstacles = [
            (request.is_partial, "the provider holds a part of the conversation"),
            (request.choices != 1, "several answers are asked for"),
            (request.tools.is_empty(), "no tools"),
            (own.is_empty(), "only the provider's tools"),
            (request.choice == Choice::Forced, "a tool is forced"),
            (request.choice == Choice::Forbidden, "tools are forbidden"),
        ];
        if let Some((_, reason)) = obstacles.iter().find(|(holds, _)| *holds) {
            return Unavailable(reason);
        }
        if own.iter().any(|tool| !tool.is_deferred && is_retrieval(&tool.name)) {
            return ClientTool;
        }
        if own.iter().all(|tool| tool.is_strict) {
            return Unavailable("all tools are strict");
        }
        if has_name(request) {
            return Unavailable("its own headroom_retrieve isn't loaded yet");
        }
        if request.listed_tools() >= MAX_TOOLS {
            return Unavailable("as many tools as the provider takes");
        }
        if is_lean(request) {
            return Unavailable("a short prompt");
        }
        Injected
    }

    /// Whether a tool that was injected into an earlier request of the conversation stays in this one.
    /// Tools are what the provider's cache begins with, so it does wherever it is allowed to, also
    /// where the model may not call it now, and where the client has loaded a tool of its own since.
    pub(super) fn may_stay(request: &Request<'_>) -> bool {
        !request.is_partial
            && request.choices == 1
            && request.tools.iter().any(|tool| tool.is_client)
            && !has_name(request)
            && request.listed_tools() < MAX_TOOLS
    }
}

impl ToolInjection {
    /// Whether a request whose conversation isn't known had the tool injected from the beginning, if it
    /// began here, as far as what comes with each of its requests says: the tools and the instructions.
    pub(super) fn was_likely(request: &Request<'_>) -> bool {
        let own = || request.tools.iter().filter(|tool| tool.is_client);
        request.choices == 1
            && own().any(|tool| !tool.is_strict)
            && !own().any(|tool| is_retrieval(&tool.name))
            && request.listed_tools() < MAX_TOOLS
            && prompt_tokens(request) >= MIN_PROMPT_TOKENS
    }

    /// Whether the tool may be among what isn't known of a conversation: it is if the client has none of
    /// its name.
    pub(super) fn may_have_been(request: &Request<'_>) -> bool {
        !has_name(request)
    }
}

/// Tokens of the tools and system prompts before the model's first turn.
fn prompt_tokens(request: &Request<'_>) -> usize {
    let is_prompt = |block: &&Block<'_>| matches!(block.role, Role::Definition | Role::System);
    let prompts = request.beginning().filter(is_prompt).map(|block| block.value.raw());
    let count = |raw| tokens::count(Encoding::default(), &String::from_utf8_lossy(raw));
    prompts.map(count).sum()
}

/// Whether a conversation begins with so little that the retrieval tool would be a large part of it.
fn is_lean(request: &Request<'_>) -> bool {
    let bytes: usize = request.beginning().map(|block| block.value.range().len()).sum();
    if bytes >= MIN_BEGINNING_TOKENS * MAX_TOKEN_BYTES {
        return false;
    }
    let count = |block: &Block<'_>| {
        let raw = String::from_utf8_lossy(block.value.raw());
        (block.role, tokens::count(Encoding::default(), &raw))
    };
    let counts: Vec<(Role, usize)> = request.beginning().map(count).collect();
    let is_prompt = |role: Role| matches!(role, Role::Definition | Role::System);
    let prompts = counts.iter().filter(|(role, _)| is_prompt(*role)).map(|(_, tokens)| tokens);
    prompts.sum::<usize>() < MIN_PROMPT_TOKENS
        && counts.iter().map(|(_, tokens)| tokens).sum::<usize>() < MIN_BEGINNING_TOKENS
}

/// Whether the client has a tool of the same name: the provider takes no name twice.
fn has_name(request: &Request<'_>) -> bool {
    request.tools.iter().any(|tool| tool.name == NAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use json_index::scan;
    use llm_api::request::read;
    use llm_api::{Api, CHAT, MESSAGES, RESPONSES};
    use serde_json::{Value, json};
    use testkit::provider::system_prompt;

    fn injected(api: &'static dyn Api, body: &Value) -> ToolInjection {
        let text = body.to_string();
        let index = scan(text.as_bytes()).unwrap();
        ToolInjection::of(&read(api, &index).unwrap())
    }

    fn messages(more: &Value) -> ToolInjection {
        let mut body =
            json!({"system": system_prompt(), "messages": [{"role": "user", "content": "x"}]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        injected(MESSAGES, &body)
    }

    fn chat(more: &Value) -> ToolInjection {
        let mut body = json!({"messages": [{"role": "system", "content": system_prompt()}]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        injected(CHAT, &body)
    }

    fn responses(more: &Value) -> ToolInjection {
        let tools = json!([{"type": "function", "name": "f"}]);
        let mut body = json!({"instructions": system_prompt(), "input": "x", "tools": tools});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        injected(RESPONSES, &body)
    }

    fn is_unavailable(injection: ToolInjection) -> bool {
        matches!(injection, ToolInjection::Unavailable(_))
    }

    #[test]
    fn client_tools_get_one_more() {
        let tools = json!([{"name": "a", "input_schema": {}}, {"type": "web_search_20250305", "name": "w"}]);
        assert_eq!(messages(&json!({"tools": tools})), ToolInjection::Injected);
        assert_eq!(
            chat(&json!({"tools": [{"type": "function", "function": {"name": "f"}}]})),
            ToolInjection::Injected
        );
        assert_eq!(responses(&json!({})), ToolInjection::Injected);
    }

    #[test]
    fn a_conversation_that_begins_with_little() {
        let tools = json!([{"name": "a", "input_schema": {}}]);
        let said = |words: &str| json!([{"role": "user", "content": words}]);
        let short = json!({"system": "s", "tools": tools, "messages": said("x")});
        assert_eq!(messages(&short), ToolInjection::Unavailable("a short prompt"));
        // A long task is as much as a long prompt, but what is said later counts for nothing.
        let task = system_prompt().repeat(3);
        assert_eq!(
            messages(&json!({"system": "s", "tools": tools, "messages": said(&task)})),
            ToolInjection::Injected
        );
        let later = json!({"system": "s", "tools": tools, "messages": [
            {"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}, {"role": "user", "content": task}]});
        assert_eq!(messages(&later), ToolInjection::Unavailable("a short prompt"));
        let own = json!([{"name": "mcp__headroom__headroom_retrieve"}]);
        assert_eq!(messages(&json!({"system": "s", "tools": own})), ToolInjection::ClientTool);
        let late =
            json!([{"name": "a"}, {"name": "b", "defer_loading": true, "description": task}]);
        assert_eq!(
            messages(&json!({"system": "s", "tools": late})),
            ToolInjection::Unavailable("a short prompt")
        );
    }

    #[test]
    fn no_tools() {
        assert!(is_unavailable(messages(&json!({}))));
        assert!(is_unavailable(messages(&json!({"tools": []}))));
    }

    #[test]
    fn only_the_providers_tools() {
        assert!(is_unavailable(messages(
            &json!({"tools": [{"type": "web_search_20250305", "name": "w"}]})
        )));
        assert!(is_unavailable(responses(&json!({"tools": [{"type": "web_search"}]}))));
    }

    #[test]
    fn a_choice_that_forces_or_forbids() {
        let tools = json!([{"name": "a"}]);
        for choice in ["any", "tool", "none"] {
            assert!(is_unavailable(messages(
                &json!({"tools": tools, "tool_choice": {"type": choice, "name": "a"}})
            )));
        }
        assert_eq!(
            messages(&json!({"tools": tools, "tool_choice": {"type": "auto"}})),
            ToolInjection::Injected
        );
        for choice in [json!("none"), json!("required"), json!({"type": "function", "name": "f"})] {
            assert!(is_unavailable(responses(&json!({"tool_choice": choice}))));
        }
        assert_eq!(responses(&json!({"tool_choice": "auto"})), ToolInjection::Injected);
    }

    #[test]
    fn as_many_tools_as_there_may_be() {
        let tools = |count: usize| {
            let tool = |i| json!({"type": "function", "function": {"name": format!("f{i}")}});
            json!({"tools": (0..count).map(tool).collect::<Vec<_>>()})
        };
        assert_eq!(chat(&tools(127)), ToolInjection::Injected);
        assert!(is_unavailable(chat(&tools(128))));
    }

    #[test]
    fn strict_sets() {
        let tool =
            |strict: bool| json!({"type": "function", "function": {"name": "f", "strict": strict}});
        assert!(is_unavailable(chat(&json!({"tools": [tool(true), tool(true)]}))));
        assert_eq!(chat(&json!({"tools": [tool(true), tool(false)]})), ToolInjection::Injected);
    }

    #[test]
    fn a_conversation_that_the_provider_holds() {
        for more in [
            json!({"previous_response_id": "resp_1"}),
            json!({"conversation": "conv_1"}),
            json!({"background": true}),
        ] {
            assert!(is_unavailable(responses(&more)));
        }
        assert_eq!(responses(&json!({"previous_response_id": null})), ToolInjection::Injected);
    }

    #[test]
    fn several_answers() {
        let tools = json!([{"type": "function", "function": {"name": "f"}}]);
        assert!(is_unavailable(chat(&json!({"tools": tools, "n": 2}))));
        assert_eq!(chat(&json!({"tools": tools, "n": 1})), ToolInjection::Injected);
    }

    #[test]
    fn a_client_that_has_the_tool_keeps_its_own() {
        let tools = json!([{"name": "mcp__headroom__headroom_retrieve"}]);
        assert_eq!(messages(&json!({"tools": tools})), ToolInjection::ClientTool);
        assert!(is_unavailable(messages(
            &json!({"tools": tools, "tool_choice": {"type": "none"}})
        )));
    }
}
