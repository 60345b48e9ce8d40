//! Writes the table of how common words are (`crates/select/data/word-shares.tsv`) from clones:
//! `cargo run --release -p checkout --example word_shares CLONE… > crates/select/data/word-shares.tsv`.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use checkout::{Git, ReadOptions};
use select::WordShares;

/// What the table begins with.
const HEAD: &str = "\
# The share of a repository's files, in ten-thousandths, that have a term: the mean over
# these repositories at their HEAD, of the terms that at least half of them have. Made by:
# cargo run --release -p checkout --example word_shares CLONE…
";

fn main() -> Result<(), Box<dyn Error>> {
    let mut shares = WordShares::default();
    let mut out = std::io::stdout().lock();
    out.write_all(HEAD.as_bytes())?;
    for clone in std::env::args().skip(1) {
        let git = Git::open(Path::new(&clone))?;
        let head = git.head().map(|head| head.id.clone()).ok_or("no commit")?;
        let name = Path::new(&clone).file_name().unwrap_or_default().to_string_lossy();
        writeln!(out, "# {name} {head}")?;
        let files = git.tree_at(&head, &ReadOptions::default())?.files;
        shares.add(&files.iter().map(|file| file.text.as_str()).collect::<Vec<_>>());
    }
    for line in shares.lines() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
