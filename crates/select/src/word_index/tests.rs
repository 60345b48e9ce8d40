use proptest::prelude::*;

use super::merge::Part;
use super::*;
use crate::terms::Splitter;

fn counter(texts: &[String]) -> WordCounter {
    let mut counter = WordCounter::default();
    texts.iter().for_each(|text| {
        counter.count(text);
    });
    counter
}

/// A segment of texts.
fn segment(texts: &[String]) -> WordSegment {
    counter(texts).finish()
}

/// What is known of a text.
#[derive(Debug, PartialEq)]
struct Known {
    /// By term: how often it has it.
    counts: Vec<u32>,
    /// By term, whether it has it as a word of its own. Of scripts without blanks, an index has pairs alone.
    alone: Vec<bool>,
    length: u32,
}

/// The terms of a text and its length, by reading it.
fn scanned(vocabulary: &Vocabulary, text: &str) -> Known {
    let (mut counts, mut length) = (vec![0; vocabulary.len()], 0);
    let mut alone = vec![false; vocabulary.len()];
    Scanner::new(vocabulary).scan(text, |_, parts, ids| {
        length += parts;
        ids.iter().for_each(|&id| counts[id as usize] += 1);
        ids.iter().for_each(|&id| alone[id as usize] |= parts == 1);
    });
    Known { counts, alone: of_scripts_with_blanks(vocabulary, alone), length }
}

fn looked_up(vocabulary: &Vocabulary, index: &WordIndex, file: u32) -> Known {
    let terms = index.with_terms(vocabulary);
    let (found, alone) = terms.count(index, &[file], vocabulary.len());
    let mut counts = vec![0; vocabulary.len()];
    found.of(0).iter().for_each(|&(id, count)| counts[id as usize] += count);
    let alone = of_scripts_with_blanks(vocabulary, alone);
    Known { counts, alone, length: index.length(file) }
}

fn of_scripts_with_blanks(vocabulary: &Vocabulary, mut alone: Vec<bool>) -> Vec<bool> {
    for term in vocabulary.terms().filter(|term| !term.is_ascii()) {
        alone[usize::from(vocabulary.get(term).unwrap())] = false;
    }
    alone
}

/// A scanner that knows the terms of the index finds what one finds that splits words itself.
fn is_known(vocabulary: &Vocabulary, index: &WordIndex, text: &str) -> bool {
    let all = |mut scanner: Scanner<'_>| {
        let mut found = Vec::new();
        // `scan` needs a text that lives as long as the scanner.
        let text: &'static str = Box::leak(text.into());
        scanner.scan(text, |at, parts, ids| found.push((at, parts, ids.to_vec())));
        found
    };
    let terms = index.with_terms(vocabulary);
    all(Scanner::new(vocabulary)) == all(Scanner::knowing(vocabulary, Some(&terms)))
}

const WORD: &str = "(getUser|get_user_get|Running|naïve|寻路服务寻路|ก\u{301}\u{301}ข|\u{301}|e\u{301}t|[a-zA-Z0-9_]{1,6}|x{60,70})";

proptest! {
    #[test]
    fn an_index_counts_what_a_scanner_finds(
        texts in prop::collection::vec(prop::collection::vec(WORD, 0..12), 1..40),
        asked in prop::collection::vec(WORD, 0..6),
        kept in prop::collection::vec(any::<bool>(), 40),
    ) {
        let texts: Vec<String> = texts.into_iter().map(|words| words.join(" ")).collect();
        let mut vocabulary = Vocabulary::default();
        for word in &asked {
            Splitter::new().split(word).0.iter().for_each(|term| {
                vocabulary.add(term);
            });
        }
        let (some, others) = texts.split_at(texts.len() / 2);
        let segments = [segment(some), segment(others)];
        let index = WordIndex::of(segments.iter().map(|segment| {
            WordSegment::read(segment.bytes().to_vec(), 0).unwrap()
        }).collect());
        for (file, text) in (0..).zip(&texts) {
            prop_assert_eq!(&looked_up(&vocabulary, &index, file), &scanned(&vocabulary, text));
            prop_assert!(is_known(&vocabulary, &index, text));
        }
        // The same of those that are kept, every other file of the second segment before all of the first.
        let mut next = 0;
        let mut numbers: [Vec<Option<u32>>; 2] = [vec![None; some.len()], vec![None; others.len()]];
        for (at, file) in [1, 0].into_iter().flat_map(|at| (0..numbers[at].len()).map(move |file| (at, file))).collect::<Vec<_>>() {
            if kept[(at * some.len() + file) % kept.len()] {
                numbers[at][file] = Some(next);
                next += 1;
            }
        }
        let [first, second] = numbers;
        let texts_of = |at: usize| if at == 0 { some } else { others };
        let order: Vec<&String> = [(1, &second), (0, &first)].into_iter().flat_map(|(at, numbers)| {
            numbers.iter().zip(texts_of(at)).filter(|(number, _)| number.is_some()).map(|(_, text)| text)
        }).collect();
        let numbers = [first, second];
        let counters = [some, others].map(counter);
        let counted = WordSegment::counted(&counters, &numbers, next as usize);
        let [first, second] = numbers;
        let parts = [
            Part { segment: &segments[0], numbers: first },
            Part { segment: &segments[1], numbers: second },
        ];
        let merged = WordSegment::merged(&parts, next as usize);
        prop_assert_eq!(counted.bytes(), merged.bytes());
        let merged = WordIndex::of(vec![merged]);
        prop_assert_eq!(merged.files(), order.len());
        for (file, text) in (0..).zip(order) {
            prop_assert_eq!(&looked_up(&vocabulary, &merged, file), &scanned(&vocabulary, text));
        }
    }

    #[test]
    fn words_with_a_term_are_counted(texts in prop::collection::vec(prop::collection::vec(WORD, 0..12), 1..9)) {
        let texts: Vec<String> = texts.into_iter().map(|words| words.join(" ")).collect();
        let index = WordIndex::of(vec![segment(&texts)]);
        let mut vocabulary = Vocabulary::default();
        vocabulary.add("getuser");
        let files = texts.len() as u32 - 1;
        let counts = index.count_with_terms(0..files, &vocabulary);
        let found = counts.iter().find(|(word, _)| &**word == "getUser").map_or(0, |(_, n)| *n);
        let is_meant = |(_, word): &(usize, &str)| *word == "getUser";
        let said = texts[..files as usize].iter().flat_map(|text| crate::terms::words(text));
        prop_assert_eq!(found, said.filter(is_meant).count());
    }

    #[test]
    fn damaged_bytes_give_no_panic(at in 0_usize..4000, bit in 0_u8..8, cut in 0_usize..4000) {
        let whole = segment(&["fn get_user() { naïve } 寻路服务".to_owned(), "get get".to_owned()]);
        let bytes = whole.bytes();
        let (at, cut) = (at % bytes.len(), cut % bytes.len());
        let mut damaged = bytes.to_vec();
        damaged[at] ^= 1 << bit;
        let mut vocabulary = Vocabulary::default();
        vocabulary.add("get");
        for bytes in [damaged, bytes[..cut].to_vec()] {
            if let Some(read) = WordSegment::read(bytes, 0) {
                let numbers = vec![Some(0); read.files()];
                drop(WordSegment::merged(&[Part { segment: &read, numbers }], 1));
                let index = WordIndex::of(vec![read]);
                (0..3).for_each(|file| drop(looked_up(&vocabulary, &index, file)));
                drop(index.count_words(0..3, |word| Some(word.len())));
            }
        }
    }
}
