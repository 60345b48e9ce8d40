//! `headroom stats`

use serde_json::{Value, json};

use crate::args::StatsArgs;
use crate::client::{self, Probe};
use crate::failure::Failure;
use crate::hook::result::Counters;
use crate::{environment, output, stats_text, store};

/// Prints the metrics of the running server, or the history that servers have recorded.
pub(crate) fn run(args: &StatsArgs) -> Result<(), Failure> {
    let url = client::server_url();
    let (live, past) = match client::probe(&url) {
        Probe::Headroom(_) => {
            let token = environment::token();
            let ask = |path: &str| {
                client::get_json(&url, token.as_deref(), path)
                    .map_err(|error| Failure::new(format!("{url}{path}: {error}")))
            };
            (Some(ask("/stats")?), Some(ask("/stats-history")?))
        }
        Probe::Another | Probe::Nobody => (None, kept()?),
    };
    let hooks = store::hook_counters().ok().and_then(|path| Counters::read(&path));
    let hooks = hooks.and_then(|counters| serde_json::to_value(counters).ok());
    if args.json {
        let server = live.is_some().then_some(&url);
        let all = json!({ "server": server, "stats": live, "history": past, "hooks": hooks });
        return output::print(&format!("{all:#}\n"));
    }
    if live.is_none() {
        output::note(format!("no server is running at {url}"));
    }
    match (&live, &past) {
        (None, None) => {
            output::note("no server has recorded anything on this machine yet: run headroom serve");
        }
        _ => output::print_styled(&stats_text::text(&url, live.as_ref(), past.as_ref()))?,
    }
    hooks.map_or(Ok(()), |hooks| output::print_styled(&stats_text::of_hooks(&hooks)))
}

/// The history that servers have recorded on this machine.
fn kept() -> Result<Option<Value>, Failure> {
    let file = store::history()?;
    server::read_history(&file)
        .map_err(|error| Failure::new(format!("{}: {error}", file.display())))
}
