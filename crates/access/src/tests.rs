use super::*;

fn connection(peer: &str, local: &str) -> Connection {
    Connection { peer: peer.parse().unwrap(), local: Some(local.parse().unwrap()) }
}

fn policy(remote: RemoteAccess) -> AccessPolicy {
    AccessPolicy::new(vec!["headroom.lan".to_owned(), "[fd00::9]".to_owned()], remote)
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
    }
    headers
}

fn request(uri: &str, pairs: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder().uri(uri).body(()).unwrap();
    *request.headers_mut() = headers(pairs);
    request
}

#[test]
fn options_of_a_server() {
    let new = |listen: &str, token: Option<&str>, no_auth| {
        RemoteAccess::new(listen.parse().unwrap(), token.map(str::to_owned), no_auth)
    };
    let token = Ok(RemoteAccess::Token("x".to_owned()));
    assert_eq!(new("127.0.0.1", None, false), Ok(RemoteAccess::Refused));
    assert_eq!(new("::1", Some(""), true), Ok(RemoteAccess::Refused));
    assert_eq!(new("127.0.0.1", Some("x"), false), token);
    assert_eq!(new("0.0.0.0", Some("x"), true), token);
    assert_eq!(new("::", None, true), Ok(RemoteAccess::Open));
    for token in [None, Some("")] {
        let error = new("192.0.2.1", token, false).unwrap_err().to_string();
        assert!(error.contains("--token") && error.contains("--no-auth"), "{error}");
    }
}

#[test]
fn no_log_shows_the_token() {
    let policy = policy(RemoteAccess::Token("s3cret".to_owned()));
    assert!(!format!("{policy:?}").contains("s3cret"));
}

#[test]
fn names_of_the_server() {
    let policy = policy(RemoteAccess::Refused);
    let check = |host: &str, local: &str| {
        let request = request("/", &[("host", host)]);
        policy.check(connection("127.0.0.1:9", local), &request, TokenSource::Bearer)
    };
    let lan = "192.168.1.5:8787";
    for host in ["localhost", "LOCALHOST:1", "127.8.8.8", "[::1]:80", "Headroom.LAN", "[fd00::9]"] {
        assert_eq!(check(host, lan), Ok(()), "{host}");
    }
    assert_eq!(check("192.168.1.5", lan), Ok(()));
    assert_eq!(check("[::ffff:192.168.1.5]", lan), Ok(()));
    assert_eq!(check("192.168.1.6", lan), Err(Denied::ForeignHost));
    assert_eq!(check("192.168.1.5", "127.0.0.1:8787"), Err(Denied::ForeignHost));
    let unknown = Connection { local: None, ..connection("127.0.0.1:9", lan) };
    let by_address = request("/", &[("host", "192.168.1.5")]);
    let denied = policy.check(unknown, &by_address, TokenSource::Bearer);
    assert_eq!(denied, Err(Denied::ForeignHost));
}

#[test]
fn the_target_and_the_header_are_both_checked() {
    let policy = policy(RemoteAccess::Refused);
    let here = connection("127.0.0.1:9", "127.0.0.1:8787");
    let check = |request: &Request<()>| policy.check(here, request, TokenSource::Bearer);
    let foreign = Err(Denied::ForeignHost);
    assert_eq!(check(&request("http://localhost/", &[("host", "localhost")])), Ok(()));
    assert_eq!(check(&request("http://evil.example/", &[("host", "localhost")])), foreign);
    assert_eq!(check(&request("http://localhost/", &[("host", "evil.example")])), foreign);
    let mut bare = request("http://localhost/", &[]);
    assert_eq!(check(&bare), Err(Denied::NoHost));
    *bare.version_mut() = Version::HTTP_2;
    assert_eq!(check(&bare), Ok(()));
    // HTTP/1.0 may do without a Host; a server that is called by its name can't.
    let mut old = request("/", &[]);
    *old.version_mut() = Version::HTTP_10;
    assert_eq!(check(&old), Err(Denied::NoHost));
}

#[test]
fn pages_of_this_server_alone() {
    let check = |origins: &[&str], host: &str| {
        let origins: Vec<_> = origins.iter().map(|origin| ("origin", *origin)).collect();
        check_origin(&headers(&origins), HostPort::parse(host).unwrap())
    };
    assert_eq!(check(&[], "localhost"), Ok(()));
    for (origin, host) in [
        ("http://localhost:8787", "localhost:8787"),
        ("http://[::1]:8787", "[::1]:8787"),
        ("https://headroom.lan", "headroom.lan"),
        ("http://headroom.lan", "HEADROOM.lan:80"),
    ] {
        assert_eq!(check(&[origin], host), Ok(()), "{origin}");
    }
    let own = "http://localhost:8787";
    assert_eq!(check(&[own, own], "localhost:8787"), Err(Denied::ForeignOrigin));
}

#[test]
fn the_token_is_where_the_route_says() {
    let policy = policy(RemoteAccess::Token("s3cret".to_owned()));
    let own = HeaderName::from_static("x-token");
    let check = |pairs: &[(&str, &str)], source: TokenSource| {
        policy.check_peer("10.0.0.9".parse().unwrap(), &headers(pairs), source).is_ok()
    };
    let bearer = [("authorization", "Bearer s3cret")];
    let header = [("x-token", "s3cret")];
    let (either, only) = (TokenSource::HeaderOrBearer(own.clone()), TokenSource::Header(own));
    assert!(check(&[], TokenSource::Public));
    assert!(check(&bearer, TokenSource::Bearer) && !check(&header, TokenSource::Bearer));
    assert!(check(&bearer, either.clone()) && check(&header, either.clone()));
    assert!(check(&header, only.clone()) && !check(&bearer, only));
    let wrong_header = [("x-token", "wrong"), bearer[0]];
    assert!(!check(&wrong_header, either));
}
