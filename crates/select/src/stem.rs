//! The Snowball English stemmer, for words of small ASCII letters and digits.
//!
//! It gives what the library `rust_stemmers` gives, by the algorithm at
//! <https://snowballstem.org/algorithms/english/stemmer.html>, in an eighth of the time: that searches tables for every
//! step and copies the word for every change. Stems were a twentieth of a small checkout's pack without an index. Other
//! words are left to the library.

/// Words whose stems are listed, and these.
const IRREGULAR: &[(&str, &str)] = &[
    ("andes", "andes"),
    ("atlas", "atlas"),
    ("bias", "bias"),
    ("cosmos", "cosmos"),
    ("dying", "die"),
    ("early", "earli"),
    ("gently", "gentl"),
    ("howe", "howe"),
    ("idly", "idl"),
    ("lying", "lie"),
    ("news", "news"),
    ("only", "onli"),
    ("singly", "singl"),
    ("skies", "sky"),
    ("skis", "ski"),
    ("sky", "sky"),
    ("tying", "tie"),
    ("ugly", "ugli"),
];

/// Words that stay as they are after the first step.
const WHOLE: &[&str] =
    &["succeed", "proceed", "exceed", "canning", "inning", "earring", "herring", "outing"];

/// The endings of the second step and what replaces them, longer ones before those with which they end.
const SECOND: &[(&str, &str)] = &[
    ("ization", "ize"),
    ("ational", "ate"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("iveness", "ive"),
    ("tional", "tion"),
    ("biliti", "ble"),
    ("lessli", "less"),
    ("entli", "ent"),
    ("ation", "ate"),
    ("alism", "al"),
    ("aliti", "al"),
    ("ousli", "ous"),
    ("iviti", "ive"),
    ("fulli", "ful"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("abli", "able"),
    ("izer", "ize"),
    ("ator", "ate"),
    ("alli", "al"),
    ("bli", "ble"),
    ("ogi", "og"),
    ("li", ""),
];

/// The same of the third step.
const THIRD: &[(&str, &str)] = &[
    ("ational", "ate"),
    ("tional", "tion"),
    ("alize", "al"),
    ("icate", "ic"),
    ("iciti", "ic"),
    ("ative", ""),
    ("ical", "ic"),
    ("ness", ""),
    ("ful", ""),
];

/// The endings that the fourth step removes, likewise.
const FOURTH: &[(&str, &str)] = &[
    ("ement", ""),
    ("ance", ""),
    ("ence", ""),
    ("able", ""),
    ("ible", ""),
    ("ment", ""),
    ("ant", ""),
    ("ent", ""),
    ("ism", ""),
    ("ate", ""),
    ("iti", ""),
    ("ous", ""),
    ("ive", ""),
    ("ize", ""),
    ("ion", ""),
    ("al", ""),
    ("er", ""),
    ("ic", ""),
];

/// The stem of a word; `None` for one that isn't of small ASCII letters, digits and underscores.
pub(crate) fn english(word: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !word.bytes().all(is_plain) {
        return None;
    }
    if let Some((_, stem)) = IRREGULAR.iter().find(|(irregular, _)| *irregular == word) {
        return Some((*stem).to_owned());
    }
    if word.len() < 3 {
        return Some(word.to_owned());
    }
    let mut word = Word::of(word);
    word.plural();
    if !WHOLE.iter().any(|whole| whole.as_bytes() == word.bytes) {
        word.past();
        word.final_y();
        word.second();
        word.third();
        word.fourth();
        word.final_e();
    }
    let bytes = word.bytes.into_iter().map(|byte| if byte == b'Y' { b'y' } else { byte });
    String::from_utf8(bytes.collect()).ok()
}

/// A word on its way to its stem.
struct Word {
    /// With `Y` for each `y` that is a consonant.
    bytes: Vec<u8>,
    /// Where the regions begin in which endings count.
    first: usize,
    second: usize,
}

/// `Y` isn't one.
fn is_vowel(byte: u8) -> bool {
    matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

impl Word {
    fn of(word: &str) -> Self {
        let mut bytes = word.as_bytes().to_vec();
        for at in 0..bytes.len() {
            if bytes[at] == b'y' && (at == 0 || is_vowel(bytes[at - 1])) {
                bytes[at] = b'Y';
            }
        }
        let after_consonant = |from: usize| {
            let vowel = bytes[from..].iter().position(|byte| is_vowel(*byte))? + from;
            let consonant = bytes[vowel..].iter().position(|byte| !is_vowel(*byte))? + vowel;
            Some(consonant + 1)
        };
        let listed = ["arsen", "commun", "gener"].into_iter().find(|start| word.starts_with(start));
        let first = listed.map(str::len).or_else(|| after_consonant(0));
        let second = first.and_then(after_consonant);
        let whole = bytes.len();
        Self { bytes, first: first.unwrap_or(whole), second: second.unwrap_or(whole) }
    }

    fn ends_with(&self, ending: &str) -> bool {
        self.bytes.ends_with(ending.as_bytes())
    }

    /// The longest of `endings` that the word has, with its replacement and its place.
    fn longest(
        &self,
        endings: &[(&'static str, &'static str)],
    ) -> Option<(&'static str, &'static str, usize)> {
        let [.., last_but_one, last] = self.bytes.as_slice() else { return None };
        endings.iter().find_map(|&(ending, replacement)| {
            let [.., before, end] = ending.as_bytes() else { return None };
            let may_end = end == last && before == last_but_one && self.ends_with(ending);
            may_end.then(|| (ending, replacement, self.bytes.len() - ending.len()))
        })
    }

    fn replace_from(&mut self, place: usize, replacement: &str) {
        self.bytes.truncate(place);
        self.bytes.extend_from_slice(replacement.as_bytes());
    }

    fn has_vowel_before(&self, end: usize) -> bool {
        self.bytes[..end].iter().any(|byte| is_vowel(*byte))
    }

    /// Whether what is before `end` ends in a short syllable.
    fn is_short_before(&self, end: usize) -> bool {
        let is_consonant = |byte: &u8| !is_vowel(*byte);
        match &self.bytes[..end] {
            [.., one, two, three]
                if is_consonant(one)
                    && is_vowel(*two)
                    && is_consonant(three)
                    && !matches!(three, b'w' | b'x' | b'Y') =>
            {
                true
            }
            [one, two] => is_vowel(*one) && is_consonant(two),
            _ => false,
        }
    }

    /// Step 1a.
    fn plural(&mut self) {
        let length = self.bytes.len();
        if self.ends_with("sses") {
            self.bytes.truncate(length - 2);
        } else if self.ends_with("ied") || self.ends_with("ies") {
            self.bytes.truncate(if length > 4 { length - 2 } else { length - 1 });
        } else if self.ends_with("s") && !self.ends_with("ss") && !self.ends_with("us") {
            // Not the vowel right before it.
            if self.has_vowel_before(length.saturating_sub(2)) {
                self.bytes.truncate(length - 1);
            }
        }
    }

    /// Step 1b.
    fn past(&mut self) {
        let length = self.bytes.len();
        let ending = ["eedly", "ingly", "edly", "eed", "ing", "ed"];
        let Some(ending) = ending.into_iter().find(|ending| self.ends_with(ending)) else { return };
        let place = length - ending.len();
        if ending.starts_with("ee") {
            if self.first <= place {
                self.replace_from(place, "ee");
            }
            return;
        }
        if !self.has_vowel_before(place) {
            return;
        }
        self.bytes.truncate(place);
        match self.bytes.as_slice() {
            [.., b'a', b't'] | [.., b'b', b'l'] | [.., b'i', b'z'] => self.bytes.push(b'e'),
            [.., one, two] if one == two && b"bdfgmnprt".contains(one) => {
                self.bytes.pop();
            }
            _ if self.first == place && self.is_short_before(place) => self.bytes.push(b'e'),
            _ => {}
        }
    }

    /// Step 1c.
    fn final_y(&mut self) {
        if let [_, .., before, last @ (b'y' | b'Y')] = self.bytes.as_mut_slice()
            && !is_vowel(*before)
        {
            *last = b'i';
        }
    }

    fn second(&mut self) {
        let Some((ending, replacement, place)) = self.longest(SECOND) else { return };
        let before = self.bytes[..place].last();
        let fits = match ending {
            "ogi" => before == Some(&b'l'),
            "li" => before.is_some_and(|byte| b"cdeghkmnrt".contains(byte)),
            _ => true,
        };
        if fits && self.first <= place {
            self.replace_from(place, replacement);
        }
    }

    fn third(&mut self) {
        let Some((ending, replacement, place)) = self.longest(THIRD) else { return };
        if self.first <= place && (ending != "ative" || self.second <= place) {
            self.replace_from(place, replacement);
        }
    }

    fn fourth(&mut self) {
        let Some((ending, _, place)) = self.longest(FOURTH) else { return };
        let fits = ending != "ion" || matches!(self.bytes[..place].last(), Some(b's' | b't'));
        if fits && self.second <= place {
            self.bytes.truncate(place);
        }
    }

    /// Step 5.
    fn final_e(&mut self) {
        let Some((last, before)) = self.bytes.split_last() else { return };
        let place = before.len();
        let is_removed = match last {
            b'e' => self.second <= place || (self.first <= place && !self.is_short_before(place)),
            b'l' => self.second <= place && before.ends_with(b"l"),
            _ => false,
        };
        if is_removed {
            self.bytes.truncate(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_stemmers::{Algorithm, Stemmer};

    use super::*;

    fn assert_is_the_librarys(word: &str) {
        let library = Stemmer::create(Algorithm::English);
        assert_eq!(english(word).unwrap(), library.stem(word), "{word}");
    }

    #[test]
    fn words_with_rules_of_their_own_have_the_librarys_stems() {
        for word in IRREGULAR.iter().map(|(word, _)| word).chain(WHOLE) {
            for word in
                [(*word).to_owned(), format!("{word}s"), format!("un{word}"), format!("{word}ed")]
            {
                assert_is_the_librarys(&word);
            }
        }
        assert_eq!(english("größe"), None);
        assert_eq!(english("isn't"), None);
    }

    #[test]
    fn every_ending_has_the_librarys_stem() {
        let others = [
            ("eedly", ""),
            ("ingly", ""),
            ("edly", ""),
            ("eed", ""),
            ("ied", ""),
            ("sses", ""),
            ("", ""),
        ];
        let endings: Vec<&str> = [SECOND, THIRD, FOURTH, &others]
            .concat()
            .into_iter()
            .map(|(ending, _)| ending)
            .collect();
        let starts = [
            "", "a", "b", "y", "by", "say", "gener", "commun", "arsen", "generat", "stat", "hop",
            "hopp", "fix", "tray", "know", "relat", "log", "call", "roll", "visit", "sensib",
            "electric", "oper", "yyy", "ayye", "x1_", "ski",
        ];
        for start in starts {
            for one in &endings {
                for two in &endings {
                    for end in ["", "s", "e", "y", "ed", "ing", "l", "ly"] {
                        assert_is_the_librarys(&format!("{start}{one}{two}{end}"));
                    }
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_word_has_the_librarys_stem(word in "[a-z0-9_]{0,12}|[aeiouybdlstgnr]{1,10}") {
            assert_is_the_librarys(&word);
        }
    }
}
