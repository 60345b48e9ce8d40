//! Errors that a provider reports in the middle of a stream.

use json_index::{Kind, Value, scan};

use crate::sse::Event;

/// Words for what is wrong with a request itself: it will fail again.
const PERMANENT: [&str; 16] = [
    "authentication_error",
    "billing_error",
    "content_filter",
    "content_policy_violation",
    "context_length_exceeded",
    "insufficient_quota",
    "invalid_api_key",
    "invalid_prompt",
    "invalid_request",
    "invalid_request_error",
    "model_not_found",
    "not_found_error",
    "permission_error",
    "request_too_large",
    "unsupported_value",
    "usage_not_included",
];

/// Statuses below 500 after which clients of the providers try again.
const RETRIED: [u64; 3] = [408, 409, 429];

/// Whether clients of the providers retry a request that got a response of this status.
pub fn is_retried(status: u16) -> bool {
    status >= 500 || RETRIED.contains(&u64::from(status))
}

/// Whether an event says that the provider failed and nothing is wrong with the request, in the
/// shape of any of the APIs: overloaded, a limit of rates, an error of the server.
pub(super) fn is_temporary(event: &Event) -> bool {
    let data = event.data();
    // Most events are something else, and needn't be read.
    let words = [&b"\"error\""[..], b"\"response.failed\""];
    if words.iter().all(|word| memchr::memmem::find(&data, word).is_none()) {
        return false;
    }
    let Ok(index) = scan(&data) else { return false };
    let root = index.root();
    let is = |kind: &str| root.get("type").is_some_and(|given| given.is(kind));
    let has_choices = root.get("choices").is_some();
    let error = root.get("error").filter(|error| !error.is_null());
    let failed = root.get("response").and_then(|response| response.get("error"));
    match (error, failed) {
        (_, Some(error)) if is("response.failed") => !is_permanent(error),
        (Some(error), _) if is("error") || has_choices || root.get("type").is_none() => {
            !is_permanent(error)
        }
        (None, _) if is("error") => !is_permanent(root),
        (None, None) => is("response.failed"),
        _ => false,
    }
}

fn is_permanent(error: Value<'_>) -> bool {
    ["type", "code", "status"].iter().filter_map(|name| error.get(name)).any(|word| {
        match word.kind() {
            Kind::Number => word
                .unsigned()
                .is_some_and(|code| (400..500).contains(&code) && !RETRIED.contains(&code)),
            _ => PERMANENT.iter().any(|known| word.is(known)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_temporary_data(data: &str) -> bool {
        is_temporary(&Event::new(format!("data: {data}\n\n").into_bytes()))
    }

    #[test]
    fn what_may_work_another_time() {
        for data in [
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            r#"{"type":"error","error":{"type":"api_error","message":"x"}}"#,
            r#"{"error":{"message":"x","type":"server_error","code":null}}"#,
            r#"{"error":"upstream went away"}"#,
            r#"{"error":{"code":502,"message":"x"},"choices":[{"delta":{},"finish_reason":"error"}]}"#,
            r#"{"error":{"code":429,"message":"x"}}"#,
            r#"{"type":"error","code":"rate_limit_exceeded","message":"x","param":null}"#,
            r#"{"type":"response.failed","response":{"error":{"code":"server_error","message":"x"}}}"#,
            r#"{"type":"response.failed","response":{}}"#,
        ] {
            assert!(is_temporary_data(data), "{data}");
        }
    }

    #[test]
    fn what_will_fail_again_and_what_is_no_error() {
        for data in [
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long"}}"#,
            r#"{"error":{"type":"invalid_request_error","code":"context_length_exceeded"}}"#,
            r#"{"error":{"code":400,"message":"x"}}"#,
            r#"{"type":"error","code":"insufficient_quota","message":"x"}"#,
            r#"{"type":"response.failed","response":{"error":{"code":"context_length_exceeded"}}}"#,
            r#"{"type":"response.created","response":{"error":null}}"#,
            r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"\"error\""},"error":"x"}"#,
            r#"{"choices":[],"error":null}"#,
            r#"{"type":"error"#,
            "[DONE]",
        ] {
            assert!(!is_temporary_data(data), "{data}");
        }
    }

    #[test]
    fn statuses_that_clients_try_again_after() {
        for status in [408, 409, 429, 500, 502, 503, 529] {
            assert!(is_retried(status), "{status}");
        }
        for status in [200, 301, 400, 401, 402, 403, 404, 413, 422] {
            assert!(!is_retried(status), "{status}");
        }
    }
}
