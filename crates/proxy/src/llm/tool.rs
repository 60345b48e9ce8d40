//! The tool that a model asks with for what was left out.

use std::sync::OnceLock;

use llm_api::json::scan;
use llm_api::replay::Given;
use llm_api::request::Api;
use tokens::Encoding;

/// Its name.
pub(super) const NAME: &str = "headroom_retrieve";

/// Whether a tool is one of that name, perhaps behind the name of an MCP server.
pub(super) fn is_retrieval(name: &str) -> bool {
    name.strip_suffix(NAME)
        .is_some_and(|server| server.is_empty() || server.ends_with(['_', '-', '.', ':', '/']))
}

/// Its definition, always the same bytes.
pub(super) fn definition(api: Api) -> &'static [u8] {
    match api {
        Api::Messages => {
            br#"{"name":"headroom_retrieve","description":"Returns what was left out of a tool result, where it says: [... left out. Retrieve more: hash=...]. Use it when you need those lines.","input_schema":{"type":"object","properties":{"hash":{"type":"string"}},"required":["hash"]}}"#
        }
        Api::Chat => {
            br#"{"type":"function","function":{"name":"headroom_retrieve","description":"Returns what was left out of a tool result, where it says: [... left out. Retrieve more: hash=...]. Use it when you need those lines.","parameters":{"type":"object","properties":{"hash":{"type":"string"}},"required":["hash"]}}}"#
        }
        Api::Responses => {
            br#"{"type":"function","name":"headroom_retrieve","description":"Returns what was left out of a tool result, where it says: [... left out. Retrieve more: hash=...]. Use it when you need those lines.","parameters":{"type":"object","properties":{"hash":{"type":"string"}},"required":["hash"]},"strict":false}"#
        }
    }
}

/// Tokens of its definition.
pub(super) fn tokens(api: Api) -> usize {
    static TOKENS: [OnceLock<usize>; 3] = [const { OnceLock::new() }; 3];
    *TOKENS[api as usize].get_or_init(|| {
        tokens::count(Encoding::default(), &String::from_utf8_lossy(definition(api)))
    })
}

/// Fewest digits that name an original.
const FEWEST_DIGITS: usize = 12;

/// Digits of a whole hash.
const DIGITS: usize = 24;

/// The hash in a call's arguments, however the model wrote it: the first run of digits that is long
/// enough, in lower case.
pub(super) fn hash(arguments: &str) -> Option<String> {
    let index = scan(arguments.as_bytes()).ok()?;
    let given = index.root().get("hash")?.text()?;
    let run =
        given.split(|c: char| !c.is_ascii_hexdigit()).find(|run| run.len() >= FEWEST_DIGITS)?;
    Some(run[..run.len().min(DIGITS)].to_ascii_lowercase())
}

/// What a call gives that names nothing.
pub(super) fn not_a_hash() -> Given {
    error("no hash in this call: give the 24 digits after hash= in the marker")
}

/// What a call gives whose hash is in no result of the conversation and in no store.
pub(super) fn not_here() -> Given {
    error("not in this conversation any more; run the command again")
}

/// What a call gives whose digits are the first of several hashes.
pub(super) fn ambiguous() -> Given {
    error("several originals begin with these digits: give all 24 digits after hash= in the marker")
}

/// What a call gives in a turn with too many of them.
pub(super) fn too_many() -> Given {
    error("too many retrievals in one turn; go on with what you have")
}

fn error(text: &str) -> Given {
    Given { text: text.to_owned(), is_error: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_json() {
        for api in [Api::Messages, Api::Chat, Api::Responses] {
            let text = std::str::from_utf8(definition(api)).unwrap();
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert!(value.to_string().contains(NAME));
        }
    }

    #[test]
    fn a_hash_is_found_however_it_is_written() {
        let whole = "0123456789abcdef01234567";
        assert_eq!(hash(r#"{"hash":"0123456789abcdef01234567"}"#).as_deref(), Some(whole));
        assert_eq!(hash(r#"{"hash":"hash=0123456789ABCDEF01234567]"}"#).as_deref(), Some(whole));
        assert_eq!(hash(r#"{"hash":"0123456789ab"}"#).as_deref(), Some(&whole[..12]));
        for bad in [r#"{"hash":"0123"}"#, r#"{"hash":7}"#, "{}", "", "{\"hash\":\"0123456789ab"] {
            assert_eq!(hash(bad), None);
        }
    }

    #[test]
    fn a_retrieval_tool_is_known_behind_its_server() {
        for name in
            ["headroom_retrieve", "mcp__headroom__headroom_retrieve", "headroom-headroom_retrieve"]
        {
            assert!(is_retrieval(name));
        }
        for name in ["retrieve", "headroom_retrieve_all", "notheadroom_retrieve"] {
            assert!(!is_retrieval(name));
        }
    }
}
