//! Why each span is, or isn't, in a pack: for `pack --explain` and `contextos explain`.

mod subject;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rmcp::schemars::{self, JsonSchema};
use select::RankedUnit;
use serde::Serialize;
use syntax::LineRange;

use crate::pipeline::Packed;

pub(crate) use subject::{Answer, about};

/// Pieces of a score that a line of text tells.
const PIECES_TOLD: usize = 5;

/// A pack's choices with their reasons.
#[derive(Debug, Serialize)]
pub(crate) struct Explanation {
    /// The task that was ranked for.
    task: String,
    /// Tokens that the pack may have.
    budget: usize,
    /// Tokens that it has.
    tokens: usize,
    /// The files that it shows, best first.
    files: Vec<File>,
    /// Every other span with a chance, best first: none of them fits into what is left.
    unchosen: Vec<Unit>,
}

/// A file that the pack shows.
#[derive(Debug, Serialize)]
struct File {
    rank: usize,
    path: String,
    /// The lines that are shown.
    lines: Vec<[u32; 2]>,
    /// The spans that were chosen; what else is shown are the signatures around them.
    units: Vec<Unit>,
}

/// A span with the evidence for and against it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Unit {
    /// Its file.
    path: String,
    /// Its first and last line, from 1.
    lines: [u32; 2],
    /// The definition that it is, or belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The sum of the pieces.
    score: f64,
    /// The chance that the task is about it.
    chance: f64,
    /// Task words in it, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    words: Vec<String>,
    /// The named pieces of the score, largest first; they sum to it.
    pieces: Vec<Piece>,
    /// Tokens that it would add to the pack, for a span that isn't in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) price: Option<usize>,
}

/// A named piece of a score.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Piece {
    /// Its name.
    name: &'static str,
    /// Points for the span, or against it.
    points: f64,
}

impl Explanation {
    /// Explains a pack that was made within `budget` tokens.
    pub(crate) fn of(packed: &Packed, budget: usize) -> Self {
        let pack = &packed.pack;
        let chosen: BTreeSet<usize> = pack.units.iter().copied().collect();
        let files = pack.shown.iter().enumerate().map(|(at, shown)| File {
            rank: at + 1,
            path: packed.read.corpus.files[shown.file].path.clone(),
            lines: shown.lines.iter().map(|&lines| pair(lines)).collect(),
            units: chosen
                .iter()
                .filter(|&&unit| packed.ranking.units[unit].file == shown.file)
                .map(|&unit| Unit::of(packed, &packed.ranking.units[unit], None))
                .collect(),
        });
        let unchosen = pack.unchosen.iter().map(|unchosen| {
            Unit::of(packed, &packed.ranking.units[unchosen.unit], Some(unchosen.price))
        });
        Self {
            task: packed.task.clone(),
            budget,
            tokens: pack.tokens,
            files: files.collect(),
            unchosen: unchosen.collect(),
        }
    }

    /// As JSON, for programs.
    pub(crate) fn to_json(&self) -> String {
        json(self)
    }

    /// For people: a line for each span.
    pub(crate) fn to_text(&self) -> String {
        let mut out = String::new();
        for file in &self.files {
            let lines: Vec<String> = file.lines.iter().map(|lines| range(*lines)).collect();
            let _ = writeln!(out, "{}. {}:{}", file.rank, file.path, lines.join(","));
            for unit in &file.units {
                let _ = writeln!(out, "   {}", unit.line());
            }
        }
        let left = self.budget.saturating_sub(self.tokens);
        if !self.unchosen.is_empty() {
            let _ = writeln!(out, "\nnot chosen, with {left} tokens left:");
        }
        for unit in &self.unchosen {
            let price = unit.price.unwrap_or_default();
            let _ = writeln!(out, "   {}:{}", unit.path, unit.line());
            let _ = writeln!(out, "      would add {price} tokens");
        }
        out
    }
}

impl Unit {
    /// A unit of a pack's ranking; `price` for one that isn't chosen.
    pub(crate) fn of(packed: &Packed, unit: &RankedUnit, price: Option<usize>) -> Self {
        let pieces = unit.pieces(&packed.weights);
        Self {
            path: packed.read.corpus.files[unit.file].path.clone(),
            lines: pair(unit.lines),
            name: unit.name.clone(),
            score: rounded(unit.score),
            chance: rounded(unit.chance),
            words: unit.matched.clone(),
            pieces: pieces
                .into_iter()
                .map(|(feature, points)| Piece { name: feature.name(), points: rounded(points) })
                .collect(),
            price,
        }
    }

    /// `src/token.rs:12-40`
    fn place(&self) -> String {
        format!("{}:{}", self.path, range(self.lines))
    }

    /// `12-40 refresh: chance 8.3 %, score 3.21 = body +1.42, name +0.93, …`
    pub(crate) fn line(&self) -> String {
        let name = self.name.as_deref().map_or(String::new(), |name| format!(" {name}"));
        let mut pieces: Vec<String> = self
            .pieces
            .iter()
            .take(PIECES_TOLD)
            .map(|piece| format!("{} {:+.2}", piece.name, piece.points))
            .collect();
        if self.pieces.len() > PIECES_TOLD {
            pieces.push("…".into());
        }
        let words = match self.words.as_slice() {
            [] => String::new(),
            words => format!(" ({})", words.join(", ")),
        };
        format!(
            "{}{name}: chance {:.1} %, score {:.2} = {}{words}",
            range(self.lines),
            self.chance * 100.0,
            self.score,
            pieces.join(", "),
        )
    }
}

/// JSON for programs, with a last newline.
pub(crate) fn json(value: &impl Serialize) -> String {
    // Plain data with text keys always is JSON.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

fn pair(lines: LineRange) -> [u32; 2] {
    [lines.start, lines.end]
}

fn range([start, end]: [u32; 2]) -> String {
    if start == end { start.to_string() } else { format!("{start}-{end}") }
}

/// Four digits are enough for people and programs, and the same on every machine.
fn rounded(number: f64) -> f64 {
    (number * 10_000.0).round() / 10_000.0
}
