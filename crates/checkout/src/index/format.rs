//! The bytes of an index: the entries, then the words.
//!
//! Numbers have seven bits a byte, the lowest first. A path is the length that it shares with the one before, and the
//! rest. Whatever the bytes are, reading them gives an index or nothing.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use secrets::{Finding, Fingerprint};
use select::varint::{put, take};
use select::{FileKind, WordIndex};
use syntax::Language;

use super::{Entry, Index, Known};
use crate::SkipReason;
use crate::credential_paths::Judged;
use crate::file_state::FileState;

/// Every reason for which a file is skipped by its content, and the number that stands for it.
const REASONS: [SkipReason; 6] = [
    SkipReason::Binary,
    SkipReason::TooLarge,
    SkipReason::Minified,
    SkipReason::Generated,
    SkipReason::LfsPointer,
    SkipReason::Special,
];
const KINDS: [FileKind; 6] = [
    FileKind::Source,
    FileKind::Test,
    FileKind::Docs,
    FileKind::Example,
    FileKind::Config,
    FileKind::Generated,
];
/// The most findings, and packages, of one file. By hand: it bounds what damaged bytes can ask for.
const MOST: u64 = 1 << 20;
/// The most names of languages and rules. By hand: there are five hundred.
const MOST_NAMES: usize = 4_096;

pub(super) fn write(index: &Index) -> Vec<u8> {
    let mut out = Vec::with_capacity(index.entries.len() * 160);
    let mut names = Names::default();
    let mut entries = Vec::with_capacity(index.entries.len() * 160);
    let mut before = "";
    for entry in &index.entries {
        write_entry(entry, before, &mut names, &mut entries);
        before = &entry.path;
    }
    put(names.0.len() as u64, &mut out);
    names.0.iter().for_each(|name| put_text(name, &mut out));
    put(index.entries.len() as u64, &mut out);
    out.append(&mut entries);
    index.words.write(&mut out);
    out.extend_from_slice(&index.judged.paths);
    put(index.judged.found.len() as u64, &mut out);
    index.judged.found.iter().for_each(|&at| put(u64::from(at), &mut out));
    out
}

pub(super) fn read(bytes: &[u8]) -> Option<Index> {
    let bytes = &mut &*bytes;
    let names: Option<Vec<&str>> = (0..take(bytes)?).map(|_| take_text(bytes)).collect();
    let names = Names::read(&names?)?;
    let count = take(bytes)?;
    let mut entries: Vec<Entry> = Vec::with_capacity((bytes.len() / 64).min(count as usize));
    for _ in 0..count {
        let before = entries.last().map_or("", |entry| &entry.path);
        let entry = read_entry(before, &names, bytes)?;
        if !entries.is_empty() && entry.path.as_str() <= before {
            return None;
        }
        entries.push(entry);
    }
    let words = WordIndex::read(bytes)?;
    let paths = take_array(bytes)?;
    let found = (0..take(bytes)?).map(|_| u32::try_from(take(bytes)?).ok());
    let judged = Judged { paths, found: found.collect::<Option<_>>()? };
    (words.files() == entries.len()).then_some(Index { entries, words, judged })
}

/// The names of languages and rules that entries refer to by their place.
#[derive(Debug, Default)]
struct Names(Vec<&'static str>);

impl Names {
    fn place(&mut self, name: &'static str) -> u64 {
        let known = self.0.iter().position(|known| *known == name);
        known.unwrap_or_else(|| {
            self.0.push(name);
            self.0.len() - 1
        }) as u64
    }

    fn read(names: &[&str]) -> Option<Self> {
        names.iter().map(|name| interned(name)).collect::<Option<_>>().map(Self)
    }

    fn get(&self, place: u64) -> Option<&'static str> {
        self.0.get(usize::try_from(place).ok()?).copied()
    }
}

/// A name that lives as long as the program, of which there are as many as languages and rules. (The rules could be
/// asked, but that compiles them.)
fn interned(name: &str) -> Option<&'static str> {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return Some(known);
    }
    if names.len() >= MOST_NAMES {
        return None;
    }
    let name: &'static str = Box::leak(name.into());
    names.insert(name);
    Some(name)
}

fn write_entry(entry: &Entry, before: &str, names: &mut Names, out: &mut Vec<u8>) {
    let shared = shared_prefix(before, &entry.path);
    put(shared as u64, out);
    put_text(&entry.path[shared..], out);
    put(entry.state.size, out);
    out.extend_from_slice(&entry.state.modified.to_le_bytes());
    out.extend_from_slice(&entry.state.changed.to_le_bytes());
    put(entry.state.inode, out);
    out.extend_from_slice(&entry.content);
    // The lowest bits say whether it is settled, this program's own, and selected from.
    let flags = u64::from(entry.is_own) << 1 | u64::from(entry.is_settled);
    match &entry.result {
        Err(reason) => {
            let reason = REASONS.iter().position(|known| known == reason).unwrap_or(0);
            put((reason as u64) << 3 | flags, out);
        }
        Ok(known) => {
            let kind = KINDS.iter().position(|kind| *kind == known.kind).unwrap_or(0);
            put((kind as u64) << 4 | u64::from(known.unknown_encoding) << 3 | 4 | flags, out);
            out.extend_from_slice(&known.hash);
            put(names.place(known.language.name()), out);
            put(known.findings.len() as u64, out);
            for finding in &known.findings {
                put(u64::from(finding.line), out);
                put(names.place(finding.rule), out);
                out.extend_from_slice(&finding.fingerprint.to_bits().to_le_bytes());
            }
            put(known.packages.len() as u64, out);
            known.packages.iter().for_each(|package| put_text(package, out));
        }
    }
}

fn read_entry(before: &str, names: &Names, bytes: &mut &[u8]) -> Option<Entry> {
    let shared = before.get(..usize::try_from(take(bytes)?).ok()?)?;
    let path = [shared, take_text(bytes)?].concat();
    let size = take(bytes)?;
    let modified = i64::from_le_bytes(take_array(bytes)?);
    let changed = i64::from_le_bytes(take_array(bytes)?);
    let state = FileState { size, modified, changed, inode: take(bytes)? };
    let content = take_array(bytes)?;
    let about = take(bytes)?;
    let (is_settled, is_own) = (about & 1 != 0, about & 2 != 0);
    let result = if about & 4 == 0 {
        Err(*REASONS.get(usize::try_from(about >> 3).ok()?)?)
    } else {
        let kind = *KINDS.get(usize::try_from(about >> 4).ok()?)?;
        Ok(read_known(kind, about & 8 != 0, names, bytes)?)
    };
    Some(Entry { path, state, is_settled, is_own, content, result })
}

fn read_known(
    kind: FileKind,
    unknown_encoding: bool,
    names: &Names,
    bytes: &mut &[u8],
) -> Option<Known> {
    let hash = take_array(bytes)?;
    let language = Language::from_name(names.get(take(bytes)?)?)?;
    let count = Some(take(bytes)?).filter(|&count| count <= MOST)?;
    let finding = |_| {
        let line = u32::try_from(take(bytes)?).ok()?;
        let rule = names.get(take(bytes)?)?;
        let fingerprint = Fingerprint::from_bits(u64::from_le_bytes(take_array(bytes)?));
        Some(Finding { line, rule, fingerprint })
    };
    let findings = (0..count).map(finding).collect::<Option<_>>()?;
    let count = Some(take(bytes)?).filter(|&count| count <= MOST)?;
    let package = |_| Some(take_text(bytes)?.to_owned());
    let packages = (0..count).map(package).collect::<Option<_>>()?;
    Some(Known { hash, language, kind, unknown_encoding, findings, packages })
}

/// The length of the longest common beginning.
fn shared_prefix(a: &str, b: &str) -> usize {
    let shared = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    b.floor_char_boundary(shared)
}

pub(crate) fn put_text(text: &str, out: &mut Vec<u8>) {
    put(text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

pub(crate) fn take_text<'b>(bytes: &mut &'b [u8]) -> Option<&'b str> {
    let length = usize::try_from(take(bytes)?).ok()?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    std::str::from_utf8(text).ok()
}

fn take_array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (array, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*array)
}
