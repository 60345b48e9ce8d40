//! `headroom retrieve HASH`

use originals::{Place, excerpts};

use crate::args::RetrieveArgs;
use crate::failure::Failure;
use crate::screen;

/// Prints an original, or the parts of it that answer a query.
pub(crate) fn run(args: &RetrieveArgs) -> Result<(), Failure> {
    let originals = args.bounds.shared()?;
    let original = originals.get(&args.hash).map_err(Failure::new)?.ok_or_else(|| {
        Failure::new(format!(
            "no original with hash {} in {}.\n\
             It may be older than {}, or kept in the memory of a server (--store memory).\n\
             Run the command that made it again.",
            args.hash.escape_debug(),
            originals.describe(),
            humantime::format_duration(originals.bounds().age),
        ))
    })?;
    match args.query.as_deref().filter(|query| !query.trim().is_empty()) {
        None => screen::print(&original.text),
        Some(query) => found(&original.text, query),
    }
}

fn found(original: &str, query: &str) -> Result<(), Failure> {
    let excerpts = excerpts(original, query);
    if excerpts.shown.is_empty() {
        return Err(Failure::new(format!(
            "nothing in the original answers {query:?}; without --query all of it is printed"
        )));
    }
    let mut out = String::new();
    for excerpt in &excerpts.shown {
        let place = match excerpt.place {
            Place::Lines(first, last) => format!("lines {first}-{last}"),
            Place::Item(index) => format!("item {index}"),
        };
        out.push_str(&format!("[{place}]\n{}\n", excerpt.text));
    }
    if excerpts.more > 0 {
        out.push_str(&format!("[{} more; ask for less]\n", excerpts.more));
    }
    screen::print(&out)
}
