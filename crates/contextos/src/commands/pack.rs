//! `contextos pack`: what matters for a task, within a token budget; or an overview of all of a repository.

mod overview;
mod summary;

use std::path::Path;

use crate::args::{Global, PackArgs, PackFormat};
use crate::clipboard;
use crate::explanation::Explanation;
use crate::failure::Failure;
use crate::place::Place;
use crate::produce::{Produced, Producer, write_out};
use crate::remote;
use crate::report::Report;
use crate::resolve::{self, Named};
use crate::settings::Settings;
use crate::terminal::Terminal;

pub(super) fn run(global: &Global, args: &PackArgs, terminal: &Terminal) -> Result<(), Failure> {
    let writes_to_stdout = args.write.out.as_deref() == Some(Path::new("-"));
    if writes_to_stdout && (args.explain || args.json) {
        let flag = if args.json { "--json" } else { "--explain" };
        return Err(Failure::usage(format_args!(
            "{flag} and --out - both write to standard output; give --out a file"
        )));
    }
    let named = named(global, args, terminal)?;
    let place = Place::of(&global.repository(named.folder.as_deref()))?;
    let settings = Settings::load(&place.root, global.config.as_deref())?;
    if args.all || args.tree.is_some() {
        return overview::run(place, args, &settings, terminal);
    }
    let format = resolve::format(args.format, &settings)?;
    let task = resolve::task(named.task.as_deref(), &place.root, &args.pick)?;
    let mut picked = resolve::pick(place.clone(), task, &args.pick, &settings)?;
    // A pipe or a file gets the pack, unless it gets something else.
    let printed = !args.explain && !args.json && !args.copy && !Terminal::is_screen();
    let producer = Producer::new(&place, &args.write, &settings, printed, terminal)?;
    let budget = picked.request.budget;
    picked.request.is_pack_enough = !args.explain && args.report.is_none();
    let produced = producer.produce(picked, format, format.file(), printed)?;
    if let Some(file) = &args.report {
        write_report(file, &produced, budget, &place, terminal)?;
    }
    if args.copy {
        terminal.note(&format!("copied: {}", clipboard::copy(&produced.text)?));
    }
    if args.json {
        terminal.print(&summary::json(&produced, budget))?;
    }
    if args.explain {
        let explanation = Explanation::of(&produced.packed, budget);
        let text = match format {
            PackFormat::Json => explanation.to_json(),
            _ => explanation.to_text(),
        };
        terminal.print(&text)?;
    }
    Ok(())
}

/// The folder and the task; with `--clone`, the folder of the copy of the repository at the URL.
fn named(global: &Global, args: &PackArgs, terminal: &Terminal) -> Result<Named, Failure> {
    let flag = args.pick.task.as_deref();
    let url = args.repo.as_deref().and_then(Path::to_str).filter(|repo| remote::is_url(repo));
    match (url, args.clone) {
        (Some(url), true) => {
            let task = match (flag, args.words.as_slice()) {
                (flag, []) => flag.map(str::to_owned),
                (None, words) => Some(words.join(" ")),
                (Some(_), _) => {
                    return Err(Failure::usage(
                        "there are two tasks: the one of --task, and the words after the URL",
                    ));
                }
            };
            terminal.note(&format!("copying {}", remote::without_credentials(url)));
            Ok(Named { folder: Some(remote::copy(url)?), task })
        }
        (Some(url), false) => Err(Failure::usage(format_args!(
            "{} is a URL; with --clone, its last commits are copied to your cache and packed",
            remote::without_credentials(url)
        ))),
        (None, true) => Err(Failure::usage("--clone needs the URL of a repository")),
        (None, false) => resolve::named(global, args.repo.as_deref(), &args.words, flag),
    }
}

fn write_report(
    file: &Path,
    produced: &Produced,
    budget: usize,
    place: &Place,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let explanation = Explanation::of(&produced.packed, budget);
    // Plain data with string keys always becomes JSON.
    let explanation = serde_json::to_value(&explanation).unwrap_or_default();
    let page = Report {
        repository: &place.name(),
        explanation,
        text: &produced.text,
        summary: &produced.summary,
    };
    write_out(file, &page.to_html())
        .map_err(|error| Failure::new(format_args!("--report {}: {error}", file.display())))?;
    terminal.note(&format!("report: {}", file.display()));
    Ok(())
}
