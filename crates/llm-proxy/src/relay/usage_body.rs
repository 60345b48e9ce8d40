//! A response body that is passed on byte for byte while its token usage is read.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::http::HeaderMap;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use llm_api::Api;
use llm_api::response::Usage;
use llm_api::sse::{Chunk, Events};
use metrics::Ending;

use crate::encoding;
use crate::forward::headers::is_event_stream;
use crate::recording::Recording;

/// Bytes of a whole response beyond which its usage isn't read. By hand: responses are far smaller.
const MAX_READ: usize = 1 << 20;

/// The body of a response that nobody changes.
pub(crate) struct UsageObservingBody {
    body: Incoming,
    observer: UsageObserver,
    recording: Recording,
    /// What broke the body off, to be given after what came before it was sent: a server that is
    /// given an error at once drops what it hasn't sent yet.
    error: Option<hyper::Error>,
}

impl UsageObservingBody {
    /// `headers`: those of the response, as it came. `api`: none where it isn't a model's that is
    /// understood.
    pub(crate) fn new(
        body: Incoming,
        api: Option<&'static dyn Api>,
        headers: &HeaderMap,
        recording: Recording,
    ) -> Self {
        UsageObservingBody {
            body,
            observer: UsageObserver::new(api, headers),
            recording,
            error: None,
        }
    }
}

impl Body for UsageObservingBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(error) = self.error.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.observer.read(data);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                self.recording.ended(Ending::ProviderBroke);
                self.error = Some(error);
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

impl Drop for UsageObservingBody {
    fn drop(&mut self) {
        // A body of known length isn't asked again after its last byte, and some clients close when
        // they have seen the last event.
        let is_whole = self.body.is_end_stream() || self.observer.is_over();
        if is_whole && self.recording.exchange.ending == Ending::ClientGone {
            self.recording.ended(Ending::Done);
        }
        self.recording.exchange.usage.extend(self.observer.usage());
    }
}

/// Reads what a response used, as it passes.
enum UsageObserver {
    Nothing,
    Stream { api: &'static dyn Api, events: Events, usage: Option<Usage>, is_over: bool },
    Whole { api: &'static dyn Api, headers: HeaderMap, body: Vec<u8> },
}

impl UsageObserver {
    fn new(api: Option<&'static dyn Api>, headers: &HeaderMap) -> Self {
        match api {
            None => UsageObserver::Nothing,
            Some(api) if is_event_stream(headers) && !headers.contains_key("content-encoding") => {
                UsageObserver::Stream {
                    api,
                    events: Events::default(),
                    usage: None,
                    is_over: false,
                }
            }
            Some(_) if is_event_stream(headers) => UsageObserver::Nothing,
            Some(api) => UsageObserver::Whole { api, headers: headers.clone(), body: Vec::new() },
        }
    }

    fn read(&mut self, data: &[u8]) {
        match self {
            UsageObserver::Nothing => {}
            UsageObserver::Stream { api, events, usage: total, is_over } => {
                let mut chunks = Vec::new();
                events.push(data, &mut chunks);
                for chunk in chunks {
                    let Chunk::Event(event) = chunk else { continue };
                    *is_over |= api.is_last_event(&event.data());
                    if let Some(now) = api.usage(&event.data()) {
                        total.get_or_insert_default().update(now);
                    }
                }
            }
            UsageObserver::Whole { body, .. } => {
                if body.len() + data.len() <= MAX_READ {
                    body.extend_from_slice(data);
                } else {
                    *self = UsageObserver::Nothing;
                }
            }
        }
    }

    /// Whether the last event of a stream has passed.
    fn is_over(&self) -> bool {
        matches!(self, UsageObserver::Stream { is_over: true, .. })
    }

    fn usage(&mut self) -> Option<Usage> {
        match self {
            UsageObserver::Nothing => None,
            UsageObserver::Stream { usage, .. } => *usage,
            UsageObserver::Whole { api, headers, body } => {
                let body = Bytes::from(std::mem::take(body));
                let decoded = encoding::decode(headers, &body, 8 * MAX_READ).ok()?;
                api.usage(&decoded.unwrap_or(body))
            }
        }
    }
}
