//! One turn of the model in which it may call for what was left out: relayed round after round, as
//! one answer.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};
use bytes::Bytes;
use futures_util::stream::unfold;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokens::Encoding;
use wire::answer::{End, Reason, Relay, Round};

use super::figures::{Ending, Recording};
use super::plan::{MOST_ROUNDS, Planner, Turn};
use super::{Line, encoding, tap, tool};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Bytes of a whole answer beyond which it is an error of the provider.
const MOST_ANSWER: usize = 64 << 20;

/// Bytes of a provider's error that are read.
const MOST_ERROR: usize = 64 << 10;

/// A turn on its way to the client.
pub(super) struct Exchange {
    pub(super) planner: Arc<Planner>,
    pub(super) line: Line,
    pub(super) turn: Turn,
    pub(super) relay: Relay,
    pub(super) recording: Recording,
    /// Times that the provider was asked again.
    asked: usize,
}

/// What follows a round.
enum Next {
    /// The turn ends like this.
    Close(Reason),
    /// The provider is asked again with this body.
    Ask(Bytes),
}

impl Exchange {
    pub(super) fn new(planner: Arc<Planner>, line: Line, turn: Turn, recording: Recording) -> Self {
        let relay = Relay::new(turn.api, tool::NAME, turn.is_stored);
        Exchange { planner, line, turn, relay, recording, asked: 0 }
    }

    /// Decides what follows the round that has just ended, and keeps what was hidden before the
    /// turn's last byte is delivered.
    async fn next(mut self) -> (Self, Next) {
        let next = match self.relay.end() {
            Some(End::Alone) => {
                let (now, again) = self.ask().await;
                self = now;
                match again {
                    Some(body) => {
                        self.asked += 1;
                        return (self, Next::Ask(body));
                    }
                    None if self.asked > MOST_ROUNDS => Reason::Enough,
                    None => Reason::Length,
                }
            }
            Some(End::Unanswerable) if self.relay.ids().is_empty() => Reason::Enough,
            _ => Reason::AsGiven,
        };
        let now = self.record().await;
        (now, Next::Close(next))
    }

    /// The body for another round, if there is to be one.
    async fn ask(mut self) -> (Self, Option<Bytes>) {
        let hidden = self.relay.rounds().last().map_or(0, |round| round.hidden.len());
        self.recording.exchange.retrievals += hidden;
        if self.asked > MOST_ROUNDS {
            return (self, None);
        }
        let spent = self.spent();
        blocking(self, move |exchange| {
            let again = exchange.planner.again(&exchange.turn, exchange.relay.rounds(), spent)?;
            exchange.recording.exchange.retrievals_in_vain += again.vain;
            Some(again.body)
        })
        .await
    }

    /// Tokens of the answers so far; those of a round that doesn't say are counted.
    fn spent(&self) -> u64 {
        let rounds = self.relay.rounds().iter().zip(self.relay.usage());
        let of = |(round, usage): (&Round, &wire::answer::Usage)| match usage.output {
            0 => tokens::count(Encoding::default(), &round.said) as u64,
            output => output,
        };
        rounds.map(of).sum()
    }

    /// Keeps what was hidden in the turn. Calls that nobody will answer are forgotten: the turn goes
    /// on without them.
    async fn record(mut self) -> Self {
        let rounds = self.relay.rounds();
        if rounds.iter().all(|round| round.hidden.is_empty()) {
            return self;
        }
        let mut rounds = rounds.to_vec();
        if let Some(last) = rounds.last_mut() {
            if self.relay.end() == Some(End::Beside) {
                self.recording.exchange.retrievals += last.hidden.len();
            } else {
                last.hidden.clear();
            }
        }
        let (now, ()) = blocking(self, move |exchange| {
            let (ids, text) = (exchange.relay.ids(), exchange.relay.text());
            let kept = exchange.planner.record(&exchange.turn, &rounds, ids, text);
            exchange.recording.exchange.failures += usize::from(kept.is_err());
        })
        .await;
        now
    }

    fn finished(&mut self, ending: Ending) {
        self.recording.exchange.usage = self.relay.usage().to_vec();
        self.recording.ended(ending);
    }

    /// The answer of a provider that doesn't stream.
    pub(super) async fn whole(
        mut self,
        head: HeaderMap,
        body: Incoming,
    ) -> Result<Response<Body>, BoxError> {
        let (mut of_round, mut source) = (head.clone(), body);
        loop {
            let given = read(source, MOST_ANSWER).await?;
            // What can't be decoded can't be read either, and is passed on.
            let decoded = encoding::decode(&of_round, &given, MOST_ANSWER).unwrap_or(None);
            self.relay.whole(decoded.as_ref().unwrap_or(&given));
            if self.asked == 0 && self.relay.end() == Some(End::Plain) {
                self.finished(Ending::Done);
                return Ok(answer(StatusCode::OK, &head, given));
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
                    return Ok(answer(StatusCode::OK, &head, body.into()));
                }
                Next::Ask(body) => {
                    let response = self.line.send(body).await?;
                    if response.status() != StatusCode::OK {
                        // Nothing was delivered yet, so the provider's own answer can be.
                        self.finished(Ending::Done);
                        let (parts, body) = response.into_parts();
                        self.recording.exchange.status = Some(parts.status.as_u16());
                        let body = read(body, MOST_ANSWER).await?;
                        return Ok(answer(parts.status, &parts.headers, body));
                    }
                    self.relay.next_round();
                    of_round = response.headers().clone();
                    source = response.into_body();
                }
            }
        }
    }

    /// The body of an answer that is streamed.
    pub(super) fn stream(self, body: Incoming) -> Body {
        let state = Some(Streaming { exchange: self, source: Some(body), fault: None });
        Body::from_stream(unfold(state, |state| async move { state?.step().await }))
    }
}

/// A turn that is being streamed.
struct Streaming {
    exchange: Exchange,
    /// The round that is being read; none between rounds.
    source: Option<Incoming>,
    /// What broke the stream off, once all that came before it is delivered.
    fault: Option<BoxError>,
}

/// The next bytes, and what comes after them.
type Step = Option<(Result<Bytes, BoxError>, Option<Streaming>)>;

impl Streaming {
    async fn step(mut self) -> Step {
        loop {
            if let Some(fault) = self.fault.take() {
                // A server that is given an error at once drops what it hasn't sent yet.
                tokio::task::yield_now().await;
                return Some((Err(fault), None));
            }
            let mut out = Vec::new();
            let Some(source) = &mut self.source else { return self.between().await };
            match source.frame().await {
                Some(Ok(frame)) => {
                    let Some(data) = frame.data_ref() else { continue };
                    self.exchange.relay.push(data, &mut out);
                }
                Some(Err(error)) => {
                    // The client's stream ends the same way.
                    self.exchange.relay.finish(&mut out);
                    self.exchange.finished(Ending::ProviderBroke);
                    self.fault = Some(error.into());
                }
                None => {
                    self.exchange.relay.finish(&mut out);
                    self.source = None;
                }
            }
            if !out.is_empty() {
                return Some((Ok(out.into()), Some(self)));
            }
        }
    }

    /// A round is over: another begins, or the turn ends.
    async fn between(mut self) -> Step {
        let (exchange, next) = self.exchange.next().await;
        self.exchange = exchange;
        match next {
            Next::Close(reason) => {
                let out = self.exchange.relay.close(reason);
                self.exchange.finished(Ending::Done);
                (!out.is_empty()).then(|| (Ok(out.into()), None))
            }
            Next::Ask(body) => {
                let answer = self.exchange.line.send(body).await;
                let fault = match answer {
                    Ok(response)
                        if response.status() == StatusCode::OK
                            && tap::is_stream(response.headers()) =>
                    {
                        self.exchange.relay.next_round();
                        self.source = Some(response.into_body());
                        return Box::pin(self.step()).await;
                    }
                    Ok(response) => {
                        let status = response.status();
                        let body = read(response.into_body(), MOST_ERROR).await.unwrap_or_default();
                        self.exchange
                            .relay
                            .error_event(&body, &format!("the provider answered {status}"))
                    }
                    Err(error) => self.exchange.relay.error_event(b"", &error.to_string()),
                };
                self.exchange.finished(Ending::ProviderBroke);
                Some((Ok(fault.into()), None))
            }
        }
    }
}

/// Does what may block on a thread where that holds up nobody.
async fn blocking<T: Send + 'static>(
    exchange: Exchange,
    work: impl FnOnce(&mut Exchange) -> T + Send + 'static,
) -> (Exchange, T) {
    let done = tokio::task::spawn_blocking(move || {
        let mut exchange = exchange;
        let result = work(&mut exchange);
        (exchange, result)
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
            Err(format!("an answer of more than {bound} bytes").into())
        }
        Err(error) => Err(error),
    }
}

fn answer(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = super::headers::to_client(headers);
    response
}
