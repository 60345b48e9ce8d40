//! The words of a task in the messages of commits, found once for everything that is asked of them.

use rayon::prelude::*;

use crate::history::{Commit, History};
use crate::survey::scanner_share;
use crate::task::Task;
use crate::terms::{Scanner, TermId, Vocabulary};

/// Words of a message by which it resembles a task; a longer one is a change log. By hand, not measured.
const WORDS: usize = 200;
/// Characters that so many words have at most. By hand.
const CHARACTERS: usize = WORDS * 12;
/// Bytes of a message in which words that stand together belong together. By hand: what follows is a change log.
const EARLY: usize = 1_000;

/// What a commit's message has of a task.
#[derive(Debug, Default)]
pub(crate) struct Message {
    /// The length of its beginning in parts of words.
    pub(crate) length: f64,
    /// The task's terms that it has, in order of their numbers.
    pub(crate) terms: Vec<SaidTerm>,
}

/// A term of the task in a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SaidTerm {
    pub(crate) id: TermId,
    /// How often the beginning has it; the rest has it, too, if that isn't at all.
    pub(crate) count: u32,
    /// Whether it is among the first [`EARLY`] bytes.
    pub(crate) is_early: bool,
}

/// What the message of each commit has of `task`, whose terms `vocabulary` numbers.
pub(crate) fn read(history: &History, vocabulary: &Vocabulary) -> Vec<Message> {
    let commits = &history.commits;
    commits
        .par_iter()
        .with_min_len(scanner_share(commits.len()))
        .map_init(|| Scanner::new(vocabulary), read_one)
        .collect()
}

fn read_one<'t>(scanner: &mut Scanner<'t>, commit: &'t Commit) -> Message {
    let text = commit.message.as_str();
    let end = beginning(text);
    let mut message = Message::default();
    scanner.scan(text, |at, parts, ids| {
        let (is_beginning, is_early) = (at < end, at < EARLY);
        message.length += if is_beginning { f64::from(parts) } else { 0.0 };
        let count = u32::from(is_beginning);
        message.terms.extend(ids.iter().map(|&id| SaidTerm { id, count, is_early }));
    });
    message.terms.sort_by_key(|said| said.id);
    message.terms.dedup_by(|later, first| {
        let is_same = later.id == first.id;
        first.count += if is_same { later.count } else { 0 };
        is_same
    });
    message
}

/// Where the first [`CHARACTERS`] of a text end.
fn beginning(text: &str) -> usize {
    let end = if text.len() > CHARACTERS { text.char_indices().nth(CHARACTERS) } else { None };
    end.map_or(text.len(), |(end, _)| end)
}

/// The numbers of the terms of `task`, as a query with more terms has them, too.
pub(crate) fn vocabulary(task: &Task) -> Vocabulary {
    let mut vocabulary = Vocabulary::default();
    for term in &task.terms {
        vocabulary.add(&term.term);
    }
    vocabulary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_counted_where_they_count() {
        let task = Task::new("refresh token cookie");
        let vocabulary = vocabulary(&task);
        let message = format!(
            "Refresh the token, refresh it{} token{} cookie",
            " é".repeat(300),
            " é".repeat(CHARACTERS)
        );
        let commit = Commit { id: String::new(), time: 0, message, paths: Vec::new() };
        let history = History { commits: vec![commit], ..History::default() };
        let [message] = &read(&history, &vocabulary)[..] else { panic!("one") };
        let of = |term: &str| {
            let id = vocabulary.get(term).unwrap();
            let said = message.terms.iter().find(|said| said.id == id).unwrap();
            (said.count, said.is_early)
        };
        let stem = |word: &str| {
            let found = task.terms.iter().find(|term| term.word.eq_ignore_ascii_case(word));
            found.unwrap().term.clone()
        };
        assert_eq!(of(&stem("refresh")), (2, true));
        assert_eq!(of(&stem("token")), (2, true));
        assert_eq!(of(&stem("cookie")), (0, false));
    }
}
