//! `mcp install`, `status` and `uninstall`, as both programs have them: what is done for each agent, and
//! what is said about it. Printing and exit codes are the programs'.

use serde_json::Value;

use crate::entry::Change;
use crate::install::{Installation, Selection, State};
use crate::machine::Machine;
use crate::server::Server;

/// The options of installing and uninstalling.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Also replace or remove an entry that this program didn't write.
    pub force: bool,
    /// Change nothing; report what would be changed.
    pub dry_run: bool,
}

/// The result for one agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub status: Status,
    /// A line about it, without a line end.
    pub line: String,
    /// What a dry run would do to the file, as a unified diff.
    pub diff: Option<String>,
}

/// How it ended for one agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Everything is as was asked for; it may have been so before.
    Done,
    /// Nothing was done, for a reason that isn't a fault.
    Skipped,
    /// It could not be done.
    Failed,
}

/// Whether the whole command succeeded.
///
/// # Errors
/// In words, if something failed, or nothing was done.
pub fn verdict(reports: &[Report]) -> Result<(), &'static str> {
    let any = |status| reports.iter().any(|report| report.status == status);
    if any(Status::Failed) {
        return Err("not every config file could be edited");
    }
    if any(Status::Done) { Ok(()) } else { Err("nothing was done") }
}

/// Puts `server` into the config file of each selected agent.
pub fn install(
    selection: &Selection,
    machine: &Machine<'_>,
    server: &Server,
    options: Options,
) -> Vec<Report> {
    let each = |found: &Installation| match &found.state {
        State::Missing => put(found, server, options, "added to"),
        State::Same => {
            found.report(Status::Done, format!("already configured in {}", found.place()))
        }
        State::Different { .. } if options.force => put(found, server, options, "replaced in"),
        State::Different { found: entry, kin } => found.kept(server, entry, *kin),
        State::NoAgent => found.absent(),
        State::Unreadable(error) => found.report(Status::Failed, error.to_string()),
    };
    selection.look(machine, server).iter().map(each).collect()
}

/// Takes `server` out of the config file of each selected agent.
pub fn uninstall(
    selection: &Selection,
    machine: &Machine<'_>,
    server: &Server,
    options: Options,
) -> Vec<Report> {
    let each = |found: &Installation| match &found.state {
        State::Missing => {
            found.report(Status::Done, format!("not configured in {}", found.place()))
        }
        State::Different { found: entry, kin: false } if !options.force => {
            found.kept(server, entry, false)
        }
        State::Same | State::Different { .. } => take(found, server, options),
        State::NoAgent => found.absent(),
        State::Unreadable(error) => found.report(Status::Failed, error.to_string()),
    };
    selection.look(machine, server).iter().map(each).collect()
}

/// Says what each selected agent knows of `server`.
pub fn status(selection: &Selection, machine: &Machine<'_>, server: &Server) -> Vec<Report> {
    let each = |found: &Installation| match &found.state {
        State::Missing => found.report(Status::Done, format!("not configured ({})", found.place())),
        State::Same => found.report(Status::Done, format!("configured ({})", found.place())),
        State::Different { found: entry, kin } => {
            let how =
                if *kin { "configured with other settings" } else { "configured differently" };
            let what = format!("{how} ({}){}", found.place(), found.starts(entry));
            found.report(Status::Done, what)
        }
        State::NoAgent => found.report(Status::Done, "not found on this machine".to_owned()),
        State::Unreadable(error) => found.report(Status::Failed, error.to_string()),
    };
    selection.look(machine, server).iter().map(each).collect()
}

fn put(found: &Installation, server: &Server, options: Options, done: &str) -> Report {
    match found.install(server) {
        Ok(change) => carry_out(found, &change, options, format!("{done} {}", found.place())),
        Err(error) => found.report(Status::Failed, error.to_string()),
    }
}

fn take(found: &Installation, server: &Server, options: Options) -> Report {
    match found.uninstall(server) {
        Ok(Some(change)) => {
            let rest = if change.removes_file() {
                ", which contained nothing else and was deleted"
            } else {
                ""
            };
            carry_out(found, &change, options, format!("removed from {}{rest}", found.place()))
        }
        Ok(None) => found.report(Status::Done, format!("not configured in {}", found.place())),
        Err(error) => found.report(Status::Failed, error.to_string()),
    }
}

fn carry_out(found: &Installation, change: &Change, options: Options, done: String) -> Report {
    carry_out_for(&found.agent.name, change, options, done)
}

/// Does `change`, or says what it would do.
pub(crate) fn carry_out_for(
    agent: &str,
    change: &Change,
    options: Options,
    done: String,
) -> Report {
    let report = |status, what: String| Report::of(agent, status, what);
    if options.dry_run {
        let report = report(Status::Done, format!("would be {done}"));
        return Report { diff: Some(change.diff()), ..report };
    }
    match change.apply() {
        Ok(()) => report(Status::Done, done),
        Err(error) => report(Status::Failed, error.to_string()),
    }
}

impl Report {
    /// About the agent of that name.
    pub(crate) fn of(agent: &str, status: Status, what: String) -> Self {
        Self { status, line: format!("{agent}: {what}"), diff: None }
    }
}

impl Installation {
    fn place(&self) -> std::path::Display<'_> {
        self.file.display()
    }

    fn report(&self, status: Status, what: String) -> Report {
        Report::of(&self.agent.name, status, what)
    }

    fn absent(&self) -> Report {
        self.report(Status::Skipped, "not found on this machine, skipped".to_owned())
    }

    fn kept(&self, server: &Server, entry: &Value, kin: bool) -> Report {
        let (name, place, starts) = (&server.name, self.place(), self.starts(entry));
        let entry = match kin {
            true => format!("`{name}` with other settings"),
            false => format!("another `{name}`"),
        };
        let what = format!("{place} has {entry}{starts}; it was kept, --force replaces it");
        self.report(Status::Skipped, what)
    }

    fn starts(&self, entry: &Value) -> String {
        match self.config.shape.program(entry) {
            Some(program) => format!(", which starts `{}`", program.escape_debug()),
            None => String::new(),
        }
    }
}
