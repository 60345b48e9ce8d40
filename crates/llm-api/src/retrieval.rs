//! The tool with which a model retrieves an original: its name and definition, and the hash in its
//! calls.

use json_index::scan;

use crate::api::FunctionTool;

/// Its name.
pub const NAME: &str = "headroom_retrieve";

/// Its definition, always the same bytes for an API: it is at the beginning of what the provider
/// caches. It is paid for in every request, so it says no more than the markers don't say themselves.
pub const TOOL: FunctionTool = FunctionTool {
    name: NAME,
    description: "Returns what was left out (hash=...)",
    parameters: r#"{"type":"object","properties":{"hash":{"type":"string"}}}"#,
};

/// Whether a tool is one of that name, perhaps behind the name of an MCP server.
pub fn is_retrieval(name: &str) -> bool {
    name.strip_suffix(NAME)
        .is_some_and(|server| server.is_empty() || server.ends_with(['_', '-', '.', ':', '/']))
}

/// The name of a file in which an original is put where an agent can read it.
pub fn original_file(hash: &str) -> String {
    format!("{ORIGINAL}{hash}{TEXT}")
}

/// Whether a path is that of such a file.
pub fn is_original_file(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let hash = name.strip_prefix(ORIGINAL).and_then(|name| name.strip_suffix(TEXT));
    hash.is_some_and(|hash| {
        (FEWEST_DIGITS..=DIGITS).contains(&hash.len())
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// What the name of such a file has around the hash.
const ORIGINAL: &str = "headroom-";
const TEXT: &str = ".txt";

/// The fewest digits that name an original.
const FEWEST_DIGITS: usize = 12;

/// The digits of a whole hash.
const DIGITS: usize = 24;

/// The hash in a call's arguments, however the model wrote it: the first run of digits that is long
/// enough, in lower case.
pub fn hash(arguments: &str) -> Option<String> {
    let index = scan(arguments.as_bytes()).ok()?;
    let given = index.root().get("hash")?.text()?;
    let run =
        given.split(|c: char| !c.is_ascii_hexdigit()).find(|run| run.len() >= FEWEST_DIGITS)?;
    Some(run[..run.len().min(DIGITS)].to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::APIS;

    #[test]
    fn files_of_originals_are_known_by_their_names() {
        let file = original_file("0123456789ab");
        for (path, is_one) in [
            (format!("/h/.claude/p/s/tool-results/{file}"), true),
            (format!("C:\\p\\{file}"), true),
            ("/h/headroom-notes.txt".to_owned(), false),
            ("/h/headroom-0123.txt".to_owned(), false),
            (format!("/h/{file}/x"), false),
            (String::new(), false),
        ] {
            assert_eq!(is_original_file(&path), is_one, "{path}");
        }
    }

    #[test]
    fn definitions_are_json_and_stay_the_same_bytes() {
        let definitions = APIS.map(|api| String::from_utf8(api.tool_definition(&TOOL)).unwrap());
        for definition in &definitions {
            let value: serde_json::Value = serde_json::from_str(definition).unwrap();
            assert!(value.to_string().contains(NAME));
        }
        let told =
            r#""name":"headroom_retrieve","description":"Returns what was left out (hash=...)""#;
        let schema = r#"{"type":"object","properties":{"hash":{"type":"string"}}}"#;
        let expected = [
            format!(r#"{{{told},"input_schema":{schema}}}"#),
            format!(r#"{{"type":"function","function":{{{told},"parameters":{schema}}}}}"#),
            format!(r#"{{"type":"function",{told},"parameters":{schema},"strict":false}}"#),
            format!(r#"{{{told},"parameters":{schema}}}"#),
        ];
        assert_eq!(definitions, expected);
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
