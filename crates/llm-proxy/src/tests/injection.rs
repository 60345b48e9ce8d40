//! Where the tool is that the model asks with, and that it stays there.

use testkit::provider::{ContentBlock, ModelTurn};

use super::retrieval::{ask, bash, go_on, read, scripted};
use super::rewriting::{rewriter, rewritten};
use super::*;

fn names(body: &Value) -> Vec<String> {
    let name = |tool: &Value| {
        let inner = tool.get("function").unwrap_or(tool);
        inner["name"].as_str().unwrap_or_default().to_owned()
    };
    tools(body).iter().map(name).collect()
}

/// The tool of an MCP server of ours, as a client would send it.
fn retrieval(api: &'static dyn Api) -> Value {
    let name = "mcp__headroom__headroom_retrieve";
    match api.name() {
        "messages" => json!({"name": name, "input_schema": {"type": "object"}}),
        "chat" => json!({"type": "function", "function": {"name": name, "parameters": {}}}),
        "gemini" => json!({"name": name, "parameters": {}}),
        _ => json!({"type": "function", "name": name, "parameters": {}}),
    }
}

fn deferred(mut tool: Value) -> Value {
    tool["defer_loading"] = json!(true);
    tool
}

fn push_tool(body: &mut Value, tool: Value) {
    tools_mut(body).push(tool);
}

fn is_cut(body: &Value) -> bool {
    body.to_string().contains(&format!("hash={}", hash(&middle("a"))))
}

#[test]
fn a_deferred_tool_is_no_offer_and_stands_behind_ours() {
    for api in APIS {
        let mut body = conversation(api, &["a"]);
        push_tool(&mut body, deferred(retrieval(api)));
        let sent = rewritten(&rewriter(), api, &body);
        let expected = ["Bash", "headroom_retrieve", "mcp__headroom__headroom_retrieve"];
        assert_eq!(names(&sent), expected);
        assert!(is_cut(&sent));
        // Where it was, whatever else is found later, and without any memory.
        let other =
            deferred(json!({"type": "function", "name": "other", "function": {"name": "other"}}));
        push_tool(&mut body, other);
        let later = rewritten(&rewriter(), api, &body);
        assert_eq!(names(&later)[..3], expected);
    }
}

#[test]
fn a_tool_of_the_very_name_that_is_deferred_is_not_sent_twice() {
    let mut body = conversation(MESSAGES, &["a"]);
    push_tool(&mut body, deferred(json!({"name": "headroom_retrieve", "input_schema": {}})));
    let sent = rewritten(&rewriter(), MESSAGES, &body);
    assert_eq!(names(&sent), ["Bash", "headroom_retrieve"]);
    assert!(!is_cut(&sent));
}

#[test]
fn the_tool_stays_where_it_was_when_the_clients_own_is_loaded() {
    for api in APIS {
        for is_there_first in [true, false] {
            let rewriter = rewriter();
            let mut body = conversation(api, &["a"]);
            if is_there_first {
                push_tool(&mut body, deferred(retrieval(api)));
            }
            let first = rewritten(&rewriter, api, &body);
            tools_mut(&mut body).truncate(1);
            push_tool(&mut body, retrieval(api));
            push_tool(&mut body, retrieval_of(api, "other"));
            add_call(api, &mut body, "b");
            add_result(api, &mut body, "b", &long("b"));
            for _ in 0..2 {
                let then = rewritten(&rewriter, api, &body);
                let at = names(&first).iter().position(|name| name == "headroom_retrieve");
                assert_eq!(names(&then)[at.unwrap()], "headroom_retrieve");
                let count = first[list(api)].as_array().unwrap().len();
                assert_eq!(
                    first[list(api)].as_array().unwrap()[..],
                    then[list(api)].as_array().unwrap()[..count]
                );
            }
        }
    }
}

fn retrieval_of(api: &'static dyn Api, name: &str) -> Value {
    let text = retrieval(api).to_string().replace("mcp__headroom__headroom_retrieve", name);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_client_that_has_its_own_from_the_start_keeps_to_it() {
    // Another conversation that begins with the same words makes no difference.
    for api in APIS {
        let targets = Targets::new(None, None, None).unwrap();
        let originals = Arc::new(Originals::in_memory(blob_store::Bounds::default()));
        let rewriter = crate::rewrite::RequestRewriter::new(
            Settings::new(targets),
            ReplayStore::in_memory(),
            Some(originals),
            Box::new(Cutter),
        );
        let with_own = |names: &[&str]| {
            let mut body = conversation(api, names);
            push_tool(&mut body, retrieval(api));
            body
        };
        rewritten(&rewriter, api, &with_own(&[]));
        rewritten(&rewriter, api, &conversation(api, &[]));
        let sent = rewritten(&rewriter, api, &with_own(&["a"]));
        assert_eq!(names(&sent), ["Bash", "mcp__headroom__headroom_retrieve"]);
        assert!(is_cut(&sent));
    }
}

#[test]
fn the_tool_stays_when_the_model_may_not_choose_for_once() {
    for api in APIS {
        let rewriter = rewriter();
        let mut body = conversation(api, &["a"]);
        let first = rewritten(&rewriter, api, &body);
        add_call(api, &mut body, "b");
        add_result(api, &mut body, "b", &long("b"));
        forbid_tools(api, &mut body);
        let then = rewritten(&rewriter, api, &body);
        assert_eq!(first["tools"], then["tools"]);
        // From the start there is no sense in it.
        assert_eq!(names(&rewritten(&self::rewriter(), api, &body)), ["Bash"]);
    }
}

/// A conversation whose tools are in an item of the input, in a namespace.
fn in_input(tools: &Value, names: &[&str]) -> Value {
    let mut body = conversation(RESPONSES, names);
    body.as_object_mut().unwrap().remove("tools");
    let item = json!({"type": "additional_tools", "role": "developer", "tools": tools});
    body["input"].as_array_mut().unwrap().insert(0, item);
    body
}

fn namespace(name: &str, tools: &Value) -> Value {
    json!({"type": "namespace", "name": name, "description": "", "tools": tools})
}

#[test]
fn tools_in_the_input_are_an_offer_and_ours_goes_with_them() {
    let shell = json!({"type": "function", "name": "exec_command", "parameters": {}});
    let functions = namespace("functions", &json!([shell]));
    for tools in [json!([functions]), json!([functions, {"type": "custom", "name": "exec"}])] {
        let provider = scripted(vec![
            ModelTurn::new("id_1", [ask("r1", "a")]),
            ModelTurn::new("id_2", [ContentBlock::text("found"), bash("c")]),
            ModelTurn::new("id_3", [ContentBlock::text("done")]),
        ]);
        let bench = Bench::with(provider, ReplayStore::in_memory(), None, |_| {});
        let mut body = in_input(&tools, &["a"]);
        body["stream"] = json!(true);
        let turn = read(RESPONSES, &bench.post("/v1/responses", &body));
        assert!(!json!(turn).to_string().contains("headroom_retrieve"));
        let first = bench.provider.received()[0].json();
        assert!(is_cut(&first) && first.get("tools").is_none());
        let listed = first["input"][0]["tools"].as_array().unwrap();
        assert_eq!(listed[..listed.len() - 1], tools.as_array().unwrap()[..]);
        assert_eq!(listed.last().unwrap()["name"], "headroom_retrieve");

        // Tools that come later change nothing of it.
        go_on(RESPONSES, &mut body, &turn, "c");
        let late = json!([namespace(
            "mcp__headroom",
            &json!([retrieval_of(RESPONSES, "headroom_retrieve")])
        )]);
        body["input"]
            .as_array_mut()
            .unwrap()
            .push(json!({"type": "additional_tools", "role": "developer", "tools": late}));
        bench.post("/v1/responses", &body);
        let (before, after) = (bench.provider.received()[1].json(), bench.sent());
        let (before, after) =
            (before["input"].as_array().unwrap(), after["input"].as_array().unwrap());
        assert_eq!(before[..], after[..before.len()]);
        assert_eq!(bench.heard.all()[1].replayed, 1);
    }
}

#[test]
fn a_retrieval_tool_in_a_namespace_is_the_clients() {
    let own = retrieval_of(RESPONSES, "headroom_retrieve");
    let shell = json!({"type": "function", "name": "exec_command", "parameters": {}});
    let functions = namespace("functions", &json!([shell]));
    let loaded = namespace("mcp__headroom", &json!([own]));
    let held_back = namespace("mcp__headroom", &json!([deferred(own.clone())]));
    let listed = |tools: Value, in_item: bool| {
        let mut body = in_input(&tools, &["a"]);
        if !in_item {
            body = conversation(RESPONSES, &["a"]);
            body["tools"] = tools;
        }
        let sent = rewritten(&rewriter(), RESPONSES, &body);
        names(if in_item { &sent["input"][0] } else { &sent })
    };
    for in_item in [true, false] {
        let names = listed(json!([functions, loaded]), in_item);
        assert_eq!(names, ["functions", "mcp__headroom"]);
        let names = listed(json!([functions, held_back]), in_item);
        assert_eq!(names, ["functions", "headroom_retrieve", "mcp__headroom"]);
    }
}

#[test]
fn a_call_of_the_clients_own_in_a_namespace_passes() {
    let own = retrieval_of(RESPONSES, "headroom_retrieve");
    let held_back = namespace("mcp__headroom", &json!([deferred(own)]));
    let call = |namespace: Value| {
        json!({"type": "function_call", "id": "fc", "call_id": "r1", "name": "headroom_retrieve",
               "namespace": namespace, "arguments": json!({"hash": hash(&middle("a"))}).to_string()})
    };
    for (namespace, is_ours) in
        [(json!("mcp__headroom"), false), (json!("functions"), true), (Value::Null, true)]
    {
        let item = call(namespace);
        let bench = Bench::new(move |request| {
            if request.json().to_string().contains("\"fc\"") {
                return Reply::Turn(ModelTurn::new("id_2", [ContentBlock::text("found")]));
            }
            let body = json!({"id": "id_1", "status": "completed", "output": [item], "usage": {}});
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            Reply::Whole { status: 200, headers, body: body.to_string().into_bytes() }
        });
        let mut body = conversation(RESPONSES, &["a"]);
        push_tool(&mut body, held_back.clone());
        let got = bench.post("/v1/responses", &body);
        assert_eq!(got.json()["output"][0]["type"] == "message", is_ours);
    }
}

#[test]
fn edits_of_thinking_leave_results_to_be_referred_to() {
    let refers = |management: Value| {
        let targets = Targets::new(None, None, None).unwrap();
        let rewriter = crate::rewrite::RequestRewriter::new(
            Settings::new(targets),
            ReplayStore::in_memory(),
            None,
            Box::new(compress::Builtin),
        );
        let mut body = conversation(MESSAGES, &["a", "a"]);
        body["context_management"] = management;
        rewritten(&rewriter, MESSAGES, &body).to_string().contains("[same as lines ")
    };
    assert!(refers(Value::Null));
    let thinking =
        |keep: Value| json!({"edits": [{"type": "clear_thinking_20251015", "keep": keep}]});
    assert!(refers(thinking(json!("all"))));
    assert!(refers(thinking(json!({"type": "thinking_turns", "value": 2}))));
    for edit in ["clear_tool_uses_20250919", "compact_20260112", "something_new"] {
        let edits = json!([{"type": "clear_thinking_20251015", "keep": "all"}, {"type": edit}]);
        assert!(!refers(json!({"edits": edits})), "{edit}");
    }
}
