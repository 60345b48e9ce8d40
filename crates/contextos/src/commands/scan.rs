//! `contextos scan`: reads the repository and writes summaries, the import graph and an index.

use checkout::{Cache, Checkout, ReadOptions};
use rayon::prelude::*;
use select::SourceFile;
use serde_json::{Map, Value, json};
use tokens::Encoding;

use crate::args::{Global, ScanArgs};
use crate::context_dir::{self, ContextDir};
use crate::explanation;
use crate::failure::Failure;
use crate::outline_cache::OutlineCache;
use crate::pipeline;
use crate::place::Place;
use crate::scan::{graph, languages, project_index, summaries};
use crate::terminal::{Terminal, grouped};

pub(super) fn run(global: &Global, args: &ScanArgs, terminal: &Terminal) -> Result<(), Failure> {
    // The files that are written describe a whole repository, so a folder of one stands for all of it.
    let root = Place::of(&global.repository(args.repo.as_deref()))?.root;
    let folder = ContextDir::of(&root)?;
    let progress = terminal.progress();
    progress.stage("reading");
    let options = ReadOptions {
        max_files: if args.max_files == 0 { usize::MAX } else { args.max_files },
        ..ReadOptions::default()
    };
    let checkout = checkout::read(&root, &options, &|p| progress.count(p.read, p.total))
        .map_err(Failure::new)?;
    for unreadable in &checkout.unreadable {
        terminal.warn(&format!("{}: {}", unreadable.path, unreadable.reason));
    }
    for remark in &checkout.remarks {
        terminal.warn(remark);
    }
    folder.create()?;
    progress.stage("parsing");
    let files: Vec<&SourceFile> = checkout.files.iter().collect();
    let outlines = pipeline::outlines(&files, &OutlineCache(Cache::open(&root)), &*progress);
    drop(progress);

    let summaries = summaries(&checkout.files, &outlines);
    let graph = graph(&checkout.files, &outlines);
    folder.write(context_dir::FILE_SUMMARIES, &explanation::json(&summaries))?;
    folder.write(context_dir::DEPENDENCY_GRAPH, &explanation::json(&graph))?;
    if !args.no_index {
        let index = project_index(&checkout.files, &summaries, &graph);
        folder.write(context_dir::PROJECT_INDEX, &index)?;
    }
    terminal.print(&if args.json { json_report(&checkout, args) } else { report(&checkout, args) })
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
