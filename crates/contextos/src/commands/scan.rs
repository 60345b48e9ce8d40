//! `contextos scan`: reads the repository, and writes down what it consists of.

use rayon::prelude::*;
use repo::{Cache, ReadOptions};
use serde_json::json;
use syntax::Outline;
use tokens::Encoding;

use crate::args::{Global, ScanArgs};
use crate::context_dir::{self, ContextDir};
use crate::explanation;
use crate::failure::Failure;
use crate::outline_cache;
use crate::scan::{graph, languages, project_index, summaries};
use crate::terminal::{Terminal, grouped};

pub(super) fn run(global: &Global, args: &ScanArgs, terminal: &Terminal) -> Result<(), Failure> {
    let root = global.repository(args.repo.as_deref());
    let folder = ContextDir::of(&root)?;
    let progress = terminal.progress();
    progress.stage("reading");
    let options = ReadOptions {
        max_files: if args.max_files == 0 { usize::MAX } else { args.max_files },
        ..ReadOptions::default()
    };
    let checkout =
        repo::read(&root, &options, &|p| progress.count(p.read, p.total)).map_err(Failure::new)?;
    for unreadable in &checkout.unreadable {
        terminal.warn(&format!("{}: {}", unreadable.path, unreadable.reason));
    }
    folder.create()?;
    let files = &checkout.files;
    progress.stage("parsing");
    let cache = Cache::open(&root);
    let done = std::sync::atomic::AtomicUsize::new(0);
    let known: Vec<(Outline, usize)> = files
        .par_iter()
        .map(|file| {
            let outline = cache.get(&outline_cache::key(file));
            let outline = outline.unwrap_or_else(|| syntax::outline(file.language, &file.text));
            let tokens = tokens::count(Encoding::default(), &file.text);
            progress
                .count(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, files.len());
            (outline, tokens)
        })
        .collect();
    let (outlines, counts): (Vec<Outline>, Vec<usize>) = known.into_iter().unzip();
    let tokens: usize = counts.into_iter().sum();
    let keys: Vec<_> = files.iter().map(outline_cache::key).collect();
    cache.keep(keys.iter().zip(&outlines));
    let summaries = summaries(files, &outlines);
    let graph = graph(files, &outlines);
    drop(progress);

    folder.write(context_dir::FILE_SUMMARIES, &explanation::json(&summaries))?;
    folder.write(context_dir::DEPENDENCY_GRAPH, &explanation::json(&graph))?;
    if !args.no_index {
        let index = project_index(files, &summaries, &graph);
        folder.write(context_dir::PROJECT_INDEX, &index)?;
    }
    let skipped: Vec<_> = checkout.skipped.counts().collect();
    let languages = languages(files);
    if args.json {
        let reasons: serde_json::Map<_, _> = skipped
            .iter()
            .map(|(reason, count)| (reason.name().to_owned(), json!(count)))
            .collect();
        let counts: serde_json::Map<_, _> =
            languages.iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect();
        let mut report = json!({
            "files": files.len(),
            "tokens": tokens,
            "skipped": reasons,
            "redacted": checkout.findings.len(),
        });
        if !args.no_languages {
            report["languages"] = counts.into();
        }
        return terminal.print(&explanation::json(&report));
    }
    let mut out = format!(
        "files indexed: {}\nfiles skipped: {}\ntokens: {}\n",
        grouped(files.len()),
        grouped(checkout.skipped.total()),
        grouped(tokens),
    );
    for (reason, count) in skipped {
        out.push_str(&format!("skipped, {}: {}\n", reason.name(), grouped(count)));
    }
    if !args.no_languages {
        for (language, count) in languages {
            out.push_str(&format!("{language}: {}\n", grouped(count)));
        }
    }
    terminal.print(&out)
}
