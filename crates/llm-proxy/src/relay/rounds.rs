//! A turn of the model in which it may call the injected tool: what follows each round, and the relay
//! of responses that aren't streamed. `stream` relays those that are, and `socket` those that come over a
//! WebSocket.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use llm_api::framing::Framing;
use llm_api::response::{CloseReason, Relay, Round, RoundEnd, Usage};
use llm_api::retrieval;
use metrics::Ending;
use tokens::Encoding;

use super::retry::Retries;
use crate::encoding;
use crate::forward::PreparedRequest;
use crate::forward::headers::to_client;
use crate::recording::Recording;
use crate::rewrite::{MAX_ROUNDS, OpenTurn, RequestRewriter};

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Bytes of a whole response beyond which it is an error of the provider. By hand: far more than any
/// limit of output tokens.
const MAX_RESPONSE: usize = 64 << 20;

/// A turn on its way to the client. `P` is what its rounds are sent with: nothing on a WebSocket.
pub(crate) struct TurnRelay<P = PreparedRequest> {
    rewriter: Arc<RequestRewriter>,
    pub(super) prepared: P,
    turn: OpenTurn,
    pub(crate) relay: Relay,
    pub(crate) recording: Recording,
    /// Times that the provider was asked again.
    asked: usize,
    pub(crate) retries: Retries,
}

/// What follows a round.
pub(crate) enum Next {
    /// The turn ends like this.
    Close(CloseReason),
    /// The provider is asked again with this body.
    Ask(Bytes),
}

impl<P: Send + 'static> TurnRelay<P> {
    pub(crate) fn new(
        rewriter: Arc<RequestRewriter>,
        prepared: P,
        (turn, framing): (OpenTurn, Framing),
        retries: Retries,
        recording: Recording,
    ) -> Self {
        let relay = Relay::new(turn.api, retrieval::NAME, turn.is_stored).framed(framing);
        TurnRelay { rewriter, prepared, turn, relay, recording, asked: 0, retries }
    }

    /// Decides what follows the round that has just ended, and keeps what was intercepted before the
    /// turn's last byte is delivered.
    pub(crate) async fn next(mut self) -> (Self, Next) {
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
    pub(crate) async fn record(mut self) -> Self {
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

    pub(crate) fn finished(&mut self, ending: Ending) {
        self.recording.ended(ending);
    }

    /// Notes the id of the response that ends a round on a WebSocket.
    pub(crate) fn answered_by(&mut self, id: Option<String>) {
        self.turn.answered_by(id);
    }
}

impl TurnRelay<()> {
    /// A turn whose rounds are messages of a WebSocket.
    pub(crate) fn over_socket(
        rewriter: Arc<RequestRewriter>,
        turn: OpenTurn,
        retries: Retries,
        recording: Recording,
    ) -> Self {
        TurnRelay::new(rewriter, (), (turn, Framing::Messages), retries, recording)
    }
}

impl TurnRelay {
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
}

impl<P> Drop for TurnRelay<P> {
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
async fn blocking<P: Send + 'static, T: Send + 'static>(
    turn: TurnRelay<P>,
    work: impl FnOnce(&mut TurnRelay<P>) -> T + Send + 'static,
) -> (TurnRelay<P>, T) {
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

pub(super) async fn read(body: Incoming, bound: usize) -> Result<Bytes, BoxError> {
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
