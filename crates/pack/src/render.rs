//! Rendering: head, list, map and files, fitted into the budget and written in one format.

use std::collections::{BTreeMap, BTreeSet};

use select::{Chosen, Corpus, Ranking, Weights, added_price, fit, fit_best, worthwhile};
use syntax::LineRange;
use thiserror::Error;
use tokens::Encoding;

use crate::format::Pieces;
use crate::json::Json;
use crate::map::{self, Mapped};
use crate::markdown::Markdown;
use crate::price::Pricer;
use crate::text::{Lines, one_line, shown_path};
use crate::xml::Xml;

/// The smallest budget, in tokens, for which a pack is made.
pub const LEAST_BUDGET: usize = 200;

/// The share of the budget that the map may take.
const MAP_SHARE: f64 = 0.08;
/// The share of the budget that the task may take in the title.
const TITLE_SHARE: usize = 10;
/// Redactions that are listed of a file: where they are shown, the text says so itself.
const REDACTIONS: usize = 3;

/// The formats of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Markdown.
    #[default]
    Markdown,
    /// JSON.
    Json,
    /// XML.
    Xml,
}

impl Format {
    fn pieces(self) -> &'static dyn Pieces {
        match self {
            Self::Markdown => &Markdown,
            Self::Json => &Json,
            Self::Xml => &Xml,
        }
    }
}

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

/// What the pieces of a pack are made from.
pub(crate) struct Facts<'a> {
    pub(crate) corpus: &'a Corpus,
    pub(crate) ranking: &'a Ranking,
    pub(crate) weights: &'a Weights,
    pub(crate) title: &'a str,
    pub(crate) commit: Option<&'a str>,
    /// By file: what was redacted in it, on a line; in files of the pack it is written down.
    pub(crate) redacted: BTreeMap<usize, String>,
    pub(crate) redacted_in_all: usize,
    pub(crate) notes: &'a [String],
    pub(crate) timestamp: Option<&'a str>,
    pub(crate) line_numbers: bool,
    pub(crate) encoding: Encoding,
    /// The ranked files, best first, with the chance of all their units.
    pub(crate) order: Vec<(usize, f64)>,
    /// The ranked files' lines.
    pub(crate) lines: BTreeMap<usize, Lines<'a>>,
}

/// Fits and renders a pack.
///
/// # Errors
/// [`PackError::BudgetTooSmall`] when head and tail alone don't fit.
pub fn render(input: &Input<'_>) -> Result<Pack, PackError> {
    let title = title(input);
    let facts = facts(input, &title);
    let pieces = input.format.pieces();
    let mut pricer = Pricer::new(&facts, pieces);
    let frame = frame(&facts, pieces, &mut pricer);
    if input.budget < LEAST_BUDGET.max(frame) {
        let least = LEAST_BUDGET.max(frame);
        return Err(PackError::BudgetTooSmall { budget: input.budget, least });
    }
    let room = input.budget - frame;
    let (chosen, map) = choose(&facts, pieces, &mut pricer, input.budget, room);
    let order: Vec<usize> =
        facts.order.iter().map(|o| o.0).filter(|file| chosen.lines.contains_key(file)).collect();
    let text = write(&facts, pieces, &chosen, &map, &order, (input.dirty)(&order));
    let tokens = tokens::count(input.encoding, &text);
    if tokens > input.budget {
        return Err(PackError::OverBudget { tokens, budget: input.budget });
    }
    let unchosen = unchosen(&facts, pieces, &mut pricer, &chosen, &map);
    Ok(Pack {
        text,
        tokens,
        shown: order
            .iter()
            .map(|file| Shown { file: *file, lines: chosen.lines[file].clone() })
            .collect(),
        units: chosen
            .units
            .values()
            .flatten()
            .copied()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        mapped: map.into_iter().map(|entry| entry.file).collect(),
        unchosen,
    })
}

/// The task on one line, at most a tenth of the budget, cut and marked if longer.
fn title(input: &Input<'_>) -> String {
    let line = one_line(input.task);
    let most = input.budget / TITLE_SHARE;
    if tokens::count(input.encoding, &line) <= most {
        return line;
    }
    let kept = tokens::cut(input.encoding, &line, most.saturating_sub(4));
    format!("{} … (cut)", kept.trim_end())
}

fn facts<'a>(input: &Input<'a>, title: &'a str) -> Facts<'a> {
    let mut chances: BTreeMap<usize, f64> = BTreeMap::new();
    for unit in &input.ranking.units {
        *chances.entry(unit.file).or_default() += unit.chance;
    }
    let lines = chances.keys().map(|&file| (file, Lines::of(&input.corpus.files[file]))).collect();
    let mut order: Vec<(usize, f64)> = chances.into_iter().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    Facts {
        corpus: input.corpus,
        ranking: input.ranking,
        weights: input.weights,
        title,
        commit: input.commit,
        redacted: redacted(input),
        redacted_in_all: input.redacted_in_all,
        notes: input.notes,
        timestamp: input.timestamp,
        line_numbers: input.line_numbers,
        encoding: input.encoding,
        order,
        lines,
    }
}

/// By file: `src/keys.py: 12 aws-access-key-id, 40 private-key`.
fn redacted(input: &Input<'_>) -> BTreeMap<usize, String> {
    let mut out = BTreeMap::new();
    for all in input.redacted.chunk_by(|a, b| a.file == b.file) {
        let file = all[0].file;
        let told =
            all.iter().take(REDACTIONS).map(|found| format!("{} {}", found.line, found.rule));
        let more = all.len().saturating_sub(REDACTIONS);
        let more = (more > 0).then(|| format!("{more} more"));
        let told: Vec<String> = told.chain(more).collect();
        let path = shown_path(&input.corpus.files[file].path);
        out.insert(file, format!("{path}: {}", told.join(", ")));
    }
    out
}

/// The tokens of everything that is there whatever is chosen.
fn frame(facts: &Facts<'_>, pieces: &dyn Pieces, pricer: &mut Pricer<'_>) -> usize {
    let head = tokens::count(facts.encoding, &pieces.head(facts, true))
        .max(tokens::count(facts.encoding, &pieces.head(facts, false)));
    head + pricer.piece(&pieces.redacted_close(facts))
        + pricer.piece(&pieces.map(facts, &[]))
        + pricer.piece(&pieces.files_open())
        + pricer.piece(&pieces.tail())
}

/// Chooses spans within what the map leaves, draws the map, and fills what is left with spans.
fn choose(
    facts: &Facts<'_>,
    pieces: &dyn Pieces,
    pricer: &mut Pricer<'_>,
    budget: usize,
    room: usize,
) -> (Chosen, Vec<Mapped>) {
    let most = (budget as f64 * MAP_SHARE) as usize;
    let mut chosen = Chosen::default();
    fit_best(facts.ranking, pricer, room, &mut chosen);
    fit(facts.ranking, pricer, room.saturating_sub(most), &mut chosen);
    let left = room.saturating_sub(chosen.tokens());
    let mut map = map::draw(facts, pieces, pricer, &chosen, most.min(left));
    loop {
        let taken = map_price(facts, pieces, pricer, &map);
        fit(facts.ranking, pricer, room.saturating_sub(taken), &mut chosen);
        let before = map.len();
        map.retain(|entry| !chosen.lines.contains_key(&entry.file));
        if map.len() == before && !promote(facts, pieces, pricer, &mut chosen, &mut map, room) {
            return (chosen, map);
        }
    }
}

/// Shows a unit of a mapped file if it fits in the place of its file's entry in the map. Says whether
/// there was one.
fn promote(
    facts: &Facts<'_>,
    pieces: &dyn Pieces,
    pricer: &mut Pricer<'_>,
    chosen: &mut Chosen,
    map: &mut Vec<Mapped>,
    room: usize,
) -> bool {
    for at in worthwhile(facts.ranking, chosen) {
        let file = facts.ranking.units[at].file;
        if !map.iter().any(|entry| entry.file == file) {
            continue;
        }
        let rest: Vec<Mapped> = map.iter().filter(|entry| entry.file != file).cloned().collect();
        let price = added_price(facts.ranking, pricer, chosen, at);
        if chosen.tokens() + price + map_price(facts, pieces, pricer, &rest) <= room {
            *map = rest;
            return true;
        }
    }
    false
}

/// The tokens of the map beyond those of an empty one.
fn map_price(
    facts: &Facts<'_>,
    pieces: &dyn Pieces,
    pricer: &mut Pricer<'_>,
    map: &[Mapped],
) -> usize {
    pricer.piece(&pieces.map(facts, map)) - pricer.piece(&pieces.map(facts, &[]))
}

fn write(
    facts: &Facts<'_>,
    pieces: &dyn Pieces,
    chosen: &Chosen,
    map: &[Mapped],
    order: &[usize],
    dirty: bool,
) -> String {
    let mut out = pieces.head(facts, dirty);
    for redacted in order.iter().filter_map(|file| facts.redacted.get(file)) {
        out.push_str(&pieces.redacted(redacted));
    }
    out.push_str(&pieces.redacted_close(facts));
    for (at, &file) in order.iter().enumerate() {
        out.push_str(&pieces.listed(facts, at + 1, file));
    }
    out.push_str(&pieces.map(facts, map));
    out.push_str(&pieces.files_open());
    for (at, &file) in order.iter().enumerate() {
        let lines = &chosen.lines[&file];
        out.push_str(&pieces.file_open(facts, at + 1, file, lines));
        for (span, &range) in lines.iter().enumerate() {
            if span > 0 {
                out.push_str(&pieces.between(range.start));
            }
            out.push_str(&pieces.span(facts, file, range, span + 1 == lines.len()));
        }
        out.push_str(&pieces.file_close(facts, file, at + 1 == order.len()));
    }
    out.push_str(&pieces.tail());
    out
}

fn unchosen(
    facts: &Facts<'_>,
    pieces: &dyn Pieces,
    pricer: &mut Pricer<'_>,
    chosen: &Chosen,
    map: &[Mapped],
) -> Vec<Unchosen> {
    let taken: BTreeSet<usize> = chosen.units.values().flatten().copied().collect();
    let full = map_price(facts, pieces, pricer, map);
    // What a file's entry in the map costs: showing the file frees it.
    let mut entries: BTreeMap<usize, usize> = BTreeMap::new();
    for file in map.iter().map(|entry| entry.file) {
        let rest: Vec<Mapped> = map.iter().filter(|entry| entry.file != file).cloned().collect();
        entries.insert(file, full - map_price(facts, pieces, pricer, &rest));
    }
    worthwhile(facts.ranking, chosen)
        .into_iter()
        .filter(|at| !taken.contains(at))
        .map(|unit| {
            let file = facts.ranking.units[unit].file;
            let freed = entries.get(&file).copied().unwrap_or(0);
            let added = added_price(facts.ranking, pricer, chosen, unit);
            Unchosen { unit, price: added.saturating_sub(freed) }
        })
        .collect()
}
