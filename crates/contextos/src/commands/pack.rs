//! `contextos pack`: what matters for a task, within a token budget.

use std::path::Path;

use crate::args::{Global, PackArgs, PackFormat};
use crate::explanation::Explanation;
use crate::failure::Failure;
use crate::place::Place;
use crate::produce::Producer;
use crate::resolve;
use crate::settings::Settings;
use crate::terminal::Terminal;

pub(super) fn run(global: &Global, args: &PackArgs, terminal: &Terminal) -> Result<(), Failure> {
    if args.explain && args.write.out.as_deref() == Some(Path::new("-")) {
        return Err(Failure::usage(
            "--explain and --out - both write to standard output; give --out a file",
        ));
    }
    let flag = args.pick.task.as_deref();
    let named = resolve::named(global, args.repo.as_deref(), &args.words, flag)?;
    let place = Place::of(&global.repository(named.folder.as_deref()))?;
    let settings = Settings::load(&place.root, global.config.as_deref())?;
    let format = resolve::format(args.format, &settings)?;
    let task = resolve::task(named.task.as_deref(), &place.root)?;
    let picked = resolve::pick(place.clone(), task, &args.pick, &settings)?;
    // A pipe or a file gets the pack, unless it gets the explanation.
    let printed = !args.explain && !Terminal::is_screen();
    let producer = Producer::new(&place, &args.write, &settings, printed, terminal)?;
    let budget = picked.request.budget;
    let packed = producer.produce(picked, format, format.file(), printed)?;
    if args.explain {
        let explanation = Explanation::of(&packed, budget);
        let text = match format {
            PackFormat::Json => explanation.to_json(),
            _ => explanation.to_text(),
        };
        terminal.print(&text)?;
    }
    Ok(())
}
