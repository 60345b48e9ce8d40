//! `contextos doctor`: is everything there that the program can use, and is it well?

use std::path::Path;

use agent_config::starts;
use checkout::{Git, GitError};

use crate::args::{DoctorArgs, Global};
use crate::compression::{self, Headroom};
use crate::context_dir::{self, ContextDir};
use crate::failure::Failure;
use crate::place::Place;
use crate::settings::{self, Settings};
use crate::terminal::Terminal;

/// One thing that was looked at.
struct Finding {
    well: bool,
    text: String,
}

impl Finding {
    fn well(text: impl Into<String>) -> Self {
        Self { well: true, text: text.into() }
    }

    fn ill(text: impl Into<String>) -> Self {
        Self { well: false, text: text.into() }
    }
}

pub(super) fn run(global: &Global, args: &DoctorArgs, terminal: &Terminal) -> Result<(), Failure> {
    let root = global.repository(None);
    let root = Place::of(&root).map_or(root, |place| place.root);
    let mut findings = vec![
        Finding::well(format!("contextos {}", env!("CARGO_PKG_VERSION"))),
        history(&root),
        folder(&root),
    ];
    match Settings::load(&root, global.config.as_deref()) {
        Ok(settings) => {
            findings.push(Finding::well(configuration()));
            findings.push(executable());
            findings.push(server(&settings));
        }
        Err(failure) => findings.push(Finding::ill(failure.to_string())),
    }
    let mut out = String::new();
    for finding in &findings {
        let mark = if finding.well { "ok" } else { "--" };
        out.push_str(&format!("{mark}  {}\n", finding.text.replace('\n', "\n    ")));
    }
    terminal.print(&out)?;
    let ill = findings.iter().filter(|finding| !finding.well).count();
    if args.check && ill > 0 {
        return Err(Failure::check(format_args!("{ill} of {} need attention", findings.len())));
    }
    Ok(())
}

fn history(root: &Path) -> Finding {
    match Git::open(root).and_then(|git| git.history()) {
        Ok(history) => Finding::well(format!("history: {} commits", history.commits.len())),
        Err(GitError::NotARepository) => Finding::well("history: none, this is no git checkout"),
        Err(error) => Finding::ill(format!("history: {error}")),
    }
}

fn folder(root: &Path) -> Finding {
    let folder = match ContextDir::of(root) {
        Ok(folder) => folder,
        Err(failure) => return Finding::ill(failure.to_string()),
    };
    match folder.read(context_dir::TASK) {
        Err(failure) => Finding::ill(failure.to_string()),
        Ok(None) => Finding::well("task: none set"),
        Ok(Some(text)) => match crate::notes::task::read(&text) {
            Some(task) => Finding::well(format!("task: {}", task.lines().next().unwrap_or(""))),
            None => Finding::well("task: none set"),
        },
    }
}

fn configuration() -> String {
    match settings::user_file() {
        Some(path) if path.exists() => format!("configuration: {}", path.display()),
        Some(path) => format!("configuration: none at {}", path.display()),
        None => "configuration: no home folder".into(),
    }
}

/// There are two programs of the name `headroom`; only one of them can `serve`.
fn executable() -> Finding {
    let Some(path) = compression::find_headroom() else {
        return Finding::well("headroom: not installed; only --compress headroom needs it");
    };
    let shown = path.display();
    match starts::succeeds(&path, &["serve", "--help"]) {
        Ok(true) => Finding::well(format!("headroom: {shown}")),
        Ok(false) => Finding::ill(format!(
            "headroom: {shown} has no `serve`: it is the other program of that name\n\
             start that one with `headroom proxy`, or install the one that belongs to contextos"
        )),
        Err(error) => Finding::ill(format!("headroom: {error}")),
    }
}

fn server(settings: &Settings) -> Finding {
    match Headroom::new(settings).and_then(|headroom| Ok((headroom.version()?, headroom.url()))) {
        Ok((version, url)) => Finding::well(format!("headroom at {url}: version {version}")),
        Err(error) => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            let first = first.trim_start_matches("Error: ");
            Finding::well(format!("no server: {first}"))
        }
    }
}
