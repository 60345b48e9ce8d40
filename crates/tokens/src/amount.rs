//! Numbers of tokens as people write them: `8000`, `8k`, `8_000`, `8,000`, `1.5M`.

/// The number of tokens that `text` says, or `None` if it says none.
///
/// Digits may be grouped by `_`, or in threes by `,` or a blank; `k` and `m` (in either case) stand
/// for a thousand and a million, and only before them there may be a decimal point, up to as many
/// places as the letter stands for.
///
/// ```
/// assert_eq!(tokens::parse_amount("8,000"), Some(8_000));
/// assert_eq!(tokens::parse_amount("1.5k"), Some(1_500));
/// assert_eq!(tokens::parse_amount("8,00"), None);
/// ```
pub fn parse_amount(text: &str) -> Option<usize> {
    let text = text.trim();
    let (number, places) = match text.char_indices().next_back()? {
        (at, 'k' | 'K') => (&text[..at], 3),
        (at, 'm' | 'M') => (&text[..at], 6),
        _ => (text, 0),
    };
    let number = if places > 0 { number.trim_end() } else { number };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole = ungrouped(whole)?;
    let is_fraction = number.contains('.');
    if is_fraction && (fraction.is_empty() || fraction.len() > places || !is_digits(fraction)) {
        return None;
    }
    format!("{whole}{fraction:0<places$}").parse().ok()
}

/// The digits of a whole number without what groups them.
fn ungrouped(text: &str) -> Option<String> {
    let separator = ['_', ',', ' '].into_iter().find(|&separator| text.contains(separator));
    let Some(separator) = separator else { return is_digits(text).then(|| text.to_owned()) };
    let groups: Vec<&str> = text.split(separator).collect();
    let in_threes = groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3);
    let grouped = groups.iter().all(|group| is_digits(group)) && (separator == '_' || in_threes);
    grouped.then(|| groups.concat())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_for_a_number() {
        for (text, number) in [
            ("0", 0),
            ("8000", 8_000),
            ("8k", 8_000),
            (" 8K ", 8_000),
            ("8 k", 8_000),
            ("8_000", 8_000),
            ("8,000", 8_000),
            ("8 000", 8_000),
            ("1,048,576", 1_048_576),
            ("10_00", 1_000),
            ("1.5k", 1_500),
            ("0.25M", 250_000),
            ("1m", 1_000_000),
            ("2,000k", 2_000_000),
        ] {
            assert_eq!(parse_amount(text), Some(number), "{text}");
        }
    }

    #[test]
    fn what_is_no_number() {
        for text in [
            "",
            " ",
            "k",
            "many",
            "-8000",
            "+8",
            "8,00",
            "8,0000",
            ",000",
            "8,",
            "8_",
            "_8",
            "8__0",
            "8.5",
            "8.",
            "8.k",
            "8.0005k",
            "8kb",
            "8k k",
            "8,000_000",
            "0x10",
            "8e3",
            "٨",
            "8é",
            "99999999999999999999999",
        ] {
            assert_eq!(parse_amount(text), None, "{text}");
        }
    }
}
