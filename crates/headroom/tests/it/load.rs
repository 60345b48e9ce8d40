//! Many agents at once between the built server and a stub provider: how much it adds, and that
//! clients that go away leave nothing behind. What takes minutes is ignored by default and prints the
//! rows of BENCHMARKS.md.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use testkit::provider::{ContentBlock, ModelTurn, Provider, Received, Reply, Step, system_prompt};

use crate::client::{Server, log};

/// When a test that waits for something gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Results that a conversation has at most; then another one begins.
const MOST_RESULTS: u64 = 12;

/// The request of an agent in the `turn`-th turn of its conversation number `conversation`.
fn body(conversation: u64, turn: u64) -> String {
    let mut messages = vec![json!({"role": "user", "content": format!("job {conversation}")})];
    for at in 0..=turn % MOST_RESULTS {
        let id = format!("call_{at}");
        let text = log(100).replace("request", &format!("job-{conversation}-{at}"));
        messages.push(json!({"role": "assistant", "content": [
            {"type": "tool_use", "id": id, "name": "Bash", "input": {"command": "cat app.log"}}]}));
        messages.push(json!({"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": id, "content": text}]}));
    }
    json!({"model": "claude-sonnet-4-5", "max_tokens": 1000, "stream": true, "system": system_prompt(), "messages": messages,
        "tools": [{"name": "Bash", "input_schema": {"type": "object"}}]})
    .to_string()
}

/// A stub that streams; one that is told to hold waits in the middle until its client goes away, and
/// counts how often that began and ended.
fn provider(held: &Arc<AtomicU64>, released: &Arc<AtomicU64>) -> Provider {
    let (held, released) = (held.clone(), released.clone());
    Provider::forgetful(move |request: &Received| {
        let answer = ModelTurn::new(
            "msg_1",
            [ContentBlock::text("I am looking into it. Then I will say so.")],
        );
        let reply = answer.reply(request);
        let Reply::Steps { headers, steps } = reply else { return reply };
        let sent = |step| if let Step::Send(bytes) = step { bytes } else { Vec::new() };
        let bytes: Vec<u8> = steps.into_iter().flat_map(sent).collect();
        let (first, rest) = bytes.split_at(bytes.len() / 2);
        let mut steps = vec![Step::Send(first.to_vec())];
        if request.header("x-scenario") == Some("hold") {
            let (closed, told) = channel();
            let released = released.clone();
            held.fetch_add(1, Ordering::SeqCst);
            std::thread::spawn(move || {
                told.recv().map(|()| released.fetch_add(1, Ordering::SeqCst))
            });
            steps.push(Step::UntilClosed(closed));
        }
        steps.push(Step::Send(rest.to_vec()));
        Reply::Steps { headers, steps }
    })
}

/// A connection that is kept.
struct Client {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
}

impl Client {
    fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), address })
    }

    fn request(&self, scenario: &str, body: &str) -> String {
        format!(
            "POST /v1/messages HTTP/1.1\r\nhost: {}\r\nx-api-key: k\r\n\
             anthropic-version: 2023-06-01\r\nx-scenario: {scenario}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// The head of an answer: its status, and its length where that is known.
    fn head(&mut self) -> io::Result<(u16, Option<usize>)> {
        let (mut status, mut length) = (0, None);
        loop {
            let line = self.line()?.to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest.get(..3).and_then(|digits| digits.parse().ok()).unwrap_or(0);
            } else if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().ok();
            } else if line.is_empty() {
                return Ok((status, length));
            }
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// The whole answer's status and body.
    fn answer(&mut self) -> io::Result<(u16, Vec<u8>)> {
        let (status, length) = self.head()?;
        let mut body = Vec::new();
        if let Some(length) = length {
            body.resize(length, 0);
            self.stream.read_exact(&mut body)?;
            return Ok((status, body));
        }
        loop {
            let size = usize::from_str_radix(&self.line()?, 16).map_err(io::Error::other)?;
            let start = body.len();
            body.resize(start + size, 0);
            self.stream.read_exact(&mut body[start..])?;
            self.line()?;
            if size == 0 {
                return Ok((status, body));
            }
        }
    }

    /// Asks and checks that a whole turn came back.
    fn ask(&mut self, body: &str) -> io::Result<()> {
        let request = self.request("", body);
        self.send(request.as_bytes())?;
        let (status, answer) = self.answer()?;
        let text = String::from_utf8_lossy(&answer);
        assert!(status == 200 && text.contains("message_stop"), "{status} {text}");
        Ok(())
    }
}

/// What a process and its children use.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) memory_mib: u64,
    descriptors: usize,
    /// Hundredths of a second of CPU time.
    pub(crate) ticks: u64,
}

pub(crate) fn usage(pid: u32) -> Usage {
    let mut all = Usage::default();
    let mut pids = vec![pid];
    while let Some(pid) = pids.pop() {
        let read =
            |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
        let status = read("status");
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = memory.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        all.memory_mib += kib.unwrap_or(0) >> 10;
        all.descriptors += fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
        let stat = read("stat");
        let after = stat.rsplit(") ").next().unwrap_or_default();
        let times = after.split(' ').skip(11).take(2).filter_map(|n| n.parse::<u64>().ok());
        all.ticks += times.sum::<u64>();
        let children = read(&format!("task/{pid}/children"));
        pids.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
    }
    all
}

/// Latencies of all answers in milliseconds, in order.
fn clients(address: SocketAddr, connections: u64, stop: &Arc<AtomicBool>) -> Vec<f64> {
    let work = |number: u64| {
        let stop = stop.clone();
        std::thread::spawn(move || {
            let mut times = Vec::new();
            let mut client = Client::connect(address).unwrap();
            for turn in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let body = body(number + connections * (turn / MOST_RESULTS), turn);
                let began = Instant::now();
                client.ask(&body).unwrap();
                times.push(began.elapsed().as_secs_f64() * 1000.0);
            }
            times
        })
    };
    let workers: Vec<_> = (0..connections).map(work).collect();
    let mut all: Vec<f64> = workers.into_iter().flat_map(|work| work.join().unwrap()).collect();
    all.sort_by(f64::total_cmp);
    all
}

fn run_for(time: Duration, address: SocketAddr, connections: u64) -> Vec<f64> {
    let stop = Arc::new(AtomicBool::new(false));
    let ends = stop.clone();
    let timer = std::thread::spawn(move || {
        std::thread::sleep(time);
        ends.store(true, Ordering::Relaxed);
    });
    let times = clients(address, connections, &stop);
    timer.join().unwrap();
    times
}

fn at(times: &[f64], share: f64) -> f64 {
    times.get((times.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN)
}

/// The environment variable that tells [`a_bare_hop`] where the provider is.
const HOP_TARGET: &str = "HEADROOM_HOP_TARGET";

type HopClient = legacy::Client<HttpConnector, Incoming>;

/// The program that is measured: ours, or the one of `HEADROOM_LOAD_COMMAND`, in which `{port}` is
/// filled in.
enum Measured {
    Ours(Server),
    Other(Child, SocketAddr),
}

impl Measured {
    fn start(provider: &Provider) -> Self {
        let url = provider.url();
        let Ok(command) = std::env::var("HEADROOM_LOAD_COMMAND") else {
            return Self::Ours(Server::start(&["--anthropic-api-url", &url]));
        };
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let command = command.replace("{port}", &free.port().to_string());
        let mut words = command.split_whitespace();
        let home = tempfile::tempdir().unwrap().keep();
        let child = Command::new(words.next().unwrap())
            .args(words)
            .env("ANTHROPIC_TARGET_API_URL", &url)
            .env("HOME", &home)
            .env("HEADROOM_WORKSPACE_DIR", &home)
            .env("HEADROOM_TELEMETRY", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while TcpStream::connect(free).is_err() {
            assert!(began.elapsed() < 2 * PATIENCE, "the program doesn't listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self::Other(child, free)
    }

    /// [`a_bare_hop`], in a process of its own as every proxy is.
    fn hop(provider: &Provider) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "load::a_bare_hop", "--nocapture"])
            .env(HOP_TARGET, provider.url())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| line.split_once("listening on ")?.1.parse().ok())
            .unwrap();
        Self::Other(child, address)
    }

    fn address(&self) -> SocketAddr {
        match self {
            Self::Ours(server) => server.address,
            Self::Other(_, address) => *address,
        }
    }

    fn usage(&self) -> Usage {
        match self {
            Self::Ours(server) => usage(server.pid()),
            Self::Other(child, _) => usage(child.id()),
        }
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        if let Self::Other(child, _) = self {
            // Only ever the process that was started here.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The least that a proxy can do, for comparison: `hyper` on both sides, and nothing is read.
#[test]
#[ignore = "a program that `a_minute_of_agents` starts"]
fn a_bare_hop() {
    let target = std::env::var(HOP_TARGET).unwrap();
    let service = |client: HopClient, target: String| {
        service_fn(move |mut request: Request<Incoming>| {
            let path = request.uri().path_and_query().unwrap();
            *request.uri_mut() = format!("{target}{path}").parse().unwrap();
            client.request(request)
        })
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("listening on {}", listener.local_addr().unwrap());
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client: HopClient = legacy::Client::builder(TokioExecutor::new()).build(connector);
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let service = service(client.clone(), target.clone());
            // A client that goes away is no failure of the hop.
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
}

/// For the tables in BENCHMARKS.md.
#[test]
#[ignore = "takes minutes"]
fn a_minute_of_agents() {
    let provider = provider(&Arc::default(), &Arc::default());
    let stub: SocketAddr = provider.url().trim_start_matches("http://").parse().unwrap();
    for connections in [1, 32, 256] {
        let direct = run_for(Duration::from_secs(10), stub, connections);
        let hop = Measured::hop(&provider);
        let through_hop = run_for(Duration::from_secs(10), hop.address(), connections);
        drop(hop);
        let measured = Measured::start(&provider);
        let length = Duration::from_secs(if connections == 1 { 10 } else { 60 });
        // What is only done once.
        Client::connect(measured.address()).unwrap().ask(&body(u64::MAX, 0)).unwrap();
        let before = measured.usage();
        let times = run_for(length, measured.address(), connections);
        let after = measured.usage();
        let added = |share| at(&times, share) - at(&direct, share);
        println!(
            "{connections} connections: {} requests, {:.0} per second (the stub alone {:.0}, through a bare hop {:.0}), added p50 {:.1} ms, \
             p99 {:.1} ms, {:.2} ms of CPU per request, {} MiB, {} descriptors",
            times.len(),
            times.len() as f64 / length.as_secs_f64(),
            direct.len() as f64 / 10.0,
            through_hop.len() as f64 / 10.0,
            added(0.5),
            added(0.99),
            (after.ticks - before.ticks) as f64 * 10.0 / times.len() as f64,
            after.memory_mib,
            after.descriptors,
        );
    }
}

/// Connections of the clients that go away.
const UNSTEADY: u64 = 32;

/// A generator of numbers (Marsaglia's xorshift), the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// One client that asks, and goes away in any way there is; its requests that were answered whole.
fn unsteady(address: SocketAddr, number: u64, requests: u64) -> u64 {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (number + 1));
    let mut kept: Option<Client> = None;
    let mut whole = 0;
    for turn in 0..requests {
        let body = body(number, turn);
        let mut client = kept.take().unwrap_or_else(|| Client::connect(address).unwrap());
        let roll = dice.roll();
        let request = client.request(if roll % 8 == 3 { "hold" } else { "" }, &body);
        match roll % 8 {
            // Before anything was said, in the middle of the request, before the answer.
            0 => {}
            1 => client.send(&request.as_bytes()[..request.len() / 2]).unwrap(),
            2 => client.send(request.as_bytes()).unwrap(),
            // In the middle of the answer.
            3 => {
                client.send(request.as_bytes()).unwrap();
                assert_eq!(client.head().unwrap().0, 200);
                client.line().unwrap();
            }
            _ => {
                client.ask(&body).unwrap();
                whole += 1;
                kept = Some(client).filter(|_| roll % 16 < 12);
            }
        }
    }
    whole
}

/// Runs `total` requests; what the server uses after a fifth of them, and at the end.
fn soak(total: u64) -> (Usage, Usage) {
    let (held, released) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let provider = provider(&held, &released);
    let server = Server::start(&["--anthropic-api-url", &provider.url()]);
    let round = |requests: u64| {
        let work = |number| {
            let address = server.address;
            std::thread::spawn(move || unsteady(address, number, requests))
        };
        let workers: Vec<_> = (0..UNSTEADY).map(work).collect();
        let whole: u64 = workers.into_iter().map(|work| work.join().unwrap()).sum();
        assert!(whole > 0);
        in_the_end(|| held.load(Ordering::SeqCst) == released.load(Ordering::SeqCst));
        // A connection for each client's place may wait for the next request to the provider.
        let most = 2 * UNSTEADY as usize + 32;
        in_the_end(|| usage(server.pid()).descriptors <= most);
        usage(server.pid())
    };
    let early = round(total / UNSTEADY / 5);
    let late = round(total / UNSTEADY * 4 / 5);
    assert!(held.load(Ordering::SeqCst) > 0);
    // It still answers, and the places of those who went are free.
    Client::connect(server.address).unwrap().ask(&body(0, 0)).unwrap();
    let stats: Value = server.get("/stats").json();
    assert!(stats.is_object());
    (early, late)
}

fn in_the_end(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "something is left behind");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn clients_that_go_away_leave_nothing_behind() {
    soak(1600);
}

/// For the table in BENCHMARKS.md; the test above is the same in short.
#[test]
#[ignore = "takes minutes"]
fn fifty_thousand_requests_and_memory_is_flat() {
    let (early, late) = soak(50_000);
    println!("after 10,000 requests {early:?}, after 50,000 {late:?}");
    assert!(late.memory_mib <= early.memory_mib * 5 / 4 + 4, "{early:?} {late:?}");
}
