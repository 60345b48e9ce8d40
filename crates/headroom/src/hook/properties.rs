//! Property tests: random command lines and rules, checked against an independent implementation of the
//! agent's rules.
//!
//! [`reference`] is written from the documentation of Claude Code's permission rules, not from the code
//! beside it: it splits a line where the documentation says that lines are split, and allows each part
//! only as documented. It looks for proof that something is allowed, the hook for proof that nothing
//! forbids it.

use std::path::Path;

use proptest::prelude::*;
use serde_json::json;

use super::{Rules, respond};

/// What the agent would do with a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Denied,
    Asked,
    Allowed,
}

/// The agent's decision about `command`, in a mode in which it asks.
fn reference(
    command: &str,
    deny: &[String],
    ask: &[String],
    allow: &[String],
    project: &Path,
) -> Outcome {
    let parts = parts(command);
    let any = |rules: &[String]| {
        rules.iter().any(|rule| {
            parts.iter().any(|part| restricts(rule, part, project))
                || restricts(rule, command, project)
        })
    };
    if any(deny) {
        return Outcome::Denied;
    }
    if any(ask) {
        return Outcome::Asked;
    }
    let is_allowed = |part: &String| {
        allow.iter().any(|rule| allows(rule, part)) && !is_asked_about(part, project)
    };
    match !parts.is_empty() && parts.iter().all(is_allowed) {
        true => Outcome::Allowed,
        false => Outcome::Asked,
    }
}

/// The commands of a line: split at the documented separators outside quotes, and those in substitutions
/// and subshells.
fn parts(line: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quote = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let last = parts.last_mut().unwrap();
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None | Some('"'), '\\') => {
                // An escaped character is no separator; an escaped line end joins lines.
                match chars.next() {
                    Some('\n') | None => {}
                    Some(escaped) => last.extend([c, escaped]),
                }
                continue;
            }
            (None, ';' | '&' | '|' | '\n' | '(' | ')' | '`' | '{' | '}')
            | (Some('"'), '`' | '(' | ')') => {
                // `2>&1` names a descriptor.
                if c == '&' && last.ends_with('>') {
                    last.push(c);
                } else {
                    parts.push(String::new());
                }
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(c);
    }
    let parts = parts.iter().map(|part| part.trim_matches([' ', '\t']).to_owned());
    parts.filter(|part| !part.is_empty() && part != "$").collect()
}

/// A part without what the agent removes, according to the documentation, before it matches rules.
fn stripped(part: &str) -> String {
    let part = part.strip_suffix("2>&1").map_or(part, str::trim_end);
    part.to_owned()
}

/// The words of a part without their quotes, and without assignments before the command.
fn words(part: &str) -> Vec<String> {
    let words = part.split([' ', '\t']).filter(|word| !word.is_empty());
    let words = words.map(|word| word.replace(['\'', '"', '\\'], ""));
    words.skip_while(|word| word.contains('=') && !word.starts_with('=')).collect()
}

fn is_match(pattern: &str, text: &str) -> bool {
    let pattern = match pattern.strip_suffix(":*") {
        Some(prefix) => format!("{prefix} *"),
        None => pattern.to_owned(),
    };
    // A blank before a final star requires the end of a word.
    if pattern.strip_suffix(" *").is_some_and(|prefix| !prefix.contains('*') && prefix == text) {
        return true;
    }
    glob(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
}

fn glob(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|at| glob(rest, &text[at..])),
        [c, rest @ ..] => text.first() == Some(c) && glob(rest, &text[1..]),
    }
}

/// Whether a rule that forbids or asks matches a part.
fn restricts(rule: &str, part: &str, project: &Path) -> bool {
    if rule == "Bash" || rule == "*" {
        return true;
    }
    let words = words(part);
    if let Some(pattern) = rule.strip_prefix("Bash(").and_then(|rest| rest.strip_suffix(')')) {
        return is_match(pattern, &words.join(" ")) || is_match(pattern, part);
    }
    let file =
        rule.split_once('(').map(|(_, rest)| rest.trim_end_matches(')').trim_start_matches("./"));
    let Some(file) = file else { return false };
    // Commands of which the agent knows that they open the files in their arguments, and redirections.
    let opens = ["cat", "head", "tail", "grep", "cp"];
    let is_opener = words.first().is_some_and(|word| opens.contains(&&*word.to_owned()));
    let mut named = words.iter().flat_map(|word| word.split(['=', '<', '>']));
    (is_opener || part.contains(['<', '>']))
        && named.any(|word| project.join(word).ends_with(file) || word.contains(['*', '?']))
}

fn allows(rule: &str, part: &str) -> bool {
    if rule == "Bash" {
        return true;
    }
    let Some(pattern) = rule.strip_prefix("Bash(").and_then(|rest| rest.strip_suffix(')')) else {
        return false;
    };
    is_match(pattern, part) || is_match(pattern, &stripped(part))
}

/// What of a part a shell interprets: nothing in single quotes, and in double quotes only what is expanded there.
fn interpreted(part: &str) -> String {
    let mut quote = None;
    let mut interpreted = String::new();
    for c in part.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, c) | (Some('"'), c @ ('$' | '`' | '\\' | '!')) => interpreted.push(c),
            _ => {}
        }
    }
    interpreted
}

/// What the agent asks about although a rule for the command's name allows it: files outside the project,
/// writing through a redirection, nested commands, removals.
fn is_asked_about(part: &str, project: &Path) -> bool {
    let part = stripped(part);
    let words = words(&part);
    let first = words.first().map(String::as_str).unwrap_or_default();
    let runs_another = ["watch", "setsid", "ionice", "flock", "xargs", "env", "sudo", "timeout"];
    let of_paths = ["cat", "head", "tail", "grep", "cp", "find"];
    let leads_out = |word: &String| {
        word.split(['=', ':']).any(|path| {
            path.starts_with('~')
                || path.split('/').any(|step| step == "..")
                || (path.starts_with('/') && !Path::new(path).starts_with(project))
        })
    };
    runs_another.contains(&first)
        || ["rm", "rmdir"].contains(&first)
        || (first == "find"
            && words.iter().any(|word| word.starts_with("-exec") || word == "-delete"))
        || (of_paths.contains(&first) && words.iter().any(leads_out))
        || interpreted(&part).contains(['<', '>', '$', '`', '\\', '#', '!', '*', '?', '['])
        || part.chars().any(|c| (c.is_whitespace() && c != ' ') || c.is_control())
        || words.first().is_none_or(|word| part.split(' ').next() != Some(&**word))
}

/// Parts of random command lines, with those that an attacker would insert.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "git",
        "log",
        "git log",
        "-1",
        "npm test",
        "cat",
        "cat .env",
        ".env",
        "rm -rf x",
        "rm",
        "ls",
        "echo",
        "a",
        "b.txt",
        "../x",
        "/etc/passwd",
        "~/x",
        "--file=/etc/x",
        "2>&1",
        ">x",
        "> x",
        "<x",
        "X=1",
        "env",
        "xargs",
        "timeout 5",
        "find",
        "-exec",
        "-delete",
        "sh -c",
        "$(",
        ")",
        "`",
        "$x",
        "${x}",
        "{",
        "}",
        "(",
        "<(",
        "<<E",
        "E",
        "'",
        "\"",
        "\\",
        "\\\n",
        "#",
        "!",
        "*",
        "?",
        "if",
        "then",
        "fi",
        "eval",
        "command",
        "=ls",
        "cd x",
        "sub/y",
        "'#'",
        "'*'",
        "'a b'",
        "'$x'",
        "\"$x\"",
        "\"?\"",
        "'; rm x'",
        "'> x'",
        "'.env'",
        "\"x\"",
    ])
    .prop_map(str::to_owned);
    let separators = prop::sample::select(vec![
        " ", " ", " ", " ", " ", "  ", "\t", "\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}",
        "\u{2028}", "\u{a0}", "\u{200b}", "\u{0}", ";", "&", "|", "&&", "||", "|&", " && ", " | ",
        "; ", "",
    ])
    .prop_map(str::to_owned);
    prop_oneof![3 => known, 3 => separators, 1 => "\\PC{0,2}"]
}

fn command_line() -> impl Strategy<Value = String> {
    let random = prop::collection::vec(piece(), 1..10).prop_map(|pieces| pieces.concat());
    // Close to what is allowed, where mistakes are likely.
    let start = prop::sample::select(vec!["git log", "npm test", "cat a", "ls", "echo a"]);
    let near = (start, prop::collection::vec(piece(), 0..5));
    prop_oneof![random, near.prop_map(|(start, rest)| format!("{start}{}", rest.concat()))]
}

fn rules() -> impl Strategy<Value = Vec<String>> {
    let rule = prop::sample::select(vec![
        "Bash",
        "Bash(*)",
        "Bash(git log:*)",
        "Bash(git *)",
        "Bash(npm test)",
        "Bash(cat:*)",
        "Bash(ls*)",
        "Bash(echo *)",
        "Bash(rm:*)",
        "Bash(rm -rf *)",
        "Bash(* x)",
        "Bash(find:*)",
        "Bash(env:*)",
        "Bash(xargs *)",
        "Read(./.env)",
        "Read(b.txt)",
        "Edit(x)",
        "Bash(git log)",
        "Bash(cd:*)",
    ])
    .prop_map(str::to_owned);
    prop::collection::vec(rule, 0..4)
}

/// The hook's response: the decision, and the line that is to run.
fn response(
    call: (&str, &str),
    restricted: &[String],
    allow: &[String],
    project: &Path,
) -> Option<(bool, String)> {
    let (command, mode) = call;
    let restricted: Vec<&str> = restricted.iter().map(String::as_str).collect();
    let allow: Vec<&str> = allow.iter().map(String::as_str).collect();
    let rules = Rules::for_test(project, &restricted, &allow);
    let call = json!({
        "tool_name": "Bash", "permission_mode": mode, "tool_input": { "command": command },
    });
    let response = respond(&call, &rules, "headroom", "sh")?;
    let output = &response["hookSpecificOutput"];
    let line = output["updatedInput"]["command"].as_str().unwrap().to_owned();
    Some((output["permissionDecision"] == "allow", line))
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    for file in [".env", "a", "b.txt", "sub/y"] {
        std::fs::write(folder.path().join(file), "").unwrap();
    }
    folder
}

/// How many command lines are tried, each with rules of its own: those of `HEADROOM_HOOK_LINES`, or a few.
fn command_lines() -> u32 {
    std::env::var("HEADROOM_HOOK_LINES").map_or(4_000, |lines| lines.parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(command_lines()))]

    #[test]
    fn nothing_is_allowed_that_the_rules_would_ask_about_or_deny(
        command in command_line(), deny in rules(), ask in rules(), allow in rules(),
    ) {
        let project = project();
        let restricted = [&deny[..], &ask[..]].concat();
        for mode in ["default", "acceptEdits", "dontAsk", "plan", "auto"] {
            let Some((is_allowed, _)) = response((&command, mode), &restricted, &allow, project.path()) else {
                continue;
            };
            // In modes in which the agent asks, it would ask about a wrapped command, or reject it.
            prop_assert!(is_allowed, "wrapped without a decision: {command:?}");
            let outcome = reference(&command, &deny, &ask, &allow, project.path());
            prop_assert_eq!(outcome, Outcome::Allowed, "{:?} {:?} {:?} {:?}", command, deny, ask, allow);
        }
        if let Some((is_allowed, _)) = response((&command, "bypassPermissions"), &restricted, &allow, project.path()) {
            prop_assert!(!is_allowed);
            let outcome = reference(&command, &deny, &ask, &["Bash".to_owned()], project.path());
            prop_assert_ne!(outcome, Outcome::Denied, "{:?} {:?}", command, deny);
            let restricts = |rule: &String| parts(&command).iter().any(|part| restricts(rule, part, project.path()));
            prop_assert!(!ask.iter().any(restricts), "{command:?} {ask:?}");
        }
    }
}

proptest! {
    /// Few random lines are allowed by a rule, so this property generates lines that are.
    #[test]
    fn what_is_surely_allowed_is_wrapped(words in prop::collection::vec("[a-z]{1,5}|-[a-z]|'[a-z ;|]{0,4}'", 0..5)) {
        let project = project();
        let command = [&["git".to_owned(), "log".to_owned()], &words[..]].concat().join(" ");
        let allow = ["Bash(git log:*)".to_owned()];
        let response = response((&command, "default"), &[], &allow, project.path());
        prop_assert!(response.is_some_and(|(is_allowed, _)| is_allowed), "{command}");
    }
}

/// The command that runs is the approved one, byte for byte: a shell runs the line, in which the program
/// is one that prints its last argument.
#[cfg(unix)]
mod bytes {
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;

    use super::*;

    /// Runs `line` in a shell where `headroom` prints the command that it should run.
    fn given_to_headroom(line: &str, project: &Path) -> Vec<u8> {
        let bin = project.join("bin");
        if !bin.exists() {
            std::fs::create_dir(&bin).unwrap();
            let program = bin.join("headroom");
            std::fs::write(&program, "#!/bin/sh\nprintf %s \"$5\"\n").unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let mut shell = Command::new("bash");
        let out = shell.args(["-c", line]).env("PATH", path).current_dir(project).output().unwrap();
        out.stdout
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn what_runs_is_what_was_approved(
            words in prop::collection::vec("[a-z]{1,5}|-[a-z]|'[ -&(-~]{0,6}'|\"[a-z ';|]{0,4}\"", 0..5),
            suffix in prop::sample::select(vec!["", " 2>&1"]),
        ) {
            let project = project();
            let command = [&["cat".to_owned()], &words[..]].concat().join(" ") + suffix;
            let allow = ["Bash(cat:*)".to_owned()];
            if let Some((true, line)) = response((&command, "default"), &[], &allow, project.path()) {
                prop_assert_eq!(given_to_headroom(&line, project.path()), command.as_bytes());
            }
        }

        #[test]
        fn what_runs_where_nothing_is_asked_is_what_was_written(command in command_line()) {
            let project = project();
            if command.starts_with("cd ") {
                return Ok(());
            }
            if let Some((_, line)) = response((&command, "bypassPermissions"), &[], &[], project.path()) {
                // Programs that aren't installed, and words that are no programs, run unwrapped.
                let (_, quoted) = line.rsplit_once("headroom run -- sh -c ").unwrap();
                let line = format!("headroom run -- sh -c {}", quoted.trim_end_matches(";; esac"));
                prop_assert_eq!(given_to_headroom(&line, project.path()), command.as_bytes());
            }
        }
    }

    #[test]
    fn functions_and_aliases_of_the_shell_are_used() {
        let project = project();
        let (_, line) =
            response(("gs a\\ ", "bypassPermissions"), &[], &[], project.path()).unwrap();
        let before = "gs() { printf 'function<%s>' \"$1\"; }\n";
        assert_eq!(given_to_headroom(&format!("{before}{line}"), project.path()), b"function<a >");
        let alias = "shopt -s expand_aliases; alias gs='printf alias%s'\n";
        assert_eq!(given_to_headroom(&format!("{alias}{line}"), project.path()), b"aliasa ");
        let out = given_to_headroom(&format!("{line} 2>/dev/null; printf %s $?"), project.path());
        assert_eq!(out, b"127", "what isn't there isn't there wrapped either");
        let (_, line) =
            response(("cat a\\ ", "bypassPermissions"), &[], &[], project.path()).unwrap();
        assert_eq!(given_to_headroom(&line, project.path()), b"cat a\\ ");
        let own = "cat() { printf own; }\n";
        assert_eq!(given_to_headroom(&format!("{own}{line}"), project.path()), b"own");
    }
}
