//! The plugin for Claude Code says the same as the installers, and has the version of the programs.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use agent_config::agent::by_id;
use serde_json::Value;

fn read(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn its_version_is_that_of_the_programs() {
    assert_eq!(read("plugin/.claude-plugin/plugin.json")["version"], env!("CARGO_PKG_VERSION"));
    let marketplace = read(".claude-plugin/marketplace.json");
    assert_eq!(marketplace["plugins"][0]["source"], "./plugin");
    assert_eq!(
        marketplace["plugins"][0]["name"],
        read("plugin/.claude-plugin/plugin.json")["name"]
    );
}

#[test]
fn its_hook_is_the_one_that_is_installed() {
    let hooks = by_id("claude").unwrap().hooks.as_ref().unwrap();
    let installed = hooks.results.as_ref().unwrap().entry("headroom hooks post-tool-use");
    let own = &read("plugin/hooks/hooks.json")["hooks"]["PostToolUse"][0];
    assert_eq!(own["matcher"], installed["matcher"]);
    assert_eq!(own["hooks"][0]["timeout"], installed["hooks"][0]["timeout"]);
    let command = own["hooks"][0]["command"].as_str().unwrap();
    assert!(command.contains(installed["hooks"][0]["command"].as_str().unwrap()), "{command}");
}

#[test]
fn its_servers_are_started_by_their_bare_names() {
    let servers = read("plugin/.mcp.json");
    for (name, arguments) in [("headroom", "mcp serve"), ("contextos", "serve --stdio")] {
        let server = &servers["mcpServers"][name];
        assert_eq!(server["command"], name);
        let given: Vec<&str> =
            server["args"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        assert_eq!(given.join(" "), arguments);
    }
}
