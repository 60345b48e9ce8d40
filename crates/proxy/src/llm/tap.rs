//! An answer passed on byte for byte, with a look at what it used.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::http::HeaderMap;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use llm_api::Api;
use llm_api::response::Usage;
use llm_api::sse::{Chunk, Events};
use metrics::Ending;

use super::encoding;
use super::figures::Recording;

/// Bytes of a whole answer beyond which nobody looks at what it used.
const MOST_READ: usize = 1 << 20;

/// The body of an answer that nobody changes.
pub(super) struct Tap {
    body: Incoming,
    meter: Meter,
    recording: Recording,
    /// What broke the body off, to be given after what came before it was sent: a server that is
    /// given an error at once drops what it hasn't sent yet.
    fault: Option<hyper::Error>,
}

impl Tap {
    /// `headers`: those of the answer, as it came. `api`: none for an answer that isn't understood.
    pub(super) fn new(
        body: Incoming,
        api: Option<&'static dyn Api>,
        headers: &HeaderMap,
        recording: Recording,
    ) -> Self {
        Tap { body, meter: Meter::new(api, headers), recording, fault: None }
    }
}

impl Body for Tap {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(fault) = self.fault.take() {
            return Poll::Ready(Some(Err(fault)));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.meter.read(data);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(fault)) => {
                self.recording.ended(Ending::ProviderBroke);
                self.fault = Some(fault);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            None => {
                self.recording.ended(Ending::Done);
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        // A body of known length isn't asked again after its last byte, and some clients close when
        // they have seen the last event.
        let is_whole = self.body.is_end_stream() || self.meter.is_over();
        if is_whole && self.recording.exchange.ending == Ending::ClientGone {
            self.recording.ended(Ending::Done);
        }
        self.recording.exchange.usage.extend(self.meter.usage());
    }
}

/// Reads what an answer used, as it passes.
enum Meter {
    Nothing,
    Stream { api: &'static dyn Api, events: Events, usage: Option<Usage>, is_over: bool },
    Whole { api: &'static dyn Api, headers: HeaderMap, body: Vec<u8> },
}

impl Meter {
    fn new(api: Option<&'static dyn Api>, headers: &HeaderMap) -> Self {
        match api {
            None => Meter::Nothing,
            Some(api) if is_stream(headers) && !headers.contains_key("content-encoding") => {
                Meter::Stream { api, events: Events::default(), usage: None, is_over: false }
            }
            Some(_) if is_stream(headers) => Meter::Nothing,
            Some(api) => Meter::Whole { api, headers: headers.clone(), body: Vec::new() },
        }
    }

    fn read(&mut self, data: &[u8]) {
        match self {
            Meter::Nothing => {}
            Meter::Stream { api, events, usage: total, is_over } => {
                let mut pieces = Vec::new();
                events.push(data, &mut pieces);
                for piece in pieces {
                    let Chunk::Event(event) = piece else { continue };
                    *is_over |= api.is_last_event(&event.data());
                    if let Some(now) = api.usage(&event.data()) {
                        total.get_or_insert_default().update(now);
                    }
                }
            }
            Meter::Whole { body, .. } => {
                if body.len() + data.len() <= MOST_READ {
                    body.extend_from_slice(data);
                } else {
                    *self = Meter::Nothing;
                }
            }
        }
    }

    /// Whether the last event of a stream has passed.
    fn is_over(&self) -> bool {
        matches!(self, Meter::Stream { is_over: true, .. })
    }

    fn usage(&mut self) -> Option<Usage> {
        match self {
            Meter::Nothing => None,
            Meter::Stream { usage, .. } => *usage,
            Meter::Whole { api, headers, body } => {
                let body = Bytes::from(std::mem::take(body));
                let decoded = encoding::decode(headers, &body, 8 * MOST_READ).ok()?;
                api.usage(&decoded.unwrap_or(body))
            }
        }
    }
}

/// Whether an answer is a stream of events.
pub(super) fn is_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream"))
}
