//! `headroom retrieve HASH`

use blob_store::{Error, Excerpts, Place, Selection};

use crate::args::RetrieveArgs;
use crate::failure::Failure;
use crate::output;

/// Prints an original, or the parts of it that are asked for.
pub(crate) fn run(args: &RetrieveArgs) -> Result<(), Failure> {
    let originals = args.store.shared()?;
    let original = originals.get(&args.hash).map_err(refused)?.ok_or_else(|| {
        Failure::new(format!(
            "no original with hash {} in {}.\n\
             It may be older than {}, or kept in the memory of a server (--store memory).\n\
             Run the command that made it again.",
            args.hash.escape_debug(),
            originals.describe(),
            humantime::format_duration(originals.bounds().age),
        ))
    })?;
    let selection = Selection {
        pointer: args.pointer.clone(),
        lines: args.lines,
        query: args.query.clone().filter(|query| !query.trim().is_empty()),
    };
    if selection.is_whole() {
        return output::print(&original.text);
    }
    let found = selection.of(&original.text).map_err(Failure::new)?;
    match &selection.query {
        None => {
            output::print(&found.shown.iter().map(|part| part.text.as_str()).collect::<String>())
        }
        Some(query) => print_found(&found, query),
    }
}

fn refused(error: Error) -> Failure {
    match error {
        Error::Unavailable { .. } => Failure::new(format!(
            "{error}\nAsk again when it is back, or run the command that made the text again."
        )),
        error => Failure::new(error),
    }
}

fn print_found(found: &Excerpts, query: &str) -> Result<(), Failure> {
    if found.shown.is_empty() {
        return Err(Failure::new(format!(
            "nothing in the original answers {query:?}; without --query all of it is printed"
        )));
    }
    let mut out = String::new();
    for excerpt in &found.shown {
        match excerpt.place {
            Place::Lines(first, last) => out.push_str(&format!("[lines {first}-{last}]\n")),
            Place::Item(index) => out.push_str(&format!("[item {index}]\n")),
            Place::Whole => {}
        }
        out.push_str(&format!("{}\n", excerpt.text));
    }
    if found.more > 0 {
        out.push_str(&format!("[{} more; ask for less]\n", found.more));
    }
    output::print(&out)
}
