//! Ranking: cuts the candidates into chunks, and gives each its features, a score and a probability.

use std::sync::OnceLock;

use rayon::prelude::*;
use syntax::{Definition, DefinitionKind, LineRange, Outline};

use crate::chunk::{self, Chunk};
use crate::code::{self, LineKind};
use crate::confidence::{self, Confidence};
use crate::corpus::{Corpus, FileKind};
use crate::evidence::frames::{self, Hit};
use crate::evidence::mentions::{self, Literals};
use crate::evidence::structure::{self, Node, Structure};
use crate::evidence::words::{self, ChunkWords, NameTerms, WordScores};
use crate::evidence::{expansion, history, kind, shape, user};
use crate::model::{FEATURES, Family, Feature, Row, Weights, softmax};
use crate::query::Query;
use crate::spelling::Correction;
use crate::survey::{Survey, Surveyed, scale, scanner_share};
use crate::task::READINGS;
use crate::terms::{Scanner, TermId};

/// The most lines of an enclosing signature that are shown with a chunk. By hand.
const CONTEXT_LINES: u32 = 2;

/// The most functions that are pinned. By hand.
const MAX_PINS: usize = 4;

/// The score of a chunk's comments, as a share of the best one's, from which they say something of the task. By hand: long
/// tasks have a word in common with nearly every comment. With 0 and 0.1, spans of 200 commits are the same.
const COMMENTS_TELL: f64 = 0.3;

/// A chunk with its evidence.
#[derive(Debug, Clone)]
pub struct RankedChunk {
    /// Its file's index in the corpus.
    pub file: usize,
    /// Its lines.
    pub lines: LineRange,
    /// Signatures of the definitions around it, outermost first: shown with it.
    pub context: Vec<LineRange>,
    /// The name of the definition that it is or belongs to, for people.
    pub name: Option<String>,
    /// The line that names the first definition in it that isn't a module or a namespace.
    pub signature: Option<u32>,
    /// Its first line of code; `None` if it has only blank lines, comments and the file's head. A chunk
    /// that the task mentions counts as code from its first line.
    pub first_code: Option<u32>,
    /// The middles of its long comments, if these have next to nothing of what the task says.
    pub long_comments: Vec<LineRange>,
    /// Whether there are imports in it: worth showing beside code of the same file, never alone.
    pub has_imports: bool,
    /// The features in each reading of the task, by [`Feature::ALL`].
    pub readings: Vec<Row>,
    /// The features: the means of the readings'.
    pub row: Row,
    /// The weighted sum of the features.
    pub score: f64,
    /// The probability that the task is about this chunk; the probabilities of all chunks sum to one.
    pub probability: f64,
    /// The task's words in it, best first, for people.
    pub matched: Vec<String>,
    /// Its place among what the task points at by line; `None` for others.
    pub pinned: Option<Pin>,
}

impl RankedChunk {
    /// The task's words in it, best first, and none that is a part of another.
    pub fn distinct_words(&self) -> Vec<&str> {
        let mut shown: Vec<(&str, String)> = Vec::new();
        for word in &self.matched {
            let lower = word.to_lowercase();
            if shown.iter().any(|(_, other)| other.contains(&lower)) {
                continue;
            }
            let part = shown.iter().position(|(_, other)| lower.contains(other.as_str()));
            match part {
                Some(at) => shown[at] = (word, lower),
                None => shown.push((word, lower)),
            }
        }
        shown.into_iter().map(|(word, _)| word).collect()
    }
}

/// The place of a chunk among what the task points at by line: frames of a stack trace, `file.rs:12`. Such chunks are
/// shown before any other, whatever their file's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pin {
    /// The place of the function that it is a part of: 0 for the one that failed.
    pub order: u32,
    /// How many chunks it is away from the line.
    pub distance: u32,
    /// What points at it.
    pub by: PinnedBy,
}

/// What points at a pinned chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PinnedBy {
    /// The user wants its file in the pack.
    User,
    /// Changes that the pack is about.
    Change,
    /// A frame of a stack trace.
    Trace,
    /// A place or a message that the task names.
    Task,
}

impl RankedChunk {
    /// Whether any feature that depends on the task is positive: kind, shape and recency don't.
    pub fn has_evidence(&self) -> bool {
        Feature::ALL.iter().any(|&feature| {
            self.row[feature as usize] > 0.0
                && !matches!(feature.family(), Family::Kind | Family::Shape)
                && feature != Feature::Recency
        })
    }

    /// What each feature contributes to its score, largest first; the contributions sum to the score.
    pub fn contributions(&self, weights: &Weights) -> Vec<(Feature, f64)> {
        let mut contributions: Vec<(Feature, f64)> = Feature::ALL
            .iter()
            .map(|&feature| (feature, self.row[feature as usize] * weights.0[feature as usize]))
            .filter(|&(_, points)| points != 0.0)
            .collect();
        contributions.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        contributions
    }
}

/// All chunks of the candidates, in order of file and line.
#[derive(Debug, Default)]
pub struct Ranking {
    /// The chunks.
    pub chunks: Vec<RankedChunk>,
    /// The words of the task that were read as others.
    pub corrections: Vec<Correction>,
    /// How well the task fits the repository.
    pub confidence: Confidence,
}

/// Lines that a user asks for, whatever the task says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The index of their file in the corpus.
    pub file: usize,
    /// The lines; none for the whole file.
    pub lines: Vec<LineRange>,
    /// Why.
    pub by: PinnedBy,
}

impl Ranking {
    /// Pins the chunks that hold lines in `asked`, in that order, before all that the task points at. A file whose
    /// chunks weren't ranked isn't pinned.
    pub fn pin(&mut self, asked: &[Asked]) {
        let mut order = 0;
        let mut pins: Vec<(usize, Pin)> = Vec::new();
        for Asked { file, lines, by } in asked {
            let from = self.chunks.partition_point(|chunk| chunk.file < *file);
            let to = self.chunks.partition_point(|chunk| chunk.file <= *file);
            let is_asked = |chunk: &RankedChunk| {
                lines.is_empty()
                    || lines.iter().any(|asked| {
                        chunk.lines.start <= asked.end && asked.start <= chunk.lines.end
                    })
            };
            for at in (from..to).filter(|&at| is_asked(&self.chunks[at])) {
                pins.push((at, Pin { order, distance: 0, by: *by }));
                order += 1;
            }
        }
        for pin in self.chunks.iter_mut().filter_map(|chunk| chunk.pinned.as_mut()) {
            pin.order += order;
        }
        for (at, pin) in pins {
            let pinned = &mut self.chunks[at].pinned;
            *pinned = Some(pinned.map_or(pin, |earlier| earlier.min(pin)));
        }
    }
}

struct Parsed<'a> {
    file: usize,
    outline: &'a Outline,
    chunks: Vec<Chunk>,
    words: Vec<ChunkWords>,
    /// By definition.
    names: Vec<NameTerms>,
    /// By reading, by chunk.
    scores: Vec<Vec<WordScores>>,
    expansion: Vec<f64>,
    associated: Vec<f64>,
    /// The kind of each line.
    lines: Vec<LineKind>,
    /// The byte at which each line begins.
    starts: Vec<usize>,
}

impl Parsed<'_> {
    /// The BM25 of its best chunk.
    fn best(&self, reading: usize) -> f64 {
        self.scores[reading].iter().map(|scores| scores.body).fold(0.0, f64::max)
    }
}

/// Evidence of candidates that depends on the others, in their order.
struct FileRanks {
    words: Vec<f64>,
    best: Vec<f64>,
    structure: Structure,
}

/// Ranks the chunks of the candidates. `outlines` are those of `survey.candidates`, in their order.
pub fn rank(
    corpus: &Corpus,
    query: &Query<'_>,
    survey: &Survey,
    outlines: &[&Outline],
    focus: &[String],
    weights: &Weights,
) -> Ranking {
    Ranker::new(corpus, query, survey, outlines, focus).rank(weights)
}

/// The candidates with their outlines, some of which may be rough ones ([`syntax::sketch`]) until others are known.
pub struct Ranker<'a> {
    corpus: &'a Corpus,
    query: &'a Query<'a>,
    survey: &'a Survey,
    focus: &'a [String],
    /// In order of the files.
    parsed: Vec<Parsed<'a>>,
    /// How much more often than by chance messages have the task's words together, once it is known: it doesn't depend
    /// on the outlines.
    together: OnceLock<f64>,
}

impl<'a> Ranker<'a> {
    /// `outlines` are those of `survey.candidates`, in their order; `focus` are the paths of files and folders that the
    /// user named.
    pub fn new(
        corpus: &'a Corpus,
        query: &'a Query<'a>,
        survey: &'a Survey,
        outlines: &[&'a Outline],
        focus: &'a [String],
    ) -> Self {
        let parsed = Vec::new();
        let mut ranker = Self { corpus, query, survey, focus, parsed, together: OnceLock::new() };
        let pairs = survey.candidates.iter().copied().zip(outlines.iter().copied());
        ranker.parsed = ranker.parse(&pairs.collect::<Vec<_>>());
        ranker.parsed.sort_by_key(|p| p.file);
        ranker
    }

    /// Replaces the outlines of candidates, each given by its file's index in the corpus.
    pub fn replace(&mut self, outlines: &[(usize, &'a Outline)]) {
        for parsed in self.parse(outlines) {
            if let Ok(at) = self.parsed.binary_search_by_key(&parsed.file, |p| p.file) {
                self.parsed[at] = parsed;
            }
        }
    }

    fn parse(&self, outlines: &[(usize, &'a Outline)]) -> Vec<Parsed<'a>> {
        let (vocabulary, known) = (&self.query.vocabulary, self.survey.known.as_ref());
        outlines
            .par_iter()
            .with_min_len(scanner_share(outlines.len()))
            .map_init(
                || Scanner::knowing(vocabulary, known),
                |scanner, &(file, outline)| parse(self.corpus, scanner, file, outline),
            )
            .collect()
    }

    /// Ranks the chunks by the outlines as they are now.
    pub fn rank(&mut self, weights: &Weights) -> Ranking {
        let (corpus, query, survey) = (self.corpus, self.query, self.survey);
        score_words(query, survey, &mut self.parsed);
        let parsed = &self.parsed;
        let file_ranks = file_ranks(corpus, query, survey, parsed);
        let nodes: Vec<(usize, &Outline)> = parsed.iter().map(|p| (p.file, p.outline)).collect();
        let hits = frames::hits(corpus, &query.task.frames, &survey.frames, &nodes);
        let words: Vec<&[ChunkWords]> = parsed.iter().map(|p| p.words.as_slice()).collect();
        let (is_traced, together) = (!hits.is_empty(), &self.together);
        let signals =
            confidence::signals(&corpus.history, query, survey, &words, is_traced, together);
        let confidence = signals.confidence();
        let (mut chunks, mut rows): (Vec<RankedChunk>, Vec<Vec<Row>>) = (0..parsed.len())
            .into_par_iter()
            .flat_map_iter(|at| {
                let file = (at, &parsed[at]);
                file_chunks(corpus, query, survey, file, &file_ranks, &hits, self.focus)
            })
            .unzip();
        for reading in query.readings() {
            normalise(corpus, &chunks, &mut rows, reading);
        }
        for (chunk, rows) in chunks.iter_mut().zip(rows) {
            chunk.row = mean(&rows);
            if chunk.row[Feature::Comments as usize] > COMMENTS_TELL {
                chunk.long_comments.clear();
            }
            chunk.readings = rows;
        }
        let traced = hits.len();
        let mut pins = hits;
        if let Some(mentions) = mentions::pointing(&query.task.readings) {
            pins.extend(mentions::pointed(corpus, mentions, &nodes));
        }
        pin(&pins, traced, parsed, &mut chunks);
        weigh(&mut chunks, weights);
        Ranking { chunks, corrections: Vec::new(), confidence }
    }
}

/// Scores the chunks anew with other weights; the features stay. The probability of a chunk is the mean of those
/// that the readings of the task give it, so that what either reading is sure of comes first; its score is the
/// mean of the readings' scores.
pub fn weigh(chunks: &mut [RankedChunk], weights: &Weights) {
    for chunk in chunks.iter_mut() {
        chunk.score = weights.score(&chunk.row);
        chunk.probability = 0.0;
    }
    let readings = chunks.iter().map(|chunk| chunk.readings.len()).max().unwrap_or(0);
    for reading in 0..readings {
        let score = |chunk: &RankedChunk| {
            chunk.readings.get(reading).map_or(f64::NEG_INFINITY, |row| weights.score(row))
        };
        let probabilities = softmax(&chunks.iter().map(score).collect::<Vec<f64>>());
        for (chunk, probability) in chunks.iter_mut().zip(probabilities) {
            chunk.probability += probability * share(reading, readings);
        }
    }
}

/// The byte at which each line of `text` begins.
pub(crate) fn line_starts(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
    if starts.last() == Some(&text.len()) {
        starts.pop();
    }
    starts
}

fn parse<'a>(
    corpus: &'a Corpus,
    scanner: &mut Scanner<'a>,
    file: usize,
    outline: &'a Outline,
) -> Parsed<'a> {
    let source = &corpus.files[file];
    let starts = line_starts(&source.text);
    let indentation = |line: u32| {
        let start = *starts.get(line as usize - 1)?;
        let end = starts.get(line as usize).copied().unwrap_or(source.text.len());
        let text = source.text.get(start..end)?;
        let indent = text.len() - text.trim_start().len();
        (indent < text.len()).then_some(indent)
    };
    let chunks = chunk::chunks(outline, starts.len() as u32, indentation);
    let names = outline.definitions.iter().map(|d| words::name_terms(scanner, &d.name)).collect();
    let words = words::count(scanner, source, outline, &chunks, &starts);
    let lines = code::lines(outline, &source.text, &starts);
    Parsed {
        file,
        outline,
        chunks,
        words,
        names,
        scores: Vec::new(),
        expansion: Vec::new(),
        associated: Vec::new(),
        lines,
        starts,
    }
}

fn score_words(query: &Query<'_>, survey: &Survey, parsed: &mut [Parsed<'_>]) {
    let (sum, count) = parsed
        .iter()
        .flat_map(|p| &p.words)
        .fold((0.0, 0.0), |(sum, count), w| (sum + w.length, count + 1.0));
    let average: f64 = sum / f64::max(count, 1.0);
    for file in parsed {
        file.scores = query
            .readings()
            .map(|reading| {
                let score = |w| words::score(query, reading, survey, w, average);
                file.words.iter().map(score).collect()
            })
            .collect();
        let of = |weights: &[f64]| -> Vec<f64> {
            file.words.iter().map(|words| expansion::score(weights, words, average)).collect()
        };
        (file.expansion, file.associated) = (of(&survey.expansion), of(&survey.associated));
    }
}

/// By reading.
fn file_ranks(
    corpus: &Corpus,
    query: &Query<'_>,
    survey: &Survey,
    parsed: &[Parsed<'_>],
) -> Vec<FileRanks> {
    let files: Vec<usize> = parsed.iter().map(|p| p.file).collect();
    let nodes: Vec<Node<'_>> =
        parsed.iter().map(|p| Node { file: p.file, outline: p.outline }).collect();
    let structure = structure::evidence(corpus, survey, &nodes);
    let ranks = |(reading, structure): (usize, Structure)| {
        let surveyed: &[Surveyed] = &survey.readings[reading];
        FileRanks {
            words: words::reciprocal_ranks(corpus, &files, |at| surveyed[files[at]].words),
            best: words::reciprocal_ranks(corpus, &files, |at| parsed[at].best(reading)),
            structure,
        }
    };
    query.readings().zip(structure).map(ranks).collect()
}

/// What the rows of a file's chunks are made from, for one reading of the task.
struct Evidence<'a> {
    parsed: &'a Parsed<'a>,
    surveyed: &'a Surveyed,
    scores: &'a [WordScores],
    /// By definition: the overlap of its name with the task.
    names: Vec<f64>,
    /// By chunk.
    mentioned: Vec<f64>,
    words: f64,
    best: f64,
    imports: f64,
    tested: f64,
}

impl<'a> Evidence<'a> {
    fn of(
        corpus: &Corpus,
        query: &Query<'_>,
        survey: &'a Survey,
        (place, parsed): (usize, &'a Parsed<'a>),
        (reading, ranks): (usize, &FileRanks),
        literals: &Literals<'_>,
        hits: &[Hit],
    ) -> Self {
        let name = |name: &NameTerms| words::name(query, reading, survey, name);
        let mut mentioned = vec![0.0; parsed.chunks.len()];
        if let Some(mentions) = query.task.readings.get(reading) {
            let source = &corpus.files[parsed.file];
            let (outline, chunks) = (parsed.outline, &parsed.chunks);
            mentions::chunks(mentions, source, outline, chunks, literals, &mut mentioned);
        }
        for hit in hits.iter().filter(|hit| hit.place == place) {
            let at = parsed.chunks.partition_point(|chunk| chunk.lines.end < hit.line);
            if let Some(value) = mentioned.get_mut(at) {
                *value += hit.weight;
            }
        }
        Self {
            parsed,
            surveyed: &survey.readings[reading][parsed.file],
            scores: &parsed.scores[reading],
            names: parsed.names.iter().map(name).collect(),
            mentioned,
            words: ranks.words[place],
            best: ranks.best[place],
            imports: ranks.structure.imports[place],
            tested: ranks.structure.tested[place],
        }
    }

    /// The features of a chunk that depend on the reading.
    fn row(&self, at: usize) -> Row {
        let (chunk, scores) = (&self.parsed.chunks[at], self.scores[at]);
        let body =
            |at: Option<usize>| at.and_then(|at| self.scores.get(at)).map_or(0.0, |s| s.body);
        let mut row = [0.0; FEATURES];
        let mut put = |feature: Feature, value: f64| row[feature as usize] = value;
        put(Feature::Body, scores.body);
        put(Feature::Comments, scores.comments);
        put(Feature::Coverage, scores.coverage);
        put(Feature::Name, own_name(chunk, &self.names));
        put(Feature::Enclosing, enclosing(chunk, &self.parsed.outline.definitions, &self.names));
        put(Feature::Neighbours, (body(at.checked_sub(1)) + body(Some(at + 1))) / 2.0);
        put(Feature::FileWords, self.words);
        put(Feature::FileBest, self.best);
        put(Feature::Path, self.surveyed.path);
        put(Feature::Mention, self.mentioned[at]);
        put(Feature::FileMention, self.surveyed.mention);
        put(Feature::HistoryFile, self.surveyed.history);
        put(Feature::Recency, self.surveyed.recency);
        put(Feature::Imports, self.imports);
        put(Feature::Tested, self.tested);
        row
    }
}

/// The chunks of a file, each with its row in each reading.
fn file_chunks(
    corpus: &Corpus,
    query: &Query<'_>,
    survey: &Survey,
    (place, parsed): (usize, &Parsed<'_>),
    file_ranks: &[FileRanks],
    hits: &[Hit],
    focus: &[String],
) -> Vec<(RankedChunk, Vec<Row>)> {
    let source = &corpus.files[parsed.file];
    let definitions = &parsed.outline.definitions;
    let is_named = survey.readings.iter().any(|files| files[parsed.file].is_named);
    let named = (source, is_named);
    let literals = Literals::find(&query.task.readings, named, &parsed.chunks, &parsed.starts);
    let readings: Vec<Evidence<'_>> = file_ranks
        .iter()
        .enumerate()
        .map(|reading| {
            Evidence::of(corpus, query, survey, (place, parsed), reading, &literals, hits)
        })
        .collect();
    let mut changed = vec![0.0; parsed.chunks.len()];
    history::chunks(corpus, query, source, parsed.outline, &parsed.chunks, &mut changed);
    let lines = parsed.chunks.last().map_or(0, |chunk| chunk.lines.end);
    let is_all_head = !parsed.lines.contains(&LineKind::Code);
    let focused = user::points_at(focus, &source.path);
    let against = kind::against(query.task, source.kind).filter(|_| !is_named);
    let chunk = |(at, chunk): (usize, &Chunk)| {
        let itself = chunk.definition.map(|d| &definitions[d as usize]);
        let rows: Vec<Row> = readings
            .iter()
            .map(|reading| {
                let mut row = reading.row(at);
                row[Feature::Expansion as usize] = parsed.expansion[at];
                row[Feature::Associated as usize] = parsed.associated[at];
                row[Feature::HistoryChunk as usize] = changed[at];
                row[Feature::Focus as usize] = focused;
                if let Some(against) = against {
                    row[against as usize] = 1.0;
                }
                for (feature, value) in shape::features(chunk.lines, lines, itself) {
                    row[feature as usize] = value;
                }
                row
            })
            .collect();
        let mentioned = readings.iter().any(|reading| reading.mentioned[at] > 0.0);
        let pointed_at = mentioned || (is_all_head && focused > 0.0);
        let first = |kind| code::first(&parsed.lines, chunk.lines, kind);
        // A type that the task names owns the blank lines between its members, too.
        let says_something = |lines: LineRange| {
            let byte = |line: u32| parsed.starts.get(line as usize).copied();
            let (from, to) = (byte(lines.start - 1), byte(lines.end));
            let text = source.text.get(from.unwrap_or(0)..to.unwrap_or(source.text.len()));
            text.is_some_and(|text| text.contains(char::is_alphanumeric))
        };
        let ranked = RankedChunk {
            file: parsed.file,
            lines: chunk.lines,
            context: context(chunk, definitions),
            name: chunk
                .definition
                .or(chunk.defines.first().copied())
                .map(|d| definitions[d as usize].name.clone()),
            signature: chunk
                .defines
                .iter()
                .map(|&d| &definitions[d as usize])
                .find(|definition| definition.kind != DefinitionKind::Module)
                .map(|definition| named_line(definition, &source.text, &parsed.starts)),
            first_code: first(LineKind::Code)
                .or((pointed_at && says_something(chunk.lines)).then_some(chunk.lines.start)),
            long_comments: code::middles_of_long_comments(&parsed.lines, chunk.lines),
            has_imports: first(LineKind::Import).is_some(),
            readings: Vec::new(),
            row: [0.0; FEATURES],
            score: 0.0,
            probability: 0.0,
            matched: matched(query, survey, &parsed.words[at]),
            pinned: None,
        };
        (ranked, rows)
    };
    parsed.chunks.iter().enumerate().map(chunk).collect()
}

/// The line of a signature that has the name: templates and attributes may stand before it.
fn named_line(definition: &Definition, text: &str, starts: &[usize]) -> u32 {
    let start = definition.signature.start;
    let has_name = |line: &u32| {
        let from = starts.get((*line as usize).saturating_sub(1)).copied().unwrap_or(text.len());
        let to = starts.get(*line as usize).copied().unwrap_or(text.len());
        text.get(from..to).is_some_and(|line| line.contains(own_part(&definition.name)))
    };
    (start..=definition.signature.end).find(has_name).unwrap_or(start)
}

/// A name without what qualifies it.
fn own_part(name: &str) -> &str {
    name.rsplit([':', '.']).next().unwrap_or(name)
}

/// The best of the names that a chunk defines or belongs to.
fn own_name(chunk: &Chunk, names: &[f64]) -> f64 {
    chunk.defines.iter().chain(&chunk.definition).map(|&d| names[d as usize]).fold(0.0, f64::max)
}

/// The definitions around a chunk, innermost first.
fn around<'a>(
    chunk: &Chunk,
    definitions: &'a [Definition],
) -> impl Iterator<Item = (usize, &'a Definition)> {
    let mut next = match chunk.definition {
        // The head of a container is its own definition; what is around it are the parents.
        Some(d) => definitions[d as usize].parent,
        None => None,
    };
    std::iter::from_fn(move || {
        let at = next?;
        let definition = definitions.get(at)?;
        next = definition.parent.filter(|&parent| parent < at);
        Some((at, definition))
    })
}

fn enclosing(chunk: &Chunk, definitions: &[Definition], names: &[f64]) -> f64 {
    around(chunk, definitions).map(|(at, _)| names[at]).fold(0.0, f64::max)
}

/// The first lines of the signatures of the types around a chunk, and of the function that it is a
/// window of.
fn context(chunk: &Chunk, definitions: &[Definition]) -> Vec<LineRange> {
    let itself = chunk.definition.map(|d| &definitions[d as usize]);
    let containers = around(chunk, definitions)
        .map(|(_, d)| d)
        .filter(|d| !matches!(d.kind, DefinitionKind::Module | DefinitionKind::Section));
    let mut out: Vec<LineRange> = itself
        .into_iter()
        .chain(containers)
        .map(|d| d.signature)
        .filter(|signature| signature.start < chunk.lines.start)
        .map(|s| LineRange { start: s.start, end: s.end.min(s.start + CONTEXT_LINES - 1) })
        .collect();
    out.reverse();
    out
}

fn matched(query: &Query<'_>, survey: &Survey, words: &ChunkWords) -> Vec<String> {
    let mut own: Vec<(f64, TermId)> = words
        .terms
        .iter()
        .filter(|o| query.is_own(o.term))
        .map(|o| (query.weight(o.term) * survey.idf[o.term as usize], o.term))
        .collect();
    own.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    own.into_iter().take(4).map(|(_, term)| query.readable[term as usize].clone()).collect()
}

/// Pins what the task points at by line; the first `traced` are frames of its traces.
fn pin(hits: &[Hit], traced: usize, parsed: &[Parsed<'_>], chunks: &mut [RankedChunk]) {
    for (order, hit) in (0..).zip(hits.iter().take(MAX_PINS)) {
        let file = parsed[hit.place].file;
        let from = chunks.partition_point(|chunk| chunk.file < file);
        let to = chunks.partition_point(|chunk| chunk.file <= file);
        let chunks = &mut chunks[from..to];
        let line = chunks.partition_point(|chunk| chunk.lines.end < hit.line);
        for (at, chunk) in chunks.iter_mut().enumerate() {
            if chunk.lines.start <= hit.lines.end && hit.lines.start <= chunk.lines.end {
                let in_trace = (order as usize) < traced;
                let by = if in_trace { PinnedBy::Trace } else { PinnedBy::Task };
                let pin = Pin { order, distance: at.abs_diff(line) as u32, by };
                chunk.pinned = Some(chunk.pinned.map_or(pin, |earlier| earlier.min(pin)));
            }
        }
    }
}

/// Divides each feature of a reading by its largest value among the chunks of source, so that weights are
/// comparable across tasks. Ranks, kinds and shapes are comparable as they are.
fn normalise(corpus: &Corpus, chunks: &[RankedChunk], rows: &mut [Vec<Row>], reading: usize) {
    let is_comparable = |feature: &Feature| {
        matches!(feature, Feature::FileWords | Feature::FileBest)
            || matches!(feature.family(), Family::User | Family::Kind | Family::Shape)
    };
    for &feature in Feature::ALL.iter().filter(|feature| !is_comparable(feature)) {
        let at = feature as usize;
        let of_source = chunks
            .iter()
            .zip(&*rows)
            .filter(|(chunk, _)| corpus.files[chunk.file].kind == FileKind::Source)
            .map(|(_, rows)| rows[reading][at])
            .fold(0.0, f64::max);
        let largest = match of_source {
            0.0 => scale(rows.iter().map(|rows| rows[reading][at])),
            largest => largest,
        };
        for rows in rows.iter_mut() {
            rows[reading][at] = (rows[reading][at] / largest).min(1.0);
        }
    }
}

/// How much each reading counts: the text as it is, its prose, its title and first paragraph. Measured by simulation on
/// 529 texts like issues made from commits of 45 repositories, beside equal shares, 2 : 2 : 1, 1 : 2 : 1 and 0 : 2 : 1:
/// against 1 : 2 : 1, 12 more of them are better than worse in files and 18 in spans at 8,000 tokens, 13 and 19 at 4,000;
/// on 61 real issues as many are better as worse. Without the text as it is, the made ones gain more, but their
/// code says nothing by construction.
const SHARES: [f64; READINGS] = [1.0, 4.0, 2.0];

/// The share of a reading, of so many.
pub(crate) fn share(reading: usize, readings: usize) -> f64 {
    let counted = &SHARES[..readings.min(READINGS)];
    let of = |shares: &[f64]| shares.iter().sum::<f64>();
    counted.get(reading).map_or(0.0, |share| share / of(counted))
}

/// The mean of the rows of all readings, by their [`share`]s. As the score is linear, it is then the mean of the
/// readings' scores, and the contributions of features still sum to it.
fn mean(rows: &[Row]) -> Row {
    let mut out = [0.0; FEATURES];
    for (reading, row) in rows.iter().enumerate() {
        for (sum, value) in out.iter_mut().zip(row) {
            *sum += value * share(reading, rows.len());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::SourceFile;
    use crate::history::History;
    use crate::task::Task;

    #[test]
    fn blank_lines_of_a_named_type_are_no_code() {
        let method =
            |name: char| format!("    def {name}(self):\n{}\n", "        work()\n".repeat(24));
        let text = format!("class Cart:\n{}", ['a', 'b', 'c'].map(method).concat());
        let file = SourceFile {
            path: "cart.py".to_owned(),
            hash: [0; 32],
            language: syntax::Language::of("cart.py", &text),
            kind: FileKind::Source,
            text: text.into(),
        };
        let corpus = Corpus { files: vec![file], history: History::default() };
        let task = Task::new("`Cart` loses items");
        let query = Query::new(&task, crate::Matches::default(), &corpus.history, &[]);
        let survey = crate::survey::survey(&corpus, &query, &[], 8_000);
        let text = &corpus.files[0].text;
        let outline = syntax::outline(corpus.files[0].language, text);
        let ranking = rank(&corpus, &query, &survey, &[&outline], &[], &Weights::built_in());
        let lines: Vec<&str> = text.lines().collect();
        let is_blank = |chunk: &RankedChunk| {
            lines[chunk.lines.start as usize - 1..chunk.lines.end as usize]
                .iter()
                .all(|line| line.trim().is_empty())
        };
        assert!(ranking.chunks.iter().any(&is_blank), "{:?}", ranking.chunks);
        assert!(ranking.chunks.iter().all(|chunk| !is_blank(chunk) || chunk.first_code.is_none()));
    }
}
