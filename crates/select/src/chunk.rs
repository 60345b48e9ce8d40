//! Chunks: the parts of a file that are chosen or left out as one. Every line is in exactly one.
//!
//! A chunk is a definition with its doc comment and attributes, the head of a class, or what stands
//! between definitions. Neighbours under [`MIN_LINES`] are merged, and what is over [`MAX_LINES`] is
//! cut into windows of about [`WINDOW`] at blank lines and low indentation. The three numbers were
//! compared on commits of public repositories: smaller chunks find more in small budgets and for vague
//! tasks, larger ones find more in none.

use syntax::{Definition, DefinitionKind, LineRange, Outline};

/// Lines: shorter chunks are merged with a neighbour of the same parent. Measured, see above.
const MIN_LINES: u32 = 5;
/// Lines: longer chunks are cut into windows. Measured, see above.
const MAX_LINES: u32 = 24;
/// Lines: the intended length of a window. Measured, see above.
const WINDOW: u32 = 14;

/// A chunk of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Its lines.
    pub(crate) lines: LineRange,
    /// The definition that it is, or is a window of; an index into the outline.
    pub(crate) definition: Option<u32>,
    /// The definitions that begin in it, those of merged chunks included; indices into the outline.
    pub(crate) defines: Vec<u32>,
}

/// The chunks of a file of `line_count` lines; `indentation(line)` is the number of leading blanks,
/// `None` for a blank line.
pub(crate) fn chunks(
    outline: &Outline,
    line_count: u32,
    indentation: impl Fn(u32) -> Option<usize>,
) -> Vec<Chunk> {
    if line_count == 0 {
        return Vec::new();
    }
    let leaves = leaves(outline, line_count);
    let merged = merge(leaves);
    let mut out = Vec::with_capacity(merged.len());
    for leaf in merged {
        for lines in windows(leaf.lines, &indentation) {
            out.push(Chunk { lines, definition: leaf.definition, defines: Vec::new() });
        }
    }
    for (index, definition) in outline.definitions.iter().enumerate() {
        let named = definition.signature.start.clamp(1, line_count);
        let at = out.partition_point(|chunk| chunk.lines.end < named);
        if let Some(chunk) = out.get_mut(at) {
            chunk.defines.push(index as u32);
        }
    }
    out
}

struct Leaf {
    lines: LineRange,
    definition: Option<u32>,
    parent: Option<usize>,
}

/// Cuts the file at the borders of definitions, and long definitions at the borders of their members.
fn leaves(outline: &Outline, line_count: u32) -> Vec<Leaf> {
    let definitions = &outline.definitions;
    let opened: Vec<bool> = (0..definitions.len()).map(|i| opens(definitions, i)).collect();
    let reachable = |mut index: usize| {
        while let Some(parent) = definitions[index].parent {
            if parent >= index || !opened[parent] {
                return false;
            }
            index = parent;
        }
        true
    };
    // The border before each definition that is its own leaf or is opened, and the one after it.
    let mut owner: Vec<Option<usize>> = vec![None; line_count as usize + 1];
    for (index, definition) in definitions.iter().enumerate() {
        if !reachable(index) {
            continue;
        }
        let start = definition.lines.start.clamp(1, line_count);
        let end = definition.lines.end.clamp(start, line_count);
        // Children come after their parents, so the innermost one wins.
        for line in &mut owner[start as usize..=end as usize] {
            *line = Some(index);
        }
    }
    let mut out: Vec<Leaf> = Vec::new();
    for line in 1..=line_count {
        let now = owner[line as usize];
        let starts_here = now.is_some_and(|i| definitions[i].lines.start == line && !opened[i]);
        match out.last_mut() {
            Some(last) if last.definition == now.map(|i| i as u32) && !starts_here => {
                last.lines.end = line;
            }
            _ => out.push(Leaf {
                lines: LineRange { start: line, end: line },
                definition: now.map(|i| i as u32),
                parent: now.and_then(|i| if opened[i] { Some(i) } else { definitions[i].parent }),
            }),
        }
    }
    out
}

/// Whether a definition is cut at its members, rather than kept whole or cut into windows.
fn opens(definitions: &[Definition], index: usize) -> bool {
    let definition = &definitions[index];
    let lines = definition.lines.end.saturating_sub(definition.lines.start) + 1;
    if lines <= MAX_LINES {
        return false;
    }
    let container = matches!(
        definition.kind,
        DefinitionKind::Type
            | DefinitionKind::Interface
            | DefinitionKind::Implementation
            | DefinitionKind::Module
            | DefinitionKind::Section
    );
    let children = definitions[index + 1..]
        .iter()
        .take_while(|d| d.lines.start <= definition.lines.end)
        .any(|d| d.parent == Some(index) && d.lines.end > d.lines.start);
    children && (container || lines > 2 * MAX_LINES)
}

/// Merges leaves under [`MIN_LINES`] into the smaller neighbour of the same parent.
fn merge(leaves: Vec<Leaf>) -> Vec<Leaf> {
    let length = |leaf: &Leaf| leaf.lines.end - leaf.lines.start + 1;
    let mut out: Vec<Leaf> = Vec::with_capacity(leaves.len());
    for leaf in leaves {
        if let Some(last) = out.last_mut()
            && (last.parent == leaf.parent)
            && (length(last) < MIN_LINES || length(&leaf) < MIN_LINES)
            && length(last) + length(&leaf) <= MAX_LINES
        {
            if length(&leaf) > length(last) {
                last.definition = leaf.definition.or(last.definition);
            } else {
                last.definition = last.definition.or(leaf.definition);
            }
            last.lines.end = leaf.lines.end;
        } else {
            out.push(leaf);
        }
    }
    out
}

/// Cuts a long range of lines into windows at the best border near each [`WINDOW`] lines: after a blank
/// line first, then where the indentation is lowest.
fn windows(lines: LineRange, indentation: &impl Fn(u32) -> Option<usize>) -> Vec<LineRange> {
    let mut out = Vec::new();
    let mut start = lines.start;
    while lines.end - start + 1 > MAX_LINES {
        let low = start + WINDOW - 5;
        let high = (start + WINDOW + 6).min(lines.end - MIN_LINES + 1);
        let cut = (low..=high)
            .filter(|&line| indentation(line).is_some())
            .min_by_key(|&line| {
                let after_blank = line > lines.start && indentation(line - 1).is_none();
                let indent = indentation(line).unwrap_or(0);
                let distance = line.abs_diff(start + WINDOW);
                (!after_blank, indent, distance, line)
            })
            .unwrap_or(high);
        out.push(LineRange { start, end: cut - 1 });
        start = cut;
    }
    out.push(LineRange { start, end: lines.end });
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn definition(start: u32, end: u32, kind: DefinitionKind, parent: Option<usize>) -> Definition {
        Definition {
            name: format!("d{start}"),
            kind,
            receiver: None,
            lines: LineRange { start, end },
            signature: LineRange { start, end: start },
            doc: None,
            body: None,
            parent,
        }
    }

    fn spans(chunks: &[Chunk]) -> Vec<(u32, u32)> {
        chunks.iter().map(|u| (u.lines.start, u.lines.end)).collect()
    }

    #[test]
    fn a_long_class_is_cut_at_its_methods() {
        let outline = Outline {
            definitions: vec![
                definition(3, 60, DefinitionKind::Type, None),
                definition(10, 20, DefinitionKind::Method, Some(0)),
                definition(22, 40, DefinitionKind::Method, Some(0)),
                definition(42, 60, DefinitionKind::Method, Some(0)),
            ],
            ..Outline::default()
        };
        let chunks = chunks(&outline, 62, |_| Some(0));
        assert_eq!(spans(&chunks), [(1, 2), (3, 9), (10, 21), (22, 41), (42, 60), (61, 62)]);
        assert_eq!(chunks[2].defines, [1]);
        assert_eq!(chunks[1].defines, [0]);
    }

    #[test]
    fn small_neighbours_are_merged() {
        let constants = (0..4)
            .map(|i| definition(i * 2 + 1, i * 2 + 1, DefinitionKind::Constant, None))
            .collect();
        let outline = Outline { definitions: constants, ..Outline::default() };
        let chunks = chunks(&outline, 8, |_| Some(0));
        assert_eq!(spans(&chunks), [(1, 8)]);
        assert_eq!(chunks[0].defines, [0, 1, 2, 3]);
    }

    #[test]
    fn long_bodies_are_cut_at_blank_lines() {
        let outline = Outline {
            definitions: vec![definition(1, 40, DefinitionKind::Function, None)],
            ..Outline::default()
        };
        let chunks = chunks(&outline, 40, |line| (line != 15 && line != 30).then_some(4));
        assert_eq!(spans(&chunks), [(1, 15), (16, 30), (31, 40)]);
        assert!(chunks.iter().all(|u| u.definition == Some(0)));
    }

    proptest! {
        #[test]
        fn every_line_is_in_exactly_one_unit(
            ranges in proptest::collection::vec((1u32..120, 0u32..60, any::<bool>()), 0..20),
            line_count in 1u32..130,
            blanks in proptest::collection::vec(any::<bool>(), 131),
        ) {
            let mut definitions: Vec<Definition> = ranges.iter().map(|&(start, length, container)| {
                let kind = if container { DefinitionKind::Type } else { DefinitionKind::Function };
                definition(start, start + length, kind, None)
            }).collect();
            definitions.sort_by_key(|d| (d.lines.start, u32::MAX - d.lines.end));
            for i in 0..definitions.len() {
                definitions[i].parent = (0..i).rev().find(|&j| definitions[j].lines.end >= definitions[i].lines.end);
            }
            let outline = Outline { definitions, ..Outline::default() };
            let chunks = chunks(&outline, line_count, |l| (!blanks[l as usize]).then_some(l as usize % 5));
            let mut next = 1;
            for chunk in &chunks {
                prop_assert_eq!(chunk.lines.start, next);
                prop_assert!(chunk.lines.end >= chunk.lines.start);
                prop_assert!(chunk.lines.end - chunk.lines.start < MAX_LINES);
                next = chunk.lines.end + 1;
            }
            prop_assert_eq!(next, line_count + 1);
        }
    }
}
