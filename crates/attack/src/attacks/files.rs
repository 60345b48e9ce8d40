//! Hostile files in every place that is read.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::Broken;
use crate::ground::Ground;
use crate::hostile_file::{KINDS, Nature, make};
use crate::random::Random;

/// A command, and what it reads.
struct Place {
    program: &'static str,
    args: &'static [&'static str],
    /// Where the file is.
    at: At,
}

#[derive(Clone, Copy)]
enum At {
    /// In the checkout.
    Checkout(&'static str),
    /// In the home.
    Home(&'static str),
    /// In the checkout, and named as the last argument.
    Argument(&'static str),
    Input,
}

use At::{Argument, Checkout, Home, Input};

const PACK: &[&str] = &["pack", "--task", "refresh the token", "--budget", "1000", "-o", "-"];

/// Every place.
#[rustfmt::skip]
const PLACES: &[Place] = &[
    Place { program: "contextos", args: PACK, at: Checkout("src/token.rs") },
    Place { program: "contextos", args: &["scan"], at: Checkout("src/token.py") },
    Place { program: "contextos", args: &["secrets"], at: Checkout("config/app.yml") },
    Place { program: "contextos", args: PACK, at: Checkout(".gitignore") },
    Place { program: "contextos", args: PACK, at: Checkout(".contextosignore") },
    Place { program: "contextos", args: PACK, at: Checkout("contextos.toml") },
    Place { program: "contextos", args: &["config", "show"], at: Checkout("contextos.toml") },
    Place { program: "contextos", args: &["pack", "--budget", "1000"], at: Checkout(".contextos/CURRENT_TASK.md") },
    Place { program: "contextos", args: PACK, at: Checkout(".contextos/MEMORY.md") },
    Place { program: "contextos", args: PACK, at: Checkout(".contextos/cache/index") },
    Place { program: "contextos", args: PACK, at: Checkout("package.json") },
    Place { program: "contextos", args: PACK, at: Checkout("Cargo.toml") },
    Place { program: "contextos", args: PACK, at: Checkout(".git") },
    Place { program: "contextos", args: &["pack", "--task", "-", "--budget", "1000"], at: Input },
    Place { program: "contextos", args: PACK, at: Home(".config/contextos/config.toml") },
    Place { program: "contextos", args: &["hooks", "user-prompt-submit"], at: Input },
    Place { program: "contextos", args: &["hooks", "status", "--agent", "claude"], at: Home(".claude/settings.json") },
    Place { program: "contextos", args: &["serve", "--stdio"], at: Input },
    Place { program: "contextos", args: &["mcp", "install", "--agent", "claude", "--dry-run"], at: Home(".claude.json") },
    Place { program: "headroom", args: &["hooks", "post-tool-use", "--agent", "claude"], at: Input },
    Place { program: "headroom", args: &["hooks", "pre-tool-use"], at: Input },
    Place { program: "headroom", args: &["hooks", "status", "--agent", "claude"], at: Home(".claude/settings.json") },
    Place { program: "headroom", args: &["mcp", "install", "--agent", "codex", "--dry-run"], at: Home(".codex/config.toml") },
    Place { program: "headroom", args: &["mcp", "install", "--agent", "opencode", "--dry-run"], at: Home(".config/opencode/opencode.json") },
    Place { program: "headroom", args: &["config", "show"], at: Home(".headroom/config.toml") },
    Place { program: "headroom", args: &["audit"], at: Argument("session.jsonl") },
    Place { program: "headroom", args: &["audit"], at: Home(".claude/projects/x/session.jsonl") },
    Place { program: "headroom", args: &["compress"], at: Argument("pack.md") },
    Place { program: "headroom", args: &["compress", "--task", "refresh"], at: Input },
    Place { program: "headroom", args: &["mcp", "serve"], at: Input },
    Place { program: "headroom", args: &["retrieve", "0123456789ab"], at: Home(".headroom/originals/01/23456789ab") },
];

/// The pairs of a kind and a place.
pub(super) const PAIRS: usize = KINDS.len() * PLACES.len();

/// Attacks with pairs of a kind and a place, each pair once before any is tried again.
pub(super) fn attack(ground: &Ground, random: &mut Random, times: usize) -> Result<usize, Broken> {
    // A step that shares no divisor with the number of pairs visits all of them.
    let (mut pair, step) = (random.below(PAIRS), coprime(random, PAIRS));
    for _ in 0..times {
        pair = (pair + step) % PAIRS;
        let ((kind, nature), place) = (KINDS[pair / PLACES.len()], &PLACES[pair % PLACES.len()]);
        // A pipe that is named on the command line is waited for, as by every program.
        if kind == "a pipe" && matches!(place.at, Argument(_)) {
            continue;
        }
        attack_place(ground, random, nature, place)
            .map_err(|broken| Broken(format!("{kind}: {broken}")))?;
    }
    Ok(times)
}

fn coprime(random: &mut Random, number: usize) -> usize {
    let divisor = |mut a: usize, mut b: usize| {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let start = random.below(number);
    (start..).find(|step| divisor(*step, number) == 1).unwrap_or(1)
}

fn attack_place(
    ground: &Ground,
    random: &mut Random,
    nature: Nature,
    place: &Place,
) -> Result<(), Broken> {
    let (home, checkout) = (ground.folder(), ground.folder());
    fs::create_dir(checkout.join("src")).expect("a folder");
    fs::write(checkout.join("src/lib.rs"), "pub fn refresh() {}\n").expect("a file");
    let mut program: Command = ground.program(place.program, &home, &checkout);
    program.args(place.args);
    let mut input = Vec::new();
    let path: Option<PathBuf> = match (place.at, nature) {
        (Checkout(name), _) => Some(checkout.join(name)),
        (Home(name), _) => Some(home.join(name)),
        (Argument(name), _) => {
            program.arg(checkout.join(name));
            Some(checkout.join(name))
        }
        (Input, Nature::Content(content)) => {
            input = content(random);
            None
        }
        (Input, Nature::Special(_)) => None,
    };
    if let Some(path) = path {
        make(nature, &path, &ground.outside(), random)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let ended = ground.run(&mut program, &input)?;
    let shown = [&*ended.stdout, ended.stderr.as_bytes()].concat();
    // What is named on the command line, or is in the user's own home, may lead anywhere.
    let may_lead_out = matches!(place.at, Argument(_) | Home(_));
    ground.check_outside(if may_lead_out { b"" } else { &shown })?;
    for folder in [home, checkout] {
        // What can't be removed is removed with the ground.
        let _ = fs::remove_dir_all(folder);
    }
    Ok(())
}
