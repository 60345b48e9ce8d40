//! `contextos doctor`: checks the history, the configuration and the Headroom server.

use std::path::Path;

use agent_config::starts;
use checkout::{Git, GitError};
use serde_json::{Value, json};

use crate::args::{DoctorArgs, Global};
use crate::compression::{self, Headroom};
use crate::context_dir::{self, ContextDir};
use crate::explanation;
use crate::failure::Failure;
use crate::place::Place;
use crate::settings::{self, Settings};
use crate::terminal::{Terminal, counted};

/// The result of one check.
struct Check {
    ok: bool,
    text: String,
}

impl Check {
    fn ok(text: impl Into<String>) -> Self {
        Self { ok: true, text: text.into() }
    }

    fn failed(text: impl Into<String>) -> Self {
        Self { ok: false, text: text.into() }
    }
}

pub(super) fn run(global: &Global, args: &DoctorArgs, terminal: &Terminal) -> Result<(), Failure> {
    let root = global.repository(None);
    let root = Place::of(&root).map_or(root, |place| place.root);
    let mut checks = vec![
        Check::ok(format!("contextos {}", env!("CARGO_PKG_VERSION"))),
        history(&root),
        folder(&root),
    ];
    match Settings::load(&root, global.config.as_deref()) {
        Ok(settings) => {
            checks.push(Check::ok(configuration()));
            checks.push(executable());
            checks.push(server(&settings));
        }
        Err(failure) => checks.push(Check::failed(failure.to_string())),
    }
    let failed = checks.iter().filter(|check| !check.ok).count();
    terminal.print(&if args.json { to_json(&checks) } else { to_text(&checks) })?;
    if args.check && failed > 0 {
        let verb = if failed == 1 { "needs" } else { "need" };
        return Err(Failure::check(format_args!(
            "{failed} of {} checks {verb} attention",
            checks.len()
        )));
    }
    Ok(())
}

/// A line for each check.
fn to_text(checks: &[Check]) -> String {
    let mut out = String::new();
    for check in checks {
        let mark = if check.ok { "ok" } else { "--" };
        out.push_str(&format!("{mark}  {}\n", check.text.replace('\n', "\n    ")));
    }
    out
}

fn to_json(checks: &[Check]) -> String {
    let checks: Vec<Value> =
        checks.iter().map(|check| json!({ "ok": check.ok, "text": check.text })).collect();
    let ok = checks.iter().all(|check| check["ok"] == true);
    explanation::json(&json!({ "ok": ok, "checks": checks }))
}

fn history(root: &Path) -> Check {
    // Reading it takes git a tenth of a second, which is left to the run that needs it.
    match Git::known_commits(root) {
        Ok(Some(commits)) => Check::ok(format!("history: {}", counted(commits, "commit"))),
        Ok(None) => Check::ok("history: not read yet; the next pack reads it"),
        Err(GitError::NotARepository) => Check::ok("history: none (not a git checkout)"),
        Err(error) => Check::failed(format!("history: {error}")),
    }
}

fn folder(root: &Path) -> Check {
    let folder = match ContextDir::of(root) {
        Ok(folder) => folder,
        Err(failure) => return Check::failed(failure.to_string()),
    };
    match folder.read(context_dir::TASK) {
        Err(failure) => Check::failed(failure.to_string()),
        Ok(None) => Check::ok("task: none set"),
        Ok(Some(text)) => match crate::notes::task::read(&text) {
            Some(task) => {
                let task = secrets::redact(&task).text;
                Check::ok(format!("task: {}", task.lines().next().unwrap_or("")))
            }
            None => Check::ok("task: none set"),
        },
    }
}

fn configuration() -> String {
    match settings::user_file() {
        Some(path) if path.exists() => format!("configuration: {}", path.display()),
        Some(path) => format!("configuration: defaults ({} doesn't exist)", path.display()),
        None => "configuration: defaults (there is no home folder)".into(),
    }
}

/// There are two programs named `headroom`; only one of them has `serve`.
fn executable() -> Check {
    let Some(path) = compression::find_headroom() else {
        return Check::ok("headroom: not installed; only --compress headroom needs it");
    };
    let shown = path.display();
    match starts::succeeds(&path, &["serve", "--help"]) {
        Ok(true) => Check::ok(format!("headroom: {shown}")),
        Ok(false) => Check::failed(format!(
            "headroom: {shown} has no `serve`: it is another program with that name\n\
             start its server with `headroom proxy`, or install the headroom that belongs to contextos"
        )),
        Err(error) => Check::failed(format!("headroom: {error}")),
    }
}

fn server(settings: &Settings) -> Check {
    match Headroom::new(settings).and_then(|headroom| Ok((headroom.version()?, headroom.url()))) {
        Ok((version, url)) => Check::ok(format!("headroom at {url}: version {version}")),
        Err(error) => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            let first = first.trim_start_matches("Error: ");
            Check::ok(format!("no server: {first}"))
        }
    }
}
