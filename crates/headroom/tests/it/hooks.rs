//! `headroom hooks`: the agent's settings, and what the hook answers.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::client::{Home, log};

const SETTINGS: &str = "{\n  // mine\n  \"permissions\": {\"deny\": [\"Bash(rm -rf:*)\"], \"allow\": [\"Bash(cat *)\"]},\n  \"hooks\": {\"PreToolUse\": [{\"matcher\": \"Edit\", \"hooks\": []}]},\n}\n";

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A home in which the agent has these settings.
fn with_settings(settings: &str) -> Home {
    let home = Home::new();
    fs::create_dir(home.path(".claude")).unwrap();
    fs::write(home.path(".claude/settings.json"), settings).unwrap();
    home
}

/// An agent in a home of its own, which runs the hook as Claude Code does.
struct Agent {
    home: Home,
    /// The permission mode that it tells hooks.
    mode: &'static str,
    /// What it was started with.
    arguments: Vec<String>,
}

impl Agent {
    /// One that has these settings, in a project of its own.
    fn new(settings: &str) -> Self {
        let home = with_settings(settings);
        fs::create_dir_all(home.path("project/src")).unwrap();
        Self { home, mode: "default", arguments: Vec::new() }
    }

    fn in_mode(self, mode: &'static str) -> Self {
        Self { mode, ..self }
    }

    fn started_with(self, arguments: &[&str]) -> Self {
        Self { arguments: arguments.iter().map(|word| (*word).to_owned()).collect(), ..self }
    }

    /// What the hook changes the command into, and what it decides.
    fn answer(&self, command: &str) -> Option<(String, Value)> {
        self.answer_in("project", command)
    }

    /// That, in a folder.
    fn answer_in(&self, cwd: &str, command: &str) -> Option<(String, Value)> {
        let call = json!({
            "hook_event_name": "PreToolUse",
            "permission_mode": self.mode,
            "cwd": self.home.path(cwd),
            "tool_name": "Bash",
            "tool_input": {"command": command, "description": "what it is for"},
        });
        let out = self.home.finish(self.running_the_hook(), call.to_string());
        assert!(out.status.success() && out.stderr.is_empty(), "{out:?}");
        if out.stdout.is_empty() {
            return None;
        }
        let answer: Value = serde_json::from_slice(&out.stdout).unwrap();
        let answer = &answer["hookSpecificOutput"];
        assert_eq!(answer["hookEventName"], "PreToolUse");
        assert_eq!(answer["updatedInput"]["description"], "what it is for");
        let command = answer["updatedInput"]["command"].as_str().unwrap().to_owned();
        Some((command, answer["permissionDecision"].clone()))
    }

    /// A process that is called as the agent is, and starts the hook in a shell. To it `-c` means a
    /// script, to the agent that it goes on with a conversation.
    fn running_the_hook(&self) -> Command {
        let mut agent = Command::new("bash");
        let hook = format!(
            "sh -c '{} hooks pre-tool-use; exit $?'; exit $?",
            env!("CARGO_BIN_EXE_headroom")
        );
        agent.arg0("claude").args(["-c", &hook]).args(&self.arguments);
        agent.env_clear().env("HOME", self.home.path("")).env("PATH", "/usr/bin:/bin");
        agent.env("SHELL", "/bin/bash").env("CLAUDE_PROJECT_DIR", self.home.path("project"));
        agent
    }
}

#[test]
fn it_is_put_in_when_asked_for_and_taken_out_without_a_trace() {
    let home = with_settings(SETTINGS);
    let file = home.path(".claude/settings.json");
    let hooks = |verb: &str, more: &[&str]| {
        let out = home.run(&[&["hooks", verb, "--agent", "claude"], more].concat(), "");
        assert!(out.status.success(), "{out:?}");
        text(&out.stdout).to_owned()
    };
    let nowhere = Home::new().run(&["hooks", "status", "--agent", "claude"], "");
    let said = text(&nowhere.stderr);
    assert_eq!((nowhere.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("Claude Code") && said.contains("not found"), "{said}");
    for (more, arguments, name) in [
        (&[][..], "hooks post-tool-use", "the hook for results"),
        (&["--rewrite-commands"], "hooks pre-tool-use", "the hook for commands"),
    ] {
        assert_eq!(hooks("status", &[]).matches("not installed in").count(), 2);
        let shown = hooks("install", &[more, &["--dry-run"]].concat());
        assert!(shown.contains("+") && shown.contains(arguments), "{shown}");
        assert_eq!(fs::read_to_string(&file).unwrap(), SETTINGS);

        assert!(hooks("install", more).contains("added to"));
        let installed = fs::read_to_string(&file).unwrap();
        let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_headroom"));
        assert!(installed.contains(&line) && installed.contains("// mine"), "{installed}");
        assert!(hooks("status", &[]).contains(&format!("Claude Code: {name} installed in")));
        assert!(hooks("install", more).contains("installed already in"));

        let removed = hooks("uninstall", &[]);
        assert!(removed.contains("removed from") && removed.lines().count() == 1, "{removed}");
        assert_eq!(fs::read_to_string(&file).unwrap(), SETTINGS);
        assert_eq!(fs::read_dir(home.path(".claude")).unwrap().count(), 1);
    }
    hooks("install", &[]);
    hooks("install", &["--rewrite-commands"]);
    assert_eq!(hooks("uninstall", &[]).matches("removed from").count(), 2);
    assert_eq!(fs::read_to_string(&file).unwrap(), SETTINGS);
}

#[test]
fn in_a_project_everybody_gets_it_by_its_bare_name() {
    let home = Home::new();
    fs::create_dir(home.path("project")).unwrap();
    let run = |args: &[&str]| {
        let mut command = home.headroom(args);
        command.current_dir(home.path("project"));
        let out = home.finish(command, "");
        assert!(out.status.success(), "{out:?}");
    };
    let read = |name: &str| fs::read_to_string(home.path("project").join(name)).unwrap();
    run(&["hooks", "install", "--agent", "claude", "--project"]);
    run(&["mcp", "install", "--agent", "claude", "--project"]);
    run(&["mcp", "install", "--agent", "cursor", "--project"]);
    assert!(read(".claude/settings.json").contains("\"headroom hooks post-tool-use\""));
    for file in [".mcp.json", ".cursor/mcp.json"] {
        let config: Value = serde_json::from_str(&read(file)).unwrap();
        let entry = json!({"command": "headroom", "args": ["mcp", "serve"]});
        assert_eq!(config["mcpServers"]["headroom"], entry, "{file}");
    }
    assert_eq!(fs::read_dir(home.path("")).unwrap().count(), 1, "nothing in the home");
    let names = fs::read_dir(home.path("project")).unwrap().count();
    assert_eq!(names, 3, "no backups");
    run(&["hooks", "uninstall", "--agent", "claude", "--project"]);
    run(&["mcp", "uninstall", "--agent", "all", "--project"]);
    for file in [".claude/settings.json", ".mcp.json", ".cursor/mcp.json"] {
        assert!(!home.path("project").join(file).exists(), "{file}");
    }
    let windsurf = ["mcp", "install", "--agent", "windsurf", "--project"];
    let out = home.run(&windsurf, "");
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("no list of MCP servers in a project"), "{out:?}");
}

/// A result as Claude Code hands it to the hook.
fn result(stdout: &str) -> Value {
    json!({
        "hook_event_name": "PostToolUse",
        "session_id": "s",
        "tool_name": "Bash",
        "tool_use_id": "toolu_1",
        "tool_input": {"command": "cat build.log"},
        "tool_response": {"stdout": stdout, "stderr": "", "interrupted": false, "isImage": false},
    })
}

#[test]
fn a_result_is_replaced_in_its_own_shape_counted_and_kept() {
    let home = Home::new();
    let whole = log(500);
    let out = home.run(&["hooks", "post-tool-use"], result(&whole).to_string());
    assert!(out.status.success() && out.stderr.is_empty(), "{out:?}");
    let answer: Value = serde_json::from_slice(&out.stdout).unwrap();
    let answer = &answer["hookSpecificOutput"];
    assert_eq!(answer["hookEventName"], "PostToolUse");
    let new = &answer["updatedToolOutput"];
    let stdout = new["stdout"].as_str().unwrap();
    assert!(stdout.len() * 2 < whole.len());
    assert_eq!((&new["stderr"], &new["interrupted"]), (&json!(""), &json!(false)));
    let hash = &stdout.split_once("hash=").unwrap().1[..24];
    let original = home.run(&["retrieve", hash], "");
    assert!(whole.contains(text(&original.stdout)) && !original.stdout.is_empty());

    let stats = home.run(&["stats", "--json"], "");
    let stats: Value = serde_json::from_slice(&stats.stdout).unwrap();
    let bash = &stats["hooks"]["clients"]["claude-hooks"]["Bash"];
    assert_eq!(bash["results"], 1);
    assert!(bash["tokens_after"].as_u64() < bash["tokens_before"].as_u64());
    let shown = home.run(&["stats"], "");
    assert!(text(&shown.stdout).contains("claude-hooks, in total"), "{shown:?}");
}

#[test]
fn whatever_goes_wrong_leaves_the_result_as_it_was() {
    let home = Home::new();
    let no_response = json!({"tool_name": "Bash", "tool_use_id": "t"}).to_string();
    for call in ["", "no JSON", "{}", "[1]", "{\"tool_name\": \"Bash\"}", &no_response] {
        let out = home.run(&["hooks", "post-tool-use"], call);
        assert!(out.status.success() && out.stdout.is_empty() && out.stderr.is_empty(), "{call}");
    }
    // Without a place for originals nothing is left out, and nothing is said.
    let mut hook = home.headroom(&["hooks", "post-tool-use"]);
    hook.env("HEADROOM_WORKSPACE_DIR", "/dev/null/no");
    let out = home.finish(hook, result(&log(500)).to_string());
    assert!(out.status.success() && out.stderr.is_empty(), "{out:?}");
    assert!(!text(&out.stdout).contains("hash="), "{out:?}");
}

#[test]
fn without_the_agent_or_its_name_nothing_is_done() {
    let home = Home::new();
    let out = home.run(&["hooks", "install", "--agent", "claude"], "");
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("not found on this machine"));
    let out = home.run(&["hooks", "install", "--agent", "zed"], "");
    assert_eq!(out.status.code(), Some(2));
    assert!(
        text(&out.stderr).contains("possible values: claude, copilot, opencode, pi"),
        "{}",
        text(&out.stderr)
    );
    assert_eq!(home.run(&["hooks", "install"], "").status.code(), Some(2));
}

#[test]
fn what_it_answers_does_the_same_in_fewer_words() {
    let agent = Agent::new("{}").in_mode("bypassPermissions");
    let home = &agent.home;
    fs::write(home.path("log"), log(500)).unwrap();
    let script = format!("cat '{}' | sed 's/INFO/it'\\''s/'; exit 3", home.path("log").display());
    let (wrapped, decision) = agent.answer(&script).unwrap();
    assert_eq!(decision, Value::Null, "the agent decides");
    let run = |script: &str| {
        let mut command = Command::new("bash");
        command.args(["-c", script]).env("HOME", home.path(""));
        command.output().unwrap()
    };
    let (as_it_was, smaller) = (run(&script), run(&wrapped));
    assert_eq!((as_it_was.status.code(), smaller.status.code()), (Some(3), Some(3)));
    assert!(smaller.stdout.len() * 2 < as_it_was.stdout.len());
    let hash = text(&smaller.stdout).split_once("hash=").unwrap().1[..24].to_owned();
    let original = home.run(&["retrieve", &hash], "");
    assert!(text(&as_it_was.stdout).contains(text(&original.stdout)));
}

const ALLOW: &str = r#"{"permissions": {"allow": ["Bash(git log:*)", "Bash(cat:*)"]}}"#;

#[test]
fn what_a_rule_allows_is_wrapped_and_allowed() {
    let agent = Agent::new(ALLOW);
    for command in ["git log -1", "git log", "git log 2>&1", "cat src/x", "cat 'a;b'"] {
        let (line, decision) = agent.answer(command).unwrap();
        assert_eq!(decision, "allow", "{command}");
        assert!(line.contains("run -- /bin/bash -c "), "{line}");
    }
    assert_eq!(agent.answer("git logs"), None);
    assert_eq!(agent.in_mode("plan").answer("git log"), None);
}

#[test]
fn a_second_command_is_not_let_through_by_a_rule_for_the_first() {
    let agent = Agent::new(ALLOW);
    for separator in
        ["\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", ";", "&", "|", "\\\n;"]
    {
        for command in
            [format!("git log -1{separator}rm -rf x"), format!("git log -1 {separator} rm x")]
        {
            assert_eq!(agent.answer(&command), None, "{command:?}");
        }
    }
    for command in ["git log $(rm x)", "git log `rm x`", "git log > x", "cat <(rm x)", "git log \\"]
    {
        assert_eq!(agent.answer(command), None, "{command}");
    }
}

#[test]
fn settings_of_a_dependency_allow_nothing() {
    let agent = Agent::new("{}");
    for folder in ["project/node_modules/evil", "elsewhere", "project/src"] {
        fs::create_dir_all(agent.home.path(folder).join(".claude")).unwrap();
        let allow = r#"{"permissions": {"allow": ["Bash"]}}"#;
        for file in ["settings.json", "settings.local.json"] {
            fs::write(agent.home.path(folder).join(".claude").join(file), allow).unwrap();
        }
        assert_eq!(agent.answer_in(folder, "make"), None, "{folder}");
    }
    let agent = agent.in_mode("bypassPermissions");
    assert!(agent.answer_in("project/src", "make").is_some());
    let deny = r#"{"permissions": {"ask": ["Bash(make:*)"]}}"#;
    fs::write(agent.home.path("project/node_modules/evil/.claude/settings.json"), deny).unwrap();
    assert_eq!(agent.answer_in("project/node_modules/evil", "make"), None);
    assert_eq!(agent.answer_in("project/node_modules/evil", "cd x && make"), None);
}

#[test]
fn rules_about_files_hold_for_commands() {
    let settings =
        r#"{"permissions": {"allow": ["Bash"], "deny": ["Read(./.env)", "Edit(secrets/**)"]}}"#;
    for mode in ["default", "bypassPermissions"] {
        let agent = Agent::new(settings).in_mode(mode);
        for command in [
            "cat .env",
            "cat ./.env",
            "cat src/../.env",
            "head -1 .e*",
            "grep -r KEY .",
            "cat < .env",
            "tee secrets/x",
            "git diff",
            "tool --config=.env",
        ] {
            assert_eq!(agent.answer(command), None, "{mode}: {command}");
        }
        assert!(agent.answer("cargo test").is_some());
    }
}

#[test]
fn what_the_agent_was_started_with_counts() {
    let started = |arguments: &[&str]| Agent::new(ALLOW).started_with(arguments);
    let is_allowed = |agent: &Agent, command: &str| agent.answer(command).is_some();
    assert!(is_allowed(&started(&["-p", "--model", "x"]), "git log"));
    assert!(!is_allowed(&started(&["--disallowedTools", "Bash(git log:*)"]), "git log"));
    assert!(!is_allowed(&started(&["--disallowed-tools=Read(./x),Edit"]), "cat x"));
    assert!(is_allowed(&started(&["--allowedTools", "Bash(make *),Read", "-p"]), "make x"));
    assert!(!is_allowed(&started(&["--model", "--allowedTools", "Bash(make *)"]), "make x"));
    let deny = r#"{"permissions": {"deny": ["Bash(cat:*)"]}}"#;
    assert!(!is_allowed(&started(&["--settings", deny]), "cat x"));
    assert!(is_allowed(&started(&["--settings", deny]), "git log"));
    assert!(!is_allowed(&started(&["--settings", "relative.json"]), "git log"));
    assert!(!is_allowed(&started(&["--setting-sources", "project,local"]), "git log"));
    assert!(!is_allowed(&started(&["--managed-settings", "{}"]), "git log"));
    assert!(!is_allowed(&started(&["--an-option-to-come"]), "git log"));
}

#[test]
fn without_an_agent_above_it_nothing_is_known() {
    let home = with_settings(ALLOW);
    let call = json!({
        "tool_name": "Bash", "permission_mode": "bypassPermissions", "cwd": home.path(""),
        "tool_input": {"command": "git log"},
    });
    let mut hook = home.headroom(&["hooks", "pre-tool-use"]);
    hook.env("CLAUDE_PROJECT_DIR", home.path(""));
    let out = home.finish(hook, call.to_string());
    assert!(out.status.success() && out.stdout.is_empty() && out.stderr.is_empty(), "{out:?}");
}

#[test]
fn runs_without_a_person_lose_no_command() {
    for mode in ["default", "acceptEdits", "dontAsk", "auto", "plan"] {
        let agent = Agent::new(ALLOW).in_mode(mode);
        for command in [
            "ls",
            "ls -la 2>&1",
            "git log | cat",
            "git log | head -5",
            "pwd && git log",
            "make 2>&1",
        ] {
            assert_eq!(agent.answer(command), None, "{mode}: {command}");
        }
    }
}

#[test]
fn blanks_at_the_end_stay() {
    let agent = Agent::new("{}").in_mode("bypassPermissions");
    let (line, _) = agent.answer("echo a\\ ").unwrap();
    let out =
        Command::new("bash").args(["-c", &line]).env("HOME", agent.home.path("")).output().unwrap();
    assert_eq!(text(&out.stdout), "a \n");
}

#[test]
fn what_it_does_not_understand_is_let_be() {
    let agent = Agent::new("{}").in_mode("bypassPermissions");
    for command in
        ["npm start &", "headroom run -- ls", "cd /elsewhere", "vim x", "echo 'x", "rm -rf ~"]
    {
        assert_eq!(agent.answer(command), None, "{command}");
    }
    for call in ["", "no JSON", "{}", "[1]", "{\"tool_name\": \"Bash\", \"tool_input\": 7}"] {
        let out = agent.home.finish(agent.running_the_hook(), call);
        assert!(out.status.success() && out.stdout.is_empty() && out.stderr.is_empty(), "{call}");
    }
}
