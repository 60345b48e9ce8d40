//! Malformed files of agents: installing and removing gives them back as they were, or leaves them alone.

use std::fs;

use crate::Broken;
use crate::ground::{Ground, files};
use crate::random::Random;

/// Agents, the file of each, and what it might contain.
#[rustfmt::skip]
const AGENTS: &[(&str, &str, &[&str])] = &[
    ("claude", ".claude.json", &["{}", "{\n  // mine\n  \"mcpServers\": {\"a\": {\"command\": \"x\"}},\n}", "", "[]", "{\"mcpServers\": 1}"]),
    ("codex", ".codex/config.toml", &["", "model = \"x\"\n[mcp_servers.a]\ncommand = \"x\"\n", "[mcp_servers]\nheadroom = 1\n", "a = [\n", "\u{feff}a = 1\r\n"]),
    ("cursor", ".cursor/mcp.json", &["{\"mcpServers\":{}}", "{\"mcpServers\": {\"headroom\": {}}}", "{\"a\": \"\\ud800\"}", "\u{feff}{}"]),
    ("gemini", ".gemini/settings.json", &["{\"mcpServers\": {}, \"x\": [1, 2,]}", "{ /* a */ }", "null"]),
    ("opencode", ".config/opencode/opencode.json", &["{\"mcp\": {}}", "{\"mcp\": []}", "{"]),
];

pub(super) fn attack(ground: &Ground, random: &mut Random, times: usize) -> Result<usize, Broken> {
    for _ in 0..times {
        let home = ground.folder();
        let (agent, path, contents) = random.one_of(AGENTS);
        let mut content = random.one_of(contents).as_bytes().to_vec();
        if random.below(2) == 0 {
            content = random.mutated(&content);
        }
        let file = home.join(path);
        fs::create_dir_all(file.parent().unwrap_or(&home)).expect("a folder");
        fs::write(&file, &content).expect("a file");
        let name = *random.one_of(&["headroom", "contextos"]);
        let program = |verb| {
            let mut program = ground.program(name, &home, &home);
            program.args(["mcp", verb, "--agent", agent]);
            program
        };
        let installed = ground.run(&mut program("install"), b"")?;
        if installed.status.success() {
            ground.run(&mut program("uninstall"), b"")?;
        }
        let after = files(&home).get(file.strip_prefix(&home).unwrap_or(&file)).cloned();
        // An entry that had the name is Headroom's own, and is removed; an empty file may go.
        let had_entry = String::from_utf8_lossy(&content).contains(name);
        let is_given_back = after.as_deref().unwrap_or_default() == content;
        if !is_given_back && !had_entry && !content.trim_ascii().is_empty() {
            let (before, after) = (content.escape_ascii(), after.unwrap_or_default());
            return Err(Broken(format!(
                "{name} mcp, {agent}: {before} became {}",
                after.escape_ascii()
            )));
        }
        ground.check_outside(b"")?;
    }
    Ok(times)
}
