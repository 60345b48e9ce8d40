//! The greedy choice of chunks: a knapsack with a value and a price for each.
//!
//! The value of a chunk is its probability, plus a share of its file's while nothing of the file is shown
//! yet: the first chunk of another likely file is worth more than the sixth of a known one. Chunks are
//! taken by value per token. A file may also be opened by the head of a chunk alone, its signature and a few
//! lines, which tells the reader that the file is there for less. Prices are exact; they come from the format
//! ([`Prices`]).

use std::collections::{BTreeMap, BTreeSet};

use select::{Pin, PinnedBy, RankedChunk, Ranking};
use syntax::LineRange;

use crate::likely_files::file_probabilities;

/// The share of its file's probability that a chunk is worth more while nothing of the file is shown. Simulated on
/// 768 tasks of 45 repositories that the weights were learned from, at 4,000 and 8,000 tokens, beside 0.15 and 0.3:
/// each step shows about 0.005 more of the files, and from 0.2 to 0.3 costs 0.008 of the spans.
const NEW_FILE_SHARE: f64 = 0.2;
/// Lines of a chunk's head that say something of its file. By hand: a signature and what it begins with, about 40 tokens.
/// Simulated likewise, 50 tokens beside 80: 0.006 more of the files, 0.001 less of the spans.
const HEAD_LINES: u32 = 3;
/// The most lines of a head. By hand.
const MAX_HEAD_LINES: u32 = 12;
/// A chunk has a head if it has this many times as many lines. By hand: less saves little.
const HEAD_SAVES: u32 = 2;
/// The share of a chunk's probability that its head is worth. By hand.
const HEAD_SHARE: f64 = 0.3;
/// Tokens added to each price: the effort of reading one more place. Simulated on 852 tasks of 48 repositories that the
/// weights were learned from, beside 40, 80 and 120: against 40, spans by up to 0.007 more for texts like issues and 0.002 for
/// terse tasks, 0.003 less for whole messages at 8,000 tokens, as many at 4,000; from 80 on, fewer files.
const READING_EFFORT: f64 = 60.0;
/// Lines of chunks that are considered for each token of the budget, the likeliest first: about five times
/// what fits. No probability is too low by itself, since one chunk that takes nearly all of it says nothing
/// about the others. By hand.
const CONSIDERED: f64 = 0.5;
/// The fewest lines that are considered. By hand.
const MIN_CONSIDERED: usize = 1_000;

/// The share of the budget that the first pinned function may take, each further one, and all of them. By hand.
const FIRST_PIN_SHARE: f64 = 0.6;
const PIN_SHARE: f64 = 0.12;
const PINNED_SHARE: f64 = 0.7;
/// The share that all together may take that the user asked for by a flag: the files of `--also`, and changes. By hand.
const ASKED_SHARE: f64 = 0.85;

/// What allocation needs to know of the files' texts: above all the price of showing lines, in tokens.
pub(super) trait Prices {
    /// Whether a line of a file says something of it, as a closing bracket doesn't.
    fn says_something(&self, file: usize, line: u32) -> bool;

    /// The tokens of everything that is written for a file of which exactly these lines are shown.
    /// `lines` are sorted, disjoint and not empty.
    fn file(&mut self, file: usize, lines: &[LineRange]) -> usize;

    /// The tokens of a line by itself.
    fn line(&self, file: usize, line: u32) -> usize;

    /// Prices many at once, each a file with its lines, which are asked for next.
    fn prepare(&mut self, wanted: Vec<(usize, Vec<LineRange>)>);
}

/// The chunks that were chosen, and the lines that are shown because of them.
#[derive(Debug, Default, Clone)]
pub(crate) struct Chosen {
    /// By file: the lines that are shown, sorted and disjoint.
    pub(crate) lines: BTreeMap<usize, Vec<LineRange>>,
    /// By file: the indices of the chunks that were chosen.
    pub(crate) chunks: BTreeMap<usize, Vec<usize>>,
    /// Those of the chunks of which only the head is shown.
    pub(crate) heads: BTreeSet<usize>,
    /// By file: the tokens of everything that is written for it.
    pub(crate) prices: BTreeMap<usize, usize>,
    /// Whether the middles of long comments are left out.
    pub(super) without_long_comments: bool,
}

impl Chosen {
    /// The tokens of everything that was chosen.
    pub(super) fn tokens(&self) -> usize {
        self.prices.values().sum()
    }
}

/// Those of the considered chunks that may be shown beside what is `chosen`, most probable first.
pub(super) fn eligible(ranking: &Ranking, considered: &[usize], chosen: &Chosen) -> Vec<usize> {
    let is_worth = |at: &usize| is_worth_reading(ranking, chosen, *at);
    considered.iter().copied().filter(is_worth).collect()
}

/// The chunks that match the task and are considered for this budget, most probable first, whatever their
/// lines hold.
pub(super) fn considered(ranking: &Ranking, budget: usize) -> Vec<usize> {
    let chunks = &ranking.chunks;
    let mut order: Vec<usize> =
        (0..chunks.len()).filter(|&at| matches_the_task(&chunks[at])).collect();
    order.sort_by(|&a, &b| chunks[b].probability.total_cmp(&chunks[a].probability).then(a.cmp(&b)));
    let most = ((budget as f64 * CONSIDERED) as usize).max(MIN_CONSIDERED);
    let mut lines = 0;
    let considered = order.iter().take_while(|&&at| {
        let before = lines;
        lines += (chunks[at].lines.end - chunks[at].lines.start + 1) as usize;
        before < most
    });
    let considered = considered.count();
    order.truncate(considered);
    order
}

/// Whether a chunk has a word of the task, or evidence that outweighs what counts against it. Measured on 22 commits of 11 repositories at 8,000 tokens, message and terse form: 4 to 9 % of the
/// chunks that were shown had a negative score, and none of them was among the changed lines.
pub(super) fn matches_the_task(chunk: &RankedChunk) -> bool {
    chunk.probability > 0.0
        && chunk.has_evidence()
        && (chunk.score >= 0.0 || !chunk.matched.is_empty())
}

/// Whether a chunk is worth reading: it has code, or the imports of code that is shown.
fn is_worth_reading(ranking: &Ranking, chosen: &Chosen, at: usize) -> bool {
    let chunk = &ranking.chunks[at];
    chunk.first_code.is_some() || (chunk.has_imports && chosen.lines.contains_key(&chunk.file))
}

/// Adds chunks of `ranking` to `chosen`, until no eligible one is left that fits within `budget` tokens
/// in all.
pub(super) fn fill(
    ranking: &Ranking,
    considered: &[usize],
    prices: &mut dyn Prices,
    budget: usize,
    chosen: &mut Chosen,
) {
    let file_probability = file_probabilities(ranking);
    let is_whole = |chosen: &Chosen, at: usize| {
        let chunks = chosen.chunks.get(&ranking.chunks[at].file);
        chunks.is_some_and(|chunks| chunks.contains(&at)) && !chosen.heads.contains(&at)
    };
    let open: Vec<usize> = considered.iter().copied().filter(|&at| !is_whole(chosen, at)).collect();
    let wanted = open.iter().flat_map(|&at| priced_lines(ranking, prices, chosen, at));
    let wanted = wanted.collect();
    prices.prepare(wanted);
    let mut candidates: Vec<Candidate> =
        open.into_iter().map(|at| Candidate::of(ranking, prices, chosen, at)).collect();
    loop {
        let left = budget.saturating_sub(chosen.tokens());
        let best = candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| is_worth_reading(ranking, chosen, candidate.at))
            .flat_map(|(place, candidate)| {
                let file = file_probability[&ranking.chunks[candidate.at].file];
                candidate.offers(ranking, chosen, file).map(move |offer| (place, offer))
            })
            .filter(|(_, offer)| offer.price <= left)
            .max_by(|a, b| a.1.gain().total_cmp(&b.1.gain()).then(b.0.cmp(&a.0)));
        let Some((place, offer)) = best else { return };
        let at = candidates[place].at;
        if offer.is_head {
            take_head(ranking, prices, chosen, at);
        } else {
            candidates.remove(place);
            take(ranking, prices, chosen, at);
        }
        let file = ranking.chunks[at].file;
        for other in candidates.iter_mut().filter(|other| ranking.chunks[other.at].file == file) {
            *other = Candidate::of(ranking, prices, chosen, other.at);
        }
    }
}

/// A chunk's file with the lines that a [`Candidate`] prices.
fn priced_lines(
    ranking: &Ranking,
    texts: &dyn Prices,
    chosen: &Chosen,
    at: usize,
) -> impl Iterator<Item = (usize, Vec<LineRange>)> {
    let chunk = &ranking.chunks[at];
    let is_new = !chosen.lines.contains_key(&chunk.file);
    let head = is_new.then(|| head(chunk, texts)).flatten();
    let parts = [Some(chunk.lines), head].into_iter().flatten();
    parts.map(move |part| (chunk.file, with(ranking, chosen, at, part)))
}

/// A chunk that may be taken, with its prices given the lines of its file that are shown now.
struct Candidate {
    at: usize,
    /// The tokens that the whole of it would add.
    price: usize,
    /// The tokens that its head would add, if it has one and nothing of its file is shown.
    head: Option<usize>,
}

/// A way to take a candidate.
struct Offer {
    is_head: bool,
    value: f64,
    price: usize,
}

impl Offer {
    /// The value per token.
    fn gain(&self) -> f64 {
        self.value / (self.price as f64 + READING_EFFORT)
    }
}

impl Candidate {
    fn of(ranking: &Ranking, prices: &mut dyn Prices, chosen: &Chosen, at: usize) -> Self {
        let file = ranking.chunks[at].file;
        let is_new = !chosen.lines.contains_key(&file);
        let head = is_new
            .then(|| head(&ranking.chunks[at], prices))
            .flatten()
            .map(|head| prices.file(file, &with(ranking, chosen, at, head)));
        Self { at, price: added_price(ranking, prices, chosen, at), head }
    }

    /// The whole chunk, and its head; `file` is the probability of its file.
    fn offers(&self, ranking: &Ranking, chosen: &Chosen, file: f64) -> impl Iterator<Item = Offer> {
        let chunk = &ranking.chunks[self.at];
        let shown = if chosen.heads.contains(&self.at) { HEAD_SHARE } else { 0.0 };
        let new = if chosen.lines.contains_key(&chunk.file) { 0.0 } else { NEW_FILE_SHARE * file };
        let whole = Offer {
            is_head: false,
            value: chunk.probability * (1.0 - shown) + new,
            price: self.price,
        };
        let head = self.head.map(|price| Offer {
            is_head: true,
            value: chunk.probability * HEAD_SHARE + new,
            price,
        });
        [whole].into_iter().chain(head)
    }
}

/// The lines of a chunk's head: of a long definition, the line that names it and what follows.
fn head(chunk: &RankedChunk, texts: &dyn Prices) -> Option<LineRange> {
    let start = chunk.signature?;
    let most = chunk.lines.end.min(start + MAX_HEAD_LINES - 1);
    let mut telling = (start..=most).filter(|&line| texts.says_something(chunk.file, line));
    let end = telling.nth(HEAD_LINES as usize - 1)?;
    let is_long = chunk.lines.end - chunk.lines.start + 1 >= (end - start + 1) * HEAD_SAVES;
    let has_code = chunk.first_code.is_some_and(|code| code <= end);
    (is_long && chunk.lines.start <= start && has_code).then_some(LineRange { start, end })
}

/// Takes the most probable chunk of the most probable file, or as many of its first lines as fit within
/// `budget`, so that the best chunk is never passed over for its price. If not even a line of it fits, the
/// next chunk is tried. Does nothing once something is chosen.
pub(super) fn take_best(
    ranking: &Ranking,
    considered: &[usize],
    prices: &mut dyn Prices,
    budget: usize,
    chosen: &mut Chosen,
) {
    if !chosen.lines.is_empty() {
        return;
    }
    let file_probability = file_probabilities(ranking);
    let mut order = eligible(ranking, considered, chosen);
    let probability = |at: &usize| file_probability[&ranking.chunks[*at].file];
    // A stable sort: within a file the most probable chunk stays first.
    order.sort_by(|a, b| probability(b).total_cmp(&probability(a)));
    for at in order {
        let chunk = &ranking.chunks[at];
        if added_price(ranking, prices, chosen, at) <= budget {
            take(ranking, prices, chosen, at);
            return;
        }
        let Some(code) = chunk.first_code else { continue };
        // If a long comment leaves no room for the code, begin with the code.
        let part = [chunk.lines.start, code].into_iter().find_map(|start| {
            longest_part(chunk.file, LineRange { start, ..chunk.lines }, prices, budget)
                .filter(|part| part.end >= code)
        });
        if let Some(part) = part {
            chosen.prices.insert(chunk.file, prices.file(chunk.file, &[part]));
            chosen.lines.insert(chunk.file, vec![part]);
            chosen.chunks.insert(chunk.file, vec![at]);
            return;
        }
    }
}

/// Takes the pinned chunks in their order, within shares of `budget`: the whole function, or as much around the
/// line as its share holds.
pub(super) fn take_pinned(
    ranking: &Ranking,
    prices: &mut dyn Prices,
    budget: usize,
    chosen: &mut Chosen,
) {
    let mut pinned: Vec<(Pin, usize)> =
        (0..ranking.chunks.len()).filter_map(|at| Some((ranking.chunks[at].pinned?, at))).collect();
    pinned.sort_unstable();
    for function in pinned.chunk_by(|a, b| a.0.order == b.0.order) {
        let (share, all) = match function[0].0 {
            Pin { by: PinnedBy::User | PinnedBy::Change, .. } => (ASKED_SHARE, ASKED_SHARE),
            Pin { order: 0, .. } => (FIRST_PIN_SHARE, PINNED_SHARE),
            Pin { .. } => (PIN_SHARE, PINNED_SHARE),
        };
        let before = chosen.tokens();
        let limit = (before + (budget as f64 * share) as usize).min((budget as f64 * all) as usize);
        for &(_, at) in function {
            let price = added_price(ranking, prices, chosen, at);
            if chosen.tokens() + price > limit {
                break;
            }
            take(ranking, prices, chosen, at);
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

/// The tokens that one more chunk would add; a negative difference (it closes a gap) counts as zero.
pub(super) fn added_price(
    ranking: &Ranking,
    prices: &mut dyn Prices,
    chosen: &Chosen,
    at: usize,
) -> usize {
    let chunk = &ranking.chunks[at];
    let now = chosen.prices.get(&chunk.file).copied().unwrap_or(0);
    prices.file(chunk.file, &with(ranking, chosen, at, chunk.lines)).saturating_sub(now)
}

/// Takes a whole chunk; its head may be shown already.
fn take(ranking: &Ranking, prices: &mut dyn Prices, chosen: &mut Chosen, at: usize) {
    let chunk = &ranking.chunks[at];
    show(prices, chosen, chunk.file, with(ranking, chosen, at, chunk.lines));
    if !chosen.heads.remove(&at) {
        chosen.chunks.entry(chunk.file).or_default().push(at);
    }
}

/// Takes the head of a chunk, if it has one.
fn take_head(ranking: &Ranking, prices: &mut dyn Prices, chosen: &mut Chosen, at: usize) {
    let chunk = &ranking.chunks[at];
    let Some(head) = head(chunk, prices) else { return };
    show(prices, chosen, chunk.file, with(ranking, chosen, at, head));
    chosen.heads.insert(at);
    chosen.chunks.entry(chunk.file).or_default().push(at);
}

/// Shows exactly these lines of a file.
pub(super) fn show(
    prices: &mut dyn Prices,
    chosen: &mut Chosen,
    file: usize,
    lines: Vec<LineRange>,
) {
    chosen.prices.insert(file, prices.file(file, &lines));
    chosen.lines.insert(file, lines);
}

/// The lines of a chunk's file that are shown if `part` of it is taken: these without long comments, the signatures around
/// the chunk, and those that are shown already.
fn with(ranking: &Ranking, chosen: &Chosen, at: usize, part: LineRange) -> Vec<LineRange> {
    let chunk = &ranking.chunks[at];
    let mut lines: Vec<LineRange> = chosen.lines.get(&chunk.file).cloned().unwrap_or_default();
    let mut rest = Some(part);
    let left_out = chosen.without_long_comments && chunk.pinned.is_none();
    for comment in chunk.long_comments.iter().filter(|_| left_out) {
        let Some(LineRange { start, end }) = rest else { break };
        if (start + 1..=end).contains(&comment.start) {
            lines.push(LineRange { start, end: comment.start - 1 });
            // A comment's last line alone, which may be blank, says nothing without what follows.
            let follows = comment.end + 1 < end;
            rest = follows.then_some(LineRange { start: comment.end + 1, end });
        }
    }
    lines.extend(rest);
    lines.extend(&chunk.context);
    union(lines)
}

/// Sorts ranges and joins those that touch or overlap.
pub(crate) fn union(mut lines: Vec<LineRange>) -> Vec<LineRange> {
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
        fn says_something(&self, _: usize, _: u32) -> bool {
            true
        }

        fn file(&mut self, _: usize, lines: &[LineRange]) -> usize {
            10 + lines.iter().map(|l| 2 + (l.end - l.start + 1) as usize).sum::<usize>()
        }

        fn line(&self, _: usize, _: u32) -> usize {
            1
        }

        fn prepare(&mut self, _: Vec<(usize, Vec<LineRange>)>) {}
    }

    fn chunk(file: usize, start: u32, end: u32, probability: f64) -> RankedChunk {
        let mut row = [0.0; FEATURES];
        row[Feature::Body as usize] = 1.0;
        RankedChunk {
            file,
            lines: LineRange { start, end },
            context: Vec::new(),
            name: None,
            signature: Some(start),
            first_code: Some(start),
            long_comments: Vec::new(),
            has_imports: false,
            readings: vec![row],
            row,
            score: probability.ln(),
            probability,
            matched: vec!["word".into()],
            pinned: None,
        }
    }

    #[test]
    fn small_packs_leave_out_the_middles_of_long_comments() {
        let comment = LineRange { start: 4, end: 12 };
        let mut commented = chunk(0, 1, 20, 0.9);
        commented.long_comments = vec![comment];
        let shown = |pinned: Option<Pin>, without_long_comments: bool| {
            let chunks = vec![RankedChunk { pinned, ..commented.clone() }];
            let ranking = Ranking { chunks, ..Ranking::default() };
            let mut chosen = Chosen { without_long_comments, ..Chosen::default() };
            fill(&ranking, &considered(&ranking, 1_000), &mut Lines, 100, &mut chosen);
            chosen.lines[&0].iter().map(|lines| (lines.start, lines.end)).collect::<Vec<_>>()
        };
        assert_eq!(shown(None, true), [(1, 3), (13, 20)]);
        assert_eq!(shown(None, false), [(1, 20)]);
        let pin = Pin { order: 0, distance: 0, by: PinnedBy::Trace };
        assert_eq!(shown(Some(pin), true), [(1, 20)]);
        let part = |end: u32| {
            let ranking = Ranking { chunks: vec![commented.clone()], ..Ranking::default() };
            let chosen = Chosen { without_long_comments: true, ..Chosen::default() };
            let lines = with(&ranking, &chosen, 0, LineRange { start: 1, end });
            lines.iter().map(|lines| (lines.start, lines.end)).collect::<Vec<_>>()
        };
        assert_eq!(part(14), [(1, 3), (13, 14)]);
        for within in 4..=13 {
            assert_eq!(part(within), [(1, 3)], "nothing of the comment alone");
        }
    }

    #[test]
    fn another_likely_file_is_preferred_to_more_of_a_known_one() {
        let ranking = Ranking {
            chunks: vec![chunk(0, 1, 10, 0.4), chunk(0, 20, 29, 0.17), chunk(1, 1, 10, 0.18)],
            ..Ranking::default()
        };
        let mut chosen = Chosen::default();
        fill(&ranking, &considered(&ranking, 100_000), &mut Lines, 45, &mut chosen);
        assert_eq!(chosen.lines.keys().copied().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn neighbours_are_joined() {
        let ranking = Ranking {
            chunks: vec![chunk(0, 1, 10, 0.4), chunk(0, 11, 20, 0.3)],
            ..Ranking::default()
        };
        let mut chosen = Chosen::default();
        fill(&ranking, &considered(&ranking, 100_000), &mut Lines, 1_000, &mut chosen);
        assert_eq!(chosen.lines[&0], [LineRange { start: 1, end: 20 }]);
        assert_eq!(chosen.tokens(), 32);
    }

    #[test]
    fn the_best_chunk_is_shown_in_part_if_it_is_too_long() {
        let ranking = Ranking { chunks: vec![chunk(0, 5, 100, 0.9)], ..Ranking::default() };
        let mut chosen = Chosen::default();
        fill(&ranking, &considered(&ranking, 100_000), &mut Lines, 14, &mut chosen);
        assert!(chosen.lines.is_empty());
        take_best(&ranking, &considered(&ranking, 100_000), &mut Lines, 30, &mut chosen);
        assert_eq!(chosen.lines[&0], [LineRange { start: 5, end: 22 }]);
        assert_eq!(chosen.tokens(), 30);
    }

    #[test]
    fn a_file_may_be_opened_by_the_head_of_a_chunk_which_is_completed_when_it_fits() {
        let ranking = Ranking {
            chunks: vec![chunk(0, 1, 10, 0.5), chunk(1, 1, 60, 0.3)],
            ..Ranking::default()
        };
        let mut chosen = Chosen::default();
        fill(&ranking, &considered(&ranking, 100_000), &mut Lines, 45, &mut chosen);
        assert_eq!(chosen.lines[&1], [LineRange { start: 1, end: HEAD_LINES }]);
        assert_eq!(chosen.heads, BTreeSet::from([1]));
        fill(&ranking, &considered(&ranking, 100_000), &mut Lines, 200, &mut chosen);
        assert_eq!(chosen.lines[&1], [LineRange { start: 1, end: 60 }]);
        assert!(chosen.heads.is_empty());
        assert_eq!(chosen.chunks[&1], [1]);
    }

    #[test]
    fn the_best_chunk_of_the_best_file_comes_first_however_long() {
        let long = (0..40).map(|at| chunk(0, at * 100 + 1, at * 100 + 90, 0.02));
        let chunks = [chunk(1, 1, 3, 0.1)].into_iter().chain(long).collect();
        let mut ranking = Ranking { chunks, ..Ranking::default() };
        ranking.chunks[8].probability = 0.05;
        let mut chosen = Chosen::default();
        take_best(&ranking, &considered(&ranking, 100_000), &mut Lines, 110, &mut chosen);
        assert_eq!(chosen.lines[&0], [LineRange { start: 701, end: 790 }]);
        let before = chosen.lines.clone();
        take_best(&ranking, &considered(&ranking, 100_000), &mut Lines, 500, &mut chosen);
        assert_eq!(chosen.lines, before);
    }

    #[test]
    fn chunks_without_code_are_never_shown() {
        let mut ranking = Ranking {
            chunks: vec![chunk(0, 1, 10, 0.5), chunk(1, 1, 10, 0.4)],
            ..Ranking::default()
        };
        ranking.chunks[0].first_code = None;
        let mut chosen = Chosen::default();
        take_best(&ranking, &considered(&ranking, 100_000), &mut Lines, 1_000, &mut chosen);
        fill(&ranking, &considered(&ranking, 100_000), &mut Lines, 1_000, &mut chosen);
        assert_eq!(chosen.lines.keys().copied().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn imports_are_shown_beside_code_and_never_alone() {
        let mut chunks = vec![chunk(0, 1, 5, 0.4), chunk(0, 10, 19, 0.2), chunk(1, 1, 5, 0.3)];
        for at in [0, 2] {
            (chunks[at].first_code, chunks[at].has_imports) = (None, true);
        }
        let mut ranking = Ranking { chunks, ..Ranking::default() };
        let chosen = |ranking: &Ranking| {
            let mut chosen = Chosen::default();
            take_best(ranking, &considered(ranking, 100_000), &mut Lines, 1_000, &mut chosen);
            fill(ranking, &considered(ranking, 100_000), &mut Lines, 1_000, &mut chosen);
            chosen.chunks
        };
        assert_eq!(chosen(&ranking), BTreeMap::from([(0, vec![1, 0])]));
        ranking.chunks[0].has_imports = false;
        assert_eq!(chosen(&ranking), BTreeMap::from([(0, vec![1])]), "a licence");
    }

    #[test]
    fn a_chunk_without_a_word_of_the_task_needs_a_score_that_is_not_negative() {
        let shown = |score: f64, words: &[&str]| {
            let mut ranking = Ranking { chunks: vec![chunk(0, 1, 10, 0.5)], ..Ranking::default() };
            ranking.chunks[0].score = score;
            ranking.chunks[0].matched = words.iter().map(|&word| word.to_owned()).collect();
            !eligible(&ranking, &considered(&ranking, 100_000), &Chosen::default()).is_empty()
        };
        assert!(shown(0.1, &[]) && shown(-3.0, &["refresh"]));
        assert!(!shown(-0.1, &[]));
    }

    #[test]
    fn a_part_of_the_best_chunk_has_code_in_it() {
        let mut ranking = Ranking { chunks: vec![chunk(0, 1, 100, 0.9)], ..Ranking::default() };
        ranking.chunks[0].first_code = Some(60);
        let mut chosen = Chosen::default();
        take_best(&ranking, &considered(&ranking, 100_000), &mut Lines, 30, &mut chosen);
        assert_eq!(chosen.lines[&0], [LineRange { start: 60, end: 77 }]);
    }

    proptest! {
        #[test]
        fn the_budget_holds_and_nothing_that_fits_is_left(
            raw in proptest::collection::vec((0usize..5, 1u32..24, 0u32..100), 1..40),
            budget in 0usize..400,
        ) {
            let mut next = [1u32; 5];
            let chunks: Vec<RankedChunk> = raw.iter().map(|&(file, length, probability)| {
                let start = next[file];
                next[file] += length;
                chunk(file, start, start + length - 1, f64::from(probability) / 4_000.0)
            }).collect();
            let ranking = Ranking { chunks, ..Ranking::default() };
            let mut chosen = Chosen::default();
            fill(&ranking, &considered(&ranking, 100_000), &mut Lines, budget, &mut chosen);
            prop_assert!(chosen.tokens() <= budget);
            for at in eligible(&ranking, &considered(&ranking, 100_000), &chosen) {
                let file = ranking.chunks[at].file;
                if !chosen.chunks.get(&file).is_some_and(|u| u.contains(&at)) {
                    let price = added_price(&ranking, &mut Lines, &chosen, at);
                    prop_assert!(chosen.tokens() + price > budget);
                }
            }
        }
    }
}
