//! How common words are in programs of all kinds, so that a word can be told that is common in one repository alone.
//!
//! The table is data (`data/word-shares.tsv`), made by [`WordShares`] from the repositories that the weights were learned
//! from; it has the terms that at least half of them have.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::terms::{Splitter, words};

/// The share of a term that isn't in the table: fewer than half of all repositories have it. The mean share of such
/// terms of tasks is smaller; by hand, compared with a quarter of it.
const ELSEWHERE: f64 = 0.002;

static TABLE: LazyLock<FxHashMap<&'static str, f64>> = LazyLock::new(|| {
    include_str!("../data/word-shares.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (term, share) = line.split_once('\t')?;
            Some((term, share.parse::<f64>().ok()? / PARTS))
        })
        .collect()
});

/// The unit of the table: ten-thousandths.
const PARTS: f64 = 10_000.0;

/// The mean share of a repository's files that have a term.
pub(crate) fn typical(term: &str) -> f64 {
    TABLE.get(term).copied().unwrap_or(ELSEWHERE)
}

/// Counts in how many files of repositories each term is: what the table is made from.
#[derive(Debug, Default)]
pub struct WordShares {
    repositories: usize,
    /// By term: how many repositories have it, and the sum of its shares.
    sums: BTreeMap<String, (usize, f64)>,
}

impl WordShares {
    /// Adds a repository, given as the texts of its files.
    pub fn add(&mut self, texts: &[&str]) {
        self.repositories += 1;
        for (term, files) in files_with(texts) {
            let sum = self.sums.entry(term).or_default();
            sum.0 += 1;
            sum.1 += files as f64 / texts.len().max(1) as f64;
        }
    }

    /// The lines of the table, in order: a term, a tab, and its mean share in ten-thousandths.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let is_common = |(term, (repositories, _)): &(&String, &(usize, f64))| {
            repositories * 2 >= self.repositories
                && term.bytes().all(|byte| byte.is_ascii_alphabetic())
        };
        let line = |(term, (_, sum)): (&String, &(usize, f64))| {
            format!("{term}\t{:.0}", (sum / self.repositories as f64 * PARTS).max(1.0))
        };
        self.sums.iter().filter(is_common).map(line)
    }
}

/// The terms of texts, each with how many of them have it.
fn files_with(texts: &[&str]) -> FxHashMap<String, usize> {
    let splitter = Splitter::new();
    let mut known: FxHashMap<&str, Vec<String>> = FxHashMap::default();
    let mut files: FxHashMap<String, usize> = FxHashMap::default();
    for text in texts {
        let said: FxHashSet<&str> = words(text).map(|(_, word)| word).collect();
        let mut terms: FxHashSet<&str> = FxHashSet::default();
        for word in &said {
            known.entry(word).or_insert_with(|| splitter.split(word).0);
        }
        for word in &said {
            terms.extend(known[word].iter().map(String::as_str));
        }
        for term in terms {
            match files.get_mut(term) {
                Some(count) => *count += 1,
                None => {
                    files.insert(term.to_owned(), 1);
                }
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        assert!(TABLE.len() > 1_000);
        assert!(typical("test") > typical("cooki") && typical("cooki") > 0.0);
        assert_eq!(typical("pwnagotchi"), ELSEWHERE);
    }

    #[test]
    fn terms_of_half_of_the_repositories_are_in_the_table() {
        let table = |repositories: &[&[&str]]| {
            let mut shares = WordShares::default();
            repositories.iter().for_each(|texts| shares.add(texts));
            shares.lines().collect::<Vec<String>>()
        };
        let lines =
            table(&[&["fn refreshToken()", "token()"], &["the token", "a cookie", "c", "d"]]);
        assert!(lines.contains(&"token\t6250".to_owned()), "{lines:?}");
        assert!(lines.contains(&"cooki\t1250".to_owned()), "{lines:?}");
        let lines = table(&[&["rare"], &["b"], &["b"]]);
        assert!(!lines.iter().any(|line| line.starts_with("rare")), "{lines:?}");
    }
}
