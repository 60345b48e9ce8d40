//! `headroom audit`: what past sessions of coding agents would have cost with smaller tool results.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use agent_config::agent;
use agent_config::machine::Machine;
use llm_proxy::Offline;
use private_fs::Writer;

use crate::args::AuditArgs;
use crate::audit::replay::replay;
use crate::audit::{formats, html, json, report};
use crate::failure::Failure;
use crate::{output, prices};

/// Folders below a folder of transcripts that are looked into.
const DEEPEST: usize = 6;
/// Files that are replayed at most.
const MOST_FILES: usize = 100_000;

/// Finds the transcripts → replays each → prints what they come to.
pub(crate) fn run(args: &AuditArgs) -> Result<(), Failure> {
    let prices = prices::read()?;
    let files = if args.files.is_empty() { kept(args.since)? } else { named(&args.files)? };
    let offline = Offline::new().map_err(Failure::new)?;
    let totals = replay(&files, &offline, &prices)
        .map_err(|error| Failure::new(format!("the replay can't be done: {error}")))?;
    if let Some(path) = &args.html {
        write(path, &html::page(&totals))?;
        output::note(format!("written to {}", path.display()));
    }
    let answer =
        if args.json { format!("{:#}\n", json::json(&totals)) } else { report::text(&totals) };
    output::print(&answer)
}

/// The transcripts that agents keep on this machine and that have changed lately.
fn kept(since: Duration) -> Result<Vec<PathBuf>, Failure> {
    let machine = Machine::current().ok_or_else(|| Failure::new("there is no home directory"))?;
    let mut files = Vec::new();
    for transcripts in agent::all().iter().filter_map(|agent| agent.transcripts.as_ref()) {
        for folder in transcripts.folders(&machine) {
            collect(&folder, DEEPEST, &mut files);
        }
    }
    let begin = SystemTime::now().checked_sub(since);
    files.retain(|path| {
        let changed = fs::metadata(path).and_then(|metadata| metadata.modified());
        begin.is_none_or(|begin| changed.is_ok_and(|changed| changed >= begin))
    });
    files.sort();
    Ok(files)
}

/// The files that were named, and those in folders that were.
fn named(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            collect(path, DEEPEST, &mut files);
        } else if path.exists() {
            files.push(path.clone());
        } else {
            return Err(Failure::new(format!("there is no {}", path.display())));
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// The files in a folder and those below it that are transcripts by their names; links aren't followed.
fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let path = entry.path();
        if kind.is_dir() && depth > 0 {
            collect(&path, depth - 1, files);
        } else if kind.is_file() && formats::is_transcript_name(&path) && files.len() < MOST_FILES {
            files.push(path);
        }
    }
}

/// Writes a file in one step.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    Writer::new()
        .write(path, text.as_bytes())
        .map_err(|error| Failure::new(format!("can't write {}: {error}", path.display())))
}
