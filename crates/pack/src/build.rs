//! From a ranking to a finished pack: start reading at [`build`].

use std::collections::BTreeSet;

use select::{Corpus, Ranking, Weights};
use syntax::LineRange;
use thiserror::Error;
use tokens::Encoding;

use crate::allocate::{self, Pricer};
use crate::facts;
use crate::render::{self, Format};

/// The smallest budget, in tokens, for which a pack is made.
pub const LEAST_BUDGET: usize = 200;

/// What a pack is made of.
pub struct Input<'a> {
    /// The files.
    pub corpus: &'a Corpus,
    /// Their units, ranked.
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
    /// How much was redacted in the whole repository.
    pub redacted_in_all: usize,
    /// Lines for the reader under the title: how an agent loads the pack, say.
    pub notes: &'a [String],
    /// A time to write down; none for the same bytes each time.
    pub timestamp: Option<&'a str>,
    /// Whether each line bears its number (Markdown).
    pub line_numbers: bool,
    /// The format.
    pub format: Format,
    /// The encoding in which the budget counts.
    pub encoding: Encoding,
    /// Tokens that the whole pack may have.
    pub budget: usize,
}

/// Where a credential was redacted.
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
    /// The budget is below what any pack needs.
    #[error("a budget of {budget} tokens is too small: the minimum is {least}")]
    BudgetTooSmall {
        /// As it was given.
        budget: usize,
        /// The least that works for this task and repository.
        least: usize,
    },
    /// A defect: the prices did not add up.
    #[error("internal error: the pack came to {tokens} tokens, over its budget of {budget}")]
    OverBudget {
        /// As counted.
        tokens: usize,
        /// As it was given.
        budget: usize,
    },
}

/// A file that the pack shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its index in the corpus.
    pub file: usize,
    /// Its lines.
    pub lines: Vec<LineRange>,
}

/// A unit that has a chance, and isn't shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Unchosen {
    /// Its index in the ranking.
    pub unit: usize,
    /// Tokens with it less tokens now, in the finished pack.
    pub price: usize,
}

/// A finished pack.
#[derive(Debug)]
pub struct Pack {
    /// The text, within the budget.
    pub text: String,
    /// Its tokens, exactly.
    pub tokens: usize,
    /// The files that it shows, best first.
    pub shown: Vec<Shown>,
    /// Indices in the ranking of the units that were chosen, in order.
    pub units: Vec<usize>,
    /// The files of the map, best first: indices in the corpus.
    pub mapped: Vec<usize>,
    /// Worthwhile units that are not shown, best first: none has a price within what is left.
    pub unchosen: Vec<Unchosen>,
}

/// Allocates the budget and writes the pack.
///
/// # Errors
/// [`PackError::BudgetTooSmall`] when what every pack has alone doesn't fit.
pub fn build(input: &Input<'_>) -> Result<Pack, PackError> {
    let title = facts::title(input);
    let facts = facts::facts(input, &title);
    let pieces = input.format.pieces();
    let mut pricer = Pricer::new(&facts, pieces);
    let frame = allocate::frame(&facts, pieces, &mut pricer);
    let least = LEAST_BUDGET.max(frame);
    if input.budget < least {
        return Err(PackError::BudgetTooSmall { budget: input.budget, least });
    }
    let room = input.budget - frame;
    let allocation = allocate::allocate(&facts, pieces, &mut pricer, input.budget, room);
    let chosen = &allocation.chosen;
    let order: Vec<usize> =
        facts.order.iter().map(|o| o.0).filter(|file| chosen.lines.contains_key(file)).collect();
    let text = render::write(&facts, pieces, &allocation, &order, (input.dirty)(&order));
    let tokens = tokens::count(input.encoding, &text);
    if tokens > input.budget {
        return Err(PackError::OverBudget { tokens, budget: input.budget });
    }
    let left_over = allocate::left_over(&facts, pieces, &mut pricer, &allocation);
    let units: BTreeSet<usize> = chosen.units.values().flatten().copied().collect();
    let shown = |&file: &usize| Shown { file, lines: chosen.lines[&file].clone() };
    Ok(Pack {
        text,
        tokens,
        shown: order.iter().map(shown).collect(),
        units: units.into_iter().collect(),
        mapped: allocation.map.iter().map(|entry| entry.file).collect(),
        unchosen: left_over.into_iter().map(|(unit, price)| Unchosen { unit, price }).collect(),
    })
}
