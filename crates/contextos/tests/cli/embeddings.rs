//! `--embeddings`: what is sent to a server, what is accepted from it, and that a pack is made without it.

use serde_json::json;

use crate::support::Sandbox;
use crate::support::stub::{self, Request, Stub, nobody};

/// A vector for each text: near to the task's if the text has `word`.
fn vectors(request: &Request, word: &str) -> Option<String> {
    let body = request.json();
    let texts = body["input"].as_array()?;
    let data: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let near = text.as_str().is_some_and(|text| text.contains(word));
            json!({ "index": index, "embedding": if near { [1.0, 0.0] } else { [0.0, 1.0] } })
        })
        .collect();
    Some(stub::json(200, &json!({ "data": data })))
}

/// What the user sees of a pack with embeddings of the server at `url`.
fn shown(sandbox: &Sandbox, url: &str) -> String {
    let arguments = ["pack", "--task", "fix the refresh of tokens", "--embeddings", url];
    sandbox.shown(sandbox.contextos(&arguments)).replace(url, "[URL]")
}

#[test]
fn chunks_are_sent_once_and_change_the_order() {
    let stub = Stub::new(|request| vectors(request, "refresh"));
    let sandbox = Sandbox::new();
    let first = shown(&sandbox, &stub.url);
    assert!(first.starts_with("exit: 0"), "{first}");
    let requests = stub.requests();
    assert_eq!(requests.len(), 1, "a small repository is one request");
    assert_eq!(requests[0].line, "POST /v1/embeddings HTTP/1.1");
    let body = requests[0].json();
    assert_eq!(body["input"][0], "fix the refresh of tokens");
    assert!(!requests[0].headers.iter().any(|header| header.starts_with("authorization")));

    let pack = sandbox.read("context_pack.md");
    assert_eq!(shown(&sandbox, &stub.url), first);
    assert_eq!(sandbox.read("context_pack.md"), pack);
    assert!(stub.requests().is_empty(), "vectors come from the cache");
}

#[test]
fn a_pack_is_made_without_a_server_that_fails() {
    let whole = Sandbox::new();
    whole.run(&["pack", "--task", "fix the refresh of tokens"]);
    let pack = whole.read("context_pack.md");
    let failing = [
        ("an error", Some(stub::json(500, &json!({ "error": "x" })))),
        ("another API", Some(stub::json(200, &json!({ "ok": true })))),
        ("too few vectors", Some(stub::json(200, &json!({ "data": [] })))),
        ("no JSON", Some(stub::answer(200, "", "<html>"))),
        ("a redirect", Some(stub::answer(302, "location: http://127.0.0.1:1/\r\n", ""))),
    ];
    for (what, answer) in failing {
        let stub = Stub::new(move |_| answer.clone());
        let sandbox = Sandbox::new();
        let shown = shown(&sandbox, &stub.url);
        assert!(shown.contains("packed without embeddings: [URL]"), "{what}: {shown}");
        assert_eq!(sandbox.read("context_pack.md"), pack, "{what}");
    }
    let sandbox = Sandbox::new();
    let shown = shown(&sandbox, &nobody());
    assert!(
        shown.contains("packed without embeddings: [URL]/v1/embeddings doesn't respond"),
        "{shown}"
    );
    assert_eq!(sandbox.read("context_pack.md"), pack);
}

#[test]
fn no_credential_is_sent_and_no_url_is_guessed() {
    let sandbox = Sandbox::new();
    let task = ["pack", "--task", "x y z"];
    let of = |more: &[&str]| sandbox.run(&[&task[..], more].concat());
    assert!(of(&["--embeddings", "https://example.com"]).contains("https is not supported"));
    assert!(of(&["--embeddings", "127.0.0.1:1"]).contains("not a URL like"));
    let both = of(&["--embeddings", "http://127.0.0.1:1", "--allow-sensitive"]);
    assert!(both.contains("cannot be used with"), "{both}");

    let stub = Stub::new(|request| vectors(request, "x"));
    let key = format!("AKIA{}", "IOSFODNN7EXAMPLQ");
    sandbox.run(&["pack", "--task", &format!("tokens {key}"), "--embeddings", &stub.url]);
    assert!(stub.requests().iter().all(|request| !request.body.contains(&key)));
}
