//! The LLM routes between a real client and a stub provider, over real sockets.

mod compression;
mod failures;
mod injection;
mod kept;
mod mutations;
mod pass;
mod providers;
mod references;
mod retrieval;
mod rewriting;
mod sockets;
mod streams;

use std::borrow::Cow;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use blob_store::{Originals, ReplayStore};
use bytes::Bytes;
use compress::marker::{Marker, RetrievalReference, contains, hash};
use compress::{ChunkReport, Compressed, Omission, Options, Provider as Compressor, Retrieval};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use llm_api::{APIS, Api, CHAT, GEMINI, MESSAGES, RESPONSES};
use metrics::{Ending, Exchange, Recorder};
use serde_json::{Value, json};
use testkit::provider::{Provider, Received, Reply, system_prompt};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::*;
use crate::rewrite::RequestRewriter;

/// Leaves out the middle of any text of more than ten lines, if that can be asked for, and writes
/// upper case where it can't.
#[derive(Clone, Copy)]
pub(super) struct Cutter;

impl Compressor for Cutter {
    fn name(&self) -> &str {
        "cutter"
    }

    fn compress(
        &self,
        text: &str,
        options: &Options,
    ) -> Result<Compressed, Box<dyn Error + Send + Sync>> {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut out = Compressed {
            text: text.to_owned(),
            tokens_before: text.len(),
            ..Compressed::default()
        };
        assert!(!text.contains("panic at this"), "asked for");
        if lines.len() > 10 && !contains(text) && options.cosmetic {
            if options.retrieval == Retrieval::Offered {
                let original = lines[3..lines.len() - 3].concat();
                let reference = RetrievalReference::Hash(hash(&original));
                let (count, what) = (lines.len() - 6, "lines".to_owned());
                let marker = Marker { count, what: what.clone(), reference: reference.clone() }
                    .to_string()
                    + "\n";
                let head = lines[..3].concat();
                let at = head.len()..head.len() + marker.len();
                out.text = [head, marker, lines[lines.len() - 3..].concat()].concat();
                out.omissions = vec![Omission {
                    reference,
                    count,
                    what,
                    lines: (4, lines.len() - 3),
                    original,
                    at,
                    escapes: Vec::new(),
                }];
                out.transforms = vec!["cut".to_owned()];
            } else {
                out.text = text.to_uppercase();
                out.transforms = vec!["upper".to_owned()];
            }
        }
        out.tokens_after = out.text.len();
        out.chunks = vec![ChunkReport {
            kind: compress::Kind::Log,
            lines: (1, lines.len()),
            tokens_before: out.tokens_before,
            tokens_after: out.tokens_after,
            transform: None,
        }];
        Ok(out)
    }
}

/// Remembers what it is told.
#[derive(Default)]
pub(super) struct Heard(Mutex<Vec<Exchange>>);

impl Recorder for Heard {
    fn record(&self, exchange: Exchange) {
        self.0.lock().unwrap().push(exchange);
    }
}

impl Heard {
    pub(super) fn all(&self) -> Vec<Exchange> {
        self.0.lock().unwrap().clone()
    }
}

/// A stub provider and a server before it.
pub(super) struct Bench {
    pub(super) runtime: Runtime,
    pub(super) provider: Arc<Provider>,
    pub(super) heard: Arc<Heard>,
    pub(super) address: SocketAddr,
    client: Client<HttpConnector, Body>,
}

/// What a client got.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Got {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Bench {
    /// A provider that answers as `script` says, and a server with default settings.
    pub(super) fn new(script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::with(Arc::new(Provider::start(script)), ReplayStore::in_memory(), None, |_| {})
    }

    pub(super) fn with(
        provider: Arc<Provider>,
        replay_store: ReplayStore,
        originals: Option<Arc<Originals>>,
        set: impl FnOnce(&mut Settings),
    ) -> Self {
        let url = provider.url();
        let targets = Targets::new(Some(&url), Some(&url), Some(&url)).unwrap();
        let mut settings = Settings::new(targets);
        settings.retry_within = Duration::ZERO;
        set(&mut settings);
        let heard = Arc::new(Heard::default());
        let llm = LlmProxy::with_compressor(
            Box::new(Cutter),
            settings,
            replay_store,
            originals,
            heard.clone(),
        );
        let runtime = Runtime::new().unwrap();
        let address = serve(&runtime, Arc::new(llm));
        let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        Bench { runtime, provider, heard, address, client }
    }

    /// Sends a request and gives the head of its answer.
    pub(super) fn open(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response<Incoming> {
        let (path, body) = of_gemini(path, body);
        let mut request =
            Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.into_owned())).unwrap();
        self.runtime.block_on(self.client.request(request)).unwrap()
    }

    pub(super) fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Got {
        let (parts, body) = self.open(method, path, headers, body).into_parts();
        let body = self.runtime.block_on(body.collect()).unwrap().to_bytes().to_vec();
        Got { status: parts.status, headers: parts.headers, body }
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Got {
        self.send(Method::POST, path, &KEY, body.to_string().as_bytes())
    }

    /// The last body that the provider was sent.
    pub(super) fn sent(&self) -> Value {
        self.provider.received().last().unwrap().json()
    }
}

/// The path and body for which Gemini's client means `path` and `body`: it says in the path whether it
/// wants a stream.
fn of_gemini<'r>(path: &'r str, body: &'r [u8]) -> (&'r str, Cow<'r, [u8]>) {
    if path == self::path(GEMINI)
        && let Ok(mut given) = serde_json::from_slice::<Value>(body)
        && given["stream"] == true
    {
        given.as_object_mut().unwrap().remove("stream");
        let path = "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse";
        return (path, given.to_string().into_bytes().into());
    }
    (path, body.into())
}

pub(super) const KEY: [(&str, &str); 2] =
    [("content-type", "application/json"), ("x-api-key", "k")];

fn serve(runtime: &Runtime, llm: Arc<LlmProxy>) -> SocketAddr {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let llm = llm.clone();
            let service = hyper::service::service_fn(move |request: Request<Incoming>| {
                let llm = llm.clone();
                async move {
                    let answer = llm.handle(request.map(Body::new)).await;
                    let nobody = || Response::builder().status(404).body(Body::empty()).unwrap();
                    Ok::<_, std::convert::Infallible>(answer.unwrap_or_else(|_| nobody()))
                }
            });
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

/// A long result of a tool.
pub(super) fn long(name: &str) -> String {
    (0..40).map(|n| format!("{name}: line {n} of the output, as long as lines are\n")).collect()
}

/// What the cutter leaves out of such a result.
pub(super) fn middle(name: &str) -> String {
    let text = long(name);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines[3..lines.len() - 3].concat()
}

/// The conversation of an agent in the shape of an API: a user's words, then for each name a call and
/// its result.
pub(super) fn conversation(api: &'static dyn Api, names: &[&str]) -> Value {
    let mut body = match api.name() {
        "messages" => {
            json!({"model": "claude-sonnet-4-5", "max_tokens": 1000, "system": system_prompt(),
            "tools": [{"name": "Bash", "input_schema": {"type": "object"}}],
            "messages": [{"role": "user", "content": "fix it"}]})
        }
        "chat" => json!({"model": "gpt-5", "max_completion_tokens": 1000,
            "tools": [{"type": "function", "function": {"name": "Bash", "parameters": {}}}],
            "messages": [{"role": "system", "content": system_prompt()}, {"role": "user", "content": "fix it"}]}),
        "responses" => {
            json!({"model": "gpt-5", "store": false, "max_output_tokens": 1000, "instructions": system_prompt(),
            "tools": [{"type": "function", "name": "Bash", "parameters": {}}],
            "input": [{"role": "user", "content": "fix it"}]})
        }
        "gemini" => json!({"systemInstruction": {"parts": [{"text": system_prompt()}]},
            "tools": [{"functionDeclarations": [{"name": "Bash", "parameters": {}}]}],
            "generationConfig": {"maxOutputTokens": 1000},
            "contents": [{"role": "user", "parts": [{"text": "fix it"}]}]}),
        name => panic!("no sample of {name}"),
    };
    for name in names {
        add_call(api, &mut body, name);
        add_result(api, &mut body, name, &long(name));
    }
    body
}

pub(super) fn list(api: &'static dyn Api) -> &'static str {
    match api.name() {
        "responses" => "input",
        "gemini" => "contents",
        _ => "messages",
    }
}

/// The tools of a body.
pub(super) fn tools(body: &Value) -> Vec<Value> {
    let list = &body["tools"];
    let list = list.get(0).and_then(|first| first.get("functionDeclarations")).unwrap_or(list);
    list.as_array().cloned().unwrap_or_default()
}

/// The same, to change them.
pub(super) fn tools_mut(body: &mut Value) -> &mut Vec<Value> {
    let is_grouped = body["tools"][0].get("functionDeclarations").is_some();
    let list = &mut body["tools"];
    let list = if is_grouped { &mut list[0]["functionDeclarations"] } else { list };
    list.as_array_mut().unwrap()
}

/// Adds what a user says.
pub(super) fn add_words(api: &'static dyn Api, body: &mut Value, words: &str) {
    let message = match api.name() {
        "gemini" => json!({"role": "user", "parts": [{"text": words}]}),
        _ => json!({"role": "user", "content": words}),
    };
    push(api, body, &[message]);
}

/// Keeps the model from calling tools.
pub(super) fn forbid_tools(api: &'static dyn Api, body: &mut Value) {
    match api.name() {
        "messages" => body["tool_choice"] = json!({"type": "none"}),
        "gemini" => body["toolConfig"] = json!({"functionCallingConfig": {"mode": "NONE"}}),
        _ => body["tool_choice"] = json!("none"),
    }
}

fn push(api: &'static dyn Api, body: &mut Value, items: &[Value]) {
    body[list(api)].as_array_mut().unwrap().extend_from_slice(items);
}

fn add_call(api: &'static dyn Api, body: &mut Value, id: &str) {
    let call = match api.name() {
        "messages" => json!({"role": "assistant", "content": [
            {"type": "text", "text": format!("I call {id}")},
            {"type": "tool_use", "id": id, "name": "Bash", "input": {"command": "run"}}]}),
        "chat" => json!({"role": "assistant", "content": format!("I call {id}"), "tool_calls": [
            {"id": id, "type": "function", "function": {"name": "Bash", "arguments": "{\"command\":\"run\"}"}}]}),
        "responses" => {
            json!({"type": "function_call", "call_id": id, "name": "Bash", "arguments": "{\"command\":\"run\"}"})
        }
        "gemini" => json!({"role": "model", "parts": [{"text": format!("I call {id}")},
            {"functionCall": {"id": id, "name": "Bash", "args": {"command": "run"}}}]}),
        name => panic!("no sample of {name}"),
    };
    push(api, body, &[call]);
}

pub(super) fn add_result(api: &'static dyn Api, body: &mut Value, id: &str, text: &str) {
    let result = match api.name() {
        "messages" => {
            json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": [{"type": "text", "text": text}]}]})
        }
        "chat" => json!({"role": "tool", "tool_call_id": id, "content": text}),
        "responses" => json!({"type": "function_call_output", "call_id": id, "output": text}),
        "gemini" => json!({"role": "user", "parts": [
            {"functionResponse": {"id": id, "name": "Bash", "response": {"output": text}}}]}),
        name => panic!("no sample of {name}"),
    };
    push(api, body, &[result]);
}

pub(super) fn path(api: &'static dyn Api) -> &'static str {
    match api.name() {
        "gemini" => "/v1beta/models/gemini-2.5-pro:generateContent",
        _ => api.endpoints()[0].path,
    }
}
