//! Poisoned caches and torn stores.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use testkit::TempRepo;

use crate::Broken;
use crate::ground::{Ground, files};
use crate::random::Random;

pub(super) fn attack(ground: &Ground, random: &mut Random, times: usize) -> Result<usize, Broken> {
    for number in 0..times {
        match number % 2 {
            0 => poison_cache(ground, random)?,
            _ => tear_store(ground, random)?,
        }
    }
    Ok(times)
}

/// A checkout whose packs are compared.
pub(super) fn checkout() -> TempRepo {
    let repo = TempRepo::new();
    for n in 0..12 {
        let text = format!(
            "/// Refreshes token {n}.\npub fn refresh{n}(token: &str) -> usize {{\n    token.len() + {n}\n}}\n"
        );
        repo.write(format!("src/f{n}.rs"), &text);
    }
    repo.commit("Refresh the tokens");
    repo
}

/// The pack of a checkout.
pub(super) fn pack(ground: &Ground, home: &Path, repo: &TempRepo) -> Result<Vec<u8>, Broken> {
    let mut program = ground.program("contextos", home, repo.path());
    program.args(["pack", "--task", "refresh the token 7", "--budget", "900", "-o", "-", "-q"]);
    Ok(ground.run(&mut program, b"")?.stdout)
}

fn poison_cache(ground: &Ground, random: &mut Random) -> Result<(), Broken> {
    let (home, repo) = (ground.folder(), checkout());
    let cold = pack(ground, &home, &repo)?;
    let cache = repo.path().join(".contextos/cache");
    for (name, bytes) in files(&cache) {
        let path = cache.join(name);
        poison(ground, random, &path, &bytes);
    }
    let warm = pack(ground, &home, &repo)?;
    ground.check_outside(&warm)?;
    match warm == cold {
        true => Ok(()),
        false => Err(Broken("a poisoned cache changed a pack".to_owned())),
    }
}

/// Replaces a file by a changed one, a link or a folder.
fn poison(ground: &Ground, random: &mut Random, path: &Path, bytes: &[u8]) {
    fs::remove_file(path).expect("a file");
    let link = |to: &Path| symlink(to, path);
    let done = match random.below(6) {
        0 => link(&ground.outside().join("secret.txt")),
        1 => link(Path::new("/dev/zero")),
        2 => fs::create_dir(path),
        3 => fs::write(path, bytes.repeat(2)),
        _ => fs::write(path, random.mutated(bytes)),
    };
    done.expect("a poisoned file");
}

fn tear_store(ground: &Ground, random: &mut Random) -> Result<(), Broken> {
    let home = ground.folder();
    let text: String = (0..300)
        .map(|n| format!("2026-01-01 00:00:{:02} INFO worker {} did {n}\n", n % 60, n % 7))
        .collect();
    let mut program = ground.program("headroom", &home, &home);
    let compressed = ground.run(program.arg("compress"), text.as_bytes())?.stdout;
    let compressed = String::from_utf8_lossy(&compressed);
    let hashes = compressed.split("hash=").skip(1);
    let hashes: Vec<String> =
        hashes.map(|rest| rest.chars().take_while(char::is_ascii_hexdigit).collect()).collect();
    let store = home.join(".headroom");
    for (name, bytes) in files(&store) {
        if random.below(2) == 0 {
            poison(ground, random, &store.join(name), &bytes);
        }
    }
    for hash in hashes.iter().take(3) {
        let mut program = ground.program("headroom", &home, &home);
        let ended = ground.run(program.args(["retrieve", hash]), b"")?;
        let retrieved = String::from_utf8_lossy(&ended.stdout);
        ground.check_outside(&ended.stdout)?;
        if ended.status.success() && !text.contains(retrieved.trim_end_matches('\n')) {
            return Err(Broken(format!("a torn store gave another text for {hash}")));
        }
    }
    Ok(())
}
