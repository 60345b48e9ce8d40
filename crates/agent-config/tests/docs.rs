//! `docs/agents.md` says what the files in `agents` say. Written anew with `UPDATE_DOCS=1`.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use agent_config::agent::{self, Agent};
use agent_config::edit::Format;
use agent_config::machine::default_path;

const HEAD: &str = "\
# Agents

<!-- Generated from `crates/agent-config/agents` by `UPDATE_DOCS=1 cargo test -p agent-config`; edits here are lost. -->

The coding agents that the programs support, and the commands that support them. On command lines, an agent is given by
its id. Each agent is described by one data file; [their README](../crates/agent-config/agents/README.md) says how to
add an agent.

| agent | id | `mcp install` | `hooks install` | `wrap` | `wrap --keep` | `export` | `audit` |
|---|---|---|---|---|---|---|---|
";

const BASE_URLS: &str = "
## Base URLs
`headroom wrap ID` starts an agent whose requests go through the proxy, on any port. To set an agent's base URL by hand,
for a server at its default address. The last column has the version of the agent that was run through the proxy.

| agent | base URL | run with |
|---|---|---|
";

const CHECKED: &str = "
## Runs of real agents
Real agents, at the versions that the script pins, with a scripted model on this machine: eight turns that read a file,
list folders, search, print JSON, a history and a log, and run tests; with Headroom the model also asks three times for everything
that was left out, which is the worst case. Requests and their bytes, prompts and definitions of tools included: over a
WebSocket, an agent sends only what is new. In each run the answer is the same as without Headroom, every retrieval is
answered, no prefix of a prompt changes that the agent itself leaves alone, and no process or setting is left behind.
With `mcp`, the model hands one text to Headroom's MCP server and gets it back by its hash. aider calls no tools.
Command: `scripts/agents-check.sh --all --record`

| agent | direct | `serve` | `wrap` | hooks | hooks and `serve` | `mcp` | plugin |
|---|---|---|---|---|---|---|---|
";

/// A row for each agent that the script has run, from the figures that it has written.
fn checked(figures: &str) -> String {
    const ROUTES: [&str; 7] =
        ["direct", "serve", "wrap", "hooks", "hooks and serve", "mcp", "plugin"];
    let mut rows: Vec<(&str, [String; 7])> = Vec::new();
    for line in figures.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [agent, route, requests, bytes, ..] = columns[..] else { panic!("{line}") };
        let kilobytes = bytes.parse::<u64>().unwrap().div_ceil(1000);
        let at = ROUTES.iter().position(|known| *known == route).unwrap();
        if rows.last().is_none_or(|(last, _)| *last != agent) {
            rows.push((agent, ROUTES.map(|_| "–".to_owned())));
        }
        rows.last_mut().unwrap().1[at] = format!("{requests}, {kilobytes} kB");
    }
    let row =
        |(agent, cells): &(&str, [String; 7])| format!("| {agent} | {} |\n", cells.join(" | "));
    rows.iter().map(row).collect()
}

const MCP: &str = "
## Config files of MCP servers
The paths are those on Linux; on macOS and Windows, some agents have other paths. Variables that change an agent's folder
(`CLAUDE_CONFIG_DIR`, `CODEX_HOME`, `XDG_CONFIG_HOME`) are respected.

| agent | file | in a project (`--project`) | key of the entry | members of the entry |
|---|---|---|---|---|
";

fn mark(has: bool) -> &'static str {
    if has { "yes" } else { "–" }
}

fn overview(agent: &Agent) -> String {
    let keep = agent
        .wrap
        .as_ref()
        .is_some_and(|wrap| wrap.routes.iter().any(|route| route.setting.is_some()));
    let cells = [
        &agent.name,
        &format!("`{}`", agent.id),
        mark(agent.mcp.is_some()),
        mark(agent.hooks.is_some()),
        mark(agent.wrap.is_some()),
        mark(keep),
        mark(agent.export.is_some()),
        mark(agent.transcripts.is_some()),
    ];
    format!("| {} |\n", cells.join(" | "))
}

/// An instruction as Markdown: the setting and its file, or the whole of it, as code.
fn code(instruction: &str) -> String {
    match instruction.rsplit_once(" in ") {
        Some((setting, file)) if file.starts_with('~') => format!("`{setting}` in `{file}`"),
        _ => format!("`{instruction}`"),
    }
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    agent::all().iter().for_each(|agent| page.push_str(&overview(agent)));
    page.push_str(BASE_URLS);
    for agent in agent::all() {
        let Some(wrap) = &agent.wrap else { continue };
        let mut ways = wrap.instructions("http://127.0.0.1:8787");
        let note = wrap.note.as_ref().and_then(|_| ways.pop());
        let ways: Vec<_> = ways.iter().map(|way| code(way)).collect();
        let note = note.map(|note| format!("; {note}")).unwrap_or_default();
        let tried = wrap.tried.as_deref().unwrap_or("–");
        let ways = ways.join(", ");
        writeln!(page, "| [{}]({}) | {ways}{note} | {tried} |", agent.name, wrap.source).unwrap();
    }
    page.push_str(CHECKED);
    page.push_str(&checked(include_str!("../data/checked.tsv")));
    page.push_str(MCP);
    for agent in agent::all() {
        let Some(mcp) = &agent.mcp else { continue };
        let files: Vec<_> =
            mcp.places("linux").iter().map(|file| format!("`{}`", default_path(file))).collect();
        let place = match mcp.format {
            Format::Jsonc => mcp.path.join("."),
            Format::Toml => format!("[{}.NAME]", mcp.path.join(".")),
        };
        let project = mcp.project_file(Path::new(""));
        let project = project.map_or("–".to_owned(), |file| format!("`{}`", file.display()));
        let members: Vec<_> = mcp.shape.keys().map(|key| format!("`{key}`")).collect();
        writeln!(
            page,
            "| [{}]({}) | {} | {project} | `{place}` | {} |",
            agent.name,
            mcp.source,
            files.join(" or "),
            members.join(", ")
        )
        .unwrap();
    }
    page
}

#[test]
fn the_page_is_of_these_agents() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/agents.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, page()).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == page(),
        "docs/agents.md is out of date: UPDATE_DOCS=1 cargo test -p agent-config"
    );
}
