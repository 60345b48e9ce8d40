//! The stream of a WebSocket, which knows whether what was read of it ends with a message.
//!
//! The protocol's library keeps buffers of the size of the largest message for as long as a socket is
//! open. A thousand agents that are waiting for a tool would hold some hundred megabytes by that, so the
//! library's state is made anew between messages ([`trim`]).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::frames::Place;

/// Bytes that a socket reads at once, and holds for it. By hand: most messages are smaller.
const READ_BUFFER: usize = 4 << 10;

/// A WebSocket to either side.
pub(super) type Socket = WebSocketStream<Tracked<TokioIo<Upgraded>>>;

/// The WebSocket on `stream`, on which messages have at most `max` bytes.
pub(super) async fn socket(stream: Upgraded, role: Role, max: usize) -> Socket {
    let tracked = Tracked {
        stream: Some(TokioIo::new(stream)),
        place: Place::default(),
        role,
        max,
        read: 0,
        written: 0,
    };
    tracked.into_socket().await
}

/// Frees the buffers of a socket of which everything was taken that it had read, and flushed what was
/// sent. Nothing is done in the middle of a message.
pub(super) async fn trim(socket: &mut Socket) {
    let tracked = socket.get_mut();
    if !tracked.place.is_between() || tracked.read.max(tracked.written) <= READ_BUFFER {
        return;
    }
    let fresh = Tracked {
        stream: tracked.stream.take(),
        place: Place::default(),
        role: tracked.role,
        max: tracked.max,
        read: 0,
        written: 0,
    };
    *socket = fresh.into_socket().await;
}

/// A stream whose frames are counted as they are read.
pub(super) struct Tracked<S> {
    /// None once another one has taken its place.
    stream: Option<S>,
    place: Place,
    role: Role,
    max: usize,
    /// Bytes that were read and written since the buffers were made.
    read: usize,
    written: usize,
}

impl Tracked<TokioIo<Upgraded>> {
    async fn into_socket(self) -> Socket {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(Some(self.max))
            .max_frame_size(Some(self.max));
        let role = self.role;
        WebSocketStream::from_raw_socket(self, role, Some(config)).await
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tracked<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let Some(stream) = &mut self.stream else { return Poll::Ready(Ok(())) };
        ready!(Pin::new(stream).poll_read(context, into))?;
        let read = into.filled().get(before..).unwrap_or_default();
        self.place.advance(read);
        self.read = self.read.saturating_add(read.len());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tracked<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written = self.written.saturating_add(bytes.len());
        match &mut self.stream {
            Some(stream) => Pin::new(stream).poll_write(context, bytes),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Some(stream) => Pin::new(stream).poll_flush(context),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Some(stream) => Pin::new(stream).poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }
}
