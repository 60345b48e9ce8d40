//! `contextos scan`: reads the repository, writes summaries, the import graph and an index for people, and completes
//! the index by which packs are made.

use std::path::Path;
use std::time::SystemTime;

use checkout::{Cache, Checkout, Git, Indexing, ReadOptions, UnkeptHistory};
use private_fs::{Access, Links, Writer};
use rayon::prelude::*;
use select::SourceFile;
use serde_json::{Map, Value, json};
use tokens::Encoding;

use crate::args::{Global, ScanArgs};
use crate::context_dir::{self, ContextDir};
use crate::disk_cache::DiskCache;
use crate::explanation;
use crate::failure::Failure;
use crate::pipeline::{self, Progress, Texts};
use crate::place::Place;
use crate::scan::{graph, languages, project_index, summaries};
use crate::terminal::{Terminal, grouped};

/// The largest index that is imported, in bytes. By hand: ten times that of 250,000 files.
const MAX_IMPORT: u64 = 2 << 30;

pub(super) fn run(global: &Global, args: &ScanArgs, terminal: &Terminal) -> Result<(), Failure> {
    // The files that are written describe a whole repository, so a folder of one stands for all of it.
    let root = Place::of(&global.repository(args.repo.as_deref()))?.root;
    let folder = ContextDir::of(&root)?;
    if let Some(file) = &args.import {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(format_args!("{}: {error}", file.display()))
        };
        let bytes =
            private_fs::read(file, Links::Follow, MAX_IMPORT).map_err(|error| failed(&error))?;
        folder.create()?;
        checkout::import(&root, &bytes).map_err(|error| failed(&error))?;
    }
    let mut scanned = scan(&root, args, Texts::OnDemand, terminal)?;
    if scanned.checkout.texts.as_ref().is_some_and(|texts| texts.is_outdated()) {
        scanned = scan(&root, args, Texts::AtOnce, terminal)?;
    }
    for unreadable in &scanned.checkout.unreadable {
        terminal.warn(&format!("{}: {}", unreadable.path, unreadable.reason));
    }
    for remark in &scanned.checkout.remarks {
        terminal.warn(remark);
    }
    folder.create()?;
    folder.write(context_dir::FILE_SUMMARIES, &scanned.summaries)?;
    folder.write(context_dir::DEPENDENCY_GRAPH, &scanned.graph)?;
    if let Some(index) = &scanned.index {
        folder.write(context_dir::PROJECT_INDEX, index)?;
    }
    if let Some(file) = &args.export {
        Writer::new()
            .access(Access::Shared)
            .write(file, &checkout::export(&root))
            .map_err(|error| Failure::new(format_args!("{}: {error}", file.display())))?;
    }
    terminal.print(&scanned.report)
}

/// A checkout, and what is written about it.
struct Scanned {
    checkout: Checkout,
    summaries: String,
    graph: String,
    index: Option<String>,
    report: String,
}

fn scan(
    root: &Path,
    args: &ScanArgs,
    texts: Texts,
    terminal: &Terminal,
) -> Result<Scanned, Failure> {
    let progress = terminal.progress();
    progress.stage("reading");
    let checkout = read(root, args, texts, &*progress)?;
    progress.stage("parsing");
    let files: Vec<&SourceFile> = checkout.files.iter().collect();
    let cache = match &checkout.texts {
        _ if checkout.is_cache_tracked => Cache::none(),
        Some(texts) => Cache::open(root).for_source(texts.source_bytes()),
        None => Cache::open(root),
    };
    let cache = DiskCache(cache);
    let outlines = pipeline::outlines(&files, &cache, &*progress);
    cache.0.save();
    drop(progress);
    let summaries = summaries(&checkout.files, &outlines);
    let graph = graph(&checkout.files, &outlines);
    let index = (!args.no_index).then(|| project_index(&checkout.files, &summaries, &graph));
    let report = if args.json { json_report(&checkout, args) } else { report(&checkout, args) };
    Ok(Scanned {
        summaries: explanation::json(&summaries),
        graph: explanation::json(&graph),
        index,
        report,
        checkout,
    })
}

/// Reads the checkout, and in parallel its history, so that packs find both.
fn read(
    root: &Path,
    args: &ScanArgs,
    texts: Texts,
    progress: &dyn Progress,
) -> Result<Checkout, Failure> {
    let options = ReadOptions {
        max_files: if args.max_files == 0 { usize::MAX } else { args.max_files },
        ..ReadOptions::default()
    };
    let count = |p: checkout::Progress| progress.count(p.read, p.total);
    if texts == Texts::AtOnce {
        return checkout::read(root, &options, &count).map_err(Failure::new);
    }
    let git = Git::open_by_cache(root).ok();
    let indexing = Indexing {
        git: git.as_ref(),
        now: SystemTime::now(),
        is_kept: true,
        is_verified: args.verify,
    };
    let (checkout, ()) = rayon::join(
        || checkout::read_indexed(root, &options, indexing, &count),
        // That there is no history, or that git fails, is for packs to say.
        || {
            let read = git.as_ref().map(Git::history_by_cache);
            let unkept = read.and_then(Result::ok).and_then(|(_, unkept)| unkept);
            unkept.into_iter().for_each(UnkeptHistory::keep);
        },
    );
    checkout.map_err(Failure::new)
}

fn tokens(checkout: &Checkout) -> usize {
    checkout.files.par_iter().map(|file| tokens::count(Encoding::default(), &file.text)).sum()
}

/// The result as text: a line for each number.
fn report(checkout: &Checkout, args: &ScanArgs) -> String {
    let mut out = format!(
        "files indexed: {}\nfiles skipped: {}\ntokens: {}\n",
        grouped(checkout.files.len()),
        grouped(checkout.skipped.total()),
        grouped(tokens(checkout)),
    );
    for (reason, count) in checkout.skipped.counts() {
        out.push_str(&format!("skipped, {}: {}\n", reason.name(), grouped(count)));
    }
    if !args.no_languages {
        for (language, count) in languages(&checkout.files) {
            out.push_str(&format!("{language}: {}\n", grouped(count)));
        }
    }
    out
}

/// The result as JSON.
fn json_report(checkout: &Checkout, args: &ScanArgs) -> String {
    let skipped: Map<String, Value> = checkout
        .skipped
        .counts()
        .map(|(reason, count)| (reason.name().to_owned(), count.into()))
        .collect();
    let mut report = json!({
        "files": checkout.files.len(),
        "tokens": tokens(checkout),
        "skipped": skipped,
        "redacted": checkout.findings.len(),
    });
    if !args.no_languages {
        let counts = languages(&checkout.files).into_iter();
        let counts: Map<String, Value> =
            counts.map(|(name, count)| (name.to_owned(), count.into())).collect();
        report["languages"] = counts.into();
    }
    explanation::json(&report)
}
