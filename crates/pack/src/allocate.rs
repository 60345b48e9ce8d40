//! The allocation of the budget: which spans a pack shows, and which files its map lists.
//!
//! What has changed comes first, if the pack is about changes ([`changed`]). Three passes follow: the best chunk, whatever it costs; then chunks by probability per token, while a
//! share of the budget is kept free for the map; then the map, and chunks again in what is left.

mod changed;
mod greedy;
mod map;
mod price;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use crate::facts::{Facts, MapEntry};
use crate::render::FormatWriter;
use changed::take_changed;
pub(crate) use changed::{Changed, count, unshown};
pub(crate) use greedy::{Chosen, union};
use greedy::{added_price, considered, eligible, fill, take_best, take_pinned};
pub(crate) use price::Pricer;

/// The share of the budget that the list of files and the map may take together; the list has what it needs. What isn't
/// code is there to find more, and costs code, which small packs have least of. By hand; on 61 issues, shares of 0.06,
/// 0.07 and 0.08 of 4,000 tokens show 0.694, 0.714 and 0.701 of the files, and 0.453, 0.453 and 0.443 of the spans.
const MAP_SHARE: RangeInclusive<f64> = 0.07..=0.08;
/// The budgets, in tokens, up to which the map has its smallest and from which it has its greatest share.
const MAP_SHARE_BUDGETS: RangeInclusive<f64> = 4_000.0..=8_000.0;

/// The budget, in tokens, up to which the middles of long comments are left out. By hand. At 4,000 tokens this shows 0.004
/// more of the changed spans of 200 commits and 0.007 of their terse forms; at 8,000 tokens 0.005 less of both, since some
/// changes are in comments.
const SMALL_BUDGET: usize = 6_000;

/// What a pack shows.
#[derive(Debug)]
pub(crate) struct Allocation {
    /// The spans.
    pub(crate) chosen: Chosen,
    /// The next-best files, of which only a few lines are listed.
    pub(crate) map: Vec<MapEntry>,
    /// The chunks that were considered, most probable first.
    considered: Vec<usize>,
}

/// The tokens of everything that is written whatever is chosen, with these `notes` in the head.
pub(crate) fn overhead(
    facts: &Facts<'_>,
    notes: &[String],
    writer: &dyn FormatWriter,
    pricer: &mut Pricer<'_>,
) -> usize {
    let head = tokens::count(facts.encoding, &writer.head(facts, notes, true))
        .max(tokens::count(facts.encoding, &writer.head(facts, notes, false)));
    head + pricer.fragment(&writer.redacted_close(facts))
        + pricer.map(&[])
        + pricer.fragment(&writer.files_open())
        + pricer.fragment(&writer.tail())
}

/// Allocates `room` tokens to chunks and the map: the `budget` of the whole pack less its overhead.
pub(crate) fn allocate(
    facts: &Facts<'_>,
    writer: &dyn FormatWriter,
    pricer: &mut Pricer<'_>,
    budget: usize,
    room: usize,
) -> Allocation {
    let most = (budget as f64 * map_share(budget)) as usize;
    let considered = considered(facts.ranking, budget);
    let mut chosen = Chosen { without_long_comments: budget <= SMALL_BUDGET, ..Chosen::default() };
    if !take_changed(&facts.changed, facts.ranking, pricer, room, &mut chosen) {
        return Allocation { chosen, map: Vec::new(), considered };
    }
    take_pinned(facts.ranking, pricer, room, &mut chosen);
    take_best(facts.ranking, &considered, pricer, room, &mut chosen);
    fill(facts.ranking, &considered, pricer, room.saturating_sub(most), &mut chosen);
    let listed = list_price(facts, writer, pricer, &chosen);
    fill(
        facts.ranking,
        &considered,
        pricer,
        room.saturating_sub(most.saturating_sub(listed)),
        &mut chosen,
    );
    let listed = list_price(facts, writer, pricer, &chosen);
    let left = room.saturating_sub(chosen.tokens());
    let mut map = map::draw(facts, pricer, &chosen, most.saturating_sub(listed).min(left));
    loop {
        let taken = map_price(pricer, &map);
        fill(facts.ranking, &considered, pricer, room.saturating_sub(taken), &mut chosen);
        let before = map.len();
        map.retain(|entry| !chosen.lines.contains_key(&entry.file));
        if map.len() == before && !promote(facts, pricer, &considered, &mut chosen, &mut map, room)
        {
            return Allocation { chosen, map, considered };
        }
    }
}

/// The share of a budget that the list and the map may take.
fn map_share(budget: usize) -> f64 {
    let (from, to) = (MAP_SHARE_BUDGETS.start(), MAP_SHARE_BUDGETS.end());
    let place = ((budget as f64 - from) / (to - from)).clamp(0.0, 1.0);
    MAP_SHARE.start() + place * (MAP_SHARE.end() - MAP_SHARE.start())
}

/// Takes a file out of the map if one of its chunks fits instead of the entry. Returns whether it did.
fn promote(
    facts: &Facts<'_>,
    pricer: &mut Pricer<'_>,
    considered: &[usize],
    chosen: &mut Chosen,
    map: &mut Vec<MapEntry>,
    room: usize,
) -> bool {
    for at in eligible(facts.ranking, considered, chosen) {
        let file = facts.ranking.chunks[at].file;
        if !map.iter().any(|entry| entry.file == file) {
            continue;
        }
        let rest: Vec<MapEntry> = map.iter().filter(|entry| entry.file != file).cloned().collect();
        let price = added_price(facts.ranking, pricer, chosen, at);
        if chosen.tokens() + price + map_price(pricer, &rest) <= room {
            *map = rest;
            return true;
        }
    }
    false
}

/// The tokens of the list of the chosen files.
fn list_price(
    facts: &Facts<'_>,
    writer: &dyn FormatWriter,
    pricer: &Pricer<'_>,
    chosen: &Chosen,
) -> usize {
    chosen.lines.keys().map(|&file| pricer.fragment(&writer.listed(facts, 1, file))).sum()
}

/// The tokens of the map beyond those of an empty one.
fn map_price(pricer: &mut Pricer<'_>, map: &[MapEntry]) -> usize {
    pricer.map(map) - pricer.map(&[])
}

/// The eligible chunks that aren't shown, most probable first, each with its price: the tokens that it
/// would add.
pub(crate) fn left_over(
    facts: &Facts<'_>,
    pricer: &mut Pricer<'_>,
    allocation: &Allocation,
) -> Vec<(usize, usize)> {
    let Allocation { chosen, map, considered } = allocation;
    let taken: BTreeSet<usize> = chosen.chunks.values().flatten().copied().collect();
    let full = map_price(pricer, map);
    // Showing a file of the map frees the tokens of its entry.
    let mut entries: BTreeMap<usize, usize> = BTreeMap::new();
    for file in map.iter().map(|entry| entry.file) {
        let rest: Vec<MapEntry> = map.iter().filter(|entry| entry.file != file).cloned().collect();
        entries.insert(file, full - map_price(pricer, &rest));
    }
    eligible(facts.ranking, considered, chosen)
        .into_iter()
        .filter(|at| !taken.contains(at))
        .map(|chunk| {
            let file = facts.ranking.chunks[chunk].file;
            let freed = entries.get(&file).copied().unwrap_or(0);
            let added = added_price(facts.ranking, pricer, chosen, chunk);
            (chunk, added.saturating_sub(freed))
        })
        .collect()
}
