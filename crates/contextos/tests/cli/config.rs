//! Settings: `contextos.toml`, the user's own file, and `config show`.

use crate::support::Sandbox;

#[test]
fn every_setting_is_shown_with_its_origin() {
    let sandbox = Sandbox::new();
    sandbox.repo.write("contextos.toml", "[pack]\nbudget = 4000\nexclude = [\"vendor\"]\n");
    sandbox.repo.write(
        ".contextos/CONFIG.json",
        r#"{"version": "0.1", "pack": {"default_budget": 9000, "default_format": "json"}}"#,
    );
    sandbox.configure("[pack]\nbudget = 5000\ncompress = \"builtin\"\n[commands]\nx = [\"cat\"]\n");
    insta::assert_snapshot!(sandbox.run(&["config", "show"]));
}

#[test]
fn flags_go_before_files() {
    let sandbox = Sandbox::new();
    sandbox.repo.write("contextos.toml", "[pack]\nbudget = 4000\nformat = \"json\"\n");
    let shown = sandbox.run(&["pack", "--task", "fix auth"]);
    assert!(shown.contains(" of 4,000 tokens"), "{shown}");
    assert!(sandbox.state("context_pack.json").exists());
    let shown = sandbox.run(&["pack", "--task", "fix auth", "-b", "500", "--format", "md"]);
    assert!(shown.contains(" of 500 tokens"), "{shown}");
    assert!(sandbox.state("context_pack.md").exists());
}

#[test]
fn a_repository_may_not_set_what_is_the_users() {
    let sandbox = Sandbox::new();
    let mut shown = String::new();
    for line in [
        "pack.allow_sensitive = true",
        "pack.compress = \"headroom\"",
        "headroom.url = \"http://10.0.0.5:8787\"",
        "commands.x = [\"sh\"]",
    ] {
        sandbox.repo.write("contextos.toml", line);
        shown.push_str(&format!("===== {line}\n"));
        shown.push_str(&sandbox.run(&["pack", "--task", "fix auth"]));
    }
    assert!(!sandbox.state("context_pack.md").exists());
    insta::assert_snapshot!(shown);
}

#[test]
fn mistakes_are_named_with_their_line() {
    let sandbox = Sandbox::new();
    let mut shown = String::new();
    for text in [
        "[pack]\nbudgte = 1\n",
        "[pakc]\n",
        "[pack]\nbudget = -3\n",
        "[pack]\nformat = \"yaml\"\n",
        "[pack\n",
    ] {
        sandbox.repo.write("contextos.toml", text);
        shown.push_str(&format!("===== {text:?}\n"));
        shown.push_str(&sandbox.run(&["pack", "--task", "fix auth"]));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_configuration_of_ones_own_can_be_named() {
    let sandbox = Sandbox::new();
    sandbox.home.write("mine.toml", "[pack]\nbudget = 700\n");
    let mine = sandbox.home.path().join("mine.toml");
    let mine = mine.to_str().unwrap();
    let shown = sandbox.run(&["pack", "--task", "fix auth", "--config", mine]);
    assert!(shown.contains(" of 700 tokens"), "{shown}");
    let shown = sandbox.run(&["pack", "--task", "fix auth", "--config", "gone.toml"]);
    assert_eq!(shown, "exit: 1\n----- stderr\nerror: gone.toml: no such file\n");
}
