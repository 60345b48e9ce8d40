//! Requests as an attacker, or a client that is configured wrongly, would send them, and what every
//! server that speaks HTTP has to answer. Data only: each server's tests send them to its own routes.

/// The names that the server is given beside its own.
pub const ALLOWED_HOSTS: [&str; 3] = ["headroom.lan", "10.9.9.9", "fd00::9"];
/// The token of callers from other machines.
pub const TOKEN: &str = "s3cret";

/// A caller on the server's own machine, and the address of the server that it reached.
const HERE: (&str, &str) = ("127.0.0.1:50000", "127.0.0.1:8787");
/// A caller on another machine, and the address of the server that it reached.
const THERE: (&str, &str) = ("192.168.1.7:50000", "192.168.1.5:8787");

/// A request for a route that only asks for something.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// What is tried.
    pub what: &'static str,
    /// The caller's address and port.
    pub peer: &'static str,
    /// The server's end of the connection.
    pub local: &'static str,
    /// The request's target.
    pub target: &'static str,
    /// Whether it is HTTP/1.0; else it is HTTP/1.1.
    pub is_http_1_0: bool,
    /// Names and values.
    pub headers: &'static [(&'static str, &'static [u8])],
    /// The status of the denial; `None` if the request is to be admitted.
    pub denied: Option<u16>,
}

type Headers = &'static [(&'static str, &'static [u8])];

const fn attempt(
    what: &'static str,
    ends: (&'static str, &'static str),
    headers: Headers,
    denied: Option<u16>,
) -> Attempt {
    let (peer, local) = ends;
    Attempt { what, peer, local, target: "/stats", is_http_1_0: false, headers, denied }
}

/// The attempts. Values of `Host` first, then of `Origin`, then of the token.
pub const ATTEMPTS: &[Attempt] = &[
    attempt("a loopback name", HERE, &[("host", b"localhost:8787")], None),
    attempt("in capitals, without a port", HERE, &[("host", b"LOCALHOST")], None),
    attempt("a loopback address", HERE, &[("host", b"127.8.8.8:1")], None),
    attempt("loopback of IPv6", HERE, &[("host", b"[::1]:8787")], None),
    attempt("the address reached, mapped to IPv6", HERE, &[("host", b"[::ffff:127.0.0.1]")], None),
    attempt("an empty port", HERE, &[("host", b"localhost:")], None),
    attempt("an allowed name", HERE, &[("host", b"Headroom.LAN")], None),
    attempt("an allowed address", HERE, &[("host", b"10.9.9.9:8787")], None),
    attempt("an allowed address of IPv6", HERE, &[("host", b"[FD00::9]:8787")], None),
    attempt("no Host", HERE, &[], Some(400)),
    Attempt { is_http_1_0: true, ..attempt("no Host in HTTP/1.0", HERE, &[], Some(400)) },
    attempt("two Hosts", HERE, &[("host", b"localhost"), ("host", b"localhost")], Some(400)),
    attempt("the second one foreign", HERE, &[("host", b"localhost"), ("host", b"a")], Some(400)),
    attempt("an empty Host", HERE, &[("host", b"")], Some(400)),
    attempt("a blank in Host", HERE, &[("host", b"localhost evil.example")], Some(400)),
    attempt("a Host that isn't text", HERE, &[("host", b"localhost\xff")], Some(400)),
    attempt("a list in Host", HERE, &[("host", b"localhost,evil.example")], Some(400)),
    attempt("a user before the name", HERE, &[("host", b"evil.example@localhost")], Some(400)),
    attempt("a name as the user", HERE, &[("host", b"localhost@evil.example")], Some(400)),
    attempt("something after the brackets", HERE, &[("host", b"[::1]evil.example")], Some(400)),
    attempt("a name in brackets", HERE, &[("host", b"[localhost]")], Some(400)),
    attempt("a name after brackets", HERE, &[("host", b"[::1].evil.example")], Some(400)),
    attempt("an address without brackets", HERE, &[("host", b"::1")], Some(400)),
    attempt("two ports", HERE, &[("host", b"localhost:80:80")], Some(400)),
    attempt("a port that is a name", HERE, &[("host", b"localhost:evil")], Some(400)),
    attempt("a path in Host", HERE, &[("host", b"localhost/evil")], Some(400)),
    attempt("a percent sign in Host", HERE, &[("host", b"localhost%00.evil.example")], Some(400)),
    attempt("a name of another's DNS", HERE, &[("host", b"evil.example:8787")], Some(403)),
    attempt("beginning like loopback", HERE, &[("host", b"localhost.evil.example")], Some(403)),
    attempt("an address in a name", HERE, &[("host", b"127.0.0.1.evil.example")], Some(403)),
    attempt("a trailing dot", HERE, &[("host", b"localhost.:8787")], Some(403)),
    attempt("an address with a trailing dot", HERE, &[("host", b"127.0.0.1.")], Some(403)),
    attempt("an address in short", HERE, &[("host", b"127.1")], Some(403)),
    attempt("an address as a number", HERE, &[("host", b"2130706433")], Some(403)),
    attempt("an address in octal", HERE, &[("host", b"0177.0.0.1")], Some(403)),
    attempt("the unspecified address", HERE, &[("host", b"0.0.0.0:8787")], Some(403)),
    attempt("the unspecified one of IPv6", HERE, &[("host", b"[::]:8787")], Some(403)),
    attempt(
        "another of the machine's addresses",
        HERE,
        &[("host", b"192.168.1.5:8787")],
        Some(403),
    ),
    attempt("mapped loopback, not reached", THERE, &[("host", b"[::ffff:127.0.0.1]")], Some(403)),
    Attempt {
        target: "http://evil.example/stats",
        ..attempt("a foreign target", HERE, &[("host", b"localhost")], Some(403))
    },
    Attempt {
        target: "http://localhost/stats",
        ..attempt("a foreign Host beside the target", HERE, &[("host", b"evil.example")], Some(403))
    },
    Attempt {
        target: "http://localhost/stats",
        ..attempt("a target in place of the Host", HERE, &[], Some(400))
    },
    attempt(
        "a page of this server",
        HERE,
        &[("host", b"localhost:8787"), ("origin", b"http://localhost:8787")],
        None,
    ),
    attempt(
        "behind a proxy that ends TLS",
        HERE,
        &[("host", b"headroom.lan"), ("origin", b"https://headroom.lan")],
        None,
    ),
    attempt(
        "a page of another port",
        HERE,
        &[("host", b"localhost:8787"), ("origin", b"http://localhost:3000")],
        Some(403),
    ),
    attempt(
        "a page of the default port",
        HERE,
        &[("host", b"localhost:8787"), ("origin", b"http://localhost")],
        Some(403),
    ),
    attempt(
        "a page of another loopback name",
        HERE,
        &[("host", b"localhost:8787"), ("origin", b"http://127.0.0.1:8787")],
        Some(403),
    ),
    attempt(
        "a foreign page",
        HERE,
        &[("host", b"localhost:8787"), ("origin", b"https://evil.example")],
        Some(403),
    ),
    attempt(
        "a page whose name begins like the server's",
        HERE,
        &[("host", b"localhost:8787"), ("origin", b"http://localhost:8787.evil.example")],
        Some(403),
    ),
    attempt(
        "a user in the origin",
        HERE,
        &[("host", b"localhost:8787"), ("origin", b"http://evil.example@localhost:8787")],
        Some(403),
    ),
    attempt(
        "a sandboxed page",
        HERE,
        &[("host", b"localhost:8787"), ("origin", b"null")],
        Some(403),
    ),
    attempt("an empty origin", HERE, &[("host", b"localhost:8787"), ("origin", b"")], Some(403)),
    attempt(
        "an extension of the browser",
        HERE,
        &[("host", b"localhost:8787"), ("origin", b"chrome-extension://localhost:8787")],
        Some(403),
    ),
    attempt(
        "a path in the origin",
        HERE,
        &[("host", b"localhost:8787"), ("origin", b"http://localhost:8787/")],
        Some(403),
    ),
    attempt(
        "two origins",
        HERE,
        &[
            ("host", b"localhost:8787"),
            ("origin", b"http://localhost:8787"),
            ("origin", b"https://evil.example"),
        ],
        Some(403),
    ),
    attempt(
        "the token",
        THERE,
        &[("host", b"192.168.1.5:8787"), ("authorization", b"Bearer s3cret")],
        None,
    ),
    attempt(
        "its scheme in small letters",
        THERE,
        &[("host", b"headroom.lan"), ("authorization", b"bearer s3cret")],
        None,
    ),
    attempt("no token", THERE, &[("host", b"headroom.lan")], Some(401)),
    attempt(
        "an empty token",
        THERE,
        &[("host", b"headroom.lan"), ("authorization", b"Bearer ")],
        Some(401),
    ),
    attempt(
        "the token without a scheme",
        THERE,
        &[("host", b"headroom.lan"), ("authorization", b"s3cret")],
        Some(401),
    ),
    attempt(
        "another scheme",
        THERE,
        &[("host", b"headroom.lan"), ("authorization", b"Basic s3cret")],
        Some(401),
    ),
    attempt(
        "the beginning of the token",
        THERE,
        &[("host", b"headroom.lan"), ("authorization", b"Bearer s3cre")],
        Some(401),
    ),
    attempt(
        "more than the token",
        THERE,
        &[("host", b"headroom.lan"), ("authorization", b"Bearer s3cret0")],
        Some(401),
    ),
    attempt(
        "the token in capitals",
        THERE,
        &[("host", b"headroom.lan"), ("authorization", b"Bearer S3CRET")],
        Some(401),
    ),
    attempt(
        "two tokens, of which one is right",
        THERE,
        &[
            ("host", b"headroom.lan"),
            ("authorization", b"Bearer guess"),
            ("authorization", b"Bearer s3cret"),
        ],
        Some(401),
    ),
    attempt(
        "the token on a foreign Host",
        THERE,
        &[("host", b"evil.example"), ("authorization", b"Bearer s3cret")],
        Some(403),
    ),
    attempt(
        "the token from a foreign page",
        THERE,
        &[
            ("host", b"headroom.lan"),
            ("origin", b"http://evil.example"),
            ("authorization", b"Bearer s3cret"),
        ],
        Some(403),
    ),
    Attempt {
        peer: "[::ffff:127.0.0.1]:50000",
        ..attempt("loopback mapped to IPv6", HERE, &[("host", b"localhost")], None)
    },
    Attempt {
        peer: "[::ffff:192.168.1.7]:50000",
        ..attempt("another machine mapped to IPv6", THERE, &[("host", b"headroom.lan")], Some(401))
    },
];
