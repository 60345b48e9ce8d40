//! Prices: the tokens of each fragment, counted once.

use std::collections::HashMap;

use syntax::LineRange;

use super::greedy::Prices;
use crate::facts::Facts;
use crate::render::FormatWriter;

/// Put before a fragment while it is counted, as a line is in the pack; the crate's documentation says
/// why prices add up then.
const BEFORE: &str = "a\n";

/// Counts fragments. It remembers the prices of spans, and what a file costs whichever of its spans are
/// shown.
pub(crate) struct Pricer<'a> {
    facts: &'a Facts<'a>,
    writer: &'a dyn FormatWriter,
    before: usize,
    file_overheads: HashMap<usize, usize>,
    spans: HashMap<(usize, LineRange, bool), usize>,
    /// By the line at which a span begins: what is written between it and the one before.
    between: HashMap<u32, usize>,
    /// By file and its lines that are shown: what the file costs then. Each pass prices every chunk, most of them as the
    /// pass before did.
    files: HashMap<usize, HashMap<Box<[LineRange]>, usize>>,
    scratch: String,
}

impl<'a> Pricer<'a> {
    pub(crate) fn new(facts: &'a Facts<'a>, writer: &'a dyn FormatWriter) -> Self {
        Self {
            facts,
            writer,
            before: tokens::count(facts.encoding, BEFORE),
            file_overheads: HashMap::new(),
            spans: HashMap::new(),
            between: HashMap::new(),
            files: HashMap::new(),
            scratch: String::new(),
        }
    }

    /// The tokens that `fragment` adds to a pack.
    pub(crate) fn fragment(&mut self, fragment: &str) -> usize {
        self.scratch.clear();
        self.scratch.push_str(BEFORE);
        self.scratch.push_str(fragment);
        tokens::count(self.facts.encoding, &self.scratch) - self.before
    }

    fn file_overhead(&mut self, file: usize) -> usize {
        if let Some(&price) = self.file_overheads.get(&file) {
            return price;
        }
        let listed = self.writer.listed(self.facts, 1, file);
        let close = self.writer.file_close(self.facts, file, false);
        let facts = self.facts;
        let redacted = facts.redacted.get(&file).map(|line| self.writer.redacted(line));
        let redacted = redacted.map_or(0, |line| self.fragment(&line));
        let price = self.fragment(&listed) + self.fragment(&close) + redacted;
        self.file_overheads.insert(file, price);
        price
    }

    fn between(&mut self, start: u32) -> usize {
        if let Some(&price) = self.between.get(&start) {
            return price;
        }
        let text = self.writer.between(start);
        let price = self.fragment(&text);
        self.between.insert(start, price);
        price
    }

    fn span(&mut self, file: usize, lines: LineRange, last: bool) -> usize {
        if let Some(&price) = self.spans.get(&(file, lines, last)) {
            return price;
        }
        let text = self.writer.span(self.facts, file, lines, last);
        let price = self.fragment(&text);
        self.spans.insert((file, lines, last), price);
        price
    }
}

impl Prices for Pricer<'_> {
    fn says_something(&self, file: usize, line: u32) -> bool {
        self.facts.tells_the_file(self.facts.lines[&file].line(line).trim())
    }

    fn file(&mut self, file: usize, lines: &[LineRange]) -> usize {
        if let Some(&price) = self.files.get(&file).and_then(|prices| prices.get(lines)) {
            return price;
        }
        let price = self.price_of(file, lines);
        self.files.entry(file).or_default().insert(lines.into(), price);
        price
    }
}

impl Pricer<'_> {
    fn price_of(&mut self, file: usize, lines: &[LineRange]) -> usize {
        let open = self.writer.file_open(self.facts, 1, file, lines);
        let mut price = self.file_overhead(file) + self.fragment(&open);
        for (at, &range) in lines.iter().enumerate() {
            if at > 0 {
                price += self.between(range.start);
            }
            price += self.span(file, range, at + 1 == lines.len());
        }
        price
    }
}
