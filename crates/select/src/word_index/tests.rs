use proptest::prelude::*;

use super::*;

/// An index of texts, counted in two portions as if by two threads.
fn index(texts: &[String]) -> WordIndex {
    let mut builder = WordIndexBuilder::default();
    for portion in texts.chunks(texts.len().div_ceil(2).max(1)) {
        let mut counter = WordCounter::default();
        let counted: Vec<CountedWords> = portion.iter().map(|text| counter.count(text)).collect();
        let numbers = builder.numbers(&counter);
        counted.iter().for_each(|counted| builder.add(counted, &numbers));
    }
    builder.finish_compacted()
}

/// The terms of a text and its length, by reading it.
fn scanned(vocabulary: &Vocabulary, text: &str) -> (Vec<u32>, u32) {
    let (mut counts, mut length) = (vec![0; vocabulary.len()], 0);
    Scanner::new(vocabulary).scan(text, |_, parts, ids| {
        length += parts;
        ids.iter().for_each(|&id| counts[id as usize] += 1);
    });
    (counts, length)
}

fn looked_up(vocabulary: &Vocabulary, index: &WordIndex, file: u32) -> (Vec<u32>, u32) {
    let mut counts = vec![0; vocabulary.len()];
    let terms = index.with_terms(vocabulary);
    terms.each(index, file, |id, count| counts[id as usize] += count);
    (counts, index.length(file))
}

const WORD: &str = "(getUser|get_user_get|Running|naïve|寻路服务寻路|ก\u{301}\u{301}ข|\u{301}|e\u{301}t|[a-zA-Z0-9_]{1,6}|x{60,70})";

proptest! {
    #[test]
    fn an_index_counts_what_a_scanner_finds(
        texts in prop::collection::vec(prop::collection::vec(WORD, 0..12), 1..6),
        asked in prop::collection::vec(WORD, 0..6),
    ) {
        let texts: Vec<String> = texts.into_iter().map(|words| words.join(" ")).collect();
        let mut vocabulary = Vocabulary::default();
        for word in &asked {
            crate::terms::Splitter::new().split(word).0.iter().for_each(|term| {
                vocabulary.add(term);
            });
        }
        let index = index(&texts);
        let mut bytes = Vec::new();
        index.write(&mut bytes);
        let read = WordIndex::read(&mut bytes.as_slice()).unwrap();
        let mut again = WordIndexBuilder::upon(&read);
        (0..texts.len()).for_each(|file| again.take_over(&read, file as u32));
        let again = again.finish();
        for (file, text) in (0..).zip(&texts) {
            let expected = scanned(&vocabulary, text);
            for index in [&index, &read, &again] {
                prop_assert_eq!(&looked_up(&vocabulary, index, file), &expected, "{:?}", text);
            }
        }
    }

    #[test]
    fn damaged_bytes_give_no_panic(at in 0_usize..400, bit in 0_u8..8, cut in 0_usize..400) {
        let index = index(&["fn get_user() { naïve } 寻路服务".to_owned(), "get get".to_owned()]);
        let mut bytes = Vec::new();
        index.write(&mut bytes);
        let (at, cut) = (at % bytes.len(), cut % bytes.len());
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << bit;
        let mut vocabulary = Vocabulary::default();
        vocabulary.add("get");
        for bytes in [&damaged[..], &bytes[..cut]] {
            if let Some(read) = WordIndex::read(&mut &*bytes) {
                (0..3).for_each(|file| drop(looked_up(&vocabulary, &read, file)));
            }
        }
    }
}
