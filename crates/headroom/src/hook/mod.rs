//! What the hook answers: a shell command that an agent is about to run, sent through `headroom run`.
//!
//! Start at [`answer`]. `shell` reads the command as far as is needed to tell whether it does the same
//! when it is wrapped, `permissions` the agent's own rules. A hook sees a command before the agent's
//! permissions do, and these then see the wrapped one: so a command that a rule may forbid or ask about
//! is never wrapped, and one that a rule allows is answered as allowed.

mod permissions;
mod shell;

use serde_json::{Value, json};

pub(crate) use permissions::Rules;
pub(crate) use shell::quoted;

use permissions::Verdict;

/// The tool whose calls are shell commands.
const TOOL: &str = "Bash";
/// The longest command that is wrapped, in bytes: systems bound an argument at 128 KiB.
const LONGEST: usize = 64 << 10;
/// The shell where the environment names none that is known.
const DEFAULT_SHELL: &str = "bash";
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
    let verdict = rules.verdict(command);
    if verdict == Verdict::Concerned {
        return None;
    }
    let name = shell.rsplit('/').next().unwrap_or_default();
    let shell = if SHELLS.contains(&name) { quoted(shell) } else { DEFAULT_SHELL.to_owned() };
    let wrapped = shell::wrap(command, &format!("{program} run -- {shell} -c"))?;
    let mut input = input.clone();
    input.insert("command".to_owned(), wrapped.into());
    let mut answer = json!({ "hookEventName": "PreToolUse", "updatedInput": input });
    // In plan mode nothing is run that isn't asked for, whatever is allowed otherwise.
    if verdict == Verdict::Allowed && call["permission_mode"] != "plan" {
        answer["permissionDecision"] = "allow".into();
        answer["permissionDecisionReason"] = "allowed by your rules as it was written".into();
    }
    Some(json!({ "hookSpecificOutput": answer }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(command: &str) -> Value {
        json!({
            "hook_event_name": "PreToolUse",
            "tool_name": "Bash",
            "tool_input": { "command": command, "description": "x", "timeout": 5 },
        })
    }

    fn answered(call: &Value) -> Option<Value> {
        answer(call, &Rules::default(), "/bin/headroom", "/usr/bin/zsh")
    }

    #[test]
    fn a_command_is_wrapped_and_the_rest_of_its_input_stays() {
        let answer = answered(&call("cargo test 'a b'")).unwrap();
        let answer = &answer["hookSpecificOutput"];
        assert_eq!(answer["hookEventName"], "PreToolUse");
        assert!(answer.get("permissionDecision").is_none());
        let input = &answer["updatedInput"];
        assert_eq!((&input["description"], &input["timeout"]), (&json!("x"), &json!(5)));
        let wrapped = r#"/bin/headroom run -- /usr/bin/zsh -c 'cargo test '\''a b'\'''"#;
        assert_eq!(input["command"], wrapped);
    }

    #[test]
    fn what_is_no_shell_command_is_let_be() {
        let mut other = call("ls");
        other["tool_name"] = "Read".into();
        let mut behind = call("ls");
        behind["tool_input"]["run_in_background"] = true.into();
        for call in [other, behind, json!({}), json!(7), json!({"tool_name": "Bash"})] {
            assert_eq!(answered(&call), None, "{call}");
        }
        assert_eq!(answered(&call(&"x".repeat(LONGEST + 1))), None);
    }

    #[test]
    fn an_unknown_shell_is_replaced() {
        let answer = answer(&call("ls"), &Rules::default(), "h", "/usr/bin/fish").unwrap();
        let input = &answer["hookSpecificOutput"]["updatedInput"];
        assert_eq!(input["command"], "h run -- bash -c ls");
    }
}
