//! `contextos churn`: the files that changed most in the last days.

use checkout::Git;
use select::HistoryStatus;

use crate::args::{ChurnArgs, Global};
use crate::churn::churn;
use crate::clock;
use crate::context_dir::ContextDir;
use crate::explanation;
use crate::failure::Failure;
use crate::terminal::{Terminal, counted, escape_line};

pub(super) fn run(global: &Global, args: &ChurnArgs, terminal: &Terminal) -> Result<(), Failure> {
    let root = global.repository(args.repo.as_deref());
    ContextDir::of(&root)?;
    let history = Git::open(&root).and_then(|git| git.history()).map_err(Failure::new)?;
    if history.status == HistoryStatus::Shallow {
        terminal.warn("the clone is shallow: older commits are missing");
    }
    let churn = churn(&history, args.days, args.top, clock::seconds());
    if args.json {
        return terminal.print(&explanation::json(&churn));
    }
    let mut out = String::new();
    for changed in &churn.files {
        // A path may contain anything; in a pipe too, it is one line that no terminal interprets.
        let path = escape_line(&changed.path);
        out.push_str(&format!("{:5}  {}  {path}\n", changed.commits, changed.last));
    }
    terminal.print(&out)?;
    terminal.note(&format!(
        "{} in {} (without merges and commits of more than 30 files)",
        counted(churn.commits, "commit"),
        counted(churn.days as usize, "day")
    ));
    Ok(())
}
