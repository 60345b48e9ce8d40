//! The task: the weighted terms of its text, and its explicit mentions.
//!
//! Only the text is read here. Whether a mentioned file or identifier exists is decided by the families
//! of evidence, which see the repository.

use std::collections::BTreeMap;

use crate::exclusion::without_exclusions;
use crate::mention::{PathMention, is_blank_or_quote, is_bracket, path_mentions, quoted};
use crate::natural_language::Foreign;
use crate::pasted::as_printed;
use crate::prose::{prose, without_comments};
use crate::terms::{Splitter, is_dense, parts, prose_words, words};
use crate::trace::{Frame, traces};

/// Stop words: function words of English, and those of mail and commit conventions. By hand.
const STOP: &str = "a about above after all also an and any are as at be because been before being but by can \
    could did do does doing done each else etc even every for from had has have how if in into is it \
    its itself just let like made make makes may me might more most much must my no nor not now of off on once \
    one only or other our out over own per same shall she should since so some such than that the their them \
    then there these they this those through to too under until up upon us use used uses using very via was \
    we well were what when where whether which while who why will with within without would yet you your \
    co authored signed reviewed cc closes fixes resolves see pull request pr merge";

/// Words that say what kind of work a task is rather than what it is about, so that they are weak
/// evidence. By hand, from commit messages.
const WEAK: &str = "add added adding adds allow allowed allows avoid better bug change changed changes cleanup \
    correct correctly ensure error fail failing fails feature fix fixed fixing handle handled handles \
    handling implement improve improved improvement instead introduce issue new optional prevent \
    problem proper properly provide refactor remove removed removes removing replace return returns \
    set should simplify support supported supports update updated updates work working works wrong";

/// The weight of a weak word, where that of an ordinary one is 1. By hand, not measured.
const WEAK_WEIGHT: f64 = 0.35;

/// The weight of a word after the first line, which is the summary. By hand, not measured.
const BODY_WEIGHT: f64 = 0.6;

/// Words of a task that are read. It bounds the vocabulary (65,535 terms, and each word may have several).
const MAX_WORDS: usize = 2_000;

/// How many readings a task may have.
pub(crate) const READINGS: usize = 3;
/// The number of the reading of the prose, where there is more than one.
pub(crate) const PROSE: usize = 1;

/// A term of the task.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TaskTerm {
    /// As [`Splitter`] makes it.
    pub(crate) term: String,
    /// The word it came from.
    pub(crate) word: String,
    /// The part of the word, or all of it, that it stands for, for people.
    pub(crate) shown: String,
    /// By reading: 1.0 for an ordinary word said once in the first line.
    pub(crate) weights: [f64; READINGS],
    /// Whether it joins two neighbouring words of the task (`access token` → `accesstoken`), so that it
    /// matches whole identifiers only.
    pub(crate) joined: bool,
}

impl TaskTerm {
    /// Its mean weight over the readings.
    pub(crate) fn weight(&self) -> f64 {
        self.weights.iter().sum::<f64>() / READINGS as f64
    }
}

/// A task with what its text says.
///
/// A task that pastes code, logs or the headings of a template is read twice: as it is, and as its prose. Each reading
/// gives every chunk its features; the ranking takes their means.
#[derive(Debug, Clone, Default)]
pub struct Task {
    text: String,
    pub(crate) terms: Vec<TaskTerm>,
    /// What each reading mentions: the text as it is, then its prose where that differs.
    pub(crate) readings: Vec<Mentions>,
    /// The frames of its stack traces.
    pub(crate) frames: Vec<Frame>,
    /// Whether it is, at least in part, in another language than English.
    pub(crate) is_foreign: bool,
}

/// What a text mentions explicitly.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mentions {
    pub(crate) paths: Vec<PathMention>,
    /// Identifiers written as such: in backticks, with an underscore, in CamelCase, with `()`.
    pub(crate) identifiers: Vec<String>,
    /// Quoted texts of two words or more, which may stand in a string literal.
    pub(crate) quotes: Vec<String>,
    /// Command-line flags, with their dashes.
    pub(crate) flags: Vec<String>,
}

impl Task {
    /// Reads a task.
    pub fn new(text: &str) -> Self {
        let said = without_comments(&as_printed(text));
        let said = without_exclusions(&without_trailers(&said));
        let traces = traces(&said);
        let prose = prose(&traces.rest);
        let summary = summary(&prose);
        let texts =
            if prose == said && summary == prose { vec![said] } else { vec![said, prose, summary] };
        let bodies: Vec<String> = texts.iter().map(|text| without_links(text)).collect();
        // Where a frame is, the frames themselves say better (`evidence/frames.rs`).
        let of = |at: usize| texts.get(at).unwrap_or(&traces.rest);
        let places = [&traces.rest, of(1), of(2)];
        let mentions = |(text, body): (&String, &String)| Mentions {
            paths: path_mentions(text),
            identifiers: identifiers(body),
            quotes: quotes(body),
            flags: flags(body),
        };
        let foreign: Vec<Foreign> = bodies.iter().map(|body| Foreign::read(body)).collect();
        Self {
            terms: terms_of(&bodies, &foreign),
            readings: places.into_iter().zip(&bodies).map(mentions).collect(),
            frames: traces.frames,
            is_foreign: foreign.iter().any(|foreign| !foreign.english.is_empty()),
            text: text.to_owned(),
        }
    }

    /// The task as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the task holds one of `words` (given stemmed, or as whole lower-case terms).
    pub(crate) fn says(&self, stems: &[&str]) -> bool {
        self.terms.iter().any(|t| stems.contains(&t.term.as_str()))
    }
}

/// The first line of a text, and its first paragraph that says something.
fn summary(text: &str) -> String {
    let text = text.trim();
    let (title, body) = text.split_once('\n').unwrap_or((text, ""));
    let paragraph = body
        .split("\n\n")
        .find(|paragraph| paragraph.split_whitespace().count() >= PARAGRAPH_WORDS);
    format!("{title}\n\n{}", paragraph.unwrap_or_default()).trim().to_owned()
}

/// The fewest words of a paragraph that says something. By hand.
const PARAGRAPH_WORDS: usize = 6;

/// `text` without the trailers of commit messages (`Signed-off-by:`), which aren't part of a task.
fn without_trailers(text: &str) -> String {
    let trailer = |line: &str| {
        let lower = line.trim_start().to_ascii_lowercase();
        ["signed-off-by:", "co-authored-by:", "reviewed-by:", "change-id:", "cc:", "acked-by:"]
            .iter()
            .any(|t| lower.starts_with(t))
    };
    let kept: Vec<&str> = text.lines().filter(|line| !trailer(line)).collect();
    kept.join("\n")
}

/// `text` without links, whose hosts and folders are no evidence; a task that is only a link stays.
fn without_links(text: &str) -> String {
    if !text.trim().contains(char::is_whitespace) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for token in text.split_inclusive(char::is_whitespace) {
        let Some(at) = token.find("://") else {
            out.push_str(token);
            continue;
        };
        // Chinese and Japanese put no blank beside a link.
        let before = token[..at].rfind(is_dense);
        let start =
            before.map_or(0, |at| at + token[at..].chars().next().map_or(0, char::len_utf8));
        let blank = token.trim_end().len();
        let end = token[at..].find(is_dense).map_or(blank, |dense| at + dense);
        out.push_str(&token[..start]);
        out.push(' ');
        out.push_str(&token[end..]);
    }
    out
}

/// The terms of all readings, in the order in which they are said.
fn terms_of(readings: &[String], foreign: &[Foreign]) -> Vec<TaskTerm> {
    let mut terms: Vec<TaskTerm> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (reading, (text, foreign)) in readings.iter().zip(foreign).enumerate().take(READINGS) {
        for said in said_terms(text, foreign) {
            let place = *places.entry(said.term.clone()).or_insert(terms.len());
            if place == terms.len() {
                terms.push(TaskTerm {
                    term: said.term,
                    word: said.word,
                    shown: said.shown,
                    weights: [0.0; READINGS],
                    joined: true,
                });
            }
            let term = &mut terms[place];
            term.weights[reading] = said.weight;
            term.joined &= said.joined;
        }
    }
    if readings.len() == 1 {
        terms.iter_mut().for_each(|term| term.weights = [term.weights[0]; READINGS]);
    }
    terms
}

/// A term of one text.
struct SaidTerm {
    term: String,
    word: String,
    shown: String,
    weight: f64,
    joined: bool,
}

fn said_terms(text: &str, foreign: &Foreign) -> Vec<SaidTerm> {
    let splitter = Splitter::new();
    let weak: Vec<String> =
        WEAK.split_whitespace().flat_map(|word| splitter.split(word).0).collect();
    let summary_end = text
        .trim_start()
        .find('\n')
        .map_or(text.len(), |end| end + (text.len() - text.trim_start().len()));
    let mut terms: BTreeMap<String, (usize, SaidTerm)> = BTreeMap::new();
    let mut put = |term: String, (word, shown): (&str, &str), weight: f64, joined: bool| {
        let order = terms.len();
        let (_, said) = terms.entry(term).or_insert_with_key(|term| {
            let (term, word, shown) = (term.clone(), word.to_owned(), shown.to_owned());
            (order, SaidTerm { term, word, shown, weight: 0.0, joined })
        });
        // A second occurrence counts once more; further ones don't.
        said.weight = (said.weight + weight).min(said.weight.max(weight) * 1.5);
        said.joined &= joined;
    };
    let mut previous: Option<(usize, String)> = None;
    for (offset, word) in prose_words(text).take(MAX_WORDS) {
        let lower = word.to_lowercase();
        if STOP.split_whitespace().any(|stop| stop == lower) || foreign.is_function_word(&lower) {
            previous = None;
            continue;
        }
        let place = if offset < summary_end { 1.0 } else { BODY_WEIGHT };
        for (term, shown) in splitter.readable(word) {
            let kind = if weak.contains(&term) { WEAK_WEIGHT } else { 1.0 };
            let digits = if term.chars().all(char::is_numeric) { 0.3 } else { 1.0 };
            put(term, (word, shown), place * kind * digits, false);
        }
        if let Some((end, before)) = &previous
            && text[*end..offset].chars().all(|c| c == ' ' || c == '-' || c == '.')
            && before.len() + lower.len() <= 40
        {
            let words = format!("{before} {lower}");
            put(format!("{before}{lower}"), (&words, &words), place, true);
        }
        let plain = parts(word).len() == 1
            && lower.chars().all(char::is_alphabetic)
            && !word.starts_with(is_dense);
        previous = plain.then(|| (offset + word.len(), lower));
    }
    for translated in &foreign.english {
        let place = if translated.offset < summary_end { 1.0 } else { BODY_WEIGHT };
        // Of several meanings, each is as likely.
        let share = place / (translated.english.len() as f64).sqrt();
        for word in &translated.english {
            for term in splitter.split(word).0 {
                let kind = if weak.contains(&term) { WEAK_WEIGHT } else { 1.0 };
                put(term, (word, word), share * kind, false);
            }
        }
    }
    let mut terms: Vec<(usize, SaidTerm)> = terms.into_values().collect();
    terms.sort_by_key(|(order, _)| *order);
    terms.into_iter().map(|(_, term)| term).collect()
}

/// The tokens between blanks, quotes and brackets, without trailing punctuation.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| is_blank_or_quote(c) || is_bracket(c))
        .map(|token| token.trim_end_matches(['.', ':', '!', '?']))
        .filter(|token| !token.is_empty())
}

fn identifiers(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (at, piece) in text.split('`').enumerate() {
        let quoted = at % 2 == 1;
        for (offset, word) in words(piece).take(MAX_WORDS) {
            let shape = word.trim_matches('_').contains('_')
                || parts(word).len() > 1
                    && word.chars().any(char::is_lowercase)
                    && word.chars().skip(1).any(char::is_uppercase);
            let called = piece[offset + word.len()..].starts_with("()");
            if word.len() >= 3
                && !word.starts_with(|c: char| c.is_numeric())
                && (quoted || shape || called)
            {
                out.push(word.to_owned());
            }
        }
    }
    out.sort();
    out.dedup();
    out
}

fn quotes(text: &str) -> Vec<String> {
    let mut out: Vec<String> = quoted(text)
        .into_iter()
        .map(str::trim)
        .filter(|piece| piece.contains(' ') && (8..200).contains(&piece.len()))
        .map(str::to_owned)
        .collect();
    out.sort();
    out.dedup();
    out.truncate(50);
    out
}

fn flags(text: &str) -> Vec<String> {
    let mut out: Vec<String> = tokens(text)
        .filter(|token| {
            token.strip_prefix("--").is_some_and(|name| {
                name.len() >= 3 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            })
        })
        .map(str::to_owned)
        .collect();
    out.sort();
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use syntax::LineRange;

    fn weight(task: &Task, term: &str) -> f64 {
        task.terms.iter().find(|t| t.term == term).map_or(0.0, |t| t.weights[0])
    }

    #[test]
    fn words_of_the_task_language_weigh_little() {
        let task = Task::new("Fix the session cookie expiry");
        assert_eq!(weight(&task, "the"), 0.0);
        assert!(weight(&task, "fix") < weight(&task, "cooki"));
        assert_eq!(weight(&task, "session"), 1.0);
        assert_eq!(weight(&task, "sessioncookie"), 1.0);
    }

    #[test]
    fn the_first_line_weighs_more_than_the_rest() {
        let task =
            Task::new("Parse ranges\n\nAlso widgets.\n\nSigned-off-by: Some One <x@example.com>");
        assert!(weight(&task, "rang") > weight(&task, "widget"));
        assert_eq!(weight(&task, "exampl"), 0.0);
    }

    #[test]
    fn a_long_text_is_also_read_as_its_title_and_first_paragraph() {
        let task = Task::new("Parse ranges\n\nThey are cut at the second comma now.\n\nWidgets.");
        let of = |reading: usize, term: &str| {
            task.terms.iter().find(|t| t.term == term).map_or(0.0, |t| t.weights[reading])
        };
        assert_eq!(task.readings.len(), READINGS);
        assert!(of(PROSE, "widget") > 0.0);
        assert_eq!(of(2, "widget"), 0.0);
        assert!(of(2, "comma") > 0.0 && of(2, "rang") > 0.0);
    }

    #[test]
    fn places_are_recognised() {
        let task = Task::new(
            "crash in src/auth/token.rs:42 and File \"/srv/app/views.py\", line 7, see README.md; \
             call `refresh` or parse_header() with --dry-run: \"connection was refused\" e.g. this",
        );
        let path = |path: &str, line: Option<u32>| PathMention {
            path: path.into(),
            lines: line.map(|line| LineRange { start: line, end: line }),
        };
        assert!(
            task.readings[0].paths.contains(&path("src/auth/token.rs", Some(42))),
            "{:?}",
            task.readings[0].paths
        );
        assert_eq!(
            (task.frames[0].file.as_deref(), task.frames[0].line),
            (Some("srv/app/views.py"), Some(7))
        );
        assert!(task.readings[0].paths.contains(&path("README.md", None)));
        assert!(!task.readings[0].paths.iter().any(|p| p.path.starts_with("e.g")));
        assert_eq!(task.readings[0].identifiers, ["parse_header", "refresh"]);
        assert_eq!(task.readings[0].quotes, ["connection was refused"]);
        assert_eq!(task.readings[0].flags, ["--dry-run"]);
    }

    #[test]
    fn marks_of_any_language_end_words_quotes_and_links() {
        let task = Task::new(
            "it doesn’t parse “refresh_token”—修复寻路服务 https://a.b/x说明 «two words»",
        );
        for absent in ["doesn", "doesn’t", "t", "x说明"] {
            assert_eq!(weight(&task, absent), 0.0, "{absent}");
        }
        for present in ["refresh", "token", "修复", "寻路", "服务", "说明"] {
            assert!(weight(&task, present) > 0.0, "{present}: {:?}", task.terms);
        }
        assert_eq!(task.readings[0].identifiers, ["refresh_token"]);
        assert_eq!(task.readings[0].quotes, ["two words"]);
    }

    #[test]
    fn an_empty_task_asks_about_nothing() {
        assert!(Task::new("").terms.is_empty());
        assert!(Task::new("the of to").terms.is_empty());
    }
}
