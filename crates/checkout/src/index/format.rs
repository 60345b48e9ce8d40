//! The bytes of an index's files: entries, then a segment of words, which is read in place.
//!
//! Numbers have seven bits a byte, the lowest first. A path is the length that it shares with the one before, and the
//! rest; times and inodes are differences. Whatever the bytes are, reading them gives an index or nothing.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use secrets::{Finding, Fingerprint};
use select::varint::{put, take};
use select::{FileKind, WordIndex, WordSegment};
use syntax::Language;

use super::{Base, Entry, Index, Known};
use crate::SkipReason;
use crate::cache_folder::Checked;
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

/// The bytes of a base with all entries of `index`, whose words are those of its first segment in that order.
pub(super) fn base(index: &Index) -> Vec<u8> {
    let mut out = Vec::new();
    put_judged(&index.judged, &mut out);
    write_entries(index.entries.iter(), |_, _| {}, &mut out);
    if let Some(words) = index.words.segments().first() {
        out.extend_from_slice(words.bytes());
    }
    out
}

/// The bytes of what is different in `index` from its base.
pub(super) fn changes(index: &Index, base: &Base) -> Vec<u8> {
    let mut out = base.check.to_vec();
    put_judged(&index.judged, &mut out);
    let mut is_gone = vec![true; base.files as usize];
    for (&number, _) in index.numbers.iter().zip(&base.has).filter(|(_, has)| **has) {
        if let Some(is_gone) = is_gone.get_mut(number as usize) {
            *is_gone = false;
        }
    }
    let gone = (0_u64..).zip(is_gone).filter(|(_, is_gone)| *is_gone).map(|(number, _)| number);
    put_ascending(&gone.collect::<Vec<_>>(), &mut out);
    let changed: Vec<usize> =
        (0..index.entries.len()).filter(|&at| !base.has.get(at).unwrap_or(&false)).collect();
    write_entries(
        changed.iter().map(|&at| &index.entries[at]),
        // Which words are its own: the next of those here, or the base's with this number.
        |at, out| match index.numbers[changed[at]] {
            number if number < base.files => put(u64::from(number) + 1, out),
            _ => put(0, out),
        },
        &mut out,
    );
    if let Some(words) = index.words.segments().get(1) {
        out.extend_from_slice(words.bytes());
    }
    out
}

/// The index that a base has.
pub(super) fn read_base(file: Checked) -> Option<Index> {
    let mut bytes = file.content();
    let judged = take_judged(&mut bytes)?;
    let entries = read_entries(&mut bytes, |_| Some(()))?;
    let start = file.bytes.len() - bytes.len();
    let words = WordSegment::read(file.bytes, start)?;
    let entries: Vec<Entry> = entries.into_iter().map(|(entry, ())| entry).collect();
    let files = u32::try_from(entries.len()).ok().filter(|&n| n as usize == words.files())?;
    Some(Index {
        numbers: (0..files).collect(),
        judged,
        base: Some(Base { check: file.check, files, has: vec![true; entries.len()] }),
        entries,
        words: WordIndex::of(vec![words]),
    })
}

/// The index of a base with `changes`; without them, if they are those of another base, or damaged.
pub(super) fn read_changes(base: Index, changes: Checked) -> Index {
    match base.base.as_ref().and_then(|known| Changes::read(changes, known)) {
        Some(changes) => changes.merged_into(base),
        None => base,
    }
}

/// What is different from a base.
struct Changes {
    judged: Judged,
    /// The numbers of entries of the base that aren't valid any more, in order.
    gone: Vec<u64>,
    /// Entries in place of those, or new ones, each with the number of its words.
    entries: Vec<(Entry, u32)>,
    words: WordSegment,
}

impl Changes {
    fn read(file: Checked, base: &Base) -> Option<Self> {
        let mut bytes = file.content().strip_prefix(base.check.as_slice())?;
        let judged = take_judged(&mut bytes)?;
        let gone = take_ascending(&mut bytes)?;
        let mut own = 0;
        let number = |bytes: &mut &[u8]| match take(bytes)? {
            0 => {
                own += 1;
                base.files.checked_add(own - 1)
            }
            number => u32::try_from(number - 1).ok().filter(|&number| number < base.files),
        };
        let entries = read_entries(&mut bytes, number)?;
        let start = file.bytes.len() - bytes.len();
        let words = WordSegment::read(file.bytes, start)?;
        (words.files() == own as usize).then_some(Self { judged, gone, entries, words })
    }

    fn merged_into(self, base: Index) -> Index {
        let mut gone = self.gone.into_iter().peekable();
        let valid = base
            .entries
            .into_iter()
            .zip(base.numbers)
            .filter(|(_, number)| gone.next_if_eq(&u64::from(*number)).is_none());
        let valid = valid.map(|(entry, number)| (entry, number, true));
        let changed = self.entries.into_iter().map(|(entry, number)| (entry, number, false));
        let mut all: Vec<(Entry, u32, bool)> = valid.chain(changed).collect();
        // Two runs that are in order, which is nearly no work.
        all.sort_by(|a, b| a.0.path.cmp(&b.0.path));
        all.dedup_by(|a, b| a.0.path == b.0.path);
        let mut segments = base.words.into_segments();
        segments.push(self.words);
        let has = all.iter().map(|(_, _, in_base)| *in_base).collect();
        let (entries, numbers) = all.into_iter().map(|(entry, number, _)| (entry, number)).unzip();
        Index {
            entries,
            numbers,
            words: WordIndex::of(segments),
            judged: self.judged,
            base: base.base.map(|base| Base { has, ..base }),
        }
    }
}

/// Appends entries in order of their paths, after each what `more` writes for the entry at this place.
fn write_entries<'e>(
    entries: impl ExactSizeIterator<Item = &'e Entry>,
    mut more: impl FnMut(usize, &mut Vec<u8>),
    out: &mut Vec<u8>,
) {
    let (mut names, mut bytes) = (Names::default(), Vec::with_capacity(entries.len() * 90));
    let count = entries.len();
    let mut before = Before::default();
    for (at, entry) in entries.enumerate() {
        write_entry(entry, &mut before, &mut names, &mut bytes);
        more(at, &mut bytes);
    }
    put(names.0.len() as u64, out);
    names.0.iter().for_each(|name| put_text(name, out));
    put(count as u64, out);
    out.append(&mut bytes);
}

/// Takes what [`write_entries`] has written.
fn read_entries<T>(
    bytes: &mut &[u8],
    mut more: impl FnMut(&mut &[u8]) -> Option<T>,
) -> Option<Vec<(Entry, T)>> {
    let names: Option<Vec<&str>> = (0..take(bytes)?).map(|_| take_text(bytes)).collect();
    let names = Names::read(&names?)?;
    let count = take(bytes)?;
    let mut entries: Vec<(Entry, T)> = Vec::with_capacity((bytes.len() / 64).min(count as usize));
    let mut before = Before::default();
    for at in 0..count {
        let entry = read_entry(&mut before, &names, bytes)?;
        if at > 0 && entries.last().is_some_and(|(last, _)| entry.path <= last.path) {
            return None;
        }
        entries.push((entry, more(bytes)?));
    }
    Some(entries)
}

fn put_judged(judged: &Judged, out: &mut Vec<u8>) {
    out.extend_from_slice(&judged.paths);
    let found: Vec<u64> = judged.found.iter().map(|&at| u64::from(at)).collect();
    put_ascending(&found, out);
}

fn take_judged(bytes: &mut &[u8]) -> Option<Judged> {
    let paths = take_array(bytes)?;
    let found = take_ascending(bytes)?.into_iter().map(|at| u32::try_from(at).ok());
    Some(Judged { paths, found: found.collect::<Option<_>>()? })
}

/// Appends ascending numbers as their distances.
fn put_ascending(numbers: &[u64], out: &mut Vec<u8>) {
    put(numbers.len() as u64, out);
    let mut before = 0;
    for &number in numbers {
        put(number.saturating_sub(before), out);
        before = number;
    }
}

fn take_ascending(bytes: &mut &[u8]) -> Option<Vec<u64>> {
    let count = usize::try_from(take(bytes)?).ok().filter(|&count| count <= bytes.len())?;
    let mut before = 0_u64;
    let next = |_| {
        before = before.checked_add(take(bytes)?)?;
        Some(before)
    };
    (0..count).map(next).collect()
}

/// What an entry is written by: the one before.
#[derive(Default)]
struct Before {
    path: String,
    modified: i64,
    inode: u64,
}

impl Before {
    fn remember(&mut self, entry: &Entry) {
        self.path.clear();
        self.path.push_str(&entry.path);
        (self.modified, self.inode) = (entry.state.modified, entry.state.inode);
    }
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

fn write_entry(entry: &Entry, before: &mut Before, names: &mut Names, out: &mut Vec<u8>) {
    let shared = shared_prefix(&before.path, &entry.path);
    put(shared as u64, out);
    put_text(&entry.path[shared..], out);
    let state = &entry.state;
    put(state.size, out);
    put_difference(state.modified, before.modified, out);
    put_difference(state.changed, state.modified, out);
    put_difference(state.inode.cast_signed(), before.inode.cast_signed(), out);
    // The lowest bits say whether it is settled, this program's own, and selected from.
    let flags = u64::from(entry.is_own) << 1 | u64::from(entry.is_settled);
    match &entry.result {
        Err(reason) => {
            let reason = REASONS.iter().position(|known| known == reason).unwrap_or(0);
            put((reason as u64) << 3 | flags, out);
            out.extend_from_slice(&entry.content);
        }
        Ok(known) => {
            let kind = KINDS.iter().position(|kind| *kind == known.kind).unwrap_or(0);
            // Of most files, the text is the content.
            let is_same = known.hash == entry.content;
            let flags =
                u64::from(is_same) << 4 | u64::from(known.unknown_encoding) << 3 | 4 | flags;
            put((kind as u64) << 5 | flags, out);
            out.extend_from_slice(&known.hash);
            if !is_same {
                out.extend_from_slice(&entry.content);
            }
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
    before.remember(entry);
}

fn read_entry(before: &mut Before, names: &Names, bytes: &mut &[u8]) -> Option<Entry> {
    let shared = before.path.get(..usize::try_from(take(bytes)?).ok()?)?;
    let path = [shared, take_text(bytes)?].concat();
    let size = take(bytes)?;
    let modified = take_difference(before.modified, bytes)?;
    let changed = take_difference(modified, bytes)?;
    let inode = take_difference(before.inode.cast_signed(), bytes)?.cast_unsigned();
    let state = FileState { size, modified, changed, inode };
    let about = take(bytes)?;
    let (is_settled, is_own) = (about & 1 != 0, about & 2 != 0);
    let (content, result) = if about & 4 == 0 {
        let reason = *REASONS.get(usize::try_from(about >> 3).ok()?)?;
        (take_array(bytes)?, Err(reason))
    } else {
        let kind = *KINDS.get(usize::try_from(about >> 5).ok()?)?;
        let hash = take_array(bytes)?;
        let content = if about & 16 == 0 { take_array(bytes)? } else { hash };
        (content, Ok(read_known(hash, kind, about & 8 != 0, names, bytes)?))
    };
    let entry = Entry { path, state, is_settled, is_own, content, result };
    before.remember(&entry);
    Some(entry)
}

/// Appends how far a number is from another, the sign in the lowest bit.
fn put_difference(number: i64, from: i64, out: &mut Vec<u8>) {
    let difference = number.wrapping_sub(from);
    put(((difference << 1) ^ (difference >> 63)).cast_unsigned(), out);
}

fn take_difference(from: i64, bytes: &mut &[u8]) -> Option<i64> {
    let stored = take(bytes)?;
    let difference = (stored >> 1).cast_signed() ^ -((stored & 1).cast_signed());
    Some(from.wrapping_add(difference))
}

fn read_known(
    hash: [u8; 32],
    kind: FileKind,
    unknown_encoding: bool,
    names: &Names,
    bytes: &mut &[u8],
) -> Option<Known> {
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
