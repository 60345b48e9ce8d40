//! The texts that a model writes in a call: the content of a file, what stands for an old text after
//! an edit, the added lines of a patch, the documents in a shell command.

use std::borrow::Cow;

use json_index::{Kind, Value, scan};

use super::{Arguments, FILES};
use crate::request::Call;

/// Texts with fewer line ends aren't looked at.
const LEAST_LINE_ENDS: usize = 3;
/// Levels of objects and lists in the arguments that are looked into.
const MAX_DEPTH: usize = 4;
/// How the names of arguments begin that repeat what was there before.
const OLD: &str = "old";
/// The first line of a patch in the notation of Codex's `apply_patch`.
const PATCH: &str = "*** Begin Patch";
/// How the lines begin after which a patch goes on with another file.
const PATCHED: [&str; 3] = ["*** Add File: ", "*** Update File: ", "*** Move to: "];

/// A text in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file that it is written to, where that is known.
    pub path: Option<String>,
    /// The text, with line ends.
    pub text: String,
}

/// Whether `call` may write a text of several lines; `false` is certain.
pub fn may_write(call: &Call<'_>) -> bool {
    // In a string of JSON a line end is an escape.
    let ends = memchr::memchr2_iter(b'\n', b'\\', call.raw_arguments());
    ends.take(LEAST_LINE_ENDS).count() == LEAST_LINE_ENDS
}

/// The texts of several lines that `call` writes, in order.
pub fn written(call: &Call<'_>) -> Vec<Written> {
    let mut out = Vec::new();
    if !may_write(call) {
        return out;
    }
    let arguments = call.arguments();
    let index = scan(arguments.as_bytes()).ok();
    match index.as_ref().map(|index| index.root()).filter(|root| root.kind() == Kind::Object) {
        Some(root) => {
            let path = Arguments::read(root).path;
            strings(root, path.as_deref(), 0, &mut out);
        }
        None => add(&arguments, None, &mut out),
    }
    out
}

/// Adds the strings in `value`, which are written to `path` if nothing in them says otherwise.
fn strings(value: Value<'_>, path: Option<&str>, depth: usize, out: &mut Vec<Written>) {
    match value.kind() {
        Kind::String => {
            if let Some(text) = value.text() {
                add(&text, path, out);
            }
        }
        Kind::Array if depth < MAX_DEPTH => {
            value.items().for_each(|item| strings(item, path, depth + 1, out));
        }
        Kind::Object if depth < MAX_DEPTH => {
            let own = FILES.iter().find_map(|name| super::member(value, name)?.text());
            let path = own.as_deref().or(path);
            for (key, member) in value.members() {
                let is_old = key.text().is_none_or(|key| key.to_ascii_lowercase().starts_with(OLD));
                if !is_old {
                    strings(member, path, depth + 1, out);
                }
            }
        }
        _ => {}
    }
}

fn add(text: &str, path: Option<&str>, out: &mut Vec<Written>) {
    if memchr::memchr_iter(b'\n', text.as_bytes()).nth(LEAST_LINE_ENDS - 1).is_none() {
        return;
    }
    if text.contains(PATCH) {
        patch(text, out);
    } else if path.is_none() && text.contains("<<") {
        documents(text, out);
    } else {
        out.push(Written { path: path.map(str::to_owned), text: text.to_owned() });
    }
}

/// The lines of each run in a patch that are in the file afterwards.
fn patch(text: &str, out: &mut Vec<Written>) {
    let mut path: Option<String> = None;
    let mut run = String::new();
    for line in text.split_inclusive('\n').chain([""]) {
        if let Some(inner) = line.strip_prefix(['+', ' ']) {
            run.push_str(inner);
            continue;
        }
        // A line that is removed has no place in the file, but those around it are neighbours there.
        if line.starts_with('-') {
            continue;
        }
        let is_blank = line.trim_end().is_empty() && !line.is_empty();
        if is_blank {
            run.push_str(line);
            continue;
        }
        if !run.is_empty() {
            out.push(Written { path: path.clone(), text: std::mem::take(&mut run) });
        }
        if let Some(named) = PATCHED.iter().find_map(|start| line.strip_prefix(start)) {
            path = Some(named.trim().to_owned());
        }
    }
}

/// The documents in a shell command, and what is between them.
fn documents(text: &str, out: &mut Vec<Written>) {
    let mut end: Option<Cow<'_, str>> = None;
    let mut current = Written { path: None, text: String::new() };
    for line in text.split_inclusive('\n') {
        let ends = end.as_ref().is_some_and(|end| line.trim() == *end);
        if !ends {
            current.text.push_str(line);
        }
        let opened = if end.is_none() { opened(line) } else { None };
        if ends || opened.is_some() {
            let path = opened.as_ref().and_then(|_| target(line));
            let next = Written { path, text: String::new() };
            out.push(std::mem::replace(&mut current, next));
            end = opened.map(Cow::Owned);
        }
    }
    out.push(current);
    out.retain(|written| !written.text.trim().is_empty());
}

/// The word that ends the document which a line of a shell command opens.
fn opened(line: &str) -> Option<String> {
    let (_, after) = line.split_once("<<")?;
    let after = after.strip_prefix('-').unwrap_or(after).trim_start_matches(' ');
    let word: String = after
        .trim_start_matches(['\'', '"', '\\'])
        .chars()
        .take_while(|sign| sign.is_alphanumeric() || *sign == '_')
        .collect();
    (!word.is_empty() && !after.starts_with('<')).then_some(word)
}

/// The file that a line of a shell command writes its input to.
fn target(line: &str) -> Option<String> {
    let mut words = line.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let path = match word {
            ">" | ">>" | "tee" => words.find(|word| !word.starts_with('-'))?,
            word => match word.trim_start_matches('>') {
                path if path.len() < word.len() => path,
                _ => continue,
            },
        };
        let path = path.trim_matches(['\'', '"']);
        return (!path.is_empty() && !path.starts_with(['<', '&'])).then(|| path.to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::tool_call::tests::asked;

    fn of(tool: &str, input: &Json) -> Vec<(Option<String>, String)> {
        asked(tool, input, written).into_iter().map(|w| (w.path, w.text)).collect()
    }

    fn text(path: Option<&str>, text: &str) -> (Option<String>, String) {
        (path.map(str::to_owned), text.to_owned())
    }

    #[test]
    fn files_that_are_written_and_edited() {
        let lines = "a\nb\nc\nd";
        assert_eq!(
            of("Write", &json!({"file_path": "/w/a", "content": lines})),
            [text(Some("/w/a"), lines)]
        );
        assert_eq!(of("Write", &json!({"file_path": "/w/a", "content": "a\nb\nc"})), []);
        assert_eq!(
            of(
                "Edit",
                &json!({"file_path": "/w/a", "old_string": lines, "new_string": "1\n2\n3\n"})
            ),
            [text(Some("/w/a"), "1\n2\n3\n")]
        );
        assert_eq!(
            of("edit", &json!({"path": "a", "edits": [{"oldText": lines, "newText": lines}]})),
            [text(Some("a"), lines)]
        );
        assert_eq!(
            of(
                "write_files",
                &json!({"all": [{"path": "a", "text": lines}, {"path": "b", "text": lines}]})
            ),
            [text(Some("a"), lines), text(Some("b"), lines)]
        );
    }

    #[test]
    fn patches_give_the_lines_that_are_there_afterwards() {
        let patch = "*** Begin Patch\n*** Add File: a.py\n+one\n+\n+two\n*** Update File: b.py\n@@ def f\n x\n-old\n+new\n\n y\n@@\n z\n*** End Patch";
        let expected = [
            text(Some("a.py"), "one\n\ntwo\n"),
            text(Some("b.py"), "x\nnew\n\ny\n"),
            text(Some("b.py"), "z\n"),
        ];
        assert_eq!(of("apply_patch", &json!({"input": patch})), expected);
        assert_eq!(of("apply_patch", &json!(patch)), expected);
        let command = format!("apply_patch <<'EOF'\n{patch}\nEOF\n");
        assert_eq!(of("shell", &json!({"command": ["bash", "-lc", command]})), expected);
    }

    #[test]
    fn documents_in_commands_know_their_file() {
        let command = "mkdir -p x\ncat > x/a.py <<'EOF'\none\n<<two\nEOF\ncat <<-END >> 'b c'\nthree\n\tEND\npython - <<PY\nfour\nPY\nls";
        assert_eq!(
            of("Bash", &json!({"command": command})),
            [
                text(None, "mkdir -p x\ncat > x/a.py <<'EOF'\n"),
                text(Some("x/a.py"), "one\n<<two\n"),
                text(None, "cat <<-END >> 'b c'\n"),
                text(Some("b"), "three\n"),
                text(None, "python - <<PY\n"),
                text(None, "four\n"),
                text(None, "ls"),
            ]
        );
        assert_eq!(of("Bash", &json!({"command": "grep x <<< $y\n\n\nls"})).len(), 1);
    }
}
