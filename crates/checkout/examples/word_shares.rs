//! Writes the table of how common words are (`crates/select/data/word-shares.tsv`) from clones:
//! `cargo run --release -p checkout --example word_shares CLONE… > crates/select/data/word-shares.tsv`.

mod clones;

use std::error::Error;
use std::io::Write;

use checkout::ReadOptions;
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
    clones::read(&mut out, |_, git, head| {
        let files = git.tree_at(head, &ReadOptions::default())?.files;
        shares.add(&files.iter().map(|file| file.text.as_str()).collect::<Vec<_>>());
        Ok(())
    })?;
    for line in shares.lines() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
