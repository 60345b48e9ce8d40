//! Reading the body of a request to this server's own routes: bounded, and only if it can be JSON.

use std::collections::HashSet;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use json_index::Value;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::app::App;
use crate::response::ApiError;

/// How long a client may pause in the middle of its body. By hand: longer than a bad network pauses.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);
/// How much of a body that is too large is still read, in bodies of the largest size: a client that
/// reads no response before it has sent everything would else not learn why it is rejected. By hand.
const DISCARDED_BODIES: usize = 2;

/// So many characters of a field's name are repeated in an error.
const MOST_QUOTED: usize = 40;

/// A body, and the permits for its bytes.
pub(crate) struct BufferedBody {
    pub(crate) bytes: Bytes,
    _permits: Vec<OwnedSemaphorePermit>,
}

/// Reads a body whose content type is JSON or missing.
pub(crate) async fn read(
    app: &App,
    headers: &HeaderMap,
    body: Body,
) -> Result<BufferedBody, ApiError> {
    check_type(headers)?;
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let mut reader = Reader { app, body, taken: 0 };
    match reader.read(length.unwrap_or(0)).await {
        Err(error) if error.status == StatusCode::PAYLOAD_TOO_LARGE => {
            reader.discard().await;
            Err(error)
        }
        done => done,
    }
}

/// Fails if a field is there twice, so that which one counts isn't known.
pub(crate) fn check_names(object: Value<'_>) -> Result<(), ApiError> {
    let mut names = HashSet::new();
    let mut read = object.members().filter_map(|(name, _)| name.text());
    match read.find(|name| !names.insert(name.clone())) {
        Some(name) => {
            let name: String = name.chars().take(MOST_QUOTED).collect();
            Err(ApiError::invalid(format!("the field {name} is there more than once")))
        }
        None => Ok(()),
    }
}

struct Reader<'a> {
    app: &'a App,
    body: Body,
    taken: usize,
}

impl Reader<'_> {
    async fn read(&mut self, announced: usize) -> Result<BufferedBody, ApiError> {
        let most = self.app.config.max_body;
        let too_large = || {
            let message = format!("the body is larger than {most} bytes (--max-body)");
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message)
        };
        if announced > most {
            return Err(too_large());
        }
        let mut permits = vec![self.app.limits.reserve(announced)?];
        let mut granted = announced;
        let mut bytes = Vec::with_capacity(announced);
        while let Some(part) = self.next().await? {
            let needed = bytes.len() + part.len();
            if needed > most {
                return Err(too_large());
            }
            if needed > granted {
                // Twice as much as is needed, so that small parts don't take a permit each.
                let target = (2 * needed).min(most);
                permits.push(self.app.limits.reserve(target - granted)?);
                granted = target;
            }
            bytes.extend_from_slice(&part);
        }
        Ok(BufferedBody { bytes: bytes.into(), _permits: permits })
    }

    /// The next part of the body; `None` at its end.
    async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        loop {
            let frame = timeout(LONGEST_SILENCE, self.body.frame()).await.map_err(|_| {
                let message = "the body didn't arrive in time";
                ApiError::new(StatusCode::REQUEST_TIMEOUT, "validation_error", message)
            })?;
            match frame {
                None => return Ok(None),
                Some(Err(_)) => return Err(ApiError::invalid("the body is incomplete")),
                Some(Ok(frame)) => {
                    if let Ok(part) = frame.into_data() {
                        self.taken += part.len();
                        return Ok(Some(part));
                    }
                }
            }
        }
    }

    async fn discard(&mut self) {
        let most = self.app.config.max_body.saturating_mul(DISCARDED_BODIES);
        while self.taken < most && matches!(self.next().await, Ok(Some(_))) {}
    }
}

fn check_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let unsupported = |message: &'static str| {
        ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "validation_error", message)
    };
    if let Some(encoding) = headers.get(CONTENT_ENCODING)
        && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return Err(unsupported("send the body without content-encoding"));
    }
    let Some(kind) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let kind = kind.to_str().unwrap_or_default().to_ascii_lowercase();
    let (essence, parameters) = kind.split_once(';').unwrap_or((&kind, ""));
    let essence = essence.trim();
    let is_json =
        essence == "application/json" || essence == "text/json" || essence.ends_with("+json");
    if !is_json {
        return Err(unsupported("send JSON, with content-type: application/json"));
    }
    let charset = parameters.split(';').find_map(|p| p.trim().strip_prefix("charset="));
    if charset.is_some_and(|charset| charset.trim_matches('"') != "utf-8") {
        return Err(unsupported("send JSON as UTF-8"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(headers: &[(&'static str, &'static str)]) -> Option<StatusCode> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        check_type(&map).err().map(|error| error.status)
    }

    #[test]
    fn what_may_be_json() {
        for kind in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
            "application/vnd.api+json",
        ] {
            assert_eq!(status(&[("content-type", kind)]), None, "{kind}");
        }
        assert_eq!(status(&[]), None);
        assert_eq!(status(&[("content-encoding", "identity")]), None);
    }

    #[test]
    fn what_is_something_else() {
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json; charset=latin1",
            "",
        ] {
            let refused = status(&[("content-type", kind)]);
            assert_eq!(refused, Some(StatusCode::UNSUPPORTED_MEDIA_TYPE), "{kind}");
        }
        let refused = status(&[("content-type", "application/json"), ("content-encoding", "gzip")]);
        assert_eq!(refused, Some(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
}
