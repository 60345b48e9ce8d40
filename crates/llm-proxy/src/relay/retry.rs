//! Retries of the requests that the proxy makes by itself, with the results of retrievals.
//!
//! The client doesn't know of such a request, and some agents give up a turn that breaks off after its
//! first words. So the proxy retries as they would: after the time that the provider asks for, or with
//! exponential backoff.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use llm_api::response::is_retried;

/// The first wait where the provider names none; doubled each time. As in the providers' own SDKs.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// How long to go on retrying.
#[derive(Debug)]
pub(crate) struct Retries {
    left: Duration,
    next: Duration,
}

impl Retries {
    /// Retries that wait no longer than `bound` in all.
    pub(crate) fn within(bound: Duration) -> Self {
        Retries { left: bound, next: FIRST_WAIT }
    }

    /// How long to wait before the next try; `None` when that would take too long. `asked`: what the
    /// provider asks for.
    pub(crate) fn wait(&mut self, asked: Option<Duration>) -> Option<Duration> {
        let own = self.next.min(self.left);
        // Even where the provider asks for no wait, tries are few.
        let taken = asked.map_or(own, |asked| asked.max(FIRST_WAIT));
        self.left = self.left.checked_sub(taken).filter(|_| !taken.is_zero())?;
        self.next *= 2;
        Some(asked.unwrap_or(own))
    }
}

/// Whether a response says that the same request may succeed later: by its own header, otherwise by its status
/// ([`is_retried`], in `llm-api`).
pub(crate) fn may_be_retried(status: StatusCode, headers: &HeaderMap) -> bool {
    match headers.get("x-should-retry").map(axum::http::HeaderValue::as_bytes) {
        Some(b"true") => true,
        Some(b"false") => false,
        _ => is_retried(status.as_u16()),
    }
}

/// How long a response asks its client to wait.
pub(crate) fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds =
        number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static(value))])
    }

    #[test]
    fn waits_grow_and_end() {
        let mut retries = Retries::within(Duration::from_secs(5));
        let waits: Vec<_> = std::iter::from_fn(|| retries.wait(None)).collect();
        assert_eq!(waits.iter().sum::<Duration>(), Duration::from_secs(5));
        assert_eq!(waits[..3], [500, 1000, 2000].map(Duration::from_millis));
        assert_eq!(Retries::within(Duration::ZERO).wait(None), None);
    }

    #[test]
    fn what_the_provider_asks_for_is_done_or_not_waited_for() {
        let second = Duration::from_secs(1);
        let mut retries = Retries::within(Duration::from_secs(3));
        assert_eq!(retries.wait(Some(second * 2)), Some(second * 2));
        assert_eq!(retries.wait(Some(second * 2)), None);
        let mut retries = Retries::within(Duration::from_secs(3));
        let tries = std::iter::from_fn(|| retries.wait(Some(Duration::ZERO))).count();
        assert_eq!(tries, 6);
    }

    #[test]
    fn headers_say_how_long() {
        assert_eq!(asked_wait(&headers("retry-after", "7")), Some(Duration::from_secs(7)));
        assert_eq!(asked_wait(&headers("retry-after-ms", "250")), Some(Duration::from_millis(250)));
        for value in ["-1", "Sun, 06 Nov 1994 08:49:37 GMT", "", "1e300", "NaN"] {
            assert_eq!(asked_wait(&headers("retry-after", value)), None, "{value}");
        }
    }

    #[test]
    fn a_provider_may_say_whether_to_come_again() {
        let none = HeaderMap::new();
        assert!(may_be_retried(StatusCode::TOO_MANY_REQUESTS, &none));
        assert!(!may_be_retried(StatusCode::BAD_REQUEST, &none));
        let no = headers("x-should-retry", "false");
        assert!(!may_be_retried(StatusCode::TOO_MANY_REQUESTS, &no));
        assert!(may_be_retried(StatusCode::BAD_REQUEST, &headers("x-should-retry", "true")));
    }
}
