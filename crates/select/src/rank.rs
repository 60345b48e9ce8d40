//! Ranking: the candidates' units with their features, their score and their chance.

use rayon::prelude::*;
use syntax::{Definition, DefinitionKind, LineRange, Outline};

use crate::corpus::{Corpus, FileKind};
use crate::evidence::words::{NameScores, UnitWords, WordScores};
use crate::evidence::{anchors, history, kind, words};
use crate::model::{FEATURES, Feature, Row, Weights, softmax};
use crate::query::Query;
use crate::survey::{Survey, scale};
use crate::terms::{Scanner, Splitter, TermId};
use crate::unit::{self, Unit};

/// Lines of an enclosing signature that are shown with a unit.
const CONTEXT_LINES: u32 = 2;

/// A unit with what speaks for it.
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
    /// The line that names the first definition in it.
    pub signature: Option<u32>,
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
    /// Whether anything but the kind of its file speaks for it.
    pub fn has_evidence(&self) -> bool {
        let kinds = Feature::Test as usize;
        self.row[..kinds]
            .iter()
            .enumerate()
            .any(|(at, &value)| value > 0.0 && at != Feature::Churn as usize)
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
}

/// Ranks the units of the candidates. `outlines` are those of `survey.candidates`, in their order.
pub fn rank(
    corpus: &Corpus,
    query: &Query<'_>,
    survey: &Survey,
    outlines: &[&Outline],
    focus: &(dyn Fn(&str, LineRange) -> f64 + Sync),
    weights: &Weights,
) -> Ranking {
    let pairs: Vec<(usize, &Outline)> =
        survey.candidates.iter().copied().zip(outlines.iter().copied()).collect();
    let mut parsed: Vec<Parsed<'_>> = pairs
        .par_iter()
        .map_init(
            || Scanner::new(&query.vocabulary),
            |scanner, &(file, outline)| parse(corpus, scanner, file, outline),
        )
        .collect();
    parsed.sort_by_key(|p| p.file);
    score_words(query, survey, &mut parsed);
    let mut units: Vec<RankedUnit> = parsed
        .par_iter()
        .flat_map_iter(|file| file_units(corpus, query, survey, file, focus))
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
    Parsed { file, outline, units, words, scores: Vec::new() }
}

fn score_words(query: &Query<'_>, survey: &Survey, parsed: &mut [Parsed<'_>]) {
    let (sum, count) = parsed
        .iter()
        .flat_map(|p| &p.words)
        .fold((0.0, 0.0), |(sum, count), w| (sum + w.length, count + 1.0));
    let average: f64 = sum / f64::max(count, 1.0);
    for file in parsed {
        file.scores = file.words.iter().map(|w| words::score(query, survey, w, average)).collect();
    }
}

fn file_units(
    corpus: &Corpus,
    query: &Query<'_>,
    survey: &Survey,
    parsed: &Parsed<'_>,
    focus: &(dyn Fn(&str, LineRange) -> f64 + Sync),
) -> Vec<RankedUnit> {
    let source = &corpus.files[parsed.file];
    let surveyed = &survey.files[parsed.file];
    let splitter = Splitter::new();
    let definitions = &parsed.outline.definitions;
    let names: Vec<NameScores> =
        definitions.iter().map(|d| words::name(&splitter, query, survey, &d.name)).collect();
    let mut anchored = vec![0.0; parsed.units.len()];
    anchors::units(query.task, source, parsed.outline, &parsed.units, &mut anchored);
    let mut changed = vec![0.0; parsed.units.len()];
    history::units(corpus, query, source, parsed.outline, &parsed.units, &mut changed);
    let best = parsed.scores.iter().map(|s| s.body).fold(0.0, f64::max);
    let body = |at: Option<usize>| at.and_then(|at| parsed.scores.get(at)).map_or(0.0, |s| s.body);
    let mut out = Vec::with_capacity(parsed.units.len());
    for (at, unit) in parsed.units.iter().enumerate() {
        let own = own_names(unit, &names);
        let scores = parsed.scores[at];
        let mut row = [0.0; FEATURES];
        let mut put = |feature: Feature, value: f64| row[feature as usize] = value;
        put(Feature::Body, scores.body);
        put(Feature::Comments, scores.comments);
        put(Feature::Literals, scores.literals);
        put(Feature::Coverage, scores.coverage);
        put(Feature::Translation, scores.translation);
        put(Feature::Name, own.exact);
        put(Feature::Variant, own.variant);
        put(Feature::Enclosing, enclosing(unit, definitions, &names));
        put(Feature::Neighbours, (body(at.checked_sub(1)) + body(Some(at + 1))) / 2.0);
        put(Feature::FileWords, surveyed.words);
        put(Feature::FileBest, best);
        put(Feature::Path, surveyed.path);
        put(Feature::Anchor, anchored[at]);
        put(Feature::FileAnchor, surveyed.anchor);
        put(Feature::HistoryFile, surveyed.history);
        put(Feature::HistoryUnit, changed[at]);
        put(Feature::Churn, surveyed.churn);
        put(Feature::Focus, focus(&source.path, unit.lines));
        if !kind::asked_for(query.task, source.kind) {
            let flag = match source.kind {
                FileKind::Source => None,
                FileKind::Test => Some(Feature::Test),
                FileKind::Docs => Some(Feature::Docs),
                FileKind::Example => Some(Feature::Example),
                FileKind::Config => Some(Feature::Config),
                FileKind::Generated => Some(Feature::Generated),
            };
            if let Some(flag) = flag {
                put(flag, 1.0);
            }
        }
        out.push(RankedUnit {
            file: parsed.file,
            lines: unit.lines,
            context: context(unit, definitions),
            name: unit
                .definition
                .or(unit.defines.first().copied())
                .map(|d| definitions[d as usize].name.clone()),
            signature: unit.defines.first().map(|&d| definitions[d as usize].signature.start),
            row,
            score: 0.0,
            chance: 0.0,
            matched: matched(query, survey, &parsed.words[at]),
        });
    }
    out
}

fn own_names(unit: &Unit, names: &[NameScores]) -> NameScores {
    let all = unit.defines.iter().chain(&unit.definition).map(|&d| names[d as usize]);
    all.fold(NameScores::default(), |best, name| NameScores {
        exact: f64::max(best.exact, name.exact),
        variant: f64::max(best.variant, name.variant),
    })
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

fn enclosing(unit: &Unit, definitions: &[Definition], names: &[NameScores]) -> f64 {
    around(unit, definitions).map(|(at, _)| names[at].exact).fold(0.0, f64::max)
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

/// Divides each feature by its largest value in a unit of source, so that weights compare.
fn normalise(corpus: &Corpus, units: &mut [RankedUnit]) {
    let is_source = |unit: &&RankedUnit| corpus.files[unit.file].kind == FileKind::Source;
    for &feature in &Feature::ALL[..Feature::Focus as usize] {
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
