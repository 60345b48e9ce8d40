//! The relay of a streamed turn: round after round as one stream, kept alive while a request of the
//! proxy's own waits to be sent again.

use std::ops::ControlFlow;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use futures_util::stream::unfold;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use metrics::Ending;
use tokio::time::{Instant, sleep_until};

use super::retry::{asked_wait, may_be_retried};
use super::rounds::{BoxError, Next, TurnRelay, read};
use crate::forward::headers::is_stream;

/// Bytes of a provider's error that are read. By hand: errors are a few hundred.
const MAX_ERROR: usize = 64 << 10;

/// How long a client's stream may be silent while a request waits to be sent again.
const SILENT_FOR: Duration = Duration::from_secs(10);

impl TurnRelay {
    /// The body of a response that is streamed.
    pub(crate) fn stream(self, body: Incoming) -> Body {
        let state =
            Some(Streaming { turn: self, source: Some(body), follow_up: None, error: None });
        Body::from_stream(unfold(state, |state| async move { state?.step().await }))
    }
}

/// A turn that is being streamed.
struct Streaming {
    turn: TurnRelay,
    /// The round that is being read; none between rounds.
    source: Option<Incoming>,
    /// The request for the round that is being read or is to come; none for the client's own.
    follow_up: Option<FollowUp>,
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

/// Whether the stream goes on, or ends with these bytes.
type Flow = ControlFlow<Option<Bytes>, Streaming>;

impl Streaming {
    /// The next bytes for the client.
    async fn step(mut self) -> Step {
        loop {
            if let Some(error) = self.error.take() {
                // A server that is given an error at once drops what it hasn't sent yet.
                tokio::task::yield_now().await;
                return Some((Err(error), None));
            }
            if let Some(at) = self.follow_up.as_ref().and_then(|request| request.at) {
                let awake = at.min(Instant::now() + SILENT_FOR);
                sleep_until(awake).await;
                if awake < at {
                    let alive = Bytes::from_static(self.turn.relay.keep_alive());
                    return Some((Ok(alive), Some(self)));
                }
                match self.ask().await {
                    ControlFlow::Continue(now) => self = now,
                    ControlFlow::Break(last) => return last.map(|last| (Ok(last), None)),
                }
                continue;
            }
            let Some(source) = &mut self.source else {
                match self.between().await {
                    ControlFlow::Continue(now) => self = now,
                    ControlFlow::Break(last) => return last.map(|last| (Ok(last), None)),
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
        let is_own = self.follow_up.is_none();
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

    /// A round is over: another begins, or the turn ends.
    async fn between(mut self) -> Flow {
        let (turn, next) = self.turn.next().await;
        self.turn = turn;
        match next {
            Next::Close(reason) => {
                let out = self.turn.relay.close(reason);
                self.turn.finished(Ending::Done);
                ControlFlow::Break((!out.is_empty()).then(|| out.into()))
            }
            Next::Ask(body) => {
                self.follow_up = Some(FollowUp { body, at: Some(Instant::now()) });
                ControlFlow::Continue(self)
            }
        }
    }

    /// Sends the request that waits.
    async fn ask(mut self) -> Flow {
        let Some(request) = &mut self.follow_up else { return ControlFlow::Continue(self) };
        request.at = None;
        let response = match self.turn.prepared.send(request.body.clone()).await {
            Ok(response) => response,
            Err(error) => return ControlFlow::Continue(self.failed(error.into(), None).await),
        };
        let (status, headers) = (response.status(), response.headers());
        if status == StatusCode::OK && is_stream(headers, self.turn.relay.framing()) {
            self.turn.relay.next_round();
            self.source = Some(response.into_body());
            return ControlFlow::Continue(self);
        }
        if status.is_client_error() && !may_be_retried(status, headers) {
            return ControlFlow::Break(Some(self.refused(response).await));
        }
        let wait = asked_wait(headers);
        let error = format!("the provider answered {status}");
        ControlFlow::Continue(self.failed(error.into(), wait).await)
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
        if let Some(request) = self.follow_up.as_mut().filter(|_| is_unseen)
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
        if self.follow_up.is_some() {
            self.turn.relay.break_off();
            self.turn = self.turn.record().await;
        }
        self.turn.finished(Ending::ProviderBroke);
        self.error = Some(error);
        self
    }
}
