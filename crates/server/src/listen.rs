//! Where the server listens: 127.0.0.1 and [::1] at the same port, or one other address.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::str::FromStr;

/// How often another port is tried when port 0 gave one that is taken on ::1. By hand, not measured.
const TRIES: usize = 16;

/// Where to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// This machine only: 127.0.0.1 and, where there is one, ::1.
    Loopback,
    /// One address, or all of its family when it is 0.0.0.0 or `[::]`.
    Address(IpAddr),
}

/// A host that is neither an address nor localhost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an address to listen on; use 127.0.0.1, 0.0.0.0 or an address of this machine")]
pub struct HostError;

impl FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        if text.eq_ignore_ascii_case("localhost") {
            return Ok(Self::Loopback);
        }
        let address = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match address.map_err(|_| HostError)? {
            IpAddr::V4(Ipv4Addr::LOCALHOST) | IpAddr::V6(Ipv6Addr::LOCALHOST) => Ok(Self::Loopback),
            address => Ok(Self::Address(address)),
        }
    }
}

impl Host {
    /// Its address; 127.0.0.1 for both addresses of loopback.
    pub fn ip(self) -> IpAddr {
        match self {
            Self::Loopback => Ipv4Addr::LOCALHOST.into(),
            Self::Address(address) => address,
        }
    }
}

/// Why the server can't listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there.
    #[error("{0} is in use")]
    Taken(SocketAddr),
    /// The operating system reports an error.
    #[error("can't listen on {address}: {source}")]
    Io {
        /// The address.
        address: SocketAddr,
        /// The error.
        source: io::Error,
    },
}

/// Sockets on which the server listens.
#[derive(Debug)]
pub struct Listeners {
    pub(crate) sockets: Vec<TcpListener>,
    address: SocketAddr,
    note: Option<String>,
}

impl Listeners {
    /// Listens on `host` at `port`; port 0 chooses a free one.
    ///
    /// # Errors
    /// [`BindError::Taken`] when another program listens there, on either loopback address.
    pub fn bind(host: Host, port: u16) -> Result<Self, BindError> {
        match host {
            Host::Address(address) => {
                let (socket, address) = bind(SocketAddr::new(address, port))?;
                Ok(Self { sockets: vec![socket], address, note: None })
            }
            Host::Loopback => {
                let tries = if port == 0 { TRIES } else { 1 };
                let mut last = Self::loopback(port);
                for _ in 1..tries {
                    if !matches!(last, Err(BindError::Taken(_))) {
                        break;
                    }
                    last = Self::loopback(port);
                }
                last
            }
        }
    }

    fn loopback(port: u16) -> Result<Self, BindError> {
        let (v4, address) = bind((Ipv4Addr::LOCALHOST, port).into())?;
        let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, address.port()));
        match bind(v6) {
            Ok((v6, _)) => Ok(Self { sockets: vec![v4, v6], address, note: None }),
            // Clients that try ::1 first for localhost would reach the other program.
            Err(taken @ BindError::Taken(_)) => Err(taken),
            Err(BindError::Io { source, .. }) => {
                let note = format!("not on {v6}: {source}");
                Ok(Self { sockets: vec![v4], address, note: Some(note) })
            }
        }
    }

    /// The first address that is listened on, with its real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A remark for people: that there is no ::1 on this machine.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

impl fmt::Display for Listeners {
    /// The URL that clients use.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.address)
    }
}

fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), BindError> {
    let listen = || {
        let socket = TcpListener::bind(address)?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok((socket, address))
    };
    listen().map_err(|source: io::Error| match source.kind() {
        ErrorKind::AddrInUse => BindError::Taken(address),
        _ => BindError::Io { address, source },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for text in ["127.0.0.1", "localhost", "LocalHost", "::1", "[::1]"] {
            assert_eq!(text.parse(), Ok(Host::Loopback), "{text}");
        }
        for (text, is_loopback) in
            [("127.0.0.2", true), ("0.0.0.0", false), ("::", false), ("10.0.0.5", false)]
        {
            let host: Host = text.parse().unwrap();
            assert_eq!(host.ip().is_loopback(), is_loopback, "{text}");
        }
        for text in ["", "example.com", "127.0.0.1:80", "256.0.0.1"] {
            assert_eq!(text.parse::<Host>(), Err(HostError), "{text}");
        }
    }

    #[test]
    fn both_loopback_addresses_have_the_same_port() {
        let listeners = Listeners::bind(Host::Loopback, 0).unwrap();
        assert_ne!(listeners.address().port(), 0);
        if listeners.note().is_none() {
            let ports: Vec<u16> =
                listeners.sockets.iter().map(|s| s.local_addr().unwrap().port()).collect();
            assert_eq!(ports, [listeners.address().port(); 2]);
        }
    }

    #[test]
    fn a_port_taken_on_either_address_is_taken() {
        for taken in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(other) = TcpListener::bind(taken) else { continue };
            let address = other.local_addr().unwrap();
            let refused = Listeners::bind(Host::Loopback, address.port());
            assert!(matches!(refused, Err(BindError::Taken(at)) if at == address));
        }
    }
}
