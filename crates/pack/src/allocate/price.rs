//! Prices: the tokens of each piece, counted once.

use std::collections::HashMap;

use syntax::LineRange;

use super::greedy::Prices;
use crate::facts::Facts;
use crate::render::Pieces;

/// Stands before a piece while it is counted, as a line does in the pack; see the crate's
/// documentation for why that makes prices add up.
const BEFORE: &str = "a\n";

/// Counts pieces and remembers the prices of spans, and of what stands around a file's spans whichever
/// they are.
pub(crate) struct Pricer<'a> {
    facts: &'a Facts<'a>,
    pieces: &'a dyn Pieces,
    before: usize,
    frames: HashMap<usize, usize>,
    spans: HashMap<(usize, LineRange, bool), usize>,
    scratch: String,
}

impl<'a> Pricer<'a> {
    pub(crate) fn new(facts: &'a Facts<'a>, pieces: &'a dyn Pieces) -> Self {
        Self {
            facts,
            pieces,
            before: tokens::count(facts.encoding, BEFORE),
            frames: HashMap::new(),
            spans: HashMap::new(),
            scratch: String::new(),
        }
    }

    /// The tokens that `piece` adds to a pack.
    pub(crate) fn piece(&mut self, piece: &str) -> usize {
        self.scratch.clear();
        self.scratch.push_str(BEFORE);
        self.scratch.push_str(piece);
        tokens::count(self.facts.encoding, &self.scratch) - self.before
    }

    fn frame(&mut self, file: usize) -> usize {
        if let Some(&price) = self.frames.get(&file) {
            return price;
        }
        let listed = self.pieces.listed(self.facts, 1, file);
        let close = self.pieces.file_close(self.facts, file, false);
        let facts = self.facts;
        let redacted = facts.redacted.get(&file).map(|line| self.pieces.redacted(line));
        let redacted = redacted.map_or(0, |line| self.piece(&line));
        let price = self.piece(&listed) + self.piece(&close) + redacted;
        self.frames.insert(file, price);
        price
    }

    fn span(&mut self, file: usize, lines: LineRange, last: bool) -> usize {
        if let Some(&price) = self.spans.get(&(file, lines, last)) {
            return price;
        }
        let text = self.pieces.span(self.facts, file, lines, last);
        let price = self.piece(&text);
        self.spans.insert((file, lines, last), price);
        price
    }
}

impl Prices for Pricer<'_> {
    fn file(&mut self, file: usize, lines: &[LineRange]) -> usize {
        let open = self.pieces.file_open(self.facts, 1, file, lines);
        let mut price = self.frame(file) + self.piece(&open);
        for (at, &range) in lines.iter().enumerate() {
            if at > 0 {
                let between = self.pieces.between(range.start);
                price += self.piece(&between);
            }
            price += self.span(file, range, at + 1 == lines.len());
        }
        price
    }
}
