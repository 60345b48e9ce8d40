//! Fitting: which units to show, so that the most is expected to be found within the budget.
//!
//! Greedy by gain per token, the gain being the unit's chance, plus a share of its file's chance while
//! nothing of the file is shown yet: the first lines of another likely file are worth more than the
//! sixth of a known one. Prices are exact and come from the renderer.

use std::collections::BTreeMap;

use select::{RankedUnit, Ranking};
use syntax::LineRange;

/// What a file that isn't shown yet adds, as a share of the chance of all its units.
const NEW_FILE: f64 = 0.15;
/// Tokens added to each price: what a reader pays for one more place to look at.
const EFFORT: f64 = 40.0;
/// A unit or file below this chance is never worth showing.
pub(super) const LEAST_CHANCE: f64 = 0.0002;

/// What showing something costs; the renderer implements it.
pub(super) trait Prices {
    /// Tokens of all that is written for a file when exactly these lines of it are shown; `lines` are
    /// sorted, apart and not empty.
    fn file(&mut self, file: usize, lines: &[LineRange]) -> usize;
}

/// What was chosen.
#[derive(Debug, Default, Clone)]
pub(crate) struct Chosen {
    /// By file: the lines that are shown, sorted and apart.
    pub(crate) lines: BTreeMap<usize, Vec<LineRange>>,
    /// By file: the indices of the units that were chosen.
    pub(crate) units: BTreeMap<usize, Vec<usize>>,
    /// By file: the tokens of all that is written for it.
    pub(crate) prices: BTreeMap<usize, usize>,
}

impl Chosen {
    /// The tokens of everything that was chosen.
    pub(super) fn tokens(&self) -> usize {
        self.prices.values().sum()
    }
}

/// The units worth showing beside what is `chosen`, best chance first.
pub(super) fn worthwhile(ranking: &Ranking, chosen: &Chosen) -> Vec<usize> {
    let mut units = likely(ranking);
    units.retain(|&at| has_place(ranking, chosen, at));
    units
}

/// The units that are likely enough, best chance first, whatever is in them.
fn likely(ranking: &Ranking) -> Vec<usize> {
    let units = &ranking.units;
    let mut order: Vec<usize> = (0..units.len())
        .filter(|&at| units[at].chance >= LEAST_CHANCE && is_about_the_task(&units[at]))
        .collect();
    order.sort_by(|&a, &b| units[b].chance.total_cmp(&units[a].chance).then(a.cmp(&b)));
    order
}

/// Whether a unit has a word of the task in it, or what else makes it likely outweighs what doesn't.
/// Measured on 22 commits of 11 repositories at 8,000 tokens, message and terse form: 4 to 9 % of the
/// units that were shown had a negative score, and none of them was changed.
fn is_about_the_task(unit: &RankedUnit) -> bool {
    unit.has_evidence() && (unit.score >= 0.0 || !unit.matched.is_empty())
}

/// Whether a unit says something: by itself, or as the imports of code that is shown.
fn has_place(ranking: &Ranking, chosen: &Chosen, at: usize) -> bool {
    let unit = &ranking.units[at];
    unit.first_code.is_some() || (unit.has_imports && chosen.lines.contains_key(&unit.file))
}

/// Adds units of `ranking` to `chosen` while their price fits within `budget` tokens in all: until
/// nothing worthwhile that is left would fit.
pub(super) fn fit(ranking: &Ranking, prices: &mut dyn Prices, budget: usize, chosen: &mut Chosen) {
    let file_chance = file_chances(ranking);
    let taken = |chosen: &Chosen, at: usize| {
        chosen.units.get(&ranking.units[at].file).is_some_and(|units| units.contains(&at))
    };
    // What each unit would add, for the lines of its file that are shown now.
    let mut offers: Vec<(usize, usize)> = likely(ranking)
        .into_iter()
        .filter(|&at| !taken(chosen, at))
        .map(|at| (at, added_price(ranking, prices, chosen, at)))
        .collect();
    let mut left = budget.saturating_sub(chosen.tokens());
    loop {
        let gain = |at: usize| {
            let unit = &ranking.units[at];
            let new = !chosen.lines.contains_key(&unit.file);
            unit.chance + if new { NEW_FILE * file_chance[&unit.file] } else { 0.0 }
        };
        let best = offers
            .iter()
            .enumerate()
            .filter(|(_, (at, price))| *price <= left && has_place(ranking, chosen, *at))
            .map(|(offer, &(at, price))| (offer, gain(at) / (price as f64 + EFFORT)))
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let Some((offer, _)) = best else { return };
        let (at, _) = offers.remove(offer);
        take(ranking, prices, chosen, at);
        left = budget.saturating_sub(chosen.tokens());
        let file = ranking.units[at].file;
        for (other, price) in &mut offers {
            if ranking.units[*other].file == file {
                *price = added_price(ranking, prices, chosen, *other);
            }
        }
    }
}

/// Shows the likeliest unit of the likeliest file, or as many of its first lines as fit within `budget`:
/// the best place is never passed over for its price. Where not even a line of it fits, the next unit
/// has its turn. Does nothing once something is shown.
pub(super) fn fit_best(
    ranking: &Ranking,
    prices: &mut dyn Prices,
    budget: usize,
    chosen: &mut Chosen,
) {
    if !chosen.lines.is_empty() {
        return;
    }
    let file_chance = file_chances(ranking);
    let mut order = worthwhile(ranking, chosen);
    let chance = |at: &usize| file_chance[&ranking.units[*at].file];
    // Stable: within a file the likeliest unit stays first.
    order.sort_by(|a, b| chance(b).total_cmp(&chance(a)));
    for at in order {
        let unit = &ranking.units[at];
        if added_price(ranking, prices, chosen, at) <= budget {
            take(ranking, prices, chosen, at);
            return;
        }
        let Some(code) = unit.first_code else { continue };
        // A long comment before the code gives way to it.
        let part = [unit.lines.start, code].into_iter().find_map(|start| {
            longest_part(unit.file, LineRange { start, ..unit.lines }, prices, budget)
                .filter(|part| part.end >= code)
        });
        if let Some(part) = part {
            chosen.prices.insert(unit.file, prices.file(unit.file, &[part]));
            chosen.lines.insert(unit.file, vec![part]);
            chosen.units.insert(unit.file, vec![at]);
            return;
        }
    }
}

/// As many of the first lines of `lines` as `budget` tokens hold.
fn longest_part(
    file: usize,
    lines: LineRange,
    prices: &mut dyn Prices,
    budget: usize,
) -> Option<LineRange> {
    let part = |end: u32| LineRange { start: lines.start, end };
    let (mut fits, mut over) = (lines.start - 1, lines.end + 1);
    while over - fits > 1 {
        let end = fits + (over - fits) / 2;
        if prices.file(file, &[part(end)]) <= budget {
            fits = end;
        } else {
            over = end;
        }
    }
    (fits >= lines.start).then(|| part(fits))
}

/// By file: the chance of all its units.
fn file_chances(ranking: &Ranking) -> BTreeMap<usize, f64> {
    let mut chances = BTreeMap::new();
    for unit in &ranking.units {
        *chances.entry(unit.file).or_default() += unit.chance;
    }
    chances
}

/// Tokens that showing one more unit would add; negative differences (a joined gap) count as zero.
pub(super) fn added_price(
    ranking: &Ranking,
    prices: &mut dyn Prices,
    chosen: &Chosen,
    at: usize,
) -> usize {
    let unit = &ranking.units[at];
    let now = chosen.prices.get(&unit.file).copied().unwrap_or(0);
    prices.file(unit.file, &with(ranking, chosen, at)).saturating_sub(now)
}

fn take(ranking: &Ranking, prices: &mut dyn Prices, chosen: &mut Chosen, at: usize) {
    let file = ranking.units[at].file;
    let lines = with(ranking, chosen, at);
    chosen.prices.insert(file, prices.file(file, &lines));
    chosen.lines.insert(file, lines);
    chosen.units.entry(file).or_default().push(at);
}

/// The lines of a unit's file that are shown once it is: its own, those of the signatures around it,
/// and those already there.
fn with(ranking: &Ranking, chosen: &Chosen, at: usize) -> Vec<LineRange> {
    let unit = &ranking.units[at];
    let mut lines: Vec<LineRange> = chosen.lines.get(&unit.file).cloned().unwrap_or_default();
    lines.push(unit.lines);
    lines.extend(&unit.context);
    union(lines)
}

/// Sorts ranges and joins those that touch or overlap.
fn union(mut lines: Vec<LineRange>) -> Vec<LineRange> {
    lines.sort();
    let mut out: Vec<LineRange> = Vec::with_capacity(lines.len());
    for range in lines {
        match out.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(1) => {
                last.end = last.end.max(range.end);
            }
            _ => out.push(range),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use select::{FEATURES, Feature};

    struct Lines;
    impl Prices for Lines {
        fn file(&mut self, _: usize, lines: &[LineRange]) -> usize {
            10 + lines.iter().map(|l| 2 + (l.end - l.start + 1) as usize).sum::<usize>()
        }
    }

    fn unit(file: usize, start: u32, end: u32, chance: f64) -> RankedUnit {
        let mut row = [0.0; FEATURES];
        row[Feature::Body as usize] = 1.0;
        RankedUnit {
            file,
            lines: LineRange { start, end },
            context: Vec::new(),
            name: None,
            signature: None,
            first_code: Some(start),
            has_imports: false,
            row,
            score: chance.ln(),
            chance,
            matched: vec!["word".into()],
        }
    }

    #[test]
    fn another_likely_file_is_preferred_to_more_of_a_known_one() {
        let ranking = Ranking {
            units: vec![unit(0, 1, 10, 0.4), unit(0, 20, 29, 0.17), unit(1, 1, 10, 0.18)],
        };
        let mut chosen = Chosen::default();
        fit(&ranking, &mut Lines, 45, &mut chosen);
        assert_eq!(chosen.lines.keys().copied().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn neighbours_are_joined() {
        let ranking = Ranking { units: vec![unit(0, 1, 10, 0.4), unit(0, 11, 20, 0.3)] };
        let mut chosen = Chosen::default();
        fit(&ranking, &mut Lines, 1_000, &mut chosen);
        assert_eq!(chosen.lines[&0], [LineRange { start: 1, end: 20 }]);
        assert_eq!(chosen.tokens(), 32);
    }

    #[test]
    fn the_best_place_is_shown_in_part_when_it_is_too_long() {
        let ranking = Ranking { units: vec![unit(0, 5, 100, 0.9)] };
        let mut chosen = Chosen::default();
        fit(&ranking, &mut Lines, 30, &mut chosen);
        assert!(chosen.lines.is_empty());
        fit_best(&ranking, &mut Lines, 30, &mut chosen);
        assert_eq!(chosen.lines[&0], [LineRange { start: 5, end: 22 }]);
        assert_eq!(chosen.tokens(), 30);
    }

    #[test]
    fn the_best_place_of_the_best_file_comes_first_however_long() {
        let long = (0..40).map(|at| unit(0, at * 100 + 1, at * 100 + 90, 0.02));
        let units = [unit(1, 1, 3, 0.1)].into_iter().chain(long).collect();
        let mut ranking = Ranking { units };
        ranking.units[8].chance = 0.05;
        let mut chosen = Chosen::default();
        fit_best(&ranking, &mut Lines, 110, &mut chosen);
        assert_eq!(chosen.lines[&0], [LineRange { start: 701, end: 790 }]);
        let before = chosen.lines.clone();
        fit_best(&ranking, &mut Lines, 500, &mut chosen);
        assert_eq!(chosen.lines, before);
    }

    #[test]
    fn what_says_nothing_is_never_shown() {
        let mut ranking = Ranking { units: vec![unit(0, 1, 10, 0.5), unit(1, 1, 10, 0.4)] };
        ranking.units[0].first_code = None;
        let mut chosen = Chosen::default();
        fit_best(&ranking, &mut Lines, 1_000, &mut chosen);
        fit(&ranking, &mut Lines, 1_000, &mut chosen);
        assert_eq!(chosen.lines.keys().copied().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn imports_are_shown_beside_code_and_never_alone() {
        let mut units = vec![unit(0, 1, 5, 0.4), unit(0, 10, 19, 0.2), unit(1, 1, 5, 0.3)];
        for at in [0, 2] {
            (units[at].first_code, units[at].has_imports) = (None, true);
        }
        let mut ranking = Ranking { units };
        let chosen = |ranking: &Ranking| {
            let mut chosen = Chosen::default();
            fit_best(ranking, &mut Lines, 1_000, &mut chosen);
            fit(ranking, &mut Lines, 1_000, &mut chosen);
            chosen.units
        };
        assert_eq!(chosen(&ranking), BTreeMap::from([(0, vec![1, 0])]));
        ranking.units[0].has_imports = false;
        assert_eq!(chosen(&ranking), BTreeMap::from([(0, vec![1])]), "a licence");
    }

    #[test]
    fn what_has_no_word_of_the_task_needs_more_for_it_than_against() {
        let shown = |score: f64, words: &[&str]| {
            let mut ranking = Ranking { units: vec![unit(0, 1, 10, 0.5)] };
            ranking.units[0].score = score;
            ranking.units[0].matched = words.iter().map(|&word| word.to_owned()).collect();
            !worthwhile(&ranking, &Chosen::default()).is_empty()
        };
        assert!(shown(0.1, &[]) && shown(-3.0, &["refresh"]));
        assert!(!shown(-0.1, &[]));
    }

    #[test]
    fn a_part_of_the_best_place_has_code_in_it() {
        let mut ranking = Ranking { units: vec![unit(0, 1, 100, 0.9)] };
        ranking.units[0].first_code = Some(60);
        let mut chosen = Chosen::default();
        fit_best(&ranking, &mut Lines, 30, &mut chosen);
        assert_eq!(chosen.lines[&0], [LineRange { start: 60, end: 77 }]);
    }

    proptest! {
        #[test]
        fn the_budget_holds_and_nothing_that_fits_is_left(
            raw in proptest::collection::vec((0usize..5, 1u32..12, 0u32..100), 1..40),
            budget in 0usize..400,
        ) {
            let mut next = [1u32; 5];
            let units: Vec<RankedUnit> = raw.iter().map(|&(file, length, chance)| {
                let start = next[file];
                next[file] += length;
                unit(file, start, start + length - 1, f64::from(chance) / 4_000.0)
            }).collect();
            let ranking = Ranking { units };
            let mut chosen = Chosen::default();
            fit(&ranking, &mut Lines, budget, &mut chosen);
            prop_assert!(chosen.tokens() <= budget);
            for at in worthwhile(&ranking, &chosen) {
                let file = ranking.units[at].file;
                if !chosen.units.get(&file).is_some_and(|u| u.contains(&at)) {
                    let price = added_price(&ranking, &mut Lines, &chosen, at);
                    prop_assert!(chosen.tokens() + price > budget);
                }
            }
        }
    }
}
