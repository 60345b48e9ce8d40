//! The map: the next-best files with a few signatures each, so that the reader knows what else there is.

use std::collections::{BTreeMap, BTreeSet};

use super::greedy::{Chosen, LEAST_CHANCE};
use super::price::Pricer;
use crate::facts::{Facts, MapEntry};
use crate::render::Pieces;
use crate::text::one_line;

/// Signatures that are shown of a file.
const SIGNATURES: usize = 3;
/// Characters beyond which a signature's line is not shown.
const LONGEST_SIGNATURE: usize = 160;

/// The next-best files that are not chosen, as many as fit into `budget` tokens.
pub(super) fn draw(
    facts: &Facts<'_>,
    pieces: &dyn Pieces,
    pricer: &mut Pricer<'_>,
    chosen: &Chosen,
    budget: usize,
) -> Vec<MapEntry> {
    let empty = pricer.piece(&pieces.map(facts, &[]));
    let mut map: Vec<MapEntry> = Vec::new();
    for (file, chance) in &facts.order {
        if *chance < LEAST_CHANCE {
            break;
        }
        if chosen.lines.contains_key(file) {
            continue;
        }
        let mut entry = MapEntry { file: *file, signatures: signatures(facts, *file) };
        loop {
            map.push(entry);
            if pricer.piece(&pieces.map(facts, &map)) <= empty + budget {
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

/// The lines that name the file's likeliest definitions, in their order in the file.
fn signatures(facts: &Facts<'_>, file: usize) -> Vec<(u32, String)> {
    let lines = &facts.lines[&file];
    let from = facts.ranking.units.partition_point(|unit| unit.file < file);
    let mut units: Vec<_> = facts.ranking.units[from..]
        .iter()
        .take_while(|unit| unit.file == file)
        .filter_map(|unit| unit.signature.map(|line| (unit.chance, line)))
        .collect();
    units.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut seen = BTreeSet::new();
    let mut out = BTreeMap::new();
    for (_, line) in units {
        let text = lines.line(line).trim();
        let shows = text.chars().filter(|c| c.is_alphanumeric()).count() >= 3
            && text.chars().count() <= LONGEST_SIGNATURE
            && !text.contains("```");
        if shows && seen.insert(text) {
            out.insert(line, one_line(text));
            if out.len() == SIGNATURES {
                break;
            }
        }
    }
    out.into_iter().collect()
}
