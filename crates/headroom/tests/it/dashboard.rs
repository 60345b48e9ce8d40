//! `/dashboard` in a real browser, against `/stats` and `/stats-history`; and the same figures in
//! `headroom stats`.
//!
//! `HEADROOM_SCREENSHOTS=DIR` keeps a picture of each look, for people.

use std::net::{IpAddr, UdpSocket};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use testkit::provider::{ContentBlock, ModelTurn, Provider, Received, Reply, system_prompt};

use crate::browser::Browser;
use crate::client::{Home, Server, log, records};

const ANTHROPIC: &str = "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n";
const OPENAI: &str = "authorization: Bearer k\r\n";

/// What nobody must find in a figure: it is what the conversations are about.
const SECRET: &str = "the-word-that-only-tool-results-hold";

/// A provider with a prefix cache: what was there before is read from it.
fn provider() -> Provider {
    Provider::start(|request: &Received| {
        if request.json()["model"] == "overloaded" {
            return Reply::error(&request.path, 529, "overloaded_error", "later");
        }
        let reply = ModelTurn::new("msg_1", [ContentBlock::text("Done")]).reply(request);
        let Reply::Whole { status, headers, body } = reply else { return reply };
        let mut answer: Value = serde_json::from_slice(&body).unwrap();
        let tokens = request.body.len() as u64 / 4;
        let read = if request.body.len() > 6000 { tokens * 8 / 10 } else { 0 };
        if request.path.ends_with("/messages") {
            answer["usage"] = json!({"input_tokens": 12, "cache_read_input_tokens": read,
                "cache_creation_input_tokens": tokens - read, "output_tokens": 420});
        } else if request.path.ends_with("/chat/completions") {
            answer["usage"] = json!({"prompt_tokens": tokens, "completion_tokens": 99,
                "prompt_tokens_details": {"cached_tokens": read}});
        }
        Reply::Whole { status, headers, body: answer.to_string().into_bytes() }
    })
}

/// The results of an agent's tools, and the tools.
fn results() -> Vec<(&'static str, Value, String)> {
    let code: String = (0..120)
        .map(|n| {
            format!(
                "pub fn step_{n}(input: &str) -> usize {{ input.len() + {n} * {} }}\n",
                n * n % 17
            )
        })
        .collect();
    vec![
        ("Bash", json!({"command": "cat app.log"}), log(400) + SECRET),
        ("Read", json!({"file_path": "src/steps.rs"}), code),
        ("<img src=x onerror=alert(1)>", json!({"command": "./list.sh"}), records(150)),
        ("Bash", json!({"command": "cat other.log"}), log(300).replace("INFO", "WARN")),
    ]
}

/// An agent's session: a request after each result, the whole conversation each time.
fn session(server: &Server, model: &str, task: &str) {
    let mut messages = vec![json!({"role": "user", "content": task})];
    for (at, (tool, input, result)) in results().into_iter().enumerate() {
        let id = format!("toolu_{at}");
        messages.push(json!({"role": "assistant", "content": [
            {"type": "tool_use", "id": id, "name": tool, "input": input}]}));
        messages.push(json!({"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": id, "content": result}]}));
        let body = json!({"model": model, "max_tokens": 1000, "system": system_prompt(), "messages": messages,
            "tools": [{"name": "Bash", "input_schema": {"type": "object"}}]});
        server.post_with("/v1/messages", ANTHROPIC, body.to_string());
    }
}

/// Three sessions of Anthropic's, one request of OpenAI's, one that fails, and a text by itself.
fn work(server: &Server) {
    for n in 0..3 {
        session(server, "claude-sonnet-4-5", &format!("find out what went wrong, number {n}"));
    }
    let chat = json!({"model": "gpt-5", "messages": [
        {"role": "user", "content": "why?"},
        {"role": "assistant", "tool_calls": [{"id": "c", "type": "function",
            "function": {"name": "run", "arguments": "{\"command\": \"cat app.log\"}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": log(200)}],
        "tools": [{"type": "function", "function": {"name": "run"}}]});
    server.post_with("/v1/chat/completions", OPENAI, chat.to_string());
    session(server, "overloaded", "this one is refused");
    server.ask("/v1/compress", &json!({"text": log(100)}));
}

fn start(provider: &Provider, home: Home, args: &[&str]) -> Server {
    let url = provider.url();
    let mut all = vec!["--anthropic-api-url", &url, "--openai-api-url", &url];
    all.extend_from_slice(args);
    Server::start_in(home, &all)
}

/// What is at a path of names with dots between them, where names may hold dots.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if path.is_empty() {
        return Some(value);
    }
    let dots = path.match_indices('.').map(|(at, _)| at).rev();
    std::iter::once(path.len()).chain(dots).find_map(|end| {
        let (name, rest) = (&path[..end], path[end..].trim_start_matches('.'));
        let found = match value {
            Value::Array(list) => list.get(name.parse::<usize>().ok()?),
            _ => value.get(name),
        }?;
        self::at(found, rest)
    })
}

fn grouped(number: f64) -> String {
    let digits = fixed(number, 0);
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with so many digits; what lies in the middle goes up, as in a browser.
fn fixed(number: f64, digits: usize) -> String {
    let exact = format!("{number:.60}");
    let rest = &exact[exact.find('.').unwrap() + 1 + digits..];
    let is_middle = rest.starts_with('5') && rest[1..].bytes().all(|digit| digit == b'0');
    format!("{:.digits$}", if is_middle { number.next_up() } else { number })
}

/// How a figure of that name is shown.
fn shown(path: &str, value: &Value) -> String {
    let number = value.as_f64().unwrap_or_else(|| panic!("{path} is no figure: {value}"));
    if path.ends_with("percent") || path.ends_with("rate") {
        format!("{} %", fixed(number, 1))
    } else if path.contains("usd") {
        let sign = if number < 0.0 { "−" } else { "" };
        let digits = if number != 0.0 && number.abs() < 1.0 { 4 } else { 2 };
        format!("{sign}${}", fixed(number.abs(), digits))
    } else if path.ends_with("_ms") {
        match number {
            10_000.0.. => format!("{} s", fixed(number / 1000.0, 0)),
            1000.0.. => format!("{} s", fixed(number / 1000.0, 1)),
            _ => format!("{} ms", fixed(number, usize::from(number < 10.0))),
        }
    } else {
        grouped(number)
    }
}

/// Waits until the page shows figures, and gives them with the names under which the server has them.
fn figures(browser: &mut Browser) -> Vec<(String, String)> {
    browser.wait_until("document.body?.dataset.state === 'shown'");
    let all = browser.evaluate(
        "[...document.querySelectorAll('[data-figure]')].filter((node) => node.checkVisibility())
           .map((node) => [node.dataset.figure, node.textContent])",
    );
    serde_json::from_value(all).unwrap()
}

/// Checks that each figure of the page is that of the server; how many there are.
fn compare(figures: &[(String, String)], stats: &Value, past: &Value) -> usize {
    for (path, text) in figures {
        let value = at(stats, path).or_else(|| at(past, path));
        let value = value.unwrap_or_else(|| panic!("{path} is in no answer"));
        assert_eq!(text, &shown(path, value), "{path}");
    }
    figures.len()
}

fn keep_picture(browser: &mut Browser, name: &str) {
    let Some(folder) = std::env::var_os("HEADROOM_SCREENSHOTS") else { return };
    let picture = BASE64.decode(browser.picture()).unwrap();
    std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), picture).unwrap();
}

/// Figures that have to be there.
const SHOWN: [&str; 10] = [
    "tokens.saved",
    "cost.usd",
    "cost.saved_usd_estimate",
    "prefix_cache.totals.hit_rate",
    "overhead.p99_ms",
    "retrieval.replay_missing",
    "by_model.claude-sonnet-4-5.usage.cache_read",
    "blocks.unchanged.0.tokens",
    "recent_requests.0.input_tokens_original",
    "lifetime.tokens_saved",
];

/// Checks what has nothing to do with the figures: the room, the colours, nothing of what was said, and
/// no complaint.
fn check_look(browser: &mut Browser, server: &Server, width: u32, is_dark: bool) {
    let room = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(browser.evaluate(room), 0, "the page is wider than {width}");
    let ground = browser.evaluate("getComputedStyle(document.body).backgroundColor");
    let is_black = ground.as_str().unwrap().contains("(20, 23, 27)");
    assert_eq!(is_black, is_dark, "{ground}");
    assert_eq!(browser.evaluate("document.getElementById('token').checkVisibility()"), false);
    let foreign = "document.querySelectorAll('body img, iframe, object').length";
    assert_eq!(browser.evaluate(foreign), 0);
    let said = browser.evaluate("document.documentElement.outerHTML").to_string();
    assert!(!said.contains(SECRET) && !said.contains("went wrong, number"));
    assert_eq!(browser.complaints(), [""; 0]);
    let requests = browser.requests();
    assert!(requests.iter().all(|url| url.starts_with(&server.url())), "{requests:?}");
    assert!(requests.len() >= 5, "{requests:?}");
}

#[test]
fn the_page_shows_what_the_server_answers_in_every_look() {
    let provider = provider();
    let server = start(&provider, Home::new(), &[]);
    work(&server);
    let mut browser = Browser::start();
    for (width, is_dark) in [(1400, false), (1400, true), (400, false), (400, true)] {
        browser.look(width, is_dark);
        browser.open(&format!("{}/dashboard", server.url()));
        let figures = figures(&mut browser);
        let (stats, past) = (server.get("/stats").json(), server.get("/stats-history").json());
        assert!(compare(&figures, &stats, &past) > 80, "{figures:?}");
        for name in SHOWN {
            assert!(figures.iter().any(|(path, _)| path == name), "{name} isn't shown");
        }
        check_look(&mut browser, &server, width, is_dark);
        let scheme = if is_dark { "dark" } else { "light" };
        keep_picture(&mut browser, &format!("dashboard-{width}-{scheme}"));
    }
    // A choice of the reader's, by the keyboard's way.
    browser.evaluate("document.querySelector('[data-series=hourly]').click()");
    let pressed = "document.querySelector('[aria-pressed=true]').textContent";
    assert_eq!(browser.evaluate(pressed), "48 hours");
    // New requests are shown without a reload.
    session(&server, "claude-sonnet-4-5", "one more");
    let saved = server.get("/stats").json()["tokens"]["saved"].as_f64().unwrap();
    let is_shown = "document.querySelector('[data-figure=\"tokens.saved\"]')?.textContent";
    browser.wait_until(&format!("{is_shown} === '{}'", grouped(saved)));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_policy_runs_nothing_that_is_written_into_the_page() {
    let provider = provider();
    let server = start(&provider, Home::new(), &[]);
    let page = server.get("/dashboard");
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("unsafe")
    );
    let mut browser = Browser::start();
    browser.open(&format!("{}/dashboard", server.url()));
    figures(&mut browser);
    assert!(browser.evaluate("!document.getElementById('empty').hidden").as_bool().unwrap());
    assert_eq!(browser.complaints(), [""; 0]);
    keep_picture(&mut browser, "dashboard-empty");
    browser.evaluate(
        "{ const script = document.createElement('script');
           try { script.textContent = 'window.ran = true'; document.body.append(script); } catch {}
           const image = new Image(); image.src = 'http://127.0.0.1:1/x.png'; document.body.append(image);
           0 }",
    );
    // So a complaint is heard where there is one.
    let is_heard = |browser: &mut Browser| {
        browser.complaints().iter().any(|text| text.contains("Content Security Policy"))
    };
    assert!((0..1000).any(|_| is_heard(&mut browser)), "{:?}", browser.complaints());
    assert_eq!(browser.evaluate("window.ran === undefined"), true);
}

/// An address of this machine that isn't loopback's, if it has one. Nothing is sent to find it.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback())
}

#[test]
fn from_another_machine_the_page_asks_for_the_token() {
    let Some(address) = own_address() else {
        return; // This machine has no network, so nobody can come from another one.
    };
    let mut server = Server::start(&["--host", "0.0.0.0", "--token", "s3cret"]);
    server.address.set_ip([127, 0, 0, 1].into());
    server.ask("/v1/compress", &json!({"text": log(100)}));
    server.address.set_ip(address);
    assert_eq!((server.get("/dashboard").status, server.get("/stats").status), (200, 401));
    let mut browser = Browser::start();
    browser.open(&format!("{}/dashboard", server.url()));
    let form = "document.getElementById('token')";
    browser.wait_until("document.body?.dataset.state === 'stale'");
    assert_eq!(browser.evaluate(&format!("{form}.checkVisibility()")), true);
    assert_eq!(browser.evaluate("document.querySelectorAll('[data-figure]').length"), 0);
    browser.evaluate(&format!(
        "{{ document.getElementById('token-text').value = 's3cret'; {form}.requestSubmit(); 0 }}"
    ));
    assert!(figures(&mut browser).iter().any(|(path, _)| path == "tokens.saved"));
    assert_eq!(browser.evaluate(&format!("{form}.checkVisibility()")), false);
}

#[test]
fn a_meter_changes_nothing_and_shows_what_would_be_saved() {
    let provider = provider();
    let server = start(&provider, Home::new(), &["--no-optimize"]);
    session(&server, "claude-sonnet-4-5", "measure this");
    let sent = provider.received().last().unwrap().json();
    assert_eq!(sent["messages"].as_array().unwrap().len(), 9);
    assert!(sent.to_string().contains(SECRET) && sent["tools"].as_array().unwrap().len() == 1);
    let stats = server.get("/stats").json();
    assert_eq!(
        (&stats["summary"]["mode"], &stats["tokens"]["saved"]),
        (&json!("meter"), &json!(0))
    );
    assert!(stats["tokens"]["would_save"].as_u64().unwrap() > 10_000, "{}", stats["tokens"]);
    assert!(stats["cost"]["would_save_usd_estimate"].as_f64().unwrap() > 0.0);
    assert_eq!(stats["cost"]["usd"], stats["cost"]["without_usd_estimate"]);
    let mut browser = Browser::start();
    browser.look(1400, false);
    browser.open(&format!("{}/dashboard", server.url()));
    let figures = figures(&mut browser);
    compare(&figures, &stats, &server.get("/stats-history").json());
    assert!(figures.iter().any(|(path, _)| path == "tokens.would_save"));
    assert_eq!(browser.evaluate("document.getElementById('mode').textContent"), "only measuring");
    keep_picture(&mut browser, "dashboard-meter");
}

#[test]
fn a_share_of_conversations_is_left_alone_and_compared() {
    let provider = provider();
    let count = |home, sessions: std::ops::Range<usize>| {
        let server = start(&provider, home, &["--holdout", "0.5"]);
        for n in sessions {
            session(&server, "claude-sonnet-4-5", &format!("conversation {n}"));
        }
        server
    };
    let server = count(Home::new(), 0..12);
    let holdout = server.get("/stats").json()["holdout"].clone();
    let conversations = |arm: &str| holdout[arm]["conversations"].as_u64().unwrap();
    assert_eq!(conversations("compressed") + conversations("left_alone"), 12);
    assert!(conversations("compressed") > 0 && conversations("left_alone") > 0, "{holdout}");
    let input = |arm: &str| holdout[arm]["each_request"]["input_tokens"].as_f64().unwrap();
    assert!(input("compressed") * 1.5 < input("left_alone"), "{holdout}");
    assert_eq!(holdout["left_alone"]["tokens_saved"], 0);
    // Every request of a conversation is on the same side, and again on another replica.
    let replica = count(Home::new(), 0..12);
    let sides = |server: &Server| -> Vec<bool> {
        let stats = server.get("/stats").json();
        let requests = stats["recent_requests"].as_array().unwrap();
        requests.iter().map(|request| request["held_out"].as_bool().unwrap()).collect()
    };
    assert_eq!(sides(&server), sides(&replica));
    assert!(
        sides(&server)
            .chunks(4)
            .all(|conversation| conversation.iter().all(|side| *side == conversation[0]))
    );
    let mut browser = Browser::start();
    browser.look(400, false);
    browser.open(&format!("{}/dashboard", server.url()));
    let figures = figures(&mut browser);
    compare(&figures, &server.get("/stats").json(), &server.get("/stats-history").json());
    assert!(figures.iter().any(|(path, _)| path == "holdout.left_alone.each_request.input_tokens"));
    keep_picture(&mut browser, "dashboard-holdout");
}

#[test]
fn messages_are_kept_only_where_that_is_asked_for_and_without_credentials() {
    let provider = provider();
    let silent = start(&provider, Home::new(), &[]);
    session(&silent, "claude-sonnet-4-5", "say nothing");
    assert_eq!(silent.get("/stats/messages/1").status, 404);

    let home = Home::new();
    let file = home.path("server.log");
    let server = start(&provider, home, &["--log-messages", "--log-file", file.to_str().unwrap()]);
    let key = "sk-ant-api03-Zx8qLw3vN7rT2yKp5mB9cD4fG6hJ1sA0eUiOq-LmWnXbVcTyRzQaPdKfGjHs7u3E5v9w2x4C6b8N0mQ1-AbCdEfGh";
    let result = format!("{}ANTHROPIC_API_KEY={key}\n{}", log(200), log(50));
    let body = json!({"model": "claude-sonnet-4-5", "max_tokens": 10, "system": system_prompt(),
        "tools": [{"name": "Bash", "input_schema": {"type": "object"}}], "messages": [
        {"role": "user", "content": "look"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "cat app.log"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": result}]}]});
    server.post_with("/v1/messages", ANTHROPIC, body.to_string());
    let kept = server.get("/stats/messages/1");
    let block = &kept.json()["blocks"][0];
    let text = |name: &str| block[name].as_str().unwrap().to_owned();
    assert!(text("before").contains("request 3 done") && text("before").contains("[REDACTED:"));
    assert!(text("after").len() < text("before").len());
    assert!(!kept.text().contains(key) && !kept.text().contains("x-api-key"));
    assert!(!server.get("/stats").text().contains("request 3 done"));
    let mut browser = Browser::start();
    browser.look(1400, false);
    browser.open(&format!("{}/dashboard", server.url()));
    figures(&mut browser);
    browser.evaluate("document.querySelector('.messages button').click()");
    browser.wait_until("document.querySelector('.pair pre')");
    let shown = browser.evaluate("document.querySelector('.pair pre').textContent");
    assert_eq!(shown, block["before"]);
    keep_picture(&mut browser, "dashboard-messages");
    // Nothing of it is anywhere on disk.
    let home = server.home.path(".headroom/state/figures.json");
    drop(browser);
    let server = server.restart(&["--log-messages"]);
    for file in [file, home] {
        if let Ok(text) = std::fs::read_to_string(&file) {
            assert!(
                !text.contains("request 3 done") && !text.contains("REDACTED"),
                "{}",
                file.display()
            );
        }
    }
    assert_eq!(server.get("/stats/messages/1").status, 404);
}
