//! `contextos explain`: why a file or symbol is, or isn't, in the pack.

use crate::args::{ExplainArgs, Global};
use crate::explanation;
use crate::failure::Failure;
use crate::pipeline;
use crate::place::Place;
use crate::resolve;
use crate::settings::Settings;
use crate::terminal::Terminal;

pub(super) fn run(global: &Global, args: &ExplainArgs, terminal: &Terminal) -> Result<(), Failure> {
    let place = Place::of(&global.repository(None))?;
    let settings = Settings::load(&place.root, global.config.as_deref())?;
    let words = (!args.words.is_empty()).then(|| args.words.join(" "));
    let task = match (&args.pick.task, &words) {
        (Some(_), Some(words)) => {
            return Err(Failure::usage(format_args!(
                "there are two tasks: the one of --task, and `{words}`"
            )));
        }
        (given, words) => {
            resolve::task(given.as_deref().or(words.as_deref()), &place.root, &args.pick)?
        }
    };
    let picked = resolve::pick(place, task, &args.pick, &settings)?;
    let packed = pipeline::run(&picked.request, &*terminal.progress()).map_err(Failure::new)?;
    let explained = explanation::about(&args.subject, &packed, &picked.request)?;
    terminal.print(&if args.json { explanation::json(&explained) } else { explained.to_text() })
}
