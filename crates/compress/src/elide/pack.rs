//! Packs: the least relevant lines are elided, those of lower-ranked files first. The title,
//! headings and paths are kept, and each omission has its line range in the checkout. Of the map of
//! other likely definitions only paths and line numbers are kept.

use std::ops::Range;

use languages::Language;
use tokens::Encoding;

use super::code::comment;
use super::render::push_code_omission;
use super::{CodeOmission, Context, PlacedMarker, Rendered};
use crate::chunks::{closes, fence};
use crate::lines::Lines;
use crate::marker::{self, Marker, RetrievalReference};
use crate::relevance::{Chunk, scores};

/// Lines are elided whose score is below this share of the best line's.
const MIN_SCORE_SHARE: f64 = 0.15;
/// But at least this percentage of the tokens is elided, net of the markers, and at most lines of
/// this percentage of the bytes; the second limit applies if the pack exceeds the caller's budget.
const LEAST_PERCENT: usize = 19;
const MOST_PERCENT: usize = 40;
const MOST_PERCENT_TIGHT: usize = 65;
/// The weight of files after the first; the n-th, from 0, has this divided by the root of n.
const FURTHER: f64 = 0.4;
/// The most that the position of a line adds to its score, as a share of the best score: less than
/// any word does.
const TIE: f64 = 1e-6;
/// The tokens of a marker with a path of usual length.
const TOKENS_OF_A_MARKER: usize = 24;
/// Shorter runs are kept: a marker would cost too much of what they save.
const FEWEST_LINES: usize = 4;
const FEWEST_BYTES: usize = 300;
/// The beginning of the line that says that lines were elided from the pack.
const DONE: &str = "<!-- left out: ";
/// The beginning of the line before it, which identifies a pack.
const PACK_HEAD: &str = "<!-- contextos pack v1 ";

/// `text` without the lines that say that lines were elided from a pack: those right after the line
/// that identifies it.
pub(crate) fn without_note(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_behind_head = false;
    for line in text.split_inclusive('\n') {
        if !(is_behind_head && line.starts_with(DONE)) {
            out.push_str(line);
        }
        is_behind_head = line.starts_with(PACK_HEAD);
    }
    out
}

/// A pack with its least relevant lines elided; `None` if there are none, or it was done before.
pub(super) fn rendered(lines: &Lines, context: &Context) -> Option<Rendered> {
    let part = lines.text();
    if lines.count() < 3 || lines.get(2).starts_with(DONE) {
        return None;
    }
    let title = lines.get(0).strip_prefix("# Context for: ").unwrap_or("");
    let task = format!("{title} {}", context.task.text());
    let files = files(lines);
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
    let mut cuts = map(lines);
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

/// A span of a file: its lines in the pack, and the first of them in the file.
struct Span {
    lines: Range<usize>,
    first: usize,
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
fn files<'a>(lines: &Lines<'a>) -> Vec<File<'a>> {
    let mut files = Vec::new();
    let mut line =
        (0..lines.count()).find(|&line| lines.get(line) == "## Files").unwrap_or(lines.count());
    while line + 1 < lines.count() {
        let heading = lines.get(line).strip_prefix("### ").and_then(|rest| rest.rsplit_once(':'));
        let block = fence(lines.get(line + 1));
        let (Some((path, ranges)), Some((opening, info))) = (heading, block) else {
            line += 1;
            continue;
        };
        let start = line + 2;
        let is_end = |&line: &usize| {
            fence(lines.get(line)).is_some_and(|(sign, info)| closes(sign, info, opening))
        };
        let end = (start..lines.count()).find(is_end).unwrap_or(lines.count());
        let text = lines.slice(start.min(lines.count())..end);
        let spans = spans(start..end, ranges, lines).filter(|_| !marker::contains(text));
        let language = Language::from_name(info).unwrap_or(Language::Text);
        files.push(File { path, language, spans: spans.unwrap_or_default() });
        line = end + 1;
    }
    files
}

/// The spans that `ranges` (`12-40,88`) declares, in the lines of a block; they are separated by a
/// line with the number that the next one begins with.
fn spans(block: Range<usize>, ranges: &str, lines: &Lines) -> Option<Vec<Span>> {
    let mut spans = Vec::new();
    let mut at = block.start;
    for range in ranges.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if !spans.is_empty() {
            (at < block.end && lines.get(at) == format!("… {first}")).then_some(())?;
            at += 1;
        }
        let end = at + last.checked_sub(first)? + 1;
        (end <= block.end).then_some(())?;
        spans.push(Span { lines: at..end, first });
        at = end;
    }
    (at == block.end).then_some(spans)
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
fn map(lines: &Lines) -> Vec<PackOmission> {
    let mut cuts = Vec::new();
    let Some(heading) = (0..lines.count()).find(|&line| lines.get(line) == "## Also likely") else {
        return cuts;
    };
    let number = |line: usize| {
        lines.get(line).split_once(": ").and_then(|(number, _)| number.parse::<usize>().ok())
    };
    let mut line = heading + 2;
    while line + 1 < lines.count()
        && fence(lines.get(line)).is_none()
        && !lines.get(line).starts_with('#')
    {
        let path = lines.get(line);
        let signatures: Vec<usize> = (line + 1..lines.count()).map_while(number).collect();
        let range = line..line + 1 + signatures.len();
        if let (Some(&first), Some(&last), true) =
            (signatures.first(), signatures.last(), signatures.is_sorted())
        {
            let (indent, note) = (String::new(), String::new());
            let cut = CodeOmission {
                lines: range.clone(),
                indent,
                statement: "",
                note,
                comment: ("", ""),
            };
            cuts.push(PackOmission { cut, path: path.to_owned(), first, last });
        }
        line = range.end;
    }
    cuts
}

fn write(lines: &Lines, cuts: &[PackOmission]) -> Rendered {
    let count: usize = cuts.iter().map(|cut| cut.cut.lines.len()).sum();
    let mut text = lines.slice(0..2).to_owned();
    text.push_str(&format!("{DONE}{count} lines, in their places as path:start-end -->\n"));
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
