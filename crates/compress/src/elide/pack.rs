//! Packs: the least relevant lines are elided, those of lower-ranked files first. The title,
//! headings and paths are kept, and each omission has its line range in the checkout. Of the map of
//! other likely definitions only paths and line numbers are kept.

use std::ops::Range;

use languages::Language;
use pack_format::markdown::{self, Span};
use tokens::Encoding;

use super::code::comment;
use super::render::push_code_omission;
use super::{CodeOmission, Context, PlacedMarker, Rendered};
use crate::lines::Lines;
use crate::marker::{self, Marker, RetrievalReference};
use crate::relevance::{Chunk, scores};

/// Lines are elided whose score is below this share of the best line's. By hand, not measured.
const MIN_SCORE_SHARE: f64 = 0.15;
/// But at least this percentage of the tokens is elided, net of the markers, and at most lines of
/// this percentage of the bytes; the second limit applies if the pack exceeds the caller's budget.
/// By hand, not measured.
const LEAST_PERCENT: usize = 19;
const MOST_PERCENT: usize = 40;
const MOST_PERCENT_TIGHT: usize = 65;
/// The weight of files after the first; the n-th, from 0, has this divided by the root of n. By
/// hand, not measured.
const FURTHER: f64 = 0.4;
/// The most that the position of a line adds to its score, as a share of the best score: less than
/// any word does.
const TIE: f64 = 1e-6;
/// The tokens of a marker with a path of usual length. By hand, not measured.
const TOKENS_OF_A_MARKER: usize = 24;
/// Shorter runs are kept: a marker would cost too much of what they save. By hand, not measured.
const FEWEST_LINES: usize = 4;
const FEWEST_BYTES: usize = 300;

/// A pack with its least relevant lines elided; `None` if there are none, or it was done before.
pub(crate) fn rendered(lines: &Lines, context: &Context) -> Option<Rendered> {
    let part = lines.text();
    if lines.count() < 3 || lines.get(2).starts_with(markdown::ELIDED) {
        return None;
    }
    let title = lines.get(0).strip_prefix(markdown::TITLE).unwrap_or("");
    let task = format!("{title} {}", context.task.text());
    let each: Vec<&str> = lines.iter().collect();
    let files = files(&each, lines);
    let chunks: Vec<Chunk> =
        files.iter().enumerate().flat_map(|(rank, file)| file.chunks(rank, lines)).collect();
    let mut scores = scores(&task, &chunks);
    for (line, score) in chunks.iter().zip(&mut scores).flat_map(|(s, w)| s.lines.iter().zip(w)) {
        if is_heading(line) {
            *score = f64::INFINITY;
        }
    }
    order_equals(&mut scores);
    let most = if context.tight { MOST_PERCENT_TIGHT } else { MOST_PERCENT };
    let least = tokens::count(Encoding::default(), part) * LEAST_PERCENT / 100;
    let threshold = threshold(&chunks, &scores, least, part.len() * most / 100);
    let mut cuts = map(&each);
    let spans = files.iter().flat_map(|file| file.spans.iter().map(move |span| (file, span)));
    for ((file, span), scores) in spans.zip(&scores) {
        for run in runs(scores, threshold, |run| {
            lines.slice(span.lines.start + run.start..span.lines.start + run.end).len()
        }) {
            let first = span.first + run.start;
            let range = span.lines.start + run.start..span.lines.start + run.end;
            cuts.push(file.cut(range, first, lines));
        }
    }
    let cuts = in_order(cuts);
    (!cuts.is_empty()).then(|| write(lines, &cuts))
}

/// The omissions in order, without overlapping ones: a text that resembles a pack may have its map
/// anywhere, even inside a file.
fn in_order(mut cuts: Vec<PackOmission>) -> Vec<PackOmission> {
    cuts.sort_by_key(|cut| cut.cut.lines.start);
    let mut end = 0;
    cuts.retain(|cut| {
        let is_apart = cut.cut.lines.start >= end;
        end = if is_apart { cut.cut.lines.end } else { end };
        is_apart
    });
    cuts
}

/// Breaks ties: of lines with equal scores, later ones score lower, so that what ranks last is
/// elided first, even if the task has no word in common with the pack.
fn order_equals(scores: &mut [Vec<f64>]) {
    let all = || scores.iter().flatten().copied().filter(|score| score.is_finite());
    let step = all().fold(1.0, f64::max) * TIE / all().count().max(1) as f64;
    for (back, score) in scores.iter_mut().flatten().rev().enumerate() {
        *score += back as f64 * step;
    }
}

/// Whether a line is a heading of a document, or a comment that resembles one.
fn is_heading(line: &str) -> bool {
    line.trim_start_matches('#').starts_with(' ') && line.starts_with('#')
}

/// The score below which lines are elided: at least `least` tokens, and at most `most` bytes.
fn threshold(chunks: &[Chunk], scores: &[Vec<f64>], least: usize, most: usize) -> f64 {
    let mut sorted: Vec<f64> = scores.iter().flatten().copied().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.dedup();
    sorted.retain(|score| score.is_finite());
    let Some(best) = sorted.last().copied() else { return 0.0 };
    let tokens: Vec<Vec<usize>> = chunks.iter().map(tokens_before).collect();
    let gone = |threshold: f64| -> (usize, usize) {
        let mut gone = (0, 0);
        for ((chunk, scores), tokens) in chunks.iter().zip(scores).zip(&tokens) {
            let size = |run: &Range<usize>| {
                chunk.lines[run.clone()].iter().map(|line| line.len() + 1).sum()
            };
            for run in runs(scores, threshold, size) {
                gone.0 += size(&run);
                gone.1 += (tokens[run.end] - tokens[run.start]).saturating_sub(TOKENS_OF_A_MARKER);
            }
        }
        gone
    };
    // The amount grows with the threshold, so both limits are found by bisection.
    let above = |index: usize| sorted.get(index).copied().unwrap_or(best);
    let at_least = above(sorted.partition_point(|&threshold| gone(threshold).1 < least));
    let too_many = sorted.partition_point(|&threshold| gone(threshold).0 <= most);
    let at_most = too_many.checked_sub(1).map_or(-1.0, above);
    (best * MIN_SCORE_SHARE).max(at_least).min(at_most)
}

/// The tokens before each line of `chunk`, and before its end.
fn tokens_before(chunk: &Chunk) -> Vec<usize> {
    let mut before = vec![0];
    let mut sum = 0;
    for line in &chunk.lines {
        sum += tokens::count(Encoding::default(), line) + 1;
        before.push(sum);
    }
    before
}

/// The runs of lines that score at most `threshold` and are long enough to elide.
fn runs(
    scores: &[f64],
    threshold: f64,
    size: impl Fn(&Range<usize>) -> usize,
) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut line = 0;
    while line < scores.len() {
        let length = scores[line..].iter().take_while(|score| **score <= threshold).count();
        let run = line..line + length;
        if length >= FEWEST_LINES && size(&run) >= FEWEST_BYTES {
            runs.push(run);
        }
        line += length.max(1);
    }
    runs
}

/// One file of a pack: its heading, and the spans in its block.
struct File<'a> {
    path: &'a str,
    language: Language,
    spans: Vec<Span>,
}

/// An omission in a pack, and its line range in the checkout.
struct PackOmission {
    cut: CodeOmission,
    path: String,
    first: usize,
    last: usize,
}

/// The files of a pack, best first. A file whose block doesn't match its heading, or contains a
/// marker, has no spans.
fn files<'a>(each: &[&'a str], lines: &Lines) -> Vec<File<'a>> {
    let read = |file: markdown::File<'a>| {
        let language = Language::from_name(file.language).unwrap_or(Language::Text);
        let has_marker = marker::contains(lines.slice(file.block));
        let spans = if has_marker { Vec::new() } else { file.spans };
        File { path: file.path, language, spans }
    };
    markdown::files(each).into_iter().map(read).collect()
}

impl File<'_> {
    /// The lines of each span.
    fn chunks<'a>(&self, rank: usize, lines: &Lines<'a>) -> Vec<Chunk<'a>> {
        let weight = if rank == 0 { 1.0 } else { FURTHER / (rank as f64).sqrt() };
        let lines_of = |span: &Span| span.lines.clone().map(|line| lines.get(line)).collect();
        self.spans.iter().map(|span| Chunk { lines: lines_of(span), weight }).collect()
    }

    /// The omission of these lines of the pack, the first of which is line `first` of the file.
    fn cut(&self, range: Range<usize>, first: usize, lines: &Lines) -> PackOmission {
        let line = range.clone().map(|line| lines.get(line)).find(|line| !line.trim().is_empty());
        let indent =
            line.map_or("", |line| &line[..line.len() - line.trim_start().len()]).to_owned();
        let last = first + range.len() - 1;
        let (note, comment) = (String::new(), comment(self.language));
        let cut = CodeOmission { lines: range, indent, statement: "", note, comment };
        PackOmission { cut, path: self.path.to_owned(), first, last }
    }
}

/// The signatures in the map of other likely definitions, file by file.
fn map(each: &[&str]) -> Vec<PackOmission> {
    let omission = |entry: markdown::MapEntry<'_>| {
        let (&first, &last) = (entry.signatures.first()?, entry.signatures.last()?);
        entry.signatures.is_sorted().then_some(())?;
        let (indent, note) = (String::new(), String::new());
        let cut =
            CodeOmission { lines: entry.lines, indent, statement: "", note, comment: ("", "") };
        Some(PackOmission { cut, path: entry.path.into_owned(), first, last })
    };
    markdown::map(each).into_iter().filter_map(omission).collect()
}

fn write(lines: &Lines, cuts: &[PackOmission]) -> Rendered {
    let count: usize = cuts.iter().map(|cut| cut.cut.lines.len()).sum();
    let mut text = lines.slice(0..2).to_owned();
    text.push_str(&format!(
        "{}{count} lines, in their places as path:start-end -->\n",
        markdown::ELIDED
    ));
    let mut markers = Vec::new();
    let mut at = 2;
    for PackOmission { cut, path, first, last } in cuts {
        text.push_str(lines.slice(at..cut.lines.start));
        at = cut.lines.end;
        let reference =
            RetrievalReference::Source { path: path.clone(), start: *first, end: *last };
        let marker = Marker { count: cut.lines.len(), what: "lines".to_owned(), reference };
        let start = text.len();
        push_code_omission(cut, &marker.to_string(), &mut text);
        markers.push(PlacedMarker { marker, lines: cut.lines.clone(), at: start..text.len() });
    }
    text.push_str(lines.slice(at..lines.count()));
    Rendered { text, markers }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_behind_or_inside_of_the_files_does_no_harm() {
        let body = "    let value = compute(value);\n".repeat(40);
        let map = "## Also likely\n```text\na/b.py\n3: def x():\n9: def y():\n```\n";
        let head = "# Context for: fix y\n<!-- contextos pack v1 commit=none dirty=no -->\n\n";
        let file = |inside: &str, last: usize| {
            format!("## Files\n### a/f.rs:1-{last}\n````rust\n{body}{inside}{body}````\n")
        };
        let task = crate::task::Task::of("");
        let context = Context { task: &task, tight: false, every_line: false };
        for pack in [format!("{head}{}{map}", file("", 80)), format!("{head}{}", file(map, 86))] {
            let shown = rendered(&Lines::of(&pack), &context).unwrap();
            assert!(shown.markers.is_sorted_by_key(|placed| placed.lines.start));
            assert!(shown.markers.windows(2).all(|pair| pair[0].lines.end <= pair[1].lines.start));
        }
    }

    #[test]
    fn of_lines_with_equal_scores_later_ones_score_lower() {
        let mut scores = vec![vec![0.0, 0.0], vec![f64::INFINITY, 2.0, 0.0]];
        order_equals(&mut scores);
        assert!(scores[0][0] > scores[0][1] && scores[0][1] > scores[1][2]);
        assert!(scores[1][1] >= 2.0 && scores[0][0] < 1e-5);
        assert_eq!(scores[1][0], f64::INFINITY);
    }
}
