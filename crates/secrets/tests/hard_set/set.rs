//! The combinations that are tried.

use crate::kinds::{Group, KINDS};
use crate::notations::{self, NOTATIONS, Name};
use crate::random::Random;

pub(crate) const SEEDS: &[u64] = &[1, 20_261, 77_003];
/// Of each kind.
const SAMPLES: usize = 14;

#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) kind: &'static str,
    pub(crate) notation: &'static str,
    pub(crate) text: String,
    /// What may not stand in the redacted text.
    pub(crate) secret: String,
}

/// Each line of `variants.txt` with a secret of each kind that fits, from a seed.
pub(crate) fn variants(seed: u64) -> Vec<Sample> {
    let mut random = Random::new(seed);
    let lines = include_str!("variants.txt").lines().filter(|line| !line.starts_with('#'));
    let mut samples = Vec::new();
    for line in lines {
        let (group, text) = line.split_once(' ').expect("a group and a text");
        let group = if group == "P" { Group::Password } else { Group::Generic };
        for kind in KINDS.iter().filter(|kind| kind.group == group) {
            let secret = (kind.make)(&mut random);
            let text = text.replace("\\n", "\n").replace("\\t", "\t").replace("@@", &secret) + "\n";
            samples.push(Sample { kind: kind.name, notation: line, text, secret });
        }
    }
    samples
}

/// The secrets of a seed: of each kind a number of samples, in the notations that people write it in.
pub(crate) fn secrets(seed: u64) -> Vec<Sample> {
    let mut random = Random::new(seed);
    let mut samples = Vec::new();
    let mut turn = [0_usize; 3];
    for kind in KINDS {
        let fitting: Vec<_> = NOTATIONS.iter().filter(|n| n.groups.contains(&kind.group)).collect();
        for _ in 0..SAMPLES {
            let turn = &mut turn[kind.group as usize];
            let notation = fitting[*turn % fitting.len()];
            *turn += 1;
            let name = match kind.group {
                Group::Password => Name::password(&mut random),
                Group::Generic => Name::generic(&mut random),
                Group::Provider => Name::any(&mut random, kind.name),
            };
            let secret = (kind.make)(&mut random);
            let (text, secret) = (notation.write)(&mut random, &name, &secret);
            samples.push(Sample { kind: kind.name, notation: notation.name, text, secret });
        }
    }
    samples.extend(notations::structured(&mut random));
    samples
}
