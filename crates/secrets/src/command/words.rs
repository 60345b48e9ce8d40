//! The words of a command line, as ranges of the text.

use std::ops::Range;

use super::LONGEST;

/// The most words of a command line.
const MOST_WORDS: usize = 40;

/// Without what ends the command that the line stands in: the bracket of `$(openssl passwd …)`, a semicolon.
pub(super) fn without_end(text: &str, range: Range<usize>) -> Range<usize> {
    match text[range.clone()].strip_suffix([')', ';']) {
        Some(inner) if !inner.contains('(') => range.start..range.end - 1,
        _ => range,
    }
}

/// The elements of a list of arguments from `start` on, without their quotes: `["sshpass", "-p", "…"]`.
pub(super) fn listed_words(text: &str, start: usize) -> Vec<Range<usize>> {
    let limit = text.floor_char_boundary((start + LONGEST).min(text.len()));
    let mut words = Vec::new();
    let mut at = start;
    while words.len() < MOST_WORDS {
        let rest = text[at..limit].trim_start();
        let begun = limit - rest.len();
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else { break };
        let Some(end) = rest[1..].find(quote) else { break };
        words.push(begun + 1..begun + 1 + end);
        at = begun + end + 2;
        match text[at..limit].strip_prefix(',') {
            Some(_) => at += 1,
            None => break,
        }
    }
    words
}

/// The range without quotes around it, perhaps escaped ones.
pub(super) fn unquoted(text: &str, range: Range<usize>) -> Range<usize> {
    let written = &text[range.clone()];
    for quote in ["\\\"", "\\'", "\"", "'", "`"] {
        if let Some(inner) = written.strip_prefix(quote) {
            let start = range.start + quote.len();
            let end = inner.find(quote).map_or(range.end, |end| start + end);
            return start..end;
        }
    }
    range
}

/// The words of the command line from `start` on: up to its end, which a backslash before a line's end
/// defers, or an operator.
pub(super) fn words(text: &str, start: usize) -> Vec<Range<usize>> {
    let limit = text.floor_char_boundary((start + LONGEST).min(text.len()));
    let mut words = Vec::new();
    let mut begun: Option<usize> = None;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text[start..limit].char_indices() {
        let at = start + at;
        if std::mem::take(&mut escaped) {
            if c == '\n' && quote.is_none() {
                begun = None;
            }
            continue;
        }
        let ends = match (quote, c) {
            (Some(open), c) if c == open => {
                quote = None;
                false
            }
            (_, '\n') if quote.is_some() => return words,
            (Some(_), _) => false,
            (None, '"' | '\'')
                if text[..at].ends_with(|c: char| c.is_alphanumeric())
                    && begun.is_none_or(|begun| {
                        !text[begun..at].contains('=') && !text[begun..at].starts_with('-')
                    }) =>
            {
                // The quote that ends the string in which the command line stands.
                words.extend(begun.map(|begun| begun..at));
                return words;
            }
            (None, '"' | '\'') => {
                quote = Some(c);
                false
            }
            (None, '\\') => {
                escaped = true;
                if text[at + 1..].starts_with(['\n', '\r']) {
                    words.extend(begun.take().map(|begun| begun..at));
                    continue;
                }
                false
            }
            (None, c) => c.is_whitespace() || c == '`',
        };
        let is_operator = quote.is_none() && matches!(c, '|' | '\n' | '`');
        if ends || is_operator {
            words.extend(begun.take().map(|begun| begun..at));
            if is_operator || words.len() >= MOST_WORDS {
                return words;
            }
        } else if begun.is_none() && !c.is_whitespace() {
            begun = Some(at);
        }
    }
    words.extend(begun.map(|begun| begun..limit));
    words
}

/// The values of an option: the next word, or what follows `=`.
pub(super) fn values<'t>(
    text: &'t str,
    words: &'t [Range<usize>],
    option: &'static str,
) -> impl Iterator<Item = Range<usize>> + 't {
    words.iter().enumerate().filter_map(move |(at, word)| {
        let written = &text[word.clone()];
        let rest = written.strip_prefix(option)?;
        if rest.is_empty() {
            words.get(at + 1).cloned()
        } else {
            rest.starts_with(['=', ':']).then(|| word.start + option.len() + 1..word.end)
        }
    })
}

/// What follows the user of an account; a user that was found to be a token has a colon of its own.
pub(super) fn behind(text: &str, range: Range<usize>, separator: char) -> Option<Range<usize>> {
    let account = &text[range.clone()];
    let is_redacted = account.starts_with("[REDACTED:");
    let user = if is_redacted { account.find(']')? } else { 0 };
    let at = user + account[user..].find(separator)?;
    let user = &text[range.start..range.start + at];
    let secret = range.start + at + separator.len_utf8()..range.end;
    (text[secret.clone()] != *user).then_some(secret)
}
