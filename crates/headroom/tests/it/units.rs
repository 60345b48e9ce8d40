//! The service files under `docs/`: their commands start the server, and systemd takes the unit.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::client::Home;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");

/// The value of a setting in the unit, with the home directory put in.
fn setting(unit: &str, name: &str, home: &Home) -> String {
    let value = unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    value.unwrap().replace("%h", home.path("").to_str().unwrap().trim_end_matches('/'))
}

/// Runs a command in a home where `headroom` is installed for the user; it has to say where it
/// listens.
fn starts(home: &Home, mut command: Command) {
    let bin = home.path(".local/bin");
    fs::create_dir_all(&bin).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_headroom"), bin.join("headroom")).unwrap();
    command.env("HOME", home.path("")).env("HEADROOM_PORT", "0");
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.starts_with("Headroom listens on http://127.0.0.1:"), "{line:?}");
}

#[test]
#[cfg(unix)]
fn the_command_of_the_systemd_unit_starts_the_server() {
    let unit = fs::read_to_string(format!("{DOCS}/headroom.service")).unwrap();
    let home = Home::new();
    let command_line = setting(&unit, "ExecStart", &home);
    let (variable, path) = setting(&unit, "Environment", &home)
        .split_once('=')
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .unwrap();
    let mut words = command_line.split(' ');
    let mut command = Command::new(words.next().unwrap());
    command.args(words).env_clear().env(variable, path);
    starts(&home, command);
}

#[test]
#[cfg(unix)]
fn systemd_takes_the_unit() {
    let Ok(version) = Command::new("systemd-analyze").arg("--version").output() else {
        return; // No systemd on this machine; the test above has run the unit's command.
    };
    assert!(version.status.success());
    let output = Command::new("systemd-analyze")
        .args(["verify", "--man=no", &format!("{DOCS}/headroom.service")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("headroom.service"), "{said}");
}

#[test]
#[cfg(unix)]
fn the_command_of_the_launchd_plist_starts_the_server() {
    let text = fs::read_to_string(format!("{DOCS}/headroom.plist")).unwrap();
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let document = roxmltree::Document::parse_with_options(&text, options).unwrap();
    let dict = document.root_element().first_element_child().unwrap();
    let keys = dict.children().filter(|node| node.has_tag_name("key"));
    let value = |name: &str| {
        let key = keys.clone().find(|key| key.text() == Some(name)).unwrap();
        key.next_sibling_element().unwrap()
    };
    assert_eq!(value("Label").text(), Some("headroom"));
    assert!(value("RunAtLoad").has_tag_name("true"));
    let arguments: Vec<&str> = value("ProgramArguments")
        .children()
        .filter(|node| node.is_element())
        .map(|argument| argument.text().unwrap())
        .collect();
    let home = Home::new();
    let mut command = Command::new(arguments[0]);
    command.args(&arguments[1..]).env_clear().env("PATH", "/usr/bin:/bin");
    starts(&home, command);
}
