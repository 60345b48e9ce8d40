//! `contextos mcp`: config files of agents.

use std::fs;

use crate::support::Sandbox;

#[test]
fn claude_is_told_and_forgets_again() {
    let sandbox = Sandbox::empty();
    let file = sandbox.home.path().join(".claude.json");
    fs::write(&file, "{\"numStartups\": 3}").expect("a home");

    let shown = sandbox.run(&["mcp", "install", "--agent", "claude", "--dry-run"]);
    assert!(shown.contains("exit: 0") && shown.contains("+++ [HOME]/.claude.json"), "{shown}");
    assert_eq!(fs::read_to_string(&file).expect("a file"), "{\"numStartups\": 3}");

    sandbox.contextos(&["mcp", "install", "--agent", "claude"]).assert().success();
    let text = fs::read_to_string(&file).expect("a file");
    let program = sandbox.program().display().to_string();
    let config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        config["mcpServers"]["contextos"],
        serde_json::json!({"command": program, "args": ["serve", "--stdio"]})
    );
    let shown = sandbox.run(&["mcp", "status", "--agent", "claude"]);
    assert!(shown.contains("Claude Code: configured ([HOME]/.claude.json)"), "{shown}");

    sandbox.contextos(&["mcp", "uninstall", "--agent", "claude"]).assert().success();
    assert_eq!(fs::read_to_string(&file).expect("a file"), "{\"numStartups\": 3}");
}

#[test]
fn a_machine_without_agents() {
    let sandbox = Sandbox::empty();
    let shown = sandbox.run(&["mcp", "install"]);
    assert!(shown.starts_with("exit: 1\n"), "{shown}");
    assert!(shown.contains("Cursor: not found on this machine, skipped\n"), "{shown}");
    assert!(shown.ends_with("error: nothing was done\n"), "{shown}");
    let shown = sandbox.run(&["mcp", "install", "--agent", "emacs"]);
    assert!(shown.starts_with("exit: 2\n") && shown.contains("invalid value 'emacs'"), "{shown}");
}
