//! One connection: messages of the client and of the provider, one request at a time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use llm_api::socket::error;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::conversation::{Conversation, Slot};
use super::ends::End;
use super::exchange::{Exchange, Memory, Progress, Response, ToClient};
use super::message::{is_own_pong, is_request, own_ping, renamed_text, text_message};
use super::stream::{Socket, trim};
use super::{Services, Shutdown};
use crate::recording::Recording;
use crate::relay::{Retries, TurnRelay};
use crate::rewrite::RewrittenMessage;
use crate::route::Route;

/// After how long a silence both sides are asked whether they are there: a connection that died is then
/// noticed. By hand, not measured.
const PING_AFTER: Duration = Duration::from_secs(60);

/// After how long a silence buffers are freed. By hand: longer than events of a response are apart.
const TRIM_AFTER: Duration = Duration::from_millis(500);

/// A connection that is served.
pub(super) struct Session {
    services: Services,
    route: Route,
    /// The client, as far as it names itself.
    client_name: Option<Box<str>>,
    client: Socket,
    provider: Socket,
    conversation: Arc<Slot>,
    /// The last response as the client and as the provider call it, where that differs.
    renamed: Option<(String, String)>,
    /// The request that is being answered.
    exchange: Option<Exchange>,
    /// A request of the client that waits for that, and what came after it.
    waiting: VecDeque<Message>,
    /// A request of the proxy's own, and when it is to be sent.
    follow_up: Option<(Bytes, Instant)>,
    /// Whether there was a message since buffers were freed.
    is_untrimmed: bool,
}

/// What happens on a connection.
enum Happening {
    FromClient(Option<Result<Message, Error>>),
    FromProvider(Option<Result<Message, Error>>),
    FollowUp,
    Idle,
    Quiet,
    Shutdown,
}

/// Whether the connection goes on.
type Flow = Result<(), End>;

impl Session {
    pub(super) fn new(
        services: Services,
        route: Route,
        client_name: Option<Box<str>>,
        client: Socket,
        provider: Socket,
    ) -> Self {
        let conversation = Arc::new(services.conversations.slot());
        Session {
            services,
            route,
            client_name,
            client,
            provider,
            conversation,
            renamed: None,
            exchange: None,
            waiting: VecDeque::new(),
            follow_up: None,
            is_untrimmed: false,
        }
    }

    /// Serves the connection until it ends. After the shutdown began that is with the response to the
    /// request that is under way.
    pub(super) async fn run(mut self, mut shutdown: Option<Shutdown>) {
        let mut is_ending = false;
        let end = loop {
            let happening = self.next(shutdown.as_mut().filter(|_| !is_ending)).await;
            is_ending |= matches!(happening, Happening::Shutdown);
            if let Err(end) = self.handle(happening).await {
                break end;
            }
            if is_ending && self.exchange.is_none() {
                break End::Shutdown;
            }
        };
        if let Some(exchange) = self.exchange.take().filter(|_| end.is_providers()) {
            exchange.break_off().await;
        }
        end.close(self.client, self.provider).await;
    }

    async fn next(&mut self, shutdown: Option<&mut Shutdown>) -> Happening {
        let follow_up = self.follow_up.as_ref().map(|(_, at)| *at);
        let may_wait =
            self.waiting.iter().map(Message::len).sum::<usize>() < self.services.max_message;
        let may_trim = self.is_untrimmed && may_wait;
        // In this order: when buffers are freed, both sockets were just asked for what they have.
        tokio::select! {
            biased;
            () = ended(shutdown) => Happening::Shutdown,
            message = self.provider.next() => Happening::FromProvider(message),
            message = self.client.next(), if may_wait => Happening::FromClient(message),
            () = at(follow_up) => Happening::FollowUp,
            () = sleep(TRIM_AFTER), if may_trim => Happening::Idle,
            () = sleep(PING_AFTER) => Happening::Quiet,
        }
    }

    async fn handle(&mut self, happening: Happening) -> Flow {
        self.is_untrimmed |= !matches!(happening, Happening::Idle);
        match happening {
            Happening::FromClient(Some(Ok(message))) => self.on_client_message(message).await,
            Happening::FromClient(Some(Err(error))) => Err(End::ClientFailed(error)),
            Happening::FromClient(None) => Err(End::ClientFailed(Error::ConnectionClosed)),
            Happening::FromProvider(Some(Ok(Message::Text(text)))) => {
                self.on_provider_message(text).await
            }
            Happening::FromProvider(Some(Ok(Message::Close(frame)))) => Err(End::Provider(frame)),
            Happening::FromProvider(Some(Ok(message))) => {
                if is_own_pong(&message) {
                    Ok(())
                } else {
                    self.send_to_client(message).await
                }
            }
            Happening::FromProvider(Some(Err(error))) => Err(End::ProviderFailed(error)),
            Happening::FromProvider(None) => Err(End::ProviderFailed(Error::ConnectionClosed)),
            Happening::FollowUp => self.send_follow_up().await,
            Happening::Idle => {
                self.is_untrimmed = false;
                self.client.flush().await.map_err(End::ClientFailed)?;
                self.provider.flush().await.map_err(End::ProviderFailed)?;
                trim(&mut self.client).await;
                trim(&mut self.provider).await;
                Ok(())
            }
            Happening::Quiet => {
                self.send_to_client(own_ping()).await?;
                self.send_to_provider(own_ping()).await
            }
            Happening::Shutdown => Ok(()),
        }
    }

    async fn send_to_client(&mut self, message: Message) -> Flow {
        self.client.send(message).await.map_err(End::ClientFailed)
    }

    async fn send_to_provider(&mut self, message: Message) -> Flow {
        self.provider.send(message).await.map_err(End::ProviderFailed)
    }

    async fn on_client_message(&mut self, message: Message) -> Flow {
        match message {
            Message::Close(frame) => Err(End::Client(frame)),
            // Whoever gets a ping answers it; that it reaches the other side shows that it is there.
            Message::Ping(_) => self.send_to_provider(message).await,
            Message::Pong(_) if is_own_pong(&message) => Ok(()),
            Message::Pong(_) => self.send_to_provider(message).await,
            // One request at a time, and everything in its order.
            message if !self.waiting.is_empty() || self.must_wait(&message) => {
                self.waiting.push_back(message);
                Ok(())
            }
            message => self.take_in(message).await,
        }
    }

    /// Whether a message can't be sent before the response that is under way has ended.
    fn must_wait(&self, message: &Message) -> bool {
        self.exchange.is_some() && is_request(message)
    }

    async fn take_in(&mut self, message: Message) -> Flow {
        let is_request = is_request(&message);
        match message {
            Message::Text(text) if is_request => self.request(text).await,
            Message::Text(text) => self.pass(text).await,
            message => self.send_to_provider(message).await,
        }
    }

    /// Sends what waited for the end of a response.
    async fn go_on(&mut self) -> Flow {
        while self.exchange.is_none() {
            let Some(message) = self.waiting.pop_front() else { break };
            self.take_in(message).await?;
        }
        Ok(())
    }

    /// Passes a message on that asks for no response.
    async fn pass(&mut self, text: Utf8Bytes) -> Flow {
        let renamed = self.renamed.as_ref();
        let other = renamed.and_then(|(shown, actual)| renamed_text(&text, shown, actual));
        self.send_to_provider(Message::Text(other.unwrap_or(text))).await
    }

    /// A message that asks for a response, if it can be read.
    async fn request(&mut self, text: Utf8Bytes) -> Flow {
        let Ok(permit) = Arc::clone(&self.services.under_way).try_acquire_owned() else {
            let message = "too many requests at once; try again in a second";
            return self.send_to_client(text_message(error(503, "overloaded", message))).await;
        };
        let recorder = self.services.recorder.clone();
        let mut recording = Recording::new(recorder, self.route, permit);
        recording.exchange.client = self.client_name.clone();
        let Some((rewritten, memory)) = self.rewrite(text.clone()).await else {
            recording.discard();
            return self.pass(text).await;
        };
        let RewrittenMessage { message, report, turn, .. } = rewritten;
        recording.rewritten(report);
        let response = match turn {
            None => Response::Observed { recording: Box::new(recording), usage: None },
            Some(turn) => {
                let retries = Retries::within(self.services.retry_within);
                let rewriter = self.services.rewriter.clone();
                let turn = TurnRelay::over_socket(rewriter, turn, retries, recording);
                Response::Relayed(Box::new(turn))
            }
        };
        let mut exchange = Exchange::new(response, memory);
        exchange.sent();
        self.exchange = Some(exchange);
        self.send_to_provider(text_message(message)).await
    }

    /// Rewrites a message on a thread where that holds up nobody; `None` for one that isn't understood.
    async fn rewrite(&mut self, text: Utf8Bytes) -> Option<(RewrittenMessage, Memory)> {
        let permit = Arc::clone(&self.services.workers).acquire_owned().await;
        let (rewriter, slot) = (self.services.rewriter.clone(), self.conversation.clone());
        let max = self.services.max_message;
        let work = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut before = None;
            let past = |previous: Option<&str>| {
                let (past, known) = slot.past(previous);
                before = known;
                past
            };
            let mut rewritten = rewriter.rewrite_message(&text.into(), past)?;
            let items = std::mem::take(&mut rewritten.items);
            let is_partial = rewritten.past.is_partial;
            let memory = Memory { before, is_partial, items, has_said: false, max };
            Some((rewritten, memory))
        });
        // It doesn't panic; if it does, the message goes on as it came.
        work.await.unwrap_or_default()
    }

    async fn on_provider_message(&mut self, text: Utf8Bytes) -> Flow {
        let Some(exchange) = self.exchange.take() else {
            return self.send_to_client(Message::Text(text)).await;
        };
        let (to_client, progress) = exchange.message(text.as_bytes()).await;
        let is_broken = matches!(progress, Progress::Broken);
        let is_over = matches!(progress, Progress::Over(_));
        match progress {
            Progress::Open(exchange) => self.exchange = Some(exchange),
            Progress::Ask(exchange, message, at) => {
                self.exchange = Some(exchange);
                self.follow_up = Some((message, at));
            }
            Progress::Over(conversation) => self.remember(conversation),
            Progress::Broken => {}
        }
        match to_client {
            ToClient::Nothing => {}
            ToClient::Same => self.send_to_client(Message::Text(text)).await?,
            ToClient::Other(message) => self.send_to_client(text_message(message)).await?,
        }
        if is_broken {
            return Err(End::Broken);
        }
        if is_over { self.go_on().await } else { Ok(()) }
    }
}

impl Session {
    /// Remembers what came before the client's next request.
    fn remember(&mut self, conversation: Option<Conversation>) {
        let Some(conversation) = conversation else { return };
        let actual = conversation.actual_id.clone();
        self.renamed = actual.map(|actual| (conversation.id.clone(), actual));
        self.conversation.remember(conversation);
    }

    async fn send_follow_up(&mut self) -> Flow {
        let Some((message, _)) = self.follow_up.take() else { return Ok(()) };
        if let Some(exchange) = &mut self.exchange {
            exchange.asked_again(message.clone());
        }
        self.send_to_provider(text_message(message)).await
    }
}

/// Completes at a time; never without one.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Completes when the shutdown begins.
async fn ended(shutdown: Option<&mut Shutdown>) {
    // A sender that is gone has nothing to say, as if it never were.
    if let Some(Shutdown(receiver)) = shutdown
        && receiver.changed().await.is_ok()
    {
        return;
    }
    std::future::pending().await
}
