//! Writes the labelled set of `tests/hard_set` as files, one for each sample, with a list of what each of them
//! hides: for a comparison with other scanners (`scripts/compare-secret-scanners.sh`).
//!
//! `cargo run -p secrets --example hard_set -- FOLDER`

#[path = "../tests/hard_set/kinds.rs"]
mod kinds;
#[path = "../tests/hard_set/look_alikes.rs"]
mod look_alikes;
#[path = "../tests/hard_set/notations.rs"]
mod notations;
#[path = "../tests/hard_set/random.rs"]
mod random;
#[path = "../tests/hard_set/set.rs"]
#[allow(dead_code, reason = "the test has further variants")]
mod set;

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::PathBuf;

fn main() -> io::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or(io::ErrorKind::InvalidInput)?);
    for name in ["secrets", "look-alikes"] {
        fs::create_dir_all(folder.join(name))?;
    }
    let mut labels = String::from("file\tkind\tnotation\thidden here\n");
    for (index, sample) in set::secrets(set::SEEDS[0]).iter().enumerate() {
        let file = format!("secrets/{index:04}.txt");
        fs::write(folder.join(&file), &sample.text)?;
        let hidden = !secrets::redact(&sample.text).text.contains(&sample.secret);
        let _ = writeln!(labels, "{file}\t{}\t{}\t{hidden}", sample.kind, sample.notation);
    }
    for (index, sample) in look_alikes::all(set::SEEDS[0]).iter().enumerate() {
        let file = format!("look-alikes/{index:04}.txt");
        fs::write(folder.join(&file), &sample.text)?;
        let hidden = !secrets::redact(&sample.text).findings.is_empty();
        let _ = writeln!(labels, "{file}\t{}\t\t{hidden}", sample.kind);
    }
    fs::write(folder.join("labels.tsv"), labels)
}
