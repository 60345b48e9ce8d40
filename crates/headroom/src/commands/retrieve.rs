//! `headroom retrieve HASH`

use blob_store::{Error, Excerpts, Key, Place, Selection};

use crate::args::RetrieveArgs;
use crate::failure::Failure;
use crate::output;

/// So many characters of what isn't a hash are repeated.
const MOST_QUOTED: usize = 40;

/// Prints an original, or the requested parts of it.
pub(crate) fn run(args: &RetrieveArgs) -> Result<(), Failure> {
    let hash = args.hash.trim();
    if Key::parse(hash).is_none() {
        let given: String = hash.chars().take(MOST_QUOTED).collect();
        return Err(Failure::new(format!(
            "`{given}` is not a hash: give the 24 hexadecimal digits after `hash=` in the marker, or at \
             least the first 12 of them"
        )));
    }
    let originals = args.store.shared()?;
    let original = originals.get(hash).map_err(refused)?.ok_or_else(|| {
        Failure::new(format!(
            "there is no original with hash {} in {}.\n\
             It may be older than {}, or stored in the memory of a server (--store memory).\n\
             To get the text again, run the command that wrote it.",
            hash.escape_debug(),
            originals.describe(),
            output::duration(originals.bounds().age),
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
            "{error}\nTry again later. To get the text now, run the command that wrote it."
        )),
        error => Failure::new(error),
    }
}

fn print_found(found: &Excerpts, query: &str) -> Result<(), Failure> {
    if found.shown.is_empty() {
        return Err(Failure::new(format!(
            "nothing in the original matches {query:?}; without --query, all of it is printed"
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
        out.push_str(&format!("[{} more; narrow the query]\n", found.more));
    }
    output::print(&out)
}
