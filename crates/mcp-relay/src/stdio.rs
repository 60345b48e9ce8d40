//! One client, on standard input and output.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::process::read_lines;
use crate::relay::{Client, Relay};
use crate::session::About;
use crate::{Headroom, RelayError, Setup};

/// How long what the client has asked for may take after it has closed its side. By hand: a client that still
/// reads waits about as long before it terminates a server.
const LAST_RESPONSES: Duration = Duration::from_secs(10);
/// How long servers may take to end by themselves after that.
const GRACE: Duration = Duration::from_secs(3);

/// Why the session ends.
enum End {
    /// The client has closed its side.
    ClientClosed,
    /// It doesn't read any more, or this process was told to end.
    AtOnce,
    /// All servers have ended.
    Servers(String),
}

/// The client on standard output.
struct Output {
    ends: UnboundedSender<End>,
}

impl Client for Output {
    fn deliver(&self, mut line: Vec<u8>, _: &About) {
        line.push(b'\n');
        let mut out = io::stdout().lock();
        if out.write_all(&line).and_then(|()| out.flush()).is_err() {
            let _ = self.ends.send(End::AtOnce);
        }
    }

    fn servers_ended(&self, how: &str) {
        // Whoever receives it is gone only if the session has ended.
        let _ = self.ends.send(End::Servers(how.to_owned()));
    }
}

/// Relays between the client on standard input and output and the servers of `setup`, until the client closes
/// its side, the servers have ended or this process is told to end. No server runs when it returns.
///
/// # Errors
/// If a server can't be started, or all have ended before the client was done.
pub fn serve_stdio(setup: &Setup, headroom: Arc<dyn Headroom>) -> Result<(), RelayError> {
    let runtime =
        Builder::new_current_thread().enable_all().build().map_err(RelayError::Threads)?;
    let (ends, mut ended) = unbounded_channel();
    let client = Arc::new(Output { ends: ends.clone() });
    let relay = Relay::start(setup, client, headroom)?;
    let reading = Arc::clone(&relay);
    // It can't be stopped while it reads; the process ends without it.
    thread::spawn(move || {
        // An input that can't be read is at its end.
        let _ = read_lines(io::stdin().lock(), &mut |line| reading.from_client(line));
        let _ = ends.send(End::ClientClosed);
    });
    let end = runtime.block_on(async {
        tokio::select! {
            end = ended.recv() => end.unwrap_or(End::AtOnce),
            () = told_to_end() => End::AtOnce,
        }
    });
    match end {
        End::ClientClosed => {
            relay.settle(LAST_RESPONSES);
            relay.end(GRACE);
            Ok(())
        }
        End::AtOnce => {
            relay.end(Duration::ZERO);
            Ok(())
        }
        End::Servers(how) => {
            relay.end(Duration::ZERO);
            let what = if setup.commands.len() == 1 { "the server" } else { "the last server" };
            Err(RelayError::Ended(format!("{what} {how}")))
        }
    }
}

/// Returns when this process receives an interrupt or is told to terminate.
pub(crate) async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        // Where signals can't be received, they end the process by themselves.
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                received = tokio::signal::ctrl_c() => if received.is_ok() { return },
            }
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_ok() {
        return;
    }
    std::future::pending::<()>().await;
}
