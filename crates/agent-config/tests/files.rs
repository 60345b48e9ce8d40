//! Servers installed into the config files of every agent, in a home of its own.

#![allow(clippy::unwrap_used)] // helpers of tests

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use agent_config::agent::{self, Agent, McpConfig};
use agent_config::command::{self, Options, Report};
use agent_config::edit::Format;
use agent_config::install::{Installation, Selection, State};
use agent_config::machine::Machine;
use agent_config::server::Server;
use proptest::prelude::*;

fn server(name: &str) -> Server {
    let args = match name {
        "headroom" => vec!["mcp".to_owned(), "serve".to_owned()],
        _ => vec!["serve".to_owned(), "--stdio".to_owned()],
    };
    Server { name: name.to_owned(), command: format!("/opt/bin/{name}").into(), args, env: vec![] }
}

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A home in which `agent` has `config`, or has a directory and no config.
    fn with(agent: &Agent, config: Option<&str>) -> (Self, PathBuf) {
        let home = Self::new();
        let file = mcp(agent).file(&home.machine());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        if let Some(config) = config {
            fs::write(&file, config).unwrap();
        }
        (home, file)
    }

    fn machine(&self) -> Machine<'static> {
        Machine { home: self.0.path().to_owned(), variable: &|_| None }
    }

    fn look(&self, agent: &str, server: &Server) -> Installation {
        Selection::of(agent).unwrap().look(&self.machine(), server).remove(0)
    }

    fn install(&self, agent: &str, server: &Server) {
        self.look(agent, server).install(server).unwrap().apply().unwrap();
    }

    fn uninstall(&self, agent: &str, server: &Server) {
        self.look(agent, server).uninstall(server).unwrap().unwrap().apply().unwrap();
    }

    /// Every file with what it holds.
    fn files(&self) -> BTreeMap<PathBuf, String> {
        let mut files = BTreeMap::new();
        let mut directories = vec![self.0.path().to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => directories.push(path),
                    false => drop(files.insert(path.clone(), fs::read_to_string(&path).unwrap())),
                }
            }
        }
        files
    }
}

/// Every agent whose config file lists MCP servers.
fn configs() -> impl Iterator<Item = (&'static Agent, &'static McpConfig)> {
    agent::all().iter().filter_map(|agent| Some((agent, agent.mcp.as_ref()?)))
}

fn mcp(agent: &Agent) -> &McpConfig {
    agent.mcp.as_ref().unwrap()
}

/// A config as the agent's documentation shows it, with things of the user's own in it: the file of that
/// name in `configs`, else one with another server.
fn documented(agent: &Agent) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs");
    let of_agent = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem == agent.id.as_str());
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    match (paths.into_iter().find(of_agent), mcp(agent).format, &mcp(agent).path[..]) {
        (Some(path), ..) => fs::read_to_string(path).unwrap(),
        (None, Format::Jsonc, [key]) => {
            format!(
                "{{\n  \"theme\": \"dark\",\n  \"{key}\": {{\n    \"other\": {{\"command\": \"x\"}}\n  }}\n}}\n"
            )
        }
        _ => panic!("{} needs a config in tests/configs", agent.id),
    }
}

fn variants(agent: &Agent) -> Vec<Option<String>> {
    let text = documented(agent);
    let mut variants = vec![
        None,
        Some(String::new()),
        Some("\n".to_owned()),
        Some(text.clone()),
        Some(text.replace('\n', "\r\n")),
        Some(text.trim_end().to_owned()),
        Some(format!("\u{feff}{text}")),
    ];
    let more: &[&str] = match mcp(agent).format {
        Format::Jsonc => &["{}", "{ }", "{\n}\n", "// nothing yet\n", "{\"x\":[1,2.50,1e400]}"],
        Format::Toml => &["# nothing yet", "a = 1", "mcp_servers = {}\n", "mcp_servers = { }"],
    };
    variants.extend(more.iter().map(|text| Some((*text).to_owned())));
    let container = mcp(agent).path[0].as_str();
    if mcp(agent).format == Format::Jsonc {
        variants.push(Some(format!("{{\"{container}\":{{}}}}")));
        variants.push(Some(format!("{{\n  \"{container}\": {{\n  }}\n}}")));
    }
    variants
}

#[test]
fn every_config_of_every_agent_comes_back() {
    let server = server("headroom");
    for (agent, _) in configs() {
        for config in variants(agent) {
            let (home, file) = Home::with(agent, config.as_deref());
            let before = home.files();
            assert!(matches!(home.look(&agent.id, &server).state, State::Missing));
            home.install(&agent.id, &server);
            assert!(matches!(home.look(&agent.id, &server).state, State::Same), "{config:?}");
            if let Some(config) = &config {
                let backup = file.with_file_name(format!(
                    "{}.before-headroom",
                    file.file_name().unwrap().display()
                ));
                assert_eq!(fs::read_to_string(backup).unwrap(), *config);
            }
            home.uninstall(&agent.id, &server);
            assert_eq!(home.files(), before, "{} with {config:?}", agent.id);
        }
    }
}

/// What `new` has more than `old`, which must stand in it byte for byte: around one place, or two where a
/// comma goes before a comment and the entry behind it.
fn added<'t>(old: &str, new: &'t str) -> &'t str {
    let (old, all) = (old.as_bytes(), new.as_bytes());
    let prefix = old.iter().zip(all).take_while(|(a, b)| a == b).count();
    let (old, rest) = (&old[prefix..], &all[prefix..]);
    let suffix = old.iter().rev().zip(rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (between, end) = (&old[..old.len() - suffix], all.len() - suffix);
    let added = &new[prefix..end];
    assert!(added.contains(std::str::from_utf8(between).unwrap()), "{added:?} lacks {between:?}");
    added
}

/// A documented config with our entry is the config as it was, and our entry in the file's line ends.
#[test]
fn nothing_but_our_entry_is_new() {
    for name in ["headroom", "contextos"] {
        let server = server(name);
        for (agent, _) in configs() {
            for end in ["\n", "\r\n"] {
                let text = documented(agent).replace('\n', end);
                for config in [text.as_str(), text.trim_end()] {
                    let (home, file) = Home::with(agent, Some(config));
                    home.install(&agent.id, &server);
                    let with = fs::read_to_string(&file).unwrap();
                    let added = added(config, &with);
                    assert!(added.contains(&format!("/opt/bin/{name}")), "{added:?}");
                    assert!(added.len() < 400, "{added:?}");
                    assert_eq!(with.matches('\n').count(), with.matches(end).count(), "{with:?}");
                }
            }
        }
    }
}

#[test]
fn claude_gets_what_its_users_expect() {
    let (home, file) = Home::with(agent::by_id("claude").unwrap(), None);
    let mut server = server("headroom");
    home.install("claude", &server);
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        "{\n  \"mcpServers\": {\n    \"headroom\": {\n      \"command\": \"/opt/bin/headroom\",\n      \"args\": [\n        \"mcp\",\n        \"serve\"\n      ]\n    }\n  }\n}\n"
    );
    server.env.push(("HEADROOM_PROXY_URL".into(), "http://127.0.0.1:9000".into()));
    assert!(matches!(home.look("claude", &server).state, State::Different { kin: true, .. }));
    home.install("claude", &server);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("\"HEADROOM_PROXY_URL\": \"http://127.0.0.1:9000\""), "{text}");
    home.uninstall("claude", &server);
    assert_eq!(home.files(), BTreeMap::new());
}

#[test]
fn agents_that_are_not_there_are_told_apart() {
    let home = Home::new();
    let server = server("headroom");
    for found in Selection::of("all").unwrap().look(&home.machine(), &server) {
        assert!(matches!(found.state, State::NoAgent), "{found:?}");
    }
    // Whoever names Claude Code gets its file, which lies in the home itself; others need a directory.
    assert!(matches!(home.look("claude", &server).state, State::Missing));
    assert!(matches!(home.look("cursor", &server).state, State::NoAgent));
    let unknown = Selection::of("emacs").unwrap_err().to_string();
    assert!(unknown.contains("the known agents are: claude, codex, cursor, gemini,"), "{unknown}");
}

#[test]
fn another_entry_comes_back_when_ours_had_its_place() {
    let text = "{\n  \"mcpServers\": {\n    \"headroom\": {\"command\": \"mine\"}\n  }\n}\n";
    let (home, file) = Home::with(agent::by_id("cursor").unwrap(), Some(text));
    let server = server("headroom");
    let found = home.look("cursor", &server);
    assert!(matches!(found.state, State::Different { kin: false, .. }));
    home.install("cursor", &server);
    assert!(matches!(home.look("cursor", &server).state, State::Same));
    home.uninstall("cursor", &server);
    assert_eq!(fs::read_to_string(file).unwrap(), text);
}

#[test]
fn changes_made_meanwhile_stay() {
    let (home, file) = Home::with(agent::by_id("claude").unwrap(), Some("{\"numStartups\": 1}"));
    let server = server("headroom");
    home.install("claude", &server);
    let text =
        fs::read_to_string(&file).unwrap().replace("\"numStartups\": 1", "\"numStartups\": 2");
    fs::write(&file, text).unwrap();
    home.uninstall("claude", &server);
    assert_eq!(fs::read_to_string(&file).unwrap(), "{\"numStartups\": 2}");
    assert_eq!(home.files().len(), 1);
}

#[test]
fn a_change_is_not_done_over_another_one() {
    let (home, file) = Home::with(agent::by_id("claude").unwrap(), Some("{}"));
    let server = server("headroom");
    let change = home.look("claude", &server).install(&server).unwrap();
    fs::write(&file, "{\"new\": 1}").unwrap();
    let error = change.apply().unwrap_err().to_string();
    assert!(error.contains("was changed by another program"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "{\"new\": 1}");
}

#[test]
fn a_change_shows_itself_and_does_nothing_before_it_is_applied() {
    let (home, file) = Home::with(agent::by_id("codex").unwrap(), Some("model = \"o3\"\n"));
    let server = server("headroom");
    let diff = home.look("codex", &server).install(&server).unwrap().diff();
    let file = file.display();
    assert_eq!(
        diff,
        format!(
            "--- {file}\n+++ {file}\n@@ -1 +1,5 @@\n model = \"o3\"\n+\n+[mcp_servers.headroom]\n+command = \"/opt/bin/headroom\"\n+args = [\"mcp\", \"serve\"]\n"
        )
    );
    assert_eq!(home.files().len(), 1);
}

#[test]
fn broken_files_are_named_with_their_line_and_left_alone() {
    let server = server("headroom");
    for (agent, _) in configs() {
        let broken = match mcp(agent).format {
            Format::Jsonc => "{\n  \"a\": 1,\n  oops\n}\n",
            Format::Toml => "a = 1\n\noops\n",
        };
        let (home, file) = Home::with(agent, Some(broken));
        let State::Unreadable(error) = home.look(&agent.id, &server).state else {
            panic!("{} reads {broken:?}", agent.id)
        };
        let error = error.to_string();
        assert!(error.starts_with(&format!("{}: line 3: ", file.display())), "{error}");
        assert!(error.ends_with("; nothing was changed"), "{error}");
        assert!(home.look(&agent.id, &server).install(&server).is_err());
        assert!(home.look(&agent.id, &server).uninstall(&server).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), broken);
        assert_eq!(home.files().len(), 1);
    }
}

#[test]
fn what_is_not_text_is_left_alone() {
    let (home, file) = Home::with(agent::by_id("cursor").unwrap(), None);
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("{}".bytes().flat_map(|b| [b, 0])).collect();
    fs::write(&file, &utf16).unwrap();
    let server = server("headroom");
    let error = home.look("cursor", &server).install(&server).unwrap_err().to_string();
    assert!(error.contains("is not UTF-8 text"), "{error}");
    assert_eq!(fs::read(&file).unwrap(), utf16);
}

#[test]
fn read_only_files_are_left_alone() {
    let server = server("headroom");
    for (agent, _) in configs() {
        let (home, file) = Home::with(agent, Some(&documented(agent)));
        set_read_only(&file, true);
        let before = home.files();
        let error = home.look(&agent.id, &server).install(&server).unwrap_err().to_string();
        assert!(error.contains("is read-only"), "{error}");
        assert_eq!(home.files(), before, "{}", agent.id);

        set_read_only(&file, false);
        home.install(&agent.id, &server);
        set_read_only(&file, true);
        let with = home.files();
        let error = home.look(&agent.id, &server).uninstall(&server).unwrap_err().to_string();
        assert!(error.contains("is read-only"), "{error}");
        assert_eq!(home.files(), with, "{}", agent.id);
        set_read_only(&file, false);
        home.uninstall(&agent.id, &server);
        assert_eq!(home.files(), before, "{}", agent.id);
    }
}

#[allow(clippy::permissions_set_readonly_false, reason = "the file is deleted with its folder")]
fn set_read_only(file: &Path, read_only: bool) {
    let mut permissions = fs::metadata(file).unwrap().permissions();
    permissions.set_readonly(read_only);
    fs::set_permissions(file, permissions).unwrap();
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_link_is_written_through_and_the_backup_lies_beside_the_link() {
        let (home, file) = Home::with(agent::by_id("cursor").unwrap(), None);
        let dotfiles = home.0.path().join("dotfiles");
        fs::create_dir(&dotfiles).unwrap();
        let real = dotfiles.join("cursor.json");
        fs::write(&real, "{} // mine\n").unwrap();
        symlink("../dotfiles/cursor.json", &file).unwrap();
        let server = server("headroom");
        home.install("cursor", &server);
        assert!(fs::symlink_metadata(&file).unwrap().is_symlink());
        assert!(fs::read_to_string(&real).unwrap().contains("/opt/bin/headroom"));
        assert!(file.with_file_name("mcp.json.before-headroom").exists());
        assert_eq!(fs::read_dir(&dotfiles).unwrap().count(), 1);
        home.uninstall("cursor", &server);
        assert!(fs::symlink_metadata(&file).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "{} // mine\n");
    }

    #[test]
    fn a_link_to_nothing_yet_gets_its_file() {
        let (home, file) = Home::with(agent::by_id("cursor").unwrap(), None);
        let real = home.0.path().join("cursor.json");
        symlink(&real, &file).unwrap();
        home.install("cursor", &server("headroom"));
        assert!(fs::symlink_metadata(&file).unwrap().is_symlink());
        assert!(real.is_file());
    }

    #[test]
    fn permissions_stay_and_new_files_are_private() {
        let (home, file) = Home::with(agent::by_id("claude").unwrap(), Some("{}"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        home.install("claude", &server("headroom"));
        assert_eq!(mode(&file), 0o640);
        assert_eq!(mode(&file.with_file_name(".claude.json.before-headroom")), 0o640);

        let (home, file) = Home::with(agent::by_id("claude").unwrap(), None);
        home.install("claude", &server("headroom"));
        assert_eq!(mode(&file), 0o600);
    }
}

/// Lines as both programs print them, with the home left out.
fn lines(home: &Home, reports: &[Report]) -> String {
    let path = format!("{}/", home.0.path().display());
    let lines = reports.iter().map(|report| format!("{:?} {}\n", report.status, report.line));
    lines.collect::<String>().replace(&path, "~/")
}

#[test]
fn what_is_said() {
    let (home, file) = Home::with(agent::by_id("codex").unwrap(), Some("model = \"o3\"\n"));
    fs::create_dir(home.0.path().join(".cursor")).unwrap();
    fs::write(home.0.path().join(".cursor/mcp.json"), "{\n  oops").unwrap();
    let claude = "{\"mcpServers\": {\"headroom\": {\"command\": \"mine\"}}}";
    fs::write(home.0.path().join(".claude.json"), claude).unwrap();
    let (machine, server) = (home.machine(), server("headroom"));
    let all = Selection::of("all").unwrap();
    let options = Options::default();

    let reports = command::install(&all, &machine, &server, options);
    assert_eq!(command::verdict(&reports), Err("not every config file could be edited"));
    let said = lines(&home, &reports);
    let (of_those_there, of_others) = said.split_at(said.find("Skipped Gemini CLI").unwrap());
    assert_eq!(
        of_those_there,
        "\
Skipped Claude Code: ~/.claude.json has another `headroom`, which starts `mine`; it was kept, --force replaces it
Done Codex: added to ~/.codex/config.toml
Failed Cursor: ~/.cursor/mcp.json: line 2: expected string for object property; nothing was changed
"
    );
    for line in of_others.lines() {
        assert!(line.ends_with(": not found on this machine, skipped"), "{line}");
    }
    let one = |id| Selection::of(id).unwrap();
    let again = command::install(&one("codex"), &machine, &server, options);
    assert_eq!(lines(&home, &again), "Done Codex: already configured in ~/.codex/config.toml\n");
    assert_eq!(command::verdict(&again), Ok(()));
    let absent = command::install(&one("zed"), &machine, &server, options);
    assert_eq!(command::verdict(&absent), Err("nothing was done"));

    let kept = command::uninstall(&one("claude"), &machine, &server, options);
    assert_eq!(command::verdict(&kept), Err("nothing was done"), "somebody else's entry stays");
    let forced = Options { force: true, dry_run: true };
    let reports = command::install(&one("claude"), &machine, &server, forced);
    assert_eq!(lines(&home, &reports), "Done Claude Code: would be replaced in ~/.claude.json\n");
    assert!(reports[0].diff.as_ref().unwrap().contains("+{\"mcpServers\""), "{reports:?}");
    assert_eq!(fs::read_to_string(home.0.path().join(".claude.json")).unwrap(), claude);

    let status = command::status(&one("codex"), &machine, &server);
    assert_eq!(lines(&home, &status), "Done Codex: configured (~/.codex/config.toml)\n");
    let reports = command::uninstall(&one("codex"), &machine, &server, options);
    assert_eq!(lines(&home, &reports), "Done Codex: removed from ~/.codex/config.toml\n");
    assert_eq!(fs::read_to_string(file).unwrap(), "model = \"o3\"\n");
    let nothing = command::uninstall(&one("codex"), &machine, &server, options);
    assert_eq!(lines(&home, &nothing), "Done Codex: not configured in ~/.codex/config.toml\n");
}

fn in_any_order() -> impl Strategy<Value = Vec<bool>> {
    prop::collection::vec(any::<bool>(), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Two programs come and go; when both are gone, everything is as it was.
    #[test]
    fn two_programs_leave_nothing_behind(
        steps in in_any_order(),
        agent in prop::sample::select(vec!["claude", "codex", "zed"]),
        variant in any::<prop::sample::Index>(),
    ) {
        let agent = agent::by_id(agent).unwrap();
        let variants = variants(agent);
        let config = variants[variant.index(variants.len())].as_deref();
        let (home, _) = Home::with(agent, config);
        let before = home.files();
        let servers = [server("headroom"), server("contextos")];
        let mut there = [false, false];
        let toggle = |which: usize, there: &mut [bool; 2]| {
            match there[which] {
                true => home.uninstall(&agent.id, &servers[which]),
                false => home.install(&agent.id, &servers[which]),
            }
            there[which] = !there[which];
        };
        for step in steps {
            toggle(usize::from(step), &mut there);
        }
        for which in 0..2 {
            if there[which] {
                toggle(which, &mut there);
            }
        }
        prop_assert_eq!(home.files(), before);
    }
}
