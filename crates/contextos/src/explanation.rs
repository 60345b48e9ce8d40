//! Explains why each chunk is, or isn't, in a pack: for `pack --explain` and `contextos explain`.

mod name;
mod subject;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rmcp::schemars::{self, JsonSchema};
use select::{Feature, RankedChunk};
use serde::Serialize;
use syntax::LineRange;

use crate::pipeline::Packed;

pub(crate) use name::QualifiedName;
pub(crate) use subject::{SubjectExplanation, about};

/// Contributions to a score that a line of text shows; JSON has all of them.
const SHOWN_CONTRIBUTIONS: usize = 5;

/// A pack's choices with their reasons.
#[derive(Debug, Serialize)]
pub(crate) struct Explanation {
    /// The task, redacted.
    task: String,
    /// Words of it that are found nowhere, with those that they were read as.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    corrections: Vec<Corrected>,
    /// How well the task fits the repository: strong, mixed or weak.
    confidence: &'static str,
    /// The maximum number of tokens of the pack.
    budget: usize,
    /// The number of tokens of the pack.
    tokens: usize,
    /// The files that it shows, best first.
    files: Vec<File>,
    /// Every other chunk that matches the task, best first: none of them fits into what is left.
    unchosen: Vec<Chunk>,
}

/// A word of the task that was read as another.
#[derive(Debug, Serialize)]
struct Corrected {
    said: String,
    meant: String,
}

/// A file that the pack shows.
#[derive(Debug, Serialize)]
struct File {
    rank: usize,
    path: String,
    /// The lines that are shown.
    lines: Vec<[u32; 2]>,
    /// The chunks that were chosen; what else is shown are the signatures around them.
    #[serde(rename = "units")]
    chunks: Vec<Chunk>,
}

/// A chunk with the evidence for and against it. The names of JSON fields are older than the words
/// used here, and stay: programs read them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Chunk {
    /// Its file.
    path: String,
    /// Its first and last line, from 1.
    lines: [u32; 2],
    /// The lines of it that the pack shows, if it shows a part only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shown: Vec<[u32; 2]>,
    /// The definition that it is, or belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The sum of the contributions.
    score: f64,
    /// The probability that the task is about it, from 0 to 1.
    #[serde(rename = "chance")]
    probability: f64,
    /// Task words in it, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    words: Vec<String>,
    /// What each feature contributes to the score, largest first.
    #[serde(rename = "pieces")]
    contributions: Vec<Contribution>,
    /// Tokens that it would add to the pack, for a chunk that isn't in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) price: Option<usize>,
}

/// What one feature contributes to a score.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Contribution {
    /// The feature's key, as in a file of weights.
    name: &'static str,
    /// The feature's name for people.
    #[serde(skip)]
    label: &'static str,
    /// Points for the chunk, or against it.
    points: f64,
}

impl Explanation {
    /// Explains a pack that was made within `budget` tokens.
    pub(crate) fn of(packed: &Packed, budget: usize) -> Self {
        let pack = &packed.pack;
        let chosen: BTreeSet<usize> = pack.chunks.iter().copied().collect();
        let files = pack.shown.iter().enumerate().map(|(at, shown)| File {
            rank: at + 1,
            path: packed.read.corpus.files[shown.file].path.clone(),
            lines: shown.lines.iter().map(|&lines| pair(lines)).collect(),
            chunks: chosen
                .iter()
                .filter(|&&chunk| packed.ranking.chunks[chunk].file == shown.file)
                .map(|&chunk| Chunk::of(packed, &packed.ranking.chunks[chunk], None))
                .collect(),
        });
        let unchosen = pack.unchosen.iter().map(|unchosen| {
            Chunk::of(packed, &packed.ranking.chunks[unchosen.chunk], Some(unchosen.price))
        });
        Self {
            task: packed.task.clone(),
            corrections: packed
                .ranking
                .corrections
                .iter()
                .map(|correction| Corrected {
                    said: correction.said.clone(),
                    meant: correction.meant.clone(),
                })
                .collect(),
            confidence: packed.ranking.confidence.name(),
            budget,
            tokens: pack.tokens,
            files: files.collect(),
            unchosen: unchosen.collect(),
        }
    }

    /// As JSON.
    pub(crate) fn to_json(&self) -> String {
        json(self)
    }

    /// As text: a line for each chunk.
    pub(crate) fn to_text(&self) -> String {
        let mut out = String::new();
        for Corrected { said, meant } in &self.corrections {
            let _ = writeln!(out, "read as another word: {said} → {meant}");
        }
        for file in &self.files {
            let lines: Vec<String> = file.lines.iter().map(|lines| range(*lines)).collect();
            let _ = writeln!(out, "{}. {}:{}", file.rank, file.path, lines.join(","));
            for chunk in &file.chunks {
                let _ = writeln!(out, "   {}", chunk.line());
            }
        }
        let left = self.budget.saturating_sub(self.tokens);
        if !self.unchosen.is_empty() {
            let _ = writeln!(out, "\nnot chosen, with {left} tokens left:");
        }
        for chunk in &self.unchosen {
            let price = chunk.price.unwrap_or_default();
            let _ = writeln!(out, "   {}:{}", chunk.path, chunk.line());
            let _ = writeln!(out, "      would add {price} tokens");
        }
        out
    }
}

impl Chunk {
    /// A chunk of a pack's ranking; `price` for one that isn't chosen.
    pub(crate) fn of(packed: &Packed, chunk: &RankedChunk, price: Option<usize>) -> Self {
        let contribution = |(feature, points): (Feature, f64)| Contribution {
            name: feature.name(),
            label: feature.label(),
            points: rounded(points),
        };
        let contributions = chunk.contributions(&packed.weights);
        Self {
            path: packed.read.corpus.files[chunk.file].path.clone(),
            lines: pair(chunk.lines),
            shown: if price.is_none() { shown_part(packed, chunk) } else { Vec::new() },
            name: chunk.name.clone(),
            score: rounded(chunk.score),
            probability: rounded(chunk.probability),
            words: chunk.distinct_words().into_iter().map(str::to_owned).collect(),
            contributions: contributions.into_iter().map(contribution).collect(),
            price,
        }
    }

    /// `src/token.rs:12-40`
    fn place(&self) -> String {
        format!("{}:{}", self.path, range(self.lines))
    }

    /// `12-40 (12-14 shown) refresh: probability 8.3 %, score 3.21 = body +1.42, name +0.93, …`
    pub(crate) fn line(&self) -> String {
        let name = self.name.as_deref().map_or(String::new(), |name| format!(" {name}"));
        let mut contributions: Vec<String> = self
            .contributions
            .iter()
            .take(SHOWN_CONTRIBUTIONS)
            .map(|contribution| format!("{} {:+.2}", contribution.label, contribution.points))
            .collect();
        if self.contributions.len() > SHOWN_CONTRIBUTIONS {
            contributions.push("…".into());
        }
        let words = match self.words.as_slice() {
            [] => String::new(),
            words => format!(" ({})", words.join(", ")),
        };
        let shown: Vec<String> = self.shown.iter().map(|lines| range(*lines)).collect();
        let shown = match shown.as_slice() {
            [] => String::new(),
            shown => format!(" ({} shown)", shown.join(",")),
        };
        format!(
            "{}{shown}{name}: probability {:.1} %, score {:.2} = {}{words}",
            range(self.lines),
            self.probability * 100.0,
            self.score,
            contributions.join(", "),
        )
    }
}

/// The lines of a chunk that the pack shows; none if it shows all of them that aren't blank, or none of them.
fn shown_part(packed: &Packed, chunk: &RankedChunk) -> Vec<[u32; 2]> {
    let Some(of_file) = packed.pack.shown.iter().find(|shown| shown.file == chunk.file) else {
        return Vec::new();
    };
    let (first, last) = (chunk.lines.start, chunk.lines.end);
    let spans = of_file.lines.iter().filter(|span| span.start <= last && first <= span.end);
    let spans: Vec<[u32; 2]> =
        spans.map(|span| [span.start.max(first), span.end.min(last)]).collect();
    let is_shown = |line: u32| spans.iter().any(|[start, end]| (*start..=*end).contains(&line));
    let text = &packed.read.corpus.files[chunk.file].text;
    let lines = text.lines().zip(1..).skip(first.saturating_sub(1) as usize);
    let mut lines = lines.take_while(|(_, number)| *number <= last);
    match lines.all(|(line, number)| line.trim().is_empty() || is_shown(number)) {
        true => Vec::new(),
        false => spans,
    }
}

/// JSON for programs, with a last newline.
pub(crate) fn json(value: &impl Serialize) -> String {
    // Serialising plain data with string keys can't fail.
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

/// Rounds to four decimal places, so that outputs don't depend on the last bits of floating point.
fn rounded(number: f64) -> f64 {
    (number * 10_000.0).round() / 10_000.0
}
