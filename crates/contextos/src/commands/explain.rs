//! `contextos explain`: why a file or symbol is, or isn't, in the pack.

use crate::args::{ExplainArgs, Global};
use crate::explanation;
use crate::failure::Failure;
use crate::pipeline;
use crate::resolve;
use crate::settings::Settings;
use crate::terminal::Terminal;

pub(super) fn run(global: &Global, args: &ExplainArgs, terminal: &Terminal) -> Result<(), Failure> {
    let root = global.repository(None);
    let settings = Settings::load(&root, global.config.as_deref())?;
    let task = resolve::task(args.pick.task.as_deref(), &root)?;
    let picked = resolve::pick(root, task, &args.pick, &settings)?;
    let packed = pipeline::run(&picked.request, &*terminal.progress()).map_err(Failure::new)?;
    let answer = explanation::about(&args.subject, &packed, &picked.request)?;
    terminal.print(&if args.json { explanation::json(&answer) } else { answer.to_text() })
}
