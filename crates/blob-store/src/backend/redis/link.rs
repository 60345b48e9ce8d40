//! A shared connection to one Redis server, with a time limit for every operation and a circuit
//! breaker. It knows nothing about the stored data.
//!
//! A background task, the keeper, owns the connection. An operation never connects: it uses the
//! current connection, waits for one that is being made, or fails at once while the breaker is
//! open. The breaker opens if a connection can't be made, or if three operations in a row time out;
//! then the keeper retries with growing delays, and closes it when Redis responds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, Pipeline, RedisError};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};

use crate::Error;

/// The time limit of an operation. By hand: longer than a local network ever takes, and short enough for
/// a request to wait.
pub(super) const LIMIT: Duration = Duration::from_millis(50);
/// The time limit of connecting and the handshake. By hand, not measured.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// The number of consecutive timeouts that opens the breaker. By hand, not measured.
const MOST_UNANSWERED: u32 = 3;
/// The delay before the keeper retries; doubled each time up to the longest. By hand, not measured.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest delay before the keeper retries.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The capacity of the keeper's queue of faults; more would tell it nothing new.
const MOST_FAULTS: usize = 64;

/// A connection to one Redis server.
pub(super) struct Link {
    place: String,
    state: watch::Receiver<State>,
    faults: mpsc::Sender<Fault>,
    /// The number of consecutive timeouts.
    unanswered: AtomicU32,
    /// Whether the last response was an error, which is logged once.
    refused: AtomicBool,
    /// Taken on drop.
    runtime: Option<Runtime>,
}

#[derive(Clone)]
enum State {
    Connecting,
    Up {
        connection: MultiplexedConnection,
        number: u64,
    },
    /// The breaker is open, with the reason.
    Down(Arc<str>),
}

/// A fault that an operation reports to the keeper, with the number of the connection.
enum Fault {
    /// It is broken: the server closed it.
    Broken(u64),
    /// It is open, but operations time out.
    Silent(u64),
}

impl Fault {
    fn number(&self) -> u64 {
        match self {
            Self::Broken(number) | Self::Silent(number) => *number,
        }
    }
}

impl Link {
    /// Starts connecting to the server at `url`; returns before that has finished.
    pub(super) fn open(url: &str) -> Result<Self, Error> {
        let client = Client::open(url).map_err(|_| Error::BadUrl)?;
        let place = client.get_connection_info().addr().to_string();
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("redis")
            .enable_all()
            .build()
            .map_err(|source| Error::Io { path: place.clone().into(), source })?;
        let (publish, state) = watch::channel(State::Connecting);
        let (faults, heard) = mpsc::channel(MOST_FAULTS);
        runtime.spawn(keep(client, place.clone(), publish, heard));
        Ok(Self {
            place,
            state,
            faults,
            unanswered: AtomicU32::new(0),
            refused: AtomicBool::new(false),
            runtime: Some(runtime),
        })
    }

    /// The address: host and port, or a socket. Never a user or a password.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Fails while the breaker is open. Returns at once, without I/O.
    pub(super) fn check(&self) -> Result<(), Error> {
        match &*self.state.borrow() {
            State::Down(reason) => Err(self.unavailable(&**reason)),
            State::Connecting | State::Up { .. } => Ok(()),
        }
    }

    /// Waits until it is known whether the server is available, for at most `patience`.
    pub(super) fn settle(&self, patience: Duration) {
        let Some(runtime) = &self.runtime else { return };
        let mut state = self.state.clone();
        let (tell, told) = sync_channel(1);
        runtime.spawn(async move {
            let _ = state.wait_for(|state| !matches!(state, State::Connecting)).await;
            // The receiver is dropped after a timeout.
            let _ = tell.send(());
        });
        let _ = told.recv_timeout(patience);
    }

    /// Sends `commands` and waits for the responses, for at most [`LIMIT`]. The commands must be
    /// idempotent: if the connection breaks, they are sent again on a new one.
    pub(super) fn ask<T>(&self, commands: Pipeline) -> Result<T, Error>
    where
        T: FromRedisValue + Send + 'static,
    {
        self.check()?;
        let Some(runtime) = &self.runtime else { return Err(self.unavailable("closed")) };
        let began = Instant::now();
        let (answer, answered) = sync_channel(1);
        let (state, faults) = (self.state.clone(), self.faults.clone());
        let task = runtime.spawn(async move {
            // The receiver is dropped after a timeout.
            let _ = answer.send(attempt(state, faults, commands).await);
        });
        match answered.recv_timeout(LIMIT.saturating_sub(began.elapsed())) {
            Ok(Ok(value)) => {
                self.unanswered.store(0, Ordering::Relaxed);
                self.refused.store(false, Ordering::Relaxed);
                Ok(value)
            }
            Ok(Err(reason)) => {
                self.unanswered.store(0, Ordering::Relaxed);
                if !self.refused.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        redis = self.place,
                        reason,
                        "an entry could not be stored or read"
                    );
                }
                Err(self.unavailable(reason))
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                task.abort();
                self.count_unanswered();
                Err(self.unavailable(format!("no answer within {} ms", LIMIT.as_millis())))
            }
        }
    }

    fn count_unanswered(&self) {
        // Waiting for a connection isn't a fault of the current one.
        let State::Up { number, .. } = *self.state.borrow() else { return };
        if self.unanswered.fetch_add(1, Ordering::Relaxed) + 1 >= MOST_UNANSWERED {
            self.unanswered.store(0, Ordering::Relaxed);
            // A full queue holds the same report.
            let _ = self.faults.try_send(Fault::Silent(number));
        }
    }

    fn unavailable(&self, reason: impl Into<String>) -> Error {
        Error::Unavailable { store: format!("Redis at {}", self.place), reason: reason.into() }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Doesn't block: the last owner may be a task of another runtime.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Sends `commands` on the current connection or the one being made; on the next one if that
/// breaks.
async fn attempt<T: FromRedisValue>(
    mut state: watch::Receiver<State>,
    faults: mpsc::Sender<Fault>,
    commands: Pipeline,
) -> Result<T, String> {
    let mut broken = None;
    loop {
        let usable = |state: &State| match state {
            State::Connecting => false,
            State::Up { number, .. } => Some(*number) != broken,
            State::Down(_) => true,
        };
        let now = match state.wait_for(usable).await {
            Ok(state) => state.clone(),
            Err(_) => return Err("closed".to_owned()),
        };
        let (mut connection, number) = match now {
            State::Up { connection, number } => (connection, number),
            State::Down(reason) => return Err(reason.to_string()),
            State::Connecting => continue,
        };
        match commands.query_async(&mut connection).await {
            Ok(value) => return Ok(value),
            Err(error) if is_of_connection(&error) => {
                // A full queue holds the same report.
                let _ = faults.try_send(Fault::Broken(number));
                broken = Some(number);
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

fn is_of_connection(error: &RedisError) -> bool {
    error.is_unrecoverable_error() || error.is_io_error()
}

/// Keeps one connection open, reconnects after faults, and publishes the state.
async fn keep(
    client: Client,
    place: String,
    publish: watch::Sender<State>,
    mut faults: mpsc::Receiver<Fault>,
) {
    let mut number = 0;
    let mut pause = FIRST_PAUSE;
    loop {
        match connect(&client).await {
            Ok(connection) => {
                if matches!(*publish.borrow(), State::Down(_)) {
                    tracing::warn!(redis = place, "the store of originals is reachable again");
                }
                number += 1;
                pause = FIRST_PAUSE;
                publish.send_replace(State::Up { connection, number });
                match fault_of(number, &mut faults).await {
                    Some(Fault::Broken(_)) => drop(publish.send_replace(State::Connecting)),
                    Some(Fault::Silent(_)) => {
                        open_breaker(&publish, &place, "it doesn't answer in time");
                    }
                    None => return,
                }
            }
            Err(reason) => {
                open_breaker(&publish, &place, &reason);
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Waits for a fault of the connection with that number; `None` if all senders are gone.
async fn fault_of(number: u64, faults: &mut mpsc::Receiver<Fault>) -> Option<Fault> {
    loop {
        let fault = faults.recv().await?;
        if fault.number() == number {
            return Some(fault);
        }
    }
}

fn open_breaker(publish: &watch::Sender<State>, place: &str, reason: &str) {
    let before = publish.send_replace(State::Down(reason.into()));
    if !matches!(before, State::Down(_)) {
        tracing::warn!(
            redis = place,
            reason,
            "the store of originals is out of reach: nothing is omitted until it is back"
        );
    }
}

/// Connects, and checks that the server responds.
async fn connect(client: &Client) -> Result<MultiplexedConnection, String> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_LIMIT))
        .set_response_timeout(None);
    let work = async {
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        redis::cmd("PING").exec_async(&mut connection).await?;
        Ok(connection)
    };
    match tokio::time::timeout(CONNECT_LIMIT, work).await {
        Ok(connected) => connected.map_err(|error: RedisError| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", CONNECT_LIMIT.as_secs())),
    }
}
