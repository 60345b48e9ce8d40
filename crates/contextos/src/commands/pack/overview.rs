//! `contextos pack --all` and `--tree`: what is in a repository, without a task.

use checkout::Cache;
use select::SourceFile;

use crate::args::{PackArgs, PackFormat};
use crate::clipboard;
use crate::disk_cache::DiskCache;
use crate::explanation;
use crate::failure::Failure;
use crate::overview;
use crate::pipeline::{self, Texts};
use crate::place::Place;
use crate::produce::Producer;
use crate::resolve;
use crate::settings::Settings;
use crate::terminal::{Terminal, counted, grouped};
use crate::token_tree;

pub(super) fn run(
    place: Place,
    args: &PackArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let plan = resolve::pick(place.clone(), String::new(), &args.pick, settings)?;
    let request = &plan.request;
    let progress = terminal.progress();
    // Every file's text is needed.
    let tree = pipeline::read(request, Texts::AtOnce, &*progress).map_err(Failure::new)?;
    let corpus = &tree.corpus;
    if let Some(depth) = args.tree {
        drop(progress);
        let tokens = token_tree::tree(&corpus.files, request.encoding);
        return terminal.print(&match args.format == Some(PackFormat::Json) || args.json {
            true => explanation::json(&tokens),
            false => tokens.to_text(depth, usize::MAX),
        });
    }
    let printed = !args.json && !args.copy && !Terminal::is_screen();
    let producer = Producer::new(&place, &args.write, settings, printed, terminal)?;
    progress.stage("parsing");
    let files: Vec<&SourceFile> = corpus.files.iter().collect();
    let cache = DiskCache(Cache::open(&request.root));
    let outlines = pipeline::outlines(&files, &cache, &*progress);
    cache.0.save();
    drop(progress);
    let title = place.name();
    let found = overview::overview(corpus, &outlines, &title, request.budget, request.encoding);
    let overview = found.ok_or_else(|| {
        let budget = grouped(plan.budget);
        Failure::new(format_args!("a budget of {budget} tokens is too small for an overview"))
    })?;
    let written = producer.write_overview(&overview.text, printed)?;
    terminal.note(&format!(
        "overview: {} of {} tokens; signatures of {} of {}\nwritten: {}",
        grouped(plan.model.estimate(overview.tokens)),
        grouped(plan.budget),
        grouped(overview.files),
        counted(corpus.files.len(), "file"),
        written.join(", ")
    ));
    if args.copy {
        terminal.note(&format!("copied: {}", clipboard::copy(&overview.text)?));
    }
    if args.json {
        let summary = serde_json::json!({
            "budget": request.budget, "tokens": overview.tokens, "files": overview.files,
            "files_in_all": corpus.files.len(), "written": written,
        });
        terminal.print(&explanation::json(&summary))?;
    }
    Ok(())
}
