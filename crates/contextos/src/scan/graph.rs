//! dependency_graph.json: the imports between files, and the import cycles.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use imports::ImportGraph;
use select::SourceFile;
use serde::Serialize;
use syntax::Outline;

/// The content of the file.
#[derive(Debug, Serialize)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// By file: imports of paths in the checkout that don't exist.
    unresolved: BTreeMap<String, Vec<String>>,
    /// Files that import each other, directly or through others.
    cycles: Vec<Vec<String>>,
}

#[derive(Debug, Serialize)]
struct Node {
    id: String,
    language: &'static str,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Edge {
    source: String,
    target: String,
    kind: &'static str,
    raw_import: String,
}

impl Graph {
    /// The edges between files, as `(importing, imported)`, sorted.
    pub(super) fn local_edges(&self) -> impl Iterator<Item = (&str, &str)> {
        let local = self.edges.iter().filter(|edge| edge.kind == "local");
        local.map(|edge| (edge.source.as_str(), edge.target.as_str()))
    }
}

/// The graph of a checkout; `outlines` are those of its files, in their order.
pub(crate) fn graph(files: &[SourceFile], outlines: &[Arc<Outline>]) -> Graph {
    let parsed: Vec<Option<&Outline>> = outlines.iter().map(|outline| Some(&**outline)).collect();
    let sources: Vec<_> = files.iter().map(SourceFile::for_imports).collect();
    let resolved = ImportGraph::resolve(&sources, &parsed);
    let mut edges = BTreeSet::new();
    let mut unresolved: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut imports: Vec<Vec<usize>> = vec![Vec::new(); files.len()];
    for (at, (file, outline)) in files.iter().zip(outlines).enumerate() {
        let edge = |target: &str, kind, raw: &str| Edge {
            source: file.path.clone(),
            target: target.to_owned(),
            kind,
            raw_import: raw.to_owned(),
        };
        for needed in resolved.edges(at) {
            // Files of the same package, which are visible without an import, are no edges.
            let Some(import) = needed.import else { continue };
            imports[at].push(needed.to);
            edges.insert(edge(&files[needed.to].path, "local", &outline.imports[import].raw));
        }
        for outside in resolved.outside(at) {
            let import = &outline.imports[outside.import];
            match &outside.package {
                Some(package) => drop(edges.insert(edge(package, "package", &import.raw))),
                None => {
                    unresolved.entry(file.path.clone()).or_default().push(import.module.clone());
                }
            }
        }
    }
    for missing in unresolved.values_mut() {
        missing.sort();
        missing.dedup();
    }
    let named = |component: Vec<usize>| {
        component.into_iter().map(|at| files[at].path.clone()).collect::<Vec<_>>()
    };
    Graph {
        nodes: files
            .iter()
            .map(|file| Node { id: file.path.clone(), language: file.language.name() })
            .collect(),
        edges: edges.into_iter().collect(),
        unresolved,
        cycles: circles(&imports).into_iter().map(named).collect(),
    }
}

/// The strongly connected components of more than one node, sorted. This is Tarjan's algorithm (1972) with
/// an explicit stack, because imports of a checkout may be nested arbitrarily deep.
fn circles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut order = vec![UNSEEN; edges.len()];
    let mut low = vec![0; edges.len()];
    let mut open = vec![false; edges.len()];
    let (mut stack, mut next, mut out) = (Vec::new(), 0, Vec::new());
    for root in 0..edges.len() {
        let mut path: Vec<(usize, usize)> = vec![(root, 0)];
        if order[root] != UNSEEN {
            continue;
        }
        while let Some((node, edge)) = path.pop() {
            if edge == 0 {
                (order[node], low[node]) = (next, next);
                next += 1;
                stack.push(node);
                open[node] = true;
            }
            if let Some(&target) = edges[node].get(edge) {
                path.push((node, edge + 1));
                if order[target] == UNSEEN {
                    path.push((target, 0));
                } else if open[target] {
                    low[node] = low[node].min(order[target]);
                }
                continue;
            }
            if let Some(&(parent, _)) = path.last() {
                low[parent] = low[parent].min(low[node]);
            }
            if low[node] == order[node] {
                let from = stack.iter().rposition(|&on| on == node).unwrap_or(0);
                let mut component = stack.split_off(from);
                component.iter().for_each(|&member| open[member] = false);
                if component.len() > 1 {
                    component.sort_unstable();
                    out.push(component);
                }
            }
        }
    }
    out.sort();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn circles_are_found_and_chains_are_not() {
        let edges = [vec![1], vec![2], vec![0, 3], vec![4], vec![], vec![6], vec![5, 4]];
        assert_eq!(circles(&edges), [vec![0, 1, 2], vec![5, 6]]);
        assert!(circles(&[vec![0]]).is_empty(), "a file that imports itself");
    }

    #[test]
    fn a_long_chain_does_not_overflow_the_stack() {
        let edges: Vec<Vec<usize>> = (0..200_000).map(|at| vec![(at + 1) % 200_000]).collect();
        assert_eq!(circles(&edges).len(), 1);
    }

    proptest! {
        #[test]
        fn the_same_as_by_reachability(pairs in proptest::collection::vec((0usize..9, 0usize..9), 0..25)) {
            let mut edges = vec![Vec::new(); 9];
            let mut reach = [[false; 9]; 9];
            for &(a, b) in &pairs {
                edges[a].push(b);
                reach[a][b] = true;
            }
            for via in 0..9 {
                for a in 0..9 {
                    for b in 0..9 {
                        reach[a][b] |= reach[a][via] && reach[via][b];
                    }
                }
            }
            let mut expected: Vec<Vec<usize>> = (0..9)
                .map(|a| (0..9).filter(|&b| a == b || (reach[a][b] && reach[b][a])).collect())
                .filter(|component: &Vec<usize>| component.len() > 1)
                .collect();
            expected.sort();
            expected.dedup();
            prop_assert_eq!(circles(&edges), expected);
        }
    }
}
