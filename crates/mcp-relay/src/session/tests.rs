//! Lines in, lines out: golden messages of a session.

use proptest::prelude::*;

use super::*;

const RETRIEVE: &str = r#"{"name":"headroom_retrieve","inputSchema":{}}"#;

fn session(names: &[&str], options: Options) -> Session {
    Session::new(names.iter().map(|name| (*name).to_owned()).collect(), options)
}

fn options() -> Options {
    Options { retrieve: Some(RETRIEVE.to_owned()), ..Options::default() }
}

fn lazy() -> Options {
    Options { lazy: true, ..options() }
}

/// Outputs as lines: `0< …` to a server, `> …` to the client, `>~kind …` if texts may be compressed.
fn shown(outputs: Vec<Output>) -> Vec<String> {
    let text = |line: Vec<u8>| String::from_utf8(line).unwrap();
    outputs
        .into_iter()
        .map(|output| match output {
            Output::ToServer { server, line, .. } => format!("{server}< {}", text(line)),
            Output::ToClient { line, compress: None, .. } => format!("> {}", text(line)),
            Output::ToClient { line, compress: Some(Kind(kind)), .. } => {
                format!(">~{} {}", kind.unwrap_or_default(), text(line))
            }
            Output::Retrieve { id, arguments } => format!("retrieve {} {arguments}", id.as_json()),
            Output::Note(said) => format!("note {said}"),
        })
        .collect()
}

impl Session {
    fn client(&mut self, line: &str) -> Vec<String> {
        shown(self.from_client(line.as_bytes()))
    }

    fn server(&mut self, server: usize, line: &str) -> Vec<String> {
        shown(self.from_server(server, line.as_bytes()))
    }

    /// What the client gets for a request that servers answer with `answer`: their method and params in, a
    /// result or an error out.
    fn run(&mut self, line: &str, answer: &dyn Fn(usize, &str, &str) -> String) -> Vec<String> {
        let mut waiting = self.from_client(line.as_bytes());
        let mut out = Vec::new();
        while !waiting.is_empty() {
            let Output::ToServer { server, line, .. } = waiting.remove(0) else {
                panic!("only servers' lines are put in")
            };
            let index = message::index(&line).unwrap();
            let root = index.root();
            let method = message::text_at(root, &["method"]).unwrap();
            let params = root.get("params").map(message::raw).unwrap_or_default();
            let Some(id) = root.get("id").map(message::raw) else { continue };
            let said = answer(server, &method, &params);
            let response = format!(r#"{{"jsonrpc":"2.0","id":{id},{said}}}"#);
            for output in self.from_server(server, response.as_bytes()) {
                match output {
                    to_server @ Output::ToServer { .. } => waiting.push(to_server),
                    other => out.extend(shown(vec![other])),
                }
            }
        }
        out
    }
}

fn passes_to_server(session: &mut Session, line: &str) {
    assert_eq!(session.client(line), [format!("0< {line}")]);
}

fn passes_to_client(session: &mut Session, line: &str) {
    assert_eq!(session.server(0, line), [format!("> {line}")]);
}

#[test]
fn what_is_not_about_tools_passes_byte_for_byte() {
    let mut session = session(&["a"], options());
    for line in [
        r#" {"jsonrpc": "2.0" , "id": 1.0, "method": "initialize", "params": {"x": 1e400}} "#,
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","id":"\u0061","method":"resources/read","params":{"uri":"a:\/b"}}"#,
        r#"{"jsonrpc":"2.0","id":"x","method":"future/method"}"#,
        r#"{"jsonrpc":"2.0","id":"s-1","result":{"role":"assistant"}}"#,
        r#"[{"jsonrpc":"2.0","id":7,"method":"ping"}, {"jsonrpc":"2.0","method":"a"}]"#,
        "[]",
        "not JSON",
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700}}"#,
        "17",
    ] {
        passes_to_server(&mut session, line);
    }
    for line in [
        r#"{"result": {"capabilities": {"tools": {}}}, "jsonrpc": "2.0", "id": 1.0}"#,
        r#"{"jsonrpc":"2.0","id":"a","error":{"code":-32002,"message":"no"}}"#,
        r#"{"jsonrpc":"2.0","id":"x","result":{"content":[{"type":"text","text":"not a tool's"}]}}"#,
        r#"{"jsonrpc":"2.0","id":0,"method":"sampling/createMessage","params":{"messages":[]}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":0.5}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}"#,
        r#"[ {"jsonrpc":"2.0","id":7,"result":{}}]"#,
        "Server running on stdio",
    ] {
        passes_to_client(&mut session, line);
    }
    assert!(session.is_idle());
}

#[test]
fn results_of_tools_may_get_smaller_and_are_of_the_kind_that_the_call_says() {
    let mut session = session(&["a"], options());
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file","arguments":{"path":"src/a.rs"}}}"#;
    passes_to_server(&mut session, call);
    let result = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#;
    assert_eq!(session.server(0, result), [format!(">~src/a.rs {result}")]);
    // Once is enough: this one nobody has asked for.
    passes_to_client(&mut session, result);
    passes_to_server(&mut session, &call.replace("\"id\":1", "\"id\":2"));
    passes_to_client(&mut session, r#"{"jsonrpc":"2.0","id":2,"error":{"code":1,"message":"x"}}"#);
}

#[test]
fn results_of_excluded_calls_stay() {
    let exclude =
        Exclude::new(|call| call.name == "read_file" && call.arguments().contains("a.rs"));
    let mut session = session(&["a"], Options { exclude, ..options() });
    let call = |path: &str| {
        format!(
            r#"{{"id":1,"method":"tools/call","params":{{"name":"read_file","arguments":{{"path":"{path}"}}}}}}"#
        )
    };
    passes_to_server(&mut session, &call("a.rs"));
    passes_to_client(&mut session, r#"{"id":1,"result":{"content":[]}}"#);
    passes_to_server(&mut session, &call("b.rs"));
    assert!(session.server(0, r#"{"id":1,"result":{"content":[]}}"#)[0].starts_with(">~b.rs"));
}

#[test]
fn the_late_response_to_a_cancelled_call_passes() {
    let mut session = session(&["a"], options());
    passes_to_server(&mut session, r#"{"id":1,"method":"tools/call","params":{"name":"t"}}"#);
    let cancelled = r#"{"method":"notifications/cancelled","params":{"requestId":1,"reason":"x"}}"#;
    passes_to_server(&mut session, cancelled);
    passes_to_client(&mut session, r#"{"id":1,"result":{"content":[]}}"#);
}

#[test]
fn the_last_page_of_tools_gets_the_tool_that_retrieves() {
    let mut session = session(&["a"], options());
    passes_to_server(&mut session, r#"{"id":1,"method":"tools/list"}"#);
    passes_to_client(
        &mut session,
        r#"{"id":1,"result":{"tools":[{"name":"x"}],"nextCursor":"2"}}"#,
    );
    passes_to_server(&mut session, r#"{"id":2,"method":"tools/list","params":{"cursor":"2"}}"#);
    assert_eq!(
        session.server(0, r#"{"id":2, "result":{ "tools":[ {"name":"y" } ] } }"#),
        [format!(r#"> {{"id":2, "result":{{ "tools":[ {{"name":"y" }} ,{RETRIEVE}] }} }}"#)]
    );
    assert_eq!(
        session.client(r#"{"id":"r","method":"tools/call","params":{"name":"headroom_retrieve","arguments":{"hash":"h"}}}"#),
        [r#"retrieve "r" {"hash":"h"}"#]
    );
    // A server that has such a tool keeps it.
    passes_to_server(&mut session, r#"{"id":3,"method":"tools/list"}"#);
    passes_to_client(&mut session, r#"{"id":3,"result":{"tools":[{"name":"headroom_retrieve"}]}}"#);
    passes_to_server(
        &mut session,
        r#"{"id":4,"method":"tools/call","params":{"name":"headroom_retrieve"}}"#,
    );
    passes_to_server(&mut session, r#"{"id":5,"method":"tools/list"}"#);
    passes_to_client(&mut session, r#"{"id":5,"error":{"code":-32601,"message":"no tools"}}"#);
}

#[test]
fn slim_definitions_are_cut_where_they_stand() {
    let mut session = session(&["a"], Options { slim: true, ..Options::default() });
    passes_to_server(&mut session, r#"{"id":1,"method":"tools/list"}"#);
    assert_eq!(
        session.server(0, r#"{"id":1,"result":{"tools":[{"name":"x","inputSchema":{"$schema":"s"}} , {"name":"y"}],"_meta":{ }}}"#),
        [r#"> {"id":1,"result":{"tools":[{"name":"x","inputSchema":{}} , {"name":"y"}],"_meta":{ }}}"#]
    );
}

/// A server of two pages of tools.
fn pages(_: usize, method: &str, params: &str) -> String {
    match (method, params.contains("cursor")) {
        ("tools/list", false) => {
            r#""result":{"tools":[{"name":"read_file","description":"Read a file"}],"nextCursor":"\u0032"}"#.to_owned()
        }
        ("tools/list", true) => {
            assert_eq!(params, r#"{"cursor":"2"}"#);
            r#""result":{"tools":[{"name":"write_file","description":"Write a file"}]}"#.to_owned()
        }
        _ => format!(r#""result":{{"content":[],"of":{params}}}"#),
    }
}

#[test]
fn lazily_the_client_sees_a_search_and_a_call() {
    let mut session = session(&["a"], lazy());
    let initialized = r#"{"method":"notifications/initialized"}"#;
    let read = r#"{"jsonrpc":"2.0","id":"headroom-2","method":"tools/list","params":{}}"#;
    assert_eq!(session.client(initialized), [format!("0< {initialized}"), format!("0< {read}")]);
    // Whoever asks before it is known waits.
    assert!(session.client(r#"{"id":1,"method":"tools/list"}"#).is_empty());
    assert!(!session.is_idle());
    let next =
        session.server(0, &format!(r#"{{"id":"headroom-2",{}}}"#, pages(0, "tools/list", "")));
    assert_eq!(
        next,
        [r#"0< {"jsonrpc":"2.0","id":"headroom-3","method":"tools/list","params":{"cursor":"2"}}"#]
    );
    let last = pages(0, "tools/list", r#"{"cursor":"2"}"#);
    let [list] = &session.server(0, &format!(r#"{{"id":"headroom-3",{last}}}"#))[..] else {
        panic!()
    };
    assert!(
        list.starts_with(r#"> {"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"search_tools""#),
        "{list}"
    );
    assert!(
        list.contains("There are 2: read_file, write_file")
            && list.contains(r#"{"name":"call_tool""#)
    );
    assert!(list.ends_with(&format!(",{RETRIEVE}]}}}}")));

    let found = session.client(r#"{"id":2,"method":"tools/call","params":{"name":"search_tools","arguments":{"query":"write"}}}"#);
    assert_eq!(
        found,
        [
            r#"> {"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"{\"name\":\"write_file\",\"description\":\"Write a file\"}"}]}}"#
        ]
    );

    let call = r#"{"id":3,"method":"tools/call","params":{"_meta":{"progressToken":9},"name":"call_tool","arguments":{"name":"read_file","arguments":{"path": "a.md"}}}}"#;
    assert_eq!(
        session.client(call),
        [
            r#"0< {"id":3,"method":"tools/call","params":{"_meta":{"progressToken":9},"name":"read_file","arguments":{"path": "a.md"}}}"#
        ]
    );
    let result = r#"{"id":3,"result":{"content":[]}}"#;
    assert_eq!(session.server(0, result), [format!(">~a.md {result}")]);

    let wrong = session.client(r#"{"id":4,"method":"tools/call","params":{"name":"call_tool","arguments":{"name":"file_read"}}}"#);
    assert!(
        wrong[0].contains("there is no tool `file_read`; the nearest are read_file"),
        "{wrong:?}"
    );
    assert!(wrong[0].contains(r#""isError":true"#));
    passes_to_server(
        &mut session,
        r#"{"id":5,"method":"tools/call","params":{"name":"write_file"}}"#,
    );
}

#[test]
fn a_changed_list_is_read_again() {
    let mut session = session(&["a"], lazy());
    session.run(r#"{"id":1,"method":"tools/list"}"#, &pages);
    let changed = r#"{"method":"notifications/tools/list_changed"}"#;
    let out = session.server(0, changed);
    assert_eq!(out[0], format!("> {changed}"));
    assert!(out[1].contains("tools/list"));
    // It changes once more while it is read.
    let id = message::index(&out[1].as_bytes()[3..])
        .unwrap()
        .root()
        .get("id")
        .map(message::raw)
        .unwrap();
    session.server(0, changed);
    let again = session.server(0, &format!(r#"{{"id":{id},"result":{{"tools":[]}}}}"#));
    assert!(again[0].contains("tools/list"), "{again:?}");
}

/// Two servers, of which the first has prompts, resources and logging.
fn two(server: usize, method: &str, params: &str) -> String {
    let name = ["git", "hub"][server];
    match (method, server) {
        ("initialize", 0) => r#""result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":false},"prompts":{},"resources":{"subscribe":true},"logging":{}},"serverInfo":{"name":"g","version":"1"},"instructions":"Use it."}"#.to_owned(),
        ("initialize", _) => r#""result":{"protocolVersion":"2025-03-26","capabilities":{"tools":{"listChanged":true},"resources":{}},"serverInfo":{"name":"h","version":"2"}}"#.to_owned(),
        ("tools/list", _) => format!(r#""result":{{"tools":[{{"name":"show","title":"{name}"}}]}}"#),
        ("prompts/list", _) => r#""result":{"prompts":[{"name":"review"}]}"#.to_owned(),
        ("resources/list", _) => format!(r#""result":{{"resources":[{{"uri":"{name}:/1"}}]}}"#),
        ("resources/read", 0) if params.contains("other") => r#""error":{"code":-32002,"message":"unknown"}"#.to_owned(),
        ("future/method", 0) => r#""error":{"code":-32601,"message":"unknown"}"#.to_owned(),
        _ => format!(r#""result":{{"by":"{name}","of":{params}}}"#),
    }
}

fn initialized() -> Session {
    let mut session = session(&["git", "hub"], options());
    let out = session.run(r#"{"id":0,"method":"initialize","params":{}}"#, &two);
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        r#"> {{"jsonrpc":"2.0","id":0,"result":{{"protocolVersion":"2025-03-26","capabilities":{{"tools":{{"listChanged":true}},"prompts":{{}},"resources":{{"subscribe":true}},"logging":{{}}}},"serverInfo":{{"name":"headroom-mcp-wrap","version":"{version}"}},"instructions":"git: Use it."}}}}"#
    );
    assert_eq!(out, [expected]);
    session
}

fn result(out: Vec<String>) -> String {
    let [line] = &out[..] else { panic!("{out:?}") };
    let start = line.find(r#""result":"#).unwrap_or_else(|| panic!("{line}"));
    line[start + 9..line.len() - 1].to_owned()
}

#[test]
fn several_servers_are_one() {
    let mut session = initialized();
    let ask = |session: &mut Session, method: &str, params: &str| {
        let line = format!(r#"{{"id":1,"method":"{method}","params":{params}}}"#);
        result(session.run(&line, &two))
    };
    assert_eq!(
        ask(&mut session, "tools/list", "{}"),
        format!(
            r#"{{"tools":[{{"name":"git__show","title":"git"}},{{"name":"hub__show","title":"hub"}},{RETRIEVE}]}}"#
        )
    );
    assert_eq!(
        ask(&mut session, "tools/call", r#"{"name":"hub__show","arguments":{"a": 1}}"#),
        r#"{"by":"hub","of":{"name":"show","arguments":{"a": 1}}}"#
    );
    assert_eq!(ask(&mut session, "prompts/list", "{}"), r#"{"prompts":[{"name":"git__review"}]}"#);
    assert_eq!(
        ask(&mut session, "prompts/get", r#"{"name":"git__review"}"#),
        r#"{"by":"git","of":{"name":"review"}}"#
    );
    assert_eq!(
        ask(&mut session, "resources/list", "{}"),
        r#"{"resources":[{"uri":"git:/1"},{"uri":"hub:/1"}]}"#
    );
    let read = |uri: &str| format!(r#"{{"uri":"{uri}"}}"#);
    assert!(ask(&mut session, "resources/read", &read("hub:/1")).contains(r#""by":"hub""#));
    assert!(ask(&mut session, "resources/read", &read("git:/1")).contains(r#""by":"git""#));
    assert!(ask(&mut session, "resources/read", &read("other:/1")).contains(r#""by":"hub""#));
    assert!(ask(&mut session, "future/method", "{}").contains(r#""by":"hub""#));
    assert!(ask(&mut session, "logging/setLevel", r#"{"level":"info"}"#).contains(r#""by":"git""#));
    assert!(ask(&mut session, "ping", "{}").contains(r#""by":"git""#));
    let completion = r#"{"ref":{"type":"ref/prompt","name":"git__review"},"argument":{}}"#;
    assert!(ask(&mut session, "completion/complete", completion).contains(r#""name":"review""#));
    assert!(session.is_idle());
    let unknown = session.client(r#"{"id":2,"method":"tools/call","params":{"name":"nowhere"}}"#);
    assert!(
        unknown[0].contains("-32602") && unknown[0].contains("there is no tool `nowhere`"),
        "{unknown:?}"
    );
}

#[test]
fn a_tool_can_be_called_before_it_is_listed() {
    let mut session = initialized();
    let call = r#"{"id":1,"method":"tools/call","params":{"name":"hub__show"}}"#;
    assert!(result(session.run(call, &two)).contains(r#""by":"hub""#));
}

#[test]
fn what_servers_ask_is_routed_back_under_their_own_ids() {
    let mut session = initialized();
    let ask = |server: usize| {
        format!(
            r#"{{"id":1,"method":"roots/list","params":{{"_meta":{{"progressToken":{server}}}}}}}"#
        )
    };
    let seen: Vec<String> = (0..2)
        .map(|server| {
            let out = session.server(server, &ask(server));
            let index = message::index(&out[0].as_bytes()[2..]).unwrap();
            index.root().get("id").map(message::raw).unwrap()
        })
        .collect();
    assert_ne!(seen[0], seen[1]);
    assert_eq!(
        session.client(
            r#"{"method":"notifications/progress","params":{"progressToken":"hub-1","progress":1}}"#
        ),
        [r#"1< {"method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#]
    );
    let answer = |id: &str| format!(r#"{{"id":{id},"result":{{"roots":[]}}}}"#);
    assert_eq!(session.client(&answer(&seen[1])), [format!("1< {}", answer("1"))]);
    assert_eq!(
        session.server(0, r#"{"method":"notifications/cancelled","params":{"requestId":1}}"#),
        [format!(
            r#"> {{"method":"notifications/cancelled","params":{{"requestId":{}}}}}"#,
            seen[0]
        )]
    );
    assert!(session.client(&answer(&seen[0])).is_empty(), "nobody waits for it any more");
    let changed = r#"{"method":"notifications/roots/list_changed"}"#;
    assert_eq!(session.client(changed), [format!("0< {changed}"), format!("1< {changed}")]);
    assert_eq!(
        session.server(1, r#"{"method":"notifications/message","params":{"logger":"x","data":1}}"#),
        [r#"> {"method":"notifications/message","params":{"logger":"hub/x","data":1}}"#]
    );
}

#[test]
fn a_cancelled_list_is_cancelled_everywhere() {
    let mut session = initialized();
    let asked = session.client(r#"{"id":1,"method":"resources/list"}"#);
    assert_eq!(asked.len(), 2);
    let out = session.client(r#"{"method":"notifications/cancelled","params":{"requestId":1}}"#);
    assert!(
        out[0].starts_with("0<") && out[1].starts_with("1<") && out[1].contains("headroom-"),
        "{out:?}"
    );
    assert!(session.is_idle());
}

#[test]
fn a_server_that_ends_answers_what_it_was_asked() {
    let mut session = session(&["a"], options());
    passes_to_server(&mut session, r#"{"id":1,"method":"tools/call","params":{"name":"t"}}"#);
    assert_eq!(
        shown(session.server_ended(0, "has ended (exit status: 1)")),
        [
            "note the server `a` has ended (exit status: 1)",
            r#"> {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"the server `a` has ended (exit status: 1)"}}"#
        ]
    );
    let out = session.client(r#"{"id":2,"method":"ping"}"#);
    assert!(out[0].contains("-32000"), "{out:?}");
}

#[test]
fn one_of_several_that_ends_leaves_the_others() {
    let mut session = initialized();
    session.client(r#"{"id":1,"method":"resources/list"}"#);
    let out = shown(session.server_ended(0, "has ended"));
    assert_eq!(out, ["note the server `git` has ended"]);
    let out = session.run(r#"{"id":2,"method":"tools/list"}"#, &two);
    assert!(out[0].contains("hub__show") && !out[0].contains("git__show"), "{out:?}");
    let mut session = super::tests::session(&["git", "hub"], options());
    let out =
        session.run(r#"{"id":0,"method":"initialize"}"#, &|server, method, params| match server {
            0 => r#""error":{"code":1,"message":"no key"}"#.to_owned(),
            _ => two(server, method, params),
        });
    assert!(
        out[0].starts_with("note the server `git` isn't initialized")
            && out[1].contains("2025-03-26")
    );
}

#[test]
fn hostile_lines_are_taken() {
    for names in [&["a"][..], &["a", "b"]] {
        for options in [options(), lazy(), Options { slim: true, ..options() }] {
            let mut session = session(names, options);
            for method in [
                "initialize",
                "tools/list",
                "tools/call",
                "prompts/get",
                "resources/read",
                "notifications/cancelled",
                "notifications/progress",
                "completion/complete",
                "ping",
            ] {
                for params in [
                    "",
                    r#","params":[]"#,
                    r#","params":{"name":1,"uri":[],"requestId":{},"arguments":3}"#,
                    r#","params":{"name":"call_tool","arguments":"x"}"#,
                ] {
                    for id in ["", r#","id":1"#, r#","id":[]"#] {
                        let line = format!(r#"{{"method":"{method}"{params}{id}}}"#);
                        session.from_client(line.as_bytes());
                        session.from_server(names.len() - 1, line.as_bytes());
                    }
                }
            }
            session.from_server(0, br#"{"id":1,"result":{"tools":{"a":1}}}"#);
            session.from_server(0, br#"{"id":"headroom-2","result":[]}"#);
            session.server_ended(0, "has ended");
        }
    }
}

/// JSON as a program may write it.
fn any_params() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?",
        "[a-z \\\\]{0,9}".prop_map(|text| message::json_string(&text)),
        Just(r#""\ud83e\udd80\/\u00E9\ud800""#.to_owned()),
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|v| format!("[ {} ]", v.join(" , "))),
            prop::collection::vec(("[a-d]", inner), 0..4).prop_map(|v| {
                let members = v.iter().map(|(key, value)| format!("\"{key}\" : {value}"));
                format!("{{ {} }}", members.collect::<Vec<_>>().join(" , "))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_not_changed_passes_byte_for_byte(
        params in any_params(),
        id in prop_oneof!["[0-9]{1,20}", "\"[a-z]{0,5}\""],
        method in "[a-z]{1,8}/[a-z]{1,8}",
    ) {
        let mut session = session(&["a"], options());
        for line in [
            format!(r#"{{"id" : {id},"method":"{method}","params" :{params}}}"#),
            format!(r#"{{"method": "notifications/{method}","params":{params} }}"#),
            format!(r#"{{ "result":{params},"id":{id}}}"#),
        ] {
            prop_assert_eq!(session.client(&line), vec![format!("0< {}", line)]);
            prop_assert_eq!(session.server(0, &line), vec![format!("> {}", line)]);
        }
    }
}
