//! `headroom audit`: what past sessions of coding agents would have cost with smaller tool results.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use agent_config::agent;
use agent_config::machine::Machine;
use llm_proxy::Offline;
use metrics::Prices;
use private_fs::Writer;

use crate::args::AuditArgs;
use crate::audit::totals::AuditTotals;
use crate::audit::{html, report, transcript};
use crate::failure::Failure;
use crate::{output, prices};

/// Folders below a folder of transcripts that are looked into.
const DEEPEST: usize = 6;
/// Room for the deepest recursion of a parser.
const STACK: usize = 8 << 20;
/// Files that are replayed at most.
const MOST_FILES: usize = 100_000;

/// Finds the transcripts → replays each → prints what they come to.
pub(crate) fn run(args: &AuditArgs) -> Result<(), Failure> {
    let prices = prices::read()?;
    let files = if args.files.is_empty() { kept(args.since)? } else { named(&args.files)? };
    let totals = replay(&files, &prices)?;
    if let Some(path) = &args.html {
        write(path, &html::page(&totals))?;
        output::note(format!("written to {}", path.display()));
    }
    let answer =
        if args.json { format!("{:#}\n", report::json(&totals)) } else { report::text(&totals) };
    output::print(&answer)
}

/// Replays files side by side, and adds them up in their own order.
fn replay(files: &[PathBuf], prices: &Prices) -> Result<AuditTotals, Failure> {
    let offline = Offline::new().map_err(Failure::new)?;
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = files.get(at) else { return done };
            let mut totals = AuditTotals::default();
            add(&mut totals, path, &offline, prices);
            done.push((at, totals));
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from).min(files.len());
    let mut all_totals = thread::scope(|scope| {
        let mut threads = Vec::new();
        for _ in 0..workers {
            threads.push(thread::Builder::new().stack_size(STACK).spawn_scoped(scope, worker)?);
        }
        let mut all_totals = Vec::new();
        for thread in threads {
            all_totals.extend(thread.join().map_err(|_| io::Error::other("it failed"))?);
        }
        Ok(all_totals)
    })
    .map_err(|error: io::Error| Failure::new(format!("the replay can't be done: {error}")))?;
    all_totals.sort_by_key(|(at, _)| *at);
    let mut whole = AuditTotals::default();
    all_totals.into_iter().for_each(|(_, totals)| whole.merge(totals));
    Ok(whole)
}

fn add(totals: &mut AuditTotals, path: &Path, offline: &Offline, prices: &Prices) {
    match transcript::read(path) {
        Ok(Some((format, transcript))) => {
            *totals.transcripts.entry(format).or_default() += 1;
            totals.lines += transcript.lines;
            totals.passed_over.add(transcript.passed_over);
            for conversation in &transcript.conversations {
                totals.add(format, conversation, offline, prices);
            }
        }
        Ok(None) => totals.foreign += 1,
        Err(_) => totals.unreadable += 1,
    }
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

/// The `.jsonl` files in a folder and those below it; links aren't followed.
fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let path = entry.path();
        if kind.is_dir() && depth > 0 {
            collect(&path, depth - 1, files);
        } else if kind.is_file()
            && path.extension().is_some_and(|ending| ending == "jsonl")
            && files.len() < MOST_FILES
        {
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
