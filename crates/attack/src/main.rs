//! Runs the attacks: `attack --seed 7 --minutes 30`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    unix::main()
}

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
mod unix {
    use std::path::PathBuf;
    use std::process::ExitCode;
    use std::time::{Duration, Instant, SystemTime};

    use attack::attacks::ATTACKS;
    use attack::ground::{Ground, Slowest};
    use attack::random::Random;
    use clap::Parser;

    /// Attacks contextos and headroom in a temporary folder and on loopback.
    #[derive(Parser)]
    struct Args {
        /// The seed of everything random; another one for each run if it is missing
        #[arg(long)]
        seed: Option<u64>,
        /// How long to attack; every attack runs at least once
        #[arg(long, default_value_t = 5)]
        minutes: u64,
        /// Only attacks whose name contains this
        #[arg(long, default_value = "")]
        only: String,
        /// The folder of the programs [default: that of this program]
        #[arg(long)]
        programs: Option<PathBuf>,
        /// The seconds of processor time that a command may take
        #[arg(long, default_value_t = 5)]
        patience: u64,
    }

    pub(super) fn main() -> ExitCode {
        let args = Args::parse();
        let now = || SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs());
        let seed = args.seed.unwrap_or_else(now);
        let own = std::env::current_exe().ok().and_then(|path| path.parent().map(PathBuf::from));
        let programs = args.programs.or(own).unwrap_or_default();
        let end = Instant::now() + Duration::from_secs(60 * args.minutes);
        let mut round = 0;
        let mut tries = vec![0; ATTACKS.len()];
        let mut slowest = vec![Slowest::default(); ATTACKS.len()];
        while round == 0 || Instant::now() < end {
            for ((attack, tries), slowest) in ATTACKS.iter().zip(&mut tries).zip(&mut slowest) {
                let is_first = round == 0;
                if !attack.name.contains(&args.only) || (!is_first && Instant::now() > end) {
                    continue;
                }
                let ground = Ground::new(&programs, Duration::from_secs(args.patience));
                let mut random = Random::new(seed.wrapping_add(round));
                let times = if is_first { attack.first } else { attack.short };
                match (attack.run)(&ground, &mut random, times) {
                    Ok(times) => {
                        *tries += times;
                        *slowest = slowest.or(ground.slowest());
                    }
                    Err(broken) => {
                        eprintln!(
                            "BROKEN by {} with --seed {}: {broken}",
                            attack.name,
                            seed.wrapping_add(round)
                        );
                        return ExitCode::FAILURE;
                    }
                }
            }
            round += 1;
        }
        let all = ATTACKS.iter().zip(tries).zip(slowest);
        for ((attack, tries), slowest) in all.filter(|((_, tries), _)| *tries > 0) {
            println!(
                "held {tries:>6} times, {}: {}; the slowest command took {:.2} s of processor time, {:.2} s in all",
                attack.name,
                attack.holds,
                slowest.computed.as_secs_f64(),
                slowest.waited.as_secs_f64(),
            );
        }
        println!("seed {seed}, {round} rounds");
        ExitCode::SUCCESS
    }
}
