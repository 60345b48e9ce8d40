//! Ranking: the candidates' units with their features, their score and their chance.

use rayon::prelude::*;
use syntax::{Definition, DefinitionKind, LineRange, Outline};

use crate::code::{self, Line};
use crate::corpus::{Corpus, FileKind};
use crate::evidence::structure::{self, Node, Structure};
use crate::evidence::words::{self, UnitWords, WordScores};
use crate::evidence::{anchors, history, kind, shape, translation, user};
use crate::model::{FEATURES, Family, Feature, Row, Weights, softmax};
use crate::query::Query;
use crate::survey::{Survey, scale, scanner_share};
use crate::terms::{Scanner, Splitter, TermId};
use crate::unit::{self, Unit};

/// Lines of an enclosing signature that are shown with a unit.
const CONTEXT_LINES: u32 = 2;

/// A unit with its evidence.
#[derive(Debug, Clone)]
pub struct RankedUnit {
    /// Its file's index in the corpus.
    pub file: usize,
    /// Its lines.
    pub lines: LineRange,
    /// Signatures of the definitions around it, outermost first: shown with it.
    pub context: Vec<LineRange>,
    /// The name of the definition that it is or belongs to, for people.
    pub name: Option<String>,
    /// The line that names the first definition in it; what only opens a namespace is none.
    pub signature: Option<u32>,
    /// Its first line that is more than blank, a comment, an import or a file's head; none where that is
    /// all there is. What the task points at counts whatever it is.
    pub first_code: Option<u32>,
    /// Whether there are imports in it: worth showing beside code of the same file, never alone.
    pub has_imports: bool,
    /// The features, by [`Feature::ALL`].
    pub row: Row,
    /// The weighted sum of the features.
    pub score: f64,
    /// The chance that the task is about this unit; the chances of all units sum to one.
    pub chance: f64,
    /// Task words in it, best first, for people.
    pub matched: Vec<String>,
}

impl RankedUnit {
    /// Whether any evidence has to do with the task: not its kind, its shape, or how
    /// lately its file changed.
    pub fn has_evidence(&self) -> bool {
        Feature::ALL.iter().any(|&feature| {
            self.row[feature as usize] > 0.0
                && !matches!(feature.family(), Family::Kind | Family::Shape)
                && feature != Feature::Recency
        })
    }

    /// The named pieces of its score, largest first; they sum to it.
    pub fn pieces(&self, weights: &Weights) -> Vec<(Feature, f64)> {
        let mut pieces: Vec<(Feature, f64)> = Feature::ALL
            .iter()
            .map(|&feature| (feature, self.row[feature as usize] * weights.0[feature as usize]))
            .filter(|&(_, points)| points != 0.0)
            .collect();
        pieces.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        pieces
    }
}

/// All units of the candidates, in order of file and line.
#[derive(Debug, Default)]
pub struct Ranking {
    /// The units.
    pub units: Vec<RankedUnit>,
}

struct Parsed<'a> {
    file: usize,
    outline: &'a Outline,
    units: Vec<Unit>,
    words: Vec<UnitWords>,
    scores: Vec<WordScores>,
    translation: Vec<f64>,
    /// What each line is.
    lines: Vec<Line>,
}

impl Parsed<'_> {
    /// The BM25 of its best unit.
    fn best(&self) -> f64 {
        self.scores.iter().map(|scores| scores.body).fold(0.0, f64::max)
    }
}

/// What is known of the candidates beside each other, by their place among them.
struct Standing {
    words: Vec<f64>,
    best: Vec<f64>,
    structure: Structure,
}

/// Ranks the units of the candidates. `outlines` are those of `survey.candidates`, in their order.
pub fn rank(
    corpus: &Corpus,
    query: &Query<'_>,
    survey: &Survey,
    outlines: &[&Outline],
    focus: &[String],
    weights: &Weights,
) -> Ranking {
    let pairs: Vec<(usize, &Outline)> =
        survey.candidates.iter().copied().zip(outlines.iter().copied()).collect();
    let mut parsed: Vec<Parsed<'_>> = pairs
        .par_iter()
        .with_min_len(scanner_share(pairs.len()))
        .map_init(
            || Scanner::new(&query.vocabulary),
            |scanner, &(file, outline)| parse(corpus, scanner, file, outline),
        )
        .collect();
    parsed.sort_by_key(|p| p.file);
    score_words(query, survey, &mut parsed);
    let standing = standing(corpus, survey, &parsed);
    let mut units: Vec<RankedUnit> = (0..parsed.len())
        .into_par_iter()
        .flat_map_iter(|at| file_units(corpus, query, survey, (at, &parsed[at]), &standing, focus))
        .collect();
    normalise(corpus, &mut units);
    weigh(&mut units, weights);
    Ranking { units }
}

/// Scores the units anew with other weights; the features stay.
pub fn weigh(units: &mut [RankedUnit], weights: &Weights) {
    let scores: Vec<f64> = units.iter().map(|unit| weights.score(&unit.row)).collect();
    let chances = softmax(&scores);
    for ((unit, score), chance) in units.iter_mut().zip(scores).zip(chances) {
        (unit.score, unit.chance) = (score, chance);
    }
}

/// The byte at which each line of `text` begins.
pub(crate) fn line_starts(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    starts.extend(text.bytes().enumerate().filter(|&(_, b)| b == b'\n').map(|(at, _)| at + 1));
    if starts.last() == Some(&text.len()) {
        starts.pop();
    }
    starts
}

fn parse<'a>(
    corpus: &Corpus,
    scanner: &mut Scanner<'_>,
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
    let units = unit::units(outline, starts.len() as u32, indentation);
    let words = words::count(scanner, source, outline, &units, &starts);
    let lines = code::lines(outline, &source.text, &starts);
    Parsed { file, outline, units, words, scores: Vec::new(), translation: Vec::new(), lines }
}

fn score_words(query: &Query<'_>, survey: &Survey, parsed: &mut [Parsed<'_>]) {
    let (sum, count) = parsed
        .iter()
        .flat_map(|p| &p.words)
        .fold((0.0, 0.0), |(sum, count), w| (sum + w.length, count + 1.0));
    let average: f64 = sum / f64::max(count, 1.0);
    for file in parsed {
        file.scores = file.words.iter().map(|w| words::score(query, survey, w, average)).collect();
        file.translation =
            file.words.iter().map(|w| translation::score(survey, w, average)).collect();
    }
}

fn standing(corpus: &Corpus, survey: &Survey, parsed: &[Parsed<'_>]) -> Standing {
    let files: Vec<usize> = parsed.iter().map(|p| p.file).collect();
    let nodes: Vec<Node<'_>> =
        parsed.iter().map(|p| Node { file: p.file, outline: p.outline }).collect();
    Standing {
        words: words::places(corpus, &files, |at| survey.files[files[at]].words),
        best: words::places(corpus, &files, |at| parsed[at].best()),
        structure: structure::look(corpus, survey, &nodes),
    }
}

fn file_units(
    corpus: &Corpus,
    query: &Query<'_>,
    survey: &Survey,
    (place, parsed): (usize, &Parsed<'_>),
    standing: &Standing,
    focus: &[String],
) -> Vec<RankedUnit> {
    let source = &corpus.files[parsed.file];
    let surveyed = &survey.files[parsed.file];
    let splitter = Splitter::new();
    let definitions = &parsed.outline.definitions;
    let names: Vec<f64> =
        definitions.iter().map(|d| words::name(&splitter, query, survey, &d.name)).collect();
    let mut anchored = vec![0.0; parsed.units.len()];
    anchors::units(query.task, source, parsed.outline, &parsed.units, &mut anchored);
    let mut changed = vec![0.0; parsed.units.len()];
    history::units(corpus, query, source, parsed.outline, &parsed.units, &mut changed);
    let lines = parsed.units.last().map_or(0, |unit| unit.lines.end);
    let body = |at: Option<usize>| at.and_then(|at| parsed.scores.get(at)).map_or(0.0, |s| s.body);
    let is_all_head = !parsed.lines.contains(&Line::Code);
    let mut out = Vec::with_capacity(parsed.units.len());
    for (at, unit) in parsed.units.iter().enumerate() {
        let scores = parsed.scores[at];
        let mut row = [0.0; FEATURES];
        let mut put = |feature: Feature, value: f64| row[feature as usize] = value;
        put(Feature::Body, scores.body);
        put(Feature::Comments, scores.comments);
        put(Feature::Coverage, scores.coverage);
        put(Feature::Translation, parsed.translation[at]);
        put(Feature::Name, own_name(unit, &names));
        put(Feature::Enclosing, enclosing(unit, definitions, &names));
        put(Feature::Neighbours, (body(at.checked_sub(1)) + body(Some(at + 1))) / 2.0);
        put(Feature::FileWords, standing.words[place]);
        put(Feature::FileBest, standing.best[place]);
        put(Feature::Path, surveyed.path);
        put(Feature::Anchor, anchored[at]);
        put(Feature::FileAnchor, surveyed.anchor);
        put(Feature::HistoryFile, surveyed.history);
        put(Feature::HistoryUnit, changed[at]);
        put(Feature::Recency, surveyed.recency);
        put(Feature::Imports, standing.structure.imports[place]);
        put(Feature::Tested, standing.structure.tested[place]);
        put(Feature::Focus, user::points_at(focus, &source.path));
        if let Some(against) = kind::against(query.task, source.kind) {
            put(against, 1.0);
        }
        let pointed_at = row[Feature::Anchor as usize] > 0.0
            || (is_all_head && row[Feature::Focus as usize] > 0.0);
        let first = |kind| code::first(&parsed.lines, unit.lines, kind);
        let first_code = first(Line::Code).or(pointed_at.then_some(unit.lines.start));
        let has_imports = first(Line::Import).is_some();
        let mut put = |feature: Feature, value: f64| row[feature as usize] = value;
        let itself = unit.definition.map(|d| &definitions[d as usize]);
        for (feature, value) in shape::features(unit.lines, lines, itself) {
            put(feature, value);
        }
        out.push(RankedUnit {
            file: parsed.file,
            lines: unit.lines,
            context: context(unit, definitions),
            name: unit
                .definition
                .or(unit.defines.first().copied())
                .map(|d| definitions[d as usize].name.clone()),
            signature: unit
                .defines
                .iter()
                .map(|&d| &definitions[d as usize])
                .find(|definition| definition.kind != DefinitionKind::Module)
                .map(|definition| definition.signature.start),
            first_code,
            has_imports,
            row,
            score: 0.0,
            chance: 0.0,
            matched: matched(query, survey, &parsed.words[at]),
        });
    }
    out
}

/// The best of the names that a unit defines or belongs to.
fn own_name(unit: &Unit, names: &[f64]) -> f64 {
    unit.defines.iter().chain(&unit.definition).map(|&d| names[d as usize]).fold(0.0, f64::max)
}

/// The definitions around a unit, innermost first.
fn around<'a>(
    unit: &Unit,
    definitions: &'a [Definition],
) -> impl Iterator<Item = (usize, &'a Definition)> {
    let mut next = match unit.definition {
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

fn enclosing(unit: &Unit, definitions: &[Definition], names: &[f64]) -> f64 {
    around(unit, definitions).map(|(at, _)| names[at]).fold(0.0, f64::max)
}

/// The first lines of the signatures of the types around a unit, and of the function that a window
/// was cut from.
fn context(unit: &Unit, definitions: &[Definition]) -> Vec<LineRange> {
    let itself = unit.definition.map(|d| &definitions[d as usize]);
    let containers = around(unit, definitions)
        .map(|(_, d)| d)
        .filter(|d| !matches!(d.kind, DefinitionKind::Module | DefinitionKind::Section));
    let mut out: Vec<LineRange> = itself
        .into_iter()
        .chain(containers)
        .map(|d| d.signature)
        .filter(|signature| signature.start < unit.lines.start)
        .map(|s| LineRange { start: s.start, end: s.end.min(s.start + CONTEXT_LINES - 1) })
        .collect();
    out.reverse();
    out
}

fn matched(query: &Query<'_>, survey: &Survey, words: &UnitWords) -> Vec<String> {
    let mut own: Vec<(f64, TermId)> = words
        .terms
        .iter()
        .filter(|o| query.is_own(o.term))
        .map(|o| (query.weights[o.term as usize] * survey.idf[o.term as usize], o.term))
        .collect();
    own.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    own.into_iter().take(4).map(|(_, term)| query.readable[term as usize].clone()).collect()
}

/// Divides each feature by its largest value in a unit of source, so that weights compare. Places,
/// kinds and shapes are comparable as they are.
fn normalise(corpus: &Corpus, units: &mut [RankedUnit]) {
    let is_source = |unit: &&RankedUnit| corpus.files[unit.file].kind == FileKind::Source;
    let as_it_is = |feature: &Feature| {
        matches!(feature, Feature::FileWords | Feature::FileBest)
            || matches!(feature.family(), Family::User | Family::Kind | Family::Shape)
    };
    for &feature in Feature::ALL.iter().filter(|feature| !as_it_is(feature)) {
        let at = feature as usize;
        let mut largest = scale(units.iter().filter(is_source).map(|unit| unit.row[at]));
        if !units.iter().filter(is_source).any(|unit| unit.row[at] > 0.0) {
            largest = scale(units.iter().map(|unit| unit.row[at]));
        }
        for unit in units.iter_mut() {
            unit.row[at] = (unit.row[at] / largest).min(1.0);
        }
    }
}
