//! A stub of OpenAI's Responses API over WebSockets, and a client of it, both with a thread per connection.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};

use super::{ModelTurn, Received, http};

/// RFC 6455, section 1.3.
const KEY: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// How long a client waits for a message. By hand: far longer than any test takes.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A message of a client that asks for a response.
#[derive(Debug, Clone)]
pub struct SocketRequest {
    /// The message as it came.
    pub text: String,
    /// The same as JSON.
    pub message: Value,
    /// The items so far: those that the provider holds, and the message's own.
    pub items: Vec<Value>,
    /// Whether it goes on from a response that the provider holds, or from none.
    pub is_known: bool,
}

impl SocketRequest {
    /// The message's own items.
    pub fn input(&self) -> &[Value] {
        self.message["input"].as_array().map_or(&[], Vec::as_slice)
    }
}

/// What the stub does with a message.
#[derive(Debug)]
pub enum SocketReply {
    /// A turn of the model, event by event.
    Turn(ModelTurn),
    /// These steps, in order.
    Steps(Vec<SocketStep>),
    /// The connection is dropped.
    Break,
}

/// One step of a reply.
#[derive(Debug)]
pub enum SocketStep {
    /// This message.
    Send(Message),
    /// All but the last events of a turn.
    Begin(ModelTurn, usize),
    /// Waits until something is sent to this channel, or the sender is dropped.
    Wait(Receiver<()>),
    /// The connection is dropped.
    Break,
}

type Script = dyn Fn(&SocketRequest) -> SocketReply + Send + Sync;

/// What a stub does with messages.
enum Behaviour {
    Responds(Box<Script>),
    /// It sends this for any of text, and reads none.
    Refuses(Message),
}

#[derive(Default)]
struct Seen {
    heads: Mutex<Vec<Received>>,
    requests: Mutex<Vec<SocketRequest>>,
    others: Mutex<Vec<Message>>,
    /// The conversations that the provider holds, by the ids of their last responses.
    held: Mutex<HashMap<String, Vec<Value>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The stub. It runs as long as the process, and holds every conversation that long.
pub struct SocketProvider {
    address: SocketAddr,
    seen: Arc<Seen>,
}

impl SocketProvider {
    /// Starts a stub on a free port of loopback that responds to each message with the result of `script`;
    /// to one that only warms it up, with an empty response.
    ///
    /// # Panics
    /// When no port can be had.
    pub fn start(script: impl Fn(&SocketRequest) -> SocketReply + Send + Sync + 'static) -> Self {
        Self::listening(Behaviour::Responds(Box::new(script)))
    }

    /// Starts a stub that sends `message` for any message of text.
    ///
    /// # Panics
    /// When no port can be had.
    pub fn refusing(message: Message) -> Self {
        Self::listening(Behaviour::Refuses(message))
    }

    fn listening(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let seen = Arc::new(Seen::default());
        let (behaviour, log) = (Arc::new(behaviour), seen.clone());
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (behaviour, log) = (behaviour.clone(), log.clone());
                thread::spawn(move || serve(connection, &behaviour, &log));
            }
        });
        SocketProvider { address, seen }
    }

    /// Its base URL, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The upgrades that were asked for.
    pub fn heads(&self) -> Vec<Received> {
        locked(&self.seen.heads).clone()
    }

    /// The messages that asked for responses, oldest first.
    pub fn requests(&self) -> Vec<SocketRequest> {
        locked(&self.seen.requests).clone()
    }

    /// Forgets the messages so far, but not the conversations.
    pub fn forget(&self) {
        locked(&self.seen.requests).clear();
    }

    /// All other messages, oldest first.
    pub fn others(&self) -> Vec<Message> {
        locked(&self.seen.others).clone()
    }

    /// The same, which are then forgotten.
    pub fn take_others(&self) -> Vec<Message> {
        std::mem::take(&mut *locked(&self.seen.others))
    }
}

fn serve(connection: TcpStream, behaviour: &Behaviour, seen: &Seen) -> Option<()> {
    let _ = connection.set_nodelay(true);
    let request = http::Reader::new(&connection).request().ok()??;
    let key = request.header("sec-websocket-key").map(str::to_owned);
    locked(&seen.heads).push(request);
    let accept = STANDARD.encode(Sha1::digest(key? + KEY));
    write!(
        &connection,
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
         x-codex-turn-state: state\r\nsec-websocket-accept: {accept}\r\n\r\n"
    )
    .ok()?;
    let config = WebSocketConfig::default().max_frame_size(None).max_message_size(None);
    let mut socket = WebSocket::from_raw_socket(connection, Role::Server, Some(config));
    while let Ok(message) = socket.read() {
        let request = match (&message, behaviour) {
            (Message::Text(_), Behaviour::Refuses(refusal)) => {
                locked(&seen.others).push(message);
                socket.send(refusal.clone()).ok()?;
                continue;
            }
            (Message::Text(text), _) => request_in(text, seen),
            _ => None,
        };
        let Some(request) = request else {
            locked(&seen.others).push(message);
            continue;
        };
        locked(&seen.requests).push(request.clone());
        let reply = match request.message["generate"] == false {
            true => {
                let id = format!("warm_{}", locked(&seen.requests).len());
                SocketReply::Turn(ModelTurn::new(&id, []))
            }
            false => match behaviour {
                Behaviour::Responds(script) => script(&request),
                Behaviour::Refuses(_) => SocketReply::Break,
            },
        };
        answer(&mut socket, &request, reply, seen)?;
    }
    Some(())
}

fn request_in(text: &str, seen: &Seen) -> Option<SocketRequest> {
    let message: Value = serde_json::from_str(text).ok()?;
    let input = message["input"].as_array().filter(|_| message["type"] == "response.create")?;
    let previous = message["previous_response_id"].as_str();
    let held = previous.map(|id| locked(&seen.held).get(id).cloned());
    let is_known = held.as_ref().is_none_or(Option::is_some);
    let mut items = held.flatten().unwrap_or_default();
    items.extend_from_slice(input);
    Some(SocketRequest { text: text.to_owned(), message, items, is_known })
}

fn answer(
    socket: &mut WebSocket<TcpStream>,
    request: &SocketRequest,
    reply: SocketReply,
    seen: &Seen,
) -> Option<()> {
    match reply {
        SocketReply::Turn(turn) => {
            let events = turn.messages(&request.message["model"], request.text.len() as u64 / 4);
            let last = events.last()?;
            let output = last["response"]["output"].as_array()?;
            let items = [&request.items[..], output].concat();
            let mut held = locked(&seen.held);
            // Only the last response of a conversation can be gone on from.
            if let Some(previous) = request.message["previous_response_id"].as_str() {
                held.remove(previous);
            }
            held.insert(turn.id.clone(), items);
            drop(held);
            for event in &events {
                socket.send(Message::text(event.to_string())).ok()?;
            }
        }
        SocketReply::Steps(steps) => {
            for step in steps {
                match step {
                    SocketStep::Send(message) => socket.send(message).ok()?,
                    SocketStep::Begin(turn, left) => {
                        let events = turn.messages(&request.message["model"], 1);
                        for event in &events[..events.len().saturating_sub(left)] {
                            socket.send(Message::text(event.to_string())).ok()?;
                        }
                    }
                    // A dropped sender lets it go on as well.
                    SocketStep::Wait(gate) => drop(gate.recv()),
                    SocketStep::Break => return None,
                }
            }
        }
        SocketReply::Break => return None,
    }
    Some(())
}

/// A message that closes a connection.
pub fn close(code: u16, reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame { code: code.into(), reason: reason.into() }))
}

/// A client.
pub struct SocketClient {
    socket: WebSocket<TcpStream>,
    /// The head of the response to the upgrade.
    pub head: String,
}

impl SocketClient {
    /// Asks for a WebSocket, with more `headers`, each with a line end.
    ///
    /// # Errors
    /// The head of any other response than the WebSocket.
    ///
    /// # Panics
    /// When the server can't be reached.
    pub fn connect(address: SocketAddr, path: &str, headers: &str) -> Result<Self, String> {
        let mut stream = TcpStream::connect(address).expect("a server");
        stream.set_nodelay(true).expect("a socket");
        stream.set_read_timeout(Some(TIMEOUT)).expect("a socket");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-extensions: permessage-deflate\r\n{headers}\r\n"
        )
        .expect("a connection");
        let head = head(&mut stream).expect("a response");
        if !head.starts_with("HTTP/1.1 101") {
            return Err(head);
        }
        // RFC 6455, section 1.3: what belongs to that key.
        assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
        let config = WebSocketConfig::default().max_frame_size(None).max_message_size(None);
        let socket = WebSocket::from_raw_socket(stream, Role::Client, Some(config));
        Ok(SocketClient { socket, head })
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn send(&mut self, message: Message) -> Result<(), tungstenite::Error> {
        self.socket.send(message)
    }

    /// Sends a message of text.
    ///
    /// # Panics
    /// When the connection is gone.
    pub fn say(&mut self, text: &Value) {
        self.send(Message::text(text.to_string())).expect("a connection");
    }

    /// The next message.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn read(&mut self) -> Result<Message, tungstenite::Error> {
        self.socket.read()
    }

    /// The next event, which isn't the answer to a ping.
    ///
    /// # Panics
    /// When there is none.
    pub fn event(&mut self) -> Value {
        loop {
            match self.read().expect("an event") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("no event: {other:?}"),
            }
        }
    }

    /// The events up to the end of a response.
    ///
    /// # Panics
    /// When the connection ends before.
    pub fn response(&mut self) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.event();
            let kind = event["type"].as_str().unwrap_or_default();
            let is_last = ["response.completed", "response.incomplete", "response.failed", "error"]
                .contains(&kind);
            events.push(event);
            if is_last {
                return events;
            }
        }
    }
}

fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// A message that asks for a response to `items`, which go on from the response `previous`.
pub fn create(body: &Value, items: &[Value], previous: Option<&str>) -> Value {
    let mut message = body.clone();
    message["type"] = json!("response.create");
    message["input"] = json!(items);
    if let Some(previous) = previous {
        message["previous_response_id"] = json!(previous);
    }
    message
}
