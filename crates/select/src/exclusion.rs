//! What a task excludes: `fix the cookie jar, not the tests`, `don't touch the docs`. Words that name a kind of file only to
//! keep it out must not ask for it.
//!
//! Only orders count: what a report says of tests (`it doesn't happen in the tests`) is evidence as any other.

/// Words that name kinds of files. By hand.
const KINDS: &[&str] = &[
    "test",
    "tests",
    "testing",
    "unittests",
    "spec",
    "specs",
    "doc",
    "docs",
    "documentation",
    "readme",
    "changelog",
    "example",
    "examples",
    "benchmark",
    "benchmarks",
    "fixtures",
];
/// Verbs of which an order is made, with their participles. By hand.
const VERBS: &[(&str, &str)] = &[
    ("touch", "touching"),
    ("change", "changing"),
    ("modify", "modifying"),
    ("edit", "editing"),
    ("update", "updating"),
    ("add", "adding"),
    ("include", "including"),
    ("rewrite", "rewriting"),
    ("alter", "altering"),
    ("break", "breaking"),
    ("write", "writing"),
];
/// The most words of an order. By hand: longer ones say something else, too.
const MAX_WORDS: usize = 9;

/// `text` without the orders that exclude a kind of file; the whole text if nothing else is said.
pub(crate) fn without_exclusions(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for clause in clauses(text) {
        let words: Vec<(usize, String)> = words(clause).collect();
        match excluding(&words, kept.trim().is_empty()) {
            Some(start) => {
                kept.push_str(&clause[..start]);
                kept.push_str(&clause[clause.trim_end_matches(is_end).len()..]);
            }
            None => kept.push_str(clause),
        }
    }
    if kept.chars().any(char::is_alphanumeric) { kept } else { text.to_owned() }
}

/// The clauses of `text`, each with the marks behind it; together they are all of it.
fn clauses(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut chars = rest.char_indices().peekable();
        let mut end = rest.len();
        while let Some((at, c)) = chars.next() {
            // A dot or comma within a word is part of a name or a number.
            let is_last = chars.peek().is_none_or(|&(_, next)| next.is_whitespace());
            if is_end(c) && (is_last || !matches!(c, '.' | ',' | ':')) {
                end = at + c.len_utf8();
                break;
            }
        }
        let (clause, after) = rest.split_at(end);
        rest = after;
        (!clause.is_empty()).then_some(clause)
    })
}

fn is_end(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '(' | ')' | '\n' | '—' | '–')
}

/// The words of a clause in lower case, with their places.
fn words(clause: &str) -> impl Iterator<Item = (usize, String)> {
    let inside = clause.trim_end_matches(is_end);
    inside.split_whitespace().map(move |word| {
        let at = word.as_ptr() as usize - clause.as_ptr() as usize;
        (at, word.to_lowercase().replace('’', "'"))
    })
}

/// Where an order begins that excludes a kind of file, if the clause ends with one. The first clause says what to do.
fn excluding(words: &[(usize, String)], is_first: bool) -> Option<usize> {
    let text: Vec<&str> = words.iter().map(|(_, word)| word.as_str()).collect();
    let names_kind = |words: &[&str]| words.iter().any(|word| KINDS.contains(word));
    let start = (0..text.len()).find(|&at| {
        let rest = &text[at..];
        rest.len() <= MAX_WORDS && names_kind(rest) && begins_order(rest)
    });
    let passes = || {
        let is_condition = !is_first
            && text.len() <= MAX_WORDS
            && names_kind(&text)
            && matches!(
                text.first(),
                Some(&("all" | "existing" | "the" | "keep" | "tests" | "test"))
            )
            && matches!(
                text.last(),
                Some(&("pass" | "passing" | "green" | "unchanged" | "untouched"))
            );
        is_condition.then_some(0)
    };
    start.or_else(passes).map(|at| words[at].0)
}

fn begins_order(words: &[&str]) -> bool {
    let is_verb = |word: &str| VERBS.iter().any(|(verb, _)| *verb == word);
    let is_participle = |word: &str| VERBS.iter().any(|(_, participle)| *participle == word);
    match words {
        ["not", "the", kind, ..] | ["not", kind, ..] if KINDS.contains(kind) => true,
        ["don't" | "dont" | "never", verb, ..] | ["do" | "must", "not", verb, ..] => is_verb(verb),
        ["without", word, ..] => is_participle(word),
        ["no", kind, "change" | "changes", ..] => KINDS.contains(kind),
        ["leave", .., last] => matches!(*last, "alone" | "untouched" | "unchanged" | "is" | "are"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn orders_that_exclude_are_cut() {
        for (task, kept) in [
            (
                "cookie jar ignores the Secure flag. Don't touch tests.",
                "cookie jar ignores the Secure flag. .",
            ),
            ("fix the resolver, not the tests", "fix the resolver, "),
            ("fix the resolver not the test files please", "fix the resolver "),
            ("fix the resolver without touching the tests", "fix the resolver "),
            ("fix the resolver (no test changes needed)", "fix the resolver ()"),
            ("fix the resolver; tests pass", "fix the resolver; "),
            ("fix the resolver; all existing tests must still pass", "fix the resolver;"),
            ("fix the resolver but do not update the docs", "fix the resolver but "),
            ("Fix the resolver.\nLeave the tests as they are.\n", "Fix the resolver.\n.\n"),
            ("fix it, and please don’t add a test", "fix it, and please "),
        ] {
            let found = without_exclusions(task);
            assert_eq!(found.trim(), kept.trim(), "{task}");
        }
    }

    #[test]
    fn what_is_said_of_tests_stays() {
        for task in [
            "don't touch the tests",
            "make the tests pass",
            "the tests don't run on Windows",
            "hangs in production, which doesn't happen in the tests",
            "works locally, not in CI tests",
            "add a test for the resolver, not only for its cache",
            "skip the tests on Windows",
            "don't change the order of cookies",
            "src/tests.rs: don't unwrap",
            "tests pass",
        ] {
            assert_eq!(without_exclusions(task), task);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(not the |don’t |tests|touch |[.,;\n( é文a]){0,12}") {
            let kept = without_exclusions(&text);
            prop_assert!(kept.len() <= text.len());
        }
    }
}
