//! What holds for the hooks' responses to any call: checked on what fuzzing found, and by the fuzz target itself.

use std::path::Path;
use std::sync::LazyLock;

use llm_proxy::Limits;
use serde_json::{Value, json};

use super::result::{Client, Replacer};
use super::{MODE_WITHOUT_QUESTIONS, MODES_OF_RULES, Rules, quoted, respond};

/// The agents whose calls have shapes of their own, and one whose calls have none.
const AGENTS: [&str; 3] = ["claude", "copilot", "opencode"];
/// Tools whose results are known.
const TOOLS: [&str; 7] = ["Bash", "Read", "Grep", "Glob", "WebFetch", "WebSearch", "mcp__a__b"];

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let restricted = ["Bash(rm:*)", "Bash(* --force*)", "Read(./.env)"];
    Rules::for_test(
        Path::new("/project"),
        &restricted,
        &["Bash(git log:*)", "Bash(ls *)", "Bash(cat:*)"],
    )
});
static REPLACER: LazyLock<Replacer> =
    LazyLock::new(|| Replacer::new(None, Limits::default()).expect("a replacer without a store"));

/// Takes the first byte for what the agent is and does, and the rest for its call, or for the command and the result
/// in one.
///
/// # Panics
/// When a law doesn't hold.
pub(crate) fn respond_lawfully(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let modes = [MODES_OF_RULES[0], MODES_OF_RULES[1], MODE_WITHOUT_QUESTIONS, "plan"];
    let mode = modes[usize::from(first) % modes.len()];
    let tool = TOOLS[usize::from(first / 4) % TOOLS.len()];
    let call = match serde_json::from_str::<Value>(&text) {
        Ok(call) if call.is_object() => call,
        Ok(response) => json!({"tool_name": tool, "tool_use_id": "t", "tool_response": response}),
        Err(_) => json!({
            "tool_name": "Bash", "permission_mode": mode, "tool_use_id": "t",
            "tool_input": {"command": text, "description": "x"},
            "tool_response": {"stdout": text, "stderr": "", "interrupted": false, "isImage": false},
        }),
    };
    command_lawfully(&call);
    for agent in AGENTS {
        result_lawfully(&call, Client::of(agent));
    }
}

fn command_lawfully(call: &Value) {
    let Some(response) = respond(call, &RULES, "/bin/headroom", "/bin/bash") else { return };
    let output = &response["hookSpecificOutput"];
    let command = call["tool_input"]["command"].as_str().expect("only a command is wrapped");
    let line = output["updatedInput"]["command"].as_str().expect("a line");
    let mode = call["permission_mode"].as_str().expect("only in a mode that is known");
    match output.get("permissionDecision") {
        Some(decision) => {
            assert!(MODES_OF_RULES.contains(&mode) && decision == "allow", "{decision} in {mode}");
            assert!(line.contains(&quoted(command)), "all of {command:?} runs inside: {line:?}");
        }
        None => assert_eq!(mode, MODE_WITHOUT_QUESTIONS, "undecided: {command:?}"),
    }
    let mut input = output["updatedInput"].clone();
    input["command"] = command.into();
    assert_eq!(input, call["tool_input"], "the rest of the input stays");
}

fn result_lawfully(call: &Value, client: Client) {
    let replaced = REPLACER.replace(call, client);
    assert_eq!(REPLACER.replace(call, client), replaced, "not deterministic");
    let Some(replaced) = replaced else { return };
    let saved = replaced.saved;
    assert!(saved.after <= saved.before, "{saved:?}");
    let Some(answer) = replaced.answer else { return };
    match client {
        Client::Copilot => {
            assert!(is_alike(&call["toolResult"], &answer["modifiedResult"]), "{answer}");
        }
        Client::Claude | Client::Plugin => {
            let updated = &answer["hookSpecificOutput"]["updatedToolOutput"];
            assert!(is_alike(&call["tool_response"], updated), "{answer}");
        }
    }
}

/// Whether `after` has no member that `before` hasn't, and values of the same types; lists of lines may be shorter.
fn is_alike(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => after
            .iter()
            .all(|(name, after)| before.get(name).is_some_and(|before| is_alike(before, after))),
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            before.iter().zip(after).all(|(before, after)| is_alike(before, after))
        }
        (Value::Array(_), Value::Array(after)) => after.iter().all(Value::is_string),
        (Value::String(_), Value::String(_)) | (Value::Number(_), Value::Number(_)) => true,
        (before, after) => before == after,
    }
}

#[cfg(test)]
#[test]
fn the_corpus_of_hook_any_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/hook_any");
    let mut count = 0;
    for entry in folder.read_dir().unwrap() {
        respond_lawfully(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count >= 5, "{count} inputs");
}
