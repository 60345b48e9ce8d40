//! A host with its port, as `Host` headers, request targets and origins spell it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host and, where it is given, its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HostPort<'t> {
    pub(crate) host: Host<'t>,
    pub(crate) port: Option<u16>,
}

/// A host.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Host<'t> {
    /// An address; one of version 6 is written in brackets.
    Address(IpAddr),
    /// A name, in any case.
    Name(&'t str),
}

impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Address(one), Self::Address(other)) => one == other,
            (Self::Name(one), Self::Name(other)) => one.eq_ignore_ascii_case(other),
            _ => false,
        }
    }
}

impl Eq for Host<'_> {}

impl<'t> HostPort<'t> {
    /// Reads `name`, `name:port`, `address:port` or `[address]:port`; `None` for anything else. Stricter
    /// than RFC 3986: no user, no percent encoding, and only the characters of names in the DNS.
    pub(crate) fn parse(text: &'t str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, rest) = rest.split_once(']')?;
                let address: Ipv6Addr = address.parse().ok()?;
                let port = if rest.is_empty() { "" } else { rest.strip_prefix(':')? };
                (Host::Address(address.into()), port)
            }
            None => {
                let (name, port) = text.split_once(':').unwrap_or((text, ""));
                (Host::parse(name)?, port)
            }
        };
        let port = match port {
            "" => None,
            // `u16::from_str` takes a sign too.
            port if port.bytes().all(|byte| byte.is_ascii_digit()) => Some(port.parse().ok()?),
            _ => return None,
        };
        Some(Self { host, port })
    }
}

impl<'t> Host<'t> {
    fn parse(name: &'t str) -> Option<Self> {
        if let Ok(address) = name.parse::<Ipv4Addr>() {
            return Some(Self::Address(address.into()));
        }
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        (!name.is_empty() && name.bytes().all(is_name)).then_some(Self::Name(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports() {
        let parse = |text| HostPort::parse(text).map(|read| (read.host, read.port));
        let ip = |text: &str| Host::Address(text.parse().unwrap());
        assert_eq!(parse("localhost"), Some((Host::Name("LocalHost"), None)));
        assert_eq!(parse("headroom.lan:8787"), Some((Host::Name("headroom.lan"), Some(8787))));
        assert_eq!(parse("localhost:"), Some((Host::Name("localhost"), None)));
        assert_eq!(parse("127.0.0.1:1"), Some((ip("127.0.0.1"), Some(1))));
        assert_eq!(parse("[::1]"), Some((ip("::1"), None)));
        assert_eq!(parse("[::1]:65535"), Some((ip("::1"), Some(65535))));
        // These are names, to whoever resolves them an address.
        assert_eq!(parse("127.1"), Some((Host::Name("127.1"), None)));
        assert_eq!(parse("2130706433"), Some((Host::Name("2130706433"), None)));
        for wrong in [
            "",
            ":80",
            "a b",
            "::1",
            "[::1",
            "[::1]x",
            "[::1]80",
            "[localhost]",
            "[127.0.0.1]",
            "[fe80::1%25eth0]",
            "localhost:x",
            "localhost:+80",
            "localhost:65536",
            "localhost:80:80",
            "user@localhost",
            "user:secret@localhost",
            "localhost/",
            "localhost%2eevil.example",
            "löcalhost",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
