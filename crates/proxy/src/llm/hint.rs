//! What is known of a tool's output before it is read: the command that wrote it, or its file.

use wire::json::{Kind, Value, scan};
use wire::request::Call;

/// The longest hint, in bytes.
const LONGEST: usize = 400;

/// A command, or the name of a file, as the compressor takes it; `None` where a call says neither.
pub(super) fn hint(call: &Call<'_>) -> Option<String> {
    let arguments = call.arguments();
    let index = scan(arguments.as_bytes()).ok()?;
    let root = index.root();
    let name = call.name.to_ascii_lowercase();
    let text = |keys: &[&str]| keys.iter().find_map(|key| words(root.get(key)?));
    let path = || text(&["file_path", "path", "absolute_path", "filename", "file", "target_file"]);
    let found = if let Some(command) = text(&["command", "cmd", "script"]) {
        command
    } else if name.contains("grep") || name.contains("search") {
        let pattern = text(&["pattern", "query", "regex"]).unwrap_or_default();
        format!("grep -rn {} {}", quoted(&pattern), path().unwrap_or_default())
    } else if name.contains("glob") || name.contains("find") {
        format!("find {}", text(&["pattern", "query"]).unwrap_or_default())
    } else if name == "ls" || name.contains("list") {
        format!("ls {}", path().unwrap_or_default())
    } else {
        path()?
    };
    let end = found.floor_char_boundary(LONGEST);
    Some(found[..end].trim().to_owned())
}

/// Programs that show what files hold, control characters and all.
const SHOW_FILES: &[&str] = &[
    "ag", "awk", "bat", "cat", "diff", "egrep", "fgrep", "git", "grep", "head", "jq", "less",
    "more", "nl", "rg", "sed", "sort", "tail", "type",
];

/// Whether the output of a call is what files hold, so that even a control character in it is
/// content and not what a program wrote for a terminal.
pub(super) fn shows_files(call: &Call<'_>) -> bool {
    let arguments = call.arguments();
    let Ok(index) = scan(arguments.as_bytes()) else { return false };
    let command = ["command", "cmd", "script"].iter().find_map(|key| words(index.root().get(key)?));
    let Some(command) = command else { return true };
    let programs = command.split(['|', ';', '&', '\n', '(']).filter_map(|part| {
        let word = part.split_whitespace().find(|word| !word.contains('='))?;
        Some(word.rsplit('/').next().unwrap_or(word))
    });
    programs.into_iter().any(|program| SHOW_FILES.contains(&program))
}

/// A text, or the words of a command as a list: of a shell's only what it is to run.
fn words(value: Value<'_>) -> Option<String> {
    if value.kind() != Kind::Array {
        return Some(value.text()?.into_owned());
    }
    let words: Vec<_> = value.items().filter_map(Value::text).collect();
    match &words[..] {
        [shell, flag, script] if shell.ends_with("sh") && flag.starts_with('-') => {
            Some(script.to_string())
        }
        words => Some(words.join(" ")),
    }
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};
    use wire::request::{Api, read};

    fn hinted(name: &str, input: &Json) -> Option<String> {
        let call = json!({"type": "tool_use", "id": "a", "name": name, "input": input});
        let body = json!({"messages": [{"role": "assistant", "content": [call]}]}).to_string();
        let index = scan(body.as_bytes()).unwrap();
        let request = read(Api::Messages, &index).unwrap();
        hint(&request.blocks[0].calls[0])
    }

    #[test]
    fn tools_of_known_agents_say_what_they_did() {
        let says = |name, input: Json| hinted(name, &input).unwrap_or_default();
        assert_eq!(says("Bash", json!({"command": "git diff", "timeout": 3})), "git diff");
        assert_eq!(
            says("shell", json!({"command": ["bash", "-lc", "ls -la | head"]})),
            "ls -la | head"
        );
        assert_eq!(says("shell", json!({"command": ["git", "log"]})), "git log");
        assert_eq!(says("Read", json!({"file_path": "/a/b.rs", "limit": 3})), "/a/b.rs");
        assert_eq!(says("Grep", json!({"pattern": "a'b", "path": "src"})), "grep -rn 'a b' src");
        assert_eq!(says("Glob", json!({"pattern": "**/*.rs"})), "find **/*.rs");
        assert_eq!(says("LS", json!({"path": "/x"})), "ls /x");
    }

    #[test]
    fn what_shows_files_is_known() {
        let shows = |name: &str, input: Json| {
            let call = json!({"type": "tool_use", "id": "a", "name": name, "input": input});
            let body = json!({"messages": [{"role": "assistant", "content": [call]}]}).to_string();
            let index = scan(body.as_bytes()).unwrap();
            shows_files(&read(Api::Messages, &index).unwrap().blocks[0].calls[0])
        };
        assert!(shows("Read", json!({"file_path": "a.rs"})));
        assert!(shows("Bash", json!({"command": "cd x && LANG=C /bin/cat a.rs"})));
        assert!(shows("shell", json!({"command": ["bash", "-lc", "git diff | head"]})));
        for command in ["cargo test", "npm run category", "ls -la"] {
            assert!(!shows("Bash", json!({"command": command})), "{command}");
        }
    }

    #[test]
    fn other_calls_say_nothing() {
        assert_eq!(hinted("weather", &json!({"city": "Ulm"})), None);
        assert_eq!(hinted("weather", &json!({"path": 7})), None);
    }
}
