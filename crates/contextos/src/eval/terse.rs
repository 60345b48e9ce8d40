//! `eval --terse`: shortens a commit message to what a person in a hurry would type as a task. That is its
//! first line, without identifiers, paths, flags and punctuation.

/// Words that say nothing about a task's subject. A terse task needs three others.
const EMPTY: &str = "a an the of to in on for and or is are be with when if not no do as at by from into it \
    its this that fix add support use make allow remove update handle don doesn";

/// The terse form of `task`; `None` if too little is left to be a task.
pub(crate) fn terse(task: &str) -> Option<String> {
    let line = first_sentence(task.lines().find(|line| !line.trim().is_empty())?);
    let line = without_scope(line);
    let mut kept: Vec<&str> = Vec::new();
    let mut quoted = false;
    for token in line.split_whitespace() {
        let ticks = token.matches('`').count();
        if ticks > 0 || quoted {
            quoted ^= ticks % 2 == 1;
            continue;
        }
        if !is_mark(token) && !is_code(token) {
            kept.push(token);
        }
    }
    let text = kept.join(" ");
    let text = text.trim_matches(|c: char| " .,:;-".contains(c)).to_owned();
    let words = text
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| word.chars().count() >= 3)
        .filter(|word| !EMPTY.split_whitespace().any(|empty| empty == word.to_lowercase()))
        .count();
    (words >= 3).then_some(text)
}

fn first_sentence(line: &str) -> &str {
    let line = line.trim();
    match line.match_indices(". ").find(|(at, _)| {
        line[..*at].ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == ')')
    }) {
        Some((at, _)) => &line[..at],
        None => line,
    }
}

/// `fix(parser): …` and `net/http: …` lose what stands before the colon.
fn without_scope(line: &str) -> &str {
    match line.split_once(": ") {
        Some((scope, rest)) if scope.len() <= 40 && scope.split_whitespace().count() <= 3 => rest,
        _ => line,
    }
}

/// `[ci]`, `(#123)`, `#123`.
fn is_mark(token: &str) -> bool {
    let inner = token.trim_matches(|c: char| "()[],.".contains(c));
    token.starts_with('[') && token.ends_with(']')
        || inner.strip_prefix('#').is_some_and(|n| n.chars().all(|c| c.is_ascii_digit()))
}

/// Identifiers, paths, calls and flags.
fn is_code(token: &str) -> bool {
    let word = token.trim_matches(|c: char| "(),.;:!?\"'".contains(c));
    let mut chars = word.chars();
    let camel = chars.next().is_some()
        && word
            .chars()
            .zip(word.chars().skip(1))
            .any(|(a, b)| a.is_lowercase() && b.is_uppercase());
    let joined = ["_", "::", "/", "()", "->"].iter().any(|mark| word.contains(mark));
    let dotted = word.split('.').filter(|part| !part.is_empty()).count() > 1;
    camel || joined || dotted || word.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_stay() {
        assert_eq!(
            terse(
                "fix(auth): refresh `token` in parse_header() before session expiry (#12)\n\nBody."
            ),
            Some("refresh in before session expiry".into())
        );
        assert_eq!(terse("Bump version"), None);
        assert_eq!(terse("Use createContext everywhere in --all modes. More text"), None);
    }
}
