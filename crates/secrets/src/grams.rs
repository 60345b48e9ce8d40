//! Tables that say which keywords may be at a position of a text, by the bytes there.

use crate::filter::{self, frequency};

/// The number of hashes of bytes, as a power of two: as a bit each, they take eight kilobytes of a processor's fastest
/// cache.
const HASH_BITS: u32 = 16;
/// The number of groups of grams, as a power of two.
const GROUP_BITS: u32 = 12;
/// Makes ASCII letters lower case, and some other characters equal, so that what is found has to be compared.
const FOLDED: u32 = 0x2020_2020;

/// A few bytes of a keyword.
#[derive(Debug, Clone, Copy)]
struct Gram {
    /// The keyword's index.
    keyword: u16,
    /// The position of the bytes in the keyword.
    offset: u8,
    /// The bytes, folded.
    folded: u32,
    /// The first eight bytes of the keyword, folded, and the bits that count if it has fewer.
    beginning: u64,
    counts: u64,
}

/// A keyword, and the position of the bytes in it that stand for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chosen<'k> {
    /// The keyword's index.
    pub(crate) keyword: usize,
    /// In lower case.
    pub(crate) text: &'k [u8],
    pub(crate) offset: usize,
}

impl<'k> Chosen<'k> {
    pub(crate) fn bytes(&self) -> &'k [u8] {
        &self.text[self.offset..]
    }
}

/// The hashes that grams of so many bytes have, at most four: a bit for each.
#[derive(Debug)]
pub(crate) struct Known<const LENGTH: usize>(Box<[u64; (1 << HASH_BITS) / 64]>);

impl<const LENGTH: usize> Default for Known<LENGTH> {
    fn default() -> Self {
        Self(Box::new([0; (1 << HASH_BITS) / 64]))
    }
}

impl<const LENGTH: usize> Known<LENGTH> {
    /// Adds the gram of these bytes, as [`folded_at`] gives them.
    pub(crate) fn add(&mut self, folded: u32) {
        let hash = hash(folded & counted(LENGTH));
        self.0[hash / 64] |= 1 << (hash % 64);
    }

    /// Adds all grams that begin with one of a byte less.
    pub(crate) fn add_longer(&mut self, folded: u32) {
        let folded = folded & counted(LENGTH - 1);
        for last in 0..=u8::MAX {
            self.add(folded | folded_at(&[last]) << (8 * (LENGTH - 1)));
        }
    }

    /// 1 if a gram may begin with these bytes, as [`folded_at`] gives them, or else 0.
    #[inline(always)]
    pub(crate) fn has(&self, folded: u32) -> usize {
        let hash = hash(folded & counted(LENGTH));
        (self.0[hash / 64] >> (hash % 64) & 1) as usize
    }
}

/// Grams of so many bytes, at most four, by the hashes of their bytes.
#[derive(Debug)]
pub(crate) struct Grams<const LENGTH: usize> {
    /// The grams by group; and where those of each group begin, and the last ones end.
    grams: Vec<Gram>,
    begins: Box<[u16; (1 << GROUP_BITS) + 1]>,
}

impl<const LENGTH: usize> Grams<LENGTH> {
    /// The grams of keywords that have as many bytes, or more.
    ///
    /// # Panics
    /// If there are more than several thousand.
    pub(crate) fn new<'k>(keywords: impl Iterator<Item = Chosen<'k>>) -> Self {
        let gram = |chosen: Chosen<'_>| {
            let counts = u64::MAX >> (64 - 8 * chosen.text.len().min(8));
            Gram {
                keyword: chosen.keyword as u16,
                offset: chosen.offset as u8,
                folded: folded_at(chosen.bytes()) & counted(LENGTH),
                beginning: eight_folded_at(chosen.text) & counts,
                counts,
            }
        };
        let mut grams: Vec<Gram> = keywords.map(gram).collect();
        assert!(grams.len() <= usize::from(u16::MAX), "several hundred short keywords");
        grams.sort_by_key(|gram| (group(gram.folded), gram.keyword));
        let mut begins = Box::new([0; (1 << GROUP_BITS) + 1]);
        for (at, gram) in grams.iter().enumerate() {
            begins[group(gram.folded) + 1] = at as u16 + 1;
        }
        for at in 1..begins.len() {
            begins[at] = begins[at].max(begins[at - 1]);
        }
        Self { grams, begins }
    }

    /// Calls `found` with the start and the index of each keyword that begins there, ignoring case, if its gram is at a
    /// position.
    #[inline]
    pub(crate) fn at(&self, bytes: &[u8], at: usize, found: &mut impl FnMut(usize, usize)) {
        let group = group(folded_at(&bytes[at..]) & counted(LENGTH));
        let those = usize::from(self.begins[group])..usize::from(self.begins[group + 1]);
        for gram in &self.grams[those] {
            let Some(start) = at.checked_sub(usize::from(gram.offset)) else { continue };
            if eight_folded_at(&bytes[start..]) & gram.counts == gram.beginning {
                found(start, usize::from(gram.keyword));
            }
        }
    }
}

/// The bits of as many bytes of four.
const fn counted(bytes: usize) -> u32 {
    u32::MAX >> (32 - 8 * bytes)
}

/// The first four bytes, folded; behind the end are zeros.
#[inline(always)]
pub(crate) fn folded_at(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(first_of(bytes)) | FOLDED
}

/// The same for eight bytes.
fn eight_folded_at(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(first_of(bytes)) | u64::from(FOLDED) << 32 | u64::from(FOLDED)
}

#[inline(always)]
fn first_of<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    bytes
        .first_chunk()
        .copied()
        .unwrap_or_else(|| std::array::from_fn(|at| bytes.get(at).copied().unwrap_or_default()))
}

/// By Fibonacci hashing: the highest bits of a product with 2³² divided by the golden ratio.
#[inline(always)]
fn hash(folded: u32) -> usize {
    (folded.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize
}

#[inline(always)]
fn group(folded: u32) -> usize {
    hash(folded) >> (HASH_BITS - GROUP_BITS)
}

/// Of each of the keywords, which are in lower case, the position of the three bytes that stand for it, or of the two of
/// a short one: those that are rarest in texts, or that stand for another keyword and are hardly less rare, since the
/// fewer there are, the fewer positions a [`Filter`](crate::filter::Filter) lets pass.
pub(crate) fn choose<'k>(mut keywords: Vec<(usize, &'k [u8])>) -> Vec<Chosen<'k>> {
    keywords.sort_by_key(|(index, text)| (text.len(), *index));
    let frequent: Vec<u32> = FREQUENT.iter().map(|gram| folded_at(gram.as_bytes())).collect();
    let mut shared: Vec<u32> = Vec::new();
    let mut chosen = Vec::with_capacity(keywords.len());
    for (keyword, text) in keywords {
        let cost = |gram: &[u8]| {
            let folded = folded_at(gram);
            let often = if frequent.contains(&folded) { OFTEN } else { 1 };
            let seldom = if shared.contains(&folded) { SHARED } else { 1 };
            gram.iter().map(|byte| u64::from(frequency(*byte))).product::<u64>() * often / seldom
        };
        let grams = text.windows(filter::LENGTH.min(text.len())).enumerate();
        if let Some((offset, gram)) = grams.min_by_key(|(_, gram)| cost(gram)) {
            shared.push(folded_at(gram));
            chosen.push(Chosen { keyword, text, offset });
        }
    }
    chosen
}

/// How much more frequent bytes may be that stand for another keyword already. By hand.
const SHARED: u64 = 3;

/// How much more frequent the most frequent three bytes are than their bytes alone say. By hand.
const OFTEN: u64 = 16;

/// The most frequent three bytes in the sources of clap, requests, gson, jq and puma.
#[rustfmt::skip]
const FREQUENT: &[&str] = &[
    " th", "the", "ion", "he ", "ing", " in", "tio", "for", "ate", " re", "com", "cla", "ed ", " co", "tra", "ent", "on ",
    "ter", "ran", "ass", "or ", "and", " to", "ng ", " an", "ans", "str", "to ", "is ", "ith", "es ", " cl", "con", "er ",
    "th ", "son", "las", "arg", " pr", "val", " ar", "ath", "put", " is", " of", " fi", "se ", "pro", " fo", "nd ", " tr",
    "ect", "est", "ons", "res", " st", "orm", "ati", "typ", " se", "of ", "ser", "tri", "ype", "ver", "rea", "sta", "ttp",
    "htt", "ers", "in ", "ame", "ead", " wi", "if ", "use", "fil", "lat", "alu", " de", "lue", "end", "men", "re ", "out",
    "equ", ".co", "all", "rin", "der", "an ", "ues", "ess", "ill", "nam", "par", " be", "te(", "thi", "omm", "as ", "ts ",
];
