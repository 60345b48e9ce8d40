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

/// Where a stream of frames is (RFC 6455, section 5.2).
#[derive(Debug, Default)]
struct Place {
    /// Bytes of the payload that are still to come.
    payload: u64,
    /// What has come of a frame's head.
    head: [u8; 10],
    length: usize,
    /// Bytes of the mask behind the head that are still to come, if the head is whole.
    mask: usize,
    /// Whether more frames of a message are to come.
    is_in_message: bool,
}

impl Place {
    /// Whether the stream is between two messages.
    fn is_between(&self) -> bool {
        self.payload == 0 && self.length == 0 && self.mask == 0 && !self.is_in_message
    }

    fn advance(&mut self, mut bytes: &[u8]) {
        while let Some((&first, rest)) = bytes.split_first() {
            if self.mask > 0 {
                self.mask -= 1;
                bytes = rest;
            } else if self.payload > 0 {
                let taken = (bytes.len() as u64).min(self.payload);
                self.payload -= taken;
                bytes = bytes.get(taken as usize..).unwrap_or_default();
            } else {
                self.push(first);
                bytes = rest;
            }
        }
    }

    /// Takes a byte of a head.
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.head.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
        let [first, second, extended @ ..] = self.head;
        let extended_length = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if self.length < 2 + extended_length {
            return;
        }
        let number = extended.iter().take(extended_length);
        self.payload = match extended_length {
            0 => u64::from(second & 0x7f),
            _ => number.fold(0, |number, byte| number << 8 | u64::from(*byte)),
        };
        self.mask = if second & 0x80 == 0 { 0 } else { 4 };
        self.length = 0;
        // Control frames may stand between those of a message.
        if first & 0x08 == 0 {
            self.is_in_message = first & 0x80 == 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A frame with a payload of zeros, and whether a message ends with it.
    fn frame(code: u8, is_last: bool, is_masked: bool, length: usize) -> Vec<u8> {
        let mask = if is_masked { 0x80 } else { 0 };
        let mut frame = vec![code | if is_last { 0x80 } else { 0 }];
        match length {
            0..126 => frame.push(mask | length as u8),
            126..65_536 => {
                frame.push(mask | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            _ => {
                frame.push(mask | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.resize(frame.len() + length + if is_masked { 4 } else { 0 }, 0);
        frame
    }

    #[test]
    fn it_is_between_messages_where_one_ends() {
        for is_masked in [false, true] {
            for length in [0, 1, 125, 126, 65_535, 65_536] {
                let mut place = Place::default();
                let begin = frame(1, false, is_masked, length);
                place.advance(&begin);
                assert!(!place.is_between());
                place.advance(&frame(9, true, is_masked, 5));
                assert!(!place.is_between());
                let end = frame(0, true, is_masked, length);
                place.advance(&end[..end.len() - 1]);
                assert!(!place.is_between());
                place.advance(&end[end.len() - 1..]);
                assert!(place.is_between());
            }
        }
    }

    proptest! {
        #[test]
        fn where_a_stream_is_cut_makes_no_difference(
            frames in prop::collection::vec((0u8..11, any::<bool>(), any::<bool>(), 0usize..300), 1..9),
            mut cuts in prop::collection::vec(0usize..2000, 0..9),
        ) {
            let stream: Vec<u8> = frames.iter().flat_map(|&(code, last, masked, length)| frame(code, last, masked, length)).collect();
            let mut whole = Place::default();
            whole.advance(&stream);
            let mut place = Place::default();
            let mut from = 0;
            cuts.sort_unstable();
            for to in cuts.into_iter().chain([stream.len()]) {
                let to = to.clamp(from, stream.len());
                place.advance(&stream[from..to]);
                from = to;
            }
            prop_assert_eq!(place.is_between(), whole.is_between());
        }

        #[test]
        fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            Place::default().advance(&bytes);
        }
    }
}
