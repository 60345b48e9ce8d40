//! What holds for a relay between any client and any servers: checked on what fuzzing found (`fuzz_corpus.rs`), and by
//! the fuzz target itself.

use mcp_relay::{Options, Output, Session};
use serde_json::Value;

/// Takes each line for a message: its first byte says whose, and the first line's first byte what the session does.
///
/// # Panics
/// When a law doesn't hold.
pub(crate) fn relay_lawfully(bytes: &[u8]) {
    let Some((&set, rest)) = bytes.split_first() else { return };
    let options = Options {
        lazy: set & 1 != 0,
        slim: set & 2 != 0,
        retrieve: (set & 4 != 0).then(|| r#"{"name":"headroom_retrieve"}"#.to_owned()),
        ..Options::default()
    };
    let names = ["a", "b", "c"].iter().take(usize::from(set >> 3) % 3 + 1);
    let names: Vec<String> = names.map(ToString::to_string).collect();
    let servers = names.len();
    let mut session = Session::new(names, options);
    for line in rest.split(|byte| *byte == b'\n') {
        let Some((&who, message)) = line.split_first() else { continue };
        let server = usize::from(who) / 2 % servers;
        let out = match who {
            b'!' => session.server_ended(server, "ended"),
            _ if who % 2 == 0 => session.from_client(message),
            _ => session.from_server(server, message),
        };
        let is_json = serde_json::from_slice::<Value>(message).is_ok();
        for output in out {
            let line = match output {
                Output::ToServer { server, line, .. } => {
                    assert!(server < servers, "server {server}");
                    line
                }
                Output::ToClient { line, .. } => line,
                _ => continue,
            };
            assert!(!line.contains(&b'\n'), "one line");
            if is_json {
                let parsed = serde_json::from_slice::<Value>(&line);
                assert!(
                    parsed.is_ok(),
                    "{:?} -> {:?}",
                    message.escape_ascii(),
                    line.escape_ascii()
                );
            }
        }
    }
}
