//! Which headers are passed on, what they say, and those that this server adds.

use axum::http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST,
    HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use axum::http::{HeaderMap, HeaderValue, Method};

use llm_api::framing::Framing;

use crate::rewrite::RequestReport;

/// Headers that are about one connection, beside those that `connection` names.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("http2-settings"),
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// The prefix of headers between a client and this server.
const OWN_PREFIX: &str = "x-headroom-";

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

fn remove_own(headers: &mut HeaderMap) {
    let own: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with(OWN_PREFIX)).cloned().collect();
    for name in own {
        headers.remove(name);
    }
}

/// What of a request's headers goes to the provider: all but those of the connection and ours. The
/// length stays for a body that is passed on as it comes.
pub(crate) fn to_provider(headers: &HeaderMap) -> HeaderMap {
    let mut out = headers.clone();
    remove_hop_by_hop(&mut out);
    remove_own(&mut out);
    out.remove(HOST);
    out.remove(EXPECT);
    out
}

/// The same for a body that was read, and perhaps decoded. `readable`: the response must come without
/// an encoding, as it is read on its way.
pub(crate) fn for_body(headers: &HeaderMap, decoded: bool, readable: bool) -> HeaderMap {
    let mut out = to_provider(headers);
    out.remove(CONTENT_LENGTH);
    if decoded {
        out.remove(CONTENT_ENCODING);
    }
    if readable {
        out.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    out
}

/// What of a response's headers goes to the client.
pub(crate) fn to_client(headers: &HeaderMap) -> HeaderMap {
    let mut out = headers.clone();
    remove_hop_by_hop(&mut out);
    remove_own(&mut out);
    out
}

/// The client, as far as it names itself: the first product of its `User-Agent`.
pub(crate) fn client(headers: &HeaderMap) -> Option<Box<str>> {
    let names = headers.get("user-agent")?.to_str().ok()?;
    let first = names.split(['/', ' ']).next()?;
    (!first.is_empty()).then(|| first.into())
}

/// Whether the client says that this request is to be left alone.
pub(crate) fn is_bypass(headers: &HeaderMap) -> bool {
    let says = |name: &str, word: &str| {
        headers
            .get(name)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(word.as_bytes()))
    };
    says("x-headroom-bypass", "true") || says("x-headroom-mode", "passthrough")
}

/// Whether the body is signed, so that a changed one would be refused: AWS Signature Version 4.
pub(crate) fn is_signed(headers: &HeaderMap) -> bool {
    headers.contains_key("x-amz-content-sha256")
        || headers
            .get("authorization")
            .is_some_and(|value| value.as_bytes().starts_with(b"AWS4-HMAC-SHA256"))
}

/// Whether the client wants to speak WebSocket on this connection. Any other offer may be ignored
/// (RFC 9110, section 7.8), and is: HTTP/2, which Java's client offers in every request to an http
/// address, has nothing that HTTP/1.1 hasn't here.
pub(crate) fn is_websocket(method: &Method, headers: &HeaderMap) -> bool {
    let says = |name: HeaderName, word: &str| {
        let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(word))
    };
    *method == Method::GET && says(UPGRADE, "websocket") && says(CONNECTION, "upgrade")
}

/// Whether a response is a stream of events.
pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream"))
}

/// Whether a response is a stream of that framing.
pub(crate) fn is_stream(headers: &HeaderMap, framing: Framing) -> bool {
    // An array has the type of any other JSON.
    is_event_stream(headers) || framing == Framing::JsonArray
}

/// What is said in a response's headers of what was done to its request.
pub(crate) struct Summary {
    tokens_before: usize,
    tokens_after: usize,
    transforms: String,
    has_failures: bool,
}

impl Summary {
    /// The summary of a request that was rewritten.
    pub(crate) fn of(report: &RequestReport) -> Self {
        Summary {
            tokens_before: report.tokens_before,
            tokens_after: report.tokens_after,
            transforms: report.transforms.join(","),
            has_failures: report.failures > 0,
        }
    }

    /// Sets the headers.
    pub(crate) fn set(&self, headers: &mut HeaderMap) {
        let mut set = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        let saved = self.tokens_before.saturating_sub(self.tokens_after);
        set("x-headroom-tokens-before", &self.tokens_before.to_string());
        set("x-headroom-tokens-after", &self.tokens_after.to_string());
        set("x-headroom-tokens-saved", &saved.to_string());
        if !self.transforms.is_empty() {
            set("x-headroom-transforms", &self.transforms);
        }
        if self.has_failures {
            set("x-headroom-compression-failed", "true");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn only_what_is_the_connections_or_ours_stays_here() {
        let given = map(&[
            ("host", "127.0.0.1:8787"),
            ("connection", "keep-alive, x-once"),
            ("keep-alive", "timeout=5"),
            ("upgrade", "h2c"),
            ("http2-settings", "AAMAAABk"),
            ("x-once", "1"),
            ("transfer-encoding", "chunked"),
            ("proxy-authorization", "secret"),
            ("expect", "100-continue"),
            ("x-headroom-bypass", "false"),
            ("x-headroom-proxy-token", "t"),
            ("authorization", "Bearer k"),
            ("anthropic-beta", "b"),
            ("accept-encoding", "gzip"),
            ("content-encoding", "gzip"),
            ("content-length", "3"),
        ]);
        let all = [
            "accept-encoding",
            "anthropic-beta",
            "authorization",
            "content-encoding",
            "content-length",
        ];
        assert_eq!(names(&to_provider(&given)), all);
        assert_eq!(names(&for_body(&given, true, true)), all[..3]);
        assert_eq!(for_body(&given, true, true)["accept-encoding"], "identity");
        assert_eq!(for_body(&given, false, false)["accept-encoding"], "gzip");
        assert_eq!(for_body(&given, false, false)["content-encoding"], "gzip");
    }

    #[test]
    fn what_a_request_says_of_itself() {
        assert!(is_bypass(&map(&[("x-headroom-bypass", "True")])));
        assert!(is_bypass(&map(&[("x-headroom-mode", "passthrough")])));
        assert!(!is_bypass(&map(&[("x-headroom-bypass", "0")])));
        assert!(is_signed(&map(&[("authorization", "AWS4-HMAC-SHA256 Credential=x")])));
        assert!(!is_signed(&map(&[("authorization", "Bearer x")])));
    }

    #[test]
    fn only_a_websocket_is_an_upgrade() {
        let is = |method: &Method, connection: &'static str, upgrade: &'static str| {
            let headers = map(&[("connection", connection), ("upgrade", upgrade)]);
            is_websocket(method, &headers)
        };
        let get = Method::GET;
        assert!(is(&get, "Upgrade", "websocket"));
        assert!(is(&get, "keep-alive, upgrade", "WebSocket"));
        assert!(is(&get, "upgrade", "h2c, websocket"));
        assert!(!is(&get, "keep-alive", "websocket"));
        assert!(!is(&get, "upgraded", "websocket"));
        for offer in ["h2c", "TLS/1.0, HTTP/1.1", "websockets", ""] {
            assert!(!is(&get, "Upgrade, HTTP2-Settings", offer), "{offer}");
        }
        assert!(!is(&Method::POST, "Upgrade", "websocket"));
        assert!(!is_websocket(&get, &map(&[("connection", "upgrade")])));
    }
}
