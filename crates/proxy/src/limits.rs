//! How much is done at one time: requests taken in, bytes of bodies held, texts worked on.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::answer::Refusal;
use crate::app::{App, Config};

/// Bytes of a body that one permit stands for.
const UNIT: usize = 1024;

pub(crate) struct Limits {
    requests: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    computing: Arc<Semaphore>,
    reading: Arc<Semaphore>,
}

impl Limits {
    pub(crate) fn new(config: &Config) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.max(1)));
        Self {
            requests: semaphore(config.max_requests),
            // At least one body of the largest size has room.
            bodies: semaphore(config.max_bodies.max(config.max_body) / UNIT + 1),
            computing: semaphore(config.workers),
            reading: semaphore(config.workers),
        }
    }

    /// Room for `bytes` more of a body, until the permit is dropped.
    pub(crate) fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).map_err(|_| Refusal::busy())?;
        Arc::clone(&self.bodies).try_acquire_many_owned(units).map_err(|_| Refusal::busy())
    }

    /// Runs `job`, which computes for long, when a processor is free for it.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        run(&self.computing, job).await
    }

    /// Runs `job`, which reads from the store. It doesn't wait for those that compute.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        run(&self.reading, job).await
    }
}

/// Runs `job` on a thread where it holds up nobody else, once it has its turn. When it has begun it
/// runs to its end, also if the client is gone.
async fn run<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    let turn = Arc::clone(turns).acquire_owned().await.map_err(|_| Refusal::busy())?;
    let job = tokio::task::spawn_blocking(move || {
        let result = job();
        drop(turn);
        result
    });
    job.await.map_err(|_| {
        let message = "the request could not be worked on; the server's log says where it failed";
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", message)
    })
}

/// Takes a request in, or says that there are too many.
pub(crate) async fn take_in(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match app.limits.requests.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => Refusal::busy().into_response(),
    }
}
