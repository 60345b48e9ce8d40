//! The map: the next-best files with a few lines each, so that the reader knows what else exists.

use std::collections::BTreeSet;

use select::RankedChunk;

use super::greedy::{Chosen, matches_the_task};
use super::price::Pricer;
use crate::facts::{Facts, MapEntry};
use crate::text::{Lines, one_line};

/// The most lines of a file. By hand.
const MAX_LINES: usize = 3;
/// The likeliest signatures of a file of which the shortest are shown after the first. By hand.
const SIGNATURES: usize = 8;
/// Characters: shorter names are everywhere. By hand.
const NAME: usize = 4;
/// Characters: longer lines are not shown. By hand.
const MAX_LINE_CHARS: usize = 160;

/// The next-best files that are not chosen, as many as fit into `budget` tokens, with those of their
/// lines that answer where else to look: they match the task, or shown code names them, and no other of the
/// files has the same line.
pub(super) fn draw(
    facts: &Facts<'_>,
    pricer: &mut Pricer<'_>,
    chosen: &Chosen,
    budget: usize,
) -> Vec<MapEntry> {
    let empty = pricer.map(&[]);
    let named = shown_names(facts, chosen);
    let mut map: Vec<MapEntry> = Vec::new();
    for &(file, _) in &facts.order {
        if chosen.lines.contains_key(&file) {
            continue;
        }
        let mut entry = MapEntry { file, signatures: answers(facts, file, &named) };
        if entry.signatures.is_empty() {
            continue;
        }
        loop {
            map.push(entry);
            if pricer.map(&map) <= empty + budget {
                break;
            }
            let Some(mut too_long) = map.pop() else { return map };
            too_long.signatures.pop();
            if too_long.signatures.is_empty() {
                return map;
            }
            entry = too_long;
        }
    }
    map
}

/// The words of the code that is shown.
fn shown_names<'a>(facts: &'a Facts<'_>, chosen: &Chosen) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for (file, lines) in &chosen.lines {
        for &range in lines {
            let text = facts.lines[file].get(range);
            names.extend(text.split(|c: char| !(c.is_alphanumeric() || c == '_')));
        }
    }
    names.retain(|name| name.len() >= NAME);
    names
}

/// Up to [`MAX_LINES`] lines of the file, in their order: the one that names its most probable definition, and the
/// shortest of those that name the next ones; if there are fewer, lines with words of the task.
fn answers(facts: &Facts<'_>, file: usize, named: &BTreeSet<&str>) -> Vec<(u32, String)> {
    let lines = &facts.lines[&file];
    let from = facts.ranking.chunks.partition_point(|chunk| chunk.file < file);
    let mut chunks: Vec<&RankedChunk> =
        facts.ranking.chunks[from..].iter().take_while(|chunk| chunk.file == file).collect();
    chunks.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.lines.cmp(&b.lines)));
    let matches = |chunk: &RankedChunk| matches_the_task(chunk) && !chunk.matched.is_empty();
    let is_named = |chunk: &RankedChunk| chunk.name.as_deref().is_some_and(|n| named.contains(n));
    let mut seen = BTreeSet::new();
    let mut tells = |line: &u32| {
        let text = lines.line(*line).trim();
        let fits = text.chars().count() <= MAX_LINE_CHARS && !text.contains("```");
        fits && facts.tells_the_file(text) && seen.insert(text)
    };
    let mut found: Vec<u32> = chunks
        .iter()
        .filter(|chunk| matches(chunk) || is_named(chunk))
        .filter_map(|chunk| chunk.signature)
        .filter(&mut tells)
        .take(SIGNATURES)
        .collect();
    let missing = MAX_LINES.saturating_sub(found.len());
    if missing > 0 {
        let matching = chunks.iter().filter(|chunk| matches(chunk));
        found.extend(
            matching.flat_map(|chunk| with_words(chunk, lines)).filter(tells).take(missing),
        );
    }
    if let Some((_, next)) = found.split_first_mut() {
        next.sort_by_key(|&line| lines.line(line).trim().len());
    }
    found.truncate(MAX_LINES);
    found.sort_unstable();
    found.into_iter().map(|line| (line, one_line(lines.line(line)))).collect()
}

/// The lines of a chunk with words of the task.
fn with_words(chunk: &RankedChunk, lines: &Lines<'_>) -> impl Iterator<Item = u32> {
    let words: Vec<String> = chunk.matched.iter().map(|word| word.to_lowercase()).collect();
    (chunk.lines.start..=chunk.lines.end).filter(move |&line| {
        let text = lines.line(line).to_lowercase();
        words.iter().any(|word| text.contains(word.as_str()))
    })
}
