use json_index::scan;

use super::*;
use crate::api::{CHAT, GEMINI, MESSAGES, RESPONSES};

/// What may be changed in a request, with the call that it answers.
fn results(api: &'static dyn Api, body: &str) -> Vec<(String, Option<String>)> {
    let index = scan(body.as_bytes()).unwrap();
    let request = read(api, &index).unwrap();
    let mut out = Vec::new();
    for block in request.blocks.iter().filter(|block| block.role == Role::Tool) {
        let call = block.tool_result.as_ref().and_then(|result| result.call.as_ref());
        let hint = call.map(|call| format!("{} {}", call.name, call.arguments()));
        for text in &block.texts {
            out.push((text.text().unwrap().into_owned(), hint.clone()));
        }
    }
    out
}

fn pair(text: &str, hint: &str) -> (String, Option<String>) {
    (text.to_owned(), Some(hint.to_owned()))
}

#[test]
fn messages_results_as_string_and_as_blocks() {
    let body = r#"{"model":"m","system":[{"type":"text","text":"s"}],"messages":[
        {"role":"user","content":"do"},
        {"role":"assistant","content":[
            {"type":"thinking","thinking":"t","signature":"x"},
            {"type":"tool_use","id":"a","name":"Bash","input":{"command":"ls"}},
            {"type":"tool_use","id":"b","name":"Read","input":{"file_path":"f"}}]},
        {"role":"user","content":[
            {"type":"tool_result","tool_use_id":"a","content":"one"},
            {"type":"tool_result","tool_use_id":"b","is_error":true,"content":[
                {"type":"text","text":"two","cache_control":{"type":"ephemeral"}},
                {"type":"image","source":{"type":"base64","data":"AA"}},
                {"type":"document","source":{"type":"text","data":"doc"}},
                {"type":"text","text":"three"}]},
            {"type":"tool_result","tool_use_id":"gone","content":"four"},
            {"type":"tool_result","tool_use_id":"a"},
            {"type":"text","text":"words"}]}]}"#;
    assert_eq!(
        results(MESSAGES, body),
        [
            pair("one", r#"Bash {"command":"ls"}"#),
            pair("two", r#"Read {"file_path":"f"}"#),
            pair("three", r#"Read {"file_path":"f"}"#),
            ("four".to_owned(), None),
        ]
    );
}

#[test]
fn what_the_provider_or_the_model_made_is_nobodys_to_change() {
    let body = r#"{"messages":[
        {"role":"assistant","content":[
            {"type":"text","text":"said"},
            {"type":"server_tool_use","id":"s","name":"web_search","input":{}},
            {"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"text","text":"x"}]},
            {"type":"tool_result","tool_use_id":"s","content":"in the wrong place"},
            {"type":"redacted_thinking","data":"zz"}]},
        {"role":"user","content":[
            {"type":"mcp_tool_result","tool_use_id":"s","content":[{"type":"text","text":"y"}]},
            {"type":"tool_result","content":"twice","content":"twice"},
            {"type":"tool_result","type":"text","content":"which"},
            {"type":"search_result","content":[{"type":"text","text":"z"}]}]}]}"#;
    assert_eq!(results(MESSAGES, body), []);
}

#[test]
fn chat_results_in_every_shape() {
    let body = r#"{"messages":[
        {"role":"system","content":"s"},
        {"role":"assistant","content":null,"tool_calls":[
            {"id":"a","type":"function","function":{"name":"run","arguments":"{\"c\":1}"}},
            {"id":"b","type":"custom","custom":{"name":"sh","input":"ls"}}],
         "function_call":{"name":"old","arguments":"{}"}},
        {"role":"tool","tool_call_id":"a","content":"one"},
        {"role":"tool","tool_call_id":"b","content":[{"type":"text","text":"two"}]},
        {"role":"function","name":"old","content":"three"}]}"#;
    assert_eq!(
        results(CHAT, body),
        [pair("one", r#"run {"c":1}"#), pair("two", "sh ls"), pair("three", "old {}")]
    );
}

#[test]
fn responses_results_in_every_shape() {
    let body = r#"{"instructions":"i","input":[
        {"role":"user","content":[{"type":"input_text","text":"do"}]},
        {"type":"reasoning","id":"rs","encrypted_content":"e","summary":[]},
        {"type":"function_call","call_id":"a","name":"run","arguments":"{}"},
        {"type":"custom_tool_call","call_id":"b","name":"patch","input":"p"},
        {"type":"local_shell_call","call_id":"c","action":{"command":["ls"]}},
        {"type":"function_call_output","call_id":"a","output":"one"},
        {"type":"custom_tool_call_output","call_id":"b","output":[{"type":"input_text","text":"two"},{"type":"input_image","image_url":"u"}]},
        {"type":"local_shell_call_output","call_id":"c","output":"three"},
        {"type":"computer_call_output","call_id":"d","output":"four"}]}"#;
    assert_eq!(
        results(RESPONSES, body),
        [
            pair("one", "run {}"),
            pair("two", "patch p"),
            pair("three", r#"local_shell {"command":["ls"]}"#)
        ]
    );
    let index = scan(body.as_bytes()).unwrap();
    let request = read(RESPONSES, &index).unwrap();
    let roles: Vec<_> = request.turns.iter().map(|turn| (turn.role, turn.blocks.len())).collect();
    assert_eq!(roles[..3], [(Role::User, 1), (Role::Assistant, 4), (Role::Tool, 1)]);
    assert!(request.is_stored);
}

#[test]
fn a_call_is_the_last_one_before_its_result() {
    let body = r#"{"messages":[
        {"role":"assistant","content":[{"type":"tool_use","id":"a","name":"First","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"1"}]},
        {"role":"assistant","content":[{"type":"tool_use","id":"a","name":"Second","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"2"}]}]}"#;
    assert_eq!(results(MESSAGES, body), [pair("1", "First {}"), pair("2", "Second {}")]);
}

fn tools(api: &'static dyn Api, body: &str) -> (Vec<(String, bool, bool)>, Choice) {
    let index = scan(body.as_bytes()).unwrap();
    let request = read(api, &index).unwrap();
    let list =
        request.tools.iter().map(|t| (t.name.to_string(), t.is_client, t.is_strict)).collect();
    (list, request.choice)
}

#[test]
fn tools_and_who_runs_them() {
    let body = r#"{"messages":[],"tool_choice":{"type":"any"},"tools":[
        {"name":"a","input_schema":{}},{"type":"bash_20250124","name":"bash"},
        {"type":"web_search_20250305","name":"web_search"},{"type":"custom","name":"c","strict":true}]}"#;
    let (list, choice) = tools(MESSAGES, body);
    let expected = [
        ("a", true, false),
        ("bash", true, false),
        ("web_search", false, false),
        ("c", true, true),
    ];
    assert_eq!(list, expected.map(|(n, c, s)| (n.to_owned(), c, s)));
    assert_eq!(choice, Choice::Forced);

    let body = r#"{"messages":[],"tool_choice":"none","tools":[
        {"type":"function","function":{"name":"f","strict":true}},{"type":"custom","custom":{"name":"g"}}]}"#;
    let (list, choice) = tools(CHAT, body);
    assert_eq!(list, [("f", true, true), ("g", true, false)].map(|(n, c, s)| (n.to_owned(), c, s)));
    assert_eq!(choice, Choice::Forbidden);

    let body = r#"{"input":"x","tool_choice":{"type":"allowed_tools","mode":"auto","tools":[]},"tools":[
        {"type":"function","name":"f"},{"type":"web_search"},{"type":"local_shell"}]}"#;
    let (list, choice) = tools(RESPONSES, body);
    assert_eq!(
        list,
        [("f", true, false), ("", false, false), ("", true, false)].map(|(n, c, s)| (
            n.to_owned(),
            c,
            s
        ))
    );
    assert_eq!(choice, Choice::Forced);
}

fn appended(api: &'static dyn Api, body: &str) -> String {
    let index = scan(body.as_bytes()).unwrap();
    let request = read(api, &index).unwrap();
    let mut edits = Edits::default();
    request.insert_tool(request.tool_position(), b"TOOL", &mut edits);
    request.append(b"ITEMS", &mut edits);
    String::from_utf8(edits.apply(body.as_bytes()).unwrap()).unwrap()
}

#[test]
fn things_are_appended_last() {
    assert_eq!(
        appended(MESSAGES, r#"{"tools":[ {"name":"a"} ], "messages":[ {} ]}"#),
        r#"{"tools":[ {"name":"a"},TOOL ], "messages":[ {},ITEMS ]}"#
    );
    assert_eq!(
        appended(CHAT, r#"{"tools":[],"messages":[]}"#),
        r#"{"tools":[],"messages":[ITEMS]}"#
    );
    assert_eq!(
        appended(RESPONSES, r#"{"input": "x"}"#),
        r#"{"input": [{"role":"user","content":"x"},ITEMS]}"#
    );
}

fn prints(body: &str) -> Vec<Vec<u8>> {
    let index = scan(body.as_bytes()).unwrap();
    let request = read(MESSAGES, &index).unwrap();
    let print = |block: &Block<'_>| {
        let mut out = Vec::new();
        block.fingerprint(&mut |bytes| out.extend_from_slice(bytes));
        out
    };
    request.blocks.iter().map(print).collect()
}

#[test]
fn a_fingerprint_is_blind_to_where_the_cache_is_cut() {
    let one = r#"{"tools":[{"name":"t","cache_control":{"type":"ephemeral"}}],"system":"s","messages":[
        {"role":"user","content":"hi"},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"r"}]}]}"#;
    let other = r#"{"tools":[{"name":"t"}],"system":[{"type":"text","text":"s"}],"messages":[
        {"role":"user","content":[{"cache_control":{"type":"ephemeral"},"text":"hi","type":"text"}]},
        {"role":"user","content":[{"tool_use_id":"a","type":"tool_result","content":
            [{"type":"text","text":"r","cache_control":{"type":"ephemeral"}}]}]}]}"#;
    assert_eq!(prints(one), prints(other));
}

#[test]
fn a_fingerprint_sees_everything_else() {
    let body = |result: &str| {
        format!(
            r#"{{"messages":[{{"role":"user","content":[{{"type":"tool_result",{result}}}]}}]}}"#
        )
    };
    let all = [
        body(r#""tool_use_id":"a","content":"x""#),
        body(r#""tool_use_id":"b","content":"x""#),
        body(r#""tool_use_id":"a","content":"y""#),
        body(r#""tool_use_id":"a","content":[]"#),
        body(
            r#""tool_use_id":"a","content":[{"type":"text","text":"x"},{"type":"text","text":""}]"#,
        ),
        body(r#""tool_use_id":"a","content":"x","is_error":true"#),
        body(r#""tool_use_id":"a","content":"x","input":{"cache_control":1}"#),
        body(r#""tool_use_id":"a","content":"x","input":{"cache_control":2}"#),
    ];
    let distinct: std::collections::BTreeSet<_> = all.iter().map(|body| prints(body)).collect();
    assert_eq!(distinct.len(), all.len());
}

#[test]
fn what_goes_on_carries_the_clients_last_mark() {
    let mark = |body: &str| {
        let index = scan(body.as_bytes()).unwrap();
        let mark = MESSAGES.cache_mark(&read(MESSAGES, &index).unwrap());
        mark.map(|mark| String::from_utf8_lossy(mark).into_owned())
    };
    let hour = r#"{"type":"ephemeral","ttl":"1h"}"#;
    let body = |marks: usize, last: &str| {
        let tool = format!(r#"{{"name":"t","cache_control":{hour}}}"#);
        let tools = vec![tool; marks].join(",");
        format!(
            r#"{{"tools":[{tools}],"messages":[{{"role":"user","content":[{{"type":"text","text":"x"{last}}}]}}]}}"#
        )
    };
    let own = format!(r#","cache_control":{hour}"#);
    assert_eq!(mark(&body(1, &own)).as_deref(), Some(hour));
    assert_eq!(mark(&body(2, &own)).as_deref(), Some(hour));
    // The provider takes four.
    assert_eq!(mark(&body(3, &own)), None);
    // What isn't kept up to its end isn't kept further.
    assert_eq!(mark(&body(1, "")), None);
    assert_eq!(mark(&body(1, r#","cache_control":null"#)), None);
    let inner = format!(
        r#"{{"messages":[{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"a","content":[{{"type":"text","text":"r"{own}}}]}}]}}]}}"#
    );
    assert_eq!(mark(&inner).as_deref(), Some(hour));
}

fn may_drop(api: &'static dyn Api, management: &str) -> bool {
    let body = format!(r#"{{"messages":[],"input":"x","context_management":{management}}}"#);
    let index = scan(body.as_bytes()).unwrap();
    read(api, &index).unwrap().may_drop
}

#[test]
fn only_edits_of_thinking_drop_no_result() {
    for management in [
        "null",
        "{}",
        r#"{"edits":null}"#,
        r#"{"edits":[]}"#,
        r#"{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]}"#,
        r#"{"edits":[{"type":"clear_thinking_20251015","keep":{"type":"thinking_turns","value":1}}]}"#,
        r#"{"edits":[{"keep":"all","type":"clear_thinking_20270101"}]}"#,
    ] {
        assert!(!may_drop(MESSAGES, management), "{management}");
    }
    for management in [
        r#"{"edits":[{"type":"clear_tool_uses_20250919"}]}"#,
        r#"{"edits":[{"type":"compact_20260112"}]}"#,
        r#"{"edits":[{"type":"clear_thinking_20251015","keep":"all"},{"type":"clear_tool_uses_20250919"}]}"#,
        r#"{"edits":[{"type":"unheard_of"}]}"#,
        r#"{"edits":[{}]}"#,
        r#"{"edits":["clear_thinking_20251015"]}"#,
        r#"{"edits":{"type":"clear_thinking_20251015"}}"#,
        r#"{"edits":[],"strategy":"drop"}"#,
        r#"{"edits":[],"edits":[{"type":"clear_tool_uses_20250919"}]}"#,
        r#"{"edits":[{"type":"clear_thinking_20251015","type":"clear_tool_uses_20250919"}]}"#,
        r#""auto""#,
    ] {
        assert!(may_drop(MESSAGES, management), "{management}");
    }
    assert!(!may_drop(RESPONSES, "[]"));
    assert!(may_drop(RESPONSES, r#"[{"type":"compaction","compact_threshold":1000}]"#));
}

#[test]
fn tools_that_the_model_is_not_shown_from_the_start() {
    let deferred = |api: &'static dyn Api, body: &str| -> Vec<(String, bool)> {
        let index = scan(body.as_bytes()).unwrap();
        let request = read(api, &index).unwrap();
        request.tools.iter().map(|tool| (tool.name.to_string(), tool.is_deferred)).collect()
    };
    let expected = |list: &[(&str, bool)]| -> Vec<(String, bool)> {
        list.iter().map(|(name, is)| ((*name).to_owned(), *is)).collect()
    };
    let body = r#"{"messages":[],"tools":[{"name":"a"},{"name":"b","defer_loading":true},{"name":"c","defer_loading":false}]}"#;
    assert_eq!(deferred(MESSAGES, body), expected(&[("a", false), ("b", true), ("c", false)]));
    let body = r#"{"messages":[],"tools":[{"type":"function","function":{"name":"a","defer_loading":true}},{"type":"function","defer_loading":true,"function":{"name":"b"}}]}"#;
    assert_eq!(deferred(CHAT, body), expected(&[("a", true), ("b", true)]));
    let body = r#"{"tools":[],"input":[
        {"type":"additional_tools","role":"developer","tools":[
            {"type":"namespace","name":"n","tools":[{"type":"function","name":"a"},{"type":"custom","name":"b","defer_loading":true}]},
            {"type":"namespace","name":"m","defer_loading":true,"tools":[{"type":"function","name":"c"}]}]},
        {"role":"user","content":"x"},
        {"role":"assistant","content":"y"},
        {"type":"additional_tools","tools":[{"type":"function","name":"d"}]}]}"#;
    assert_eq!(
        deferred(RESPONSES, body),
        expected(&[("n.a", false), ("n.b", true), ("m.c", true), ("d", true)])
    );
    let index = scan(body.as_bytes()).unwrap();
    let request = read(RESPONSES, &index).unwrap();
    let roles: Vec<_> = request.turns.iter().map(|turn| turn.role).collect();
    assert_eq!(roles, [Role::Definition, Role::User, Role::Assistant, Role::Definition]);
    assert_eq!((request.listed_tools(), request.tool_position()), (2, 1));
}

#[test]
fn a_tool_goes_where_it_is_told() {
    let inserted = |body: &str, place: usize| {
        let index = scan(body.as_bytes()).unwrap();
        let mut edits = Edits::default();
        read(RESPONSES, &index).unwrap().insert_tool(place, b"TOOL", &mut edits);
        String::from_utf8(edits.apply(body.as_bytes()).unwrap()).unwrap()
    };
    let body = r#"{"input":"x","tools":[ {"name":"a"}, {"name":"b"} ]}"#;
    assert_eq!(inserted(body, 0), r#"{"input":"x","tools":[TOOL, {"name":"a"}, {"name":"b"} ]}"#);
    assert_eq!(inserted(body, 1), r#"{"input":"x","tools":[ {"name":"a"},TOOL, {"name":"b"} ]}"#);
    for place in [2, 9] {
        assert_eq!(
            inserted(body, place),
            r#"{"input":"x","tools":[ {"name":"a"}, {"name":"b"},TOOL ]}"#
        );
    }
    let item = r#"{"tools":[],"input":[{"type":"additional_tools","tools":[{"name":"a"}]}]}"#;
    assert_eq!(
        inserted(item, 1),
        r#"{"tools":[],"input":[{"type":"additional_tools","tools":[{"name":"a"},TOOL]}]}"#
    );
}

#[test]
fn gemini_results_of_every_shape() {
    let body = r#"{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[
        {"role":"user","parts":[{"text":"do"}]},
        {"role":"model","parts":[
            {"text":"t","thought":true},
            {"functionCall":{"id":"a","name":"run_shell_command","args":{"command":"ls"}},"thoughtSignature":"x"},
            {"functionCall":{"name":"read_file","args":{"file_path":"f"}}},
            {"functionCall":{"name":"read_file","args":{"file_path":"g"}}},
            {"function_call":{"name":"mcp","args":{}}}]},
        {"role":"user","parts":[
            {"functionResponse":{"id":"made-up-1","name":"read_file","response":{"output":"one"}}},
            {"functionResponse":{"id":"a","name":"run_shell_command","response":{"result":{"stdout":"two","stderr":"three","code":1}}}},
            {"functionResponse":{"name":"read_file","response":{"error":"four"}}},
            {"function_response":{"name":"mcp","response":{"content":[{"type":"text","text":"five"},{"type":"image","data":"AA"}]}}},
            {"functionResponse":{"name":"gone","response":{"output":"six","list":["x"],"n":1,"twice":"a","twice":"b"}}},
            {"functionResponse":{"name":"gone"}},
            {"text":"words"}]}]}"#;
    assert_eq!(
        results(GEMINI, body),
        [
            pair("one", r#"read_file {"file_path":"f"}"#),
            pair("two", r#"run_shell_command {"command":"ls"}"#),
            pair("three", r#"run_shell_command {"command":"ls"}"#),
            pair("four", r#"read_file {"file_path":"g"}"#),
            pair("five", "mcp {}"),
            ("six".to_owned(), None),
        ]
    );
    let index = scan(body.as_bytes()).unwrap();
    let request = read(GEMINI, &index).unwrap();
    let failed: Vec<_> =
        request.blocks.iter().filter_map(|block| block.tool_result.as_ref()).collect();
    assert_eq!(
        failed.iter().map(|result| result.is_error).collect::<Vec<_>>(),
        [false, false, true, false, false, false]
    );
    assert_eq!(request.blocks[0].role, Role::System);
    // A thought isn't what the model says.
    let said: usize =
        request.blocks.iter().filter(|b| b.role == Role::Assistant).map(|b| b.texts.len()).sum();
    assert_eq!((said, request.turns.len()), (0, 3));
}

#[test]
fn gemini_tools_settings_and_limits() {
    let body = r#"{"contents":[{"parts":[{"text":"do"}]}],
        "tools":[{"googleSearch":{}},{"function_declarations":[{"name":"a"},{"name":"b"}],"urlContext":{}},
            {"functionDeclarations":[{"name":"c"}]}],
        "toolConfig":{"functionCallingConfig":{"mode":"AUTO"}},
        "generation_config":{"candidate_count":2,"maxOutputTokens":900,"thinkingConfig":{"thinkingBudget":512}}}"#;
    let index = scan(body.as_bytes()).unwrap();
    let request = read(GEMINI, &index).unwrap();
    let tools: Vec<_> = request.tools.iter().map(|tool| (&*tool.name, tool.is_client)).collect();
    assert_eq!(
        tools,
        [("googleSearch", false), ("urlContext", false), ("a", true), ("b", true), ("c", true)]
    );
    assert_eq!((request.choices, request.thinking_budget), (2, Some(512)));
    assert_eq!(request.output_limit.unwrap().unsigned(), Some(900));
    assert_eq!((request.listed_tools(), request.choice), (2, Choice::Free));
    let mut edits = Edits::default();
    request.insert_tool(request.tool_position(), b"{}", &mut edits);
    let sent = String::from_utf8(edits.apply(body.as_bytes()).unwrap()).unwrap();
    assert_eq!(sent, body.replace(r#"{"name":"b"}]"#, r#"{"name":"b"},{}]"#));

    let with = |more: &str| {
        let body = format!(r#"{{"contents":[],{more}}}"#);
        let index = scan(body.as_bytes()).unwrap();
        let request = read(GEMINI, &index).unwrap();
        (request.choice, request.is_partial)
    };
    let mode = |mode: &str| with(&format!(r#""tool_config":{{"function_calling_config":{mode}}}"#));
    assert_eq!(mode(r#"{"mode":"ANY"}"#), (Choice::Forced, false));
    assert_eq!(mode(r#"{"mode":"NONE"}"#), (Choice::Forbidden, false));
    assert_eq!(mode(r#"{"mode":"VALIDATED"}"#), (Choice::Free, false));
    assert_eq!(mode(r#"{"mode":"VALIDATED","allowedFunctionNames":["a"]}"#).0, Choice::Forced);
    assert_eq!(with(r#""cachedContent":"cachedContents/1""#), (Choice::Free, true));
    assert_eq!(mode(r#"{"streamFunctionCallArguments":true}"#), (Choice::Free, true));
    for none in [r#"{"contents":{"parts":[]}}"#, r#"{"contents":"x"}"#, "[]", "{}"] {
        assert!(read(GEMINI, &scan(none.as_bytes()).unwrap()).is_none(), "{none}");
    }
}
