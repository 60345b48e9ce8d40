//! Who may come in over HTTP.
//!
//! A page that a user opens in a browser can send requests to this machine, so `Host` must be a name of
//! it (`Origin` is looked at by the protocol's library, with the names given here). Who comes from
//! another machine needs the token.

use std::net::{IpAddr, SocketAddr};

/// Origins of pages that this machine serves to itself.
pub(crate) const OWN_ORIGINS: [&str; 3] =
    ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];

/// Where a server listens, and whom it lets in.
#[derive(Debug)]
pub struct AccessPolicy {
    pub(crate) address: SocketAddr,
    allowed_hosts: Vec<String>,
    token: Option<String>,
}

/// Other machines would be let in without a word about it.
#[derive(Debug, thiserror::Error)]
#[error("--host {0} lets other machines in: give them a --token, or say --no-auth")]
pub struct NeedsToken(IpAddr);

/// Both ends of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    /// Who called.
    pub(crate) peer: SocketAddr,
    /// What was called, where the system tells.
    pub(crate) local: Option<SocketAddr>,
}

/// Why a request isn't let in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Its `Host` is none of this machine's names.
    Host,
    /// It comes from another machine and doesn't show the token.
    Token,
}

impl AccessPolicy {
    /// An access policy for `address`; clients may call this machine by its loopback names, by the address that
    /// they reach, and by `allowed_hosts`. Port 0 is any; an empty `token` is none.
    ///
    /// # Errors
    /// If other machines reach the address, and neither a token nor `no_auth` says that this is meant.
    pub fn new(
        address: SocketAddr,
        allowed_hosts: Vec<String>,
        token: Option<String>,
        no_auth: bool,
    ) -> Result<Self, NeedsToken> {
        let token = token.filter(|token| !token.is_empty());
        match token.is_some() || no_auth || address.ip().is_loopback() {
            true => Ok(Self { address, allowed_hosts, token }),
            false => Err(NeedsToken(address.ip())),
        }
    }

    /// Whether a request is let in that came over the connection between `ends`, with these values of
    /// `Host` and `Authorization`.
    pub(crate) fn admit(
        &self,
        ends: Ends,
        host: Option<&str>,
        authorization: Option<&str>,
    ) -> Result<(), Refused> {
        if !host.is_some_and(|host| self.is_name(name(host), ends.local)) {
            return Err(Refused::Host);
        }
        let Some(token) = &self.token else { return Ok(()) };
        let shown = authorization.and_then(|value| value.strip_prefix("Bearer "));
        match ends.peer.ip().to_canonical().is_loopback()
            || shown.is_some_and(|shown| is_same(shown, token))
        {
            true => Ok(()),
            false => Err(Refused::Token),
        }
    }

    fn is_name(&self, name: &str, local: Option<SocketAddr>) -> bool {
        if let Ok(ip) = name.parse::<IpAddr>() {
            let reached = local.is_some_and(|local| local.ip().to_canonical() == ip.to_canonical());
            if ip.is_loopback() || reached {
                return true;
            }
        }
        name.eq_ignore_ascii_case("localhost")
            || self.allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
    }
}

/// A `Host` without its port and without the brackets around an address.
fn name(host: &str) -> &str {
    if let Some((name, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return name;
    }
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Compares without telling by the time where the two differ.
fn is_same(shown: &str, token: &str) -> bool {
    let differences = shown.bytes().zip(token.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    shown.len() == token.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "127.0.0.1:8788";
    const LAN: &str = "192.168.1.5:8788";

    #[allow(clippy::unwrap_used)]
    fn access(address: &str, token: Option<&str>) -> Result<AccessPolicy, NeedsToken> {
        let hosts = vec!["box.example".to_owned()];
        AccessPolicy::new(address.parse().unwrap(), hosts, token.map(str::to_owned), false)
    }

    #[allow(clippy::unwrap_used)]
    fn ends(peer: &str, local: &str) -> Ends {
        Ends { peer: peer.parse().unwrap(), local: Some(local.parse().unwrap()) }
    }

    #[test]
    fn hosts() {
        let access = access(HERE, None).unwrap();
        let admit = |host: &str, local: &str| {
            access.admit(ends("127.0.0.1:50000", local), Some(host), None).is_ok()
        };
        for host in
            ["localhost", "LOCALHOST:8788", HERE, "127.0.0.1", "[::1]:8788", "Box.Example:1"]
        {
            assert!(admit(host, HERE), "{host}");
        }
        for host in ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", LAN] {
            assert!(!admit(host, HERE), "{host}");
        }
        assert!(admit(LAN, LAN), "the address that was reached is a name");
        assert_eq!(access.admit(ends(HERE, HERE), None, None), Err(Refused::Host));
    }

    #[test]
    fn other_machines_show_the_token() {
        let access = access("0.0.0.0:8788", Some("s3cret")).unwrap();
        let admit = |peer: &str, authorization| {
            access.admit(ends(peer, LAN), Some("box.example"), authorization)
        };
        let stranger = "192.168.1.7:50000";
        assert_eq!(admit("127.0.0.1:50000", None), Ok(()));
        assert_eq!(admit("[::ffff:127.0.0.1]:50000", None), Ok(()));
        assert_eq!(admit(stranger, Some("Bearer s3cret")), Ok(()));
        for wrong in [None, Some("s3cret"), Some("Bearer "), Some("Bearer s3cre"), Some("Basic x")]
        {
            assert_eq!(admit(stranger, wrong), Err(Refused::Token), "{wrong:?}");
        }
    }

    #[test]
    fn a_door_to_other_machines_needs_a_word_about_it() {
        let message = access("0.0.0.0:80", Some("")).unwrap_err().to_string();
        assert!(message.contains("--token") && message.contains("--no-auth"), "{message}");
        assert!(access("127.0.0.1:80", None).is_ok() && access("[::1]:80", None).is_ok());
        let open = AccessPolicy::new(SocketAddr::from(([0, 0, 0, 0], 80)), Vec::new(), None, true);
        assert!(open.is_ok());
    }
}
