//! Who may use a server over HTTP. Both servers, the proxy and the MCP server, ask one [`AccessPolicy`]
//! about every request before its route sees it.
//!
//! A page that a user opens in a browser can send requests to this machine. It can't choose the `Host`
//! and the `Origin` that its browser writes, so both are checked: a name that foreign DNS points here
//! (rebinding) fails on `Host`, a page of another site on `Origin`. Callers on other machines need the
//! token, unless the server was started to do without.
//!
//! ```
//! use access::{AccessPolicy, Connection, Denied, RemoteAccess, TokenSource};
//! use http::Request;
//!
//! let policy = AccessPolicy::new(vec!["box.lan".to_owned()], RemoteAccess::Token("s3cret".to_owned()));
//! let connection = Connection {
//!     peer: "192.168.1.7:50000".parse()?,
//!     local: Some("192.168.1.5:8787".parse()?),
//! };
//! let get = |host: &str| Request::builder().header("host", host).body(());
//!
//! let foreign = policy.check(connection, &get("evil.example")?, TokenSource::Bearer);
//! assert_eq!(foreign, Err(Denied::ForeignHost));
//! let without = policy.check(connection, &get("box.lan:8787")?, TokenSource::Bearer);
//! assert_eq!(without, Err(Denied::NoToken));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod host;

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::{HeaderMap, HeaderName, Request, StatusCode, Version};

use host::{Host, HostPort};

/// The two ends of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Connection {
    /// The caller.
    pub peer: SocketAddr,
    /// The address that the caller reached, where the system tells it.
    pub local: Option<SocketAddr>,
}

/// Who may use a server, and by which names.
#[derive(Debug, Clone, Default)]
pub struct AccessPolicy {
    allowed_hosts: Vec<String>,
    remote: RemoteAccess,
}

/// Which callers on other machines may use a server. Callers on this machine always may.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum RemoteAccess {
    /// None.
    #[default]
    Refused,
    /// Those that send this token.
    Token(String),
    /// All.
    Open,
}

/// Where a request carries the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// Nowhere: the route is public. Host and Origin are checked all the same.
    Public,
    /// In `Authorization: Bearer`.
    Bearer,
    /// In this header; where it is absent, in `Authorization: Bearer`.
    HeaderOrBearer(HeaderName),
    /// In this header only, because `Authorization` is meant for somebody else.
    Header(HeaderName),
}

/// Other machines could use the server without a token, which the user must request explicitly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "with --host {0}, other machines can reach this server: add --token TOKEN, or --no-auth to allow \
     everybody"
)]
pub struct TokenRequired(pub IpAddr);

/// Why a request is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// It has no `Host`.
    #[error("the Host header is missing")]
    NoHost,
    /// It has several.
    #[error("there is more than one Host header")]
    SeveralHosts,
    /// Its `Host`, or the authority of its target, is no host and port.
    #[error("the Host header isn't a valid host")]
    InvalidHost,
    /// It calls this server by a name that isn't its own.
    #[error(
        "the Host header isn't a name of this server; to allow it, start the server with --allow-host \
         NAME"
    )]
    ForeignHost,
    /// A page of another site sent it.
    #[error("cross-origin request rejected")]
    ForeignOrigin,
    /// It comes from another machine, and those are refused.
    #[error("this server accepts requests from its own machine only")]
    ForeignPeer,
    /// It comes from another machine without the token.
    #[error("the server's token is required: Authorization: Bearer TOKEN")]
    NoToken,
}

impl RemoteAccess {
    /// The access that a server's options describe: `listen` is the address that it listens on. An empty
    /// `token` is none.
    ///
    /// # Errors
    /// If other machines can reach the address, and there is neither a token nor `no_auth`.
    pub fn new(
        listen: IpAddr,
        token: Option<String>,
        no_auth: bool,
    ) -> Result<Self, TokenRequired> {
        match token.filter(|token| !token.is_empty()) {
            Some(token) => Ok(Self::Token(token)),
            None if listen.to_canonical().is_loopback() => Ok(Self::Refused),
            None if no_auth => Ok(Self::Open),
            None => Err(TokenRequired(listen)),
        }
    }
}

// By hand, so that no log shows the token.
impl fmt::Debug for RemoteAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "Refused",
            Self::Token(_) => "Token(_)",
            Self::Open => "Open",
        })
    }
}

impl AccessPolicy {
    /// A policy for a server that may be called by its loopback names, by the address that the caller
    /// reached, and by `allowed_hosts`: names in any case, and addresses with or without brackets.
    pub fn new(allowed_hosts: Vec<String>, remote: RemoteAccess) -> Self {
        Self { allowed_hosts, remote }
    }

    /// Checks a request that came over `connection`.
    ///
    /// # Errors
    /// The first rule that it breaks: on Host, then on Origin, then on the caller.
    pub fn check<B>(
        &self,
        connection: Connection,
        request: &Request<B>,
        token: TokenSource,
    ) -> Result<(), Denied> {
        let reached = connection.local.map(|local| local.ip());
        let host = self.check_host(request, reached)?;
        check_origin(request.headers(), host)?;
        self.check_peer(connection.peer.ip(), request.headers(), token)
    }

    /// The host by which the caller calls this server: the authority of the request's target, else the
    /// `Host` header. Where there are both, both must be this server's.
    fn check_host<'r, B>(
        &self,
        request: &'r Request<B>,
        reached: Option<IpAddr>,
    ) -> Result<HostPort<'r>, Denied> {
        let mut headers = request.headers().get_all(HOST).iter();
        let (header, second) = (headers.next(), headers.next());
        if second.is_some() {
            return Err(Denied::SeveralHosts);
        }
        let own = |text: &'r str| {
            let host = HostPort::parse(text).ok_or(Denied::InvalidHost)?;
            if self.is_own(host.host, reached) { Ok(host) } else { Err(Denied::ForeignHost) }
        };
        let target =
            request.uri().authority().map(|authority| own(authority.as_str())).transpose()?;
        let header = header.map(|value| own(value.to_str().map_err(|_| Denied::InvalidHost)?));
        match (target, header.transpose()?) {
            // HTTP/2 has the authority of the target in place of the header.
            (Some(target), None) if request.version() >= Version::HTTP_2 => Ok(target),
            (_, None) => Err(Denied::NoHost),
            (target, Some(header)) => Ok(target.unwrap_or(header)),
        }
    }

    fn is_own(&self, host: Host<'_>, reached: Option<IpAddr>) -> bool {
        match host {
            Host::Address(address) => {
                let is_same = |other: IpAddr| other.to_canonical() == address.to_canonical();
                let without_brackets = |allowed: &str| {
                    let inner = allowed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
                    inner.unwrap_or(allowed).parse().ok()
                };
                address.is_loopback()
                    || reached.is_some_and(is_same)
                    || self.allowed_hosts.iter().filter_map(|it| without_brackets(it)).any(is_same)
            }
            Host::Name(name) => {
                name.eq_ignore_ascii_case("localhost")
                    || self.allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
            }
        }
    }

    fn check_peer(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        source: TokenSource,
    ) -> Result<(), Denied> {
        if source == TokenSource::Public || peer.to_canonical().is_loopback() {
            return Ok(());
        }
        match &self.remote {
            RemoteAccess::Open => Ok(()),
            RemoteAccess::Refused => Err(Denied::ForeignPeer),
            RemoteAccess::Token(token) => {
                let shown = shown_token(headers, source).filter(|shown| !shown.is_empty());
                // Hashes are compared in constant time, and tell nothing of the token's length.
                let hash = |token: &str| blake3::hash(token.as_bytes());
                match shown {
                    Some(shown) if hash(shown) == hash(token) => Ok(()),
                    _ => Err(Denied::NoToken),
                }
            }
        }
    }
}

impl Denied {
    /// The status of the response: 400, 401 or 403.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NoHost | Self::SeveralHosts | Self::InvalidHost => StatusCode::BAD_REQUEST,
            Self::ForeignHost | Self::ForeignOrigin | Self::ForeignPeer => StatusCode::FORBIDDEN,
            Self::NoToken => StatusCode::UNAUTHORIZED,
        }
    }
}

/// A page may send requests only to the very server that it came from: same host, same port.
fn check_origin(headers: &HeaderMap, host: HostPort<'_>) -> Result<(), Denied> {
    if !headers.contains_key(ORIGIN) {
        return Ok(());
    }
    let origin = only(headers, &ORIGIN).and_then(|origin| origin.split_once("://"));
    let is_same = origin.is_some_and(|(scheme, authority)| {
        let default = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return false,
        };
        HostPort::parse(authority).is_some_and(|origin| {
            origin.host == host.host
                && origin.port.unwrap_or(default) == host.port.unwrap_or(default)
        })
    });
    if is_same { Ok(()) } else { Err(Denied::ForeignOrigin) }
}

/// The token that a request shows, of whoever it may be.
fn shown_token(headers: &HeaderMap, source: TokenSource) -> Option<&str> {
    let bearer = || {
        // The scheme is written in any case (RFC 9110, section 11.1).
        let (scheme, token) = only(headers, &AUTHORIZATION)?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    };
    match source {
        TokenSource::Public => None,
        TokenSource::Bearer => bearer(),
        TokenSource::Header(name) => only(headers, &name),
        TokenSource::HeaderOrBearer(name) => match headers.contains_key(&name) {
            true => only(headers, &name),
            false => bearer(),
        },
    }
}

/// The value of a header that occurs once and is text.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
