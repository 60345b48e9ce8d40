//! The hooks' responses. The one for results is in [`result`]. The one for commands, below, wraps a shell
//! command in `headroom run`, or leaves it alone.
//!
//! Start at [`respond`]. A hook sees a command before the agent checks its permission rules, and the agent
//! then checks the wrapped command, for which the user has written no rule. So a command is wrapped only
//! if that can't change the decision: if a rule allows the original command, which the response then
//! states, or if the agent asks about no command. A command that a rule may forbid or ask about is left
//! alone, and so is everything if the rules can't be determined.
//!
//! - `process`, `invocation`: the running agent, and the permissions in its arguments
//! - `settings`: the other sources of rules
//! - `permissions`, `paths`: applies the rules to a command, and to the files that it may touch
//! - `simple`: recognises a text that is certainly one simple command
//! - `shell`: whether a command does the same when it is wrapped

mod invocation;
#[cfg(any(test, fuzzing))]
pub(crate) mod laws;
mod paths;
mod permissions;
mod process;
#[cfg(test)]
mod properties;
pub(crate) mod result;
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
/// The longest command that is wrapped, in bytes. Linux limits an argument to 128 KiB, and quoting adds to
/// the length.
const LONGEST: usize = 64 << 10;
/// The shell if `SHELL` isn't one of [`SHELLS`].
const DEFAULT_SHELL: &str = "bash";
/// The modes in which the agent runs commands that a rule allows, and asks about other commands or rejects
/// them. In `plan` it asks about every command, and in `auto` a model may reject what a rule allows.
const MODES_OF_RULES: [&str; 3] = ["default", "acceptEdits", "dontAsk"];
/// The mode in which the agent only asks where a rule requires it, and about removals.
const MODE_WITHOUT_QUESTIONS: &str = "bypassPermissions";
/// The commands that the agent asks about in every mode, if they remove an important folder.
const REMOVALS: [&str; 2] = ["rm", "rmdir"];
/// The shells for which the agent may have written the command.
const SHELLS: [&str; 5] = ["bash", "zsh", "sh", "dash", "ksh"];

/// The response to `call`, a hook's input; `None` to leave the call unchanged. `program` is the path of
/// this program, quoted for a shell, and `shell` is the user's shell.
pub(crate) fn respond(call: &Value, rules: &Rules, program: &str, shell: &str) -> Option<Value> {
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
    // A rule allowed the whole command, so all of it must run inside. And a rule must not match the
    // wrapper's words, which the agent didn't write.
    if (is_allowed && wrapped.inside != command) || rules.catches(&wrapped.line) {
        return None;
    }
    let mut input = input.clone();
    input.insert("command".to_owned(), wrapped.line.into());
    let mut output = json!({ "hookEventName": "PreToolUse", "updatedInput": input });
    if is_allowed {
        output["permissionDecision"] = "allow".into();
        output["permissionDecisionReason"] = "your rules allow the original command".into();
    }
    Some(json!({ "hookSpecificOutput": output }))
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

    /// The response in a new folder, where rules allow `echo` and `make`.
    fn response(call: &Value) -> Option<Value> {
        let folder = tempfile::tempdir().unwrap();
        let rules = Rules::for_test(folder.path(), &[], &["Bash(echo:*)", "Bash(make:*)"]);
        respond(call, &rules, "/bin/headroom", "/usr/bin/zsh")
    }

    #[test]
    fn an_allowed_command_is_wrapped_and_the_rest_of_its_input_stays() {
        for mode in MODES_OF_RULES {
            let response = response(&call("make 'a b'", mode)).unwrap();
            let output = &response["hookSpecificOutput"];
            assert_eq!(output["hookEventName"], "PreToolUse");
            assert_eq!(output["permissionDecision"], "allow", "{mode}");
            let input = &output["updatedInput"];
            assert_eq!((&input["description"], &input["timeout"]), (&json!("x"), &json!(5)));
            let wrapped = r#"/bin/headroom run -- /usr/bin/zsh -c 'make '\''a b'\'''"#;
            assert!(input["command"].as_str().unwrap().contains(wrapped), "{input}");
        }
    }

    #[test]
    fn where_nothing_is_asked_the_agent_decides_about_the_wrapped_command() {
        for command in ["make | tail", "ls 2>&1", "ls; pwd", "make"] {
            let response = response(&call(command, "bypassPermissions")).unwrap();
            let output = &response["hookSpecificOutput"];
            assert!(output.get("permissionDecision").is_none());
            assert!(output["updatedInput"]["command"].as_str().unwrap().contains("headroom run"));
        }
        for command in ["rm -rf ~", "ls; rmdir x", "'rm' x", "r\\m x", "find . -exec rm {} +"] {
            assert_eq!(response(&call(command, "bypassPermissions")), None, "{command}");
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
                assert_eq!(response(&call(command, mode)), None, "{mode}: {command}");
            }
        }
        for mode in ["plan", "auto", "", "new"] {
            assert_eq!(response(&call("make", mode)), None, "{mode}");
        }
        let mut call = call("make", "default");
        call.as_object_mut().unwrap().remove("permission_mode");
        assert_eq!(response(&call), None);
    }

    #[test]
    fn a_rule_that_would_catch_the_wrapped_line_leaves_the_command() {
        let folder = tempfile::tempdir().unwrap();
        for rule in ["Bash(zsh:*)", "Bash(eval *)", "Bash(*headroom*)", "Bash(type:*)"] {
            let rules = Rules::for_test(folder.path(), &[rule], &["Bash(make:*)"]);
            let response = respond(&call("make", "default"), &rules, "headroom", "/bin/zsh");
            assert_eq!(response, None, "{rule}");
        }
    }

    #[test]
    fn what_is_no_shell_command_is_let_be() {
        let mut other = call("make", "default");
        other["tool_name"] = "Read".into();
        let mut behind = call("make", "default");
        behind["tool_input"]["run_in_background"] = true.into();
        for call in [other, behind, json!({}), json!(7), json!({"tool_name": "Bash"})] {
            assert_eq!(response(&call), None, "{call}");
        }
        assert_eq!(response(&call(&"x".repeat(LONGEST + 1), "bypassPermissions")), None);
    }

    #[test]
    fn an_unknown_shell_is_replaced() {
        let call = call("/bin/ls", "bypassPermissions");
        let response = respond(&call, &Rules::default(), "h", "/usr/bin/fish").unwrap();
        let input = &response["hookSpecificOutput"]["updatedInput"];
        assert_eq!(input["command"], "h run -- bash -c /bin/ls");
    }
}
