//! Which new file is a removed one under another name, as `git diff -M` tells it: the same text, or at least half of it.
//!
//! As git does, a file is cut into lines, and long lines into pieces; what two files have in common is counted in bytes,
//! wherever it stands.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::prelude::*;
use select::SourceFile;

/// The share of the larger file that a renamed one has in common with the old one. Git's.
const MIN_SIMILARITY: f64 = 0.5;
/// The same for two files of a name that no other removed or new file has, which are compared first. Git's: halfway
/// from the usual share to all.
const MIN_SIMILARITY_OF_NAMESAKES: f64 = 0.75;
/// The bytes after which a line is cut. Git's.
const PIECE: usize = 64;
/// The bytes of a piece beside its own.
const LINE_END: u64 = 1;
/// The most pieces that are compared in all; beyond that, only namesakes are. By hand: about a second. Git bounds the
/// number of pairs, whatever their length.
const MAX_STEPS: usize = 200_000_000;

/// Pairs of a removed and a new file, by index, in order of the new files. Each file is in one pair at most. Of files
/// without text, only the name says where they come from.
pub(super) fn pairs(removed: &[&SourceFile], added: &[&SourceFile]) -> Vec<(usize, usize)> {
    let mut pairing =
        Pairing { removed, added, old: vec![None; removed.len()], new: vec![None; added.len()] };
    pairing.pair_equals();
    if pairing.is_open() {
        let (old, new) = (pieces_of(removed, &pairing.old), pieces_of(added, &pairing.new));
        pairing.pair_namesakes(&old, &new);
        pairing.pair_similar(&old, &new);
    }
    let pairs = pairing.new.iter().enumerate();
    pairs.filter_map(|(new, old)| Some(((*old)?, new))).collect()
}

/// Both sides, and which file of the other side each one is paired with.
struct Pairing<'a> {
    removed: &'a [&'a SourceFile],
    added: &'a [&'a SourceFile],
    old: Vec<Option<usize>>,
    new: Vec<Option<usize>>,
}

impl Pairing<'_> {
    fn is_open(&self) -> bool {
        [&self.old, &self.new].iter().all(|side| side.iter().any(Option::is_none))
    }

    fn pair(&mut self, old: usize, new: usize) {
        (self.old[old], self.new[new]) = (Some(new), Some(old));
    }

    /// Pairs files of the same text, those of the same name first.
    fn pair_equals(&mut self) {
        let mut by_hash: HashMap<[u8; 32], Vec<usize>> = HashMap::new();
        for (old, file) in self.removed.iter().enumerate().rev() {
            by_hash.entry(file.hash).or_default().push(old);
        }
        for is_namesake_wanted in [true, false] {
            for (new, file) in self.added.iter().enumerate() {
                let Some(olds) = by_hash.get_mut(&file.hash).filter(|_| self.new[new].is_none())
                else {
                    continue;
                };
                let is_match = |&old: &usize| match is_namesake_wanted {
                    true => name(self.removed[old]) == name(file),
                    false => !file.text.trim().is_empty(),
                };
                if let Some(at) = olds.iter().rposition(is_match) {
                    let old = olds.remove(at);
                    self.pair(old, new);
                }
            }
        }
    }

    /// Pairs similar files whose name only these two have.
    fn pair_namesakes(&mut self, old: &[Pieces], new: &[Pieces]) {
        let (olds, news) =
            (only_bearers(self.removed, &self.old), only_bearers(self.added, &self.new));
        let mut found: Vec<(usize, usize)> = olds
            .iter()
            .filter_map(|(name, &at)| Some((at, *news.get(name)?)))
            .filter(|&(a, b)| old[a].similarity(&new[b]) >= MIN_SIMILARITY_OF_NAMESAKES)
            .collect();
        found.sort_unstable();
        found.into_iter().for_each(|(old, new)| self.pair(old, new));
    }

    /// Pairs the most similar of the others.
    fn pair_similar(&mut self, old: &[Pieces], new: &[Pieces]) {
        let open = |side: &[Option<usize>], pieces: &[Pieces]| -> Vec<usize> {
            (0..side.len()).filter(|&at| side[at].is_none() && pieces[at].bytes > 0).collect()
        };
        let (olds, news) = (open(&self.old, old), open(&self.new, new));
        let length = |of: &[usize], pieces: &[Pieces]| -> usize {
            of.iter().map(|&at| pieces[at].by_hash.len()).sum()
        };
        let steps = length(&olds, old) * news.len() + length(&news, new) * olds.len();
        if steps > MAX_STEPS {
            return;
        }
        let compared = news
            .par_iter()
            .flat_map_iter(|&b| olds.iter().map(move |&a| (old[a].similarity(&new[b]), a, b)));
        let mut found: Vec<(f64, usize, usize)> =
            compared.filter(|(similarity, ..)| *similarity >= MIN_SIMILARITY).collect();
        let is_other_name = |a: usize, b: usize| name(self.removed[a]) != name(self.added[b]);
        found.sort_by(|x, y| {
            let other =
                |pair: &(f64, usize, usize)| (is_other_name(pair.1, pair.2), pair.1, pair.2);
            y.0.total_cmp(&x.0).then_with(|| other(x).cmp(&other(y)))
        });
        for (_, old, new) in found {
            if self.old[old].is_none() && self.new[new].is_none() {
                self.pair(old, new);
            }
        }
    }
}

/// The name of a file without its folder.
fn name(file: &SourceFile) -> &str {
    file.path.rsplit('/').next().unwrap_or(&file.path)
}

/// The files without a pair whose name no other of them has, by that name.
fn only_bearers<'a>(files: &[&'a SourceFile], side: &[Option<usize>]) -> HashMap<&'a str, usize> {
    let mut bearers = HashMap::new();
    let mut shared = HashSet::new();
    for at in (0..files.len()).filter(|&at| side[at].is_none()) {
        if bearers.insert(name(files[at]), at).is_some() {
            shared.insert(name(files[at]));
        }
    }
    bearers.retain(|name, _| !shared.contains(name));
    bearers
}

/// The pieces of each file that has no pair yet; none of the others.
fn pieces_of(files: &[&SourceFile], side: &[Option<usize>]) -> Vec<Pieces> {
    let pieces = |(file, pair): (&&SourceFile, &Option<usize>)| match pair {
        None => Pieces::of(&file.text),
        Some(_) => Pieces::default(),
    };
    files.par_iter().zip(side).map(pieces).collect()
}

/// The lines of a text, by their hashes.
#[derive(Debug, Default)]
struct Pieces {
    /// The bytes of all.
    bytes: u64,
    /// The bytes of each, in order of the hashes.
    by_hash: Vec<(u64, u64)>,
}

impl Pieces {
    fn of(text: &str) -> Self {
        let pieces = text.lines().flat_map(|line| line.as_bytes().chunks(PIECE));
        let mut by_hash: Vec<(u64, u64)> = pieces
            .map(|piece| {
                let mut hasher = DefaultHasher::new();
                piece.hash(&mut hasher);
                (hasher.finish(), piece.len() as u64 + LINE_END)
            })
            .collect();
        by_hash.sort_unstable();
        by_hash.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            kept.1 += if is_same { next.1 } else { 0 };
            is_same
        });
        Self { bytes: by_hash.iter().map(|(_, bytes)| bytes).sum(), by_hash }
    }

    /// The share of the larger text that is in both, from 0 to 1.
    fn similarity(&self, other: &Self) -> f64 {
        let larger = self.bytes.max(other.bytes);
        if (self.bytes.min(other.bytes) as f64) < MIN_SIMILARITY * larger as f64 || larger == 0 {
            return 0.0;
        }
        let (mut a, mut b, mut common) = (&*self.by_hash, &*other.by_hash, 0);
        while let ([(hash, bytes), after_a @ ..], [(other_hash, other_bytes), after_b @ ..]) =
            (a, b)
        {
            match hash.cmp(other_hash) {
                std::cmp::Ordering::Less => a = after_a,
                std::cmp::Ordering::Greater => b = after_b,
                std::cmp::Ordering::Equal => {
                    common += bytes.min(other_bytes);
                    (a, b) = (after_a, after_b);
                }
            }
        }
        common as f64 / larger as f64
    }
}

#[cfg(test)]
mod tests {
    use select::FileKind;
    use syntax::Language;

    use super::*;

    fn file(path: &str, lines: impl IntoIterator<Item = u32>) -> SourceFile {
        let text: String = lines.into_iter().map(|n| format!("line {n:04} of a text\n")).collect();
        let mut hash = [0; 32];
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        hash[..8].copy_from_slice(&hasher.finish().to_le_bytes());
        let language = Language::of(path, &text);
        SourceFile {
            path: path.to_owned(),
            hash,
            language,
            kind: FileKind::Source,
            text: text.into(),
        }
    }

    fn paired(removed: &[SourceFile], added: &[SourceFile]) -> Vec<(String, String)> {
        let (removed, added): (Vec<_>, Vec<_>) = (removed.iter().collect(), added.iter().collect());
        let pairs = pairs(&removed, &added).into_iter();
        pairs.map(|(old, new)| (removed[old].path.clone(), added[new].path.clone())).collect()
    }

    fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(old, new)| (old.to_owned(), new.to_owned())).collect()
    }

    #[test]
    fn half_of_the_text_is_enough_and_less_is_not() {
        let old = [file("a.py", 0..100)];
        for (kept, is_renamed) in [(100, true), (90, true), (50, true), (49, false), (0, false)] {
            let new = [file("b.py", (0..kept).chain(1_000..1_100 - kept))];
            assert_eq!(paired(&old, &new).len(), usize::from(is_renamed), "{kept}");
        }
        assert_eq!(
            paired(&old, &[file("b.py", 0..201)]),
            [],
            "it is less than half of the new one"
        );
        assert_eq!(paired(&old, &[file("b.py", (0..100).rev())]).len(), 1, "in another order");
    }

    #[test]
    fn the_same_text_and_then_the_most_similar_one_is_preferred() {
        let old = [file("a.py", 0..100), file("b.py", 0..90), file("c/x.py", 0..100)];
        let new = [file("d.py", 0..91), file("e.py", 0..100), file("f/x.py", 0..100)];
        let expected = [("b.py", "d.py"), ("a.py", "e.py"), ("c/x.py", "f/x.py")];
        assert_eq!(paired(&old, &new), named(&expected));
    }

    #[test]
    fn a_file_is_renamed_once_and_a_namesake_preferred() {
        let old = [file("a.py", 0..100)];
        let new = [file("lib/b.py", 0..100), file("lib/a.py", 0..100)];
        assert_eq!(paired(&old, &new), named(&[("a.py", "lib/a.py")]));
        let new = [file("lib/b.py", 0..99), file("lib/a.py", 0..80)];
        assert_eq!(paired(&old, &new), named(&[("a.py", "lib/a.py")]));
        let new = [file("lib/b.py", 0..99), file("lib/a.py", 0..60)];
        assert_eq!(paired(&old, &new), named(&[("a.py", "lib/b.py")]));
    }

    #[test]
    fn of_files_without_text_only_namesakes_are_renamed() {
        let old = [file("a/__init__.py", []), file("a/marks", [])];
        let new = [file("b/__init__.py", []), file("b/other", [])];
        assert_eq!(paired(&old, &new), named(&[("a/__init__.py", "b/__init__.py")]));
    }

    #[test]
    fn a_long_line_that_changed_a_little_is_mostly_the_same() {
        let long = |end: &str| {
            let text = (0..500).map(|n| format!("word{n} ")).collect::<String>() + end;
            SourceFile { text: text.into(), hash: [end.len() as u8; 32], ..file("a.txt", []) }
        };
        assert_eq!(paired(&[long("x")], &[long("yy")]).len(), 1);
    }
}
