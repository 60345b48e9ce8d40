//! Which headers go on.

use axum::http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, EXPECT, HOST, HeaderName,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use axum::http::{HeaderMap, HeaderValue};

/// Headers that are about one connection, beside those that `connection` names.
const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
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
pub(super) fn to_provider(headers: &HeaderMap) -> HeaderMap {
    let mut out = headers.clone();
    remove_hop_by_hop(&mut out);
    remove_own(&mut out);
    out.remove(HOST);
    out.remove(EXPECT);
    out
}

/// The same for a body that was read, and perhaps decoded. `readable`: the answer must come without
/// an encoding, as it is read on its way.
pub(super) fn for_body(headers: &HeaderMap, decoded: bool, readable: bool) -> HeaderMap {
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

/// What of an answer's headers goes to the client.
pub(super) fn to_client(headers: &HeaderMap) -> HeaderMap {
    let mut out = headers.clone();
    remove_hop_by_hop(&mut out);
    remove_own(&mut out);
    out
}

/// Whether the client says that this request is to be left alone.
pub(super) fn is_bypass(headers: &HeaderMap) -> bool {
    let says = |name: &str, word: &str| {
        headers
            .get(name)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(word.as_bytes()))
    };
    says("x-headroom-bypass", "true") || says("x-headroom-mode", "passthrough")
}

/// Whether the body is signed, so that a changed one would be refused: AWS Signature Version 4.
pub(super) fn is_signed(headers: &HeaderMap) -> bool {
    headers.contains_key("x-amz-content-sha256")
        || headers
            .get("authorization")
            .is_some_and(|value| value.as_bytes().starts_with(b"AWS4-HMAC-SHA256"))
}

/// Whether the client wants to speak another protocol on this connection.
pub(super) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE)
        && headers
            .get_all(CONNECTION)
            .iter()
            .any(|value| value.to_str().is_ok_and(|value| value.to_lowercase().contains("upgrade")))
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
        assert!(is_upgrade(&map(&[("connection", "Upgrade"), ("upgrade", "websocket")])));
        assert!(!is_upgrade(&map(&[("connection", "keep-alive"), ("upgrade", "h2c")])));
    }
}
