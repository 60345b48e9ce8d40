//! One pass over a text for the keywords of all detectors; each detector runs at its keywords.

use std::ops::Range;
use std::sync::LazyLock;

use crate::classes::Classes;
use crate::rules::RULES;
use crate::search::{Begins, Hit, Keyword, Search};
use crate::{
    account_list, assignment, call, command, cookie, dsn, encoded, prefixed, private_key, public,
    recovery, structure, transcript, url, view,
};

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
    AccountList,
    RecoveryCode,
    Transcript,
    PercentEncoding,
    Prefixed,
}

struct Scanner {
    search: Search,
    /// The detectors, by the index of their keyword; of two that find the same, the earlier one gives the name.
    detectors: Vec<Detector>,
}

static SCANNER: LazyLock<Scanner> = LazyLock::new(Scanner::new);

impl Scanner {
    fn new() -> Self {
        let own = [
            (Keyword::anywhere(private_key::KEYWORD), Detector::PrivateKey),
            (Keyword::anywhere(url::KEYWORD), Detector::Url),
        ];
        let assignments = assignment::KEYWORDS.iter().map(|&(text, kind)| {
            // Names are written together, sentences aren't.
            let keyword =
                if text.contains(' ') { Keyword::at_part(text) } else { Keyword::anywhere(text) };
            (keyword, Detector::Assignment(kind))
        });
        let foreign = assignment::FOREIGN
            .iter()
            .map(|text| (Keyword::at_part(text), Detector::Assignment(assignment::Kind::Password)));
        let rules = RULES.iter().enumerate().flat_map(|(index, rule)| {
            rule.keywords().map(move |keyword| (keyword, Detector::Rule(index)))
        });
        let commands =
            command::keywords().enumerate().map(|(i, keyword)| (keyword, Detector::Command(i)));
        let calls = call::keywords().enumerate().map(|(i, keyword)| (keyword, Detector::Call(i)));
        let transcripts = transcript::keywords().map(|keyword| (keyword, Detector::Transcript));
        let accounts = account_list::KEYWORDS.iter().map(|text| {
            let keyword = Keyword { begins: Begins::Word, ..Keyword::anywhere(text) };
            (keyword, Detector::AccountList)
        });
        let cookies =
            cookie::KEYWORDS.iter().map(|text| (Keyword::anywhere(text), Detector::Cookie));
        let others: [(&[&str], Detector); 6] = [
            (recovery::KEYWORDS, Detector::RecoveryCode),
            (&[structure::JWK_KEYWORD], Detector::JsonWebKey),
            (structure::KUBERNETES_KEYWORDS, Detector::KubernetesSecret),
            (structure::STATE_KEYWORDS, Detector::TerraformState),
            (dsn::KEYWORDS, Detector::DataSource),
            (encoded::PERCENT_KEYWORDS, Detector::PercentEncoding),
        ];
        let others = others.iter().flat_map(|(texts, detector)| {
            texts.iter().map(|text| (Keyword::at_part(text), *detector))
        });
        let (keywords, detectors) = own
            .into_iter()
            .chain(assignments)
            .chain(foreign)
            .chain(rules)
            .chain(commands)
            .chain(calls)
            .chain(cookies)
            .chain(others)
            .chain(accounts)
            .chain(prefixed::keywords().map(|keyword| (keyword, Detector::Prefixed)))
            .chain(transcripts)
            .unzip();
        Self { search: Search::new(keywords), detectors }
    }
}

/// The credentials in `text`, in order, without overlaps.
pub(crate) fn secrets(text: &str) -> Vec<Secret> {
    let shown = view::as_shown(text);
    let text = shown.as_deref().unwrap_or(text);
    secrets_at_depth(text, 0)
}

/// As [`secrets`], for a text that was encoded `depth` times.
pub(crate) fn secrets_at_depth(text: &str, depth: usize) -> Vec<Secret> {
    let classes = Classes::of(text);
    let runs = classes.token_runs();
    secrets_at(text, &runs, SCANNER.search.hits(text, &classes, &runs), depth)
}

/// The credentials at the hits, and those in base64.
fn secrets_at(
    text: &str,
    runs: &[Range<usize>],
    hits: impl Iterator<Item = Hit>,
    depth: usize,
) -> Vec<Secret> {
    let mut found: Vec<(Secret, usize)> = Vec::new();
    // Keywords inside the last finding are skipped, so that a text of nothing but keywords takes
    // linear time; for the same reason, a percent-encoded word is decoded once.
    let mut done = 0..0;
    let mut decoded = 0;
    let mut ranges = Vec::new();
    for Hit { keyword: order, range: hit } in hits {
        let detector = SCANNER.detectors[order];
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
        let rule = detect(detector, text, runs, &hit, &mut ranges);
        for range in ranges.drain(..) {
            done = range.clone();
            if !public::is_public(text, &range) {
                found.push((Secret { range, rule }, order));
            }
        }
    }
    let mut secrets = Vec::new();
    encoded::in_base64(text, runs, depth, &mut secrets);
    found.extend(secrets.into_iter().map(|secret| (secret, usize::MAX)));
    without_overlaps(found)
}

/// Adds what the detector finds at `hit` to `found`, and returns the name of its rule. `runs` are the runs of token
/// characters of the text.
fn detect(
    detector: Detector,
    text: &str,
    runs: &[Range<usize>],
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
            assignment::find(text, runs, hit, kind, found);
            kind.rule()
        }
        Detector::Rule(index) => {
            let rule = &RULES[index];
            found.extend(rule.find(text, hit.clone()));
            rule.name
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
        Detector::AccountList => {
            account_list::find(text, hit, found);
            account_list::RULE
        }
        Detector::RecoveryCode => {
            recovery::find(text, hit, found);
            recovery::RULE
        }
        Detector::Prefixed => {
            found.extend(prefixed::find(text, hit));
            prefixed::RULE
        }
        Detector::Transcript => {
            transcript::find(text, hit, found);
            transcript::RULE
        }
        Detector::PercentEncoding => unreachable!("has its own branch in `secrets_at_depth`"),
    }
}

/// Whether the detector of this order identifies the issuer of the credential.
fn is_of_a_provider(order: usize) -> bool {
    matches!(SCANNER.detectors.get(order), Some(Detector::Rule(_)))
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that can't set up has nothing to say")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::string::string_regex;

    /// What is found where every keyword is compared at every position, in runs of token characters or not.
    fn secrets_by_comparing(text: &str) -> Vec<Secret> {
        let hits = SCANNER.search.hits_by_comparing_anywhere(text);
        secrets_at(text, &Classes::of(text).token_runs(), hits.into_iter(), 0)
    }

    /// An example of a rule's pattern, perhaps shortened, behind something that may belong to it.
    fn example() -> impl Strategy<Value = String> {
        let behind = prop::sample::select(vec![
            "", " ", "\"", "=", ":", "a", "_", "-", ".", "/", "é", "key = ",
        ]);
        let cut = prop_oneof![3 => Just(0usize), 1 => 1usize..30];
        (0..RULES.len(), behind, cut).prop_flat_map(|(index, behind, cut)| {
            let example = string_regex(&RULES[index].pattern_for_examples()).unwrap();
            example.prop_map(move |example| {
                let end = example.floor_char_boundary(example.len().saturating_sub(cut));
                format!("{behind}{}", &example[..end])
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn the_search_leaves_out_nothing_that_is_found(
            pieces in prop::collection::vec(
                prop_oneof![3 => example(), 1 => "[a-zA-Z0-9_=:\"'./ \n-]{0,30}", 1 => "(password|token|api_key)[=: \"]{1,3}"],
                1..5,
            ),
        ) {
            let text = pieces.concat();
            prop_assert_eq!(secrets_at_depth(&text, 0), secrets_by_comparing(&text), "{:?}", text);
        }
    }
}
