//! Makes the data files from the reference: its ranks, and the Unicode tables of its regex engine.
//!
//! Only in tests: one of them makes the files anew and compares them with those that are checked in.
//! After a new version of the reference or of its engine, write them with
//! `cargo test -p tokens --lib -- --ignored write_data_files`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use regex_syntax::hir::{Class as HirClass, HirKind};
use sha2::{Digest, Sha256};
use tiktoken_rs::CoreBPE;

use crate::Encoding;
use crate::class::{
    BLANK, CASELESS, Class, HEADER, LOWER, MARK, NEWLINE, NUMBER, OTHER, PAGE, PAGES, UPPER,
};
use crate::vocabulary::{LONGEST, hash, home, slot, slot_bits};

/// What each class is, in the terms of the encodings' patterns.
const CLASSES: [(Class, &str); 7] = [
    (UPPER, r"[\p{Lu}\p{Lt}]"),
    (LOWER, r"\p{Ll}"),
    (CASELESS, r"[\p{Lm}\p{Lo}]"),
    (MARK, r"\p{M}"),
    (NUMBER, r"\p{N}"),
    (BLANK, r"[\s--[\r\n]]"),
    (NEWLINE, r"[\r\n]"),
];

/// The version that the lock file has of a package; there is only one of each that matters here.
fn locked_version(package: &str) -> &'static str {
    let lock = include_str!("../../../Cargo.lock");
    let name = format!("name = \"{package}\"\nversion = \"");
    let versions: Vec<_> = lock.split(&name).skip(1).map(|rest| rest.split('"').next()).collect();
    match versions[..] {
        [Some(version)] => version,
        _ => panic!("one version of {package} is expected in the lock file, not {versions:?}"),
    }
}

/// The code points that a character class of the engine holds.
fn code_points(pattern: &str) -> Vec<u32> {
    let hir = regex_syntax::parse(pattern).expect("a character class");
    let HirKind::Class(HirClass::Unicode(class)) = hir.kind() else {
        panic!("{pattern} is no Unicode class")
    };
    class.iter().flat_map(|range| u32::from(range.start())..=u32::from(range.end())).collect()
}

/// The Unicode version of the engine's tables: the newest age that it knows.
fn unicode_version() -> String {
    let known = |version: &String| regex_syntax::parse(&format!(r"\p{{Age={version}}}")).is_ok();
    let mut versions = (10..100).flat_map(|major| [0, 1].map(|minor| format!("{major}.{minor}")));
    versions.rfind(known).expect("an age")
}

fn header(line: String) -> Vec<u8> {
    assert!(line.is_ascii() && line.len() < HEADER);
    format!("{line:<width$}\n", width = HEADER - 1).into_bytes()
}

fn class_table() -> Vec<u8> {
    let mut classes = vec![OTHER; PAGES * PAGE];
    for (class, pattern) in CLASSES {
        for code_point in code_points(pattern) {
            let known = &mut classes[code_point as usize];
            assert_eq!(*known, OTHER, "U+{code_point:04X} is in two classes");
            *known = class;
        }
    }
    let mut file = header(format!(
        "Character classes from regex-syntax {} (Unicode {}), the engine of fancy-regex {} in tiktoken-rs {}",
        locked_version("regex-syntax"),
        unicode_version(),
        reference_engine(),
        locked_version("tiktoken-rs"),
    ));
    let mut pages: Vec<&[u8]> = Vec::new();
    for page in classes.chunks(PAGE) {
        let number = pages.iter().position(|known| *known == page).unwrap_or_else(|| {
            pages.push(page);
            pages.len() - 1
        });
        file.push(u8::try_from(number).expect("few different pages"));
    }
    file.extend(pages.concat());
    file
}

/// The version of fancy-regex that the reference is built with.
fn reference_engine() -> &'static str {
    let lock = include_str!("../../../Cargo.lock");
    let package = lock.split("[[package]]").find(|p| p.contains("name = \"tiktoken-rs\""));
    let dependency = package.and_then(|p| p.split("\"fancy-regex").nth(1)?.split('"').next());
    match dependency.expect("the reference uses fancy-regex").trim() {
        "" => locked_version("fancy-regex"),
        version => version,
    }
}

fn vocabulary_table(encoding: Encoding, reference: &CoreBPE) -> Vec<u8> {
    // The ranks are 0, 1, 2 and so on; the special tokens come after a gap.
    let tokens: Vec<Vec<u8>> =
        (0..).map_while(|rank| reference.decode_bytes(&[rank]).ok()).collect();
    let slot_bits = slot_bits(encoding);
    let mask = (1 << slot_bits) - 1;
    let mut slots = vec![0u64; mask + 1];
    let mut bytes: Vec<u8> = Vec::new();
    for (rank, token) in tokens.iter().enumerate() {
        assert!((1..=LONGEST).contains(&token.len()));
        assert!(rank < 1 << slot::RANK_BITS && bytes.len() < 1 << slot::OFFSET_BITS);
        let hash = hash(token);
        let mut at = home(hash, mask);
        while slots[at & mask] != 0 {
            at += 1;
        }
        let fields = (rank as u64) << slot::OFFSET_BITS | bytes.len() as u64;
        slots[at & mask] =
            hash << (64 - slot::TAG_BITS) | fields << slot::LENGTH_BITS | token.len() as u64;
        bytes.extend(token);
    }
    let mut file = header(format!(
        "The {} tokens of {} from tiktoken-rs {}, 2^{slot_bits} slots",
        tokens.len(),
        encoding.name(),
        locked_version("tiktoken-rs"),
    ));
    file.extend(slots.iter().flat_map(|slot| slot.to_le_bytes()));
    file.extend(bytes);
    file
}

/// The data files by name, and the list of their hashes.
fn data_files() -> BTreeMap<&'static str, Vec<u8>> {
    let o200k_base = tiktoken_rs::o200k_base().expect("the reference");
    let cl100k_base = tiktoken_rs::cl100k_base().expect("the reference");
    let mut files = BTreeMap::from([
        ("classes.bin", class_table()),
        ("o200k_base.bin", vocabulary_table(Encoding::O200kBase, &o200k_base)),
        ("cl100k_base.bin", vocabulary_table(Encoding::Cl100kBase, &cl100k_base)),
    ]);
    let sums: String =
        files.iter().map(|(name, bytes)| format!("{}  {name}\n", sha256(bytes))).collect();
    files.insert("SHA256SUMS", sums.into_bytes());
    files
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn data_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data")
}

#[test]
#[ignore = "writes into the source tree"]
fn write_data_files() {
    for (name, bytes) in data_files() {
        fs::write(data_folder().join(name), bytes).expect("the data folder can be written to");
    }
}

#[test]
fn the_data_files_are_what_the_reference_gives() {
    for (name, made) in data_files() {
        let checked_in = fs::read(data_folder().join(name)).expect("a data file");
        assert!(checked_in == made, "{name} is out of date: the head of this file says what to do");
    }
}

#[test]
fn the_embedded_files_have_the_listed_hashes() {
    let embedded: [(&str, &[u8]); 3] = [
        ("cl100k_base.bin", include_bytes!("../data/cl100k_base.bin")),
        ("classes.bin", include_bytes!("../data/classes.bin")),
        ("o200k_base.bin", include_bytes!("../data/o200k_base.bin")),
    ];
    let sums: String =
        embedded.iter().map(|(name, file)| format!("{}  {name}\n", sha256(file))).collect();
    assert_eq!(sums, include_str!("../data/SHA256SUMS"));
}
