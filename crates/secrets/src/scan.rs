//! One pass over a text for the keywords of all detectors; each detector runs at its keywords.

use std::ops::Range;
use std::sync::LazyLock;

use keywords::Keywords;

use crate::rules::RULES;
use crate::{assignment, private_key, url};

/// A credential in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Secret {
    /// Its byte range.
    pub(crate) range: Range<usize>,
    /// The name of the rule that found it.
    pub(crate) rule: &'static str,
}

/// The detector that a keyword triggers.
#[derive(Debug, Clone, Copy)]
enum Detector {
    PrivateKey,
    Url,
    Assignment(assignment::Kind),
    /// The rule at this index.
    Rule(usize),
}

struct Scanner {
    keywords: Keywords,
    /// For each keyword.
    detectors: Vec<Detector>,
}

static SCANNER: LazyLock<Scanner> = LazyLock::new(Scanner::new);

impl Scanner {
    fn new() -> Self {
        let mut keywords = vec![private_key::KEYWORD, url::KEYWORD];
        let mut detectors = vec![Detector::PrivateKey, Detector::Url];
        for &(keyword, kind) in assignment::KEYWORDS {
            keywords.push(keyword);
            detectors.push(Detector::Assignment(kind));
        }
        for (index, rule) in RULES.iter().enumerate() {
            for keyword in &rule.keywords {
                keywords.push(keyword);
                detectors.push(Detector::Rule(index));
            }
        }
        let keywords = Keywords::new(keywords).expect("a few hundred short keywords");
        Self { keywords, detectors }
    }
}

/// The credentials in `text`, in order, without overlaps.
pub(crate) fn secrets(text: &str) -> Vec<Secret> {
    let scanner = &*SCANNER;
    let mut found: Vec<(Secret, usize)> = Vec::new();
    // Keywords inside the last finding are skipped, so that a text of nothing but keywords takes
    // linear time.
    let mut done = 0..0;
    for hit in scanner.keywords.hits(text) {
        let order = hit.keyword;
        // But a finding of an assignment may get a more specific name.
        if done.contains(&hit.range.start)
            && (hit.range.start > done.start || !is_of_a_provider(order))
        {
            continue;
        }
        if let Some(secret) = detect(scanner.detectors[order], text, hit.range) {
            done = secret.range.clone();
            found.push((secret, order));
        }
    }
    without_overlaps(found)
}

fn detect(detector: Detector, text: &str, hit: Range<usize>) -> Option<Secret> {
    match detector {
        Detector::PrivateKey => {
            private_key::find(text, hit).map(|range| Secret { range, rule: private_key::RULE })
        }
        Detector::Url => url::find(text, hit).map(|range| Secret { range, rule: url::RULE }),
        Detector::Assignment(kind) => {
            assignment::find(text, hit).map(|range| Secret { range, rule: kind.rule() })
        }
        Detector::Rule(index) => {
            let rule = &RULES[index];
            rule.find(text, hit).map(|range| Secret { range, rule: &rule.name })
        }
    }
}

/// Whether the detector of this order identifies the issuer of the credential.
fn is_of_a_provider(order: usize) -> bool {
    matches!(SCANNER.detectors[order], Detector::Rule(_))
}

/// Merges overlapping secrets into one that covers them all, with the name of the most specific
/// detector: a provider's rule before an assignment.
fn without_overlaps(mut found: Vec<(Secret, usize)>) -> Vec<Secret> {
    found.sort_by_key(|(secret, order)| (secret.range.start, *order));
    let mut apart: Vec<(Secret, usize)> = Vec::with_capacity(found.len());
    for (secret, order) in found {
        match apart.last_mut() {
            Some((last, named)) if secret.range.start < last.range.end => {
                last.range.end = last.range.end.max(secret.range.end);
                if is_of_a_provider(order) && !is_of_a_provider(*named) {
                    (last.rule, *named) = (secret.rule, order);
                }
            }
            _ => apart.push((secret, order)),
        }
    }
    apart.into_iter().map(|(secret, _)| secret).collect()
}
