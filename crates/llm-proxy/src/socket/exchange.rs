//! One request on a WebSocket, and the messages that answer it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use llm_api::response::{CloseReason, RoundEnd, Usage};
use llm_api::socket::{Event, event};
use llm_api::{Api, RESPONSES};
use metrics::Ending;
use serde_json::Value;
use tokio::time::Instant;

use super::conversation::Conversation;
use crate::recording::Recording;
use crate::relay::{Next, TurnRelay};

/// The API that is spoken over WebSockets.
const API: &dyn Api = RESPONSES;

/// A request that is being answered.
pub(super) struct Exchange {
    response: Response,
    memory: Memory,
    has_begun: bool,
    /// A request that the client doesn't know of, while it is the one that is answered.
    follow_up: Option<Bytes>,
}

/// How the response is passed on.
pub(super) enum Response {
    /// As it comes.
    Observed { recording: Box<Recording>, usage: Option<Usage> },
    /// Without the calls of the injected tool.
    Relayed(Box<TurnRelay<()>>),
}

/// What becomes the conversation when the response ends.
pub(super) struct Memory {
    /// The conversation before the request.
    pub(super) before: Option<Arc<Conversation>>,
    /// Whether more came before it, which isn't known.
    pub(super) is_partial: bool,
    /// The request's own items, with commas between them.
    pub(super) items: Vec<u8>,
    /// Whether items of the response are among them.
    pub(super) has_said: bool,
    /// The most bytes that a conversation may have.
    pub(super) max: usize,
}

/// What the client is sent for a message of the provider.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ToClient {
    /// Nothing.
    Nothing,
    /// The message.
    Same,
    /// Another one.
    Other(Vec<u8>),
}

/// How it goes on.
pub(super) enum Progress {
    /// More messages are to come.
    Open(Exchange),
    /// The provider is to be asked again, with this message, at this time.
    Ask(Exchange, Bytes, Instant),
    /// It is over. The conversation up to its end, if that can be gone on from.
    Over(Option<Conversation>),
    /// It can't go on, and the client is to see that as a broken connection.
    Broken,
}

impl Exchange {
    pub(super) fn new(response: Response, memory: Memory) -> Self {
        Exchange { response, memory, has_begun: false, follow_up: None }
    }

    fn recording(&mut self) -> &mut Recording {
        match &mut self.response {
            Response::Observed { recording, .. } => recording,
            Response::Relayed(turn) => &mut turn.recording,
        }
    }

    /// The request goes to the provider now.
    pub(super) fn sent(&mut self) {
        self.recording().sent();
    }

    /// A request that the client doesn't know of goes to the provider now.
    pub(super) fn asked_again(&mut self, message: Bytes) {
        if let Response::Relayed(turn) = &mut self.response {
            turn.relay.next_round();
        }
        self.follow_up = Some(message);
    }

    /// Takes a message of the provider.
    pub(super) async fn message(mut self, data: &[u8]) -> (ToClient, Progress) {
        let given = event(data);
        if !self.has_begun {
            self.has_begun = true;
            let status = match &given {
                Event::Error { status, .. } => status.unwrap_or(500),
                _ => 200,
            };
            self.recording().responded(status);
        }
        match self.response {
            Response::Observed { recording, usage } => {
                let observed = Observed { recording, usage, memory: self.memory };
                (ToClient::Same, observed.message(data, given).await)
            }
            Response::Relayed(turn) => {
                let Exchange { memory, follow_up, .. } = self;
                Relayed { turn, memory, follow_up }.message(data, given).await
            }
        }
    }

    /// The connection to the provider has ended in the middle of the response.
    pub(super) async fn break_off(self) {
        match self.response {
            Response::Observed { mut recording, usage } => {
                recording.exchange.usage.extend(usage);
                recording.ended(Ending::ProviderBroke);
            }
            Response::Relayed(turn) => {
                let Exchange { memory, follow_up, .. } = self;
                Relayed { turn, memory, follow_up }.break_off().await;
            }
        }
    }
}

/// A response that is passed on as it comes.
struct Observed {
    recording: Box<Recording>,
    usage: Option<Usage>,
    memory: Memory,
}

impl Observed {
    async fn message(mut self, data: &[u8], given: Event) -> Progress {
        if let Some(now) = API.usage(data) {
            self.usage.get_or_insert_default().update(now);
        }
        match given {
            Event::Item(item) => self.memory.add(&item),
            Event::Last { id, has_succeeded, output } => {
                self.recording.exchange.usage.extend(self.usage);
                self.recording.ended(Ending::Done);
                return Progress::Over(match id.filter(|_| has_succeeded) {
                    Some(id) => self.memory.conversation(id, &output).await,
                    None => None,
                });
            }
            Event::Error { .. } => {
                self.recording.ended(Ending::Done);
                return Progress::Over(None);
            }
            Event::Other => {}
        }
        Progress::Open(Exchange {
            response: Response::Observed { recording: self.recording, usage: self.usage },
            memory: self.memory,
            has_begun: true,
            follow_up: None,
        })
    }
}

/// A turn in which the model may call the injected tool.
struct Relayed {
    turn: Box<TurnRelay<()>>,
    memory: Memory,
    follow_up: Option<Bytes>,
}

impl Relayed {
    fn open(self) -> Exchange {
        let response = Response::Relayed(self.turn);
        Exchange { response, memory: self.memory, has_begun: true, follow_up: self.follow_up }
    }

    async fn message(mut self, data: &[u8], given: Event) -> (ToClient, Progress) {
        if let Event::Last { id, .. } = &given {
            self.turn.answered_by(id.clone());
        }
        let shown = self.turn.relay.message(data);
        if self.turn.relay.has_failed() {
            let wait = match given {
                Event::Error { retry_after, .. } => retry_after.map(Duration::from_secs),
                _ => None,
            };
            return (ToClient::Nothing, self.failed(wait).await);
        }
        if let Some(Event::Item(item)) = shown.as_deref().map(event) {
            self.memory.add(&item);
        }
        let to_client = match shown {
            None => ToClient::Nothing,
            Some(shown) if shown == data => ToClient::Same,
            Some(shown) => ToClient::Other(shown),
        };
        match given {
            Event::Error { .. } if self.follow_up.is_some() => {
                // The provider refuses a request that the client doesn't know of, and would refuse it
                // again: the client is told why.
                self.break_off().await;
                (to_client, Progress::Over(None))
            }
            Event::Error { .. } => {
                self.turn.finished(Ending::Done);
                (to_client, Progress::Over(None))
            }
            Event::Last { id, has_succeeded, output } => {
                let last = Last { id: id.filter(|_| has_succeeded), output };
                self.round_over(last, to_client).await
            }
            Event::Item(_) | Event::Other => (to_client, Progress::Open(self.open())),
        }
    }

    /// A round is over: another begins, or the turn ends.
    async fn round_over(mut self, last: Last, to_client: ToClient) -> (ToClient, Progress) {
        let end = self.turn.relay.end();
        let (turn, next) = self.turn.next().await;
        self.turn = Box::new(turn);
        let reason = match next {
            Next::Ask(message) => {
                return (to_client, Progress::Ask(self.open(), message, Instant::now()));
            }
            Next::Close(reason) => reason,
        };
        let closing = self.turn.relay.close(reason);
        self.turn.finished(Ending::Done);
        let shown = if closing.is_empty() { None } else { Some(closing) };
        // What closes the turn may be another event than the provider's last one.
        let (id, output) = match shown.as_deref().map(event) {
            Some(Event::Last { id, output, .. }) => (id, output),
            _ => (last.id.clone(), last.output),
        };
        let to_client = shown.map_or(to_client, ToClient::Other);
        let Some((actual, id)) = last.id.zip(id) else {
            return (to_client, Progress::Over(None));
        };
        let actual_id = (actual != id).then_some(actual);
        let is_mixed = end == Some(RoundEnd::Mixed);
        let open = if is_mixed { self.turn.relay.rounds().to_vec() } else { Vec::new() };
        let is_unusable = reason != CloseReason::AsGiven || end == Some(RoundEnd::Unanswerable);
        let conversation = self.memory.conversation(id, &output).await;
        let conversation = conversation.map(|mut conversation| {
            conversation.actual_id = actual_id;
            conversation.open = open;
            conversation.is_unusable = is_unusable;
            conversation
        });
        (to_client, Progress::Over(conversation))
    }

    /// The provider failed on a request that the client doesn't know of. It is sent again after a while,
    /// as long as the client has seen nothing of its response; `wait`: how long the provider asks for.
    async fn failed(mut self, wait: Option<Duration>) -> Progress {
        let is_unseen = self.turn.relay.end().is_some() || self.turn.relay.is_unseen();
        if let Some(message) = self.follow_up.clone().filter(|_| is_unseen)
            && let Some(wait) = self.turn.retries.wait(wait)
        {
            return Progress::Ask(self.open(), message, Instant::now() + wait);
        }
        self.break_off().await;
        Progress::Broken
    }

    /// Keeps what was intercepted before the response broke off.
    async fn break_off(mut self) {
        if self.follow_up.is_some() {
            self.turn.relay.break_off();
            *self.turn = self.turn.record().await;
        }
        self.turn.finished(Ending::ProviderBroke);
    }
}

/// The end of a round.
struct Last {
    /// The id of a response that can be gone on from.
    id: Option<String>,
    output: Vec<u8>,
}

impl Memory {
    /// Adds an item that the client has seen.
    fn add(&mut self, item: &[u8]) {
        // As the client would send it back: without blanks, and with no more escapes than needed.
        let value = serde_json::from_slice::<Value>(item);
        let item = value.map_or_else(|_| item.to_vec(), |value| value.to_string().into_bytes());
        if !self.items.is_empty() {
            self.items.push(b',');
        }
        self.items.extend(item);
        self.has_said = true;
    }

    /// The conversation up to the end of the response `id`, with these items where none came before its
    /// end.
    async fn conversation(mut self, id: String, output: &[u8]) -> Option<Conversation> {
        if !self.has_said && !output.is_empty() {
            self.add(output);
        }
        let is_partial = self.is_partial;
        let following =
            move || Conversation::following(self.before.as_deref(), &self.items, self.max);
        // Deflating takes time. It doesn't panic; if it does, nothing is remembered.
        let mut next = tokio::task::spawn_blocking(following).await.ok().flatten()?;
        next.id = id;
        next.is_partial = is_partial;
        Some(next)
    }
}
