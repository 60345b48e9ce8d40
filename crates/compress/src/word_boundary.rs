//! Word boundaries in any script.
//!
//! ASCII rules miss the boundary at a curly quote, a dash or a no-break space, and find no words in
//! scripts without word spacing.

/// The endings of contractions and possessives after the apostrophe.
const ENDINGS: [&str; 7] = ["t", "s", "re", "ve", "ll", "d", "m"];

/// Whether `c` is a word character: a letter, a digit, or a combining accent (U+0300–U+036F).
pub(crate) fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c)
}

/// Whether `c` is of a script without word spacing.
pub(crate) fn is_unspaced(c: char) -> bool {
    is_han(c)
        || is_katakana(c)
        || matches!(c,
            '\u{0e00}'..='\u{0eff}'      // Thai, Lao
            | '\u{1000}'..='\u{109f}'    // Myanmar
            | '\u{1780}'..='\u{17ff}'    // Khmer
            | '\u{3041}'..='\u{309f}') // Hiragana
}

/// Whether `c` is a Chinese character; most words have two.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Whether `c` is Katakana, which Japanese uses for foreign words.
pub(crate) fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9f}')
}

/// Whether the adjacent characters `a` and `b` belong to one word.
pub(crate) fn joins(a: char, b: char) -> bool {
    is_word_char(a) && is_word_char(b) && !is_unspaced(a) && !is_unspaced(b)
}

/// The length in bytes of an apostrophe and the ending after it at the beginning of `rest`, as in
/// `’t`; a letter has to precede it.
pub(crate) fn contraction(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix(['\'', '’'])?;
    let end = after.find(|c: char| !is_word_char(c)).unwrap_or(after.len());
    ENDINGS
        .iter()
        .any(|ending| after[..end].eq_ignore_ascii_case(ending))
        .then(|| rest.len() - after.len() + end)
}

/// The words of `text`; an identifier with underscores is one word. Of `parser's` only the noun is
/// a word; a contraction such as `doesn’t` is dropped, as it names nothing.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let is_part = |c: char| is_word_char(c) || c == '_';
            rest = &rest[rest.find(is_part)?..];
            let (word, after) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
            let ending = contraction(after).unwrap_or(0);
            rest = &after[ending..];
            let is_noun = ending == 0 || after[..ending].ends_with(['s', 'S']);
            if is_noun {
                return Some(word);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_where_the_script_says() {
        for (text, expected) in [
            ("“retry”—not\u{a0}now…", vec!["retry", "not", "now"]),
            ("it doesn't, the parser’s token isn’t", vec!["the", "parser", "token"]),
            ("b'abc' f'{x}' don't", vec!["b", "abc", "f", "x"]),
            ("naïve_größe 토큰을", vec!["naïve_größe", "토큰을"]),
            ("", vec![]),
        ] {
            let found: Vec<&str> = words(text).filter(|word| *word != "it").collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn scripts_without_blanks_join_nothing() {
        assert!(!joins('令', 'r') && !joins('h', '失') && !joins('ン', 'の'));
        assert!(joins('토', '큰') && joins('ß', 'e') && !joins('”', 'e') && !joins('\u{a0}', 'x'));
    }
}
