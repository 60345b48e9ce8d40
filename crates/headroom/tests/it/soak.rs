//! Many clients at once, and the server killed in the middle: nothing that was acknowledged is lost,
//! nothing wrong is ever given back, and memory stays flat.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::RedisServer;

use crate::client::Server;

/// Connections at one time.
const CONNECTIONS: u64 = 32;

/// A text that no other has, in which something can be left out.
fn text(number: u64) -> String {
    (0..120)
        .map(|i| {
            format!(
                "2024-05-01T10:00:{:02}Z INFO job {number} step {i} done in {} ms\n",
                i % 60,
                i * 7 % 13
            )
        })
        .collect()
}

/// A connection that is kept.
struct Client {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
}

impl Client {
    fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), address })
    }

    /// Status and body; an error when the connection breaks before all of it has come.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> std::io::Result<(u16, Value)> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let broken = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let mut status = 0;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(broken());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest[..3].parse().map_err(|_| broken())?;
            } else if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().map_err(|_| broken())?;
            } else if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, serde_json::from_slice(&body).map_err(|_| broken())?))
    }
}

/// What all clients together know.
#[derive(Default)]
struct Ledger {
    next: AtomicU64,
    /// Every hash that was acknowledged, with the number of its text.
    acknowledged: Mutex<BTreeSet<(String, u64)>>,
    read_back: AtomicU64,
}

impl Ledger {
    fn len(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }
}

/// Compresses texts and asks for their originals until `stop`, or until the server is gone.
fn work(address: SocketAddr, ledger: &Ledger, stop: &AtomicBool) {
    let Ok(mut client) = Client::connect(address) else { return };
    while !stop.load(Ordering::Relaxed) {
        let number = ledger.next.fetch_add(1, Ordering::Relaxed);
        let text = text(number);
        let body = json!({ "text": text }).to_string();
        let Ok((status, answer)) = client.ask("POST", "/v1/compress", &body) else { return };
        assert_eq!(status, 200, "{answer}");
        let hashes: Vec<String> = serde_json::from_value(answer["ccr_hashes"].clone()).unwrap();
        let acknowledged = hashes.iter().map(|hash| (hash.clone(), number));
        ledger.acknowledged.lock().unwrap().extend(acknowledged);
        for hash in hashes {
            let Ok((status, answer)) = client.ask("GET", &format!("/v1/retrieve/{hash}"), "")
            else {
                return;
            };
            // A shared store may miss its limit on a busy machine; then it says so.
            if status == 503 {
                continue;
            }
            assert_eq!(status, 200, "{answer}");
            check(&answer, &hash, &text);
            ledger.read_back.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn check(answer: &Value, hash: &str, text: &str) {
    let original = answer["original_content"].as_str().unwrap();
    assert_eq!(answer["hash"], hash);
    assert!(text.contains(original) && !original.is_empty(), "not what was left out");
}

/// Runs the clients against `server` until `enough`; how often its memory was looked at, and what for.
fn load(
    server: &Server,
    ledger: &Arc<Ledger>,
    mut enough: impl FnMut() -> bool,
) -> Vec<std::thread::JoinHandle<()>> {
    let stop = Arc::new(AtomicBool::new(false));
    let clients = (0..CONNECTIONS).map(|_| {
        let (address, ledger, stop) = (server.address, Arc::clone(ledger), Arc::clone(&stop));
        std::thread::spawn(move || work(address, &ledger, &stop))
    });
    let clients: Vec<_> = clients.collect();
    while !enough() {
        assert!(clients.iter().any(|client| !client.is_finished()), "a client failed");
        std::thread::sleep(Duration::from_millis(10));
    }
    stop.store(true, Ordering::Relaxed);
    clients
}

/// Writes at full load, `kill -9`, start again, everything that was acknowledged is asked for.
fn killed_in_the_middle(args: &[&str], rounds: usize, writes: usize) {
    let ledger = Arc::new(Ledger::default());
    let mut server = Server::start(args);
    for round in 1..=rounds {
        let clients = load(&server, &ledger, || ledger.len() >= round * writes);
        // While the clients are still in the middle of it.
        server.signal(rustix::process::Signal::KILL);
        clients.into_iter().for_each(|client| client.join().unwrap());
        server.wait();
        server = server.restart(args);
        let mut client = Client::connect(server.address).unwrap();
        for (hash, number) in ledger.acknowledged.lock().unwrap().iter() {
            let began = Instant::now();
            loop {
                let (status, answer) =
                    client.ask("GET", &format!("/v1/retrieve/{hash}"), "").unwrap();
                if status == 200 {
                    break check(&answer, hash, &text(*number));
                }
                assert!(
                    status == 503 && began.elapsed() < Duration::from_secs(60),
                    "lost: {answer}"
                );
            }
        }
    }
    assert!(ledger.read_back.load(Ordering::Relaxed) > 0);
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    killed_in_the_middle(&[], 3, 300);
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9_with_redis() {
    let redis = RedisServer::start(&[]);
    killed_in_the_middle(&["--store", &redis.url()], 2, 300);
}

/// For the table in BENCHMARKS.md; the tests above are the same in short.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "takes more than a minute for each store"]
fn a_minute_at_32_connections() {
    let redis = RedisServer::start(&[]);
    let address = redis.url();
    for (store, args) in [("files", vec![]), ("redis", vec!["--store", &address])] {
        let ledger = Arc::new(Ledger::default());
        let server = Server::start(&args);
        let began = Instant::now();
        let mut memory: Vec<u64> = Vec::new();
        let clients = load(&server, &ledger, || {
            let second = began.elapsed().as_secs() as usize;
            if memory.len() < second {
                memory.resize(second, server.memory() >> 20);
            }
            second >= 60
        });
        clients.into_iter().for_each(|client| client.join().unwrap());
        let (at_10, at_60) = (memory[9], memory[59]);
        let most = memory.iter().max().copied().unwrap_or_default();
        println!(
            "{store}: {} texts, {} originals acknowledged, {} read back and right; \
             memory {at_10} MiB after 10 s, {at_60} MiB after 60 s, {most} MiB at most",
            ledger.next.load(Ordering::Relaxed),
            ledger.len(),
            ledger.read_back.load(Ordering::Relaxed),
        );
        drop(server);
        let began = Instant::now();
        killed_in_the_middle(&args, 5, 2000);
        println!(
            "{store}: killed 5 times in the middle of writes, nothing lost ({:.0?})",
            began.elapsed()
        );
    }
}
