//! `headroom wrap` and `unwrap`, with agents that are shell scripts.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use testkit::provider::{ContentBlock, ModelTurn, Provider, Received, Reply, system_prompt};

use crate::client::{Home, Response, Server, log};

/// Prints where it is sent and with what, waits until it is told to end, and ends with that code.
const AGENT: &str = r#"#!/bin/sh
trap 'echo signalled; exit 42' TERM
echo "anthropic=$ANTHROPIC_BASE_URL"
echo "openai=$OPENAI_BASE_URL$OPENAI_API_BASE"
echo "inline=$OPENCODE_CONFIG_CONTENT"
echo "gemini=$GOOGLE_GEMINI_BASE_URL"
echo "copilot=$COPILOT_PROVIDER_BASE_URL"
echo "first_party=$_CLAUDE_CODE_ASSUME_FIRST_PARTY_BASE_URL"
echo "args=$*"
echo ready
read -r code
exit "$code"
"#;

/// An agent that runs.
struct Running {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    said: Vec<String>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut running = Self { child, stdin, stdout: BufReader::new(stdout), said: Vec::new() };
        while running.line() != "ready" {}
        running
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        if self.stdout.read_line(&mut line).unwrap() == 0 {
            let mut said = String::new();
            std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut said)
                .unwrap();
            panic!("the agent ended: {said}");
        }
        let line = line.trim_end().to_owned();
        self.said.push(line.clone());
        line
    }

    fn says(&self, name: &str) -> &str {
        let prefix = format!("{name}=");
        self.said.iter().find_map(|line| line.strip_prefix(&prefix)).unwrap()
    }

    /// Tells it to end; its exit code.
    fn end(mut self, code: u8) -> Option<i32> {
        writeln!(self.stdin, "{code}").unwrap();
        self.child.wait().unwrap().code()
    }
}

/// A home in which these agents are installed.
fn home(agents: &[&str]) -> Home {
    let home = Home::new();
    fs::create_dir(home.path("bin")).unwrap();
    for agent in agents {
        let path = home.path("bin").join(agent);
        fs::write(&path, AGENT).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    home
}

/// `headroom ARGS` in that home, where nobody is at the server's address.
fn headroom(home: &Home, args: &[&str]) -> Command {
    let mut command = home.headroom(args);
    let path = format!("{}:/usr/bin:/bin", home.path("bin").display());
    command.env("PATH", path).env("HEADROOM_BASE_URL", "http://127.0.0.1:1");
    command
}

fn stub() -> Provider {
    Provider::start(|_| Reply::Turn(ModelTurn::new("msg_1", [ContentBlock::text("hello")])))
}

/// The requests that came from an agent: not those that ask who is there.
fn asked(stub: &Provider) -> Vec<Received> {
    stub.received().into_iter().filter(|request| request.method == "POST").collect()
}

/// A conversation whose tool result is worth compressing.
fn conversation() -> Value {
    json!({
        "model": "claude-sonnet-4-5", "max_tokens": 100, "system": system_prompt(),
        "tools": [{"name": "Bash", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": "why is it slow?"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "cat server.log"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": log(500)}]},
        ],
    })
}

/// `POST` to a base URL.
fn post(base: &str, path: &str, body: &Value) -> Response {
    let rest = base.strip_prefix("http://").unwrap();
    let (host, prefix) = rest
        .split_once('/')
        .map_or((rest, String::new()), |(host, path)| (host, format!("/{path}")));
    let mut stream = TcpStream::connect(host).unwrap();
    let body = body.to_string();
    write!(
        stream,
        "POST {prefix}{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\nx-api-key: k\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    Response::read(stream)
}

fn nobody_is_at(base: &str) {
    let host = base.strip_prefix("http://").unwrap().split('/').next().unwrap();
    while TcpStream::connect(host).is_ok() {
        std::thread::yield_now();
    }
}

#[test]
fn an_agent_runs_through_a_proxy_that_ends_with_it() {
    let (home, stub) = (home(&["claude"]), stub());
    let mut command = headroom(&home, &["wrap", "claude", "--", "--model", "opus", "a b"]);
    command.env("ANTHROPIC_BASE_URL", stub.url());
    let agent = Running::start(command);
    let base = agent.says("anthropic").to_owned();
    assert!(base.starts_with("http://127.0.0.1:") && base != stub.url());
    assert_eq!(agent.says("args"), "--model opus a b");

    // The base URL that was set is the target, and tool results are compressed.
    let answer = post(&base, "/v1/messages", &conversation());
    assert_eq!(answer.status, 200);
    let saved: usize = answer.header("x-headroom-tokens-saved").unwrap().parse().unwrap();
    assert!(saved > 1000, "{saved}");
    let received = asked(&stub);
    assert_eq!(received.len(), 1);
    assert!(received[0].body.len() * 2 < conversation().to_string().len());

    assert_eq!(agent.end(7), Some(7));
    nobody_is_at(&base);
}

#[test]
fn claude_is_told_of_anthropics_own_api_where_that_is_the_target_and_only_then() {
    let (home, stub) = (home(&["claude"]), stub());
    let told = |variables: &[(&str, &str)]| {
        let mut command = headroom(&home, &["wrap", "claude"]);
        command.envs(variables.iter().copied());
        let agent = Running::start(command);
        let told = agent.says("first_party").to_owned();
        agent.end(0);
        told
    };
    const TOLD: &str = "_CLAUDE_CODE_ASSUME_FIRST_PARTY_BASE_URL";
    assert_eq!(told(&[]), "1");
    assert_eq!(told(&[("ANTHROPIC_BASE_URL", "https://api.anthropic.com")]), "1");
    assert_eq!(told(&[("ANTHROPIC_BASE_URL", &stub.url())]), "");
    assert_eq!(told(&[("ANTHROPIC_TARGET_API_URL", &stub.url())]), "");
    for own in ["0", ""] {
        assert_eq!(told(&[(TOLD, own)]), own);
    }
    // A server that runs already may forward to somewhere else.
    let server = Server::start(&["--anthropic-api-url", &stub.url()]);
    assert_eq!(told(&[("ANTHROPIC_BASE_URL", &server.url())]), "");
    let server = Server::start(&[]);
    assert_eq!(told(&[("ANTHROPIC_BASE_URL", &server.url())]), "1");
}

#[test]
fn gemini_is_sent_to_a_proxy_that_sends_it_to_google_or_where_it_went() {
    let (home, stub) = (home(&["gemini"]), stub());
    let mut command = headroom(&home, &["wrap", "gemini"]);
    command.env("GOOGLE_GEMINI_BASE_URL", stub.url());
    let agent = Running::start(command);
    let base = agent.says("gemini").to_owned();
    assert!(base.starts_with("http://127.0.0.1:") && base != stub.url());
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]});
    let answer = post(&base, "/v1beta/models/gemini-2.5-pro:generateContent", &body);
    assert_eq!(answer.status, 200);
    assert_eq!(asked(&stub).len(), 1);
    assert_eq!(agent.end(0), Some(0));
}

#[test]
fn copilot_needs_a_base_url_of_a_kind_that_can_be_redirected() {
    let (home, stub) = (home(&["copilot"]), stub());
    let start = |variables: &[(&str, &str)]| {
        let mut command = headroom(&home, &["wrap", "copilot"]);
        command.envs(variables.iter().copied());
        command
    };
    let url = stub.url();
    for (kind, end) in [("openai", "/v1"), ("anthropic", "")] {
        let own = format!("{url}{end}");
        let set = [("COPILOT_PROVIDER_TYPE", kind), ("COPILOT_PROVIDER_BASE_URL", &*own)];
        let agent = Running::start(start(&set));
        let base = agent.says("copilot").to_owned();
        assert!(base.starts_with("http://127.0.0.1:") && base != own, "{base}");
        assert_eq!(base.ends_with("/v1"), kind == "openai", "{base}");
        agent.end(0);
    }
    for (set, says) in [
        (&[][..], "unless COPILOT_PROVIDER_BASE_URL is the base URL"),
        (&[("COPILOT_PROVIDER_TYPE", "azure")], "whose requests can't be sent elsewhere"),
    ] {
        let refused = start(set).output().unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(refused.status.code() == Some(2) && said.contains(says), "{said}");
    }
}

#[test]
fn the_proxy_ends_however_the_agent_does() {
    let home = home(&["claude"]);
    for (signal, code) in [(Signal::TERM, Some(42)), (Signal::KILL, None)] {
        let mut agent = Running::start(headroom(&home, &["wrap", "claude"]));
        let base = agent.says("anthropic").to_owned();
        kill_process(Pid::from_child(&agent.child), signal).unwrap();
        // The shell of the agent acts on a signal when its input has come.
        let _ = writeln!(agent.stdin, "0");
        assert_eq!(agent.child.wait().unwrap().code(), code);
        nobody_is_at(&base);
    }
}

/// Replaces the launcher of an agent in `home`; the agent itself is beside it.
fn launch_by(home: &Home, agent: &str, launcher: &str) {
    let path = home.path("bin").join(agent);
    fs::rename(&path, path.with_extension("real")).unwrap();
    fs::write(&path, launcher).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_launcher_that_closes_everything_it_inherited_keeps_the_proxy() {
    // What Node's `process.execve` does: descriptors are closed, the process stays the same.
    const LAUNCHER: &str = r#"#!/bin/bash
exec /bin/bash -c '
    for fd in /dev/fd/*; do
        fd=${fd##*/}
        [ "$fd" -le 2 ] || eval "exec $fd>&-"
    done
    exec "$@"' launcher "$0.real" "$@"
"#;
    let (home, stub) = (home(&["claude"]), stub());
    launch_by(&home, "claude", LAUNCHER);
    let mut command = headroom(&home, &["wrap", "claude"]);
    command.env("ANTHROPIC_BASE_URL", stub.url());
    let agent = Running::start(command);
    let base = agent.says("anthropic").to_owned();
    // A server that took the closed pipe for the agent's end would be gone before the last of these.
    for _ in 0..50 {
        assert_eq!(post(&base, "/v1/messages", &conversation()).status, 200);
    }
    assert_eq!(agent.end(3), Some(3));
    nobody_is_at(&base);
}

#[test]
fn a_launcher_that_ends_before_its_agent_keeps_the_proxy() {
    const LAUNCHER: &str = "#!/bin/sh\nexec 3<&0\n\"$0.real\" \"$@\" <&3 &\nexit 9\n";
    let (home, stub) = (home(&["claude"]), stub());
    launch_by(&home, "claude", LAUNCHER);
    let mut command = headroom(&home, &["wrap", "claude"]);
    command.env("ANTHROPIC_BASE_URL", stub.url());
    let mut agent = Running::start(command);
    let base = agent.says("anthropic").to_owned();
    assert_eq!(agent.child.wait().unwrap().code(), Some(9));
    for _ in 0..50 {
        assert_eq!(post(&base, "/v1/messages", &conversation()).status, 200);
    }
    writeln!(agent.stdin, "0").unwrap();
    nobody_is_at(&base);
}

#[test]
fn a_server_that_forwards_to_the_same_place_is_used_again() {
    let (home, stub) = (home(&["claude"]), stub());
    let server = Server::start(&["--anthropic-api-url", &stub.url()]);
    let shared = |url: &str| {
        let mut command = headroom(&home, &["wrap", "claude"]);
        command.env("HEADROOM_BASE_URL", server.url()).env("ANTHROPIC_BASE_URL", url);
        let agent = Running::start(command);
        let base = agent.says("anthropic").to_owned();
        assert_eq!(agent.end(0), Some(0));
        base
    };
    assert_eq!(shared(&stub.url()), server.url());
    // One that leads to the server already is no target: the server isn't put before itself.
    assert_eq!(shared(&server.url()), server.url());
    // One that forwards to somebody else isn't used.
    let other = shared("http://127.0.0.1:9");
    assert_ne!(other, server.url());
    nobody_is_at(&other);
    assert_eq!(server.get("/livez").status, 200);
}

#[test]
fn each_agent_is_told_in_its_own_way() {
    let home = home(&["codex", "opencode", "aider"]);
    let said = |command: Command| {
        let agent = Running::start(command);
        let said =
            ["anthropic", "openai", "inline", "args"].map(|name| agent.says(name).to_owned());
        assert_eq!(agent.end(0), Some(0));
        said
    };
    let [_, openai, _, args] = said(headroom(&home, &["wrap", "codex", "--", "exec", "x"]));
    assert!(openai.ends_with("/v1"));
    assert_eq!(args, format!("-c openai_base_url=\"{openai}\" exec x"));
    // A variable that Codex ignores is for the programs that it runs: neither a target nor changed.
    let mut command = headroom(&home, &["wrap", "codex"]);
    command.env("OPENAI_BASE_URL", "https://gateway.example/api");
    let [_, openai, _, args] = said(command);
    assert_eq!(openai, "https://gateway.example/api");
    assert!(args.starts_with("-c openai_base_url=\"http://127.0.0.1:"), "{args}");

    fs::create_dir(home.path(".codex")).unwrap();
    fs::write(home.path(".codex/auth.json"), r#"{"OPENAI_API_KEY":null,"tokens":{"x":1}}"#)
        .unwrap();
    let [_, openai, ..] = said(headroom(&home, &["wrap", "codex"]));
    assert!(openai.ends_with("/chatgpt/codex"), "{openai}");

    let mut command = headroom(&home, &["wrap", "opencode"]);
    command.env("OPENCODE_CONFIG_CONTENT", r#"{"theme":"x"}"#);
    let [_, _, inline, _] = said(command);
    let inline: Value = serde_json::from_str(&inline).unwrap();
    assert_eq!(inline["theme"], "x");
    for provider in ["anthropic", "openai"] {
        let url = inline["provider"][provider]["options"]["baseURL"].as_str().unwrap();
        assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/v1"));
    }

    let [anthropic, openai, ..] = said(headroom(&home, &["wrap", "aider"]));
    assert_eq!(openai, format!("{anthropic}/v1"));
}

#[test]
fn a_setting_that_goes_before_the_environment_is_overridden() {
    let (home, stub) = (home(&["claude"]), stub());
    fs::create_dir(home.path(".claude")).unwrap();
    let settings = format!(r#"{{"env": {{"ANTHROPIC_BASE_URL": "{}"}}}}"#, stub.url());
    fs::write(home.path(".claude/settings.json"), &settings).unwrap();
    let agent = Running::start(headroom(&home, &["wrap", "claude"]));
    let base = agent.says("anthropic").to_owned();
    let expected = format!(r#"--settings {{"env":{{"ANTHROPIC_BASE_URL":"{base}"}}}}"#);
    assert_eq!(agent.says("args"), expected);
    assert_eq!(post(&base, "/v1/messages", &conversation()).status, 200);
    assert_eq!(asked(&stub).len(), 1);
    assert_eq!(agent.end(0), Some(0));
    assert_eq!(fs::read_to_string(home.path(".claude/settings.json")).unwrap(), settings);
}

#[test]
fn what_cannot_be_done_is_said() {
    let home = home(&["codex", "qwen"]);
    let refused = |args: &[&str], set: &str| {
        let out = headroom(&home, args).env("OPENAI_BASE_URL", set).output().unwrap();
        assert!(out.stdout.is_empty());
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    };
    let (code, said) = refused(&["wrap", "nobody"], "");
    assert_eq!(code, Some(2));
    assert!(said.contains("possible values: aider, claude, codex"), "{said}");
    let (code, said) = refused(&["wrap", "claude"], "");
    assert_eq!(code, Some(127));
    assert!(said.contains("claude is not in PATH: install Claude Code"), "{said}");
    let (code, said) = refused(&["wrap", "qwen"], "https://gateway.example/api");
    assert_eq!(code, Some(1));
    assert!(said.contains("doesn't end in a version of the API"), "{said}");
    let (code, said) = refused(&["wrap", "codex", "--keep"], "");
    assert_eq!(code, Some(1));
    assert!(said.contains("start it first (headroom serve)"), "{said}");
}

#[test]
fn what_is_kept_is_undone() {
    let (home, stub) = (home(&["claude"]), stub());
    let file = home.path(".claude/settings.json");
    fs::create_dir(home.path(".claude")).unwrap();
    let before = format!(
        "{{\n  // mine\n  \"env\": {{ \"ANTHROPIC_BASE_URL\": \"{}\", \"A\": \"1\" }}\n}}\n",
        stub.url()
    );
    fs::write(&file, &before).unwrap();
    let server = Server::start(&["--anthropic-api-url", &stub.url()]);
    let run = |args: &[&str]| {
        let out = headroom(&home, args).env("HEADROOM_BASE_URL", server.url()).output().unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap())
    };
    let (code, said) = run(&["wrap", "claude", "--keep"]);
    assert_eq!(code, Some(0));
    assert!(said.contains("set http://127.0.0.1:"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), before.replace(&stub.url(), &server.url()));
    let (code, said) = run(&["unwrap", "claude"]);
    assert_eq!(code, Some(0));
    assert!(said.contains("removed Headroom's base URL from"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    // What leads elsewhere stays.
    assert_eq!(run(&["unwrap", "claude"]).1, "Claude Code: nothing to remove\n");
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
}

/// What a run of `headroom ARGS` for a server at `url` printed, on standard output and on standard error.
fn told(home: &Home, args: &[&str], url: &str) -> (String, String) {
    let out = headroom(home, args).env("HEADROOM_BASE_URL", url).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(out.stdout), text(out.stderr))
}

#[test]
fn what_is_kept_for_codex_is_read_by_it_and_undone() {
    const CONFIGS: [&str; 4] = [
        "",
        "model = \"m\"\n",
        "[projects.\"/p\"]\ntrust_level = \"trusted\"\n",
        "# mine\nmodel = \"m\" # m\n\n[model_providers.x]\nbase_url = \"https://x.example/v1\"\n",
    ];
    for before in CONFIGS {
        let home = home(&["codex"]);
        let file = home.path(".codex/config.toml");
        fs::create_dir(home.path(".codex")).unwrap();
        fs::write(&file, before).unwrap();
        let server = Server::start(&[]);
        let url = server.url();
        let (said, errors) = told(&home, &["wrap", "codex", "--keep"], &url);
        assert!(said.contains(&format!("set {url}/v1 in")), "{said}{errors}");
        let kept: toml::Table = fs::read_to_string(&file).unwrap().parse().unwrap();
        assert_eq!(kept["openai_base_url"].as_str(), Some(&*format!("{url}/v1")), "{kept}");
        // Found by the record: the server is gone, and none is expected where it was.
        drop(server);
        let (said, errors) = told(&home, &["unwrap"], "http://127.0.0.1:1");
        assert!(said.contains("removed Headroom's base URL from"), "{said}{errors}");
        assert_eq!(fs::read_to_string(&file).unwrap(), before);
        assert!(
            told(&home, &["unwrap", "codex"], "http://127.0.0.1:1").0.contains("nothing to remove")
        );
    }
}

#[test]
fn codex_with_a_provider_of_its_own_is_sent_through_that_one() {
    let (home, stub) = (home(&["codex"]), stub());
    let file = home.path(".codex/config.toml");
    fs::create_dir(home.path(".codex")).unwrap();
    let own = format!(
        "model_provider = \"mine\"\n\n[model_providers.mine]\nbase_url = \"{}/v1\"\nname = \"M\"\n",
        stub.url()
    );
    fs::write(&file, &own).unwrap();
    let agent = Running::start(headroom(&home, &["wrap", "codex", "--", "exec"]));
    let args = agent.says("args").to_owned();
    let url = args.strip_prefix("-c model_providers.mine.base_url=\"").unwrap();
    let base = url.strip_suffix("/v1\" exec").unwrap();
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "hello"}]});
    assert_eq!(post(base, "/v1/chat/completions", &body).status, 200);
    assert_eq!(asked(&stub).len(), 1);
    assert_eq!(agent.end(0), Some(0));

    let server = Server::start(&["--openai-api-url", &format!("{}/v1", stub.url())]);
    let (said, errors) = told(&home, &["wrap", "codex", "--keep"], &server.url());
    assert!(said.contains(": set http"), "{said}{errors}");
    let expected = own.replace(&stub.url(), &server.url());
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    let (said, _) = told(&home, &["doctor"], &server.url());
    assert!(said.contains("ok    Codex uses"), "{said}");
    drop(server);
    told(&home, &["unwrap"], "http://127.0.0.1:1");
    assert_eq!(fs::read_to_string(&file).unwrap(), own);

    // One of Codex's own, whose address can't be set.
    fs::write(&file, "model_provider = \"ollama\"\n").unwrap();
    let (_, errors) = told(&home, &["wrap", "codex"], "http://127.0.0.1:1");
    assert!(errors.contains("Codex uses the provider `ollama`"), "{errors}");
    let (said, _) = told(&home, &["doctor"], "http://127.0.0.1:1");
    assert!(said.contains("note  Codex uses the provider `ollama`"), "{said}");
    assert_eq!(told(&home, &["unwrap"], "http://127.0.0.1:1"), (String::new(), String::new()));
}

#[test]
fn what_was_kept_twice_is_undone_to_the_beginning() {
    let home = home(&["codex"]);
    let file = home.path(".codex/config.toml");
    fs::create_dir(home.path(".codex")).unwrap();
    let before = "openai_base_url = \"https://gateway.example/v1\"\n";
    fs::write(&file, before).unwrap();
    for _ in 0..2 {
        let server = Server::start(&["--openai-api-url", "https://gateway.example/v1"]);
        let (said, errors) = told(&home, &["wrap", "codex", "--keep"], &server.url());
        assert!(said.contains(": set http"), "{said}{errors}");
        // The second server is at another address: that of the first is no target.
    }
    told(&home, &["unwrap"], "http://127.0.0.1:1");
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
}

#[test]
fn what_somebody_has_changed_since_stays() {
    let home = home(&["codex"]);
    let file = home.path(".codex/config.toml");
    fs::create_dir(home.path(".codex")).unwrap();
    let server = Server::start(&[]);
    told(&home, &["wrap", "codex", "--keep"], &server.url());
    drop(server);
    let changed = "openai_base_url = \"http://127.0.0.1:9/v1\"\n";
    fs::write(&file, changed).unwrap();
    let (said, errors) = told(&home, &["unwrap", "codex"], "http://127.0.0.1:1");
    assert_eq!(said, "Codex: nothing to remove\n");
    assert!(errors.contains("http://127.0.0.1:9/v1, where no server is running"), "{errors}");
    assert_eq!(fs::read_to_string(&file).unwrap(), changed);
    // A gateway that may be started later is named, and stays the target.
    let (said, _) = told(&home, &["doctor"], "http://127.0.0.1:1");
    assert!(said.contains("FAIL  Codex uses http://127.0.0.1:9/v1"), "{said}");
    let out = headroom(&home, &["wrap", "codex"]).output().unwrap();
    let errors = String::from_utf8(out.stderr).unwrap();
    assert!(
        errors.contains("where no server is running; requests are forwarded to it"),
        "{errors}"
    );
    assert!(errors.contains("→ http://127.0.0.1:9/v1"), "{errors}");
}

#[test]
fn a_dead_server_that_was_kept_is_named_and_no_target() {
    let home = home(&["codex"]);
    fs::create_dir(home.path(".codex")).unwrap();
    let server = Server::start(&[]);
    let url = server.url();
    told(&home, &["wrap", "codex", "--keep"], &url);
    drop(server);
    let (said, _) = told(&home, &["doctor"], "http://127.0.0.1:1");
    let expected = format!(
        "FAIL  Codex uses {url}/v1 ({}), where no server is running: start `headroom serve`, or run \
         `headroom unwrap codex`",
        home.path(".codex/config.toml").display()
    );
    assert!(said.contains(&expected), "{said}");
    let out = headroom(&home, &["wrap", "codex"]).output().unwrap();
    let errors = String::from_utf8(out.stderr).unwrap();
    assert!(errors.contains("`headroom unwrap codex` removes it"), "{errors}");
    assert!(!errors.contains('→'), "{errors}");
}

#[test]
fn a_setting_that_leads_to_a_dead_server_is_removed() {
    let home = home(&[]);
    let file = home.path(".codex/config.toml");
    fs::create_dir(home.path(".codex")).unwrap();
    fs::write(&file, "openai_base_url = \"http://127.0.0.1:1/v1\"\nmodel = \"m\"\n").unwrap();
    let out = headroom(&home, &["unwrap"]).output().unwrap();
    assert_eq!(out.status.code(), Some(0));
    assert_eq!(fs::read_to_string(&file).unwrap(), "model = \"m\"\n");
}

#[test]
fn the_doctor_follows_the_route_to_its_end() {
    let (home, stub) = (home(&["claude", "goose"]), stub());
    let server = Server::start(&[
        "--anthropic-api-url",
        &stub.url(),
        "--openai-api-url",
        "http://127.0.0.1:1",
    ]);
    let examine = |args: &[&str], base: &str| {
        let mut command = headroom(&home, args);
        command.env("HEADROOM_BASE_URL", server.url()).env("ANTHROPIC_BASE_URL", base);
        let out = command.output().unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap())
    };
    let (code, said) = examine(&["doctor"], &server.url());
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains(&format!("ok    Claude Code uses {} (ANTHROPIC_BASE_URL)", server.url())),
        "{said}"
    );
    assert!(
        said.contains("note  Goose doesn't use Headroom: start it with `headroom wrap goose`"),
        "{said}"
    );
    assert!(asked(&stub).is_empty());
    let (code, said) = examine(&["doctor", "--network"], &server.url());
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains(&format!("ok    the server reaches {} (status 200", stub.url())),
        "{said}"
    );
    assert!(said.contains("can't reach http://127.0.0.1:1"), "{said}");
    assert_eq!(asked(&stub).len(), 1);

    let dead = server.url();
    drop(server);
    let mut command = headroom(&home, &["doctor"]);
    let out =
        command.env("HEADROOM_BASE_URL", &dead).env("ANTHROPIC_BASE_URL", &dead).output().unwrap();
    let said = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(
        said.contains(
            "where no server is running: start `headroom serve`, or run `unset ANTHROPIC_BASE_URL`"
        ),
        "{said}"
    );
}
