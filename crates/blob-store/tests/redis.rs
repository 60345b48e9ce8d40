//! Originals in a real Redis server that stops, hangs and restarts.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::time::{Duration, Instant};

use blob_store::{BlobStore as _, Bounds, Error, Hash, Name, Namespace, Originals, Redis};
use std::sync::Arc;
use testkit::RedisServer;

/// A generous time limit for what a busy machine can delay; not part of what is tested.
const PATIENCE: Duration = Duration::from_secs(60);

fn open(url: &str, token: Option<&str>) -> Originals {
    let redis = Redis::open(url, token, Namespace::originals(Bounds::default())).unwrap();
    redis.settle(PATIENCE);
    Originals::new(Arc::new(redis))
}

/// Retries `work` until it succeeds: on a busy machine an operation may time out.
fn in_the_end<T>(mut work: impl FnMut() -> Result<T, Error>) -> T {
    let began = Instant::now();
    loop {
        match work() {
            Ok(value) => return value,
            Err(error @ Error::Unavailable { .. }) => {
                assert!(began.elapsed() < PATIENCE, "{error}");
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn put(originals: &Originals, text: &str) -> String {
    in_the_end(|| originals.put(text)).to_string()
}

fn get(originals: &Originals, name: &str) -> Option<String> {
    in_the_end(|| originals.get(name)).map(|original| original.text)
}

#[test]
fn what_one_keeps_another_finds() {
    let server = RedisServer::start(&[]);
    let one = open(&server.url(), None);
    let other = open(&server.url(), None);
    let hash = put(&one, "a text\nwith é and \u{0}");
    for name in [&hash[..], &hash[..12], &hash[..17], &hash.to_uppercase()] {
        assert_eq!(get(&other, name).as_deref(), Some("a text\nwith é and \u{0}"));
    }
    assert_eq!(get(&other, "0123456789abcdef01234567"), None);
    assert_eq!(get(&other, "0123456789ab"), None);
    let removed = put(&one, "removed");
    in_the_end(|| other.remove("removed"));
    assert_eq!((get(&one, &removed), get(&one, &removed[..12])), (None, None));
    assert!(in_the_end(|| one.usage()).entries > 0);
    assert_eq!(one.describe(), format!("Redis at 127.0.0.1:{}", server.port()));
}

#[test]
fn keys_are_named_as_documented_and_expire() {
    let server = RedisServer::start(&[]);
    let bounds = Bounds { age: Duration::from_secs(1000), ..Bounds::default() };
    let redis = Redis::open(&server.url(), None, Namespace::originals(bounds)).unwrap();
    redis.settle(PATIENCE);
    let hash = put(&Originals::new(Arc::new(redis)), "text");
    let key = format!("headroom:v1:local:{hash}");
    assert_eq!(server.say(&format!("GET {key}")), ["text"]);
    let mut keys = server.say("KEYS *");
    keys.sort();
    assert_eq!(keys, [format!("headroom:v1:local:{}", &hash[..12]), key]);
    for key in keys {
        let left: u64 = server.say(&format!("TTL {key}"))[0][1..].parse().unwrap();
        assert!((900..=1000).contains(&left), "{left}");
    }
}

#[test]
fn what_is_not_what_was_put_is_unknown() {
    let server = RedisServer::start(&[]);
    let originals = open(&server.url(), None);
    let hash = put(&originals, "text");
    for other in ["other", "\"\\xff\\xfe\""] {
        server.say(&format!("SET headroom:v1:local:{hash} {other}"));
        assert_eq!(get(&originals, &hash), None);
        assert_eq!(get(&originals, &hash[..12]), None);
    }
    // A value of another type is an error of the server, not a result.
    server.say(&format!("DEL headroom:v1:local:{hash}"));
    server.say(&format!("LPUSH headroom:v1:local:{hash} x"));
    assert!(originals.get(&hash).is_err());
}

#[test]
fn a_prefix_of_two_is_ambiguous_and_a_list_outlives_its_hashes() {
    let server = RedisServer::start(&[]);
    let originals = open(&server.url(), None);
    let hash = put(&originals, "text");
    let twin = format!("{}{}", &hash[..12], "0".repeat(12));
    server.say(&format!("SADD headroom:v1:local:{} {twin}", &hash[..12]));
    assert_eq!(get(&originals, &hash[..12]).as_deref(), Some("text"));
    server.say(&format!("SET headroom:v1:local:{twin} twin"));
    loop {
        match originals.get(&hash[..12]) {
            Err(Error::Ambiguous(digits)) => break assert_eq!(digits, &hash[..12]),
            Err(Error::Unavailable { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(get(&originals, &hash[..13]).as_deref(), Some("text"));
}

#[test]
fn a_token_has_a_namespace_of_its_own() {
    let server = RedisServer::start(&[]);
    let local = open(&server.url(), None);
    let mine = open(&server.url(), Some("a secret token"));
    let hash = put(&mine, "text");
    assert_eq!(get(&local, &hash), None);
    assert_eq!(get(&mine, &hash).as_deref(), Some("text"));
    assert!(!server.say("KEYS *").concat().contains("secret"));
}

#[test]
fn replay_entries_have_keys_of_their_own() {
    let server = RedisServer::start(&[]);
    let redis = Redis::open(&server.url(), None, Namespace::replay()).unwrap();
    redis.settle(PATIENCE);
    let blob: &[u8] = &[0, 255, 10, 13];
    let [one, two] = [1, 2].map(|byte| Name::of(&[byte; 32]));
    in_the_end(|| redis.put(&[(one.clone(), blob)]));
    let found = in_the_end(|| redis.get(&[two.clone(), one.clone()]));
    assert_eq!(found, [None, Some(blob.to_vec())]);
    assert_eq!(server.say("KEYS *"), [format!("headroom:v1:local:replay:{one}")]);
    assert!(redis.get(&[]).unwrap().is_empty() && redis.find(one.as_str()).unwrap().is_empty());
    let large = vec![b'x'; (4 << 20) + 1];
    let refused = redis.put(&[(two, &large)]).unwrap_err();
    assert!(matches!(refused, Error::TooLarge { bound, .. } if bound == 4 << 20));
}

#[test]
fn killed_and_started_again() {
    let mut server = RedisServer::start(&[]);
    let originals = open(&server.url(), None);
    let kept: Vec<String> = (0..200).map(|i| put(&originals, &format!("text {i}"))).collect();
    server.kill();
    let refused = originals.put("while it is down").unwrap_err();
    assert!(matches!(refused, Error::Unavailable { .. }), "{refused}");
    // The breaker is open, or opens at the first attempt to connect.
    let began = Instant::now();
    while originals.check().is_ok() {
        assert!(began.elapsed() < PATIENCE);
        let _ = originals.get(&kept[0]);
    }
    let refused = originals.get(&kept[0]).unwrap_err().to_string();
    assert!(refused.starts_with("Redis at 127.0.0.1:"), "{refused}");
    server.restart();
    for (i, hash) in kept.iter().enumerate() {
        assert_eq!(get(&originals, hash), Some(format!("text {i}")));
    }
    assert!(originals.check().is_ok());
    // What wasn't acknowledged isn't there.
    assert_eq!(get(&originals, &Hash::of("while it is down").to_string()), None);
}

#[test]
fn a_connection_that_was_closed_costs_nothing() {
    let server = RedisServer::start(&[]);
    let originals = open(&server.url(), None);
    let hash = put(&originals, "text");
    for _ in 0..20 {
        server.say("CLIENT KILL TYPE normal SKIPME yes");
        assert_eq!(get(&originals, &hash).as_deref(), Some("text"));
    }
}

#[test]
fn a_server_that_hangs_is_left_alone_until_it_answers() {
    let server = RedisServer::start(&[]);
    let originals = open(&server.url(), None);
    let hash = put(&originals, "text");
    server.pause(true);
    let began = Instant::now();
    while originals.check().is_ok() {
        assert!(began.elapsed() < PATIENCE);
        originals.get(&hash).unwrap_err();
    }
    // With the breaker open, operations return at once: a thousand time limits would be 50 s.
    for _ in 0..1000 {
        originals.put("more").unwrap_err();
    }
    server.pause(false);
    assert_eq!(get(&originals, &hash).as_deref(), Some("text"));
}

#[test]
fn a_refusal_is_no_acknowledgement() {
    let server = RedisServer::start(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]);
    let originals = open(&server.url(), None);
    let refused = loop {
        let refused = originals.put("text").unwrap_err().to_string();
        if !refused.contains("no answer within") {
            break refused;
        }
    };
    assert!(refused.contains("OOM"), "{refused}");
}

#[test]
fn a_password_is_used_and_never_said() {
    let server = RedisServer::start(&["--requirepass", "s3cret"]);
    let url = format!("redis://:s3cret@127.0.0.1:{}/2", server.port());
    let originals = open(&url, None);
    let hash = put(&originals, "text");
    assert_eq!(get(&originals, &hash).as_deref(), Some("text"));
    assert!(!originals.describe().contains("s3cret"));
    let wrong = open(&url.replace("s3cret", "wr0ng"), None);
    let refused = wrong.put("text").unwrap_err().to_string();
    assert!(!refused.contains("wr0ng"), "{refused}");
}

#[test]
fn what_is_no_address_is_refused_at_once() {
    for url in ["", "redis", "http://127.0.0.1", "redis://", "redis://a:b:c", "rediss://h/x"] {
        let refused = Redis::open(url, None, Namespace::replay()).map(drop).unwrap_err();
        assert!(matches!(refused, Error::BadUrl), "{url}");
    }
}
