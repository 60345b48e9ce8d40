//! Brings an index up to date with what is on disk, and makes a checkout of it.

use std::cmp::Reverse;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use private_fs::{Content, OpenFolder};
use rayon::prelude::*;
use select::{SourceFile, Text, TextSource, WordCounter};

use super::keep::{Changed, WordsOf};
use super::{Entry, Index, IndexedTexts, Indexing, Known};
use crate::admit::{self, Admitted};
use crate::read::{Checkout, CheckoutError, Progress, Refusal, Unreadable, assemble};
use crate::walk::{self, Listed};
use crate::{FileFinding, ReadOptions, SkipReason};

/// Reads the checkout at `root`, which must be canonical, by its index.
///
/// # Errors
/// Those of [`read`](crate::read()).
pub(crate) fn read(
    root: &Path,
    options: &ReadOptions,
    indexing: Indexing<'_>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Checkout, CheckoutError> {
    let folder =
        OpenFolder::open(root).map_err(|error| CheckoutError::Io(root.to_owned(), error))?;
    let (mut listing, mut old) =
        rayon::join(|| walk::list(root, indexing.git), || Index::open(root));
    // Whatever a repository brings along is no cache of this user's.
    let is_tracked = listing.skipped.iter().any(|(reason, path)| {
        *reason == SkipReason::ToolState && path.starts_with(".contextos/cache/")
    });
    if is_tracked {
        old = Index::default();
    }
    let is_listed = old.listed(&listing.files);
    let mut judged = std::mem::take(&mut old.judged);
    let before = judged.paths;
    admit::by_path_judged(&mut listing, options, &mut judged)?;
    let files = std::mem::take(&mut listing.files);
    let reader = Reader { folder: &folder, options, now: indexing.now };
    let places = old.places(&files);
    let mut stale: Vec<usize> = (0..files.len())
        .filter(|&file| indexing.is_verified || !old.is_current(places[file], &files[file]))
        .collect();
    // The largest first, so that no thread waits at the end for another's large one.
    stale.sort_by_key(|&file| Reverse(files[file].state.size));
    let (words, looked) = reader.look(&old, &files, &places, stale, progress);
    // Files are read below the handle; what was listed by the path may be another folder's.
    if !folder.is_at(root) {
        return Err(CheckoutError::Moved(root.to_owned()));
    }
    let mut results: Vec<Origin> = files.iter().map(|_| Origin::Old).collect();
    for (file, portion, found) in looked {
        results[file] = match found {
            Looked::Same(place, entry) => Origin::Same(place, entry),
            Looked::New(entry, number) => Origin::New { portion, entry, number },
            Looked::Refused(refusal) if places[file].is_some() => Origin::Gone(refusal),
            Looked::Refused(refusal) => Origin::Refused(refusal),
        };
    }
    let merged = merge(&mut old, &files, results, &is_listed);
    let index = if merged.is_changed || judged.paths != before {
        let root = (indexing.is_kept && !is_tracked).then_some(root);
        old.changed(merged.changed, words, judged, root)
    } else {
        Index { entries: merged.changed.entries, judged, ..old }
    };
    let texts = Arc::new(IndexedTexts {
        index,
        folder,
        options: options.clone(),
        is_outdated: AtomicBool::new(false),
    });
    let fates = merged.numbers.into_iter().map(|number| texts.fate(number?)).collect();
    let mut checkout = assemble(Some(root.to_owned()), fates, listing);
    checkout.texts = Some(texts);
    checkout.is_cache_tracked = is_tracked;
    Ok(checkout)
}

impl Index {
    /// By entry: whether its file is listed.
    fn listed(&self, files: &[Listed]) -> Vec<bool> {
        let mut files = files.iter().peekable();
        let is_listed = |entry: &Entry| {
            while files.next_if(|file| file.path < entry.path).is_some() {}
            files.peek().is_some_and(|file| file.path == entry.path)
        };
        self.entries.iter().map(is_listed).collect()
    }

    /// By file: the place of its entry.
    fn places(&self, files: &[Listed]) -> Vec<Option<usize>> {
        let mut place = 0;
        let of = |file: &Listed| {
            while self.entries.get(place).is_some_and(|entry| entry.path < file.path) {
                place += 1;
            }
            Some(place).filter(|&at| self.entries.get(at).is_some_and(|e| e.path == file.path))
        };
        files.iter().map(of).collect()
    }

    fn is_current(&self, place: Option<usize>, file: &Listed) -> bool {
        let entry = place.and_then(|place| self.entries.get(place));
        entry.is_some_and(|entry| entry.is_settled && entry.state == file.state)
    }
}

/// The result of looking into a file.
enum Looked {
    /// Its content is that of the entry at this place of the old index.
    Same(usize, Entry),
    /// With the number of its words in its portion, if it has any.
    New(Box<Entry>, Option<u32>),
    Refused(Refusal),
}

/// Reads files that have changed, or may have.
struct Reader<'a> {
    folder: &'a OpenFolder,
    options: &'a ReadOptions,
    /// When the files were listed, or before.
    now: SystemTime,
}

impl Reader<'_> {
    /// The results for the `stale` of `files`, which are read in that order: each with its file and the portion in which
    /// its words were counted; and what counted them. Each thread has one, so that it splits a word once, however many
    /// files have it.
    fn look(
        &self,
        old: &Index,
        files: &[Listed],
        places: &[Option<usize>],
        stale: Vec<usize>,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> (Vec<WordCounter>, Vec<(usize, usize, Looked)>) {
        let (read, total) = (AtomicUsize::new(0), stale.len());
        let counters: Vec<Mutex<WordCounter>> =
            (0..rayon::current_num_threads()).map(|_| Mutex::default()).collect();
        let look = |file: usize| {
            let portion = rayon::current_thread_index().unwrap_or(0) % counters.len();
            let mut counter = counters[portion].lock().unwrap_or_else(PoisonError::into_inner);
            let known = places[file].and_then(|place| Some((place, old.entries.get(place)?)));
            let looked = self.look_into(&files[file], known, &mut counter);
            progress(Progress { read: read.fetch_add(1, Ordering::Relaxed) + 1, total });
            (file, portion, looked)
        };
        let looked = stale.into_iter().par_bridge().map(look).collect();
        let counter = |counter: Mutex<WordCounter>| {
            counter.into_inner().unwrap_or_else(PoisonError::into_inner)
        };
        (counters.into_iter().map(counter).collect(), looked)
    }

    fn look_into(
        &self,
        listed: &Listed,
        known: Option<(usize, &Entry)>,
        counter: &mut WordCounter,
    ) -> Looked {
        let path = listed.path.clone();
        let limit = admit::largest(&path, self.options);
        let bytes = match self.folder.read_content(Path::new(&path), listed.state.size, limit) {
            Ok(Content::Whole(bytes)) => bytes,
            Ok(Content::TooLarge) => {
                return Looked::Refused(Refusal::Skipped(SkipReason::TooLarge, path));
            }
            Ok(Content::Special) => {
                return Looked::Refused(Refusal::Skipped(SkipReason::Special, path));
            }
            Err(error) => {
                let reason = error.to_string();
                return Looked::Refused(Refusal::Unreadable(Unreadable { path, reason }));
            }
        };
        let content = *blake3::hash(&bytes).as_bytes();
        let (state, is_settled) = (listed.state, listed.state.is_settled(self.now));
        if let Some((place, entry)) = known.filter(|(_, entry)| entry.content == content) {
            return Looked::Same(place, Entry { state, is_settled, ..entry.clone() });
        }
        let admitted = admit::by_hashed_content(path.clone(), bytes, Some(content), self.options);
        let words = admitted.as_ref().ok().map(|admitted| counter.count(&admitted.file.text));
        let result = admitted.map(Known::of);
        let entry = Entry { path, state, is_settled, is_own: true, content, result };
        Looked::New(Box::new(entry), words)
    }
}

impl Known {
    fn of(admitted: Admitted) -> Self {
        let Admitted { file, findings, unknown_encoding } = admitted;
        Self {
            hash: file.hash,
            language: file.language,
            kind: file.kind,
            unknown_encoding,
            findings: findings.into_iter().map(|found| found.finding).collect(),
            packages: file.packages(),
        }
    }
}

/// Where the result for a file comes from.
enum Origin {
    /// The entry of its path in the old index, as it is.
    Old,
    /// The same with other metadata.
    Same(usize, Entry),
    /// A file that was read now, its words counted with this portion.
    New { portion: usize, entry: Box<Entry>, number: Option<u32> },
    /// A file that isn't indexed, and wasn't.
    Refused(Refusal),
    /// A file that isn't indexed any more.
    Gone(Refusal),
}

/// The entries of an index that is up to date.
struct Merged {
    changed: Changed,
    /// By file: its number in the index.
    numbers: Vec<Result<u32, Refusal>>,
    /// Whether they differ from the old ones.
    is_changed: bool,
}

/// Merges the results for `files` with the entries of the old index, which are taken out of it, for files that are
/// listed (`is_listed`, by entry) but weren't asked for.
fn merge(old: &mut Index, files: &[Listed], results: Vec<Origin>, is_listed: &[bool]) -> Merged {
    let entries = std::mem::take(&mut old.entries);
    let old = &*old;
    let in_base = |place: usize| {
        old.base.as_ref().is_some_and(|base| base.has.get(place).copied().unwrap_or(false))
    };
    let words =
        |place: usize| old.numbers.get(place).map_or(WordsOf::Nothing, |n| WordsOf::Old(*n));
    let mut is_changed = is_listed.contains(&false);
    let mut changed = Changed::default();
    let mut numbers = Vec::with_capacity(files.len());
    let mut left = entries.into_iter().zip(is_listed).enumerate().peekable();
    for (file, result) in files.iter().zip(results) {
        while let Some((place, (entry, is_listed))) =
            left.next_if(|(_, (entry, _))| entry.path < file.path)
        {
            if *is_listed {
                changed.push(entry, words(place), in_base(place));
            }
        }
        let own = left.next_if(|(_, (entry, _))| entry.path == file.path);
        let number = changed.entries.len() as u32;
        match (result, own) {
            (Origin::Old, Some((place, (entry, _)))) => {
                changed.push(entry, words(place), in_base(place));
            }
            (Origin::Same(place, entry), own) => {
                let is_same = own.is_some_and(|(_, (old, _))| old == entry);
                is_changed |= !is_same;
                changed.push(entry, words(place), is_same && in_base(place));
            }
            (Origin::New { portion, entry, number }, _) => {
                is_changed = true;
                let words =
                    number.map_or(WordsOf::Nothing, |number| WordsOf::New { portion, number });
                changed.push(*entry, words, false);
            }
            (Origin::Refused(refusal), _) => {
                numbers.push(Err(refusal));
                continue;
            }
            (Origin::Gone(refusal), _) => {
                is_changed = true;
                numbers.push(Err(refusal));
                continue;
            }
            // Not reached: what is taken from the old index is in it.
            (Origin::Old, None) => continue,
        }
        numbers.push(Ok(number));
    }
    for (place, (entry, is_listed)) in left {
        if *is_listed {
            changed.push(entry, words(place), in_base(place));
        }
    }
    Merged { changed, numbers, is_changed }
}

impl IndexedTexts {
    /// The result for the file of this number.
    fn fate(self: &Arc<Self>, number: u32) -> Result<Admitted, Refusal> {
        let entry = &self.index.entries[number as usize];
        let path = entry.path.clone();
        let known = match &entry.result {
            Ok(known) => known,
            Err(reason) => return Err(Refusal::Skipped(*reason, path)),
        };
        let found = |finding| FileFinding { path: entry.path.clone(), finding };
        let source: Arc<dyn TextSource> = Arc::clone(self) as _;
        let file = SourceFile {
            path,
            text: Text::unread(source, number),
            hash: known.hash,
            language: known.language,
            kind: known.kind,
        };
        let findings = known.findings.iter().cloned().map(found).collect();
        Ok(Admitted { file, findings, unknown_encoding: known.unknown_encoding })
    }
}
