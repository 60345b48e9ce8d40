//! Start, stop, and everything that may happen to a server in between.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::client::{Home, Response, Server, log};

#[test]
fn it_is_ready_when_it_says_where() {
    let server = Server::start(&[]);
    let livez = server.get("/livez").json();
    assert_eq!(
        (&livez["status"], &livez["service"]),
        (&json!("healthy"), &json!("headroom-proxy"))
    );
    assert_eq!(livez["pid"], server.pid());
    assert_eq!(livez["version"], env!("CARGO_PKG_VERSION"));
    assert!(livez["uptime_seconds"].as_f64().unwrap() >= 0.0);
    let readyz = server.get("/readyz").json();
    assert_eq!(
        (&readyz["ready"], &readyz["checks"]["store"]["ready"]),
        (&json!(true), &json!(true))
    );
    let version = readyz["compression_version"].as_str().unwrap();
    // Not the program's: two versions of it may send the same.
    assert!(version.starts_with(env!("CARGO_PKG_VERSION")) && version.contains('/'), "{version}");
    let health = server.get("/health").json();
    assert_eq!(health["config"]["optimize"], true);
    assert_eq!(health["config"]["max_body"], 100 << 20);
}

/// `serve` is the name of the user's document, `proxy` that of the Python package.
#[test]
fn it_has_two_names() {
    let home = Home::new();
    let (serve, proxy) = (home.run(&["serve", "--help"], ""), home.run(&["proxy", "--help"], ""));
    assert!(serve.status.success());
    assert_eq!(serve.stdout, proxy.stdout);
}

#[test]
fn what_was_begun_is_answered_before_it_stops() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = Server::start(&[]);
        let body = json!({ "text": log(100) }).to_string();
        let (first, rest) = body.split_at(1000);
        let mut stream = server.connect();
        let head = format!(
            "POST /v1/compress HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // The server asks for the body, so the request has begun.
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(first.as_bytes()).unwrap();
        server.signal(signal);
        // It takes no more connections: its stdout ends only with it, its port is free before.
        while std::net::TcpStream::connect(server.address).is_ok() {
            std::thread::yield_now();
        }
        stream.write_all(rest.as_bytes()).unwrap();
        let answer = Response::read(stream);
        assert_eq!(answer.status, 200);
        assert!(answer.json()["tokens_saved"].as_u64().unwrap() > 0);
        assert!(server.wait().0.success());
    }
}

/// A connection without a whole head holds nothing up, wherever in the head it waits. Whoever had a
/// request answered on it before is no different.
#[test]
fn a_head_of_which_only_a_part_came_does_not_keep_it_from_ending() {
    let mut server = Server::start(&[]);
    let mut open = Vec::new();
    for half in ["", "G", "GET / HT", "POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-le"] {
        let mut stream = server.connect();
        stream.write_all(half.as_bytes()).unwrap();
        open.push(stream);
        let mut stream = server.connect();
        stream.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        stream.write_all(half.as_bytes()).unwrap();
        open.push(stream);
    }
    // What is sent before this is read before it: the server has all the halves.
    assert_eq!(server.get("/livez").status, 200);
    server.signal(Signal::TERM);
    let (status, said) = server.wait();
    assert!(status.success());
    // The time that requests under way are given wasn't used up.
    assert!(!said.contains("unanswered"), "{said}");
}

#[test]
fn it_runs_on_when_its_terminal_is_closed() {
    let mut server = Server::start(&["--max-body", "1kB"]);
    server.close_output();
    server.signal(Signal::HUP);
    server.signal(Signal::HUP);
    // Writes to the log of warnings, which goes nowhere now, must do no harm either.
    for _ in 0..3 {
        assert_eq!(server.get("/livez").status, 200);
        assert_eq!(server.post("/v1/compress", "x".repeat(5000)).status, 413);
    }
    server.signal(Signal::TERM);
    assert!(server.wait().0.success());
}

#[test]
fn a_taken_port_says_by_whom() {
    let server = Server::start(&[]);
    let port = server.address.port().to_string();
    let home = Home::new();
    let refused = home.run(&["serve", "--port", &port], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty());
    let said = String::from_utf8(refused.stderr).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert!(
        said.contains(&format!("port {port} is in use: Headroom {version} is already running")),
        "{said}"
    );
    assert!(said.contains(&format!("kill {}", server.pid())), "{said}");
    assert!(said.contains("headroom serve --port "), "{said}");

    // Somebody who never answers, and somebody who answers something else.
    let refused_by = |other: &TcpListener| {
        let port = other.local_addr().unwrap().port().to_string();
        let refused = home.run(&["serve", "--port", &port], "");
        assert_eq!(refused.status.code(), Some(1));
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains(&format!("port {port} is in use by another program")), "{said}");
        assert!(said.contains("HEADROOM_BASE_URL"), "{said}");
    };
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    refused_by(&other);
    let answering = other.try_clone().unwrap();
    let answering = std::thread::spawn(move || {
        // The one that went away without an answer, and the one that gets one.
        for _ in 0..2 {
            let (mut stream, _) = answering.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi";
            let _ = stream.write_all(answer);
        }
    });
    refused_by(&other);
    answering.join().unwrap();
}

#[test]
fn what_was_acknowledged_survives_being_killed() {
    let mut server = Server::start(&[]);
    let answer = server.ask("/v1/compress", &json!({ "text": log(500) })).json();
    let hashes: Vec<String> = serde_json::from_value(answer["ccr_hashes"].clone()).unwrap();
    assert!(!hashes.is_empty());
    server.signal(Signal::KILL);
    server.wait();
    for hash in hashes {
        let found = server.home.run(&["retrieve", &hash], "");
        assert!(found.status.success());
        assert!(log(500).contains(std::str::from_utf8(&found.stdout).unwrap()));
    }
}

/// Killed while it writes, again and again: what was answered is there, and nothing wrong is given.
#[test]
fn nothing_acknowledged_is_lost_when_it_is_killed_while_it_writes() {
    let mut home = Home::new();
    let mut acknowledged = Vec::new();
    for round in 0..5 {
        let mut server = Server::start_in(home, &[]);
        let address = server.address;
        let clients: Vec<_> = (0..4)
            .map(|client| {
                std::thread::spawn(move || {
                    let mut hashes = Vec::new();
                    for i in 0..1000 {
                        let text = log(200).replace("request", &format!("job{round}-{client}-{i}"));
                        let body = json!({ "text": text }).to_string();
                        let Ok(mut stream) = std::net::TcpStream::connect(address) else { break };
                        let head = format!(
                            "POST /v1/compress HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                             content-length: {}\r\n\r\n",
                            body.len()
                        );
                        let _ = stream.write_all(head.as_bytes());
                        let _ = stream.write_all(body.as_bytes());
                        let mut answer = Vec::new();
                        let _ = stream.read_to_end(&mut answer);
                        let answer = String::from_utf8_lossy(&answer).into_owned();
                        let json = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
                        let Ok(json) = serde_json::from_str::<serde_json::Value>(json) else {
                            break;
                        };
                        hashes.extend(
                            json["ccr_hashes"]
                                .as_array()
                                .unwrap()
                                .iter()
                                .map(|hash| (hash.as_str().unwrap().to_owned(), text.clone())),
                        );
                    }
                    hashes
                })
            })
            .collect();
        // Enough has been written to be in the middle of it.
        while server.get("/stats").json()["requests"]["by_route"]["/v1/compress"].as_u64()
            < Some(40)
        {
            std::thread::yield_now();
        }
        server.signal(Signal::KILL);
        server.wait();
        for client in clients {
            acknowledged.extend(client.join().unwrap());
        }
        home = std::mem::replace(&mut server.home, Home::new());
    }
    assert!(acknowledged.len() >= 200, "{}", acknowledged.len());
    let server = Server::start_in(home, &[]);
    for (hash, text) in &acknowledged {
        let found = server.get(&format!("/v1/retrieve/{hash}"));
        assert_eq!(found.status, 200, "{hash}");
        assert!(text.contains(found.json()["original_content"].as_str().unwrap()));
    }
}

#[test]
fn the_log_has_a_line_for_each_request_and_nothing_of_what_was_in_it() {
    for format in ["text", "json"] {
        let home = Home::new();
        let path = home.path("server.log");
        let arguments = ["--log-file", path.to_str().unwrap(), "--log-format", format];
        let mut server = Server::start_in(home, &arguments);
        server.ask("/v1/compress", &json!({ "text": "a needle in a body", "task": "needle" }));
        server.post("/v1/compress", "a needle that isn't JSON");
        server.get("/v1/retrieve/needle?query=needle");
        server.get("/needle");
        server.signal(Signal::TERM);
        server.wait();
        let log = fs::read_to_string(path).unwrap();
        assert_eq!(log.lines().count(), 4, "{log}");
        assert!(!log.contains("needle"), "{log}");
        for expected in ["/v1/compress", "200", "400", "404", "/v1/retrieve/{hash}"] {
            assert!(log.contains(expected), "{expected} in {log}");
        }
        if format == "json" {
            for line in log.lines() {
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                assert!(line["fields"]["status"].is_u64(), "{line}");
            }
        }
    }
}

#[test]
fn the_figures_add_up() {
    let server = Server::start(&[]);
    let mut saved = 0;
    for model in ["gpt-4o", "gpt-4o", "claude-sonnet-4-5"] {
        let messages = json!([{ "role": "tool", "tool_call_id": "a", "content": crate::client::records(100) }]);
        let answer =
            server.ask("/v1/compress", &json!({ "messages": messages, "model": model })).json();
        saved += answer["tokens_saved"].as_u64().unwrap();
    }
    server.post("/v1/compress", "{}");
    let stats = server.get("/stats").json();
    assert_eq!(stats["tokens"]["saved"], saved);
    assert_eq!(stats["requests"]["by_route"]["/v1/compress"], 4);
    assert_eq!(stats["requests"]["refused"], 1);
    assert_eq!(stats["requests"]["by_model"], json!({ "claude-sonnet-4-5": 1, "gpt-4o": 2 }));
    assert_eq!(stats["recent_requests"].as_array().unwrap().len(), 3);
    assert_eq!(stats["recent_requests"][0]["model"], "claude-sonnet-4-5");

    let history = server.get("/stats-history").json();
    assert_eq!(history["lifetime"]["tokens_saved"], saved);
    for series in ["hourly", "daily", "weekly", "monthly"] {
        let points = history["series"][series].as_array().unwrap();
        let sum: u64 = points.iter().map(|point| point["tokens_saved"].as_u64().unwrap()).sum();
        assert_eq!(sum, saved, "{series}");
    }
    let daily = server.get("/stats-history?series=daily&format=json").json();
    assert_eq!(daily["series"].as_object().unwrap().len(), 1);
    assert_eq!(server.get("/stats-history?series=yearly").status, 400);

    let metrics = server.get("/metrics");
    assert!(metrics.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    assert!(metrics.text().contains(&format!("\nheadroom_tokens_saved_total {saved}\n")));
    let openapi = server.get("/openapi.json").json();
    assert_eq!(openapi["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let home = Home::new();
    fs::write(home.path("file"), "").unwrap();
    let mut command = home.headroom(&["serve", "--port", "0"]);
    let refused = command.env("HEADROOM_WORKSPACE_DIR", home.path("file")).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("originals can't be stored") && said.contains("HEADROOM_WORKSPACE_DIR"),
        "{said}"
    );
}

#[test]
fn a_store_that_breaks_later_costs_savings_and_nothing_else() {
    let server = Server::start(&[]);
    let originals = server.home.originals();
    fs::remove_dir_all(&originals).unwrap();
    fs::write(&originals, "no folder any more").unwrap();
    let answer = server.ask("/v1/compress", &json!({ "text": log(500) }));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["ccr_hashes"], json!([]));
    assert!(!answer.json()["text"].as_str().unwrap().contains("left out"));
    let readyz = server.get("/readyz").json();
    assert_eq!(
        (&readyz["ready"], &readyz["checks"]["store"]["status"]),
        (&json!(true), &json!("degraded"))
    );
    assert_eq!(server.get("/stats").json()["compression"]["not_kept"], 1);
    let (status, kind, _) = server.get("/v1/retrieve/0123456789abcdef01234567").error();
    assert_eq!((status, &*kind), (503, "storage_error"));
}

/// Stops what a test has started in the background, whatever becomes of the test.
struct InBackground(Home, String);

impl Drop for InBackground {
    fn drop(&mut self) {
        self.0.run(&["stop", "--port", &self.1], "");
    }
}

#[test]
fn a_server_in_the_background_is_found_and_stopped() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::new();
    assert_eq!(home.run(&["status"], "").status.code(), Some(1));
    let started = home.run(&["serve", "-d", "--port", "0"], "");
    let said = String::from_utf8(started.stdout).unwrap();
    let url = said.trim_end().strip_prefix("Headroom listens on ").unwrap().to_owned();
    let port = url.rsplit(':').next().unwrap().to_owned();
    let server = InBackground(home, port.clone());
    let home = &server.0;
    let text = |args: &[&str]| String::from_utf8(home.run(args, "").stdout).unwrap();
    let status = text(&["status"]);
    assert!(status.starts_with(&format!("{url} runs, process ")), "{status}");
    let status: Value = serde_json::from_str(&text(&["status", "--json"])).unwrap();
    assert_eq!(status["servers"][0]["url"], url);
    assert_eq!(status["servers"][0]["in_background"], true);
    let file = home.path(&format!(".headroom/state/servers/{port}.json"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    // Another one on that port says why it can't.
    let again = home.run(&["serve", "-d", "--port", &port], "");
    assert_eq!(again.status.code(), Some(1));
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(said.contains("is already running there"), "{said}");
    assert!(said.starts_with(&format!("error: port {port} is in use")), "{said}");
    // Its exit code is that of a server in the foreground.
    for detached in [&[][..], &["-d"]] {
        let refused = home.run(&[&["serve", "--host", "0.0.0.0"], detached].concat(), "");
        assert_eq!(refused.status.code(), Some(2), "{detached:?}");
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.starts_with("error: a --host that other"), "{said}");
    }

    assert_eq!(text(&["stop", "--port", &port]), format!("The server at {url} has stopped\n"));
    assert!(!file.exists());
    assert_eq!(home.run(&["status"], "").status.code(), Some(1));
    let none = home.run(&["stop", "--port", &port], "");
    assert_eq!(none.status.code(), Some(1));
    let said = String::from_utf8(none.stderr).unwrap();
    assert!(said.contains(&format!("no server on port {port} was started")), "{said}");
}

#[test]
fn only_a_server_that_was_started_in_the_background_is_stopped() {
    let server = Server::start(&[]);
    let port = server.address.port().to_string();
    let refused = server.home.run(&["stop", "--port", &port], "");
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains(&format!("started otherwise (process {})", server.pid())), "{said}");
    assert_eq!(server.get("/livez").status, 200);
    // A file that an older server has left means nothing.
    let folder = server.home.path(".headroom/state/servers");
    fs::create_dir_all(&folder).unwrap();
    let left = json!({"pid": 1, "url": server.url(), "port": server.address.port()});
    fs::write(folder.join(format!("{port}.json")), left.to_string()).unwrap();
    assert_eq!(server.home.run(&["stop", "--port", &port], "").status.code(), Some(1));
    assert_eq!(server.get("/livez").status, 200);
}
