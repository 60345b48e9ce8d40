//! What a user never wants to have left out, whatever the task is.

use keywords::Keywords;

use crate::Kind;

/// The kinds of texts from which nothing is left out, and the texts whose lines always stay.
#[derive(Debug, Default)]
pub struct Limits {
    lossless: Vec<Kind>,
    keep: Vec<String>,
    search: Option<Keywords>,
}

/// Why limits can't be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// There is no kind with this name.
    #[error("there is no kind `{0}`; the kinds are {list}", list = names())]
    Kind(String),
    /// A text that is in every line.
    #[error("a text to keep must have at least two characters")]
    TooShort,
    /// More texts than can be searched for.
    #[error("too many texts to keep")]
    TooMany,
}

/// The most texts to keep. By hand, not measured.
const MOST_TEXTS: usize = 1000;

impl Limits {
    /// Nothing is left out of texts of the kinds that `lossless` names, nor are lines that have one of the
    /// texts `keep`, in upper or lower case.
    ///
    /// # Errors
    /// [`LimitsError::Kind`] for a name that is none, [`LimitsError::TooShort`] for a text of fewer than two
    /// characters, [`LimitsError::TooMany`] for more than a thousand of them.
    pub fn new(lossless: &[String], keep: &[String]) -> Result<Self, LimitsError> {
        let kind = |name: &String| {
            Kind::from_name(name.trim()).ok_or_else(|| LimitsError::Kind(name.trim().to_owned()))
        };
        let keep: Vec<String> = keep.iter().map(|text| text.trim().to_owned()).collect();
        if keep.iter().any(|text| text.chars().nth(1).is_none()) {
            return Err(LimitsError::TooShort);
        }
        if keep.len() > MOST_TEXTS {
            return Err(LimitsError::TooMany);
        }
        let search = match keep.is_empty() {
            true => None,
            false => Some(Keywords::new(&keep).map_err(|_| LimitsError::TooMany)?),
        };
        Ok(Self { lossless: lossless.iter().map(kind).collect::<Result<_, _>>()?, keep, search })
    }

    /// Whether nothing is left out of texts of this kind.
    pub(crate) fn is_lossless(&self, kind: Kind) -> bool {
        self.lossless.contains(&kind)
    }

    /// The texts whose lines always stay, as they were given.
    pub(crate) fn kept(&self) -> &[String] {
        &self.keep
    }

    /// How to find these.
    pub(crate) fn search(&self) -> Option<&Keywords> {
        self.search.as_ref()
    }
}

impl PartialEq for Limits {
    fn eq(&self, other: &Self) -> bool {
        self.lossless == other.lossless && self.keep == other.keep
    }
}

impl Eq for Limits {}

/// The names of all kinds.
fn names() -> String {
    Kind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::Arc;

    use super::*;
    use crate::{Options, compress};

    fn options(lossless: &[&str], keep: &[&str]) -> Options {
        let owned = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect::<Vec<_>>();
        let limits = Limits::new(&owned(lossless), &owned(keep)).unwrap();
        Options { limits: Some(Arc::new(limits)), ..Options::default() }
    }

    /// A log in which every tenth line has a number of the user's own.
    fn log() -> String {
        (0..600).fold(String::new(), |mut log, n| {
            let code = if n % 10 == 3 { format!(" Qx-{}", n / 10) } else { String::new() };
            let _ = writeln!(
                log,
                "2026-03-01T08:00:{:02}Z INFO request id={n} status=200{code}",
                n % 60
            );
            log
        })
    }

    #[test]
    fn lines_with_a_text_to_keep_stay() {
        let log = log();
        let count = |text: &str| text.matches(" Qx-").count();
        let without = compress(&log, &options(&[], &[]));
        assert!(count(&without.text) < 10, "{}", without.text);
        let with = compress(&log, &options(&[], &["qx-"]));
        assert_eq!(count(&with.text), 60);
        assert!(with.tokens_after < with.tokens_before / 2);
    }

    #[test]
    fn records_with_a_text_to_keep_stay() {
        let record = |n: usize| {
            format!(r#"{{"id":{n},"state":"ok","note":"part {}","size":{}}}"#, n % 7, n * 3)
        };
        let mut records: Vec<String> = (0..400).map(record).collect();
        for at in (5..400).step_by(40) {
            records[at] =
                format!(r#"{{"id":{at},"state":"ok","note":"is of TEAM BLUE","size":{}}}"#, at * 3);
        }
        let json = format!("[{}]", records.join(",\n"));
        let with = compress(&json, &options(&[], &["team blue"]));
        for at in (5..400).step_by(40) {
            assert!(with.text.contains(&format!("{{\"id\":{at},")), "{}", with.text);
        }
        assert!(with.tokens_after < with.tokens_before);
    }

    #[test]
    fn nothing_is_left_out_of_a_kind() {
        let log = log();
        assert!(!compress(&log, &options(&["json"], &[])).omissions.is_empty());
        assert!(compress(&log, &options(&["json", "log"], &[])).omissions.is_empty());
    }

    #[test]
    fn what_can_not_be_meant_is_refused() {
        let error = Limits::new(&["logs".to_owned()], &[]).unwrap_err().to_string();
        assert!(error.starts_with("there is no kind `logs`; the kinds are "), "{error}");
        assert!(error.contains("log,"), "{error}");
        assert_eq!(Limits::new(&[], &[" x ".to_owned()]), Err(LimitsError::TooShort));
        assert_eq!(Limits::new(&[], &vec!["ab".to_owned(); 1001]), Err(LimitsError::TooMany));
    }
}
