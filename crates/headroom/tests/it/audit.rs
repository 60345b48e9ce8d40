//! `headroom audit`, on transcripts as Claude Code and Codex write them.

use std::fs;

use serde_json::{Value, json};

use crate::client::{Home, log, records};

/// What a line of a Claude Code transcript has besides its message.
fn claude(id: &str, parent: Option<&str>, kind: &str, message: &Value) -> Value {
    json!({
        "parentUuid": parent, "isSidechain": false, "userType": "external", "cwd": "/home/me/app",
        "sessionId": "5f1c", "version": "2.1.0", "gitBranch": "main", "type": kind,
        "message": message, "uuid": id, "timestamp": "2026-02-01T10:00:00.000Z",
    })
}

fn said(id: &str, message: &str, content: &Value, usage: [u64; 4]) -> Value {
    let [input, read, write, output] = usage;
    json!({
        "id": message, "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
        "content": [content], "stop_reason": null, "note": id,
        "usage": {"input_tokens": input, "cache_read_input_tokens": read,
                  "cache_creation_input_tokens": write, "output_tokens": output},
    })
}

/// A session of three requests in which a log is read, with lines that are broken in between.
fn session() -> String {
    let call = json!({"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "cat <server>.log"}});
    let result = json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": log(1000)}]});
    let text = |text: &str| json!({"type": "text", "text": text});
    let lines = [
        json!({"type": "summary", "summary": "slow requests", "leafUuid": "a3"}),
        claude("u1", None, "user", &json!({"role": "user", "content": "why is it slow?"})),
        claude("a1", Some("u1"), "assistant", &said("a1", "m1", &call, [4, 0, 10_000, 60])),
        claude("u2", Some("a1"), "user", &result),
        claude(
            "a2",
            Some("u2"),
            "assistant",
            &said("a2", "m2", &text("the disk"), [4, 10_000, 40_000, 80]),
        ),
        claude("u3", Some("a2"), "user", &json!({"role": "user", "content": [text("thanks")]})),
        claude("a3", Some("u3"), "assistant", &said("a3", "m3", &text("bye"), [4, 50_000, 100, 5])),
    ];
    let mut out: String = lines.iter().map(|line| format!("{line}\n")).collect();
    out.push_str(
        "{\"type\":\"user\",\"message\":{\"ro\n\nnot JSON at all\n[1, 2]\n{\"type\":\"user\"}\n",
    );
    out.push_str(&format!("{}1{}\n", "[".repeat(100_000), "]".repeat(100_000)));
    // The agent was ended while it wrote.
    out.push_str("{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"te");
    out
}

/// A session of two requests.
fn rollout() -> String {
    let line = |kind: &str, payload: Value| json!({"timestamp": "2026-02-01T10:00:00Z", "type": kind, "payload": payload});
    let tokens = |input: u64, cached: u64, total: u64| {
        line(
            "event_msg",
            json!({"type": "token_count", "info": {
            "total_token_usage": {"input_tokens": total},
            "last_token_usage": {"input_tokens": input, "cached_input_tokens": cached, "output_tokens": 50}}, "rate_limits": null}),
        )
    };
    let message = |role: &str, kind: &str, text: &str| {
        line(
            "response_item",
            json!({"type": "message", "role": role, "content": [{"type": kind, "text": text}]}),
        )
    };
    [
        line("session_meta", json!({"id": "0199", "cwd": "/home/me/app", "originator": "codex_cli_rs", "cli_version": "0.60.0"})),
        line("turn_context", json!({"cwd": "/home/me/app", "model": "gpt-5-codex", "approval_policy": "never"})),
        message("user", "input_text", "what is in the table?"),
        line("response_item", json!({"type": "reasoning", "summary": [], "encrypted_content": "gAAAA"})),
        line("response_item", json!({"type": "function_call", "name": "shell", "call_id": "c1",
            "arguments": "{\"command\":[\"bash\",\"-lc\",\"curl -s localhost/items\"]}"})),
        tokens(9_000, 0, 9_000),
        line("response_item", json!({"type": "function_call_output", "call_id": "c1", "output": records(800)})),
        message("assistant", "output_text", "eight hundred items"),
        tokens(30_000, 8_000, 39_000),
    ]
    .iter()
    .map(|line| format!("{line}\n"))
    .collect()
}

/// A home with both, where agents keep them.
fn home() -> Home {
    let home = Home::new();
    let projects = home.path(".claude/projects/-home-me-app");
    let sessions = home.path(".codex/sessions/2026/02/01");
    fs::create_dir_all(&projects).unwrap();
    fs::create_dir_all(&sessions).unwrap();
    fs::write(projects.join("5f1c.jsonl"), session()).unwrap();
    fs::write(sessions.join("rollout-2026-02-01T10-00-00-0199.jsonl"), rollout()).unwrap();
    home
}

fn audit(home: &Home, args: &[&str]) -> Value {
    let out = home.run(&[&["audit", "--json"], args].concat(), "");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

#[test]
fn the_sessions_of_both_agents_are_replayed() {
    let home = home();
    let found = audit(&home, &[]);
    assert_eq!(found["transcripts"], json!({"Claude Code": 1, "Codex": 1}));
    assert_eq!((&found["conversations"], &found["requests"]), (&json!(2), &json!(5)));
    assert_eq!(
        found["passed_over"],
        json!({"broken": 5, "too_long": 0, "odd": 1, "foreign_files": 0, "unreadable_files": 0})
    );
    // What the provider billed, at list prices: $3, $3.75, $0.30, $15 and $1.25, $0.125, $10.
    let without = &found["without"];
    assert_eq!(without["cache_read_tokens"], 68_000);
    assert_eq!(without["cache_write_tokens"], 50_100);
    assert_eq!(without["input_tokens"], 12 + 9_000 + 22_000);
    let cost = (12.0 * 3.0
        + 60_000.0 * 0.3
        + 50_100.0 * 3.75
        + 145.0 * 15.0
        + 31_000.0 * 1.25
        + 8_000.0 * 0.125
        + 100.0 * 10.0)
        / 1e6;
    assert!((without["cost_usd"].as_f64().unwrap() - cost).abs() < 1e-9);

    // The log is new in the second request and old in the third; the table is new in one.
    let blocks = found["blocks"].as_array().unwrap();
    let block = |hint: &str| blocks.iter().find(|block| block["hint"] == hint).unwrap();
    let saved = |block: &Value| {
        block["tokens_before"].as_u64().unwrap() - block["tokens_after"].as_u64().unwrap()
    };
    let (file, table) = (block("cat <server>.log"), block("curl -s localhost/items"));
    assert_eq!((&file["kind"], &file["requests"]), (&json!("log"), &json!(2)));
    assert_eq!((&table["kind"], &table["requests"]), (&json!("json"), &json!(1)));
    let with = &found["with_estimate"];
    let fewer =
        |name: &str| without[name].as_u64().unwrap() as i64 - with[name].as_u64().unwrap() as i64;
    // Claude's tokens are more than ours, and the tool that is added costs a few.
    assert!(fewer("cache_write_tokens") >= saved(file) as i64 - 100);
    assert!(fewer("cache_read_tokens") >= saved(file) as i64 - 300);
    assert!(fewer("input_tokens") >= saved(table) as i64 - 300);
    assert_eq!(fewer("output_tokens"), 0);
    assert!(found["relative_cost"].as_f64().unwrap() < 0.7, "{found:#}");

    // The same again, and from the files themselves; nothing is kept.
    assert_eq!(audit(&home, &[]), found);
    let (claude, codex) = (home.path(".claude"), home.path(".codex"));
    assert_eq!(audit(&home, &[claude.to_str().unwrap(), codex.to_str().unwrap()]), found);
    assert!(!home.path(".headroom").exists());
}

/// A home with transcripts of which little is known: no usage, a model without a price, and a file that is
/// none.
fn sparse() -> Home {
    let home = Home::new();
    let folder = home.path(".claude/projects/-home-me-app");
    fs::create_dir_all(&folder).unwrap();
    let session = session().replace("claude-sonnet-4-5-20250929", "our-model");
    fs::write(folder.join("1.jsonl"), session.replace("\"usage\"", "\"unused\"")).unwrap();
    fs::write(folder.join("2.jsonl"), "nothing\n").unwrap();
    home
}

/// The whole output, which changes with the compressor: a reviewer sees by how much.
#[test]
fn text_and_json() {
    for (name, home) in [("both", home()), ("sparse", sparse()), ("empty", Home::new())] {
        let run = |args: &[&str]| String::from_utf8(home.run(args, "").stdout).unwrap();
        insta::assert_snapshot!(format!("audit-{name}"), run(&["audit"]));
        insta::assert_snapshot!(format!("audit-{name}-json"), run(&["audit", "--json"]));
    }
}

#[test]
fn the_page() {
    let home = home();
    let page = home.path("audit.html");
    let out = home.run(&["audit", "--html", page.to_str().unwrap()], "");
    assert!(out.status.success());
    let page = fs::read_to_string(page).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    assert!(page.contains("cat &lt;server&gt;.log") && !page.contains("<server>"));
    for outside in ["http:", "https:", "src=", "href=", "<script", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn prices_of_the_users_own() {
    let home = home();
    fs::create_dir(home.path(".headroom")).unwrap();
    let own = "[[price]]\nmodel = \"claude-sonnet-4-5\"\ninput = 0\ncache_write = 1\ncache_read = 0\noutput = 0\n";
    fs::write(home.path(".headroom/prices.toml"), own).unwrap();
    let folder = home.path(".claude");
    let found = audit(&home, &[folder.to_str().unwrap()]);
    assert!((found["without"]["cost_usd"].as_f64().unwrap() - 0.0501).abs() < 1e-9);
    fs::write(home.path(".headroom/prices.toml"), "nonsense").unwrap();
    let out = home.run(&["audit"], "");
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("prices.toml: not a table of prices"));
}

#[test]
fn a_transcript_without_figures_is_billed_by_the_rules() {
    let home = Home::new();
    let path = home.path("s.jsonl");
    fs::write(&path, session().replace("\"usage\"", "\"unused\"")).unwrap();
    let found = audit(&home, &[path.to_str().unwrap()]);
    assert_eq!((&found["requests"], &found["requests_modelled"]), (&json!(3), &json!(3)));
    let without = &found["without"];
    assert!(without["cache_write_tokens"].as_u64().unwrap() > 10_000);
    // The log was written once and read once.
    assert!(without["cache_read_tokens"].as_u64().unwrap() > 10_000);
    assert_eq!(without["input_tokens"], 0);
}

#[test]
fn what_is_not_there_or_no_transcript_is_said() {
    let home = Home::new();
    let out = home.run(&["audit"], "");
    assert!(out.status.success());
    assert!(String::from_utf8(out.stdout).unwrap().contains("There is nothing to replay."));
    let out = home.run(&["audit", "no/such/file"], "");
    assert_eq!(out.status.code(), Some(1));
    let noise = home.path("noise.jsonl");
    let bytes: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    fs::write(&noise, bytes).unwrap();
    let found = audit(&home, &[noise.to_str().unwrap()]);
    assert_eq!(
        (&found["requests"], &found["passed_over"]["foreign_files"]),
        (&json!(0), &json!(1))
    );
}
