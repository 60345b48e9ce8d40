//! Names of several parts that a task says as one word: `clientsession` for `ClientSession`, `keepalive` for `keep_alive`.
//!
//! Only a word that the repository doesn't have as a word is looked for, whether or not commit messages have it.

use std::ops::RangeInclusive;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{Correction, letters};
use crate::corpus::{Corpus, SourceFile};
use crate::query::Query;
use crate::survey::{Survey, scanner_share};
use crate::terms::{Splitter, Vocabulary, is_data, parts, words};

/// Characters of a name. By hand: shorter ones are words by chance (`into` is no `inTo`).
const LENGTH: RangeInclusive<usize> = 7..=48;

/// How often words that were said occur, by their place among them and how they are written.
type Found = FxHashMap<(usize, Box<str>), usize>;

/// The words of the task's prose that stand nowhere by themselves, each with the most frequent name that is the same
/// without case and separators.
pub(super) fn names(corpus: &Corpus, query: &Query<'_>, survey: &Survey) -> Vec<Correction> {
    let said = said(query, survey);
    if said.is_empty() {
        return Vec::new();
    }
    let found = found(corpus, &Said::new(&said));
    let name = |(place, said): (usize, &String)| {
        let forms = found.iter().filter(|((of, _), count)| *of == place && **count > 0);
        let forms: Vec<(&str, usize)> = forms.map(|((_, form), n)| (&**form, *n)).collect();
        if forms.iter().any(|(form, _)| parts(form).len() == 1) {
            return None;
        }
        let (meant, _) = forms.into_iter().min_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)))?;
        Some(Correction { said: said.clone(), meant: meant.to_owned() })
    };
    said.iter().enumerate().filter_map(name).collect()
}

/// The words of the task's prose that may be names, in lower case.
fn said(query: &Query<'_>, survey: &Survey) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for term in query.task.terms.iter().filter(|term| !term.joined) {
        let Some(id) = query.vocabulary.get(&term.term) else { continue };
        let is_prose = term.weights.iter().all(|&weight| weight > 0.0);
        let may_be_name = LENGTH.contains(&term.word.len())
            && term.word.bytes().all(|byte| byte.is_ascii_alphabetic())
            && parts(&term.word).len() == 1;
        if is_prose && may_be_name && !survey.alone[usize::from(id)] {
            said.push(term.word.to_ascii_lowercase());
        }
    }
    said
}

/// How the words are written in the repository: as names, or as a part of another one, which then is the word itself.
fn found(corpus: &Corpus, said: &Said<'_>) -> Found {
    if let Some((index, numbers)) = corpus.words() {
        let mut found = Found::default();
        for (word, count) in index.count_with_terms(numbers.into_iter(), &said.vocabulary()) {
            said.forms(&word, |place, form| *found.entry((place, form)).or_default() += count);
        }
        return found;
    }
    let files = corpus.files.par_iter().with_min_len(scanner_share(corpus.files.len()));
    let in_file = |mut found: Found, file: &SourceFile| {
        for (_, word) in words(&file.text) {
            said.forms(word, |place, form| *found.entry((place, form)).or_default() += 1);
        }
        found
    };
    files.fold(Found::default, in_file).reduce(Found::default, |mut all, found| {
        found.into_iter().for_each(|(form, count)| *all.entry(form).or_default() += count);
        all
    })
}

/// What was said, to be compared with words of the repository.
struct Said<'s> {
    places: FxHashMap<&'s str, usize>,
    /// The letters of each, which a word that has it has too.
    letters: Vec<u32>,
}

impl<'s> Said<'s> {
    fn new(said: &'s [String]) -> Self {
        Self {
            places: said.iter().enumerate().map(|(place, said)| (said.as_str(), place)).collect(),
            letters: said.iter().map(|said| letters(said)).collect(),
        }
    }

    /// The terms of all words that have one of them.
    fn vocabulary(&self) -> Vocabulary {
        let (mut vocabulary, splitter) = (Vocabulary::default(), Splitter::new());
        for said in self.places.keys() {
            vocabulary.add(said);
            splitter.split(said).0.iter().for_each(|term| {
                vocabulary.add(term);
            });
        }
        vocabulary
    }

    /// Calls `found` for each that `word` is, or has as a part: with its place, and how it is written there.
    fn forms(&self, word: &str, mut found: impl FnMut(usize, Box<str>)) {
        if !word.is_ascii() || word.len() < *LENGTH.start() || is_data(word) {
            return;
        }
        let has = letters(word);
        if self.letters.iter().all(|said| said & !has != 0) {
            return;
        }
        let parts = parts(word);
        for part in parts.iter().filter(|part| part.len() >= *LENGTH.start()) {
            if let Some(&place) = self.places.get(part.to_ascii_lowercase().as_str()) {
                found(place, (*part).into());
            }
        }
        let whole = (parts.len() > 1).then(|| parts.concat().to_ascii_lowercase());
        if let Some(&place) = whole.and_then(|whole| self.places.get(whole.as_str())) {
            found(place, word.trim_matches('_').into());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::spelling::tests::corrected;

    const CODE: &str =
        "class ClientSession { keepAlive = keep_alive(webTestClient, KEEP_ALIVE, keep_alive) }
        _StringUtils.argMatches(timeout, socket_timeouts, userLogin_handler, Userlogin)";

    #[test]
    fn names_said_as_one_word_are_read_as_names() {
        for (said, meant) in [
            ("clientsession", "ClientSession"),
            ("Clientsession", "ClientSession"),
            ("keepalive", "keep_alive"),
            ("webtestclient", "webTestClient"),
            ("stringutils", "StringUtils"),
            ("argmatches", "argMatches"),
            ("ARGMATCHES", "argMatches"),
        ] {
            let found = corrected(CODE, &format!("fix {said} after the first request"));
            assert_eq!(found, [(said.to_lowercase(), meant.to_owned())], "{said}");
        }
    }

    #[test]
    fn words_of_the_repository_and_short_ones_stay() {
        for said in ["userlogin", "timeout", "request", "ClientSession", "keep_alive", "unheard"] {
            assert_eq!(corrected(CODE, &format!("fix {said}")), [], "{said}");
        }
        assert_eq!(corrected("inTo(asIs)", "go into it asis"), []);
    }
}
