//! The facts that the formats write down, computed once for a pack.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasher;
use std::sync::OnceLock;

use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use select::{Asked, Corpus, Pin, PinnedBy, RankedChunk, Ranking, Weights};
use syntax::LineRange;
use tokens::Encoding;

use crate::allocate::{Changed, union};
use crate::build::Input;
use crate::evidence;
use crate::likely_files::file_probabilities;
use crate::text::{Lines, one_line, shown_path};

/// The most tokens of the title. By hand: whoever reads the pack has the task itself.
const TITLE_TOKENS: usize = 60;
/// The title may take one token in this many of the budget. By hand.
const TITLE_SHARE: usize = 20;
/// The most redactions that are listed of a file; further ones are counted. By hand.
const REDACTIONS: usize = 3;

/// The fewest letters and digits of a line that says something. By hand.
const TELLING: usize = 8;

/// The files that the list names, with why they were chosen. By hand: further ones cost more code than they explain,
/// and their headings name them.
const EXPLAINED: usize = 8;

/// What a format needs to know of a pack.
pub(crate) struct Facts<'a> {
    pub(crate) corpus: &'a Corpus,
    pub(crate) ranking: &'a Ranking,
    pub(crate) weights: &'a Weights,
    pub(crate) title: &'a str,
    pub(crate) commit: Option<&'a str>,
    /// By file: the line that lists its redactions. Only those of files in the pack are written.
    pub(crate) redacted: BTreeMap<usize, String>,
    pub(crate) redacted_in_all: usize,
    pub(crate) timestamp: Option<&'a str>,
    pub(crate) line_numbers: bool,
    pub(crate) encoding: Encoding,
    /// What has changed, in the order in which it is shown.
    pub(crate) changed: Vec<Changed>,
    /// The files that may be shown, the ranked and the changed ones: best first, with their probabilities.
    pub(crate) order: Vec<(usize, f64)>,
    /// By file of `order`: the shortest end of its path that no other of them has.
    pub(crate) names: BTreeMap<usize, &'a str>,
    /// Those that the list names.
    pub(crate) explained: BTreeSet<usize>,
    /// Their lines.
    pub(crate) lines: BTreeMap<usize, Lines<'a>>,
    /// Hashes of the lines that several of the ranked files have.
    shared: OnceLock<FxHashSet<u64>>,
}

impl Facts<'_> {
    /// The chunk whose evidence explains why `lines` of a file are shown, or the file. Of a file that is there because it
    /// has changed, no chunk is there for another reason.
    pub(crate) fn best_within(
        &self,
        file: usize,
        lines: Option<LineRange>,
    ) -> Option<Cow<'_, RankedChunk>> {
        let best = evidence::best_within(self.ranking, file, lines)?;
        let is_changed = self.changed.iter().any(|changed| changed.file == file);
        Some(match best.pinned {
            None if is_changed => {
                let pinned = Some(Pin { order: 0, distance: 0, by: PinnedBy::Change });
                Cow::Owned(RankedChunk { pinned, ..best.clone() })
            }
            _ => Cow::Borrowed(best),
        })
    }

    /// Has the list name the first [`EXPLAINED`] of these files.
    pub(crate) fn explain(&mut self, shown: impl Iterator<Item = usize>) {
        let shown: BTreeSet<usize> = shown.collect();
        let best = self.order.iter().map(|&(file, _)| file).filter(|file| shown.contains(file));
        self.explained = best.take(EXPLAINED).collect();
    }

    /// Whether a line without its indentation says something of its file: a closing bracket doesn't, nor what other
    /// ranked files have as well, such as `def __init__(self):`.
    pub(crate) fn tells_the_file(&self, line: &str) -> bool {
        says_something(line)
            && !self.shared.get_or_init(|| shared(&self.lines)).contains(&hash_of(line))
    }
}

fn says_something(line: &str) -> bool {
    // Most lines do by their ASCII characters alone.
    line.bytes().filter(u8::is_ascii_alphanumeric).nth(TELLING - 1).is_some()
        || !line.is_ascii()
            && line.chars().filter(|c| c.is_alphanumeric()).nth(TELLING - 1).is_some()
}

/// Hashes of the lines that several of these files have.
fn shared(files: &BTreeMap<usize, Lines<'_>>) -> FxHashSet<u64> {
    let hashes = |lines: &Lines<'_>| -> Vec<u64> {
        lines.all().map(trimmed).filter(|line| says_something(line)).map(hash_of).collect()
    };
    let by_file: Vec<Vec<u64>> =
        files.values().collect::<Vec<_>>().into_par_iter().map(hashes).collect();
    let lines = by_file.iter().map(Vec::len).sum();
    let mut owners = FxHashMap::with_capacity_and_hasher(lines, FxBuildHasher);
    let mut shared = FxHashSet::default();
    for (file, hashes) in by_file.into_iter().enumerate() {
        for hash in hashes {
            if *owners.entry(hash).or_insert(file) != file {
                shared.insert(hash);
            }
        }
    }
    shared
}

/// A line's hash: two lines of the same one count as the same.
fn hash_of(line: &str) -> u64 {
    FxBuildHasher.hash_one(line)
}

/// A line without blanks around it. Those before it are mostly spaces, which are passed as bytes.
fn trimmed(line: &str) -> &str {
    let spaces = line.bytes().position(|byte| byte != b' ').unwrap_or(line.len());
    line[spaces..].trim()
}

/// A file of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MapEntry {
    /// Its index in the corpus.
    pub(crate) file: usize,
    /// Lines that say what of the task is in it: number and text.
    pub(crate) signatures: Vec<(u32, String)>,
}

/// The task's first line that says something; a long one is cut, and says so.
pub(crate) fn title(input: &Input<'_>) -> String {
    let line = one_line(&select::title(input.task));
    let most = TITLE_TOKENS.min(input.budget / TITLE_SHARE);
    if tokens::count(input.encoding, &line) <= most {
        return line;
    }
    let kept = tokens::cut(input.encoding, &line, most.saturating_sub(4));
    format!("{} … (cut)", kept.trim_end())
}

/// The facts of a pack with this title.
pub(crate) fn facts<'a>(input: &Input<'a>, title: &'a str) -> Facts<'a> {
    let mut probabilities = file_probabilities(input.ranking);
    for asked in input.changed {
        probabilities.entry(asked.file).or_default();
    }
    let lines: BTreeMap<usize, Lines<'_>> =
        probabilities.keys().map(|&file| (file, Lines::of(&input.corpus.files[file]))).collect();
    let mut order: Vec<(usize, f64)> = probabilities.into_iter().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let paths = order.iter().map(|&(file, _)| (file, input.corpus.files[file].path.as_str()));
    Facts {
        names: names(&paths.collect::<Vec<_>>()),
        explained: explained(input, &order),
        changed: changed(input, &lines),
        corpus: input.corpus,
        ranking: input.ranking,
        weights: input.weights,
        title,
        commit: input.commit,
        redacted: redacted(input),
        redacted_in_all: input.redacted_in_all,
        timestamp: input.timestamp,
        line_numbers: input.line_numbers,
        encoding: input.encoding,
        order,
        lines,
        shared: OnceLock::new(),
    }
}

/// The changed lines that there are, by file.
fn changed(input: &Input<'_>, lines: &BTreeMap<usize, Lines<'_>>) -> Vec<Changed> {
    let changed = |asked: &Asked| {
        let text = &lines[&asked.file];
        let last = text.count();
        let whole = [LineRange { start: 1, end: last }];
        let asked_lines = if asked.lines.is_empty() { &whole[..] } else { &asked.lines };
        let within =
            |lines: &LineRange| LineRange { start: lines.start.max(1), end: lines.end.min(last) };
        let there = asked_lines.iter().map(within).filter(|lines| lines.start <= lines.end);
        let lines = union(there.collect());
        let numbers = lines.iter().flat_map(|lines| lines.start..=lines.end);
        let filled = numbers.filter(|&line| !text.line(line).trim().is_empty()).count();
        Changed { file: asked.file, lines, filled, last }
    };
    input.changed.iter().map(changed).filter(|changed| changed.filled > 0).collect()
}

/// The [`EXPLAINED`] files that the list names: those that have changed and those with something pinned, which are shown
/// whatever their probability, and the best.
fn explained(input: &Input<'_>, order: &[(usize, f64)]) -> BTreeSet<usize> {
    let chunks = input.ranking.chunks.iter();
    let pinned = chunks.filter(|chunk| chunk.pinned.is_some()).map(|chunk| chunk.file);
    let pinned: BTreeSet<usize> = pinned.collect();
    let (first, then): (Vec<usize>, Vec<usize>) =
        order.iter().map(|&(file, _)| file).partition(|file| pinned.contains(file));
    let mut explained = BTreeSet::new();
    for file in input.changed.iter().map(|asked| asked.file).chain(first).chain(then) {
        if explained.len() < EXPLAINED {
            explained.insert(file);
        }
    }
    explained
}

/// The shortest end of each path, from a `/` on, that no other of them has.
fn names<'a>(paths: &[(usize, &'a str)]) -> BTreeMap<usize, &'a str> {
    let ends = |path: &'a str| {
        path.rmatch_indices('/').map(|(at, _)| &path[at + 1..]).chain([path]).collect::<Vec<_>>()
    };
    let mut count: HashMap<&str, usize> = HashMap::new();
    for end in paths.iter().flat_map(|&(_, path)| ends(path)) {
        *count.entry(end).or_default() += 1;
    }
    let name = |path: &'a str| ends(path).into_iter().find(|end| count[end] == 1).unwrap_or(path);
    paths.iter().map(|&(file, path)| (file, name(path))).collect()
}

/// By file, the line that lists its redactions: `src/keys.py: 12 aws-access-key-id, 40 private-key`.
fn redacted(input: &Input<'_>) -> BTreeMap<usize, String> {
    let mut out = BTreeMap::new();
    for all in input.redacted.chunk_by(|a, b| a.file == b.file) {
        let file = all[0].file;
        let listed =
            all.iter().take(REDACTIONS).map(|found| format!("{} {}", found.line, found.rule));
        let more = all.len().saturating_sub(REDACTIONS);
        let more = (more > 0).then(|| format!("{more} more"));
        let listed: Vec<String> = listed.chain(more).collect();
        let path = shown_path(&input.corpus.files[file].path);
        out.insert(file, format!("{path}: {}", listed.join(", ")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_the_shortest_end_of_its_path_that_is_its_own() {
        let paths = [(3, "src/auth/mod.rs"), (5, "src/mod.rs"), (7, "token.rs"), (8, "a/mod.rs")];
        let names = names(&paths);
        let names: Vec<&str> = names.values().copied().collect();
        assert_eq!(names, ["auth/mod.rs", "src/mod.rs", "token.rs", "a/mod.rs"]);
    }
}
