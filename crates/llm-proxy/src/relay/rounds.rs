//! One turn of the model in which it may call the injected tool: relayed round after round, as one
//! response.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};
use bytes::Bytes;
use futures_util::stream::unfold;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use llm_api::response::{CloseReason, Relay, Round, RoundEnd, Usage};
use llm_api::retrieval;
use metrics::Ending;
use tokens::Encoding;
use tokio::time::{Instant, sleep_until};

use super::retry::{Retries, asked_wait, may_be_retried};
use crate::encoding;
use crate::forward::PreparedRequest;
use crate::forward::headers::{is_event_stream, to_client};
use crate::recording::Recording;
use crate::rewrite::{MAX_ROUNDS, OpenTurn, RequestRewriter};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Bytes of a whole response beyond which it is an error of the provider. By hand: far more than any
/// limit of output tokens.
const MAX_RESPONSE: usize = 64 << 20;

/// Bytes of a provider's error that are read. By hand: errors are a few hundred.
const MAX_ERROR: usize = 64 << 10;

/// How long a client's stream may be silent while a request waits to be sent again.
const SILENT_FOR: Duration = Duration::from_secs(10);

/// A turn on its way to the client.
pub(crate) struct TurnRelay {
    rewriter: Arc<RequestRewriter>,
    prepared: PreparedRequest,
    turn: OpenTurn,
    relay: Relay,
    recording: Recording,
    /// Times that the provider was asked again.
    asked: usize,
    retries: Retries,
}

/// What follows a round.
enum Next {
    /// The turn ends like this.
    Close(CloseReason),
    /// The provider is asked again with this body.
    Ask(Bytes),
}

impl TurnRelay {
    pub(crate) fn new(
        rewriter: Arc<RequestRewriter>,
        prepared: PreparedRequest,
        turn: OpenTurn,
        retries: Retries,
        recording: Recording,
    ) -> Self {
        let relay = Relay::new(turn.api, retrieval::NAME, turn.is_stored);
        TurnRelay { rewriter, prepared, turn, relay, recording, asked: 0, retries }
    }

    /// Decides what follows the round that has just ended, and keeps what was intercepted before the
    /// turn's last byte is delivered.
    async fn next(mut self) -> (Self, Next) {
        let next = match self.relay.end() {
            Some(RoundEnd::InterceptedOnly) => {
                let (now, again) = self.ask().await;
                self = now;
                match again {
                    Some(body) => {
                        self.asked += 1;
                        return (self, Next::Ask(body));
                    }
                    None if self.asked > MAX_ROUNDS => CloseReason::TooManyRounds,
                    None => CloseReason::OutOfTokens,
                }
            }
            Some(RoundEnd::Unanswerable) if self.relay.ids().is_empty() => {
                CloseReason::TooManyRounds
            }
            _ => CloseReason::AsGiven,
        };
        let now = self.record().await;
        (now, Next::Close(next))
    }

    /// The body for another round, if there is to be one.
    async fn ask(mut self) -> (Self, Option<Bytes>) {
        let intercepted = self.relay.rounds().last().map_or(0, |round| round.intercepted.len());
        self.recording.exchange.retrievals += intercepted;
        if self.asked > MAX_ROUNDS {
            return (self, None);
        }
        let spent = self.spent();
        blocking(self, move |this| {
            let TurnRelay { rewriter, turn, relay, .. } = this;
            let next = rewriter.next_round(turn, relay.rounds_mut(), spent)?;
            this.recording.exchange.retrievals_failed += next.failed;
            Some(next.body)
        })
        .await
    }

    /// Output tokens so far; those of a round that doesn't say are counted.
    fn spent(&self) -> u64 {
        let rounds = self.relay.rounds().iter().zip(self.relay.usage());
        let of = |(round, usage): (&Round, &Usage)| match usage.output {
            0 => tokens::count(Encoding::default(), &round.content) as u64,
            output => output,
        };
        rounds.map(of).sum()
    }

    /// Keeps the intercepted calls of the turn. Those that nobody will answer are forgotten: the turn
    /// goes on without them.
    async fn record(mut self) -> Self {
        let rounds = self.relay.rounds();
        if rounds.iter().all(|round| round.intercepted.is_empty()) {
            return self;
        }
        let mut rounds = rounds.to_vec();
        if let Some(last) = rounds.last_mut() {
            if self.relay.end() == Some(RoundEnd::Mixed) {
                self.recording.exchange.retrievals += last.intercepted.len();
            } else {
                last.intercepted.clear();
            }
        }
        let (now, ()) = blocking(self, move |this| {
            let (ids, text) = (this.relay.ids(), this.relay.text());
            let kept = this.rewriter.record(&this.turn, rounds, ids, text);
            this.recording.exchange.failures += usize::from(kept.is_err());
        })
        .await;
        now
    }

    fn finished(&mut self, ending: Ending) {
        self.recording.ended(ending);
    }

    /// The response of a provider that doesn't stream.
    pub(crate) async fn whole(
        mut self,
        head: HeaderMap,
        body: Incoming,
    ) -> Result<Response<Body>, BoxError> {
        let (mut of_round, mut source) = (head.clone(), body);
        loop {
            let given = read(source, MAX_RESPONSE).await?;
            // What can't be decoded can't be read either, and is passed on.
            let decoded = encoding::decode(&of_round, &given, MAX_RESPONSE).unwrap_or(None);
            self.relay.whole(decoded.as_ref().unwrap_or(&given));
            if self.asked == 0 && self.relay.end() == Some(RoundEnd::Plain) {
                self.finished(Ending::Done);
                return Ok(whole_response(StatusCode::OK, &head, given));
            }
            let (now, next) = self.next().await;
            self = now;
            match next {
                Next::Close(reason) => {
                    let body = self.relay.close(reason);
                    self.finished(Ending::Done);
                    let mut head = head;
                    head.remove("content-length");
                    head.remove("content-encoding");
                    return Ok(whole_response(StatusCode::OK, &head, body.into()));
                }
                Next::Ask(body) => {
                    let response = match self.prepared.send(body).await {
                        Ok(response) => response,
                        Err(error) => {
                            self.finished(Ending::ProviderBroke);
                            return Err(error.into());
                        }
                    };
                    if response.status() != StatusCode::OK {
                        // Nothing was delivered yet, so the provider's own response can be.
                        self.finished(Ending::Done);
                        let (parts, body) = response.into_parts();
                        self.recording.exchange.status = Some(parts.status.as_u16());
                        let body = read(body, MAX_RESPONSE).await?;
                        return Ok(whole_response(parts.status, &parts.headers, body));
                    }
                    self.relay.next_round();
                    of_round = response.headers().clone();
                    source = response.into_body();
                }
            }
        }
    }

    /// The body of a response that is streamed.
    pub(crate) fn stream(self, body: Incoming) -> Body {
        let state = Some(Streaming { turn: self, source: Some(body), again: None, error: None });
        Body::from_stream(unfold(state, |state| async move { state?.step().await }))
    }
}

/// A turn that is being streamed.
struct Streaming {
    turn: TurnRelay,
    /// The round that is being read; none between rounds.
    source: Option<Incoming>,
    /// The request for the round that is being read or is to come; none for the client's own.
    again: Option<FollowUp>,
    /// What broke the stream off, once all that came before it is delivered.
    error: Option<BoxError>,
}

/// A request that the client doesn't know of.
struct FollowUp {
    body: Bytes,
    /// When it is to be sent; none once it is.
    at: Option<Instant>,
}

/// The next bytes, and what comes after them.
type Step = Option<(Result<Bytes, BoxError>, Option<Streaming>)>;

impl Streaming {
    async fn step(mut self) -> Step {
        loop {
            if let Some(error) = self.error.take() {
                // A server that is given an error at once drops what it hasn't sent yet.
                tokio::task::yield_now().await;
                return Some((Err(error), None));
            }
            if let Some(at) = self.again.as_ref().and_then(|request| request.at) {
                let awake = at.min(Instant::now() + SILENT_FOR);
                sleep_until(awake).await;
                if awake < at {
                    let alive = Bytes::from_static(self.turn.relay.keep_alive());
                    return Some((Ok(alive), Some(self)));
                }
                match self.ask().await {
                    Ok(now) => self = now,
                    Err(last) => return last.map(|last| (Ok(last), None)),
                }
                continue;
            }
            let Some(source) = &mut self.source else {
                match self.between().await {
                    Ok(now) => self = now,
                    Err(last) => return last.map(|last| (Ok(last), None)),
                }
                continue;
            };
            let mut out = Vec::new();
            match source.frame().await {
                Some(Ok(frame)) => {
                    let Some(data) = frame.data_ref() else { continue };
                    self.turn.relay.push(data, &mut out);
                    if self.turn.relay.has_failed() {
                        self = self.failed("the provider reported an error".into(), None).await;
                    }
                }
                Some(Err(error)) => self = self.ended(Some(error.into()), &mut out).await,
                None => self = self.ended(None, &mut out).await,
            }
            if !out.is_empty() {
                return Some((Ok(out.into()), Some(self)));
            }
        }
    }

    /// The provider's stream has ended, or broke off.
    async fn ended(mut self, error: Option<BoxError>, out: &mut Vec<u8>) -> Self {
        let mut rest = Vec::new();
        self.turn.relay.finish(&mut rest);
        self.source = None;
        let is_own = self.again.is_none();
        let is_over = self.turn.relay.end().is_some();
        if is_own || is_over {
            out.append(&mut rest);
        }
        match error {
            // The client's own request ends as the provider ends it.
            Some(error) if is_own => self.break_off(error).await,
            None if is_own => self,
            _ if is_over => self,
            error => {
                let error = error.unwrap_or_else(|| "the provider broke off".into());
                self.failed(error, None).await
            }
        }
    }

    /// A round is over: another begins, or the turn ends, with the bytes that are given as an error.
    async fn between(mut self) -> Result<Self, Option<Bytes>> {
        let (turn, next) = self.turn.next().await;
        self.turn = turn;
        match next {
            Next::Close(reason) => {
                let out = self.turn.relay.close(reason);
                self.turn.finished(Ending::Done);
                Err((!out.is_empty()).then(|| out.into()))
            }
            Next::Ask(body) => {
                self.again = Some(FollowUp { body, at: Some(Instant::now()) });
                Ok(self)
            }
        }
    }

    /// Sends the request that waits. An error are the last bytes of the client's stream.
    async fn ask(mut self) -> Result<Self, Option<Bytes>> {
        let Some(request) = &mut self.again else { return Ok(self) };
        request.at = None;
        let response = match self.turn.prepared.send(request.body.clone()).await {
            Ok(response) => response,
            Err(error) => return Ok(self.failed(error.into(), None).await),
        };
        let (status, headers) = (response.status(), response.headers());
        if status == StatusCode::OK && is_event_stream(headers) {
            self.turn.relay.next_round();
            self.source = Some(response.into_body());
            return Ok(self);
        }
        if status.is_client_error() && !may_be_retried(status, headers) {
            return Err(Some(self.refused(response).await));
        }
        let wait = asked_wait(headers);
        Ok(self.failed(format!("the provider answered {status}").into(), wait).await)
    }

    /// The provider refuses a request that the client doesn't know of, and would refuse it again: the
    /// client is told why.
    async fn refused(mut self, response: Response<Incoming>) -> Bytes {
        let message = format!("the provider answered {}", response.status());
        let body = read(response.into_body(), MAX_ERROR).await.unwrap_or_default();
        let event = self.turn.relay.error_event(&body, &message);
        self.turn.relay.break_off();
        self.turn = self.turn.record().await;
        self.turn.finished(Ending::ProviderBroke);
        event.into()
    }

    /// The provider failed. A request that the client doesn't know of is sent again after a while, as
    /// long as the client has seen nothing of its response; `wait`: how long the provider asks for.
    async fn failed(mut self, error: BoxError, wait: Option<Duration>) -> Self {
        self.source = None;
        let is_unseen = self.turn.relay.end().is_some() || self.turn.relay.is_unseen();
        if let Some(request) = self.again.as_mut().filter(|_| is_unseen)
            && let Some(wait) = self.turn.retries.wait(wait)
        {
            request.at = Some(Instant::now() + wait);
            return self;
        }
        self.break_off(error).await
    }

    /// Ends the client's stream without its last event. Agents take that for a broken connection, after
    /// which most send their request again, whereas an error in the stream ends the run of most of
    /// them. What they ask for then gets the provider's own response, with what it says about when to
    /// come back.
    async fn break_off(mut self, error: BoxError) -> Self {
        if self.again.is_some() {
            self.turn.relay.break_off();
            self.turn = self.turn.record().await;
        }
        self.turn.finished(Ending::ProviderBroke);
        self.error = Some(error);
        self
    }
}

impl Drop for TurnRelay {
    /// What was used is told however it ended: some clients close as soon as they have seen the
    /// last event, and what came before a stream broke off is billed too.
    fn drop(&mut self) {
        self.recording.exchange.usage = self.relay.usage_so_far();
        // Nothing was intercepted, so the client has all of it.
        let is_whole = self.asked == 0 && self.relay.end() == Some(RoundEnd::Plain);
        if is_whole && self.recording.exchange.ending == Ending::ClientGone {
            self.recording.ended(Ending::Done);
        }
    }
}

/// Does what may block on a thread where that holds up nobody.
async fn blocking<T: Send + 'static>(
    turn: TurnRelay,
    work: impl FnOnce(&mut TurnRelay) -> T + Send + 'static,
) -> (TurnRelay, T) {
    let done = tokio::task::spawn_blocking(move || {
        let mut turn = turn;
        let result = work(&mut turn);
        (turn, result)
    });
    match done.await {
        Ok(done) => done,
        // The work doesn't panic; if it does, the panic goes on in the task that asked for it.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

async fn read(body: Incoming, bound: usize) -> Result<Bytes, BoxError> {
    match Limited::new(body, bound).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(format!("a response of more than {bound} bytes").into())
        }
        Err(error) => Err(error),
    }
}

fn whole_response(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = to_client(headers);
    response
}
