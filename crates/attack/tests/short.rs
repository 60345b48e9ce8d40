//! A short form of the attacks, as a part of the tests.
#![cfg(unix)]
#![allow(clippy::print_stderr, reason = "what a test says for people")]

use std::path::PathBuf;
use std::time::Duration;

use attack::attacks::ATTACKS;
use attack::ground::Ground;
use attack::random::Random;

/// The processor time that a command may take.
const PATIENCE: Duration = Duration::from_secs(5);
const SEED: u64 = 1;

/// The folder of the programs, which the workspace's tests have built.
fn programs() -> PathBuf {
    let test = std::env::current_exe().expect("a test's path");
    test.ancestors().nth(2).expect("the folder of the profile").to_owned()
}

fn holds(name: &str) {
    let attack = ATTACKS.iter().find(|attack| attack.name == name).expect("an attack");
    let ground = Ground::new(&programs(), PATIENCE);
    match (attack.run)(&ground, &mut Random::new(SEED), attack.short) {
        Ok(times) => eprintln!("held {times} times: {}", attack.holds),
        Err(broken) => panic!("broken, where {}: {broken}", attack.holds),
    }
}

macro_rules! attacks {
    ($($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            holds($name);
        })*

        #[test]
        fn every_attack_has_a_test() {
            let names: Vec<&str> = ATTACKS.iter().map(|attack| attack.name).collect();
            assert_eq!(names, [$($name),*]);
        }
    };
}

attacks! {
    checkouts: "checkouts",
    swaps: "swaps",
    files: "files",
    configs: "configs",
    http: "http",
    half_sent_heads: "half-sent heads",
    providers: "providers",
    mcp: "mcp",
    stores: "stores",
    kills: "kills",
    limits: "limits",
    memory: "memory",
}
