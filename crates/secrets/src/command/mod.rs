//! Passwords in command lines: `docker login -p …`, `mysql -uroot -p…`, `curl -u user:…`.

mod piped;
mod place;
mod table;
mod words;

use std::ops::Range;

use self::piped::{AUTH, PASSWD, PIPED, piped, typed_twice};
use self::place::CommandLine;
use self::table::COMMANDS;
use crate::search::{Begins, Keyword};

pub(crate) const RULE: &str = "command-password";

/// The longest rest of a command line that is looked at, in bytes.
const LONGEST: usize = 800;

/// The keywords of this detector.
pub(crate) fn keywords() -> impl Iterator<Item = Keyword> {
    COMMANDS.iter().map(|&(text, _)| {
        let has_case = !PIPED.contains(&text);
        Keyword { has_case, begins: Begins::Word, ..Keyword::anywhere(text) }
    })
}

/// The secrets of the command at `hit`, the one of this index.
pub(crate) fn find(text: &str, hit: &Range<usize>, index: usize, found: &mut Vec<Range<usize>>) {
    let (command, places) = COMMANDS[index];
    if PIPED.contains(&command) {
        match command {
            PASSWD => typed_twice(text, hit.start, found),
            _ => found.extend(piped(text, hit.start, command == "chpasswd")),
        }
        return;
    }
    let before = &text[..hit.start];
    if before.ends_with(|c: char| c.is_alphanumeric() || "_-.".contains(c))
        || command == AUTH && !before.ends_with("> ")
    {
        return;
    }
    let words = match command.ends_with(", ") {
        true => words::listed_words(text, hit.end),
        false => words::words(text, hit.end),
    };
    let line = CommandLine { text, start: hit.end, words };
    for place in places {
        line.add(*place, found);
    }
}
