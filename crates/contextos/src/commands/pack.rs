//! `contextos pack`: what matters for a task, within a token budget.

use std::path::Path;

use crate::args::{Global, PackArgs, PackFormat};
use crate::explanation::Explanation;
use crate::failure::Failure;
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
    let root = global.repository(args.repo.as_deref());
    let settings = Settings::load(&root, global.config.as_deref())?;
    let format = resolve::format(args.format, &settings)?;
    let task = resolve::task(args.pick.task.as_deref(), &root)?;
    let picked = resolve::pick(root, task, &args.pick, &settings)?;
    let producer = Producer::new(&picked.request.root, &args.write, &settings, terminal)?;
    let budget = picked.request.budget;
    let packed = producer.produce(picked, format, format.file())?;
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
