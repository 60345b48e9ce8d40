//! How a connection ends: each side hears from the proxy what the other one said or did.

use std::time::Duration;

use futures_util::future::join;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{copy, sink};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::stream::Socket;

/// How long a side may take to answer when it is told that the connection ends. By hand, not measured.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Why a connection ends.
#[derive(Debug)]
pub(super) enum End {
    /// The client closes it.
    Client(Option<CloseFrame>),
    /// The client is gone, or does what the protocol forbids.
    ClientFailed(Error),
    /// The provider closes it.
    Provider(Option<CloseFrame>),
    /// The provider is gone, or does what the protocol forbids.
    ProviderFailed(Error),
    /// The provider failed on a request that the client doesn't know of. The client is to try again, as
    /// it does after a broken connection.
    Broken,
    /// The server ends.
    Shutdown,
}

impl End {
    /// Whether it is the provider's doing.
    pub(super) fn is_providers(&self) -> bool {
        matches!(self, End::Provider(_) | End::ProviderFailed(_))
    }

    /// Ends the connection.
    pub(super) async fn close(self, mut client: Socket, mut provider: Socket) {
        match self {
            End::Client(frame) => {
                let _ = join(close(&mut provider, frame), finish(&mut client)).await;
            }
            End::Provider(frame) => {
                let _ = join(close(&mut client, frame), finish(&mut provider)).await;
            }
            End::ClientFailed(error) => {
                let gone = close(&mut provider, frame(CloseCode::Away, "the client is gone"));
                let _ = join(gone, refuse(client, &error)).await;
            }
            End::ProviderFailed(error) => {
                // A provider that broke off ends the client's connection the same way: clients try again.
                if let (Error::Capacity(_), Some(code)) = (&error, code(&error)) {
                    close(&mut client, frame(code, "a message of the provider is too large")).await;
                }
                drop(client);
                refuse(provider, &error).await;
            }
            End::Broken => {
                drop(client);
                close(&mut provider, frame(CloseCode::Away, "")).await;
            }
            End::Shutdown => {
                let ends = || frame(CloseCode::Away, "the server is shutting down");
                let _ = join(close(&mut client, ends()), close(&mut provider, ends())).await;
            }
        }
    }
}

fn frame(code: CloseCode, reason: &'static str) -> Option<CloseFrame> {
    Some(CloseFrame { code, reason: reason.into() })
}

/// The code for what a side did wrong; `None` where it is just gone.
fn code(error: &Error) -> Option<CloseCode> {
    match error {
        Error::Capacity(_) => Some(CloseCode::Size),
        Error::Utf8(_) => Some(CloseCode::Invalid),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(_) => Some(CloseCode::Protocol),
        _ => None,
    }
}

/// Closes a side that did something wrong, and tells it what. It may be in the middle of a message: what
/// is sent of that is read, as it wouldn't read why it is closed otherwise.
async fn refuse(mut socket: Socket, error: &Error) {
    let Some(code) = code(error) else { return };
    let reason = match error {
        Error::Capacity(_) => "the message is too large",
        _ => "",
    };
    let closing = async {
        let _ = socket.send(Message::Close(frame(code, reason))).await;
        let _ = copy(&mut socket.into_inner(), &mut sink()).await;
    };
    // Whether it reads that or not: it is over.
    let _ = timeout(LAST_WORDS, closing).await;
}

/// Closes a side, and waits until it has agreed.
async fn close(socket: &mut Socket, frame: Option<CloseFrame>) {
    let closing = async {
        if socket.send(Message::Close(frame)).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    let _ = timeout(LAST_WORDS, closing).await;
}

/// Answers a side that has closed.
async fn finish(socket: &mut Socket) {
    let finishing = async { while let Some(Ok(_)) = socket.next().await {} };
    let _ = timeout(LAST_WORDS, finishing).await;
}
