//! Passwords as people choose them: words and numbers, joined so that no name of a program is written like them. By hand, after
//! lists of passwords by others; the words of programs and messages are in `rules/dummies.txt` and `rules/interface_words.txt`.

use crate::value::{DIGITS, Pairs, has_inner_capital, is_common_number, is_of_programs, words};

/// Words with a number, and what is behind it: `Harbor8589.tuM`.
struct Numbered<'v> {
    /// Without the sign before the number.
    words: &'v str,
    /// Whether there is such a sign.
    is_behind_sign: bool,
    number: &'v str,
    /// Whether a sign stands between the number and what is behind it.
    is_before_sign: bool,
    tail: &'v str,
}

impl<'v> Numbered<'v> {
    const LONGEST: usize = 40;
    const LONGEST_NUMBER: usize = 6;
    const LONGEST_TAIL: usize = 4;

    /// The parts of `value`, as far as their lengths tell.
    fn of(value: &'v str) -> Option<Self> {
        let at = value.bytes().position(|byte| byte.is_ascii_digit())?;
        if value.len() > Self::LONGEST || at < 3 || !value.is_ascii() {
            return None;
        }
        let (written, rest) = value.split_at(at);
        let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = &rest[..rest.len() - behind.len()];
        let words = written.strip_suffix(is_sign).unwrap_or(written);
        let tail = behind.strip_prefix(is_sign).unwrap_or(behind);
        let is_short = (2..=Self::LONGEST_NUMBER).contains(&number.len())
            && tail.len() <= Self::LONGEST_TAIL
            && tail.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_short.then_some(Self {
            words,
            is_behind_sign: words.len() < written.len(),
            number,
            is_before_sign: tail.len() < behind.len(),
            tail,
        })
    }

    fn is_year(&self) -> bool {
        self.number.len() == 4 && (self.number.starts_with("19") || self.number.starts_with("20"))
    }

    /// Whether number and tail are those of no name behind one word.
    fn is_unlike_name(&self) -> bool {
        let is_mixed = self.tail.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
            || self.tail.bytes().any(|byte| byte.is_ascii_digit());
        let is_word = || is_of_programs(&self.tail.to_ascii_lowercase());
        let is_apart =
            self.is_before_sign && (self.number.len() >= 3 || self.tail.len() == 3 && !is_word());
        !self.tail.is_empty()
            && (is_mixed || is_apart || self.is_behind_sign && self.number.len() >= 4)
    }
}

fn is_sign(c: char) -> bool {
    matches!(c, '.' | '_' | '-')
}

/// Whether `value` is words with a number as people join them to a password, and not a name of programs: `Purple_Turtle20`,
/// `cookie.golden_1990`, `Velvet-Mitten-12`, `Harbor8589.tuM`, `RavenNutmeg71_x`. Its words are none of programs.
///
/// Behind one word, a number needs something behind it; behind two, it has two digits, or is a year if they are in small letters.
pub(crate) fn is_numbered_words(value: &str) -> bool {
    const MOST_WORDS: usize = 4;
    let Some(numbered) = Numbered::of(value) else { return false };
    let parts = || numbered.words.split(is_sign).flat_map(words);
    let is_word = |word: &str| {
        let small = word.strip_prefix(|c: char| c.is_ascii_uppercase()).unwrap_or(word);
        (3..=12).contains(&word.len())
            && small.bytes().all(|byte| byte.is_ascii_lowercase())
            && !is_of_programs(&word.to_ascii_lowercase())
    };
    let are_small = numbered.words.bytes().all(|byte| !byte.is_ascii_uppercase());
    let has_number = match (parts().count(), are_small) {
        (1, true) => false,
        (1, false) => numbered.is_unlike_name(),
        (2..=MOST_WORDS, true) => numbered.is_year() && numbered.tail.is_empty(),
        (2..=MOST_WORDS, false) => true,
        _ => false,
    };
    let is_common = numbered.tail.is_empty() && DIGITS.contains(&numbered.number);
    has_number && (numbered.is_year() || !is_common) && parts().all(is_word)
}

/// Whether `value` is a word with a digit for a letter beside capitals, which no name has together: `p54corn_HRDG`.
pub(crate) fn is_spelt_with_capitals(value: &str) -> bool {
    let Some((word, capitals)) = value.split_once(['_', '-', '.']) else { return false };
    let has_inner_digit = word
        .as_bytes()
        .windows(2)
        .any(|two| two[0].is_ascii_digit() && two[1].is_ascii_lowercase());
    word.len() >= 5
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && has_inner_digit
        && capitals.len() >= 3
        && capitals.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Whether `value` is two groups of letters in no order with a sign between them: `jimjM-IdaHsP`. In names, no more than one
/// word is as short as two letters, and hardly a third of the pairs of letters is unusual.
pub(crate) fn is_pair_of_groups(value: &str) -> bool {
    const SHORTEST: usize = 9;
    const LONGEST: usize = 17;
    const FEWEST_SHORT: usize = 2;
    const WORDS: &[&str] = &[
        "id", "ip", "of", "to", "is", "by", "on", "in", "at", "as", "or", "no", "ok", "db", "my",
        "me", "do",
    ];
    if !(SHORTEST..=LONGEST).contains(&value.len()) {
        return false;
    }
    let sign = value.bytes().position(|byte| matches!(byte, b'-' | b'_' | b'+' | b'.'));
    let Some((first, rest)) = sign.map(|at| value.split_at(at)) else { return false };
    let second = &rest[1..];
    let is_group = |group: &str| {
        (4..=8).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    let is_short =
        |word: &&str| word.len() <= 2 && !WORDS.iter().any(|one| one.eq_ignore_ascii_case(word));
    let short = words(value).filter(is_short).count();
    let Pairs { all, common, .. } = Pairs::of(value);
    is_group(first)
        && is_group(second)
        && short >= FEWEST_SHORT
        && has_inner_capital(value)
        && common * 3 <= all * 2
}

/// A word with a capital and a number, such as people choose: `Initech4711`, `Palermo_1982.`; or two such words with a
/// longer number, `CobaltHeron5693`. Names end with shorter numbers, or with those of algorithms.
pub(crate) fn is_numbered_word(value: &str) -> bool {
    if has_chosen_number(value) || is_numbered_words(value) {
        return true;
    }
    let numbered = value.strip_suffix('.').unwrap_or(value);
    let stem = numbered.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &numbered[stem.len()..];
    let stem = stem.strip_suffix(['_', '-']).unwrap_or(stem);
    let is_word = |word: &str| {
        let mut letters = word.bytes();
        letters.next().is_some_and(|first| first.is_ascii_uppercase())
            && letters.all(|byte| byte.is_ascii_lowercase())
    };
    let count = words(stem).count();
    stem.len() >= 4
        && words(stem).all(|word| word.len() >= 3 && is_word(word))
        && stem.bytes().all(|byte| byte.is_ascii_alphabetic())
        && (count == 1 && digits.len() >= 3 || count == 2 && (3..=4).contains(&digits.len()))
        && !((count == 2 || numbered.contains('-')) && is_common_number(digits))
}

/// A word with a number behind a sign, where names have none: `C00kie.2024`, `bergen_2019BUD`.
fn has_chosen_number(value: &str) -> bool {
    let is_number = |part: &str, fewest: usize| {
        (fewest..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_word = |word: &str| {
        (4..=16).contains(&word.len())
            && word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if let Some((word, number)) = value.rsplit_once('.') {
        return is_word(word) && is_number(number, 3) && value.len() >= 9;
    }
    value.split_once('_').is_some_and(|(word, rest)| {
        let capitals = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        is_word(word)
            && is_number(&rest[..rest.len() - capitals.len()], 2)
            && (2..=4).contains(&capitals.len())
            && capitals.bytes().all(|byte| byte.is_ascii_uppercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_a_number_are_distinguished_from_names() {
        #[rustfmt::skip]
        let all = [
            "Initech4711", "Acme123", "Harbor8589.tuM", "Umbra56.1n0", "Lotus94_yFz", "Saffron950.fwv", "Magnet_3151Of",
            "Nutmeg15_6Ta", "GravelIgloo48", "ElbowElbow24", "RavenNutmeg71_x", "FjordIgloo224_x", "Purple_Turtle20",
            "Velvet-Mitten-12", "cookie.golden_1990", "meadow_harley.1992", "Soccer.Turtle26",
        ];
        for chosen in all {
            assert!(is_numbered_word(chosen), "{chosen}");
        }
        #[rustfmt::skip]
        let names = [
            "Base64", "Sha256", "dbPass123", "TextBox17", "UserService42", "test_case_12", "Config2020.Default", "Utf16.get",
            "item_list_1", "Section12", "UserName01", "x86_64", "array.value_2", "Sha256.new",
        ];
        for name in names {
            assert!(!is_numbered_word(name), "{name}");
        }
    }

    #[test]
    fn digits_for_letters_stand_beside_capitals() {
        for chosen in ["r1bistro_2AUX", "p54corn_HRDG", "t1lotus-JWCA", "m9rustic_OFP7"] {
            assert!(is_spelt_with_capitals(chosen), "{chosen}");
        }
        for name in ["sha256_HMAC", "x86_AVX512", "utf8_LE", "int32_MAX", "b64_url", "MAX_2LEN"] {
            assert!(!is_spelt_with_capitals(name), "{name}");
        }
    }

    #[test]
    fn groups_in_no_order_are_distinguished_from_names() {
        for chosen in ["jimjM-IdaHsP", "CjMUt_CPSoMk", "TBbED+aEEyTi", "neNqF-bzazbp"] {
            assert!(is_pair_of_groups(chosen), "{chosen}");
        }
        for name in [
            "userId_orgId",
            "nodeX_PosY",
            "getById-Cache",
            "fooBar-bazQux",
            "Content-Type",
            "isOk_toDo",
        ] {
            assert!(!is_pair_of_groups(name), "{name}");
        }
    }
}
