//! Structure: the files that a file imports or is imported by, and its tests.
//!
//! The seeds of the random walk are each file's words, path and history. What a file gets here comes from
//! its neighbours alone, so that nothing is counted twice.

use imports::ImportGraph;
use rustc_hash::FxHashMap;
use syntax::Outline;

use crate::corpus::{Corpus, FileKind, SourceFile};
use crate::survey::{Survey, Surveyed, scale};

/// The damping factor: the share of its rank that a file passes on in each step. By hand, not measured.
const DAMPING: f64 = 0.5;
/// Steps of the power iteration. From the damping: what moves after them is below a thousandth.
const STEPS: usize = 10;
/// The weight of a test for a file that it imports, where that of the file it is named after is 1. By
/// hand, not measured.
const IMPORTED_BY_TEST: f64 = 0.5;

/// A candidate, parsed.
pub(crate) struct Node<'a> {
    /// Its index in the corpus.
    pub(crate) file: usize,
    /// Its outline.
    pub(crate) outline: &'a Outline,
}

/// The structural evidence of the candidates, in their order.
#[derive(Debug, Default)]
pub(crate) struct Structure {
    /// Personalised PageRank over imports, less the file's own seed.
    pub(crate) imports: Vec<f64>,
    /// The words of the task in the tests that import it or are named after it.
    pub(crate) tested: Vec<f64>,
}

/// By reading of the task, the structural evidence of the candidates, from the imports among them: no
/// other file is parsed.
pub(crate) fn evidence(corpus: &Corpus, survey: &Survey, nodes: &[Node<'_>]) -> Vec<Structure> {
    let mut outlines: Vec<Option<&Outline>> = vec![None; corpus.files.len()];
    for node in nodes {
        outlines[node.file] = Some(node.outline);
    }
    let files: Vec<_> = corpus.files.iter().map(SourceFile::for_imports).collect();
    let graph = ImportGraph::resolve(&files, &outlines);
    let imports = links(&graph, nodes);
    let of = |files: &Vec<Surveyed>| Structure {
        imports: page_rank(&imports, &seeds(corpus, files, nodes)),
        tested: tested(corpus, files, nodes, &imports),
    };
    survey.readings.iter().map(of).collect()
}

/// By candidate: the candidates that it imports, each with its share of the import.
type Links = Vec<Vec<(usize, f64)>>;

fn links(graph: &ImportGraph, nodes: &[Node<'_>]) -> Links {
    let place: FxHashMap<usize, usize> =
        nodes.iter().enumerate().map(|(at, node)| (node.file, at)).collect();
    let of = |node: &Node<'_>| {
        let mut weights: FxHashMap<usize, f64> = FxHashMap::default();
        for edge in graph.edges(node.file) {
            if let Some(&to) = place.get(&edge.to) {
                let weight = weights.entry(to).or_default();
                *weight = f64::max(*weight, f64::from(edge.share));
            }
        }
        let mut weights: Vec<(usize, f64)> = weights.into_iter().collect();
        weights.sort_by_key(|(to, _)| *to);
        weights
    };
    nodes.iter().map(of).collect()
}

/// The share of the random walk that begins at each candidate. Cubed, so that the best dominate.
fn seeds(corpus: &Corpus, files: &[Surveyed], nodes: &[Node<'_>]) -> Vec<f64> {
    let largest =
        |value: fn(&Surveyed) -> f64| scale(nodes.iter().map(|node| value(&files[node.file])));
    let (words, path, history) =
        (largest(|file| file.words), largest(|file| file.path), largest(|file| file.history));
    let seed = |node: &Node<'_>| {
        let file = &files[node.file];
        let kind = if corpus.files[node.file].kind == FileKind::Source { 1.0 } else { 0.5 };
        let sum = file.words / words + file.path / path + file.history / history;
        (kind * sum + 3.0 * file.mention).powi(3)
    };
    let seeds: Vec<f64> = nodes.iter().map(seed).collect();
    let sum = scale([seeds.iter().sum()].into_iter());
    seeds.into_iter().map(|seed| seed / sum).collect()
}

/// Personalised PageRank (Haveliwala, 2002) over imports in both directions.
fn page_rank(imports: &Links, seeds: &[f64]) -> Vec<f64> {
    let mut both: Links = imports.clone();
    for (at, to) in imports.iter().enumerate() {
        for &(neighbour, weight) in to {
            both[neighbour].push((at, weight));
        }
    }
    // A file with less than one whole import passes on only that much.
    let degree: Vec<f64> =
        both.iter().map(|to| to.iter().map(|(_, weight)| weight).sum::<f64>().max(1.0)).collect();
    let own: Vec<f64> = seeds.iter().map(|seed| (1.0 - DAMPING) * seed).collect();
    let mut rank = seeds.to_vec();
    for _ in 0..STEPS {
        let mut next = own.clone();
        for (at, to) in both.iter().enumerate() {
            for &(neighbour, weight) in to {
                next[neighbour] += DAMPING * rank[at] * weight / degree[at];
            }
        }
        rank = next;
    }
    rank.iter().zip(&own).map(|(rank, own)| (rank - own).max(0.0)).collect()
}

fn tested(corpus: &Corpus, files: &[Surveyed], nodes: &[Node<'_>], imports: &Links) -> Vec<f64> {
    let mut called: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for (at, node) in nodes.iter().enumerate() {
        if corpus.files[node.file].kind == FileKind::Source {
            called.entry(subject(&corpus.files[node.file].path)).or_default().push(at);
        }
    }
    let mut out = vec![0.0; nodes.len()];
    let tests = nodes.iter().zip(imports);
    for (test, imports) in tests.filter(|(n, _)| corpus.files[n.file].kind == FileKind::Test) {
        let words = files[test.file].words + files[test.file].path;
        let mut put = |to: usize, value: f64| out[to] = f64::max(out[to], value);
        if let Some(same) = called.get(&subject(&corpus.files[test.file].path)) {
            same.iter().for_each(|&to| put(to, words / (same.len() as f64).sqrt()));
        }
        for &(to, weight) in imports {
            put(to, IMPORTED_BY_TEST * words * weight / (imports.len() as f64).sqrt());
        }
    }
    out
}

/// The name of the thing that a file or a test of it is named after: `parser` for `parser.rs`, `test_parser.py` and `ParserTests.cs`.
fn subject(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name).to_lowercase();
    let stem: String = stem.chars().filter(|c| c.is_alphanumeric()).collect();
    let without = ["tests", "test", "specs", "spec"]
        .iter()
        .find_map(|word| stem.strip_suffix(word).or_else(|| stem.strip_prefix(word)));
    without.map_or(stem.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_named_after_what_they_test() {
        for path in ["src/parser.rs", "tests/test_parser.py", "t/ParserTests.cs", "parser_test.go"]
        {
            assert_eq!(subject(path), "parser", "{path}");
        }
    }

    #[test]
    fn rank_flows_both_ways_along_imports_and_fades() {
        // 0 → 1 → 2, and 3 alone; the walk begins at 0.
        let imports = vec![vec![(1, 1.0)], vec![(2, 1.0)], vec![], vec![]];
        let rank = page_rank(&imports, &[1.0, 0.0, 0.0, 0.0]);
        assert!(rank[1] > rank[2] && rank[2] > 0.0);
        assert_eq!(rank[3], 0.0);
        let back = page_rank(&imports, &[0.0, 0.0, 1.0, 0.0]);
        assert!(back[1] > back[0] && back[0] > 0.0);
    }
}
