//! A request's body as it comes from the client, with a timeout between chunks: a request that waits
//! counts among those under way.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// How long a client may be silent in the middle of a body. By hand: no agent pauses while it sends.
const MAX_SILENCE: Duration = Duration::from_secs(60);

/// A client's body.
pub(crate) struct ClientBody {
    body: axum::body::Body,
    max_silence: Duration,
    /// When the silence has lasted too long; none while there is no silence.
    deadline: Option<Pin<Box<Sleep>>>,
}

/// The timeout has passed.
#[derive(Debug, thiserror::Error)]
#[error("nothing was received for {} s", .0.as_secs())]
pub(crate) struct Silence(Duration);

impl ClientBody {
    pub(crate) fn new(body: axum::body::Body) -> Self {
        ClientBody { body, max_silence: MAX_SILENCE, deadline: None }
    }
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if frame.is_ready() {
            self.deadline = None;
            return frame;
        }
        let longest = self.max_silence;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(longest)));
        deadline.as_mut().poll(context).map(|()| Some(Err(axum::Error::new(Silence(longest)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures_util::stream::{iter, pending};
    use futures_util::{StreamExt, TryStreamExt};
    use http_body_util::BodyExt;
    use tokio::runtime;

    use super::*;

    #[test]
    fn silence_ends_and_what_comes_is_passed_on() {
        let runtime = runtime::Builder::new_current_thread().enable_time().build();
        runtime.unwrap().block_on(async {
            let parts = || iter(["a", "b"].map(Ok::<_, axum::Error>));
            let whole = ClientBody::new(Body::from_stream(parts()));
            assert_eq!(whole.collect().await.unwrap().to_bytes(), "ab");
            let mut silent = ClientBody::new(Body::from_stream(parts().chain(pending())));
            silent.max_silence = Duration::ZERO;
            let got: Result<Vec<Bytes>, _> = silent.into_data_stream().try_collect().await;
            assert_eq!(got.unwrap_err().to_string(), Silence(Duration::ZERO).to_string());
        });
    }
}
