//! Which of the two messages a failure gets: a table over where the server is said to be, whether there
//! is a `headroom` on the machine, and what happens at that address.

use std::time::Duration;

use serde_json::json;
use stub::{Stub, answer, error, nobody};

use super::*;

#[path = "../../../tests/cli/support/stub.rs"]
#[allow(dead_code, reason = "shared with the tests of the whole program")]
mod stub;

#[test]
fn a_path_and_a_slash_in_the_url_work() {
    assert_eq!(base("http://10.0.0.5:8787/").unwrap(), "http://10.0.0.5:8787");
    assert_eq!(base("http://host/headroom/").unwrap(), "http://host/headroom");
    assert_eq!(base("http://[::1]:8787").unwrap(), "http://[::1]:8787");
}

#[test]
fn what_is_no_http_url_is_refused_with_a_way_on() {
    for url in ["10.0.0.5:8787", "localhost", "ftp://x", "http://", "https://x", "http://x?y", ""] {
        let message = base(url).unwrap_err().to_string();
        assert!(message.starts_with("Error: HEADROOM_BASE_URL: "), "{url}: {message}");
        assert!(message.ends_with("To proceed without compression, omit --compress."));
    }
}

/// What happens at the address.
const CASES: [&str; 8] =
    ["refused", "timeout", "404", "foreign 200", "401", "redirect", "half a body", "hung up"];

/// An address at which that happens; the server lives as long as what is given back.
fn address(case: &'static str) -> (String, Option<Stub>) {
    if case == "refused" {
        return (nobody(), None);
    }
    let stub = Stub::new(move |_| match case {
        "timeout" => None,
        "404" => Some(answer(404, "content-type: text/html\r\n", "<h1>Not Found</h1>")),
        "foreign 200" => Some(answer(200, "content-type: text/html\r\n", "<h1>Welcome</h1>")),
        "401" => Some(stub::json(401, &error("a token is needed"))),
        "redirect" => Some(answer(301, "location: http://127.0.0.1:1/\r\n", "")),
        "half a body" => Some("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"text\"".into()),
        "hung up" => Some(String::new()),
        other => unreachable!("{other}"),
    });
    (stub.url.clone(), Some(stub))
}

#[test]
fn the_table() {
    let installed: fn() -> Option<PathBuf> = || Some(PathBuf::from("/usr/bin/headroom"));
    for case in CASES {
        for is_default in [true, false] {
            for executable in [installed, || None] {
                let (url, _stub) = address(case);
                let headroom = Headroom {
                    agent: agent(Duration::from_millis(300)),
                    url: url.clone(),
                    is_default,
                    token: None,
                    executable,
                };
                let error = headroom.compress("# text", &Options::default()).unwrap_err();
                let expected = match case {
                    "401" => CompressionError::Refused {
                        url,
                        status: "401 Unauthorized".into(),
                        message: "a token is needed".into(),
                    },
                    "refused" if is_default && executable().is_none() => {
                        HeadroomUnavailable::NotInstalled.into()
                    }
                    _ => HeadroomUnavailable::NotResponding { url }.into(),
                };
                let found = executable().is_some();
                assert_eq!(
                    error.downcast_ref::<CompressionError>(),
                    Some(&expected),
                    "{case}, default: {is_default}, found: {found}"
                );
            }
        }
    }
}

#[test]
fn the_version_is_that_of_a_headroom_only() {
    let live = |service: &'static str| {
        let stub =
            Stub::new(move |_| Some(stub::json(200, &json!({"service": service, "version": "1"}))));
        let headroom = Headroom {
            agent: agent(WHOLE),
            url: stub.url.clone(),
            is_default: false,
            token: None,
            executable: || None,
        };
        headroom.version().ok()
    };
    assert_eq!(live("headroom-proxy").as_deref(), Some("1"));
    assert_eq!(live("another"), None);
}
