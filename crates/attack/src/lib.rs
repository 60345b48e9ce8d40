//! Attacks on `contextos` and `headroom`, as a test that runs for a minute or for a night.
//!
//! An [`Attack`] tries something hostile many times, with what a seed makes of it, and says what held. Everything
//! happens in a temporary [`Ground`] and on loopback; beside it lies a folder that no program may read, change or add
//! to. What is the same for all: a program ends in time, with a documented exit code and a message, without a panic
//! and without control characters in its messages.
//!
//! - [`ground`]: the folder, and how programs are run in it
//! - [`random`]: numbers from a seed
//! - [`hostile_file`]: the kinds of hostile files
//! - [`attacks`]: the attacks, a file each
#![cfg(unix)]

pub mod attacks;
pub mod ground;
pub mod hostile_file;
pub mod random;

use std::fmt;

use ground::Ground;
use random::Random;

/// What an attack broke, in words for whoever mends it.
#[derive(Debug)]
pub struct Broken(pub String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

/// An attack.
#[derive(Debug)]
pub struct Attack {
    /// Its name, for `--only`.
    pub name: &'static str,
    /// What holds if it fails.
    pub holds: &'static str,
    /// Tries about as often as is said, and returns how often; an error if something was broken.
    pub run: fn(&Ground, &mut Random, usize) -> Result<usize, Broken>,
    /// How often it tries in a short run, and in each round of a long one but the first.
    pub short: usize,
    /// How often it tries in the first round of a long run.
    pub first: usize,
}
