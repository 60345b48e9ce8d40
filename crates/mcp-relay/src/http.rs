//! Any number of clients over streamable HTTP at `/mcp`. Each session has servers of its own, which end with it.
//!
//! Who may come in is decided before a request gets here.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::stream;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use uuid::Uuid;

use crate::message::{self, ErrorCode, Id, Survey};
use crate::relay::{Client, Relay};
use crate::session::About;
use crate::stdio::told_to_end;
use crate::{Headroom, LONGEST_MESSAGE, RelayError, Setup};

/// The header that names a session.
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
/// A session that nobody uses for so long ends. By hand: longer than an agent takes for a command.
const IDLE: Duration = Duration::from_secs(30 * 60);
/// The time between two looks at which sessions are idle.
const SWEEP: Duration = Duration::from_secs(30);
/// The most sessions at once, each of which has processes of its own. By hand.
const MOST_SESSIONS: usize = 64;
/// How long a response may take before a stream is begun, so that quick ones are plain JSON.
const PLAIN: Duration = Duration::from_secs(1);
/// How often a stream says something when there is nothing to say, so that nothing on the way closes it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Lines that may wait for a client that reads slowly, before its servers have to.
const WAITING: usize = 16;
/// The most bytes of notifications that are kept for a client that listens to none of its streams.
const PARKED: usize = 1 << 20;
/// How long the servers of a session that is closed may take to end by themselves.
const GRACE: Duration = Duration::from_secs(1);

/// The sessions of clients over HTTP.
pub struct HttpSessions {
    setup: Setup,
    headroom: Arc<dyn Headroom>,
    sessions: Mutex<HashMap<String, Entry>>,
}

#[derive(Clone)]
struct Entry {
    relay: Arc<Relay>,
    streams: Arc<Streams>,
}

/// The streams to one client.
struct Streams(Mutex<Open>);

struct Open {
    posts: Vec<Post>,
    /// The stream that the client opened for what belongs to no request.
    listener: Option<Sender<Line>>,
    /// What came when there was no stream.
    parked: VecDeque<Vec<u8>>,
    last_use: Instant,
    is_closed: bool,
}

/// The stream that answers a POST.
struct Post {
    waiting: BTreeSet<Id>,
    progress: Vec<Id>,
    lines: Sender<Line>,
}

struct Line {
    text: Vec<u8>,
    is_response: bool,
}

/// Why there is no session.
enum NoSession {
    TooMany,
    Start(RelayError),
}

impl HttpSessions {
    /// No sessions yet; each will have the servers of `setup`.
    pub fn new(setup: Setup, headroom: Arc<dyn Headroom>) -> Arc<Self> {
        let sessions = Arc::new(Self { setup, headroom, sessions: Mutex::default() });
        let weak = Arc::downgrade(&sessions);
        thread::spawn(move || {
            while let Some(sessions) = Weak::upgrade(&weak) {
                sessions.end_those(|streams| streams.is_idle(Instant::now()));
                drop(sessions);
                thread::sleep(SWEEP);
            }
        });
        sessions
    }

    /// The route `/mcp`.
    pub fn router(self: &Arc<Self>) -> Router {
        let methods = post(receive).get(listen).delete(close).fallback(|| async {
            (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, POST, DELETE")])
        });
        Router::new().route("/mcp", methods).with_state(Arc::clone(self))
    }

    /// Is ready when this process has received an interrupt or was told to terminate, and all sessions have
    /// ended.
    pub async fn until_told_to_end(self: Arc<Self>) {
        told_to_end().await;
        // A panic in it has been reported.
        let _ = spawn_blocking(move || self.close()).await;
    }

    /// Ends all sessions and their servers.
    pub fn close(&self) {
        self.end_those(|_| true);
    }

    fn end_those(&self, is_over: impl Fn(&Streams) -> bool) {
        let over: Vec<Entry> = {
            let mut sessions = self.sessions();
            let ids: Vec<String> = sessions
                .iter()
                .filter(|(_, entry)| is_over(&entry.streams))
                .map(|(id, _)| id.clone())
                .collect();
            ids.iter().filter_map(|id| sessions.remove(id)).collect()
        };
        thread::scope(|scope| {
            for entry in &over {
                scope.spawn(|| entry.end());
            }
        });
    }

    fn get(&self, id: &str) -> Option<Entry> {
        let entry = self.sessions().get(id).cloned()?;
        if entry.streams.open().is_closed {
            self.sessions().remove(id);
            return None;
        }
        Some(entry)
    }

    /// A new session, whose servers are started.
    fn create(&self) -> Result<(String, Entry), NoSession> {
        self.end_those(|streams| streams.open().is_closed);
        if self.sessions().len() >= MOST_SESSIONS {
            return Err(NoSession::TooMany);
        }
        let streams = Arc::new(Streams::new());
        let client: Arc<dyn Client> = Arc::<Streams>::clone(&streams);
        let relay = Relay::start(&self.setup, client, Arc::clone(&self.headroom));
        let entry = Entry { relay: relay.map_err(NoSession::Start)?, streams };
        // From the system's source of randomness: whoever knows it has the session.
        let id = Uuid::new_v4().to_string();
        self.sessions().insert(id.clone(), entry.clone());
        Ok((id, entry))
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn end(&self) {
        self.streams.close();
        self.relay.end(GRACE);
    }
}

impl Streams {
    fn new() -> Self {
        Self(Mutex::new(Open {
            posts: Vec::new(),
            listener: None,
            parked: VecDeque::new(),
            last_use: Instant::now(),
            is_closed: false,
        }))
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stream for the responses to these requests; it ends with the last.
    fn answer(&self, survey: &Survey) -> Receiver<Line> {
        let (lines, stream) = channel(WAITING);
        let mut open = self.open();
        open.last_use = Instant::now();
        // The stream of a session that has ended ends at once.
        if !open.is_closed {
            let waiting = survey.requests.iter().cloned().collect();
            open.posts.push(Post { waiting, progress: survey.progress.clone(), lines });
        }
        stream
    }

    /// A stream for what belongs to no request, in place of an earlier one, and what has come before.
    fn listen(&self) -> (VecDeque<Vec<u8>>, Receiver<Line>) {
        let (lines, stream) = channel(WAITING);
        let mut open = self.open();
        open.last_use = Instant::now();
        open.listener = Some(lines).filter(|_| !open.is_closed);
        (std::mem::take(&mut open.parked), stream)
    }

    fn touch(&self) {
        self.open().last_use = Instant::now();
    }

    fn close(&self) {
        let mut open = self.open();
        open.is_closed = true;
        open.posts.clear();
        open.listener = None;
    }

    /// Whether nobody has used the session for long, or can any more.
    fn is_idle(&self, now: Instant) -> bool {
        let open = self.open();
        let is_read = |lines: &Sender<Line>| !lines.is_closed();
        let is_used = open.posts.iter().any(|post| is_read(&post.lines))
            || open.listener.as_ref().is_some_and(is_read);
        open.is_closed || (!is_used && now.duration_since(open.last_use) > IDLE)
    }
}

impl Open {
    /// The stream on which a line goes, and whether it is a response.
    fn choose(&mut self, about: &About) -> Option<Sender<Line>> {
        let belongs = |post: &Post| {
            about.responses.iter().any(|id| post.waiting.contains(id))
                || about.progress.as_ref().is_some_and(|token| post.progress.contains(token))
        };
        if let Some(at) = self.posts.iter().position(belongs) {
            let post = &mut self.posts[at];
            post.waiting.retain(|id| !about.responses.contains(id));
            let lines = post.lines.clone();
            if post.waiting.is_empty() {
                self.posts.remove(at);
            }
            return Some(lines);
        }
        if !about.responses.is_empty() {
            return None;
        }
        let is_read = |lines: &&Sender<Line>| !lines.is_closed();
        let listener = self.listener.as_ref().filter(is_read);
        let posts = || self.posts.iter().rev().map(|post| &post.lines).find(is_read);
        listener.or_else(posts).cloned()
    }

    /// Keeps a line for the next stream; the oldest go when there are too many.
    fn park(&mut self, line: Vec<u8>) {
        self.parked.push_back(line);
        while self.parked.iter().map(Vec::len).sum::<usize>() > PARKED {
            self.parked.pop_front();
        }
    }
}

impl Client for Streams {
    fn deliver(&self, line: Vec<u8>, about: &About) {
        let is_response = !about.responses.is_empty();
        let chosen = self.open().choose(about);
        let unsent = match chosen {
            Some(lines) => {
                let sent = lines.blocking_send(Line { text: line, is_response });
                sent.err().map(|unsent| unsent.0.text)
            }
            None => Some(line),
        };
        // A response that nobody waits for is dropped.
        if let Some(line) = unsent.filter(|_| !is_response) {
            self.open().park(line);
        }
    }

    fn servers_ended(&self, _: &str) {
        self.close();
    }
}

/// A message, or a batch.
async fn receive(
    State(sessions): State<Arc<HttpSessions>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(body) = to_bytes(body, LONGEST_MESSAGE).await else {
        let said = format!("a message may have at most {} MiB\n", LONGEST_MESSAGE >> 20);
        return (StatusCode::PAYLOAD_TOO_LARGE, said).into_response();
    };
    let Some(survey) = Survey::of(&body) else {
        let error = message::error(ErrorCode::Parse, "the body isn't JSON");
        let line = format!(r#"{{"jsonrpc":"2.0","id":null,"error":{error}}}"#);
        return json(StatusCode::BAD_REQUEST, line.into_bytes());
    };
    let (new_id, entry) = match session_id(&headers) {
        Some(id) => match sessions.get(&id) {
            Some(entry) => (None, entry),
            None => return (StatusCode::NOT_FOUND, "there is no such session\n").into_response(),
        },
        None if survey.is_initialize => match create(sessions, &survey).await {
            Ok((id, entry)) => (Some(id), entry),
            Err(response) => return *response,
        },
        None => return (StatusCode::BAD_REQUEST, "no Mcp-Session-Id\n").into_response(),
    };
    let line = one_line(&body);
    if survey.requests.is_empty() {
        entry.streams.touch();
        // It waits where a server is slow.
        let _ = spawn_blocking(move || entry.relay.from_client(&line)).await;
        return StatusCode::ACCEPTED.into_response();
    }
    let stream = entry.streams.answer(&survey);
    spawn_blocking(move || entry.relay.from_client(&line));
    let mut response = answer(stream, survey.requests.len(), accepts_stream(&headers)).await;
    if let Some(id) = new_id.and_then(|id| HeaderValue::try_from(id).ok()) {
        response.headers_mut().insert(SESSION, id);
    }
    response
}

/// A new session, or the response that says why there is none.
async fn create(
    sessions: Arc<HttpSessions>,
    survey: &Survey,
) -> Result<(String, Entry), Box<Response>> {
    let created = spawn_blocking(move || sessions.create()).await;
    let (status, said) = match created {
        Ok(Ok(session)) => return Ok(session),
        Ok(Err(NoSession::TooMany)) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("there are {MOST_SESSIONS} sessions already"))
        }
        Ok(Err(NoSession::Start(error))) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the session failed".to_owned()),
    };
    let error = message::error(ErrorCode::ConnectionClosed, &said);
    let lines = survey.requests.first().map(|id| message::failure(id, &error));
    Err(Box::new(json(status, lines.unwrap_or_default())))
}

/// The responses of `stream`, of which there are `count`: as JSON if the only one comes soon, or if the client
/// takes nothing else; otherwise as events.
async fn answer(mut stream: Receiver<Line>, count: usize, may_stream: bool) -> Response {
    if !may_stream {
        let mut responses = Vec::new();
        while let Some(line) = stream.recv().await {
            if line.is_response {
                responses.push(line.text);
            }
        }
        return match (responses.len(), count) {
            (0, _) => ended(),
            (1, 1) => json(StatusCode::OK, responses.remove(0)),
            _ => json(StatusCode::OK, [b"[", &*responses.join(&b','), b"]"].concat()),
        };
    }
    match timeout(PLAIN, stream.recv()).await {
        Ok(Some(line)) if count == 1 && line.is_response => json(StatusCode::OK, line.text),
        Ok(Some(line)) => events(VecDeque::from([line.text]), stream),
        Ok(None) => ended(),
        Err(_) => events(VecDeque::new(), stream),
    }
}

fn ended() -> Response {
    (StatusCode::NOT_FOUND, "the session has ended\n").into_response()
}

/// The stream for what belongs to no request.
async fn listen(State(sessions): State<Arc<HttpSessions>>, headers: HeaderMap) -> Response {
    let Some(id) = session_id(&headers) else {
        return (StatusCode::BAD_REQUEST, "no Mcp-Session-Id\n").into_response();
    };
    if !accepts_stream(&headers) {
        return (StatusCode::NOT_ACCEPTABLE, "only text/event-stream\n").into_response();
    }
    match sessions.get(&id) {
        Some(entry) => {
            let (parked, stream) = entry.streams.listen();
            events(parked, stream)
        }
        None => (StatusCode::NOT_FOUND, "there is no such session\n").into_response(),
    }
}

/// Ends a session.
async fn close(State(sessions): State<Arc<HttpSessions>>, headers: HeaderMap) -> Response {
    let id = session_id(&headers);
    let Some(entry) = id.and_then(|id| sessions.sessions().remove(&id)) else {
        return (StatusCode::NOT_FOUND, "there is no such session\n").into_response();
    };
    // Its end isn't waited for: servers may take seconds.
    spawn_blocking(move || entry.end());
    StatusCode::NO_CONTENT.into_response()
}

/// Lines as events: those of `before` at once, then those of `stream` as they come.
fn events(before: VecDeque<Vec<u8>>, stream: Receiver<Line>) -> Response {
    let events = stream::unfold((before, stream), |(mut before, mut stream)| async move {
        let event = match before.pop_front() {
            Some(line) => event(&line),
            None => match timeout(KEEP_ALIVE, stream.recv()).await {
                Ok(Some(line)) => event(&line.text),
                Ok(None) => return None,
                Err(_) => b": keep-alive\n\n".to_vec(),
            },
        };
        Some((Ok::<_, Infallible>(event), (before, stream)))
    });
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache, no-transform")];
    (headers, Body::from_stream(events)).into_response()
}

fn event(line: &[u8]) -> Vec<u8> {
    // An event's data ends with its line.
    [b"event: message\ndata: ", &*one_line(line), b"\n\n"].concat()
}

fn json(status: StatusCode, line: Vec<u8>) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], line).into_response()
}

/// JSON on one line: line ends in it are white space, because strings have none.
fn one_line(json: &[u8]) -> Vec<u8> {
    let spaced = |byte: &u8| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte };
    json.iter().map(spaced).collect()
}

fn session_id(headers: &HeaderMap) -> Option<String> {
    headers.get(SESSION)?.to_str().ok().map(str::to_owned)
}

fn accepts_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|kind| {
        matches!(
            kind.split(';').next().map(str::trim),
            Some("text/event-stream" | "text/*" | "*/*")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(requests: &[&str], progress: &[&str]) -> Survey {
        Survey {
            requests: requests.iter().map(|id| Id::text(id)).collect(),
            progress: progress.iter().map(|token| Id::text(token)).collect(),
            is_initialize: false,
        }
    }

    fn about(responses: &[&str], progress: Option<&str>) -> About {
        About {
            responses: responses.iter().map(|id| Id::text(id)).collect(),
            progress: progress.map(Id::text),
        }
    }

    /// The lines that wait in a stream, and whether it has ended.
    fn received(stream: &mut Receiver<Line>) -> (Vec<String>, bool) {
        use tokio::sync::mpsc::error::TryRecvError;
        let mut lines = Vec::new();
        loop {
            match stream.try_recv() {
                Ok(line) => lines.push(String::from_utf8(line.text).unwrap()),
                Err(end) => return (lines, end == TryRecvError::Disconnected),
            }
        }
    }

    #[test]
    fn each_line_goes_on_the_stream_that_it_belongs_to() {
        let streams = Streams::new();
        streams.deliver(b"early".to_vec(), &About::default());
        let mut first = streams.answer(&survey(&["a"], &["p"]));
        let mut second = streams.answer(&survey(&["b", "c"], &[]));
        streams.deliver(b"progress".to_vec(), &about(&[], Some("p")));
        streams.deliver(b"log".to_vec(), &About::default());
        let (parked, mut listener) = streams.listen();
        assert_eq!(parked, [b"early".to_vec()]);
        streams.deliver(b"asked".to_vec(), &About::default());
        streams.deliver(b"B".to_vec(), &about(&["b"], None));
        streams.deliver(b"A".to_vec(), &about(&["a"], None));
        streams.deliver(b"nobody's".to_vec(), &about(&["z"], None));
        assert_eq!(received(&mut first), (vec!["progress".to_owned(), "A".to_owned()], true));
        assert_eq!(received(&mut second), (vec!["log".to_owned(), "B".to_owned()], false));
        assert_eq!(received(&mut listener), (vec!["asked".to_owned()], false));
        streams.deliver(b"C".to_vec(), &about(&["c"], None));
        assert_eq!(received(&mut second), (vec!["C".to_owned()], true));
        streams.close();
        assert!(received(&mut listener).1 && received(&mut streams.answer(&survey(&["d"], &[]))).1);
    }

    #[test]
    fn what_nobody_listens_to_is_kept_within_bounds() {
        let streams = Streams::new();
        for i in 0..5_u8 {
            streams.deliver(vec![i; PARKED / 3], &About::default());
        }
        let (parked, stream) = streams.listen();
        assert_eq!(parked.iter().map(|line| line[0]).collect::<Vec<_>>(), [2, 3, 4]);
        drop(stream);
        streams.deliver(b"later".to_vec(), &About::default());
        assert_eq!(streams.listen().0, [b"later".to_vec()]);
    }

    #[test]
    fn a_session_that_nobody_uses_is_idle() {
        let streams = Streams::new();
        let later = Instant::now() + IDLE + Duration::from_secs(60);
        assert!(!streams.is_idle(Instant::now()) && streams.is_idle(later));
        let (_, listener) = streams.listen();
        assert!(!streams.is_idle(later), "somebody listens");
        drop(listener);
        let waiting = streams.answer(&survey(&["a"], &[]));
        assert!(!streams.is_idle(later), "somebody waits");
        drop(waiting);
        assert!(streams.is_idle(later));
    }

    #[test]
    fn events_are_one_line() {
        assert_eq!(event(b"{\"a\":\r\n1}"), b"event: message\ndata: {\"a\":  1}\n\n");
    }
}
