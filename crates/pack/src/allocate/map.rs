//! The map: the next-best files with a few signatures each, so that the reader knows what else exists.

use std::collections::{BTreeMap, BTreeSet};

use super::greedy::{Chosen, MIN_PROBABILITY};
use super::price::Pricer;
use crate::facts::{Facts, MapEntry};
use crate::render::FormatWriter;
use crate::text::one_line;

/// The most signatures of a file. By hand.
const MAX_SIGNATURES: usize = 3;
/// Characters: longer signatures are not shown. By hand.
const MAX_SIGNATURE_CHARS: usize = 160;

/// The next-best files that are not chosen, as many as fit into `budget` tokens.
pub(super) fn draw(
    facts: &Facts<'_>,
    writer: &dyn FormatWriter,
    pricer: &mut Pricer<'_>,
    chosen: &Chosen,
    budget: usize,
) -> Vec<MapEntry> {
    let empty = pricer.fragment(&writer.map(facts, &[]));
    let mut map: Vec<MapEntry> = Vec::new();
    for (file, probability) in &facts.order {
        if *probability < MIN_PROBABILITY {
            break;
        }
        if chosen.lines.contains_key(file) {
            continue;
        }
        let mut entry = MapEntry { file: *file, signatures: signatures(facts, *file) };
        loop {
            map.push(entry);
            if pricer.fragment(&writer.map(facts, &map)) <= empty + budget {
                break;
            }
            let Some(mut too_long) = map.pop() else { return map };
            if too_long.signatures.pop().is_none() {
                return map;
            }
            entry = too_long;
        }
    }
    map
}

/// The lines that name the file's most probable definitions, in their order in the file.
fn signatures(facts: &Facts<'_>, file: usize) -> Vec<(u32, String)> {
    let lines = &facts.lines[&file];
    let from = facts.ranking.chunks.partition_point(|chunk| chunk.file < file);
    let mut chunks: Vec<_> = facts.ranking.chunks[from..]
        .iter()
        .take_while(|chunk| chunk.file == file)
        .filter_map(|chunk| chunk.signature.map(|line| (chunk.probability, line)))
        .collect();
    chunks.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut seen = BTreeSet::new();
    let mut out = BTreeMap::new();
    for (_, line) in chunks {
        let text = lines.line(line).trim();
        let shows = text.chars().filter(|c| c.is_alphanumeric()).count() >= 3
            && text.chars().count() <= MAX_SIGNATURE_CHARS
            && !text.contains("```");
        if shows && seen.insert(text) {
            out.insert(line, one_line(text));
            if out.len() == MAX_SIGNATURES {
                break;
            }
        }
    }
    out.into_iter().collect()
}
