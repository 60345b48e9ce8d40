//! The user's document on the Headroom integration, command by command.

use std::fs;

use crate::support::Sandbox;
use crate::support::stub::{Stub, nobody};

const NOT_INSTALLED: &str = "\
Error: headroom-ai is not installed.
Run: pip install headroom-ai
Then: headroom serve

To proceed without compression, omit --compress.
";

fn not_responding(url: &str) -> String {
    format!(
        "\
Error: Headroom proxy at {url} is not responding.
Ensure headroom serve is running.
HEADROOM_BASE_URL to override proxy URL.

To proceed without compression, omit --compress.
"
    )
}

const PACK: [&str; 7] =
    ["pack", ".", "--task", "fix the refresh of tokens", "--budget", "8000", "--compress"];

fn pack_with(provider: &'static str) -> Vec<&'static str> {
    PACK.into_iter().chain([provider]).collect()
}

/// The rendered pack is sent to the server, what comes back is written, and nothing else.
#[test]
fn the_pipeline() {
    let sandbox = Sandbox::new();
    sandbox.contextos(&["pack", ".", "--task", "fix the refresh of tokens"]).assert().success();
    let rendered = sandbox.read("context_pack.md");

    let stub = Stub::headroom(|text| text.replace("    ", "\t"));
    let mut command = sandbox.contextos(&pack_with("headroom"));
    command.env("HEADROOM_BASE_URL", &stub.url).assert().success();

    let requests = stub.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].line, "POST /v1/compress HTTP/1.1");
    let body = requests[0].json();
    assert_eq!(body["text"], rendered.as_str(), "the whole rendered pack");
    assert_eq!(body["budget"], 8000);
    assert_eq!(body["task"], "fix the refresh of tokens");
    assert_eq!(sandbox.read("context_pack.md"), rendered.replace("    ", "\t"));
}

/// Exports go the same way.
#[test]
fn export_uses_the_same_server() {
    let sandbox = Sandbox::new();
    let stub = Stub::headroom(|text| text.replace("    ", "\t"));
    let export =
        ["export", "claude", "--task", "fix the refresh of tokens", "--compress", "headroom"];
    let mut command = sandbox.contextos(&export);
    command.env("HEADROOM_BASE_URL", &stub.url).assert().success();
    assert!(sandbox.read("CLAUDE_CONTEXT.md").contains("\n\tdef refresh"));

    let mut command = sandbox.contextos(&export);
    let url = nobody();
    let output = command.env("HEADROOM_BASE_URL", &url).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), not_responding(&url));
}

/// Nothing at the default address, and no `headroom` anywhere.
#[test]
fn headroom_is_not_installed() {
    nothing_at_the_default_address();
    let sandbox = Sandbox::new();
    let mut command = sandbox.contextos(&pack_with("headroom"));
    let output = command.env("PATH", "").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), NOT_INSTALLED);
    assert!(output.stdout.is_empty());
    assert!(!sandbox.state("context_pack.md").exists(), "no uncompressed pack instead");
}

/// Nothing at the default address, and a `headroom` that isn't running, wherever it may be.
#[cfg(unix)]
#[test]
fn headroom_is_installed_and_not_running() {
    nothing_at_the_default_address();
    let places: [(&str, &[(&str, &str)]); 5] = [
        (".headroom-venv/bin/headroom", &[]),
        (".local/bin/headroom", &[]),
        (".cargo/bin/headroom", &[]),
        ("venv/bin/headroom", &[("VIRTUAL_ENV", "venv")]),
        ("tools/headroom", &[("PATH", "tools")]),
    ];
    for (place, variables) in places {
        let sandbox = Sandbox::new();
        sandbox.install(place, "#!/bin/sh\nexit 1\n");
        let mut command = sandbox.contextos(&pack_with("headroom"));
        command.env("PATH", "");
        for (name, folder) in variables {
            command.env(name, sandbox.home.path().join(folder));
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let expected = not_responding("http://127.0.0.1:8787");
        assert_eq!(String::from_utf8_lossy(&output.stderr), expected, "{place}");
    }
}

/// A URL that was chosen, at which nothing listens: never "not installed".
#[test]
fn the_proxy_is_not_running() {
    let sandbox = Sandbox::new();
    let url = nobody();
    let mut command = sandbox.contextos(&pack_with("headroom"));
    let output = command.env("HEADROOM_BASE_URL", &url).env("PATH", "").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), not_responding(&url));
}

/// A compression that fails leaves the older pack as it was, to the byte.
#[test]
fn a_failed_compression_leaves_the_older_pack() {
    let sandbox = Sandbox::new();
    sandbox.contextos(&["pack", "--task", "monthly report"]).assert().success();
    let older = fs::read(sandbox.state("context_pack.md")).unwrap();
    let out = sandbox.repo.path().join("out.md");
    fs::write(&out, "older\n").unwrap();

    let mut arguments = pack_with("headroom");
    arguments.extend(["--out", "out.md"]);
    let mut command = sandbox.contextos(&arguments);
    command.env("HEADROOM_BASE_URL", nobody()).assert().code(1);
    assert_eq!(fs::read(sandbox.state("context_pack.md")).unwrap(), older);
    assert_eq!(fs::read_to_string(out).unwrap(), "older\n");
}

/// Without `--compress` no server is asked, whatever the environment says.
#[test]
fn nothing_of_headroom_is_touched_without_compress() {
    let sandbox = Sandbox::new();
    let stub = Stub::headroom(str::to_owned);
    let mut command = sandbox.contextos(&["pack", ".", "--task", "fix auth", "--budget", "8000"]);
    command.env("HEADROOM_BASE_URL", &stub.url).assert().success();
    assert!(stub.requests().is_empty());
}

/// The same, seen from the system: no socket is made, and no file of Headroom's is opened.
#[cfg(target_os = "linux")]
#[test]
fn no_socket_and_no_file_of_headroom_without_compress() {
    let sandbox = Sandbox::new();
    sandbox.install(".headroom-venv/bin/headroom", "#!/bin/sh\n");
    let trace = sandbox.home.path().join("trace");
    let program = assert_cmd::cargo::cargo_bin!("contextos");
    let plain = sandbox.contextos(&[]);
    let mut command = assert_cmd::Command::new("strace");
    command.current_dir(sandbox.repo.path()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.args(["-f", "-e", "trace=socket,connect,open,openat,stat,statx,newfstatat,access"]);
    command.arg("-o").arg(&trace).arg(program).args(["pack", "--task", "fix auth"]);
    command.output().expect("strace has to be installed for this test");
    let trace = fs::read_to_string(&trace).unwrap();
    assert!(trace.contains("context_pack.md") || trace.contains(".context-"), "it was traced");
    assert!(!trace.contains("AF_INET"), "a socket was made");
    assert!(!trace.contains("headroom"), "a file of Headroom's was looked for");
}

fn nothing_at_the_default_address() {
    if let Err(error) = std::net::TcpListener::bind("127.0.0.1:8787") {
        panic!("127.0.0.1:8787: {error}; end what listens there, this test is about its absence");
    }
}
