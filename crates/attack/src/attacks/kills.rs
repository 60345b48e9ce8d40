//! Programs that are killed at random moments.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::server::Server;
use super::stores::{checkout, pack};
use crate::Broken;
use crate::ground::{Ground, kill};
use crate::random::Random;

/// Programs are killed within as many microseconds after their start.
const WITHIN: usize = 120_000;

pub(super) fn attack(ground: &Ground, random: &mut Random, times: usize) -> Result<usize, Broken> {
    let (home, repo) = (ground.folder(), checkout());
    let expected = pack(ground, &home, &repo)?;
    for number in 0..times {
        let mut program = match number % 4 {
            0 => ground.program("contextos", &home, repo.path()),
            1 => ground.program("contextos", &home, repo.path()),
            2 => ground.program("headroom", &home, repo.path()),
            _ => ground.program("headroom", &home, repo.path()),
        };
        let args: &[&str] = match number % 4 {
            0 => &["pack", "--task", "refresh the token 7", "--budget", "900"],
            1 => &["scan"],
            2 => &["compress", "src/f1.rs"],
            _ => &["serve", "--port", "0"],
        };
        program.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if number % 8 < 4 {
            // With a cold cache, so that it is being written.
            let _ = std::fs::remove_dir_all(repo.path().join(".contextos/cache"));
        }
        let mut child = program.spawn().map_err(|error| Broken(error.to_string()))?;
        thread::sleep(Duration::from_micros(random.below(WITHIN) as u64));
        kill(&mut child);
        if pack(ground, &home, &repo)? != expected {
            return Err(Broken(format!("after {args:?} was killed, a pack is another one")));
        }
    }
    // And a server starts in the same home.
    Server::start(ground, &[])?.check()?;
    Ok(times)
}
