//! `contextos task`: sets, shows or clears the current task.

use serde_json::json;

use crate::args::{Global, TaskArgs};
use crate::clock;
use crate::context_dir::{self, ContextDir};
use crate::explanation;
use crate::failure::Failure;
use crate::notes::task;
use crate::place::Place;
use crate::resolve;
use crate::terminal::Terminal;

pub(super) fn run(global: &Global, args: &TaskArgs, terminal: &Terminal) -> Result<(), Failure> {
    let folder = ContextDir::of(&Place::of(&global.repository(None))?.root)?;
    // `show` and `clear` are subcommands only alone: `clear the cache` is a task.
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["show"] | ["set"] if args.status.is_some() => set_status(&folder, args, terminal),
        [] | ["show"] | ["set"] if args.json => show_json(&folder, terminal),
        [] | ["show"] | ["set"] => show(&folder, terminal),
        ["clear"] => {
            folder.write(context_dir::TASK, &task::cleared_file(&clock::now()))?;
            terminal.note("task cleared");
            Ok(())
        }
        ["set", words @ ..] | words => set(&folder, &words.join(" "), args, terminal),
    }
}

fn show(folder: &ContextDir, terminal: &Terminal) -> Result<(), Failure> {
    match folder.read(context_dir::TASK)? {
        // A file that somebody else has written may contain anything.
        Some(text) if task::read(&text).is_some() => terminal.print(&secrets::redact(&text).text),
        _ => {
            terminal.note("no task is set; `contextos task \"what to do\"` sets one");
            Ok(())
        }
    }
}

fn show_json(folder: &ContextDir, terminal: &Terminal) -> Result<(), Failure> {
    let file = folder.read(context_dir::TASK)?;
    let file = file.as_deref().map(|file| secrets::redact(file).text);
    let task = file.as_deref().and_then(task::read);
    let status = task.as_ref().and(file.as_deref()).and_then(task::status);
    terminal.print(&explanation::json(&json!({ "task": task, "status": status })))
}

/// Changes the status of the task that is set.
fn set_status(folder: &ContextDir, args: &TaskArgs, terminal: &Terminal) -> Result<(), Failure> {
    let file = folder.read(context_dir::TASK)?.filter(|file| task::read(file).is_some());
    let status = args.status.as_deref().unwrap_or(task::STARTED);
    let Some(file) = file else {
        return Err(Failure::usage(
            "no task is set; `contextos task \"what to do\" --status …` sets one with its status",
        ));
    };
    let shown = folder.shown_from_here(context_dir::TASK);
    let changed = task::with_status(&file, status)
        .ok_or_else(|| Failure::new(format_args!("{shown} has no line `**Status:** …`")))?;
    folder.write(context_dir::TASK, &changed)?;
    terminal.note(&format!("status set in {shown}"));
    Ok(())
}

fn set(
    folder: &ContextDir,
    words: &str,
    args: &TaskArgs,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let task = resolve::given_task(words)?;
    let redacted = secrets::redact(&task);
    let status = args.status.as_deref().unwrap_or(task::STARTED);
    let file = task::file(&redacted.text, status, &clock::now());
    folder.write(context_dir::TASK, &file)?;
    terminal.note(&format!("task set in {}", folder.shown_from_here(context_dir::TASK)));
    if let Some(finding) = redacted.findings.first() {
        terminal.warn(&format!(
            "the task contains a credential ({}); it is kept redacted",
            finding.rule
        ));
    }
    Ok(())
}
