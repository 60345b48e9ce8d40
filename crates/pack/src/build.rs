//! From a ranking to a finished pack: start reading at [`build`].

use std::collections::BTreeSet;

use select::{Asked, Corpus, Ranking, Weights};
use serde::{Deserialize, Serialize};
use syntax::LineRange;
use thiserror::Error;
use tokens::Encoding;

use crate::allocate::{self, Allocation, Pricer};
use crate::facts::{self, Facts};
use crate::render::{self, Format};
use crate::text::shown_path;

/// The smallest budget, in tokens, for which a pack is made: below, headings leave nothing for content.
/// By hand.
pub const MIN_BUDGET: usize = 200;

/// The files that the head names of which changed lines aren't shown. By hand.
const NAMED: usize = 3;
/// Names may take one token in this many of the budget. By hand.
const NOTE_SHARE: usize = 10;

/// What a pack is made from.
pub struct Input<'a> {
    /// The files.
    pub corpus: &'a Corpus,
    /// Their chunks, ranked.
    pub ranking: &'a Ranking,
    /// The weights that ranked them.
    pub weights: &'a Weights,
    /// The task as the user gave it, redacted.
    pub task: &'a str,
    /// HEAD's id, shortened, if there is one.
    pub commit: Option<&'a str>,
    /// Whether one of these files (by index) differs from the commit.
    pub dirty: &'a dyn Fn(&[usize]) -> bool,
    /// What was redacted in these files, in order of file and line.
    pub redacted: &'a [Redacted<'a>],
    /// The number of redactions in the whole repository.
    pub redacted_in_all: usize,
    /// What has changed, if the pack is about that: it is shown before anything else, in this order.
    pub changed: &'a [Asked],
    /// Lines for the reader under the title, for instance how an agent loads the pack.
    pub notes: &'a [String],
    /// A time to state in the pack; `None` for a reproducible one.
    pub timestamp: Option<&'a str>,
    /// Whether each line is preceded by its number (Markdown only).
    pub line_numbers: bool,
    /// The format.
    pub format: Format,
    /// The encoding whose tokens the budget counts.
    pub encoding: Encoding,
    /// The most tokens that the whole pack may have.
    pub budget: usize,
}

/// A redaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redacted<'a> {
    /// The file's index in the corpus.
    pub file: usize,
    /// Its line, from 1.
    pub line: u32,
    /// The rule that found it.
    pub rule: &'a str,
}

/// Why there is no pack.
#[derive(Debug, Error)]
pub enum PackError {
    /// The budget is too small for any pack.
    #[error("a budget of {budget} tokens is too small: the minimum is {minimum}")]
    BudgetTooSmall {
        /// The budget that was given.
        budget: usize,
        /// The smallest budget for this task and repository.
        minimum: usize,
    },
    /// A defect: the prices of the parts don't add up to the tokens of the pack.
    #[error("internal error: the pack came to {tokens} tokens, over its budget of {budget}")]
    OverBudget {
        /// The tokens of the pack.
        tokens: usize,
        /// The budget that was given.
        budget: usize,
    },
}

/// A file that the pack shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its index in the corpus.
    pub file: usize,
    /// Its lines.
    pub lines: Vec<LineRange>,
}

/// A file of which changed lines aren't shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unshown {
    /// Its index in the corpus.
    pub file: usize,
    /// The number of these lines.
    pub lines: usize,
}

/// The changed lines of a pack about changes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChangedLines {
    /// How many there are.
    pub in_all: usize,
    /// The files of which some aren't shown, those with the most of them first.
    pub unshown: Vec<Unshown>,
}

/// An eligible chunk that isn't shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unchosen {
    /// Its index in the ranking.
    pub chunk: usize,
    /// The tokens that it would add to the finished pack.
    pub price: usize,
}

/// A finished pack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pack {
    /// The text, within the budget.
    pub text: String,
    /// Its exact number of tokens.
    pub tokens: usize,
    /// The files that it shows, best first.
    pub shown: Vec<Shown>,
    /// The chunks that were chosen: indices in the ranking, in its order.
    pub chunks: Vec<usize>,
    /// The files of the map, best first: indices in the corpus.
    pub mapped: Vec<usize>,
    /// What of the changes isn't shown.
    pub changed: ChangedLines,
    /// The eligible chunks that aren't shown, most probable first: none of them fits into what is left.
    pub unchosen: Vec<Unchosen>,
}

/// Allocates the budget to the ranked chunks and writes the pack.
///
/// # Errors
/// [`PackError::BudgetTooSmall`] if the headings alone exceed the budget.
pub fn build(input: &Input<'_>) -> Result<Pack, PackError> {
    let title = facts::title(input);
    let mut facts = facts::facts(input, &title);
    let writer = input.format.writer();
    let mut noted = allocate_with_notes(input, &facts, &mut Pricer::new(&facts, writer))?;
    if !noted.changed.unshown.is_empty() {
        // Which of the changed files fit is known only now.
        facts.explain(noted.allocation.chosen.lines.keys().copied());
        noted = allocate_with_notes(input, &facts, &mut Pricer::new(&facts, writer))?;
    }
    let Noted { allocation, notes, changed } = noted;
    let mut pricer = Pricer::new(&facts, writer);
    let chosen = &allocation.chosen;
    let order: Vec<usize> =
        facts.order.iter().map(|o| o.0).filter(|file| chosen.lines.contains_key(file)).collect();
    let dirty = (input.dirty)(&order);
    let text = render::write(&facts, writer, &allocation, &order, (&notes, dirty));
    let tokens = tokens::count(input.encoding, &text);
    if tokens > input.budget {
        return Err(PackError::OverBudget { tokens, budget: input.budget });
    }
    let left_over = allocate::left_over(&facts, &mut pricer, &allocation);
    let chunks: BTreeSet<usize> = chosen.chunks.values().flatten().copied().collect();
    let shown = |&file: &usize| Shown { file, lines: chosen.lines[&file].clone() };
    Ok(Pack {
        text,
        tokens,
        shown: order.iter().map(shown).collect(),
        chunks: chunks.into_iter().collect(),
        changed,
        mapped: allocation.map.iter().map(|entry| entry.file).collect(),
        unchosen: left_over.into_iter().map(|(chunk, price)| Unchosen { chunk, price }).collect(),
    })
}

/// What a pack shows, and what its head says.
struct Noted {
    allocation: Allocation,
    notes: Vec<String>,
    changed: ChangedLines,
}

/// Allocates what the head leaves of the budget. If changed lines don't fit, the head says so, and there is less room.
fn allocate_with_notes(
    input: &Input<'_>,
    facts: &Facts<'_>,
    pricer: &mut Pricer<'_>,
) -> Result<Noted, PackError> {
    let writer = input.format.writer();
    let overhead = allocate::overhead(facts, input.notes, writer, pricer);
    let minimum = MIN_BUDGET.max(overhead);
    if input.budget < minimum {
        return Err(PackError::BudgetTooSmall { budget: input.budget, minimum });
    }
    let mut reserved = overhead;
    loop {
        let room = input.budget - reserved;
        let allocation = allocate::allocate(facts, writer, pricer, input.budget, room);
        let changed = ChangedLines {
            in_all: allocate::count(&facts.changed),
            unshown: allocate::unshown(&facts.changed, &allocation.chosen),
        };
        let mut notes = input.notes.to_vec();
        notes.extend(changed.note(input.corpus));
        let mut needed = allocate::overhead(facts, &notes, writer, pricer);
        if needed.saturating_sub(overhead) > input.budget / NOTE_SHARE {
            notes.truncate(input.notes.len());
            notes.extend(changed.note_with(input.corpus, 0));
            needed = allocate::overhead(facts, &notes, writer, pricer);
        }
        if needed > input.budget {
            notes.truncate(input.notes.len());
            needed = overhead;
        }
        if needed <= reserved {
            return Ok(Noted { allocation, notes, changed });
        }
        reserved = needed;
    }
}

impl ChangedLines {
    /// A line that says how many aren't shown, and names the first few files; `None` if all are.
    pub fn note(&self, corpus: &Corpus) -> Option<String> {
        self.note_with(corpus, NAMED)
    }

    fn note_with(&self, corpus: &Corpus, named: usize) -> Option<String> {
        let lines: usize = self.unshown.iter().map(|unshown| unshown.lines).sum();
        let name = |unshown: &Unshown| {
            format!("{} {}", shown_path(&corpus.files[unshown.file].path), unshown.lines)
        };
        let mut files: Vec<String> = self.unshown.iter().take(named).map(name).collect();
        files.extend(match (self.unshown.len() - files.len(), files.is_empty()) {
            (0, _) => None,
            (1, true) => Some("1 file".to_owned()),
            (count, true) => Some(format!("{count} files")),
            (count, false) => Some(format!("{count} more")),
        });
        let (in_all, files) = (self.in_all, files.join(", "));
        (lines > 0).then(|| format!("Changed lines left out: {lines} of {in_all} ({files})"))
    }
}
