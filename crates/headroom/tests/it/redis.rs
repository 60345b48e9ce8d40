//! A store in Redis, shared by programs that know nothing of each other, and what they do without it.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::RedisServer;

use crate::client::{Home, Server, log};

/// How long anything may take that a busy machine can delay.
const PATIENCE: Duration = Duration::from_secs(60);

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn hash_in(text: &str) -> Option<String> {
    text.split_once("hash=").map(|(_, rest)| rest[..24].to_owned())
}

/// Does `work` until it gives something: a busy machine may miss the limit of an operation, and then
/// nothing is left out.
fn in_the_end<T>(mut work: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(value) = work() {
            return value;
        }
        assert!(began.elapsed() < PATIENCE, "not in time");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Compresses at `server` until something is left out; its hash.
fn left_out(server: &Server, lines: usize) -> String {
    in_the_end(|| {
        let answer = server.ask("/v1/compress", &json!({ "text": log(lines) }));
        assert_eq!(answer.status, 200);
        answer.json()["ccr_hashes"][0].as_str().map(str::to_owned)
    })
}

/// The original at `server`, once the store answers.
fn original(server: &Server, hash: &str) -> Value {
    in_the_end(|| {
        let answer = server.get(&format!("/v1/retrieve/{hash}"));
        (answer.status != 503).then(|| answer.json())
    })
}

#[test]
fn what_one_program_leaves_out_any_other_gives_back() {
    let redis = RedisServer::start(&[]);
    let one = Server::start(&["--store", &redis.url()]);
    let other = Server::start(&["--store", &redis.url()]);
    let hash = left_out(&one, 500);
    let found = original(&other, &hash[..12]);
    assert!(log(500).contains(found["original_content"].as_str().unwrap()));
    assert!(!one.home.originals().exists(), "nothing is left on disk");

    // The command line on a third machine.
    let home = Home::new();
    let run = |args: &[&str], input: &str| {
        let mut command = home.headroom(args);
        command.env("HEADROOM_STORE", redis.url());
        home.finish(command, input)
    };
    let by_command = in_the_end(|| {
        let out = run(&["retrieve", &hash], "");
        out.status.success().then_some(out)
    });
    assert_eq!(found["original_content"], text(&by_command.stdout));
    let piped = in_the_end(|| hash_in(text(&run(&["compress"], &log(700)).stdout)));
    let found = original(&one, &piped);
    assert!(log(700).contains(found["original_content"].as_str().unwrap()));
    assert!(!home.originals().exists());
}

#[test]
fn while_it_is_down_nothing_is_left_out_and_that_is_said() {
    let mut redis = RedisServer::start(&[]);
    let mut server = Server::start(&["--store", &redis.url()]);
    let hash = left_out(&server, 500);
    in_the_end(|| (server.get("/readyz").json()["checks"]["store"]["ready"] == true).then_some(()));
    assert_eq!(
        server.get("/health").json()["config"]["store"],
        format!("Redis at 127.0.0.1:{}", redis.port())
    );

    redis.kill();
    let answer = server.ask("/v1/compress", &json!({ "text": log(600) })).json();
    assert_eq!(answer["ccr_hashes"], json!([]));
    let smaller = answer["text"].as_str().unwrap();
    assert!(!smaller.contains("left out") && smaller.len() < log(600).len());
    let ready = server.get("/readyz");
    assert_eq!(ready.status, 200, "it does its work all the same");
    let store = &ready.json()["checks"]["store"];
    assert_eq!((&store["ready"], &store["status"]), (&json!(false), &json!("degraded")));
    assert!(store["error"].as_str().unwrap().contains("nothing is omitted"), "{store}");
    let stats = server.get("/stats").json();
    assert_eq!(
        (&stats["store"]["ready"], &stats["store"]["leaves_out"]),
        (&json!(false), &json!(false))
    );
    assert!(stats["compression"]["not_kept"].as_u64().unwrap() > 0);
    let refused = server.get(&format!("/v1/retrieve/{hash}"));
    let (status, kind, message) = refused.error();
    assert_eq!((status, &*kind), (503, "storage_error"));
    assert!(message.contains("run the command"), "{message}");

    let home = Home::new();
    let out = home.run(&["compress", "--store", &redis.url()], log(500));
    assert!(out.status.success() && !text(&out.stdout).contains("left out"));
    assert!(
        text(&out.stderr).contains("compressed without omissions: Redis at"),
        "{}",
        text(&out.stderr)
    );
    let out = home.run(&["retrieve", &hash, "--store", &redis.url()], "");
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("run the command that wrote it"));

    redis.restart();
    assert!(log(500).contains(original(&server, &hash)["original_content"].as_str().unwrap()));
    left_out(&server, 700);
    server.signal(rustix::process::Signal::TERM);
    let (status, said) = server.wait();
    assert!(status.success());
    assert!(said.contains("nothing is omitted until it is back"), "{said}");
    assert!(said.contains("the store of originals is reachable again"), "{said}");
}

#[test]
fn a_server_starts_without_it_and_finds_it_later() {
    let mut redis = RedisServer::start(&[]);
    redis.kill();
    let server = Server::start(&["--store", &redis.url()]);
    let answer = server.ask("/v1/compress", &json!({ "text": log(500) })).json();
    assert_eq!(answer["ccr_hashes"], json!([]));
    redis.restart();
    left_out(&server, 500);
}

/// A certificate for this machine and its key, in `home`.
fn certificate(home: &Home) -> (String, String) {
    let path = |name: &str| home.path(name).to_str().unwrap().to_owned();
    let (certificate, key) = (path("certificate.pem"), path("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &key, "-out", &certificate])
        .output()
        .expect("openssl is installed (scripts/setup.sh does that)");
    assert!(made.status.success(), "{}", text(&made.stderr));
    (certificate, key)
}

#[test]
fn with_tls_and_only_with_a_certificate_that_is_trusted() {
    let home = Home::new();
    let (certificate, key) = certificate(&home);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let port = free.to_string();
    let tls = ["--tls-port", &port, "--tls-cert-file", &certificate, "--tls-key-file", &key];
    let _redis = RedisServer::start(&[&tls[..], &["--tls-auth-clients", "no"]].concat());
    let url = format!("rediss://localhost:{port}");
    let compress = |trusted: Option<&str>| {
        let mut command = home.headroom(&["compress", "--store", &url]);
        command.envs(trusted.map(|file| ("SSL_CERT_FILE", file)));
        home.finish(command, log(500))
    };
    let out = compress(None);
    assert!(text(&out.stderr).contains("compressed without omissions"), "{}", text(&out.stderr));
    let hash = in_the_end(|| hash_in(text(&compress(Some(&certificate)).stdout)));
    let original = in_the_end(|| {
        let mut command = home.headroom(&["retrieve", &hash, "--store", &url]);
        command.env("SSL_CERT_FILE", &certificate);
        let out = home.finish(command, "");
        out.status.success().then_some(out.stdout)
    });
    assert!(log(500).contains(text(&original)));
}

#[test]
fn a_token_is_a_namespace() {
    let redis = RedisServer::start(&[]);
    let mine = Server::start(&["--store", &redis.url(), "--token", "secret"]);
    let other = Server::start(&["--store", &redis.url()]);
    let hash = left_out(&mine, 500);
    assert_eq!(original(&other, &hash)["error"]["type"], "storage_error");
    original(&mine, &hash)["original_content"].as_str().unwrap();
}

#[test]
fn what_is_no_store_is_wrong_usage() {
    let home = Home::new();
    for (store, said) in [
        ("file", "expected files, memory, redis://HOST"),
        ("http://127.0.0.1", "not the address of a Redis"),
        ("redis://", "not the address of a Redis"),
    ] {
        let out = home.run(&["serve", "--port", "0", "--store", store], "");
        assert_eq!(out.status.code(), Some(2), "{store}");
        assert!(text(&out.stderr).contains(said), "{}", text(&out.stderr));
    }
    let out = home.run(&["compress", "--store", "memory"], log(500));
    assert_eq!(out.status.code(), Some(2));
    // An address in the environment can hold a password, which help must not show.
    let mut command = home.headroom(&["serve", "--help"]);
    command.env("HEADROOM_STORE", "redis://:s3cret@host");
    assert!(!text(&home.finish(command, "").stdout).contains("s3cret"));
}
