//! Who may ask: the rules on Host, Origin and token that every request passes before its route.
//!
//! A page in a browser on this machine can send requests to loopback. It can't choose the Host and
//! Origin that its browser writes, so both are checked: a name that somebody else's DNS points here
//! (rebinding) fails on Host, a foreign page on Origin.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, StatusCode, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::answer::Refusal;
use crate::app::{Access, App};
use crate::dashboard;

/// The two ends of a connection. The server puts it into every request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
}

/// Lets a request through to its route, or refuses it.
pub(crate) async fn admit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match check(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

fn check(app: &App, request: &Request) -> Result<(), Refusal> {
    let connection =
        request.extensions().get::<Connection>().copied().ok_or_else(forbidden_peer)?;
    let host = host(request)?;
    if let Some(host) = &host
        && !is_ours(host.host(), connection.local.ip(), &app.config.allowed_hosts)
    {
        let message = "this Host isn't one of this server's names; \
                       start it with --allow-host NAME to add one";
        return Err(forbidden(message));
    }
    check_origin(request.headers(), host.as_ref())?;
    // On the way to a provider, the authorization is the provider's.
    let route = request.extensions().get::<MatchedPath>();
    let is_own = route.is_some();
    // Whether the process is alive is no secret, and who asks that has no token at hand. Nor has a
    // browser that opens the dashboard: the page holds no figure, and asks for them with a token.
    let is_public = |path: &str| matches!(path, "/livez" | "/readyz") || dashboard::is_page(path);
    if route.is_some_and(|route| is_public(route.as_str())) {
        return Ok(());
    }
    check_peer(&app.config.access, connection.peer.ip(), request.headers(), is_own)
}

/// The header of the server's token where `authorization` is for somebody else.
const TOKEN: &str = "x-headroom-proxy-token";

/// What the client calls us: the authority of the request's target, else the Host header.
fn host(request: &Request) -> Result<Option<Authority>, Refusal> {
    let mut headers = request.headers().get_all(HOST).iter();
    let (first, second) = (headers.next(), headers.next());
    if second.is_some() {
        return Err(Refusal::invalid("more than one Host header"));
    }
    if let Some(authority) = request.uri().authority() {
        return Ok(Some(authority.clone()));
    }
    let Some(value) = first else {
        // Only HTTP/1.0 knows no Host; no browser speaks it.
        return match request.version() {
            Version::HTTP_10 => Ok(None),
            _ => Err(Refusal::invalid("no Host header")),
        };
    };
    let authority = value.to_str().ok().and_then(|host| host.parse().ok());
    authority.map(Some).ok_or_else(|| Refusal::invalid("the Host header isn't a host"))
}

/// Whether `name` is loopback's, the address that the connection arrived on, or allowed.
fn is_ours(name: &str, local: IpAddr, allowed: &[String]) -> bool {
    let name = name.trim_end_matches('.');
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match address {
        Ok(address) => {
            let address = address.to_canonical();
            address.is_loopback()
                || address == local.to_canonical()
                || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
        }
        Err(_) => {
            name.eq_ignore_ascii_case("localhost")
                || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
        }
    }
}

/// A page may ask only if it came from this very server.
fn check_origin(headers: &HeaderMap, host: Option<&Authority>) -> Result<(), Refusal> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let same = origin.split_once("://").is_some_and(|(scheme, authority)| {
        matches!(scheme, "http" | "https")
            && host.is_some_and(|host| {
                let port = if scheme == "https" { 443 } else { 80 };
                authority.parse::<Authority>().is_ok_and(|authority| {
                    authority.host().eq_ignore_ascii_case(host.host())
                        && authority.port_u16().unwrap_or(port) == host.port_u16().unwrap_or(port)
                })
            })
    });
    if same { Ok(()) } else { Err(forbidden("cross-origin request rejected")) }
}

fn check_peer(
    access: &Access,
    peer: IpAddr,
    headers: &HeaderMap,
    is_own: bool,
) -> Result<(), Refusal> {
    if peer.to_canonical().is_loopback() {
        return Ok(());
    }
    match access {
        Access::Open => Ok(()),
        Access::Loopback => Err(forbidden_peer()),
        Access::Token(token) => {
            let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
            let bearer = text(AUTHORIZATION).filter(|_| is_own).and_then(|value| {
                let (scheme, token) = value.split_once(' ')?;
                scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
            });
            let given = text(HeaderName::from_static(TOKEN)).or(bearer);
            // Hashes are compared in constant time.
            let hash = |token: &str| blake3::hash(token.as_bytes());
            match given {
                Some(given) if hash(given) == hash(token) => Ok(()),
                _ => {
                    let message = if is_own {
                        "the server's token is needed: Authorization: Bearer TOKEN \
                         (HEADROOM_API_KEY in its clients)"
                    } else {
                        "the server's token is needed: x-headroom-proxy-token: TOKEN"
                    };
                    Err(Refusal::new(StatusCode::UNAUTHORIZED, "authentication_error", message))
                }
            }
        }
    }
}

fn forbidden_peer() -> Refusal {
    forbidden("this server answers its own machine only")
}

fn forbidden(message: &'static str) -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, "permission_error", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::HeaderValue;

    fn local(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn names_of_this_server() {
        let allowed = ["headroom.lan".to_owned(), "10.9.9.9".to_owned()];
        for name in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "127.0.0.1",
            "127.8.8.8",
            "[::1]",
            "10.0.0.5",
            "Headroom.LAN",
            "10.9.9.9",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(is_ours(name, local("10.0.0.5"), &allowed), "{name}");
        }
        for name in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.6",
            "0.0.0.0",
            "[::]",
            "",
            "127.1",
            "2130706433",
            "headroom",
        ] {
            assert!(!is_ours(name, local("10.0.0.5"), &allowed), "{name}");
        }
    }

    fn origin(origin: &str, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, origin.parse().unwrap());
        check_origin(&headers, Some(&host.parse().unwrap())).is_ok()
    }

    #[test]
    fn only_our_own_pages() {
        assert!(origin("http://127.0.0.1:8787", "127.0.0.1:8787"));
        assert!(origin("http://localhost:8787", "localhost:8787"));
        assert!(origin("https://headroom.lan", "headroom.lan"));
        assert!(origin("http://headroom.lan", "headroom.lan:80"));
        for foreign in [
            "null",
            "",
            "http://localhost:3000",
            "http://127.0.0.1",
            "https://evil.example",
            "file://",
            "chrome-extension://abc",
            "http://localhost:8787.evil.example",
            "http://evil@localhost:8787@x",
            "http://127.0.0.1:8787",
        ] {
            assert!(!origin(foreign, "localhost:8787"), "{foreign}");
        }
    }

    fn peer(access: &Access, peer: &str, authorization: Option<&str>) -> Option<StatusCode> {
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value.parse().unwrap());
        }
        check_peer(access, local(peer), &headers, true).err().map(|refusal| refusal.status)
    }

    #[test]
    fn on_the_way_to_a_provider_the_token_has_a_header_of_its_own() {
        let token = Access::Token("s3cret".to_owned());
        let passes = |name: &'static str, value: &'static str, is_own: bool| {
            let headers = HeaderMap::from_iter([(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )]);
            check_peer(&token, local("10.0.0.9"), &headers, is_own).is_ok()
        };
        assert!(passes(TOKEN, "s3cret", false) && passes(TOKEN, "s3cret", true));
        assert!(!passes(TOKEN, "wrong", false));
        assert!(!passes("authorization", "Bearer s3cret", false));
    }

    #[test]
    fn peers_and_tokens() {
        let token = Access::Token("s3cret".to_owned());
        let (forbidden, unauthorized) =
            (Some(StatusCode::FORBIDDEN), Some(StatusCode::UNAUTHORIZED));
        for access in [&Access::Loopback, &Access::Open, &token] {
            for loopback in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
                assert_eq!(peer(access, loopback, Some("Bearer wrong")), None);
            }
        }
        assert_eq!(peer(&Access::Loopback, "10.0.0.9", Some("Bearer s3cret")), forbidden);
        assert_eq!(peer(&Access::Open, "10.0.0.9", None), None);
        assert_eq!(peer(&token, "10.0.0.9", Some("Bearer s3cret")), None);
        assert_eq!(peer(&token, "10.0.0.9", Some("bearer  s3cret ")), None);
        for wrong in
            [None, Some("s3cret"), Some("Bearer s3cre"), Some("Basic s3cret"), Some("Bearer ")]
        {
            assert_eq!(peer(&token, "10.0.0.9", wrong), unauthorized, "{wrong:?}");
        }
    }

    fn request(version: Version, uri: &str, hosts: &[&str]) -> Result<Option<String>, StatusCode> {
        let mut request = Request::builder().version(version).uri(uri);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        let request = request.body(Body::empty()).unwrap();
        host(&request).map(|host| host.map(|host| host.to_string())).map_err(|r| r.status)
    }

    #[test]
    fn the_host_is_found_or_asked_for() {
        let bad = Err(StatusCode::BAD_REQUEST);
        let one = Version::HTTP_11;
        assert_eq!(request(one, "/", &["localhost:1"]), Ok(Some("localhost:1".to_owned())));
        let absolute = request(one, "http://evil.example/", &["localhost"]);
        assert_eq!(absolute, Ok(Some("evil.example".to_owned())));
        assert_eq!(request(one, "/", &[]), bad);
        assert_eq!(request(one, "/", &["a", "b"]), bad);
        assert_eq!(request(one, "/", &["a b"]), bad);
        assert_eq!(request(Version::HTTP_10, "/", &[]), Ok(None));
    }
}
