//! Limits on what happens at one time: requests admitted, bytes of bodies buffered, requests worked on.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::{App, Config};
use crate::response::ApiError;

/// Bytes of a body that one permit stands for; a semaphore has at most 2^61 permits.
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

    /// Reserves `bytes` for a body until the permit is dropped.
    pub(crate) fn reserve(&self, bytes: usize) -> Result<OwnedSemaphorePermit, ApiError> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).map_err(|_| ApiError::busy())?;
        Arc::clone(&self.bodies).try_acquire_many_owned(units).map_err(|_| ApiError::busy())
    }

    /// Runs `job`, which computes, when a processor is free for it.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        run(&self.computing, job).await
    }

    /// Runs `job`, which reads from a store. It doesn't wait for those that compute.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        run(&self.reading, job).await
    }
}

/// Runs `job` on a thread for blocking work, once it has a permit. When it has begun it runs to its end,
/// even if the client disconnects.
async fn run<T: Send + 'static>(
    permits: &Arc<Semaphore>,
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let permit = Arc::clone(permits).acquire_owned().await.map_err(|_| ApiError::busy())?;
    let job = tokio::task::spawn_blocking(move || {
        let result = job();
        drop(permit);
        result
    });
    job.await.map_err(|_| {
        let message = "the request could not be processed; the server's log says where it failed";
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", message)
    })
}

/// Passes a request on, or answers 503 if there are too many.
pub(crate) async fn limit_requests(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    match app.limits.requests.try_acquire() {
        Ok(_permit) => next.run(request).await,
        Err(_) => ApiError::busy().into_response(),
    }
}
