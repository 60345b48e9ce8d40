//! What the pieces of a pack are made from, whichever of them are written.

use std::collections::BTreeMap;

use select::{Corpus, Ranking, Weights};
use tokens::Encoding;

use crate::build::Input;
use crate::text::{Lines, one_line, shown_path};

/// The share of the budget that the task may take in the title: one part of this many.
const TITLE_SHARE: usize = 10;
/// Redactions that are listed of a file: where they are shown, the text says so itself.
const REDACTIONS: usize = 3;

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

/// A file of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MapEntry {
    /// Its index in the corpus.
    pub(crate) file: usize,
    /// Lines of its likeliest definitions: their number, and what stands there.
    pub(crate) signatures: Vec<(u32, String)>,
}

/// The task on one line, at most a tenth of the budget, cut and marked if longer.
pub(crate) fn title(input: &Input<'_>) -> String {
    let line = one_line(input.task);
    let most = input.budget / TITLE_SHARE;
    if tokens::count(input.encoding, &line) <= most {
        return line;
    }
    let kept = tokens::cut(input.encoding, &line, most.saturating_sub(4));
    format!("{} … (cut)", kept.trim_end())
}

/// The facts of a pack under this title.
pub(crate) fn facts<'a>(input: &Input<'a>, title: &'a str) -> Facts<'a> {
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
