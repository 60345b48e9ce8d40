//! Who may ask, and what a request has to look like before it reaches its route.

use std::io::Write as _;
use std::net::{Ipv6Addr, SocketAddr};

use serde_json::json;

use crate::client::{Response, Server, connect};

fn get(server: &Server, headers: &str) -> Response {
    server.send(format!("GET /stats HTTP/1.1\r\nconnection: close\r\n{headers}\r\n"))
}

#[test]
fn a_foreign_host_is_refused() {
    let server = Server::start(&["--allow-host", "headroom.lan"]);
    let port = server.address.port();
    for host in ["localhost", "127.0.0.1", "[::1]", "headroom.lan", "LOCALHOST"] {
        let answer = get(&server, &format!("host: {host}:{port}\r\n"));
        assert_eq!(answer.status, 200, "{host}");
    }
    for host in
        ["evil.example", "localhost.evil.example", "localhost.", "0.0.0.0", "127.0.0.1.nip.io"]
    {
        let (status, kind, message) = get(&server, &format!("host: {host}:{port}\r\n")).error();
        assert_eq!((status, &*kind), (403, "permission_error"), "{host}");
        assert!(message.contains("--allow-host"));
    }
    for odd in ["", "host: a\r\nhost: localhost\r\n", "host: a b\r\n", "host: a@localhost\r\n"] {
        assert_eq!(get(&server, odd).status, 400, "{odd:?}");
    }
    let absolute =
        "GET http://evil.example/stats HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert_eq!(server.send(absolute).status, 403);
    assert_eq!(server.send("GET /stats HTTP/1.0\r\n\r\n").status, 400);
    assert_eq!(server.send("GET /stats HTTP/1.0\r\nhost: localhost\r\n\r\n").status, 200);
}

#[test]
fn a_foreign_page_is_refused_on_every_route() {
    let server = Server::start(&[]);
    let host = format!("host: {}\r\n", server.address);
    let own = format!("{host}origin: http://{}\r\n", server.address);
    assert_eq!(get(&server, &own).status, 200);
    for origin in ["https://evil.example", "null", "http://localhost:1", "http://127.0.0.1"] {
        let headers = format!("{host}origin: {origin}\r\n");
        assert_eq!(get(&server, &headers).status, 403, "{origin}");
        let headers = format!("origin: {origin}\r\n");
        let body = json!({ "text": "a" }).to_string();
        assert_eq!(server.post_with("/v1/compress", &headers, &body).status, 403);
        let preflight = format!(
            "OPTIONS /v1/compress HTTP/1.1\r\n{host}{headers}connection: close\r\n\
             access-control-request-method: POST\r\n\r\n"
        );
        let answer = server.send(preflight);
        assert_eq!(answer.status, 403);
        assert!(answer.header("access-control-allow-origin").is_none());
    }
}

#[test]
fn both_loopback_addresses_answer() {
    let server = Server::start(&[]);
    if std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return; // This machine has no ::1; the server has said so in a note.
    }
    let address = SocketAddr::from((Ipv6Addr::LOCALHOST, server.address.port()));
    let mut stream = connect(address);
    write!(stream, "GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    assert_eq!(Response::read(stream).json()["service"], "headroom-proxy");
}

#[test]
fn an_unknown_route_names_the_nearest() {
    let server = Server::start(&[]);
    let (status, kind, message) = server.post("/v1/compres", "{}").error();
    assert_eq!((status, &*kind), (404, "not_found_error"));
    assert!(message.contains("/v1/compress"), "{message}");
    let root = server.get("/");
    assert_eq!((root.status, root.header("location")), (307, Some("/dashboard")));
}

#[test]
fn a_wrong_method_is_named_and_the_right_ones_are_said() {
    let server = Server::start(&[]);
    for (path, allow) in [("/v1/compress", "post"), ("/v1/retrieve", "post")] {
        let answer = server.get(path);
        assert_eq!(answer.header("allow"), Some(allow), "{path}");
        let (status, kind, message) = answer.error();
        assert_eq!((status, &*kind), (405, "validation_error"));
        assert!(message.contains("GET"));
    }
    assert_eq!(server.post("/health", "{}").status, 405);
    assert_eq!(server.post("/health", "{}").header("allow"), Some("get,head"));
}

#[test]
fn only_json_is_read() {
    let server = Server::start(&[]);
    let send = |headers: &str| {
        let request = format!(
            "POST /v1/compress HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-length: 13\r\n{headers}\r\n{{\"text\": \"a\"}}"
        );
        server.send(request).status
    };
    assert_eq!(send(""), 200);
    assert_eq!(send("content-type: application/json; charset=utf-8\r\n"), 200);
    assert_eq!(send("content-type: application/x-www-form-urlencoded\r\n"), 415);
    assert_eq!(send("content-type: text/plain\r\n"), 415);
    assert_eq!(send("content-type: application/json\r\ncontent-encoding: gzip\r\n"), 415);
}

#[test]
fn a_body_that_is_too_large_is_refused_and_the_client_hears_it() {
    let server = Server::start(&["--max-body", "100kB"]);
    let body = json!({ "text": "x".repeat(150_000) }).to_string();
    let (status, kind, message) = server.post("/v1/compress", &body).error();
    assert_eq!((status, &*kind), (413, "request_too_large"));
    assert!(message.contains("100000 bytes"), "{message}");
    // The same without its length being said first.
    let mut chunked = b"POST /v1/compress HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
        transfer-encoding: chunked\r\n\r\n"
        .to_vec();
    for part in body.as_bytes().chunks(10_000) {
        chunked.extend(format!("{:x}\r\n", part.len()).bytes());
        chunked.extend(part);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    assert_eq!(server.send(chunked).status, 413);
    let fits = json!({ "text": "x".repeat(90_000) }).to_string();
    assert_eq!(server.post("/v1/compress", fits).status, 200);
}

/// Nobody is let in by a host that others can reach, unless that was thought of.
#[test]
fn other_machines_need_a_token_or_a_word() {
    let home = crate::client::Home::new();
    for host in ["0.0.0.0", "::", "192.0.2.1"] {
        let refused = home.run(&["serve", "--host", host, "--port", "0"], "");
        assert_eq!(refused.status.code(), Some(2), "{host}");
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains("--token") && said.contains("--no-auth"), "{said}");
        assert!(refused.stdout.is_empty());
    }
    let both = home.run(&["serve", "--host", "0.0.0.0", "--token", "x", "--no-auth"], "");
    assert_eq!(both.status.code(), Some(2));
    let empty = home.run(&["serve", "--host", "0.0.0.0", "--token", ""], "");
    assert_eq!(empty.status.code(), Some(2));
    for allowed in [&["--host", "0.0.0.0", "--token", "x"][..], &["--host", "0.0.0.0", "--no-auth"]]
    {
        let mut server = Server::start(allowed);
        assert!(server.address.ip().is_unspecified());
        server.address.set_ip([127, 0, 0, 1].into());
        // From this machine no token is needed, and a wrong one does no harm.
        assert_eq!(get(&server, "host: localhost\r\nauthorization: Bearer wrong\r\n").status, 200);
    }
}
