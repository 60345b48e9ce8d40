//! `headroom stats`

use serde_json::{Value, json};

use crate::args::StatsArgs;
use crate::failure::Failure;
use crate::running::{self, Answer};
use crate::{environment, figures, screen, store};

/// Asks the server, or reads what servers have kept → prints it.
pub(crate) fn run(args: &StatsArgs) -> Result<(), Failure> {
    let url = running::server_url();
    let (live, past) = match running::who_is_at(&url) {
        Answer::Headroom(_) => {
            let token = environment::token();
            let ask = |path: &str| {
                running::figures(&url, token.as_deref(), path)
                    .map_err(|error| Failure::new(format!("{url}{path}: {error}")))
            };
            (Some(ask("/stats")?), Some(ask("/stats-history")?))
        }
        Answer::Another | Answer::Nobody => (None, kept()?),
    };
    if args.json {
        let server = live.is_some().then_some(&url);
        let answer = json!({ "server": server, "stats": live, "history": past });
        return screen::print(&format!("{answer:#}\n"));
    }
    if live.is_none() {
        screen::note(format!("no server answers at {url}"));
    }
    match (&live, &past) {
        (None, None) => {
            screen::note("and none has kept figures on this machine yet: headroom serve");
            Ok(())
        }
        _ => screen::print_styled(&figures::text(&url, live.as_ref(), past.as_ref())),
    }
}

/// What servers have kept on this machine.
fn kept() -> Result<Option<Value>, Failure> {
    let file = store::figures()?;
    proxy::kept_figures(&file).map_err(|error| Failure::new(format!("{}: {error}", file.display())))
}
