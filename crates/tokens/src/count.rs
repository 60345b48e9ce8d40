//! Counting and encoding: a text's pieces, each looked up or merged.

use std::cell::{Cell, RefCell};

use crate::Encoding;
use crate::cache::Cache;
use crate::merge::merge;
use crate::split::piece_end;
use crate::vocabulary::Vocabulary;

/// The number of tokens of `text`.
pub fn count(encoding: Encoding, text: &str) -> usize {
    with_counter(encoding, |counter| counter.count(text))
}

/// The tokens of `text`, in order.
pub fn encode(encoding: Encoding, text: &str) -> Vec<u32> {
    let vocabulary = Vocabulary::of(encoding);
    let mut tokens = Vec::with_capacity(text.len() / 4);
    // Every single byte is a token, so every part of a piece is one.
    for_each_token(encoding, text, |bytes| tokens.extend(vocabulary.rank(bytes)));
    tokens
}

/// Calls `token` with the bytes of each token of `text`, in order.
pub(crate) fn for_each_token(encoding: Encoding, text: &str, mut token: impl FnMut(&[u8])) {
    let vocabulary = Vocabulary::of(encoding);
    let mut start = 0;
    while start < text.len() {
        let end = piece_end(encoding, text.as_bytes(), start);
        let piece = &text.as_bytes()[start..end];
        match vocabulary.rank(piece) {
            Some(_) => token(piece),
            None => merge(piece, |bytes| vocabulary.rank(bytes), &mut token),
        }
        start = end;
    }
}

/// Counts tokens, and remembers how many the last pieces had.
pub(crate) struct Counter {
    encoding: Encoding,
    vocabulary: &'static Vocabulary,
    cache: Cache,
    pairs: Pairs,
}

/// Calls `count` with this thread's counter, whose cache holds what the calls before have seen.
/// `count` may not call this function.
pub(crate) fn with_counter<T>(encoding: Encoding, count: impl FnOnce(&mut Counter) -> T) -> T {
    thread_local! {
        static O200K_BASE: RefCell<Counter> = RefCell::new(Counter::new(Encoding::O200kBase));
        static CL100K_BASE: RefCell<Counter> = RefCell::new(Counter::new(Encoding::Cl100kBase));
    }
    let counter = match encoding {
        Encoding::O200kBase => &O200K_BASE,
        Encoding::Cl100kBase => &CL100K_BASE,
    };
    counter.with_borrow_mut(count)
}

impl Counter {
    fn new(encoding: Encoding) -> Self {
        Counter {
            encoding,
            vocabulary: Vocabulary::of(encoding),
            cache: Cache::new(),
            pairs: Pairs::new(),
        }
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The number of tokens of `text`.
    pub(crate) fn count(&mut self, text: &str) -> usize {
        let mut tokens = 0;
        let mut start = 0;
        while start < text.len() {
            let end = self.piece_end(text, start);
            tokens += self.count_piece(text, start, end);
            start = end;
        }
        tokens
    }

    /// The end of the piece of `text` that begins at `start`.
    #[inline]
    pub(crate) fn piece_end(&self, text: &str, start: usize) -> usize {
        piece_end(self.encoding, text.as_bytes(), start)
    }

    /// The number of tokens of the piece from `start` to `end` of `text`.
    #[inline]
    pub(crate) fn count_piece(&mut self, text: &str, start: usize, end: usize) -> usize {
        let (vocabulary, pairs) = (self.vocabulary, &self.pairs);
        self.cache.count(text.as_bytes(), start, end, |piece| count_piece(vocabulary, pairs, piece))
    }
}

fn count_piece(vocabulary: &Vocabulary, pairs: &Pairs, piece: &[u8]) -> usize {
    if vocabulary.rank(piece).is_some() {
        return 1;
    }
    let mut tokens = 0;
    let rank = |bytes: &[u8]| match bytes {
        [first, second] => pairs.rank(vocabulary, *first, *second),
        _ => vocabulary.rank(bytes),
    };
    merge(piece, rank, |_| tokens += 1);
    tokens
}

/// The ranks of the pairs of ASCII characters seen so far, in 64 kB. Merging begins with all pairs of a piece; a text has
/// few different ones, which are close together here and scattered in the vocabulary.
struct Pairs(Box<[Cell<u32>; PAIRS]>);

/// The pairs of ASCII characters.
const PAIRS: usize = 1 << 14;
/// A pair that hasn't been looked up, and one that is no token. No rank is as high.
const UNKNOWN: u32 = u32::MAX;
const NO_TOKEN: u32 = u32::MAX - 1;

impl Pairs {
    fn new() -> Self {
        Pairs(Box::new([const { Cell::new(UNKNOWN) }; PAIRS]))
    }

    #[inline]
    fn rank(&self, vocabulary: &Vocabulary, first: u8, second: u8) -> Option<u32> {
        let look_up = || vocabulary.rank(&[first, second]);
        if !first.is_ascii() || !second.is_ascii() {
            return look_up();
        }
        let pair = &self.0[usize::from(first) << 7 | usize::from(second)];
        if pair.get() == UNKNOWN {
            pair.set(look_up().unwrap_or(NO_TOKEN));
        }
        Some(pair.get()).filter(|rank| *rank != NO_TOKEN)
    }
}
