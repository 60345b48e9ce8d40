//! A stub of the LLM providers on loopback, which responds by a script and records the requests.
//!
//! It implements HTTP/1.1 itself, with a thread per connection, so that a test can split a stream
//! anywhere, delay it, or break it off. Its responses have the documented shapes of Anthropic's Messages,
//! of OpenAI's Chat Completions and Responses, and of Google's Gemini, streamed or not as requested
//! ([`ModelTurn`]). [`SocketProvider`] speaks the Responses API over WebSockets. It has no prompt cache and no prices.

mod http;
mod model_turn;
mod socket;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde_json::{Value, json};

pub use model_turn::{ContentBlock, ModelTurn};
pub use socket::{
    SocketClient, SocketProvider, SocketReply, SocketRequest, SocketStep, close, create,
};
pub use tungstenite::Message;

/// The system prompt of an agent. It is long enough (1,200 tokens) for the proxy to inject the retrieval
/// tool.
pub fn system_prompt() -> String {
    "You work in a repository; keep to its conventions, and be brief. ".repeat(86)
}

/// A request that the stub was sent.
#[derive(Debug, Clone)]
pub struct Received {
    /// `GET`, `POST`.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Received {
    /// The body as JSON; `null` where it isn't.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

/// A response of the stub.
#[derive(Debug)]
pub enum Reply {
    /// A turn of the model, in the shape of the provider of the path, streamed if requested.
    Turn(ModelTurn),
    /// These bytes, with a length.
    Whole {
        /// The status.
        status: u16,
        /// Headers beside the length.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// A chunked body, step by step.
    Steps {
        /// Headers beside the encoding of the transfer.
        headers: Vec<(String, String)>,
        /// What happens, in order; after the last step the body ends as it should.
        steps: Vec<Step>,
    },
}

/// One step of a streamed body.
#[derive(Debug)]
pub enum Step {
    /// These bytes, as one chunk.
    Send(Vec<u8>),
    /// Waits until something is sent to this channel, or the sender is dropped.
    Wait(Receiver<()>),
    /// Waits until the client has closed the connection, then sends to this channel.
    UntilClosed(Sender<()>),
    /// The connection is closed in the middle of the body.
    Break,
}

impl Reply {
    /// An error in the shape of the provider at `path`.
    pub fn error(path: &str, status: u16, kind: &str, message: &str) -> Self {
        let body = if path.contains("/messages") {
            json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"})
        } else {
            json!({"error": {"message": message, "type": kind, "param": null, "code": null}})
        };
        let headers =
            [("content-type", "application/json"), ("request-id", "req_1"), ("retry-after", "7")];
        Reply::Whole {
            status,
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            body: body.to_string().into_bytes(),
        }
    }

    /// A stream of events in these steps.
    pub fn events(steps: Vec<Step>) -> Self {
        Reply::Steps {
            headers: vec![("content-type".to_owned(), "text/event-stream".to_owned())],
            steps,
        }
    }
}

type Script = dyn Fn(&Received) -> Reply + Send + Sync;

/// The stub. It runs as long as the process.
pub struct Provider {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Provider {
    /// Starts a stub on a free port of loopback that responds to each request with the result of `script`.
    ///
    /// # Panics
    /// When no port can be had.
    pub fn start(script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::listening(script, true)
    }

    /// The same, but without recording requests, for more of them than fit into memory.
    ///
    /// # Panics
    /// When no port can be had.
    pub fn forgetful(script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::listening(script, false)
    }

    fn listening(
        script: impl Fn(&Received) -> Reply + Send + Sync + 'static,
        remembers: bool,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let received = Arc::new(Mutex::new(Vec::new()));
        let (script, log) = (Arc::new(script) as Arc<Script>, received.clone());
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (script, log) = (script.clone(), log.clone());
                thread::spawn(move || serve(&connection, &*script, remembers.then_some(&*log)));
            }
        });
        Provider { address, received }
    }

    /// Its base URL, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Responds to the requests of one connection until it ends.
fn serve(connection: &TcpStream, script: &Script, log: Option<&Mutex<Vec<Received>>>) {
    let _ = connection.set_nodelay(true);
    let mut reader = http::Reader::new(connection);
    while let Ok(Some(request)) = reader.request() {
        if let Some(log) = log {
            log.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        }
        let reply = match script(&request) {
            Reply::Turn(turn) => turn.reply(&request),
            other => other,
        };
        if http::respond(connection, reply).is_err() {
            return;
        }
    }
}
