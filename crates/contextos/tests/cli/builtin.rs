//! `--compress builtin`, `cmd:NAME`, and names that nobody knows.

use crate::support::Sandbox;

const TASK: [&str; 3] = ["pack", "--task", "fix the refresh of tokens"];

fn pack(sandbox: &Sandbox, provider: &str) -> String {
    let mut arguments = TASK.to_vec();
    arguments.extend(["--compress", provider]);
    sandbox.run(&arguments)
}

#[test]
fn builtin_needs_no_server_and_keeps_every_file() {
    let sandbox = Sandbox::new();
    let shown = pack(&sandbox, "builtin");
    assert!(shown.starts_with("exit: 0\n"), "{shown}");
    assert!(shown.contains("\ncompression: "), "{shown}");
    let text = sandbox.read("context_pack.md");
    assert!(text.starts_with("# Context for: fix the refresh of tokens\n"), "{text}");
    assert!(text.contains("src/auth/token.py"), "{text}");
    assert!(!text.contains("hash="), "what nobody keeps can't be asked for: {text}");
}

#[test]
fn an_unknown_provider_is_wrong_usage() {
    insta::assert_snapshot!(pack(&Sandbox::new(), "zip"), @r"
    exit: 2
    ----- stderr
    error: unknown compression provider `zip`; the providers are headroom, builtin, and cmd:NAME for a command from your own configuration
    ");
}

#[cfg(unix)]
#[test]
fn a_command_of_the_users_compresses() {
    let sandbox = Sandbox::new();
    sandbox.configure("[commands]\nexpand = [\"sed\", \"s/^    //\"]\n");
    let shown = pack(&sandbox, "cmd:expand");
    assert!(shown.starts_with("exit: 0\n"), "{shown}");
    assert!(shown.contains("tokens by cmd:expand ("), "{shown}");
    assert!(sandbox.read("context_pack.md").contains("\ndef refresh(self"));
}

#[cfg(unix)]
#[test]
fn commands_that_fail_are_errors() {
    let sandbox = Sandbox::new();
    sandbox.configure(
        "[commands]\n\
         gone = [\"/nowhere/at/all\"]\n\
         fails = [\"sh\", \"-c\", \"cat > /dev/null; exit 3\"]\n\
         binary = [\"printf\", \"\\\\377\"]\n\
         endless = [\"yes\"]\n\
         silent = [\"true\"]\n",
    );
    let mut shown = String::new();
    for name in ["cmd:gone", "cmd:fails", "cmd:binary", "cmd:endless", "cmd:silent", "cmd:none"] {
        shown.push_str(&format!("===== {name}\n{}", pack(&sandbox, name)));
        assert!(!sandbox.state("context_pack.md").exists(), "{name}");
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_repository_cannot_bring_a_command() {
    let sandbox = Sandbox::new();
    sandbox.repo.write("contextos.toml", "[commands]\nx = [\"touch\", \"pwned\"]\n");
    let shown = pack(&sandbox, "cmd:x");
    insta::assert_snapshot!(shown, @r"
    exit: 1
    ----- stderr
    error: contextos.toml: `commands` can't be set by a repository; set it in your own ~/.config/contextos/config.toml, or on the command line
    ");
    assert!(!sandbox.repo.path().join("pwned").exists());
}
