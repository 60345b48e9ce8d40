//! The map: the next-best files with a few signatures each, so that the reader knows what else exists.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use select::RankedChunk;

use super::greedy::{Chosen, matches_the_task};
use super::price::Pricer;
use crate::facts::{Facts, MapEntry};
use crate::render::FormatWriter;
use crate::text::one_line;

/// The most signatures of a file. By hand.
const MAX_SIGNATURES: usize = 3;
/// Characters: shorter names are everywhere. By hand.
const NAME: usize = 4;
/// Characters: longer signatures are not shown. By hand.
const MAX_SIGNATURE_CHARS: usize = 160;

/// The next-best files that are not chosen, as many as fit into `budget` tokens, with those of their
/// signatures that answer where else to look: they match the task, or shown code names them, and no other of the
/// files has the same line.
pub(super) fn draw(
    facts: &Facts<'_>,
    writer: &dyn FormatWriter,
    pricer: &mut Pricer<'_>,
    chosen: &Chosen,
    budget: usize,
) -> Vec<MapEntry> {
    let empty = pricer.fragment(&writer.map(facts, &[]));
    let named = shown_names(facts, chosen);
    let common = common_signatures(facts);
    let mut map: Vec<MapEntry> = Vec::new();
    for &(file, _) in &facts.order {
        if chosen.lines.contains_key(&file) {
            continue;
        }
        let mut entry = MapEntry { file, signatures: signatures(facts, file, &named, &common) };
        if entry.signatures.is_empty() {
            continue;
        }
        loop {
            map.push(entry);
            if pricer.fragment(&writer.map(facts, &map)) <= empty + budget {
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

/// The lines that name definitions of several files, such as `def __init__(self):`, which say nothing of one.
fn common_signatures<'a>(facts: &'a Facts<'_>) -> BTreeSet<&'a str> {
    let mut owners: HashMap<&str, usize> = HashMap::new();
    let mut common = BTreeSet::new();
    for chunk in &facts.ranking.chunks {
        let Some(line) = chunk.signature else { continue };
        let text = facts.lines[&chunk.file].line(line).trim();
        if *owners.entry(text).or_insert(chunk.file) != chunk.file {
            common.insert(text);
        }
    }
    common
}

/// The lines that name the file's most probable definitions, in their order in the file.
fn signatures(
    facts: &Facts<'_>,
    file: usize,
    named: &BTreeSet<&str>,
    common: &BTreeSet<&str>,
) -> Vec<(u32, String)> {
    let lines = &facts.lines[&file];
    let from = facts.ranking.chunks.partition_point(|chunk| chunk.file < file);
    let answers = |chunk: &&RankedChunk| {
        let is_named = chunk.name.as_deref().is_some_and(|name| named.contains(name));
        matches_the_task(chunk) && !chunk.matched.is_empty() || is_named
    };
    let mut chunks: Vec<_> = facts.ranking.chunks[from..]
        .iter()
        .take_while(|chunk| chunk.file == file)
        .filter(answers)
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
        if shows && !common.contains(text) && seen.insert(text) {
            out.insert(line, one_line(text));
            if out.len() == MAX_SIGNATURES {
                break;
            }
        }
    }
    out.into_iter().collect()
}
