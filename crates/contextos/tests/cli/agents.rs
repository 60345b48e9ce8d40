//! `contextos export`, and `pack --format` for agents.

use crate::support::Sandbox;

const AGENTS: [&str; 7] = ["claude", "codex", "cursor", "aider", "gemini", "copilot", "windsurf"];

#[test]
fn each_agent_has_its_file_and_its_way_to_load_it() {
    let sandbox = Sandbox::new();
    for agent in AGENTS {
        let shown = sandbox.run(&["export", agent, "--task", "fix the refresh of tokens"]);
        assert!(shown.starts_with("exit: 0\n"), "{shown}");
        let file = format!("{}_CONTEXT.md", agent.to_uppercase());
        let text = sandbox.read(&file);
        assert!(text.starts_with("# Context for: fix the refresh of tokens\n"), "{text}");
        assert!(text.lines().nth(1).unwrap().starts_with("<!-- contextos pack v1 "), "{text}");
        assert!(text.contains(&format!(".contextos/{file}")), "{text}");
        let told = shown.lines().last().unwrap();
        assert!(text.contains(told), "what is printed stands in the file, too: {told}");

        let pack = ["pack", "--task", "fix the refresh of tokens", "--format", agent];
        sandbox.contextos(&pack).assert().success();
        let here = text.replace(&file, "context_pack.md");
        assert_eq!(sandbox.read("context_pack.md"), here, "it names the file that it is");
        let out =
            ["pack", "--task", "fix the refresh of tokens", "--format", agent, "--out", "x.md"];
        let shown = sandbox.run(&out);
        assert!(
            shown.ends_with(&format!("{}\n", told.replace(&file, "context_pack.md"))),
            "{shown}"
        );
    }
}

#[test]
fn all_of_them_at_once() {
    let sandbox = Sandbox::new();
    let shown = sandbox.run(&["export", "all", "--task", "fix auth", "--budget", "600"]);
    for agent in AGENTS {
        let file = format!(".contextos/{}_CONTEXT.md", agent.to_uppercase());
        assert!(shown.contains(&format!("written: {file}\n")), "{shown}");
    }
    let one_file = ["export", "all", "--task", "fix auth", "--out", "x.md"];
    sandbox.contextos(&one_file).assert().code(2);
}

#[test]
fn an_agent_that_nobody_knows() {
    let sandbox = Sandbox::new();
    sandbox.contextos(&["export", "emacs", "--task", "x"]).assert().code(2);
    sandbox.contextos(&["pack", "--format", "yaml", "--task", "x"]).assert().code(2);
    sandbox.contextos(&["export"]).assert().code(2);
}
