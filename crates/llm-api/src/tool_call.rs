//! The arguments of tool calls, read for the command that wrote a result, or the file that it is from.
//! One reader for every agent and every route; the tests show how each agent names its arguments.

use std::borrow::Cow;

use json_index::{Kind, Value, scan};

use crate::request::Call;

mod command_line;
mod script;
mod shown;
mod subject;
mod written;

pub use command_line::{SimpleCommand, simple_commands};
pub use subject::{Subject, subject};
pub use written::{Written, may_write, written};

/// Arguments that name a command, in the order in which they count. Names are compared without their
/// case and underscores, so `CommandLine` is `command_line`.
const COMMANDS: [&str; 5] = ["command", "cmd", "script", "commandline", "shellcommand"];
/// Arguments that name a file.
const FILES: [&str; 12] = [
    "filepath",
    "path",
    "absolutepath",
    "targetfile",
    "notebookpath",
    "relativepath",
    "relativeworkspacepath",
    "filename",
    "file",
    "uri",
    "paths",
    "files",
];
/// Arguments that name what is searched for.
const PATTERNS: [&str; 3] = ["pattern", "query", "regex"];
/// Arguments that hold the others, in an object or in a list of one.
const WRAPPERS: [&str; 5] = ["args", "params", "action", "files", "operations"];
/// What editing tools call what they do, in an argument that other tools have for a command.
const EDITOR_COMMANDS: [&str; 5] = ["view", "create", "str_replace", "insert", "undo_edit"];
/// Shells, which are given another command.
const SHELLS: [&str; 9] = ["sh", "bash", "zsh", "dash", "ksh", "fish", "powershell", "pwsh", "cmd"];
/// Programs that run the shell behind them.
const RUNNERS: [&str; 7] = ["env", "nice", "nohup", "stdbuf", "sudo", "time", "timeout"];
/// Endings of files that programs write for a terminal or from what they wrote for one.
const TRANSCRIPTS: [&str; 3] = [".log", ".out", ".output"];
/// Folders where agents keep outputs that were too long to be shown.
const SPILLED: [&str; 2] = ["/tool-results/", "/tasks/"];
/// Levels of objects and lists in the arguments that are looked into for files.
const MAX_DEPTH: usize = 4;
/// The longest hint, in bytes: what decides is at the beginning.
const LONGEST: usize = 1024;
/// So many words before a shell are options and programs that run it.
const MOST_BEFORE_SHELL: usize = 4;

/// A command, or the name of a file, as the compressor takes it; `None` where a call says neither.
/// A path that might be taken for a command is the command that prints the file.
pub fn hint(call: &Call<'_>) -> Option<String> {
    let found = match found(call)? {
        Found::File(path) if is_like_command(&path) => format!("cat '{path}'"),
        found => found.into_text(),
    };
    let end = found.floor_char_boundary(LONGEST);
    Some(found[..end].trim().to_owned())
}

/// The same, whole, and a path as it is.
pub fn described(call: &Call<'_>) -> Option<String> {
    found(call).map(Found::into_text)
}

/// What the arguments of a call say.
enum Found {
    Command(String),
    File(String),
}

impl Found {
    fn into_text(self) -> String {
        match self {
            Self::Command(text) | Self::File(text) => text,
        }
    }
}

/// Whether `path` reads like a program or a command: blanks in it, or a name without an ending.
fn is_like_command(path: &str) -> bool {
    let name = path.trim_end().rsplit(['/', '\\']).next().unwrap_or(path);
    let is_like = path.trim().contains(char::is_whitespace) || !name.contains('.');
    is_like && !name.is_empty() && !path.contains(['\'', '\n'])
}

fn found(call: &Call<'_>) -> Option<Found> {
    let arguments = Arguments::of(call);
    let name = call.name.to_ascii_lowercase();
    let is_named = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let path = || arguments.path.clone().unwrap_or_default();
    let pattern = || arguments.pattern.clone().unwrap_or_default();
    let found = if let Some(command) = arguments.command {
        command
    } else if is_named(&["grep", "search"]) {
        format!("grep -rn '{}' {}", pattern().replace('\'', " "), path())
    } else if is_named(&["glob", "find"]) {
        format!("find {}", pattern())
    } else if name == "ls" || is_named(&["list"]) {
        format!("ls {}", path())
    } else {
        return arguments.path.map(Found::File);
    };
    Some(Found::Command(found))
}

/// All files that the arguments of a call name, other than in a command.
pub fn files(call: &Call<'_>) -> Vec<String> {
    let text = call.arguments();
    let mut found = Vec::new();
    if let Ok(index) = scan(text.as_bytes()) {
        add_files(index.root(), 0, &mut found);
    }
    found
}

/// Adds the files that `value` names.
fn add_files(value: Value<'_>, depth: usize, found: &mut Vec<String>) {
    if depth > MAX_DEPTH {
        return;
    }
    value.items().for_each(|item| add_files(item, depth + 1, found));
    for name in FILES {
        let named = member(value, name).and_then(words).unwrap_or_default();
        found.extend(named.into_iter().map(|path| file(path.into_owned())));
    }
    for (_, inner) in value.members() {
        add_files(inner, depth + 1, found);
    }
}

/// Whether the output of a call is what files hold, so that even a control character in it is
/// content and not what a program wrote for a terminal.
pub fn shows_files(call: &Call<'_>) -> bool {
    let arguments = Arguments::of(call);
    match (&arguments.command, &arguments.path) {
        (Some(command), _) => shown::shows_files(command),
        (None, Some(path)) => !is_transcript(path),
        (None, None) => arguments.are_read,
    }
}

/// Whether `path` names what a program wrote for a terminal.
fn is_transcript(path: &str) -> bool {
    TRANSCRIPTS.iter().any(|ending| path.ends_with(ending))
        || SPILLED.iter().any(|folder| path.contains(folder))
}

/// The arguments of a call, as far as they matter here.
#[derive(Debug, Default)]
struct Arguments {
    /// Whether they could be read.
    are_read: bool,
    /// What was run, without the shell around it.
    command: Option<String>,
    path: Option<String>,
    pattern: Option<String>,
}

impl Arguments {
    fn of(call: &Call<'_>) -> Self {
        let text = call.arguments();
        let index = scan(text.as_bytes()).ok();
        match index.as_ref().map(|index| index.root()).filter(|root| root.kind() == Kind::Object) {
            Some(root) => Self::read(root),
            // The input of a tool of its own kind is no JSON; Codex's is a program that runs commands.
            None => Self { command: script::command(&text).map(unwrapped), ..Self::default() },
        }
    }

    fn read(root: Value<'_>) -> Self {
        let inner = WRAPPERS.iter().filter_map(|name| only_object(root.get(name)?));
        let objects: Vec<Value<'_>> = std::iter::once(root).chain(inner).collect();
        let argument = |names: &[&str]| {
            let values = names.iter().flat_map(|name| objects.iter().map(|o| member(*o, name)));
            values.flatten().find_map(words)
        };
        let path = argument(&FILES).and_then(|paths| same_kind(&paths)).map(file);
        let command = argument(&COMMANDS).map(|words| match &words[..] {
            [line] => unwrapped(line.to_string()),
            words => of_shell(words).unwrap_or_else(|| words.join(" ")),
        });
        let is_editor = |command: &String| path.is_some() && EDITOR_COMMANDS.contains(&&**command);
        Self {
            are_read: true,
            command: command.filter(|command| !is_editor(command)),
            path,
            pattern: argument(&PATTERNS).map(|words| words.join(" ")),
        }
    }
}

/// The object in `value`: itself, or the only one of a list.
fn only_object(value: Value<'_>) -> Option<Value<'_>> {
    let mut items = value.items();
    match value.kind() {
        Kind::Object => Some(value),
        Kind::Array => {
            items.next().filter(|item| item.kind() == Kind::Object && items.next().is_none())
        }
        _ => None,
    }
}

/// The member of `object` whose name is `name` but for case and underscores.
fn member<'t>(object: Value<'t>, name: &str) -> Option<Value<'t>> {
    let is_named = |key: &str| {
        let letters = key.bytes().filter(|byte| !matches!(byte, b'_' | b'-'));
        letters.map(|byte| byte.to_ascii_lowercase()).eq(name.bytes())
    };
    object.members().find(|(key, _)| key.text().is_some_and(|key| is_named(&key))).map(|(_, v)| v)
}

/// A string, or the strings of a list; `None` where there is nothing in them.
fn words(value: Value<'_>) -> Option<Vec<Cow<'_, str>>> {
    let words: Vec<Cow<'_, str>> = match value.kind() {
        Kind::Array => value.items().map_while(Value::text).collect(),
        _ => vec![value.text()?],
    };
    words.iter().any(|word| !word.trim().is_empty()).then_some(words)
}

/// The first of some files, if all of them have its ending, so that it says what all of them hold.
fn same_kind(paths: &[Cow<'_, str>]) -> Option<String> {
    let first = paths.first()?;
    let ending = |path: &str| path.rsplit_once('.').map(|(_, ending)| ending.to_owned());
    paths.iter().all(|path| ending(path) == ending(first)).then(|| first.to_string())
}

/// A path without what makes it a URI.
fn file(path: String) -> String {
    match path.strip_prefix("file://") {
        Some(rest) => rest.split(['#', '?']).next().unwrap_or(rest).to_owned(),
        None => path,
    }
}

/// The name of a program without its path and ending.
fn program(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// Whether the word after this option of a shell is what it runs.
fn takes_script(option: &str) -> bool {
    let letters = option.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
    letters.is_some_and(|letters| letters.ends_with('c') || letters.eq_ignore_ascii_case("command"))
        || option.eq_ignore_ascii_case("/c")
}

/// Whether a shell may stand behind `word`: a program that runs it, one of its options, a number or a
/// variable.
fn runs_shell(word: &str) -> bool {
    RUNNERS.contains(&program(word))
        || word.starts_with('-')
        || word.contains('=')
        || word.starts_with(|c: char| c.is_ascii_digit())
}

/// What a shell is given to run, in the words of a command.
fn of_shell(words: &[impl AsRef<str>]) -> Option<String> {
    let mut words = words.iter().map(AsRef::as_ref);
    let mut before = words.by_ref().take(MOST_BEFORE_SHELL).skip_while(|word| runs_shell(word));
    before.next().filter(|word| SHELLS.contains(&program(word)))?;
    let mut options = words.by_ref().take_while(|word| word.starts_with(['-', '/']));
    options.find(|option| takes_script(option))?;
    let script: Vec<&str> = words.collect();
    (!script.is_empty()).then(|| script.join(" "))
}

/// `line` without a shell around it that is given the command in quotes: of `bash -lc 'ls -l'` what is
/// in them.
fn unwrapped(line: String) -> String {
    match after_shell(&line) {
        Some(script) => script,
        None => line,
    }
}

fn after_shell(line: &str) -> Option<String> {
    let next = |rest: &'_ str| {
        let (word, after) = rest.split_once(char::is_whitespace)?;
        Some((word.len(), rest.len() - after.trim_start().len()))
    };
    let mut rest = line.trim();
    let mut is_shell = false;
    for _ in 0..2 * MOST_BEFORE_SHELL {
        let (length, start) = next(rest)?;
        let word = &rest[..length];
        rest = &rest[start..];
        match is_shell {
            true if takes_script(word) => return unquoted(rest),
            true => word.starts_with('-').then_some(())?,
            false if SHELLS.contains(&program(word)) => is_shell = true,
            false => runs_shell(word).then_some(())?,
        }
    }
    None
}

/// What a shell reads in the quotes that are all of `word`, or in one word without any.
fn unquoted(word: &str) -> Option<String> {
    let word = word.trim_end();
    if !word.contains(['\'', '"', '\\', ' ', '\n']) {
        return Some(word.to_owned());
    }
    if let Some(inner) = word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')) {
        return Some(inner.replace("'\\''", "'"));
    }
    let inner = word.strip_prefix('"').and_then(|word| word.strip_suffix('"'))?;
    let mut out = String::with_capacity(inner.len());
    let mut signs = inner.chars().peekable();
    while let Some(sign) = signs.next() {
        let escaped = signs.peek().filter(|next| sign == '\\' && "\"\\$`".contains(**next));
        match escaped.copied() {
            Some(next) => {
                out.push(next);
                signs.next();
            }
            None => out.push(sign),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use crate::api::{CHAT, GEMINI, MESSAGES, RESPONSES};
    use crate::request::read;
    use serde_json::{Value as Json, json};

    use super::*;

    /// The result of `ask` for a call, which is the same in every API.
    pub(super) fn asked<T: PartialEq + std::fmt::Debug>(
        name: &str,
        input: &Json,
        ask: impl Fn(&Call<'_>) -> T,
    ) -> T {
        let text = input.as_str().map_or_else(|| input.to_string(), str::to_owned);
        let messages = json!({"messages": [{"role": "assistant", "content":
            [{"type": "tool_use", "id": "a", "name": name, "input": input}]}]});
        let chat = json!({"messages": [{"role": "assistant", "tool_calls":
            [{"id": "a", "type": "function", "function": {"name": name, "arguments": text}}]}]});
        let responses = json!({"input": [{"type": "custom_tool_call", "call_id": "a", "name": name, "input": text}]});
        let gemini = json!({"contents": [{"role": "model", "parts":
            [{"functionCall": {"name": name, "args": input}}]}]});
        let bodies = [(MESSAGES, messages), (CHAT, chat), (RESPONSES, responses), (GEMINI, gemini)];
        let said = bodies.map(|(api, body)| {
            let body = body.to_string();
            let index = scan(body.as_bytes()).unwrap();
            let request = read(api, &index).unwrap();
            ask(&request.blocks[0].calls[0])
        });
        assert!(said.iter().all(|one| *one == said[0]), "{said:?}");
        let [first, ..] = said;
        first
    }

    fn hinted(name: &str, input: &Json) -> Option<String> {
        asked(name, input, hint)
    }

    #[test]
    fn files_are_read_by_every_agent() {
        let path = "/w/conf/init.lua";
        for (agent, tool, input) in [
            ("Claude Code", "Read", json!({"file_path": path, "limit": 3})),
            ("opencode", "read", json!({"filePath": path, "offset": 3})),
            ("VS Code", "read_file", json!({"filePath": path, "startLine": 1, "endLine": 9})),
            ("Gemini CLI", "read_file", json!({"absolute_path": path})),
            ("Gemini CLI, several", "read_many_files", json!({"paths": [path, "b.lua"]})),
            ("Qwen Code", "read_file", json!({"absolute_path": path, "limit": 30})),
            ("Cursor", "read_file", json!({"target_file": path, "should_read_entire_file": true})),
            ("Windsurf", "view_file", json!({"AbsolutePath": path, "StartLine": 1})),
            ("Cline", "read_file", json!({"path": path})),
            ("Roo Code", "read_file", json!({"files": [{"path": path}]})),
            ("Roo Code, older", "read_file", json!({"args": {"file": {"x": 1}, "path": path}})),
            ("pi", "read", json!({"path": path})),
            ("Zed", "read_file", json!({"path": path, "start_line": 1})),
            ("Continue", "builtin_read_file", json!({"filepath": path})),
            ("Serena", "read_file", json!({"relative_path": path})),
            ("Amazon Q", "fs_read", json!({"operations": [{"mode": "Line", "path": path}]})),
            ("an MCP server", "read_resource", json!({"uri": "file:///w/conf/init.lua#L1"})),
            (
                "an editor tool",
                "str_replace_based_edit_tool",
                json!({"command": "view", "path": path}),
            ),
            (
                "OpenHands",
                "str_replace_editor",
                json!({"command": "view", "path": path, "view_range": [1, 9]}),
            ),
        ] {
            assert_eq!(hinted(tool, &input).as_deref(), Some(path), "{agent}");
            assert!(asked(tool, &input, shows_files), "{agent}");
        }
        let notebook = json!({"notebook_path": "/w/a.ipynb"});
        assert_eq!(hinted("NotebookRead", &notebook).as_deref(), Some("/w/a.ipynb"));
        for path in ["/w/My Project/a.css", "bin/release", "Procfile"] {
            let expected = format!("cat '{path}'");
            assert_eq!(hinted("Read", &json!({"file_path": path})), Some(expected));
        }
        assert_eq!(
            hinted("Read", &json!({"file_path": "it's here"})).as_deref(),
            Some("it's here")
        );
        assert_eq!(hinted("read_many_files", &json!({"paths": ["a.py", "b.md"]})), None);
    }

    #[test]
    fn commands_are_run_by_every_agent() {
        let ran = "sed -n '1,9p' a.lua | head";
        let quoted = r#"bash -lc "sed -n '1,9p' a.lua | head""#;
        for (agent, tool, input) in [
            ("Claude Code", "Bash", json!({"command": ran, "timeout": 3, "path": "x"})),
            ("Codex", "shell", json!({"command": ["bash", "-lc", ran], "workdir": "/w"})),
            ("Codex, zsh", "shell", json!({"command": ["/bin/zsh", "-l", "-c", ran]})),
            ("Codex, unified", "exec_command", json!({"cmd": ran, "yield_time_ms": 1000})),
            (
                "Codex, code mode",
                "exec",
                json!(format!(
                    "const r = await tools.exec_command({{\"cmd\": {}, max: 9}});\ntext(r.output);",
                    json!(ran)
                )),
            ),
            (
                "Codex, code mode, list",
                "exec",
                json!(
                    "await tools.shell({command: ['bash', '-lc', `sed -n '1,9p' a.lua | head`]})"
                ),
            ),
            ("Gemini CLI", "run_shell_command", json!({"command": ran, "directory": "."})),
            ("Cursor", "run_terminal_cmd", json!({"command": ran, "is_background": false})),
            ("Windsurf", "run_command", json!({"CommandLine": ran, "Cwd": "/w"})),
            ("Amp", "Bash", json!({"cmd": ran, "cwd": "/w"})),
            ("OpenHands", "execute_bash", json!({"command": ran})),
            ("a shell in the line", "bash", json!({"command": quoted})),
            (
                "a shell behind others",
                "bash",
                json!({"command": ["timeout", "9", "bash", "-c", ran]}),
            ),
            (
                "PowerShell",
                "shell",
                json!({"command": ["powershell.exe", "-NoProfile", "-Command", ran]}),
            ),
            ("cmd.exe", "shell", json!({"command": ["cmd.exe", "/c", ran]})),
            (
                "the provider's shell",
                "local_shell",
                json!({"action": {"command": ["sh", "-c", ran]}}),
            ),
        ] {
            assert_eq!(hinted(tool, &input).as_deref(), Some(ran), "{agent}");
            assert!(asked(tool, &input, shows_files), "{agent}");
        }
        assert_eq!(hinted("Bash", &json!({"command": "bash -c ls"})).as_deref(), Some("ls"));
        assert_eq!(
            hinted("shell", &json!({"command": ["git", "log"]})).as_deref(),
            Some("git log")
        );
        for line in [
            "bash build.sh -c x",
            "bash",
            "sh -x a.sh",
            "echo bash -c 'ls",
            "echo bash -c 'ls'",
            "bash -c 'ls' | tail",
        ] {
            assert_eq!(hinted("Bash", &json!({"command": line})).as_deref(), Some(line));
        }
    }

    #[test]
    fn searches_and_listings_are_said_as_commands() {
        let says = |name, input: Json| hinted(name, &input).unwrap_or_default();
        assert_eq!(says("Grep", json!({"pattern": "a'b", "path": "src"})), "grep -rn 'a b' src");
        assert_eq!(says("grep_search", json!({"query": "x"})), "grep -rn 'x'");
        assert_eq!(says("Glob", json!({"pattern": "**/*.rs"})), "find **/*.rs");
        assert_eq!(says("LS", json!({"path": "/x"})), "ls /x");
        assert_eq!(says("list_directory", json!({"path": "/x"})), "ls /x");
    }

    #[test]
    fn what_shows_files_is_known() {
        let shows = |command: &str| asked("Bash", &json!({"command": command}), shows_files);
        assert!(shows("cat a.rs") && !shows("cargo test 2>&1 | tail"));
        for (path, expected) in
            [("/w/a.rs", true), ("/w/a.log", false), ("/t/tasks/b1.output", false)]
        {
            assert_eq!(asked("Read", &json!({"file_path": path}), shows_files), expected, "{path}");
        }
    }

    #[test]
    fn every_file_that_a_call_names_is_found() {
        for (input, expected) in [
            (json!({"file_path": "/w/a.py", "limit": 3}), vec!["/w/a.py"]),
            (json!({"paths": ["a.py", "b.md"]}), vec!["a.py", "b.md"]),
            (json!({"files": [{"path": "a.py"}, {"path": "b.md"}]}), vec!["a.py", "b.md"]),
            (json!({"args": {"uri": "file:///w/a.py#L1"}}), vec!["/w/a.py"]),
            (json!({"command": "cat a.py"}), vec![]),
            (json!("no JSON"), vec![]),
        ] {
            assert_eq!(asked("read", &input, files), expected, "{input}");
        }
    }

    #[test]
    fn other_calls_say_nothing() {
        for input in [
            json!({"city": "Ulm"}),
            json!({"path": 7}),
            json!({"command": []}),
            json!({"command": ""}),
            json!({"pathology": "a.py"}),
            json!("not JSON"),
            json!("*** Begin Patch\n*** Update File: a.py\n+cmd: x\n"),
        ] {
            assert_eq!(hinted("weather", &input), None, "{input}");
        }
    }

    #[test]
    fn a_long_command_is_cut_at_a_character() {
        let long = json!({"command": "é".repeat(5000)});
        assert_eq!(hinted("run", &long).unwrap().len(), LONGEST);
    }
}
