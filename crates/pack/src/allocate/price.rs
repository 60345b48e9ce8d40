//! Prices: the tokens of each fragment, counted once.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use syntax::LineRange;

use super::greedy::Prices;
use crate::facts::{Facts, MapEntry};
use crate::render::FormatWriter;

/// Put before a fragment while it is counted, as a line is in the pack; the crate's documentation says
/// why prices add up then.
const BEFORE: &str = "a\n";
/// The fewest files that are priced by several threads. By hand: one takes about 50 microseconds.
const FILES_AT_ONCE: usize = 4;

/// Counts fragments. It remembers the prices of spans, and what a file costs whichever of its spans are
/// shown.
pub(crate) struct Pricer<'a> {
    fragments: Fragments<'a>,
    files: HashMap<usize, FilePrices>,
    /// By the files of a map, each with the number of its lines: the tokens of the map.
    maps: HashMap<Vec<(usize, usize)>, usize>,
}

impl<'a> Pricer<'a> {
    pub(crate) fn new(facts: &'a Facts<'a>, writer: &'a dyn FormatWriter) -> Self {
        let fragments = Fragments { facts, writer, before: tokens::count(facts.encoding, BEFORE) };
        Self { fragments, files: HashMap::new(), maps: HashMap::new() }
    }

    /// The tokens that `fragment` adds to a pack.
    pub(crate) fn fragment(&self, fragment: &str) -> usize {
        self.fragments.price(fragment)
    }

    /// The tokens of a map of these files. Of a file, fewer lines are always the first of those that it may have.
    pub(super) fn map(&mut self, map: &[MapEntry]) -> usize {
        let key = map.iter().map(|entry| (entry.file, entry.signatures.len())).collect();
        let fragments = self.fragments;
        let price = || fragments.price(&fragments.writer.map(fragments.facts, map));
        *self.maps.entry(key).or_insert_with(price)
    }
}

impl Prices for Pricer<'_> {
    fn says_something(&self, file: usize, line: u32) -> bool {
        let facts = self.fragments.facts;
        facts.tells_the_file(facts.lines[&file].line(line).trim())
    }

    fn file(&mut self, file: usize, lines: &[LineRange]) -> usize {
        self.files.entry(file).or_default().of(self.fragments, file, lines)
    }

    fn line(&self, file: usize, line: u32) -> usize {
        let facts = self.fragments.facts;
        self.fragment(facts.lines[&file].get(LineRange { start: line, end: line }))
    }

    fn prepare(&mut self, wanted: Vec<(usize, Vec<LineRange>)>) {
        let mut by_file: BTreeMap<usize, Vec<Vec<LineRange>>> = BTreeMap::new();
        for (file, lines) in wanted {
            if !self.files.get(&file).is_some_and(|prices| prices.files.contains_key(&*lines)) {
                by_file.entry(file).or_default().push(lines);
            }
        }
        if by_file.len() < FILES_AT_ONCE {
            return;
        }
        let known = |(file, wanted)| (file, wanted, self.files.remove(&file).unwrap_or_default());
        let by_file: Vec<_> = by_file.into_iter().map(known).collect();
        let fragments = self.fragments;
        let priced = by_file.into_par_iter().map(|(file, wanted, mut prices)| {
            for lines in wanted {
                prices.of(fragments, file, &lines);
            }
            (file, prices)
        });
        let priced: Vec<_> = priced.collect();
        self.files.extend(priced);
    }
}

/// Counts fragments of a pack.
#[derive(Clone, Copy)]
struct Fragments<'a> {
    facts: &'a Facts<'a>,
    writer: &'a dyn FormatWriter,
    /// The tokens of [`BEFORE`].
    before: usize,
}

impl Fragments<'_> {
    fn price(self, fragment: &str) -> usize {
        tokens::count(self.facts.encoding, &[BEFORE, fragment].concat()) - self.before
    }
}

/// The prices of one file.
#[derive(Default)]
struct FilePrices {
    /// What it costs whichever lines are shown.
    overhead: Option<usize>,
    /// By lines, and whether no others follow.
    spans: HashMap<(LineRange, bool), usize>,
    /// By the line at which a span begins: what is written between it and the one before.
    between: HashMap<u32, usize>,
    /// By the lines that are shown: what the file costs then. Each pass prices every chunk, most of them as the pass before
    /// did.
    files: HashMap<Box<[LineRange]>, usize>,
}

impl FilePrices {
    fn of(&mut self, fragments: Fragments<'_>, file: usize, lines: &[LineRange]) -> usize {
        if let Some(&price) = self.files.get(lines) {
            return price;
        }
        let Fragments { facts, writer, .. } = fragments;
        let overhead = *self.overhead.get_or_insert_with(|| overhead(fragments, file));
        let mut price = overhead + fragments.price(&writer.file_open(facts, 1, file, lines));
        for (at, &range) in lines.iter().enumerate() {
            if at > 0 {
                let between = || fragments.price(&writer.between(range.start));
                price += *self.between.entry(range.start).or_insert_with(between);
            }
            let is_last = at + 1 == lines.len();
            let span = || fragments.price(&writer.span(facts, file, range, is_last));
            price += *self.spans.entry((range, is_last)).or_insert_with(span);
        }
        self.files.insert(lines.into(), price);
        price
    }
}

fn overhead(fragments: Fragments<'_>, file: usize) -> usize {
    let Fragments { facts, writer, .. } = fragments;
    let redacted = facts.redacted.get(&file).map(|line| writer.redacted(line));
    fragments.price(&writer.listed(facts, 1, file))
        + fragments.price(&writer.file_close(facts, file, false))
        + redacted.map_or(0, |line| fragments.price(&line))
}
