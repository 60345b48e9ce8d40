//! One pass over a text for the keywords of all detectors; each detector runs at its keywords.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock};

use keywords::{FewTexts, Hit, Keywords};

use crate::rules::RULES;
use crate::{assignment, call, command, cookie, dsn, encoded, private_key, structure, url};

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
    /// The command at this index.
    Command(usize),
    /// The function at this index.
    Call(usize),
    Cookie,
    JsonWebKey,
    KubernetesSecret,
    TerraformState,
    DataSource,
    PercentEncoding,
}

/// The longest part of a keyword that is searched for, in bytes. Where it occurs, the rest is compared. With
/// whole keywords the automaton would be several times as large, and no longer fit in a processor's cache.
const SEARCHED: usize = 8;

/// The bytes that a process scans before the faster automaton is built, which takes a few milliseconds: a
/// hook or a command ends before it has scanned as much.
const FEW_BYTES: usize = 1 << 20;

struct Scanner {
    /// The beginnings of the detectors' keywords.
    beginnings: Vec<String>,
    /// They are searched for with this as long as little has been scanned, then with the other one.
    few: Keywords<FewTexts>,
    many: OnceLock<Keywords>,
    /// The bytes that have been scanned.
    scanned: AtomicUsize,
    /// For each beginning, the detectors whose keywords begin so, by their order.
    detectors_of: Vec<Vec<usize>>,
    /// The detectors with their keywords; of two that find the same, the earlier one gives the name.
    detectors: Vec<(&'static str, Detector)>,
}

static SCANNER: LazyLock<Scanner> = LazyLock::new(Scanner::new);

/// Why the automata can be built.
const FEW_ENOUGH: &str = "several hundred short keywords";

impl Scanner {
    fn new() -> Self {
        let mut all: Vec<(&'static str, Detector)> =
            vec![(private_key::KEYWORD, Detector::PrivateKey), (url::KEYWORD, Detector::Url)];
        all.extend(
            assignment::KEYWORDS.iter().map(|&(word, kind)| (word, Detector::Assignment(kind))),
        );
        for (index, rule) in RULES.iter().enumerate() {
            all.extend(rule.keywords.iter().map(|word| (word.as_str(), Detector::Rule(index))));
        }
        all.extend(command::keywords().enumerate().map(|(i, word)| (word, Detector::Command(i))));
        all.extend(call::keywords().enumerate().map(|(i, word)| (word, Detector::Call(i))));
        all.push((cookie::KEYWORD, Detector::Cookie));
        all.push((structure::JWK_KEYWORD, Detector::JsonWebKey));
        let kubernetes = structure::KUBERNETES_KEYWORDS.iter();
        all.extend(kubernetes.map(|&word| (word, Detector::KubernetesSecret)));
        let state = structure::STATE_KEYWORDS.iter();
        all.extend(state.map(|&word| (word, Detector::TerraformState)));
        all.extend(dsn::KEYWORDS.iter().map(|&word| (word, Detector::DataSource)));
        let percent = encoded::PERCENT_KEYWORDS.iter();
        all.extend(percent.map(|&word| (word, Detector::PercentEncoding)));
        let mut of_beginning: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (order, (keyword, _)) in all.iter().enumerate() {
            let beginning = &keyword[..keyword.floor_char_boundary(SEARCHED)];
            of_beginning.entry(beginning.to_ascii_lowercase()).or_default().push(order);
        }
        let (beginnings, detectors_of): (Vec<String>, _) = of_beginning.into_iter().unzip();
        let few = Keywords::for_few_texts(&beginnings).expect(FEW_ENOUGH);
        let (many, scanned) = (OnceLock::new(), AtomicUsize::new(0));
        Self { beginnings, few, many, scanned, detectors_of, detectors: all }
    }

    /// The occurrences of beginnings.
    fn beginnings<'t>(&'t self, text: &'t str) -> Box<dyn Iterator<Item = Hit> + 't> {
        let before = self.scanned.fetch_add(text.len(), Ordering::Relaxed);
        if before.saturating_add(text.len()) < FEW_BYTES {
            return Box::new(self.few.hits(text));
        }
        let many = || Keywords::new(&self.beginnings).expect(FEW_ENOUGH);
        Box::new(self.many.get_or_init(many).hits(text))
    }

    /// The occurrences of keywords, each with the order of its detector.
    fn hits<'t>(&'t self, text: &'t str) -> impl Iterator<Item = (Range<usize>, usize)> {
        self.beginnings(text).flat_map(move |hit| {
            self.detectors_of[hit.keyword].iter().filter_map(move |&order| {
                let keyword = self.detectors[order].0;
                let range = hit.range.start..hit.range.start + keyword.len();
                let is_there = keyword.len() <= SEARCHED
                    || text
                        .get(range.clone())
                        .is_some_and(|word| word.eq_ignore_ascii_case(keyword));
                is_there.then_some((range, order))
            })
        })
    }
}

/// The credentials in `text`, in order, without overlaps.
pub(crate) fn secrets(text: &str) -> Vec<Secret> {
    secrets_at_depth(text, 0)
}

/// As [`secrets`], for a text that was encoded `depth` times.
pub(crate) fn secrets_at_depth(text: &str, depth: usize) -> Vec<Secret> {
    let scanner = &*SCANNER;
    let mut found: Vec<(Secret, usize)> = Vec::new();
    // Keywords inside the last finding are skipped, so that a text of nothing but keywords takes
    // linear time; for the same reason, a percent-encoded word is decoded once.
    let mut done = 0..0;
    let mut decoded = 0;
    let mut ranges = Vec::new();
    for (hit, order) in scanner.hits(text) {
        let detector = scanner.detectors[order].1;
        // But a finding of an assignment may get a more specific name.
        if done.contains(&hit.start) && (hit.start > done.start || !is_of_a_provider(order)) {
            continue;
        }
        if let Detector::PercentEncoding = detector {
            if hit.start >= decoded {
                let mut secrets = Vec::new();
                decoded = encoded::in_percent(text, &hit, depth, &mut secrets);
                found.extend(secrets.into_iter().map(|secret| (secret, order)));
            }
            continue;
        }
        let rule = detect(detector, text, &hit, &mut ranges);
        for range in ranges.drain(..) {
            done = range.clone();
            found.push((Secret { range, rule }, order));
        }
    }
    let mut secrets = Vec::new();
    encoded::in_base64(text, depth, &mut secrets);
    found.extend(secrets.into_iter().map(|secret| (secret, usize::MAX)));
    without_overlaps(found)
}

/// Adds what the detector finds at `hit` to `found`, and returns the name of its rule.
fn detect(
    detector: Detector,
    text: &str,
    hit: &Range<usize>,
    found: &mut Vec<Range<usize>>,
) -> &'static str {
    match detector {
        Detector::PrivateKey => {
            found.extend(private_key::find(text, hit.clone()));
            private_key::RULE
        }
        Detector::Url => {
            found.extend(url::find(text, hit.clone()));
            url::RULE
        }
        Detector::Assignment(kind) => {
            assignment::find(text, hit, kind, found);
            kind.rule()
        }
        Detector::Rule(index) => {
            let rule = &RULES[index];
            found.extend(rule.find(text, hit.clone()));
            &rule.name
        }
        Detector::Command(index) => {
            command::find(text, hit, index, found);
            command::RULE
        }
        Detector::Call(index) => {
            found.extend(call::find(text, hit, index));
            call::RULE
        }
        Detector::Cookie => {
            cookie::find(text, hit, found);
            cookie::RULE
        }
        Detector::JsonWebKey => {
            structure::jwk(text, hit, found);
            structure::JWK_RULE
        }
        Detector::KubernetesSecret => {
            structure::kubernetes(text, hit, found);
            structure::KUBERNETES_RULE
        }
        Detector::TerraformState => {
            structure::state(text, hit, found);
            structure::STATE_RULE
        }
        Detector::DataSource => {
            found.extend(dsn::find(text, hit));
            dsn::RULE
        }
        Detector::PercentEncoding => unreachable!("has its own branch in `secrets_at_depth`"),
    }
}

/// Whether the detector of this order identifies the issuer of the credential.
fn is_of_a_provider(order: usize) -> bool {
    matches!(SCANNER.detectors.get(order), Some((_, Detector::Rule(_))))
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
