//! Whether the model can ask for what was left out: the one table of the cases.

use llm_api::request::{Choice, Request, Tool};

use llm_api::retrieval;

/// How the model can ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// With the tool that is appended to the client's.
    Append,
    /// With a tool that the client offers: an MCP server's, which looks in the store.
    Client,
    /// It can't: only reversible forms apply, and nothing is appended. The reason, for people.
    Nothing(&'static str),
}

/// Tools that OpenAI takes; one more would be refused.
const MOST_TOOLS: usize = 128;

/// The offer for a request, whatever was sent before.
pub(super) fn offer(request: &Request<'_>) -> Offer {
    let own: Vec<&Tool<'_>> = request.tools.iter().filter(|tool| tool.is_client).collect();
    let nothing = [
        (request.is_partial, "the provider holds a part of the conversation"),
        (request.choices != 1, "several answers are asked for"),
        (request.tools.is_empty(), "no tools"),
        (own.is_empty(), "only the provider's tools"),
        (request.choice == Choice::Forced, "a tool is forced"),
        (request.choice == Choice::Forbidden, "tools are forbidden"),
    ];
    if let Some((_, reason)) = nothing.iter().find(|(holds, _)| *holds) {
        return Offer::Nothing(reason);
    }
    if own.iter().any(|tool| !tool.is_deferred && retrieval::is_retrieval(&tool.name)) {
        return Offer::Client;
    }
    if own.iter().all(|tool| tool.is_strict) {
        return Offer::Nothing("all tools are strict");
    }
    if has_name(request) {
        return Offer::Nothing("its own headroom_retrieve isn't loaded yet");
    }
    if request.listed_tools() >= MOST_TOOLS {
        return Offer::Nothing("as many tools as the provider takes");
    }
    Offer::Append
}

/// Whether a tool that was appended to an earlier request of the conversation stays in this one.
/// Tools are what the provider's cache begins with, so it does wherever it is allowed to, also where
/// the model may not call it now, and where the client has loaded a tool of its own since.
pub(super) fn may_stay(request: &Request<'_>) -> bool {
    !request.is_partial
        && request.choices == 1
        && request.tools.iter().any(|tool| tool.is_client)
        && !has_name(request)
        && request.listed_tools() < MOST_TOOLS
}

/// Whether the client has a tool of the name that ours would have: the provider takes no name twice.
fn has_name(request: &Request<'_>) -> bool {
    request.tools.iter().any(|tool| tool.name == retrieval::NAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use json_index::scan;
    use llm_api::request::read;
    use llm_api::{Api, CHAT, MESSAGES, RESPONSES};
    use serde_json::{Value, json};

    fn offered(api: &'static dyn Api, body: &Value) -> Offer {
        let text = body.to_string();
        let index = scan(text.as_bytes()).unwrap();
        offer(&read(api, &index).unwrap())
    }

    fn messages(more: &Value) -> Offer {
        let mut body = json!({"messages": [{"role": "user", "content": "x"}]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        offered(MESSAGES, &body)
    }

    fn chat(more: &Value) -> Offer {
        let mut body = json!({"messages": []});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        offered(CHAT, &body)
    }

    fn responses(more: &Value) -> Offer {
        let tools = json!([{"type": "function", "name": "f"}]);
        let mut body = json!({"input": "x", "tools": tools});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        offered(RESPONSES, &body)
    }

    fn is_nothing(offer: Offer) -> bool {
        matches!(offer, Offer::Nothing(_))
    }

    #[test]
    fn client_tools_get_one_more() {
        let tools = json!([{"name": "a", "input_schema": {}}, {"type": "web_search_20250305", "name": "w"}]);
        assert_eq!(messages(&json!({"tools": tools})), Offer::Append);
        assert_eq!(
            chat(&json!({"tools": [{"type": "function", "function": {"name": "f"}}]})),
            Offer::Append
        );
        assert_eq!(responses(&json!({})), Offer::Append);
    }

    #[test]
    fn no_tools() {
        assert!(is_nothing(messages(&json!({}))));
        assert!(is_nothing(messages(&json!({"tools": []}))));
    }

    #[test]
    fn only_the_providers_tools() {
        assert!(is_nothing(messages(
            &json!({"tools": [{"type": "web_search_20250305", "name": "w"}]})
        )));
        assert!(is_nothing(responses(&json!({"tools": [{"type": "web_search"}]}))));
    }

    #[test]
    fn a_choice_that_forces_or_forbids() {
        let tools = json!([{"name": "a"}]);
        for choice in ["any", "tool", "none"] {
            assert!(is_nothing(messages(
                &json!({"tools": tools, "tool_choice": {"type": choice, "name": "a"}})
            )));
        }
        assert_eq!(
            messages(&json!({"tools": tools, "tool_choice": {"type": "auto"}})),
            Offer::Append
        );
        for choice in [json!("none"), json!("required"), json!({"type": "function", "name": "f"})] {
            assert!(is_nothing(responses(&json!({"tool_choice": choice}))));
        }
        assert_eq!(responses(&json!({"tool_choice": "auto"})), Offer::Append);
    }

    #[test]
    fn as_many_tools_as_there_may_be() {
        let tools = |count: usize| {
            let tool = |i| json!({"type": "function", "function": {"name": format!("f{i}")}});
            json!({"tools": (0..count).map(tool).collect::<Vec<_>>()})
        };
        assert_eq!(chat(&tools(127)), Offer::Append);
        assert!(is_nothing(chat(&tools(128))));
    }

    #[test]
    fn strict_sets() {
        let tool =
            |strict: bool| json!({"type": "function", "function": {"name": "f", "strict": strict}});
        assert!(is_nothing(chat(&json!({"tools": [tool(true), tool(true)]}))));
        assert_eq!(chat(&json!({"tools": [tool(true), tool(false)]})), Offer::Append);
    }

    #[test]
    fn a_conversation_that_the_provider_holds() {
        for more in [
            json!({"previous_response_id": "resp_1"}),
            json!({"conversation": "conv_1"}),
            json!({"background": true}),
        ] {
            assert!(is_nothing(responses(&more)));
        }
        assert_eq!(responses(&json!({"previous_response_id": null})), Offer::Append);
    }

    #[test]
    fn several_answers() {
        let tools = json!([{"type": "function", "function": {"name": "f"}}]);
        assert!(is_nothing(chat(&json!({"tools": tools, "n": 2}))));
        assert_eq!(chat(&json!({"tools": tools, "n": 1})), Offer::Append);
    }

    #[test]
    fn a_client_that_has_the_tool_keeps_its_own() {
        let tools = json!([{"name": "mcp__headroom__headroom_retrieve"}]);
        assert_eq!(messages(&json!({"tools": tools})), Offer::Client);
        assert!(is_nothing(messages(&json!({"tools": tools, "tool_choice": {"type": "none"}}))));
    }
}
