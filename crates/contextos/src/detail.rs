//! How much of files a pack shows, by pattern, for `--detail`.

use std::str::FromStr;

use checkout::{CheckoutError, PathGlob};
use select::{Asked, Corpus, PinnedBy, RankedChunk, Ranking};
use syntax::{LineRange, Outline};

/// The most files of the level `name` that a pack names. By hand.
const MAX_NAMED: usize = 20;

/// How much of a file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// All of it, before anything else.
    Full,
    /// What the task is about: the usual level.
    Spans,
    /// Of what the task is about, the lines that name it.
    Outline,
    /// Its path.
    Name,
}

/// A pattern with its level: `GLOB=LEVEL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Detail {
    glob: String,
    level: Level,
}

impl Detail {
    /// Its pattern.
    pub(crate) fn glob(&self) -> &str {
        &self.glob
    }
}

impl FromStr for Detail {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (glob, level) = text.rsplit_once('=').ok_or("it is GLOB=LEVEL, like docs/**=name")?;
        let level = match level {
            "full" => Level::Full,
            "spans" => Level::Spans,
            "outline" => Level::Outline,
            "name" => Level::Name,
            other => return Err(format!("`{other}` is none of full, spans, outline and name")),
        };
        PathGlob::new(glob).map_err(|error| error.to_string())?;
        Ok(Self { glob: glob.to_owned(), level })
    }
}

/// The levels of all files.
pub(crate) struct Levels(Vec<Level>);

impl Levels {
    /// Those that `details` give to the files of `corpus`; the last pattern that matches counts.
    ///
    /// # Errors
    /// When a glob is malformed.
    pub(crate) fn of(details: &[Detail], corpus: &Corpus) -> Result<Self, CheckoutError> {
        let globs = details.iter().map(|detail| Ok((PathGlob::new(&detail.glob)?, detail.level)));
        let globs = globs.collect::<Result<Vec<_>, CheckoutError>>()?;
        let level = |path: &str| {
            let matching = globs.iter().rev().find(|(glob, _)| glob.is_match(path));
            matching.map_or(Level::Spans, |(_, level)| *level)
        };
        Ok(Self(corpus.files.iter().map(|file| level(&file.path)).collect()))
    }

    /// The files to show whole.
    pub(crate) fn asked(&self) -> impl Iterator<Item = Asked> {
        let whole = self.0.iter().enumerate().filter(|(_, level)| **level == Level::Full);
        whole.map(|(file, _)| Asked { file, lines: Vec::new(), by: PinnedBy::User })
    }

    /// Whether the lines of a file may be shown that nothing names.
    pub(crate) fn shows_lines(&self, file: usize) -> bool {
        matches!(self.0[file], Level::Full | Level::Spans)
    }

    /// Leaves of each chunk what its file's level allows.
    pub(crate) fn apply(&self, corpus: &Corpus, ranking: &mut Ranking) {
        let mut outlined: Option<(usize, Outline)> = None;
        let mut chunks = Vec::with_capacity(ranking.chunks.len());
        for chunk in std::mem::take(&mut ranking.chunks) {
            match self.0[chunk.file] {
                Level::Full | Level::Spans => chunks.push(chunk),
                Level::Name => {}
                Level::Outline => {
                    let (_, outline) = match outlined.take() {
                        Some(known) if known.0 == chunk.file => outlined.insert(known),
                        _ => {
                            let file = &corpus.files[chunk.file];
                            let outline = syntax::outline(file.language, &file.text);
                            outlined.insert((chunk.file, outline))
                        }
                    };
                    chunks.extend(signatures(&chunk, outline));
                }
            }
        }
        ranking.chunks = chunks;
    }

    /// A line that names the most probable files of the level [`Name`](Level::Name).
    pub(crate) fn note(&self, corpus: &Corpus, ranking: &Ranking) -> Option<String> {
        let mut files: Vec<(f64, usize)> = Vec::new();
        for chunk in ranking.chunks.iter().filter(|chunk| self.0[chunk.file] == Level::Name) {
            match files.last_mut().filter(|(_, file)| *file == chunk.file) {
                Some((probability, _)) => *probability += chunk.probability,
                None => files.push((chunk.probability, chunk.file)),
            }
        }
        files.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let named: Vec<&str> = files
            .iter()
            .take(MAX_NAMED)
            .map(|(_, file)| corpus.files[*file].path.as_str())
            .collect();
        (!named.is_empty()).then(|| format!("Named only: {}", named.join(", ")))
    }
}

/// A chunk for each line of `chunk` that names a definition in it; its probability is shared among them.
fn signatures(chunk: &RankedChunk, outline: &Outline) -> Vec<RankedChunk> {
    let mut lines: Vec<u32> =
        outline.definitions.iter().map(|definition| definition.signature.start).collect();
    lines.retain(|line| (chunk.lines.start..=chunk.lines.end).contains(line));
    lines.sort_unstable();
    lines.dedup();
    let share = chunk.probability / lines.len().max(1) as f64;
    let signature = |line: &u32| RankedChunk {
        lines: LineRange { start: *line, end: *line },
        first_code: Some(*line),
        signature: Some(*line),
        probability: share,
        ..chunk.clone()
    };
    lines.iter().map(signature).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_a_glob_and_a_level() {
        let read = |text: &str| text.parse::<Detail>();
        assert_eq!(
            read("a=b/**=name"),
            Ok(Detail { glob: "a=b/**".to_owned(), level: Level::Name })
        );
        for wrong in ["docs", "docs=all", "docs=", "[=full"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
