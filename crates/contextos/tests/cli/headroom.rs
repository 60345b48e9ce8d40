//! `--compress headroom`: what is sent, what is accepted, and what every kind of failure says.

use std::fs;

use serde_json::json;

use crate::support::Sandbox;
use crate::support::stub::{self, Request, Stub, answer, error, nobody};

const PACK: [&str; 5] = ["pack", "--task", "fix the refresh of tokens", "--compress", "headroom"];

/// Packs with a server that answers so; gives back what the user sees.
fn pack_with(stub: &Stub) -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let mut command = sandbox.contextos(&PACK);
    command.env("HEADROOM_BASE_URL", &stub.url).env("HEADROOM_TIMEOUT", "0.5");
    let shown = sandbox.shown(command).replace(&stub.url, "[URL]");
    (sandbox, shown)
}

fn failure(answer: impl Fn(&Request) -> Option<String> + Send + 'static) -> String {
    let (sandbox, shown) = pack_with(&Stub::new(answer));
    assert!(!sandbox.state("context_pack.md").exists(), "no pack is written: {shown}");
    shown
}

const NOT_RESPONDING: &str = "\
exit: 1
----- stderr
Error: Headroom proxy at [URL] is not responding.
Ensure headroom serve is running.
HEADROOM_BASE_URL to override proxy URL.

To proceed without compression, omit --compress.
";

#[test]
fn what_is_no_headroom_is_not_responding() {
    let page = "<html>hello</html>";
    let html = "content-type: text/html\r\n";
    let foreign: [(&str, Option<String>); 11] = [
        ("no answer in time", None),
        ("404", Some(answer(404, html, "<h1>Not Found</h1>"))),
        ("404 of another program", Some(stub::json(404, &json!({"detail": "Not Found"})))),
        ("405", Some(answer(405, "allow: GET\r\n", ""))),
        ("501", Some(answer(501, html, page))),
        ("a page", Some(answer(200, html, page))),
        ("other JSON", Some(stub::json(200, &json!({"ok": true})))),
        ("a text that is none", Some(stub::json(200, &json!({"text": ["a"]})))),
        ("a redirect", Some(answer(302, "location: http://127.0.0.1:1/\r\n", ""))),
        (
            "half a body",
            Some("HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"text\": \"#".into()),
        ),
        ("another protocol", Some("SSH-2.0-OpenSSH_9.6\r\n".into())),
    ];
    for (what, answer) in foreign {
        assert_eq!(failure(move |_| answer.clone()), NOT_RESPONDING, "{what}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Stub::headroom(str::to_owned);
    let location = format!("location: {}/v1/compress\r\n", elsewhere.url);
    assert_eq!(failure(move |_| Some(answer(307, &location, ""))), NOT_RESPONDING);
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn errors_of_the_server_are_told() {
    insta::assert_snapshot!(
        "a token is missing",
        failure(|_| Some(stub::json(401, &error("a token is needed; set HEADROOM_API_KEY"))))
    );
    insta::assert_snapshot!(
        "a gateway before the server",
        failure(|_| Some(answer(502, "content-type: text/html\r\n", "<html>")))
    );
    let hostile = "off\u{1b}[2J\nline two ".to_owned() + &"x".repeat(2000);
    insta::assert_snapshot!(
        "a server that does not compress",
        failure(move |_| Some(stub::json(503, &json!({"error": {"message": hostile}}))))
    );
}

#[test]
fn what_comes_back_must_be_the_pack() {
    type Smaller = fn(&str) -> String;
    let answers: [(&str, Smaller); 5] = [
        ("nothing", |_| String::new()),
        ("another text", |_| "Here is your summary.".into()),
        ("another task", |text| text.replacen("fix the refresh of tokens", "do it", 1)),
        ("a file is gone", |text| text.replace("src/auth/token.py", "a file")),
        ("a larger text", |text| format!("{text}\n{text}")),
    ];
    let mut shown = String::new();
    for (what, smaller) in answers {
        let (sandbox, failed) = pack_with(&Stub::headroom(smaller));
        assert!(!sandbox.state("context_pack.md").exists(), "{what}");
        let tokens = |c: char| c.is_ascii_digit();
        let masked = failed.split(" tokens").map(|part| part.trim_end_matches(tokens));
        let masked = masked.collect::<Vec<_>>().join("[N] tokens");
        shown.push_str(&format!("===== {what}\n{}", mask_numbers(&masked)));
    }
    insta::assert_snapshot!(shown);
}

fn mask_numbers(text: &str) -> String {
    match text.split_once("and had ") {
        None => text.to_owned(),
        Some((before, after)) => {
            format!("{before}and had [N]{}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
    }
}

#[test]
fn an_answer_that_saves_nothing_is_written_and_said() {
    let (sandbox, shown) = pack_with(&Stub::headroom(str::to_owned));
    assert!(shown.contains("\ncompression: headroom saved nothing ("), "{shown}");
    assert!(sandbox.state("context_pack.md").exists());
}

#[test]
fn what_was_saved_is_said() {
    let (_, shown) = pack_with(&Stub::headroom(|text| text.replace("    ", "\t")));
    let line = shown.lines().find(|line| line.starts_with("compression: ")).unwrap();
    assert!(line.contains(" → ") && line.contains(" tokens by headroom ("), "{line}");
}

/// The Python package's server knows the messages form only; its requests and answers as recorded.
#[test]
fn a_server_with_only_the_messages_form_works() {
    let stub = Stub::new(|request| {
        let body = request.json();
        let Some(messages) = body["messages"].as_array() else {
            let message = "Missing required field: messages or input";
            let error = json!({"error": {"type": "invalid_request", "message": message}});
            return Some(stub::json(400, &error));
        };
        assert!(body["model"].is_string());
        let mut message = messages[0].clone();
        let text = message["content"].as_str().unwrap().replace("    ", "\t");
        message["content"] = text.into();
        Some(stub::json(
            200,
            &json!({
                "messages": [message], "tokens_before": 900, "tokens_after": 800,
                "tokens_saved": 100, "compression_ratio": 0.89, "ccr_hashes": [],
                "transforms_applied": ["router:noop"], "transforms_summary": {"router:noop": 1},
            }),
        ))
    });
    let (sandbox, shown) = pack_with(&stub);
    assert!(shown.starts_with("exit: 0\n"), "{shown}");
    assert!(sandbox.read("context_pack.md").contains("\n\tdef refresh"));
    let requests = stub.requests();
    assert_eq!(requests.len(), 2);
    let message = &requests[1].json()["messages"][0];
    assert_eq!(message["role"], "tool");
    assert_eq!(message["content"], requests[0].json()["text"]);
}

#[test]
fn another_number_of_messages_is_no_answer() {
    let shown = failure(|request| {
        Some(match request.json()["messages"].is_array() {
            false => stub::json(400, &error("Missing required field: messages")),
            true => stub::json(200, &json!({"messages": []})),
        })
    });
    assert_eq!(shown, NOT_RESPONDING);
}

#[test]
fn a_path_a_slash_and_a_token_work() {
    let stub = Stub::headroom(str::to_owned);
    let sandbox = Sandbox::new();
    let mut command = sandbox.contextos(&PACK);
    command.env("HEADROOM_BASE_URL", format!("{}/some/path/", stub.url));
    command.env("HEADROOM_API_KEY", "tok-1").assert().success();
    let requests = stub.requests();
    assert_eq!(requests[0].line, "POST /some/path/v1/compress HTTP/1.1");
    assert!(requests[0].headers.contains(&"authorization: bearer tok-1".to_owned()));
}

#[test]
fn credentials_in_the_url_are_not_shown() {
    let url = nobody().replace("http://", "http://ann:hunter2@");
    let sandbox = Sandbox::new();
    let mut command = sandbox.contextos(&PACK);
    let shown = sandbox.shown({
        command.env("HEADROOM_BASE_URL", url);
        command
    });
    assert!(shown.contains("is not responding"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn the_systems_proxy_is_not_used() {
    let proxy = Stub::headroom(|_| "# Stolen".into());
    let stub = Stub::headroom(str::to_owned);
    let sandbox = Sandbox::new();
    let mut command = sandbox.contextos(&PACK);
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, &proxy.url);
    }
    command.env("HEADROOM_BASE_URL", &stub.url).assert().success();
    assert_eq!((proxy.requests().len(), stub.requests().len()), (0, 1));
}

#[test]
fn the_users_configuration_may_name_server_and_provider() {
    let stub = Stub::headroom(str::to_owned);
    let sandbox = Sandbox::new();
    sandbox.configure(&format!("pack.compress = \"headroom\"\nheadroom.url = \"{}\"\n", stub.url));
    sandbox.contextos(&["pack", "--task", "fix auth"]).assert().success();
    assert_eq!(stub.requests().len(), 1);
    sandbox.contextos(&["pack", "--task", "fix auth", "--no-compress"]).assert().success();
    assert_eq!(stub.requests().len(), 0);
}

#[test]
fn values_that_cannot_be_used_are_named() {
    let sandbox = Sandbox::new();
    let mut shown = String::new();
    for (name, value) in [
        ("HEADROOM_BASE_URL", "127.0.0.1:8787"),
        ("HEADROOM_BASE_URL", "https://example.com"),
        ("HEADROOM_TIMEOUT", "soon"),
        ("HEADROOM_TIMEOUT", "-1"),
    ] {
        let mut command = sandbox.contextos(&PACK);
        command.env(name, value);
        shown.push_str(&format!("===== {name}={value}\n{}", sandbox.shown(command)));
    }
    insta::assert_snapshot!(shown);
}

/// In JSON and XML only the spans are sent, and the envelope stays what it was.
#[test]
fn spans_of_json_and_xml_are_sent_one_by_one() {
    for (format, file) in [("json", "context_pack.json"), ("xml", "context_pack.xml")] {
        let sandbox = Sandbox::new();
        let task = ["pack", "--task", "fix the refresh of tokens", "--format", format];
        sandbox.contextos(&task).assert().success();
        let plain = fs::read_to_string(sandbox.state(file)).unwrap();

        let stub = Stub::headroom(|text| text.replace("        ", "\t"));
        let mut command = sandbox.contextos(&task);
        command.args(["--compress", "headroom"]).env("HEADROOM_BASE_URL", &stub.url);
        command.assert().success();
        let requests = stub.requests();
        assert!(requests.len() > 1, "{format}");
        for request in &requests {
            let body = request.json();
            let path = body["source"]["path"].as_str().unwrap();
            let line = body["source"]["line"].as_u64().unwrap() as usize;
            let source = fs::read_to_string(sandbox.repo.path().join(path)).unwrap();
            let first = body["text"].as_str().unwrap().lines().next().unwrap().to_owned();
            assert_eq!(source.lines().nth(line - 1), Some(first.as_str()), "{format}: {path}");
        }
        let compressed = fs::read_to_string(sandbox.state(file)).unwrap();
        if format == "json" {
            let [plain, compressed]: [serde_json::Value; 2] =
                [&plain, &compressed].map(|text| serde_json::from_str(text).unwrap());
            assert_eq!(plain["task"], compressed["task"]);
            assert_eq!(plain["map"], compressed["map"]);
        } else {
            assert_eq!(compressed, plain.replace("        ", "\t"));
        }
    }
}
