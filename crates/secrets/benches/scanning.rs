//! Megabytes per second of searching for credentials, beside counting the tokens of the same texts.
//!
//! The text is this workspace's own sources, or the files of the folder that `SECRETS_CORPUS` names,
//! up to 32 MB.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::BytesCount;
use tokens::Encoding;

const MOST_BYTES: usize = 32 << 20;

static FILES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = std::env::var_os("SECRETS_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), PathBuf::from);
    let mut files = Vec::new();
    let mut bytes = 0;
    read_texts(&folder, &mut |text| {
        bytes += text.len();
        files.push(text);
        bytes < MOST_BYTES
    });
    files
});

/// Gives every text file under the folder, in the order of their names, until `take` says no.
fn read_texts(folder: &Path, take: &mut impl FnMut(String) -> bool) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter(|path| !path.ends_with(".git") && !path.is_symlink()).all(|path| match path
        .is_dir()
    {
        true => read_texts(path, take),
        false => fs::read_to_string(path).map_or(true, &mut *take),
    })
}

fn main() {
    divan::main();
}

fn bench(bencher: Bencher, work: impl Fn(&str) -> usize + Sync) {
    let bytes: usize = FILES.iter().map(String::len).sum();
    bencher
        .counter(BytesCount::new(bytes))
        .bench(|| FILES.iter().map(|text| work(text)).sum::<usize>());
}

#[divan::bench(sample_count = 10)]
fn find_credentials(bencher: Bencher) {
    bench(bencher, |text| secrets::redact(text).findings.len());
}

#[divan::bench(sample_count = 10)]
fn count_tokens(bencher: Bencher) {
    bench(bencher, |text| tokens::count(Encoding::O200kBase, text));
}
