//! What the result of a call is called where somebody speaks of it later: by the file that was read,
//! by the command that was run, or else by the tool.

use super::{Arguments, hint};
use crate::request::Call;

/// What a call is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A file, by its path, and the number of the first line that the result shows, if that is known.
    File(String, Option<u32>),
    /// A command.
    Command(String),
    /// A tool whose arguments say neither.
    Tool(String),
}

/// What `call` is about.
pub fn subject(call: &Call<'_>) -> Subject {
    let arguments = Arguments::of(call);
    match (arguments.command, arguments.pattern, arguments.path) {
        (Some(command), ..) => {
            let command = in_folder(&command);
            match shown_file(command) {
                Some((path, first)) => Subject::File(path, first),
                None => Subject::Command(command.to_owned()),
            }
        }
        (None, None, Some(path)) => Subject::File(path, None),
        _ => match hint(call).filter(|hint| !hint.is_empty()) {
            Some(command) => Subject::Command(command),
            None => Subject::Tool(call.name.to_string()),
        },
    }
}

/// The file that a command does nothing but show, and the first of its lines that is shown, where it
/// doesn't depend on how long the file is.
fn shown_file(command: &str) -> Option<(String, Option<u32>)> {
    let mut words = plain_words(command)?.into_iter();
    let program = words.next()?;
    let first = match super::program(&program) {
        "cat" | "head" => Some(1),
        "sed" => {
            if words.next()? != "-n" {
                return None;
            }
            let script = words.next()?;
            let (first, last) = script.strip_suffix('p')?.split_once(',')?;
            let is_end = last == "$" || last.parse::<u32>().is_ok();
            Some(first.parse().ok().filter(|_| is_end)?)
        }
        "nl" | "tail" => None,
        _ => return None,
    };
    // What isn't an option is the file, except for a count of lines.
    let is_count = |word: &str| word.bytes().all(|b| b.is_ascii_digit());
    let mut paths = words.filter(|word| !word.starts_with('-') && !is_count(word));
    let path = paths.next()?;
    paths.next().is_none().then_some((path, first))
}

/// The words of a command without variables, pipes, and the like; `None` for any other.
fn plain_words(command: &str) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for sign in command.trim().chars() {
        match (quote, sign) {
            (Some(open), sign) if sign == open => quote = None,
            (None, '\'' | '"') => quote = Some(sign),
            (Some('\''), sign) => words.last_mut()?.push(sign),
            (_, '`' | '\\' | '\n') => return None,
            (None, '|' | '&' | ';' | '<' | '>' | '(' | '*' | '?' | '{') => return None,
            (_, '$') if !words.last()?.ends_with(',') => return None,
            (None, ' ' | '\t') => {
                if words.last().is_some_and(|word| !word.is_empty()) {
                    words.push(String::new());
                }
            }
            (_, sign) => words.last_mut()?.push(sign),
        }
    }
    quote.is_none().then_some(words)
}

/// A command without the change of folder that agents begin each of theirs with.
fn in_folder(command: &str) -> &str {
    let after = || {
        let (folder, rest) = command.trim_start().strip_prefix("cd ")?.split_once("&&")?;
        let is_one = !folder.contains([';', '|', '\n']) && !rest.trim().is_empty();
        is_one.then(|| rest.trim_start())
    };
    after().unwrap_or(command)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tool_call::tests::asked;

    #[test]
    fn a_result_is_called_by_its_file_its_command_or_its_tool() {
        for (tool, input, expected) in [
            ("Read", json!({"file_path": "/w/a.py"}), Subject::File("/w/a.py".into(), None)),
            (
                "str_replace_editor",
                json!({"command": "view", "path": "/w/a.py"}),
                Subject::File("/w/a.py".into(), None),
            ),
            ("Bash", json!({"command": "git status"}), Subject::Command("git status".into())),
            (
                "shell",
                json!({"command": ["bash", "-lc", "ls -l"]}),
                Subject::Command("ls -l".into()),
            ),
            (
                "Bash",
                json!({"command": "cd /w/x && make all"}),
                Subject::Command("make all".into()),
            ),
            (
                "Bash",
                json!({"command": "cd /w; ls && a"}),
                Subject::Command("cd /w; ls && a".into()),
            ),
            ("Bash", json!({"command": "cd /w && "}), Subject::Command("cd /w && ".into())),
            (
                "Grep",
                json!({"pattern": "foo", "path": "src"}),
                Subject::Command("grep -rn 'foo' src".into()),
            ),
            ("LS", json!({"path": "/w"}), Subject::File("/w".into(), None)),
            ("Bash", json!({"command": "cat 'a b.py'"}), Subject::File("a b.py".into(), Some(1))),
            ("Bash", json!({"command": "head -n 50 a.py"}), Subject::File("a.py".into(), Some(1))),
            ("Bash", json!({"command": "tail -50 a.py"}), Subject::File("a.py".into(), None)),
            (
                "shell",
                json!({"command": ["bash", "-lc", "sed -n '12,$p' \"a.py\""]}),
                Subject::File("a.py".into(), Some(12)),
            ),
            ("Bash", json!({"command": "sed -n 3,9p a.py"}), Subject::File("a.py".into(), Some(3))),
            (
                "Bash",
                json!({"command": "sed -n /x/p a.py"}),
                Subject::Command("sed -n /x/p a.py".into()),
            ),
            ("Bash", json!({"command": "cat a.py b.py"}), Subject::Command("cat a.py b.py".into())),
            ("Bash", json!({"command": "cat $HOME/a"}), Subject::Command("cat $HOME/a".into())),
            (
                "Bash",
                json!({"command": "cat a.py | head"}),
                Subject::Command("cat a.py | head".into()),
            ),
            ("get_issue", json!({"id": 3}), Subject::Tool("get_issue".into())),
        ] {
            assert_eq!(asked(tool, &input, subject), expected, "{tool} {input}");
        }
    }
}
