//! The LLM routes: what agents send to their providers, made smaller on its way.
//!
//! [`Llm::handle`] is the way of one request: route → read → plan → forward → relay → record.
//! Start reading at `plan`, which says what a request becomes, and `block`, which is the function
//! behind it. `turn` answers the model's calls for what was left out.
//!
//! Nothing here changes the answer of a model that doesn't make such a call, sends a client's request
//! again, limits rates, or keeps answers; no body, header or query goes to a log.

mod block;
mod credentials;
mod encoding;
mod fault;
mod figures;
mod headers;
mod offer;
mod offline;
mod plan;
mod prompt;
mod records;
mod retry;
mod route;
mod tap;
mod target;
mod task;
mod tool;
mod turn;
mod upgrade;
mod upload;
mod upstream;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use bytes::Bytes;
use compress::Builtin;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use llm_api::Api;
pub use llm_api::provider::Provider;
use metrics::{Ending, NotUnderstood, Recorder};
use originals::Originals;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use fault::Fault;
use figures::Recording;
pub use offline::{Offline, Replayed};
pub use plan::COMPRESSION_VERSION;
use plan::{Plan, Planner, Report};
pub use records::{FileRecords, KEPT_FOR, MemoryRecords, RecordKey, Records, SharedRecords};
use retry::Retries;
pub use route::NoRoute;
use route::Route;
use tap::Tap;
pub use target::{Target, TargetError, Targets};
use upload::Upload;
use upstream::{Upstream, UpstreamError};

/// What becomes of WebSockets on the routes that hold conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WebSockets {
    /// They are refused with 426, upon which clients use HTTP, and their conversations get smaller.
    #[default]
    Refuse,
    /// They are passed through as they are.
    Pass,
}

/// How the LLM routes behave.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the providers are.
    pub targets: Targets,
    /// The most bytes that a request's body may have, decoded.
    pub max_body: usize,
    /// Whether anything is changed. If not, what would be saved is worked out all the same.
    pub optimize: bool,
    /// The share of conversations that is left alone for comparison, from 0 to 1.
    pub holdout: f64,
    /// Whether credentials in tool results are replaced.
    pub redact_secrets: bool,
    /// Whether the recorder is told what blocks say.
    pub log_messages: bool,
    /// What becomes of WebSockets where conversations are.
    pub websockets: WebSockets,
    /// Bytes of what is kept to spare work.
    pub cache_bytes: usize,
    /// Requests that are under way at one time.
    pub max_requests: usize,
    /// Requests that are worked on at one time; the other ones wait for a moment.
    pub workers: usize,
    /// How long a request with the result of a retrieval may wait, in all, to be sent again after the
    /// provider failed.
    pub retry_within: Duration,
}

impl Settings {
    /// The settings of a server that makes smaller what it can.
    pub fn new(targets: Targets) -> Self {
        Settings {
            targets,
            max_body: 100 << 20,
            optimize: true,
            holdout: 0.0,
            redact_secrets: false,
            log_messages: false,
            websockets: WebSockets::default(),
            cache_bytes: 32 << 20,
            max_requests: 2048,
            workers: std::thread::available_parallelism().map_or(2, usize::from),
            retry_within: Duration::from_secs(30),
        }
    }
}

/// The LLM routes.
pub struct Llm {
    settings: Settings,
    planner: Arc<Planner>,
    upstream: Arc<Upstream>,
    recorder: Arc<dyn Recorder>,
    places: Arc<Semaphore>,
    work: Arc<Semaphore>,
}

impl Llm {
    /// LLM routes that keep intercepted calls in `records` and tell `recorder` of each exchange.
    /// `originals`: where a client's own retrieval tool looks; without it, nothing is left out for
    /// such a client. Reads the environment for the way to the providers (`HTTPS_PROXY`, `NO_PROXY`).
    pub fn new(
        settings: Settings,
        records: Arc<dyn Records>,
        originals: Option<Arc<Originals>>,
        recorder: Arc<dyn Recorder>,
    ) -> Self {
        Self::with(Box::new(Builtin), settings, records, originals, recorder)
    }

    /// The same with another compressor.
    fn with(
        compressor: Box<dyn compress::Provider + Send + Sync>,
        settings: Settings,
        records: Arc<dyn Records>,
        originals: Option<Arc<Originals>>,
        recorder: Arc<dyn Recorder>,
    ) -> Self {
        let planner = Arc::new(Planner::new(settings.clone(), records, originals, compressor));
        let (places, work) = (settings.max_requests.max(1), settings.workers.max(1));
        Llm {
            settings,
            planner,
            upstream: Arc::new(Upstream::from_env()),
            recorder,
            places: Arc::new(Semaphore::new(places)),
            work: Arc::new(Semaphore::new(work)),
        }
    }

    /// Where requests go.
    pub(crate) fn targets(&self) -> &Targets {
        &self.settings.targets
    }

    /// The share of conversations that is left alone for comparison.
    pub(crate) fn holdout(&self) -> f64 {
        self.settings.holdout
    }

    /// Whether what blocks say is kept for people to look at.
    pub(crate) fn keeps_messages(&self) -> bool {
        self.settings.log_messages
    }

    /// Answers a request for any path that isn't this server's own.
    ///
    /// # Errors
    /// When the request must not leave this machine.
    pub async fn handle(&self, request: Request<Body>) -> Result<Response<Body>, NoRoute> {
        let (head, body) = request.into_parts();
        let route = route::find(&head, &self.settings.targets)?;
        let answered = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => self.answer(head, body, route, place).await,
            Err(_) => Err(Fault::Busy),
        };
        Ok(answered.unwrap_or_else(|fault| fault.response(route.provider)))
    }

    async fn answer(
        &self,
        head: Parts,
        body: Body,
        route: Route,
        place: OwnedSemaphorePermit,
    ) -> Result<Response<Body>, Fault> {
        let is_bypass = headers::is_bypass(&head.headers);
        let is_websocket = headers::is_websocket(&head.method, &head.headers);
        let is_refused = !is_bypass && self.settings.websockets == WebSockets::Refuse;
        if is_websocket && is_refused && !route.name.is_empty() {
            return Err(Fault::WebSocket);
        }
        let recording = Recording::new(self.recorder.clone(), route, place);
        if is_websocket {
            let answered = self.upgrade(head, route, recording).await;
            return answered.map(|answer| noted(answer, Some(NotUnderstood::WebSocketPassed)));
        }
        let is_signed = headers::is_signed(&head.headers);
        match route.api {
            Some(api) if !is_bypass && !is_signed => {
                self.converse(head, body, route, api, recording).await
            }
            _ => {
                // Only what is posted can hold a conversation.
                let is_silent = is_bypass || head.method != Method::POST;
                let what = (!is_silent).then_some(match route {
                    Route { provider: Provider::Gemini, .. } => NotUnderstood::Gemini,
                    Route { api: None, .. } => NotUnderstood::Path,
                    Route { api: Some(_), .. } => NotUnderstood::Signed,
                });
                self.pass(head, body, route, recording).await.map(|answer| noted(answer, what))
            }
        }
    }

    /// Passes a request on that isn't looked into.
    async fn pass(
        &self,
        head: Parts,
        body: Body,
        route: Route,
        mut recording: Recording,
    ) -> Result<Response<Body>, Fault> {
        let line = self.line(&head, route, headers::to_provider(&head.headers))?;
        recording.sent();
        let sending = line.send_body(Body::new(Upload::new(body)));
        let answer = sending.await.inspect_err(|_| recording.ended(Ending::ProviderBroke))?;
        recording.answered(answer.status().as_u16());
        Ok(tapped(answer, route.api.filter(|_| route.is_generation), None, recording))
    }

    /// Makes a conversation smaller, and relays the model's turn.
    async fn converse(
        &self,
        head: Parts,
        body: Body,
        route: Route,
        api: &'static dyn Api,
        mut recording: Recording,
    ) -> Result<Response<Body>, Fault> {
        let given = self.read(&head.headers, body).await?;
        let (decoded, plan) = self.plan(api, &head.headers, given.clone()).await;
        recording.planned(&plan.report);
        let Plan { sent, report, turn } = plan;
        // What was read has a first block, by which its conversation is known.
        let unread = report.conversation.is_none().then_some(NotUnderstood::Body);
        // A request that was left alone for comparison, or is only measured, saved nothing.
        let is_applied = self.settings.optimize && !report.held_out;
        // What is unchanged goes on as it came, encoded or not.
        let is_changed = decoded.as_ref().unwrap_or(&given) != &sent;
        let turn = turn.filter(|_| route.is_generation);
        let to_send =
            headers::for_body(&head.headers, decoded.is_some() && is_changed, turn.is_some());
        let line = self.line(&head, route, to_send)?;
        recording.sent();
        let sending = line.send(if is_changed { sent } else { given });
        let answer = sending.await.inspect_err(|_| recording.ended(Ending::ProviderBroke))?;
        recording.answered(answer.status().as_u16());

        let is_relayable = answer.status() == StatusCode::OK
            && !(tap::is_stream(answer.headers())
                && answer.headers().contains_key("content-encoding"));
        let Some(turn) = turn.filter(|_| is_relayable) else {
            let done = Some(&report).filter(|_| is_applied);
            let answer = tapped(answer, route.is_generation.then_some(api), done, recording);
            return Ok(noted(answer, unread));
        };
        let (parts, body) = answer.into_parts();
        let retries = Retries::within(self.settings.retry_within);
        let exchange = turn::Exchange::new(self.planner.clone(), line, turn, retries, recording);
        let mut response = if tap::is_stream(&parts.headers) {
            let mut response = Response::new(exchange.stream(body));
            *response.headers_mut() = headers::to_client(&parts.headers);
            // More may come than the first round has.
            response.headers_mut().remove("content-length");
            response
        } else {
            let broke = |error: Box<dyn std::error::Error + Send + Sync>| {
                Fault::Unreachable(error.to_string())
            };
            exchange.whole(parts.headers, body).await.map_err(broke)?
        };
        if is_applied {
            tell(&report, response.headers_mut());
        }
        Ok(response)
    }

    /// The whole body, within the bound.
    async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, Fault> {
        let bound = self.settings.max_body;
        let said =
            headers.get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
        if said.is_some_and(|length: u64| length > bound as u64) {
            return Err(Fault::TooLarge { bound });
        }
        match Limited::new(Upload::new(body), bound).collect().await {
            Ok(whole) => Ok(whole.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(Fault::TooLarge { bound }),
            Err(error) => Err(Fault::Body(error.to_string())),
        }
    }

    /// Decodes a body and plans it. What can't be decoded goes on as it came: it is the provider's
    /// to refuse.
    async fn plan(
        &self,
        api: &'static dyn Api,
        headers: &HeaderMap,
        given: Bytes,
    ) -> (Option<Bytes>, Plan) {
        let (planner, headers, bound) =
            (self.planner.clone(), headers.clone(), self.settings.max_body);
        let body = given.clone();
        let turn = Arc::clone(&self.work).acquire_owned().await;
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            match encoding::decode(&headers, &body, bound) {
                Ok(decoded) => {
                    let plan = planner.plan(api, decoded.as_ref().unwrap_or(&body));
                    (decoded, plan)
                }
                Err(_) => (None, Plan::untouched(body, "an encoding that can't be read")),
            }
        });
        work.await.unwrap_or_else(|_| {
            let mut plan = Plan::untouched(given, "planning failed");
            plan.report.failures = 1;
            (None, plan)
        })
    }

    /// The way to the provider for this request.
    fn line(&self, head: &Parts, route: Route, headers: HeaderMap) -> Result<Line, Fault> {
        let path = head.uri.path_and_query();
        let uri = path.and_then(|path| self.settings.targets.of(route.provider).uri(path));
        let uri = uri.ok_or_else(|| Fault::Body("its path is none of a URL".to_owned()))?;
        Ok(Line { upstream: self.upstream.clone(), method: head.method.clone(), uri, headers })
    }
}

/// Where a request goes and with which headers.
struct Line {
    upstream: Arc<Upstream>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl Line {
    async fn send(&self, body: Bytes) -> Result<Response<Incoming>, UpstreamError> {
        self.send_body(Body::from(body)).await
    }

    async fn send_body(&self, body: Body) -> Result<Response<Incoming>, UpstreamError> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        self.upstream.send(request, false).await
    }
}

impl From<UpstreamError> for Fault {
    fn from(error: UpstreamError) -> Self {
        Fault::Unreachable(error.to_string())
    }
}

/// An answer that nobody changes.
fn tapped(
    answer: Response<Incoming>,
    api: Option<&'static dyn Api>,
    report: Option<&Report>,
    recording: Recording,
) -> Response<Body> {
    let (parts, body) = answer.into_parts();
    let tap = Tap::new(body, api, &parts.headers, recording);
    let mut response = Response::new(Body::new(tap));
    *response.status_mut() = parts.status;
    *response.headers_mut() = headers::to_client(&parts.headers);
    if let Some(report) = report {
        tell(report, response.headers_mut());
    }
    response
}

/// The answer to a request that isn't understood, for whoever counts them.
fn noted(mut answer: Response<Body>, what: Option<NotUnderstood>) -> Response<Body> {
    if let Some(what) = what {
        answer.extensions_mut().insert(what);
    }
    answer
}

/// Says in an answer's headers what was done to its request.
fn tell(report: &Report, headers: &mut HeaderMap) {
    let mut set = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    set("x-headroom-tokens-before", report.before.to_string());
    set("x-headroom-tokens-after", report.after.to_string());
    set("x-headroom-tokens-saved", report.before.saturating_sub(report.after).to_string());
    if !report.transforms.is_empty() {
        set("x-headroom-transforms", report.transforms.join(","));
    }
    if report.failures > 0 {
        set("x-headroom-compression-failed", "true".to_owned());
    }
}
