//! A labelled set of secrets as people write them, and of texts that look like secrets.
//!
//! Kinds of secrets and the notations around them vary independently; every value is made from a seed when
//! the test runs. `examples/hard_set.rs` writes the same set as files, for a comparison with other scanners.

#![allow(clippy::unwrap_used, reason = "a test that can't set up has nothing to say")]

mod kinds;
mod look_alikes;
mod notations;
mod random;
mod set;

use std::collections::BTreeMap;

use secrets::redact;
use set::{SEEDS, Sample};

/// The share of secrets that must be hidden, and of look-alikes that may be, in per cent.
const HIDDEN: f64 = 95.0;
const FALSE: f64 = 1.0;

fn is_hidden(sample: &Sample) -> bool {
    !redact(&sample.text).text.contains(&sample.secret)
}

#[test]
fn the_set_is_large_and_varied() {
    let samples = set::secrets(SEEDS[0]);
    let kinds: std::collections::BTreeSet<_> = samples.iter().map(|s| s.kind).collect();
    let notations: std::collections::BTreeSet<_> = samples.iter().map(|s| s.notation).collect();
    assert!(kinds.len() >= 60, "{} kinds", kinds.len());
    assert!(notations.len() >= 40, "{} notations", notations.len());
    for kind in kinds {
        assert!(samples.iter().filter(|sample| sample.kind == kind).count() >= 10, "{kind}");
    }
    assert!(look_alikes::all(SEEDS[0]).len() >= 300, "{}", look_alikes::all(SEEDS[0]).len());
}

#[test]
fn secrets_are_hidden_in_every_notation() {
    assert_hidden(set::secrets);
}

#[test]
fn secrets_are_hidden_in_further_variants() {
    assert_hidden(set::variants);
}

fn assert_hidden(samples: fn(u64) -> Vec<Sample>) {
    for seed in SEEDS {
        let samples = samples(*seed);
        let missed: Vec<&Sample> = samples.iter().filter(|sample| !is_hidden(sample)).collect();
        let share = 100.0 * (1.0 - missed.len() as f64 / samples.len() as f64);
        let list = |of: fn(&Sample) -> &'static str| {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            for sample in &missed {
                *counts.entry(of(sample)).or_default() += 1;
            }
            format!("{counts:?}")
        };
        let texts: Vec<String> = missed
            .iter()
            .map(|sample| format!("{} in {}: {:?}", sample.kind, sample.notation, sample.text))
            .collect();
        let report = format!(
            "seed {seed}: {share:.1} % of {} hidden\n{}\n{}\n{}",
            samples.len(),
            list(|sample| sample.notation),
            list(|sample| sample.kind),
            texts.join("\n")
        );
        assert!(share >= HIDDEN, "{report}");
    }
}

#[test]
fn look_alikes_stay() {
    for seed in SEEDS {
        let all = look_alikes::all(*seed);
        let wrong: Vec<String> = all
            .iter()
            .map(|sample| (sample, redact(&sample.text)))
            .filter(|(_, redacted)| !redacted.findings.is_empty())
            .map(|(sample, redacted)| {
                format!("{}: {:?} -> {:?}", sample.kind, sample.text, redacted.findings)
            })
            .collect();
        let share = 100.0 * wrong.len() as f64 / all.len() as f64;
        let report =
            format!("seed {seed}: {share:.1} % of {} hidden\n{}", all.len(), wrong.join("\n"));
        assert!(share <= FALSE, "{report}");
    }
}
