//! Megabytes per second of counting, beside the reference.
//!
//! The text is this workspace's own sources, or the files of the folder that `TOKENS_CORPUS` names,
//! up to 32 MB.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::BytesCount;
use tokens::Encoding;

const MOST_BYTES: usize = 32 << 20;

static FILES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = std::env::var_os("TOKENS_CORPUS")
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

const ENCODINGS: [Encoding; 2] = [Encoding::O200kBase, Encoding::Cl100kBase];

#[divan::bench(args = ENCODINGS, sample_count = 10)]
fn count(bencher: Bencher, encoding: Encoding) {
    bench(bencher, |text| tokens::count(encoding, text));
}

#[divan::bench(args = ENCODINGS, sample_count = 10)]
fn encode(bencher: Bencher, encoding: Encoding) {
    bench(bencher, |text| tokens::encode(encoding, text).len());
}

#[divan::bench(args = ENCODINGS, sample_count = 10)]
fn segments(bencher: Bencher, encoding: Encoding) {
    bench(bencher, |text| tokens::segments(encoding, text).len());
}

#[divan::bench(args = ENCODINGS, sample_count = 10)]
fn cut_at_1000(bencher: Bencher, encoding: Encoding) {
    bench(bencher, |text| tokens::cut(encoding, text, 1000).len());
}

#[divan::bench(args = ENCODINGS, sample_count = 3)]
fn reference(bencher: Bencher, encoding: Encoding) {
    let reference = match encoding {
        Encoding::O200kBase => tiktoken_rs::o200k_base_singleton(),
        Encoding::Cl100kBase => tiktoken_rs::cl100k_base_singleton(),
    };
    bench(bencher, |text| reference.count_ordinary(text));
}
