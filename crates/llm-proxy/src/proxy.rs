//! One request on its way: route → read → rewrite → forward → relay → record.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::CONTENT_ENCODING;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use blob_store::{Originals, ReplayStore};
use bytes::Bytes;
use compress::Builtin;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use llm_api::Api;
use llm_api::framing::Framing;
use llm_api::provider::Provider;
use metrics::{Ending, Recorder, Unrecognized};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::client_body::ClientBody;
use crate::encoding;
use crate::forward::headers::{self, Summary};
use crate::forward::{PreparedRequest, Upstream};
use crate::proxy_error::ProxyError;
use crate::recording::Recording;
use crate::relay::{self, Retries, TurnRelay};
use crate::rewrite::{OpenTurn, RequestRewriter, RewrittenRequest};
use crate::route::target::Targets;
use crate::route::{self, NoRoute, Route};
use crate::settings::{Settings, WebSockets};
use crate::socket::{self, Conversations, MAX_SOCKETS, Services};

/// Bodies up to so many bytes are rewritten on the thread that received them: passing one on to another
/// thread and waking it takes longer than what is usually new in one. Measured: the longest ones, if all
/// is new in them, take 4 ms (a log) to 9 ms (JSON).
const LONGEST_IN_PLACE: usize = 256 << 10;

/// The LLM routes.
pub struct LlmProxy {
    settings: Settings,
    rewriter: Arc<RequestRewriter>,
    upstream: Arc<Upstream>,
    recorder: Arc<dyn Recorder>,
    /// Permits for requests that are under way.
    under_way: Arc<Semaphore>,
    /// Permits for requests that are rewritten on threads of their own.
    workers: Arc<Semaphore>,
    /// Permits for WebSockets.
    sockets: Arc<Semaphore>,
    /// The conversations on these.
    conversations: Arc<Conversations>,
}

impl LlmProxy {
    /// LLM routes that keep intercepted calls in `replay_store` and tell `recorder` of each exchange.
    /// `originals`: where a client's own retrieval tool looks; without it, nothing is elided for such a
    /// client.
    pub fn new(
        settings: Settings,
        replay_store: ReplayStore,
        originals: Option<Arc<Originals>>,
        recorder: Arc<dyn Recorder>,
    ) -> Self {
        Self::with_compressor(Box::new(Builtin), settings, replay_store, originals, recorder)
    }

    /// The same with another compressor.
    pub(crate) fn with_compressor(
        compressor: Box<dyn compress::Provider + Send + Sync>,
        settings: Settings,
        replay_store: ReplayStore,
        originals: Option<Arc<Originals>>,
        recorder: Arc<dyn Recorder>,
    ) -> Self {
        let rewriter = RequestRewriter::new(settings.clone(), replay_store, originals, compressor);
        let (under_way, workers) = (settings.max_requests.max(1), settings.workers.max(1));
        LlmProxy {
            settings,
            rewriter: Arc::new(rewriter),
            upstream: Arc::new(Upstream::from_env()),
            recorder,
            under_way: Arc::new(Semaphore::new(under_way)),
            workers: Arc::new(Semaphore::new(workers)),
            sockets: Arc::new(Semaphore::new(MAX_SOCKETS)),
            conversations: Conversations::new(),
        }
    }

    /// Where requests go.
    pub fn targets(&self) -> &Targets {
        &self.settings.targets
    }

    /// The share of conversations that is left alone for comparison.
    pub fn holdout(&self) -> f64 {
        self.settings.holdout
    }

    /// Whether what blocks say is kept for people to look at.
    pub fn keeps_messages(&self) -> bool {
        self.settings.log_messages
    }

    /// Responds to a request for any path that isn't the server's own.
    ///
    /// # Errors
    /// When the request must not leave this machine.
    pub async fn handle(&self, request: Request<Body>) -> Result<Response<Body>, NoRoute> {
        let (head, body) = request.into_parts();
        let route = route::find(&head, &self.settings.targets)?;
        let response = match Arc::clone(&self.under_way).try_acquire_owned() {
            Ok(permit) => self.respond(head, body, route, permit).await,
            Err(_) => Err(ProxyError::Busy),
        };
        Ok(response.unwrap_or_else(|error| error.response(route.provider)))
    }

    async fn respond(
        &self,
        head: Parts,
        body: Body,
        route: Route,
        permit: OwnedSemaphorePermit,
    ) -> Result<Response<Body>, ProxyError> {
        let is_bypass = headers::is_bypass(&head.headers);
        let is_websocket = headers::is_websocket(&head.method, &head.headers);
        let has_conversation = !is_bypass && !route.name.is_empty();
        let is_served = match self.settings.websockets {
            _ if !is_websocket || !has_conversation => false,
            WebSockets::Pass => false,
            WebSockets::Serve if route.has_socket => true,
            WebSockets::Serve | WebSockets::Refuse => return Err(ProxyError::WebSocket),
        };
        let mut recording = Recording::new(self.recorder.clone(), route, permit);
        recording.exchange.client = headers::client(&head.headers);
        if is_served && !headers::is_signed(&head.headers) {
            let permit = Arc::clone(&self.sockets).try_acquire_owned();
            let permit = permit.map_err(|_| ProxyError::Busy)?;
            let prepared = self.prepare(&head, route, socket::upgrade_headers(&head.headers))?;
            return socket::serve(head, route, prepared, self.services(), recording, permit).await;
        }
        if is_websocket {
            let prepared = self.prepare(&head, route, relay::upgrade_headers(&head.headers))?;
            let response = relay::upgrade(head, prepared, recording).await?;
            return Ok(unrecognized(response, Some(Unrecognized::WebSocketPassed)));
        }
        let is_signed = headers::is_signed(&head.headers);
        match route.api {
            Some(api) if !is_bypass && !is_signed => {
                self.rewrite_and_relay(head, body, route, api, recording).await
            }
            _ => {
                // Only what is posted can hold a conversation.
                let is_silent = is_bypass || head.method != Method::POST;
                let reason = (!is_silent).then_some(match route {
                    Route { api: Some(_), .. } => Unrecognized::Signed,
                    Route { provider: Provider::Gemini, .. } => Unrecognized::Gemini,
                    Route { .. } => Unrecognized::Path,
                });
                let response = self.pass_through(head, body, route, recording).await?;
                Ok(unrecognized(response, reason))
            }
        }
    }

    /// What WebSockets need to serve requests.
    fn services(&self) -> Services {
        Services {
            rewriter: self.rewriter.clone(),
            recorder: self.recorder.clone(),
            under_way: self.under_way.clone(),
            workers: self.workers.clone(),
            conversations: self.conversations.clone(),
            max_message: self.settings.max_body,
            retry_within: self.settings.retry_within,
        }
    }

    /// Passes a request on that isn't read.
    async fn pass_through(
        &self,
        head: Parts,
        body: Body,
        route: Route,
        mut recording: Recording,
    ) -> Result<Response<Body>, ProxyError> {
        let prepared = self.prepare(&head, route, headers::to_provider(&head.headers))?;
        recording.sent();
        let sending = prepared.send_body(Body::new(ClientBody::new(body)));
        let response = sending.await.inspect_err(|_| recording.ended(Ending::ProviderBroke))?;
        recording.responded(response.status().as_u16());
        Ok(relay::unchanged(response, route.api.filter(|_| route.is_generation), recording))
    }

    /// Makes a conversation smaller, and relays the model's turn.
    async fn rewrite_and_relay(
        &self,
        head: Parts,
        body: Body,
        route: Route,
        api: &'static dyn Api,
        mut recording: Recording,
    ) -> Result<Response<Body>, ProxyError> {
        let given = self.read(&head.headers, body).await?;
        let (decoded, rewritten) = self.rewrite(api, &head.headers, given.clone()).await;
        let RewrittenRequest { body: rewritten, mut report, turn } = rewritten;
        let in_url = api.in_url(head.uri.path(), head.uri.query().unwrap_or_default());
        report.model = report.model.or(in_url.model.map(Cow::into_owned));
        report.stream |= in_url.framing.is_some();
        // What was read has a first block, by which its conversation is known.
        let unread = report.conversation.is_none().then_some(Unrecognized::Body);
        // A request that was left alone for comparison, or is only measured, saved nothing.
        let is_applied = self.settings.optimize && !report.held_out;
        let summary = is_applied.then(|| Summary::of(&report));
        recording.rewritten(report);
        // What is unchanged goes on as it came, encoded or not.
        let is_changed = !rewritten.is_same(decoded.as_ref().unwrap_or(&given));
        let turn = turn.filter(|_| route.is_generation);
        let to_send =
            headers::for_body(&head.headers, decoded.is_some() && is_changed, turn.is_some());
        let mut prepared = self.prepare(&head, route, to_send)?;
        if is_changed && decoded.is_some() && encoding::is_zstd(&head.headers) {
            prepared = prepared.with_zstd();
        }
        recording.sent();
        let sending = prepared.send(if is_changed { rewritten } else { given.into() });
        let response = sending.await.inspect_err(|_| recording.ended(Ending::ProviderBroke))?;
        recording.responded(response.status().as_u16());

        let framing = in_url.framing.unwrap_or_default();
        let mut response = match turn.filter(|_| is_relayable(&response, framing)) {
            Some(turn) => self.relay_turn(prepared, (turn, framing), response, recording).await?,
            None => {
                let api = route.is_generation.then_some(api);
                unrecognized(relay::unchanged(response, api, recording), unread)
            }
        };
        if let Some(summary) = summary {
            summary.set(response.headers_mut());
        }
        Ok(response)
    }

    /// Relays a turn in which the model may call the injected tool; the framing is that of its stream, if
    /// it is one.
    async fn relay_turn(
        &self,
        prepared: PreparedRequest,
        (turn, framing): (OpenTurn, Framing),
        response: Response<Incoming>,
        recording: Recording,
    ) -> Result<Response<Body>, ProxyError> {
        let (parts, body) = response.into_parts();
        let retries = Retries::within(self.settings.retry_within);
        let is_event_stream = headers::is_event_stream(&parts.headers);
        let framing = if is_event_stream { Framing::Events } else { framing };
        let rewriter = self.rewriter.clone();
        let relay = TurnRelay::new(rewriter, prepared, (turn, framing), retries, recording);
        if !headers::is_stream(&parts.headers, framing) {
            let whole = relay.whole(parts.headers, body).await;
            return whole.map_err(|error| ProxyError::Unreachable(error.to_string()));
        }
        let mut response = Response::new(relay.stream(body));
        *response.headers_mut() = headers::to_client(&parts.headers);
        // More may come than the first round has.
        response.headers_mut().remove("content-length");
        Ok(response)
    }

    /// The whole body, within the bound.
    async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, ProxyError> {
        let bound = self.settings.max_body;
        let said =
            headers.get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
        if said.is_some_and(|length: u64| length > bound as u64) {
            return Err(ProxyError::TooLarge { bound });
        }
        match Limited::new(ClientBody::new(body), bound).collect().await {
            Ok(whole) => Ok(whole.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(ProxyError::TooLarge { bound }),
            Err(error) => Err(ProxyError::Body(error.to_string())),
        }
    }

    /// Decodes a body and rewrites it. What can't be decoded goes on as it came: it is the provider's
    /// to refuse. The decoded body, if it was encoded.
    async fn rewrite(
        &self,
        api: &'static dyn Api,
        headers: &HeaderMap,
        given: Bytes,
    ) -> (Option<Bytes>, RewrittenRequest) {
        let work = {
            let (rewriter, body) = (self.rewriter.clone(), given.clone());
            let (headers, bound) = (headers.clone(), self.settings.max_body);
            move || decode_and_rewrite(&rewriter, api, (&headers, body), bound)
        };
        // What is encoded may be far longer than it looks.
        let is_short = given.len() <= LONGEST_IN_PLACE && !headers.contains_key(CONTENT_ENCODING);
        let done = if is_short {
            catch_unwind(AssertUnwindSafe(work)).ok()
        } else {
            let permit = Arc::clone(&self.workers).acquire_owned().await;
            let with_permit = move || {
                let _permit = permit;
                work()
            };
            tokio::task::spawn_blocking(with_permit).await.ok()
        };
        done.unwrap_or_else(|| {
            let mut unchanged = RewrittenRequest::unchanged(given, "planning failed");
            unchanged.report.failures = 1;
            (None, unchanged)
        })
    }

    /// The request to the provider, but for its body.
    fn prepare(
        &self,
        head: &Parts,
        route: Route,
        headers: HeaderMap,
    ) -> Result<PreparedRequest, ProxyError> {
        let path = head.uri.path_and_query().map(|path| route::providers_own(route.provider, path));
        let uri = path.and_then(|path| self.settings.targets.of(route.provider).uri(&path));
        let uri = uri.ok_or_else(|| ProxyError::Body("its path is none of a URL".to_owned()))?;
        let (upstream, method) = (self.upstream.clone(), head.method.clone());
        Ok(PreparedRequest::new(upstream, method, uri, headers))
    }
}

/// Decodes and rewrites a body of at most `bound` bytes; the decoded body, if it was encoded.
fn decode_and_rewrite(
    rewriter: &RequestRewriter,
    api: &'static dyn Api,
    (headers, body): (&HeaderMap, Bytes),
    bound: usize,
) -> (Option<Bytes>, RewrittenRequest) {
    match encoding::decode(headers, &body, bound) {
        Ok(decoded) => {
            let rewritten = rewriter.rewrite(api, decoded.as_ref().unwrap_or(&body));
            (decoded, rewritten)
        }
        Err(_) => (None, RewrittenRequest::unchanged(body, "an encoding that can't be read")),
    }
}

/// Whether a response can be read on its way. `framing`: how it is streamed, if it is.
fn is_relayable(response: &Response<Incoming>, framing: Framing) -> bool {
    let is_encoded_stream = headers::is_stream(response.headers(), framing)
        && response.headers().contains_key(CONTENT_ENCODING);
    response.status() == StatusCode::OK && !is_encoded_stream
}

/// Marks the response to a request that wasn't recognised, for whoever counts them.
fn unrecognized(mut response: Response<Body>, reason: Option<Unrecognized>) -> Response<Body> {
    if let Some(reason) = reason {
        response.extensions_mut().insert(reason);
    }
    response
}
