//! What the hook answers: a shell command that an agent is about to run, sent through `headroom run`.
//!
//! Start at [`answer`]. A hook sees a command before the agent's permissions do, and these then see the
//! wrapped one, which no rule of the user's is about. So a command is wrapped only where that decides
//! nothing: where a rule allows it as it was written, and the answer says so, or where the agent asks
//! about no command. Whatever a rule may forbid or ask about, and whatever isn't known, stays as it is.
//!
//! - `process`, `invocation`: the running agent, and what its arguments say about permissions
//! - `settings`: where else it takes rules from
//! - `permissions`, `paths`: what these say of a command, and of the files that it may touch
//! - `simple`: what is surely one command
//! - `shell`: whether a command does the same when it is wrapped

mod invocation;
mod paths;
mod permissions;
mod process;
#[cfg(test)]
mod properties;
mod settings;
mod shell;
mod simple;

use serde_json::{Value, json};

pub(crate) use invocation::Invocation;
pub(crate) use permissions::Rules;
pub(crate) use shell::quoted;

use permissions::Verdict;

/// The tool whose calls are shell commands.
const TOOL: &str = "Bash";
/// The longest command that is wrapped, in bytes: systems bound an argument at 128 KiB.
const LONGEST: usize = 64 << 10;
/// The shell where the environment names none that is known.
const DEFAULT_SHELL: &str = "bash";
/// Modes in which the agent runs what a rule allows, and asks about other commands or refuses them. In
/// `plan` nothing is run that isn't asked for, and in `auto` a model may object to what a rule allows.
const MODES_OF_RULES: [&str; 3] = ["default", "acceptEdits", "dontAsk"];
/// The mode in which the agent asks about nothing but what a rule says it should, and removals.
const MODE_WITHOUT_QUESTIONS: &str = "bypassPermissions";
/// What the agent asks about in every mode, when it is aimed at a folder that matters.
const REMOVALS: [&str; 2] = ["rm", "rmdir"];
/// Shells in whose language the agent may have written the command.
const SHELLS: [&str; 5] = ["bash", "zsh", "sh", "dash", "ksh"];

/// What is answered to `call`, a hook's input; `None` to let it be as it is. `program` is this program
/// as a shell reads it, `shell` the user's shell.
pub(crate) fn answer(call: &Value, rules: &Rules, program: &str, shell: &str) -> Option<Value> {
    let input = call["tool_input"].as_object()?;
    let command = input.get("command")?.as_str()?;
    let in_background = input.get("run_in_background").is_some_and(|value| *value != false);
    if call["tool_name"] != TOOL || in_background || command.len() > LONGEST {
        return None;
    }
    let mode = call["permission_mode"].as_str()?;
    let is_allowed = match rules.verdict(command) {
        Verdict::Restricted => return None,
        Verdict::Allowed => MODES_OF_RULES.contains(&mode),
        Verdict::Silent => false,
    };
    let is_unasked = mode == MODE_WITHOUT_QUESTIONS && !shell::mentions(command, &REMOVALS);
    if !is_allowed && !is_unasked {
        return None;
    }
    let name = shell.rsplit('/').next().unwrap_or_default();
    let shell = if SHELLS.contains(&name) { quoted(shell) } else { DEFAULT_SHELL.to_owned() };
    let wrapped = shell::wrap(command, &format!("{program} run -- {shell} -c"))?;
    // What was approved is all of the command; and a rule that speaks of the line would be about
    // something that the agent never wrote.
    if (is_allowed && wrapped.inside != command) || rules.catches(&wrapped.line) {
        return None;
    }
    let mut input = input.clone();
    input.insert("command".to_owned(), wrapped.line.into());
    let mut answer = json!({ "hookEventName": "PreToolUse", "updatedInput": input });
    if is_allowed {
        answer["permissionDecision"] = "allow".into();
        answer["permissionDecisionReason"] = "allowed by your rules as it was written".into();
    }
    Some(json!({ "hookSpecificOutput": answer }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(command: &str, mode: &str) -> Value {
        json!({
            "hook_event_name": "PreToolUse",
            "permission_mode": mode,
            "tool_name": "Bash",
            "tool_input": { "command": command, "description": "x", "timeout": 5 },
        })
    }

    /// What is answered in a folder of its own, where rules allow `echo` and `make`.
    fn answered(call: &Value) -> Option<Value> {
        let folder = tempfile::tempdir().unwrap();
        let rules = Rules::for_test(folder.path(), &[], &["Bash(echo:*)", "Bash(make:*)"]);
        answer(call, &rules, "/bin/headroom", "/usr/bin/zsh")
    }

    #[test]
    fn an_allowed_command_is_wrapped_and_the_rest_of_its_input_stays() {
        for mode in MODES_OF_RULES {
            let answer = answered(&call("make 'a b'", mode)).unwrap();
            let answer = &answer["hookSpecificOutput"];
            assert_eq!(answer["hookEventName"], "PreToolUse");
            assert_eq!(answer["permissionDecision"], "allow", "{mode}");
            let input = &answer["updatedInput"];
            assert_eq!((&input["description"], &input["timeout"]), (&json!("x"), &json!(5)));
            let wrapped = r#"/bin/headroom run -- /usr/bin/zsh -c 'make '\''a b'\'''"#;
            assert!(input["command"].as_str().unwrap().contains(wrapped), "{input}");
        }
    }

    #[test]
    fn where_nothing_is_asked_the_agent_decides_about_the_wrapped_command() {
        for command in ["make | tail", "ls 2>&1", "ls; pwd", "make"] {
            let answer = answered(&call(command, "bypassPermissions")).unwrap();
            let answer = &answer["hookSpecificOutput"];
            assert!(answer.get("permissionDecision").is_none());
            assert!(answer["updatedInput"]["command"].as_str().unwrap().contains("headroom run"));
        }
        for command in ["rm -rf ~", "ls; rmdir x", "'rm' x", "r\\m x", "find . -exec rm {} +"] {
            assert_eq!(answered(&call(command, "bypassPermissions")), None, "{command}");
        }
    }

    #[test]
    fn what_would_be_asked_about_or_refused_stays_as_it_was_written() {
        for mode in ["default", "acceptEdits", "dontAsk", "plan", "auto", "", "new"] {
            for command in [
                "ls",
                "ls 2>&1",
                "make | tail",
                "make; ls",
                "git status",
                "make\nls",
                "cd x && make",
            ] {
                assert_eq!(answered(&call(command, mode)), None, "{mode}: {command}");
            }
        }
        for mode in ["plan", "auto", "", "new"] {
            assert_eq!(answered(&call("make", mode)), None, "{mode}");
        }
        let mut call = call("make", "default");
        call.as_object_mut().unwrap().remove("permission_mode");
        assert_eq!(answered(&call), None);
    }

    #[test]
    fn a_rule_that_would_catch_the_wrapped_line_leaves_the_command() {
        let folder = tempfile::tempdir().unwrap();
        for rule in ["Bash(zsh:*)", "Bash(eval *)", "Bash(*headroom*)", "Bash(type:*)"] {
            let rules = Rules::for_test(folder.path(), &[rule], &["Bash(make:*)"]);
            let answer = answer(&call("make", "default"), &rules, "headroom", "/bin/zsh");
            assert_eq!(answer, None, "{rule}");
        }
    }

    #[test]
    fn what_is_no_shell_command_is_let_be() {
        let mut other = call("make", "default");
        other["tool_name"] = "Read".into();
        let mut behind = call("make", "default");
        behind["tool_input"]["run_in_background"] = true.into();
        for call in [other, behind, json!({}), json!(7), json!({"tool_name": "Bash"})] {
            assert_eq!(answered(&call), None, "{call}");
        }
        assert_eq!(answered(&call(&"x".repeat(LONGEST + 1), "bypassPermissions")), None);
    }

    #[test]
    fn an_unknown_shell_is_replaced() {
        let call = call("/bin/ls", "bypassPermissions");
        let answer = answer(&call, &Rules::default(), "h", "/usr/bin/fish").unwrap();
        let input = &answer["hookSpecificOutput"]["updatedInput"];
        assert_eq!(input["command"], "h run -- bash -c /bin/ls");
    }
}
