//! A rewritten body as it is sent: long parts of the client's body stay where they are, and only what is between them is
//! put together.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use llm_api::splice::{Edits, Piece, SpliceError};

/// Shorter parts, in bytes, are copied: a body should have few pieces, as many as the system takes in one call.
const SHORTEST: usize = 16 << 10;

/// A body in pieces, none of them empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct SentBody {
    pieces: Vec<Bytes>,
    /// How many of them have been sent.
    sent: usize,
}

impl SentBody {
    /// `body` with all edits made.
    ///
    /// # Errors
    /// [`SpliceError`], when edits overlap or lie outside of it.
    pub(super) fn spliced(body: &Bytes, edits: &Edits) -> Result<Self, SpliceError> {
        let mut spliced = Self::default();
        let mut copied = BytesMut::new();
        for piece in edits.pieces(body.len())? {
            match piece {
                Piece::Same(range) if range.len() >= SHORTEST => {
                    spliced.push(copied.split().freeze());
                    spliced.push(body.slice(range));
                }
                Piece::Same(range) => copied.extend_from_slice(&body[range]),
                Piece::New(bytes) => copied.extend_from_slice(bytes),
            }
        }
        spliced.push(copied.freeze());
        Ok(spliced)
    }

    fn push(&mut self, piece: Bytes) {
        self.pieces.extend((!piece.is_empty()).then_some(piece));
    }

    /// Whether it has the bytes of `body`.
    pub(crate) fn is_same(&self, body: &[u8]) -> bool {
        let mut rest = Some(body);
        for piece in &self.pieces {
            rest = rest.and_then(|rest| rest.strip_prefix(&**piece));
        }
        rest.is_some_and(<[u8]>::is_empty)
    }

    /// All of it.
    pub(crate) fn whole(&self) -> Bytes {
        match &self.pieces[..] {
            [only] => only.clone(),
            pieces => pieces.concat().into(),
        }
    }
}

impl From<Bytes> for SentBody {
    fn from(body: Bytes) -> Self {
        let mut whole = Self::default();
        whole.push(body);
        whole
    }
}

impl Body for SentBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let next = self.sent;
        let piece = self.pieces.get_mut(next).map(std::mem::take);
        self.sent += usize::from(piece.is_some());
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.sent == self.pieces.len()
    }

    fn size_hint(&self) -> SizeHint {
        let left: usize = self.pieces[self.sent..].iter().map(Bytes::len).sum();
        SizeHint::with_exact(left as u64)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_body_with_the_edits_applied(
            lengths in prop::collection::vec((0usize..40_000, 0usize..3, 0usize..30_000), 0..6),
            last in 0usize..40_000,
        ) {
            let (mut edits, mut at) = (Edits::default(), 0);
            for (before, removed, added) in lengths {
                at += before;
                edits.replace(at..at + removed, vec![b'+'; added]);
                at += removed;
            }
            let body: Bytes = (0..at + last).map(|n| n as u8 % 100).collect();
            let expected = edits.apply(&body).unwrap();
            let sent = SentBody::spliced(&body, &edits).unwrap();
            prop_assert!(sent.is_same(&expected) && !sent.is_same(&[&expected[..], b"x"].concat()));
            prop_assert_eq!(sent.is_same(&body), body == expected);
            prop_assert_eq!(&sent.whole()[..], &expected[..]);
            prop_assert_eq!(sent.size_hint().exact(), Some(expected.len() as u64));
            let collected = futures_util::future::FutureExt::now_or_never(sent.collect());
            prop_assert_eq!(&collected.unwrap().unwrap().to_bytes()[..], &expected[..]);
        }
    }
}
