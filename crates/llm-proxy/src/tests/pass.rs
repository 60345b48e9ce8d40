use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;

use testkit::provider::{ContentBlock, ModelTurn, Step};

use super::*;

fn hello() -> Reply {
    Reply::Turn(ModelTurn::new("msg_1", [ContentBlock::text("hello 漢字")]))
}

#[test]
fn a_request_without_anything_to_do_goes_on_to_the_byte() {
    let bench = Bench::new(|_| hello());
    for (path, body) in [
        ("/v1/messages?beta=true", &br#" {"messages": [ {"role":"user","content":"\u00e9 1e400"} ],"temperature":1.0,"x":1e400,"x":0.10} "#[..]),
        ("/v1/chat/completions", br#"{"messages":[],"n":12345678901234567890123}"#),
        ("/v1/responses", br#"{"input":"x","tools":[]}"#),
        ("/v1/messages", b"{ this is not json"),
        ("/v1/messages", b""),
        ("/v1/messages", b"\xff\xfe"),
        ("/v1/messages", br#"{"messages":"hello"}"#),
    ] {
        let got = bench.send(Method::POST, path, &KEY, body);
        assert_eq!(got.status, 200);
        let received = bench.provider.received().pop().unwrap();
        assert_eq!(received.body, body, "{}", String::from_utf8_lossy(body));
        assert_eq!(received.path, path);
        assert_eq!(received.header("x-api-key"), Some("k"));
    }
}

#[test]
fn headers_go_on_but_for_the_connections_and_ours() {
    let bench = Bench::new(|_| Reply::Whole {
        status: 200,
        headers: vec![
            ("request-id".into(), "req_1".into()),
            ("connection".into(), "x-hop".into()),
            ("x-hop".into(), "1".into()),
            ("x-headroom-own".into(), "1".into()),
            ("set-cookie".into(), "a=1".into()),
            ("set-cookie".into(), "b=2".into()),
        ],
        body: b"{}".to_vec(),
    });
    let headers = [
        ("x-api-key", "k"),
        ("authorization", "Bearer b"),
        ("anthropic-beta", "one"),
        ("anthropic-beta", "two"),
        ("accept-encoding", "gzip, br"),
        ("user-agent", "agent/1"),
        ("x-headroom-proxy-token", "secret"),
    ];
    let got = bench.send(Method::POST, "/v1/messages", &headers, br#"{"messages":[]}"#);
    let received = bench.provider.received().pop().unwrap();
    let betas: Vec<_> =
        received.headers.iter().filter(|(name, _)| name == "anthropic-beta").collect();
    assert_eq!(betas.len(), 2);
    assert_eq!(received.header("authorization"), Some("Bearer b"));
    assert_eq!(received.header("accept-encoding"), Some("gzip, br"));
    assert_eq!(received.header("user-agent"), Some("agent/1"));
    assert_eq!(received.header("host"), Some(bench.provider.url().trim_start_matches("http://")));
    assert!(received.headers.iter().all(|(name, _)| !name.starts_with("x-headroom-")));
    assert_eq!(got.headers.get_all("set-cookie").iter().count(), 2);
    assert_eq!(got.headers["request-id"], "req_1");
    assert!(!got.headers.contains_key("x-hop") && !got.headers.contains_key("x-headroom-own"));
}

#[test]
fn other_paths_go_to_whom_they_belong() {
    let bench = Bench::new(|_| Reply::Whole { status: 200, headers: vec![], body: b"ok".to_vec() });
    let put =
        bench.send(Method::PUT, "/v1/files/x?y=1", &[("authorization", "Bearer b")], b"\x00\x01");
    assert_eq!(put.body, b"ok");
    let received = bench.provider.received().pop().unwrap();
    assert_eq!((received.method.as_str(), received.path.as_str()), ("PUT", "/v1/files/x?y=1"));
    assert_eq!(received.body, b"\x00\x01");
    bench.send(Method::GET, "/v1beta/models", &[("x-goog-api-key", "g")], b"");
    assert_eq!(bench.provider.received().len(), 2);

    for (path, headers) in [
        ("/v1/models", &[][..]),
        ("/v1/unheard-of", &[("authorization", "Bearer b")]),
        ("/v2/x", &KEY),
        ("/v1/compress/x", &KEY),
        ("/metrics", &KEY),
    ] {
        let got = bench.send(Method::GET, path, headers, b"");
        assert_eq!(got.status, 404, "{path}");
    }
    assert_eq!(bench.provider.received().len(), 2);
}

/// Each provider has an address of its own here, so that nobody's mail ends up elsewhere.
#[test]
fn a_token_and_its_body_reach_the_provider_of_the_path_alone() {
    let ok = |_: &Received| Reply::Whole { status: 200, headers: vec![], body: b"{}".to_vec() };
    let [anthropic, openai, google] = [ok; 3].map(|script| Arc::new(Provider::start(script)));
    let urls = [&anthropic, &openai, &google].map(|provider| provider.url());
    let bench = Bench::with(openai.clone(), ReplayStore::in_memory(), None, |settings| {
        let [anthropic, openai, google] = urls.each_ref();
        settings.targets =
            Targets::new(Some(anthropic), Some(openai), Some(&format!("{google}/google"))).unwrap();
    });
    let oauth = [("authorization", "Bearer made-up-token")];
    for (path, owner, sent_as) in [
        ("/v1/messages/batches", &anthropic, "/v1/messages/batches"),
        ("/v1beta/openai/chat/completions", &google, "/google/v1beta/openai/chat/completions"),
        ("/v1beta/models/g:generateContent", &google, "/google/v1beta/models/g:generateContent"),
        (
            "/v1/models/g:streamGenerateContent?alt=sse",
            &google,
            "/google/v1/models/g:streamGenerateContent?alt=sse",
        ),
        (
            "/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict",
            &google,
            "/google/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict",
        ),
        ("/v1/batches", &openai, "/v1/batches"),
    ] {
        let before = [&anthropic, &openai, &google].map(|provider| provider.received().len());
        assert_eq!(bench.send(Method::POST, path, &oauth, b"{}").status, 200, "{path}");
        for (provider, before) in [&anthropic, &openai, &google].iter().zip(before) {
            let received = provider.received();
            let is_owner = Arc::ptr_eq(provider, owner);
            assert_eq!(received.len(), before + usize::from(is_owner), "{path}");
            if is_owner {
                assert_eq!(received.last().unwrap().path, sent_as);
            }
        }
    }
}

#[test]
fn errors_of_the_provider_are_the_clients_and_nobody_retries() {
    let bench = Bench::new(|request| {
        let status = request.header("x-status").unwrap().parse().unwrap();
        Reply::error(&request.path, status, "some_error", "no")
    });
    let body = conversation(MESSAGES, &["a"]).to_string();
    for (count, status) in ["400", "401", "429", "500", "529"].iter().enumerate() {
        for stream in [false, true] {
            let body =
                if stream { body.replacen('{', "{\"stream\":true,", 1) } else { body.clone() };
            let got = bench.send(
                Method::POST,
                "/v1/messages",
                &[KEY[1], ("x-status", status)],
                body.as_bytes(),
            );
            assert_eq!(got.status.as_str(), *status);
            assert_eq!(got.headers["retry-after"], "7");
            assert_eq!(got.headers["request-id"], "req_1");
            assert_eq!(got.json()["error"]["type"], "some_error");
            assert_eq!(bench.provider.received().len(), 2 * count + 1 + usize::from(stream));
        }
    }
    assert_eq!(bench.heard.all().last().unwrap().status, Some(529));
}

#[test]
fn a_provider_that_cannot_be_reached_is_an_error_of_its_shape() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let provider = Arc::new(Provider::start(|_| hello()));
    let bench = Bench::with(provider, ReplayStore::in_memory(), None, |settings| {
        let url = format!("http://{nobody}");
        settings.targets = Targets::new(Some(&url), Some(&url), None).unwrap();
    });
    let got = bench.post("/v1/messages", &conversation(MESSAGES, &["a"]));
    assert_eq!(
        (got.status.as_u16(), got.json()["error"]["type"].as_str()),
        (502, Some("api_error"))
    );
    let got = bench.post("/v1/chat/completions", &conversation(CHAT, &["a"]));
    assert_eq!(got.json()["error"]["code"], "proxy_error");
    let heard = bench.heard.all();
    assert_eq!((heard[0].status, heard[0].ending), (None, Ending::ProviderBroke));
}

#[test]
fn a_body_over_the_bound_is_refused_in_the_apis_shape() {
    let provider = Arc::new(Provider::start(|_| hello()));
    let bench =
        Bench::with(provider, ReplayStore::in_memory(), None, |settings| settings.max_body = 1000);
    let body = vec![b' '; 1001];
    let got = bench.send(Method::POST, "/v1/messages", &KEY, &body);
    assert_eq!(
        (got.status.as_u16(), got.json()["error"]["type"].as_str()),
        (413, Some("request_too_large"))
    );
    let got = bench.send(Method::POST, "/v1/responses", &KEY, &body);
    assert_eq!(got.json()["error"]["code"], "request_too_large");
    assert!(bench.provider.received().is_empty());
}

#[test]
fn one_request_too_many_is_told_to_come_again() {
    let (go, gate) = channel();
    let gate = Mutex::new(Some(gate));
    let provider = Provider::start(move |_| {
        let wait = Step::Wait(gate.lock().unwrap().take().unwrap());
        Reply::events(vec![Step::Send(b": hello\n\n".to_vec()), wait])
    });
    let replay_store = ReplayStore::in_memory();
    let bench =
        Bench::with(Arc::new(provider), replay_store, None, |settings| settings.max_requests = 1);
    let first = bench.open(Method::POST, "/v1/messages", &KEY, br#"{"messages":[],"stream":true}"#);
    let got = bench.send(Method::POST, "/v1/messages", &KEY, b"{}");
    assert_eq!((got.status.as_u16(), got.headers["retry-after"].to_str().unwrap()), (503, "1"));
    assert_eq!(got.json()["error"]["type"], "overloaded_error");
    go.send(()).unwrap();
    bench.runtime.block_on(first.into_body().collect()).unwrap();
}

#[test]
fn a_websocket_on_a_conversation_is_refused_so_that_http_is_used() {
    let bench = Bench::with(
        Arc::new(Provider::start(|_| hello())),
        ReplayStore::in_memory(),
        None,
        |settings| settings.websockets = WebSockets::Refuse,
    );
    let asks = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("authorization", "Bearer b"),
    ];
    for path in [
        "/v1/responses",
        "/backend-api/codex/responses",
        "/chatgpt/codex/responses",
        "/v1/codex/responses?x=y",
    ] {
        let got = bench.send(Method::GET, path, &asks, b"");
        assert_eq!(got.status, 426, "{path}");
        assert_eq!(got.headers["upgrade"], "HTTP/1.1");
        assert_eq!(got.json()["error"]["code"], "upgrade_required");
    }
    assert!(bench.provider.received().is_empty());
    // A client that wants to be left alone is, and other routes are none of ours.
    for (path, headers) in [
        ("/v1/responses", [&asks[..], &[("x-headroom-bypass", "true")]].concat()),
        ("/v1/realtime", asks.into()),
    ] {
        assert_eq!(bench.send(Method::GET, path, &headers, b"").status, 200, "{path}");
    }
    assert_eq!(bench.provider.received().len(), 2);
}

#[test]
fn any_other_offer_of_an_upgrade_is_ignored_and_the_body_read() {
    let bench = Bench::new(|_| hello());
    let conversation = conversation(MESSAGES, &["a"]).to_string();
    for offer in [
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        "Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        "Connection: upgrade\r\nUpgrade: TLS/1.2, HTTP/1.1\r\n",
        "Connection: upgrade\r\nUpgrade: websocket\r\n",
        "Connection: keep-alive\r\nUpgrade: h2c\r\n",
    ] {
        for (path, body) in [("/v1/messages", &*conversation), ("/v1/messages/batches", "{}")] {
            let mut client = TcpStream::connect(bench.address).unwrap();
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: x\r\n{offer}x-api-key: k\r\n\
                 content-length: {}\r\n\r\n",
                body.len()
            );
            // Twice: the connection stays what it was.
            for _ in 0..2 {
                client.write_all(head.as_bytes()).unwrap();
                client.write_all(body.as_bytes()).unwrap();
                let head = read_head(&mut client);
                assert!(head.starts_with("HTTP/1.1 200"), "{offer}{head}");
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                let mut answer = vec![0; length.unwrap().parse().unwrap()];
                client.read_exact(&mut answer).unwrap();
                let received = bench.provider.received().pop().unwrap();
                assert!(received.body.len() >= body.len().min(1000), "{offer}");
                for name in ["upgrade", "http2-settings", "connection"] {
                    assert_eq!(received.header(name), None, "{offer}");
                }
            }
        }
    }
}

#[test]
fn a_websocket_is_passed_through() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap());
    let provider = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let head = read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: x\r\n\r\n").unwrap();
        let mut got = [0; 4];
        stream.read_exact(&mut got).unwrap();
        stream.write_all(b"pong").unwrap();
        (head, got)
    });
    let bench = Bench::with(
        Arc::new(Provider::start(|_| hello())),
        ReplayStore::in_memory(),
        None,
        |settings| {
            settings.targets = Targets::new(None, Some(&target), None).unwrap();
            settings.websockets = WebSockets::Pass;
        },
    );
    let mut client = TcpStream::connect(bench.address).unwrap();
    client.write_all(b"GET /v1/responses HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: k\r\nauthorization: Bearer b\r\n\r\n").unwrap();
    let head = read_head(&mut client);
    assert!(head.starts_with("HTTP/1.1 101") && head.contains("sec-websocket-accept: x"), "{head}");
    client.write_all(b"ping").unwrap();
    let mut got = [0; 4];
    client.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"pong");
    let (head, got) = provider.join().unwrap();
    assert_eq!(&got, b"ping");
    assert!(
        head.contains("authorization: Bearer b") && head.contains("upgrade: websocket"),
        "{head}"
    );
}

fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}
