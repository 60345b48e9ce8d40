//! The allocation of the budget: which spans a pack shows, and which files its map lists.
//!
//! Three passes: the best place first, whatever it costs; then spans by probability per token, while
//! a share is kept free for the map; then the map, and spans again in what is left.

mod greedy;
mod map;
mod price;

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Facts, MapEntry};
use crate::render::Pieces;
pub(crate) use greedy::Chosen;
use greedy::{added_price, fit, fit_best, worthwhile};
pub(crate) use price::Pricer;

/// The share of the budget that the map may take.
const MAP_SHARE: f64 = 0.08;

/// What a pack shows.
#[derive(Debug)]
pub(crate) struct Allocation {
    /// The spans.
    pub(crate) chosen: Chosen,
    /// The next-best files, of which only signatures are listed.
    pub(crate) map: Vec<MapEntry>,
}

/// The tokens of everything that is there whatever is chosen.
pub(crate) fn frame(facts: &Facts<'_>, pieces: &dyn Pieces, pricer: &mut Pricer<'_>) -> usize {
    let head = tokens::count(facts.encoding, &pieces.head(facts, true))
        .max(tokens::count(facts.encoding, &pieces.head(facts, false)));
    head + pricer.piece(&pieces.redacted_close(facts))
        + pricer.piece(&pieces.map(facts, &[]))
        + pricer.piece(&pieces.files_open())
        + pricer.piece(&pieces.tail())
}

/// Chooses spans within what the map leaves, draws the map, and fills what is left with spans.
/// `budget` is that of the whole pack, `room` what everything else leaves of it.
pub(crate) fn allocate(
    facts: &Facts<'_>,
    pieces: &dyn Pieces,
    pricer: &mut Pricer<'_>,
    budget: usize,
    room: usize,
) -> Allocation {
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
            return Allocation { chosen, map };
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
    map: &mut Vec<MapEntry>,
    room: usize,
) -> bool {
    for at in worthwhile(facts.ranking, chosen) {
        let file = facts.ranking.units[at].file;
        if !map.iter().any(|entry| entry.file == file) {
            continue;
        }
        let rest: Vec<MapEntry> = map.iter().filter(|entry| entry.file != file).cloned().collect();
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
    map: &[MapEntry],
) -> usize {
    pricer.piece(&pieces.map(facts, map)) - pricer.piece(&pieces.map(facts, &[]))
}

/// The worthwhile units that aren't shown, best first, each with its price: tokens with it less
/// tokens now.
pub(crate) fn left_over(
    facts: &Facts<'_>,
    pieces: &dyn Pieces,
    pricer: &mut Pricer<'_>,
    allocation: &Allocation,
) -> Vec<(usize, usize)> {
    let Allocation { chosen, map } = allocation;
    let taken: BTreeSet<usize> = chosen.units.values().flatten().copied().collect();
    let full = map_price(facts, pieces, pricer, map);
    // What a file's entry in the map costs: showing the file frees it.
    let mut entries: BTreeMap<usize, usize> = BTreeMap::new();
    for file in map.iter().map(|entry| entry.file) {
        let rest: Vec<MapEntry> = map.iter().filter(|entry| entry.file != file).cloned().collect();
        entries.insert(file, full - map_price(facts, pieces, pricer, &rest));
    }
    worthwhile(facts.ranking, chosen)
        .into_iter()
        .filter(|at| !taken.contains(at))
        .map(|unit| {
            let file = facts.ranking.units[unit].file;
            let freed = entries.get(&file).copied().unwrap_or(0);
            let added = added_price(facts.ranking, pricer, chosen, unit);
            (unit, added.saturating_sub(freed))
        })
        .collect()
}
