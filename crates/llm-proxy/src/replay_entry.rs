//! The stored format of a replay entry: the rounds of a turn as the provider saw them.
//!
//! An entry holds the intercepted calls, and of their results only those that the request doesn't hold:
//! the others are worked out again.

use llm_api::response::Round;
use serde::{Deserialize, Serialize};

/// The format in which an entry is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    v: u8,
    rounds: Vec<Round>,
}

const VERSION: u8 = 1;

/// Encodes the rounds of a turn.
pub(crate) fn encode(rounds: &[Round]) -> Vec<u8> {
    // Strings and numbers: there is nothing in it that can't be written.
    serde_json::to_vec(&Stored { v: VERSION, rounds: rounds.to_vec() }).unwrap_or_default()
}

/// Decodes the rounds in an entry; `None` for one of another version.
pub(crate) fn decode(entry: &[u8]) -> Option<Vec<Round>> {
    let stored: Stored = serde_json::from_slice(entry).ok()?;
    (stored.v == VERSION).then_some(stored.rounds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use llm_api::replay::CallResult;
    use llm_api::response::InterceptedCall;

    fn rounds() -> Vec<Round> {
        let result = CallResult { text: "kept elsewhere".into(), is_error: false };
        let call = InterceptedCall {
            at: 1,
            id: "i".into(),
            input: "{}".into(),
            raw: "{\"x\":1}".into(),
            result: Some(result),
        };
        vec![Round { kinds: "tx".into(), text: 3, intercepted: vec![call], content: "s".into() }]
    }

    #[test]
    fn an_entry_is_decoded_as_it_was_encoded() {
        assert_eq!(decode(&encode(&rounds())), Some(rounds()));
    }

    #[test]
    fn the_format_stays_readable_to_other_versions_of_the_program() {
        let stored = r#"{"v":1,"rounds":[{"kinds":"tx","text":3,"hidden":[{"at":1,"id":"i","input":"{}","raw":"{\"x\":1}","given":{"text":"kept elsewhere","is_error":false}}],"said":"s"}]}"#;
        assert_eq!(String::from_utf8(encode(&rounds())).unwrap(), stored);
        assert_eq!(decode(stored.as_bytes()), Some(rounds()));
    }

    #[test]
    fn another_version_is_no_entry() {
        assert_eq!(decode(br#"{"v":2,"rounds":[]}"#), None);
        assert_eq!(decode(b"junk"), None);
    }
}
