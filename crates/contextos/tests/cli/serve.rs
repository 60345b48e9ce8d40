//! `contextos serve`: the MCP server.

use std::fs;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::support::Sandbox;
use crate::support::mcp::{Server, Session, command, initialize, text};

const TASK: &str = "fix the refresh of tokens";

#[test]
fn the_server_says_who_it_is_and_what_it_offers() {
    let sandbox = Sandbox::new();
    let mut session = Session::new(&sandbox, &[]);
    let info = session.request("initialize", initialize());
    assert_eq!(info["result"]["serverInfo"]["name"], "contextos");
    assert_eq!(info["result"]["serverInfo"]["version"], env!("CARGO_PKG_VERSION"));
    let tools = session.request("tools/list", json!({}));
    let core = &tools["result"]["tools"];
    insta::assert_snapshot!(serde_json::to_string_pretty(core).unwrap());
    let weight = definition_tokens(core);
    assert!(weight <= 450, "{weight} tokens in every request of an agent");
    let others = ["resources/list", "prompts/list"]
        .map(|method| session.request(method, json!({}))["result"].clone());
    insta::assert_snapshot!(
        "resources_and_prompts",
        serde_json::to_string_pretty(&others).unwrap()
    );
    assert_eq!(session.end(), Some(0));
}

/// The tokens of the definitions of `tools`, as an agent puts them into each request.
fn definition_tokens(tools: &Value) -> usize {
    let sent = |tool: &Value| {
        json!({"name": tool["name"], "description": tool["description"],
            "input_schema": tool["inputSchema"]})
    };
    let sent: Vec<Value> = tools.as_array().into_iter().flatten().map(sent).collect();
    tokens::count(tokens::Encoding::default(), &Value::from(sent).to_string())
}

#[test]
fn tools_that_are_not_listed_answer_too() {
    let sandbox = Sandbox::new();
    let names = |arguments: &[&str]| {
        let mut session = Session::new(&sandbox, arguments);
        let tools = session.request("tools/list", json!({}))["result"]["tools"].clone();
        let scanned = session.call("scan_repo", json!({}));
        assert_eq!(scanned["structuredContent"]["files"], 5);
        let name = |tool: &Value| tool["name"].as_str().unwrap().to_owned();
        tools.as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    let (core, all) = (names(&[]), names(&["--tools", "all"]));
    let rare = ["churn_report", "get_summary", "scan_repo"];
    assert_eq!((core.len(), all.len()), (5, 8));
    assert!(rare.iter().all(|name| all.iter().any(|one| one == name)), "{all:?}");
    assert!(core.iter().all(|name| all.contains(name)), "{core:?}");
}

#[test]
fn packs_are_those_of_the_command_line() {
    let sandbox = Sandbox::new();
    sandbox.contextos(&["pack", "--budget", "2000", "--task", TASK]).assert().success();
    let mut session = Session::new(&sandbox, &[]);
    let pack = session.text("pack_context", json!({"task": TASK}));
    assert_eq!(pack, sandbox.read("context_pack.md"));
    let json = session.text("pack_context", json!({"task": TASK, "format": "json"}));
    let json: Value = serde_json::from_str(&json).expect("it is JSON and nothing else");
    assert_eq!(json["files"][0]["path"], "src/auth/token.py");
    let xml = session.text("pack_context", json!({"task": TASK, "format": "xml", "budget": 300}));
    assert!(xml.starts_with("<context_pack "), "{xml}");
    let claude = session.text("pack_context", json!({"task": TASK, "format": "claude"}));
    assert_eq!(claude, pack, "no file is written that could be named");
}

#[test]
fn every_other_tool_answers() {
    let sandbox = Sandbox::new();
    sandbox.repo.write("src/report.py", "def monthly(rows):\n    return sum(rows)\n");
    sandbox.repo.commit("Simplify the report");
    let mut session = Session::new(&sandbox, &[]);
    let scanned = session.call("scan_repo", json!({}));
    assert_eq!(scanned["structuredContent"]["files"], 5);
    assert_eq!(scanned["structuredContent"]["languages"][0], json!({"name": "python", "count": 4}));

    let listed = session.call("list_files", json!({"task": TASK, "top_n": 2}));
    let files = listed["structuredContent"]["files"].as_array().unwrap();
    assert_eq!(files[0]["path"], "src/auth/token.py");
    assert!(files.len() <= 2);

    let file = session.text("get_file", json!({"rel_path": "src/auth/token.py"}));
    let on_disk = fs::read_to_string(sandbox.repo.path().join("src/auth/token.py")).unwrap();
    assert_eq!(file, on_disk);
    let lines = json!({"rel_path": "src/auth/token.py", "first_line": 3, "last_line": 5});
    assert_eq!(
        session.text("get_file", lines),
        on_disk.lines().skip(2).take(3).fold(String::new(), |all, line| all + line + "\n")
    );

    let summary = session.call("get_summary", json!({"rel_path": "src/auth/token.py"}));
    let purpose = &summary["structuredContent"]["purpose"];
    assert_eq!(purpose, "Tokens that prove who a user is.");

    let churn = session.call("churn_report", json!({"days": 36500}));
    assert_eq!(churn["structuredContent"]["files"][0]["path"], "src/report.py");

    let found = session.call("find_symbol", json!({"name": "refresh"}));
    let definition = &found["structuredContent"]["definitions"][0];
    assert_eq!(definition["path"], "src/auth/token.py");
    assert!(definition["signature"].as_str().unwrap().contains("def refresh(self"), "{definition}");

    let explained =
        session.call("explain_selection", json!({"task": TASK, "path": "src/auth/token.py"}));
    assert_eq!(explained["structuredContent"]["in_pack"], true);
}

/// What models write for an argument that they leave out, for a number, a path or a name.
#[test]
fn arguments_are_read_as_models_write_them() {
    let sandbox = Sandbox::new();
    let mut session = Session::new(&sandbox, &["--tools", "all"]);
    let without = session.text("pack_context", json!({"task": TASK}));
    let nulls = json!({"task": TASK, "budget": null, "repo": null, "format": null});
    assert_eq!(session.text("pack_context", nulls), without);
    let path = "src/auth/token.py";
    let whole = session.text("get_file", json!({"rel_path": path}));
    let nulls = json!({"rel_path": path, "first_line": null, "last_line": null, "repo": null});
    assert_eq!(session.text("get_file", nulls), whole);
    let second = whole.split_inclusive('\n').nth(1).unwrap();
    let lines = json!({"rel_path": path, "first_line": "2", "last_line": "2"});
    assert_eq!(session.text("get_file", lines), second);
    let first_and_third = whole.split_inclusive('\n').take(3).collect::<Vec<_>>();
    for (ranges, expected) in [
        ("2", second.to_owned()),
        ("1-3", first_and_third.concat()),
        ("1,3-3", format!("{}… 3\n{}", first_and_third[0], first_and_third[2])),
    ] {
        let lines = json!({"rel_path": format!("{path}:{ranges}")});
        assert_eq!(session.text("get_file", lines), expected, "{ranges}");
        let explained = json!({"task": TASK, "path": format!("{path}:{ranges}")});
        session.call("explain_selection", explained);
    }
    for wrong in ["0-x", "9000", "3-1"] {
        session.refusal("get_file", json!({"rel_path": format!("{path}:{wrong}")}));
    }
    let twice = json!({"rel_path": format!("{path}:2"), "last_line": 3});
    assert!(session.refusal("get_file", twice).contains("lines in `rel_path` and in"));
    session.call("list_files", json!({"task": TASK, "top_n": "2"}));
    session.call("churn_report", json!({"days": "36500", "top_n": "2"}));
    session.refusal("churn_report", json!({"days": u64::MAX}));
    session.refusal("get_file", json!({"rel_path": path, "first_line": "two"}));

    let absolute = sandbox.repo.path().canonicalize().unwrap().join(path);
    assert_eq!(session.text("get_file", json!({"rel_path": absolute})), whole);
    session.call("get_summary", json!({"rel_path": absolute}));
    session.refusal("get_file", json!({"rel_path": "/etc/passwd"}));

    let count = whole.lines().count();
    let beyond = session.refusal("get_file", json!({"rel_path": path, "first_line": count + 1}));
    assert!(beyond.contains(&format!("has {count} lines")), "{beyond}");
    let turned = json!({"rel_path": path, "first_line": 3, "last_line": 2});
    assert!(session.refusal("get_file", turned).contains("`first_line` 3 is after"));
    let last = json!({"rel_path": path, "first_line": count, "last_line": count + 5});
    assert_eq!(session.text("get_file", last), whole.split_inclusive('\n').next_back().unwrap());

    sandbox.repo.write(
        "src/pool.rb",
        "module Puma\n  class ThreadPool\n    def trim\n    end\n  end\nend\n",
    );
    for name in [
        "ThreadPool#trim",
        "Puma::ThreadPool#trim",
        "pool.trim",
        "trim",
        "trim()",
        "ThreadPool.trim()",
        "ThreadPool#trim(force)",
    ] {
        let found = session.call("find_symbol", json!({"name": name}));
        assert_eq!(found["structuredContent"]["definitions"][0]["path"], "src/pool.rb", "{name}");
    }
    for name in ["Trim", "threadpool#trim", "ThreadPool.TRIM"] {
        let refused = session.refusal("find_symbol", json!({"name": name}));
        assert!(refused.contains("other case there is: trim (src/pool.rb:3)"), "{refused}");
    }
    let refused = session.refusal("find_symbol", json!({"name": "Basket#trim"}));
    assert!(!refused.contains("other case"), "{refused}");
}

/// Mistakes come back as results that help a model, and the session goes on.
#[test]
fn mistakes_are_explained() {
    let sandbox = Sandbox::new();
    let mut session = Session::new(&sandbox, &[]);
    let mut shown = String::new();
    for (tool, arguments) in [
        ("pack_context", json!({})),
        ("pack_context", json!({"task": " "})),
        ("pack_context", json!({"task": TASK, "budget": 3})),
        ("pack_context", json!({"task": TASK, "budget": "many"})),
        ("pack_context", json!({"task": TASK, "format": "yaml"})),
        ("get_file", json!({"rel_path": "src/nowhere.py"})),
        ("find_symbol", json!({"name": "nowhere"})),
        ("find_symbol", json!({"name": ""})),
        ("explain_selection", json!({"task": TASK, "path": "nowhere"})),
        ("scan_repo", json!({"repo": "nowhere"})),
    ] {
        shown.push_str(&format!("{tool} {arguments}\n"));
        shown.push_str(&format!("  {}\n", session.refusal(tool, arguments)));
    }
    insta::assert_snapshot!(shown);
    let unknown = session.request("tools/call", json!({"name": "nothing", "arguments": {}}));
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    session.text("pack_context", json!({"task": TASK}));
}

#[test]
fn credentials_never_leave() {
    let sandbox = Sandbox::new();
    let key = format!("AKIA{}", "IOSFODNN7EXAMPL2");
    sandbox
        .repo
        .write("src/keys.py", format!("# refresh tokens\nKEY = \"{key}\"\n"))
        .write(".env", format!("KEY={key}\n"))
        .write(".contextos/MEMORY.md", format!("the key is {key}\n"));
    sandbox.configure("[pack]\nallow_sensitive = true\n");
    let mut session = Session::new(&sandbox, &[]);
    let file = session.text("get_file", json!({"rel_path": "src/keys.py"}));
    assert!(file.contains("[REDACTED:"), "{file}");
    session.refusal("get_file", json!({"rel_path": ".env"}));
    session.text("pack_context", json!({"task": format!("refresh the tokens of {key}")}));
    session.call("find_symbol", json!({"name": "KEY"}));
    let memory = session.request("resources/read", json!({"uri": "contextos://memory"}));
    assert!(memory["result"]["contents"][0]["text"].as_str().unwrap().contains("REDACTED"));
    for message in std::mem::take(&mut session.notifications) {
        assert!(!message.to_string().contains(&key));
    }
    let task = format!("refresh the tokens of {key}");
    for (tool, arguments) in [
        ("pack_context", json!({"task": task})),
        ("list_files", json!({"task": task})),
        ("explain_selection", json!({"task": task, "path": "src/keys.py"})),
        ("find_symbol", json!({"name": "KEY"})),
        ("get_summary", json!({"rel_path": "src/keys.py"})),
    ] {
        let answer = session.call(tool, arguments).to_string();
        assert!(!answer.contains(&key), "{tool}: {answer}");
    }
}

#[test]
fn notes_are_resources_and_the_prompt_uses_the_task() {
    let sandbox = Sandbox::new();
    let mut session = Session::new(&sandbox, &[]);
    let prompt = json!({"name": "context_for_task", "arguments": {"budget": "400"}});
    let answer = session.request("prompts/get", prompt.clone());
    assert!(answer["error"]["message"].as_str().unwrap().contains("no task is set"), "{answer}");

    sandbox.contextos(&["task", TASK]).assert().success();
    sandbox.contextos(&["memory", "add", "tokens live for an hour"]).assert().success();
    let answer = session.request("prompts/get", prompt);
    let messages = answer["result"]["messages"].as_array().unwrap();
    let pack = messages[0]["content"]["text"].as_str().unwrap();
    assert!(pack.starts_with(&format!("# Context for: {TASK}\n")), "{pack}");
    assert_eq!(messages[1]["content"]["text"], TASK);
    for (uri, part) in [
        ("contextos://task", TASK),
        ("contextos://memory", "tokens live for an hour"),
        ("contextos://decisions", ""),
    ] {
        let answer = session.request("resources/read", json!({"uri": uri}));
        let text = answer["result"]["contents"][0]["text"].as_str().unwrap();
        assert!(text.contains(part), "{uri}: {text}");
    }
    let answer = session.request("resources/read", json!({"uri": "contextos://../task"}));
    assert_eq!(answer["error"]["code"], -32002, "{answer}");
}

/// Whatever a model writes as a path, nothing outside of the served folder comes back, and the answer
/// doesn't tell whether it exists.
#[test]
fn no_path_leads_out() {
    let sandbox = Sandbox::new();
    let outside = sandbox.home.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret.txt"), "private\n").unwrap();
    let outside = outside.to_str().unwrap().to_owned();
    let folder = sandbox.repo.path().file_name().unwrap().to_str().unwrap().to_owned();
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(&outside, sandbox.repo.path().join("link")).unwrap();
        symlink(format!("{outside}/secret.txt"), sandbox.repo.path().join("link.txt")).unwrap();
        symlink("/", sandbox.repo.path().join("slash")).unwrap();
    }
    let mut paths: Vec<String> = [
        "/etc/passwd",
        "//etc/passwd",
        "/./etc/passwd",
        "/etc/../etc/passwd",
        "../etc/passwd",
        "../../../../../../../../etc/passwd",
        "./../../../../etc/passwd",
        "src/../../etc/passwd",
        "src/../../../../../../etc/passwd",
        "..",
        "../",
        "../..",
        "/",
        "//",
        "/tmp",
        "~",
        "~/",
        "~/.ssh/id_rsa",
        "$HOME/outside/secret.txt",
        "${HOME}",
        "%2e%2e/%2e%2e/etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2fetc%2fpasswd",
        "..%252f..%252fetc%252fpasswd",
        "..%c0%af..%c0%afetc/passwd",
        "..\\..\\..\\etc\\passwd",
        "\\etc\\passwd",
        "C:\\Windows\\win.ini",
        "C:/Windows/win.ini",
        "\\\\server\\share\\file",
        "\\\\?\\C:\\Windows",
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "http://127.0.0.1/etc/passwd",
        "/proc/self/environ",
        "/proc/self/root/etc/passwd",
        "/proc/self/cwd/../../etc/passwd",
        "/dev/stdin",
        "/dev/fd/0",
        "src/auth/token.py/../../../../etc/passwd",
        "src/auth/token.py\0/etc/passwd",
        "\0",
        "/etc/passwd\0.py",
        "\u{2025}/etc/passwd",
        "．．/etc/passwd",
        "..\u{200b}/etc/passwd",
        "....//....//etc/passwd",
        "..;/etc/passwd",
        "link/secret.txt",
        "link",
        "link.txt",
        "slash/etc/passwd",
        "link/../outside/secret.txt",
        ".git/config",
        ".git",
        ".git/../../etc/passwd",
        " /etc/passwd",
        "/etc/passwd ",
        "-",
        "--help",
    ]
    .map(str::to_owned)
    .into();
    paths.extend([
        outside.clone(),
        format!("{outside}/secret.txt"),
        format!("../{folder}/../outside/secret.txt"),
        format!("/proc/self/root{outside}/secret.txt"),
        "a/".repeat(5000) + "../etc/passwd",
    ]);
    assert!(paths.len() > 60, "{}", paths.len());
    let mut session = Session::new(&sandbox, &[]);
    for path in &paths {
        for (tool, arguments) in [
            ("get_file", json!({"rel_path": path})),
            ("get_file", json!({"rel_path": "secret.txt", "repo": path})),
            ("get_file", json!({"rel_path": "passwd", "repo": path})),
            ("get_summary", json!({"rel_path": path})),
            ("explain_selection", json!({"task": TASK, "path": path})),
            ("scan_repo", json!({"repo": path})),
            ("list_files", json!({"task": TASK, "repo": path})),
            ("pack_context", json!({"task": TASK, "repo": path})),
            ("churn_report", json!({"repo": path})),
            ("find_symbol", json!({"name": "root", "repo": path})),
        ] {
            let result = session.call(tool, arguments);
            let said = text(&result);
            // What lies inside, and isn't read, is named as that and no more.
            let named = tool == "explain_selection"
                && matches!(path.as_str(), ".git" | ".git/config" | "link" | "link.txt" | "slash")
                && result["structuredContent"]["units"] == json!([]);
            assert!(result["isError"] == true || named, "{tool} {path:?}: {result}");
            assert!(
                !said.contains("private") && !said.contains("root:x:"),
                "{tool} {path:?}: {said}"
            );
        }
    }
    let refusals = ["/etc", "/nowhere/at/all"]
        .map(|repo| session.refusal("scan_repo", json!({"repo": repo})).replace(repo, "[REPO]"));
    assert_eq!(refusals[0], refusals[1], "what exists outside isn't told");
    session.text("scan_repo", json!({"repo": "src/auth"}));
}

#[test]
fn other_roots_on_wish() {
    let sandbox = Sandbox::new();
    let other = Sandbox::new();
    let mut session = Session::new(&sandbox, &["--allow-any-root"]);
    session.text("scan_repo", json!({"repo": other.repo.path()}));
}

/// What was read is kept, and a change on disk is seen all the same.
#[test]
fn changes_on_disk_are_seen() {
    let sandbox = Sandbox::new();
    let path = sandbox.repo.path().join("src/report.py");
    let write = |text: &str, seconds_ago: u64| {
        fs::write(&path, text).unwrap();
        let time = SystemTime::now() - Duration::from_secs(seconds_ago);
        fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    };
    let mut session = Session::new(&sandbox, &[]);
    for (text, seconds_ago) in [("a = 1\n", 0), ("a = 2\n", 0), ("a = 3\n", 90), ("a = 4\n", 90)] {
        write(text, seconds_ago);
        for _ in 0..2 {
            assert_eq!(session.text("get_file", json!({"rel_path": "src/report.py"})), text);
        }
    }
    let task = json!({"task": "the value of a in the report"});
    for text in ["a = 5\n", "a = 6\n"] {
        write(text, 0);
        for _ in 0..2 {
            let pack = session.text("pack_context", task.clone());
            assert!(pack.contains(text), "{pack}");
        }
    }
    fs::remove_file(&path).unwrap();
    session.refusal("get_file", json!({"rel_path": "src/report.py"}));
    assert!(!session.text("pack_context", task).contains("a = 6"));
    let before = session.call("scan_repo", json!({}))["structuredContent"]["commit"].clone();
    sandbox.repo.commit("Remove the report");
    let after = session.call("scan_repo", json!({}))["structuredContent"]["commit"].clone();
    assert_ne!(before, after);
}

#[test]
fn progress_is_told_to_who_asks() {
    let sandbox = Sandbox::new();
    let mut session = Session::new(&sandbox, &[]);
    let mut call = json!({"name": "pack_context", "arguments": {"task": TASK}});
    session.request("tools/call", call.clone());
    assert!(session.notifications.is_empty(), "{:?}", session.notifications);
    call["arguments"]["budget"] = json!(900);
    call["_meta"] = json!({"progressToken": "t1"});
    let id = session.begin("tools/call", call);
    session.answer(id);
    let progress: Vec<f64> = session
        .notifications
        .iter()
        .filter(|message| message["method"] == "notifications/progress")
        .inspect(|message| assert_eq!(message["params"]["progressToken"], "t1"))
        .map(|message| message["params"]["progress"].as_f64().unwrap())
        .collect();
    assert!(progress.len() > 2, "{progress:?}");
    assert!(progress.is_sorted_by(|a, b| a < b), "{progress:?}");
}

#[test]
fn calls_run_side_by_side_and_can_be_cancelled() {
    let sandbox = Sandbox::new();
    let mut session = Session::new(&sandbox, &[]);
    let calls: Vec<u64> = (0..10)
        .map(|n| {
            let arguments = json!({"task": format!("{TASK} {n}"), "budget": 400 + n});
            session.begin("tools/call", json!({"name": "pack_context", "arguments": arguments}))
        })
        .collect();
    let cancelled = calls[9];
    let reason = json!({"requestId": cancelled, "reason": "not needed any more"});
    session.notify("notifications/cancelled", reason);
    let mut waiting: Vec<u64> = calls[..9].to_vec();
    while !waiting.is_empty() {
        let message = session.read();
        if let Some(id) = message["id"].as_u64()
            && id != cancelled
        {
            assert_eq!(message["result"]["isError"], false, "{message}");
            waiting.retain(|other| *other != id);
        }
    }
    session.text("pack_context", json!({"task": TASK}));
    assert_eq!(session.end(), Some(0));
}

#[test]
fn a_very_long_argument_is_only_long() {
    let sandbox = Sandbox::new();
    let mut session = Session::new(&sandbox, &[]);
    let task = "refresh tokens ".repeat(70_000);
    let pack = session.text("pack_context", json!({"task": task, "budget": 2000}));
    assert!(pack.starts_with("# Context for: refresh tokens refresh tokens"), "{pack}");
    session.refusal("get_file", json!({"rel_path": "x".repeat(1 << 20)}));
}

/// A client that goes in the middle of a call leaves no process behind.
#[test]
fn a_client_that_goes_away_ends_the_server() {
    use std::io::Write;
    let sandbox = Sandbox::new();
    let mut child = command(&sandbox, &["serve", "--stdio"]).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    for message in [
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize()}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call",
               "params": {"name": "pack_context", "arguments": {"task": TASK}}}),
    ] {
        writeln!(input, "{message}").unwrap();
    }
    drop(child.stdout.take());
    drop(input);
    assert!(child.wait().unwrap().code().is_some(), "it ends by itself");
}

#[test]
fn who_speaks_no_mcp_is_told() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.contextos(&["serve", "--stdio"]);
    let shown = sandbox.shown({
        command.write_stdin("hello\n");
        command
    });
    assert!(shown.starts_with("exit: "), "{shown}");
    assert!(!shown.contains("panicked"), "{shown}");
    sandbox.contextos(&["serve", "nowhere", "--stdio"]).assert().code(1);
    sandbox.contextos(&["serve", "--stdio", "--port", "1"]).assert().code(2);
}

/// The whole way over HTTP, as a client goes it.
#[test]
fn over_http() {
    let sandbox = Sandbox::new();
    let server = Server::new(&sandbox, &[]);
    let first = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize()});
    let (status, head, body) = server.post("/mcp", &[], &first);
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("\"name\":\"contextos\""), "{body}");
    let id = head.lines().find_map(|line| line.strip_prefix("mcp-session-id: ")).unwrap();
    let session = format!("mcp-session-id: {id}");
    let headers = [session.as_str(), "mcp-protocol-version: 2025-06-18"];
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(server.post("/mcp", &headers, &initialized).0, 202);
    let call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call",
        "params": {"name": "pack_context", "arguments": {"task": TASK}}});
    let (status, _, body) = server.post("/mcp", &headers, &call);
    assert_eq!(status, 200, "{body}");
    assert!(body.contains(&format!("# Context for: {TASK}")), "{body}");

    assert_eq!(server.post("/sse", &[], &first).0, 404);
    assert_eq!(server.post("/mcp", &["mcp-session-id: unknown"], &call).0, 404);
}

/// A page in a browser can reach this machine; it isn't let in.
#[test]
fn foreign_hosts_and_origins_are_turned_away() {
    let sandbox = Sandbox::new();
    let server = Server::new(&sandbox, &["--allow-host", "box.example"]);
    let first = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize()});
    let status = |headers: &[&str]| server.post("/mcp", headers, &first).0;
    assert_eq!(status(&["host: evil.example"]), 403);
    assert_eq!(status(&["host: 127.0.0.1.evil.example"]), 403);
    assert_eq!(status(&["host: localhost"]), 200);
    assert_eq!(status(&["host: box.example"]), 200);
    assert_eq!(status(&["origin: http://evil.example"]), 403);
    assert_eq!(status(&["origin: null"]), 403);
    assert_eq!(status(&["origin: http://localhost:5173"]), 403);
    let own = format!("origin: http://{}", server.address);
    assert_eq!(status(&[&own]), 200);
}

#[test]
fn other_machines_are_let_in_only_with_a_word_about_it() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.run(&["serve", "--host", "0.0.0.0", "--port", "0"]), @r"
    exit: 2
    ----- stderr
    error: with --host 0.0.0.0, other machines can reach this server: add --token TOKEN, or --no-auth to allow everybody
    ");
    let server = Server::new(&sandbox, &[]);
    let port = server.address.rsplit_once(':').unwrap().1.to_owned();
    let shown = sandbox.run(&["serve", "--port", &port]);
    assert!(shown.contains("; choose another port with --port"), "{shown}");
}
