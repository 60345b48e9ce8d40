//! What the call of a tool says about the text that it gave: the command that wrote it, or the file
//! that it is from.

use wire::json::{Kind, Value};
use wire::request::Call;

/// Members of a call's arguments that name a command, by the agents' tools that have them.
const COMMANDS: [&str; 4] = ["command", "cmd", "script", "code"];
/// Members that name a file.
const FILES: [&str; 6] = ["file_path", "path", "filePath", "filename", "file", "uri"];
/// The longest hint, in bytes: what decides is at the beginning.
const LONGEST: usize = 1024;

/// The command or the file that `call` is about; `None` where its arguments name neither.
pub(crate) fn hint(call: &Call<'_>) -> Option<String> {
    let arguments = call.arguments();
    let index = wire::json::scan(arguments.as_bytes()).ok()?;
    let root = index.root();
    let member = |names: &[&str]| names.iter().find_map(|name| words(root.get(name)?));
    let mut hint = member(&COMMANDS).or_else(|| member(&FILES))?;
    hint.truncate(hint.floor_char_boundary(LONGEST));
    Some(hint)
}

/// A string, or the strings of a list with a blank between them; of `["sh", "-c", SCRIPT]` the script.
fn words(value: Value<'_>) -> Option<String> {
    if value.kind() == Kind::String {
        return value.text().map(Into::into).filter(|text: &String| !text.is_empty());
    }
    let words: Vec<_> = value.items().map_while(Value::text).collect();
    match &words[..] {
        [] => None,
        [_, option, script] if option.starts_with('-') && option.ends_with('c') => {
            Some(script.to_string())
        }
        words => Some(words.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use wire::json::scan;
    use wire::request::{Api, read};

    /// The hint of a Chat Completions call with these arguments.
    fn hint(arguments: &str) -> Option<String> {
        let arguments = serde_json::to_string(arguments).unwrap();
        let body = format!(
            r#"{{"messages": [{{"role": "assistant", "tool_calls": [{{"id": "a", "type": "function",
                "function": {{"name": "run", "arguments": {arguments}}}}}]}}]}}"#
        );
        let index = scan(body.as_bytes()).unwrap();
        let request = read(Api::Chat, &index).unwrap();
        super::hint(&request.blocks[0].calls[0])
    }

    #[test]
    fn commands_and_files() {
        for (arguments, expected) in [
            (r#"{"command": "grep -rn foo .", "path": "x"}"#, Some("grep -rn foo .")),
            (r#"{"command": ["bash", "-lc", "ls -la | head"]}"#, Some("ls -la | head")),
            (r#"{"cmd": ["git", "log"]}"#, Some("git log")),
            (r#"{"file_path": "/a/b.py", "limit": 3}"#, Some("/a/b.py")),
            (r#"{"query": "x"}"#, None),
            (r#"{"command": []}"#, None),
            (r#"{"command": ""}"#, None),
            ("[1, 2]", None),
            ("not JSON", None),
        ] {
            assert_eq!(hint(arguments).as_deref(), expected, "{arguments}");
        }
    }

    #[test]
    fn a_long_command_is_cut_at_a_character() {
        let long = format!(r#"{{"command": "{}"}}"#, "é".repeat(5000));
        assert_eq!(hint(&long).unwrap().len(), super::LONGEST);
    }
}
