//! Anchors: what the task names outright — paths, lines, identifiers, quoted texts, flags.

use syntax::Outline;

use crate::corpus::{Corpus, SourceFile};
use crate::mention::PathAnchor;
use crate::survey::Surveyed;
use crate::task::Task;
use crate::unit::Unit;

/// Files that share a name beyond which a bare name points at none of them.
const AMBIGUOUS: usize = 6;

/// Whether `path` is the one that the anchor names: equal, or one the tail of the other at a `/`.
fn names(anchor: &PathAnchor, path: &str) -> bool {
    let tail = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|head| head.is_empty() || head.ends_with('/'))
    };
    tail(path, &anchor.path)
        || anchor.path.contains('/') && path.contains('/') && tail(&anchor.path, path)
}

/// Fills in [`Surveyed::anchor`]: 1.0 for a file that the task names, less where the name is shared
/// or is a folder's.
pub(crate) fn files(corpus: &Corpus, task: &Task, files: &mut [Surveyed]) {
    for anchor in &task.paths {
        let named: Vec<usize> =
            (0..files.len()).filter(|&at| names(anchor, &corpus.files[at].path)).collect();
        if !named.is_empty() && named.len() <= AMBIGUOUS {
            for &at in &named {
                files[at].anchor = f64::max(files[at].anchor, 1.0 / (named.len() as f64).sqrt());
            }
        } else if named.is_empty() && anchor.path.contains('/') {
            let folder = format!("/{}/", anchor.path);
            let inside: Vec<usize> = (0..files.len())
                .filter(|&at| format!("/{}", corpus.files[at].path).contains(&folder))
                .collect();
            for &at in &inside {
                let share = 0.5 / (inside.len() as f64).sqrt();
                files[at].anchor = f64::max(files[at].anchor, share);
            }
        }
    }
}

/// How strongly the task points into a file: per unit, the lines it names, the definitions whose
/// exact name it writes, and the texts that it quotes.
pub(crate) fn units(
    task: &Task,
    file: &SourceFile,
    outline: &Outline,
    units: &[Unit],
    out: &mut [f64],
) {
    for anchor in task.paths.iter().filter(|a| names(a, &file.path)) {
        if let Some(line) = anchor.line {
            let at = units.partition_point(|unit| unit.lines.end < line);
            if let Some(value) = out.get_mut(at) {
                *value += 1.0;
            }
        }
    }
    for (unit, value) in units.iter().zip(out.iter_mut()) {
        let defines = unit.defines.iter().map(|&d| &outline.definitions[d as usize].name);
        let whole = unit.definition.map(|d| &outline.definitions[d as usize].name);
        let exact = defines.chain(whole).any(|name| {
            let name = name.rsplit([':', '.']).next().unwrap_or(name);
            task.identifiers.binary_search_by(|id| id.as_str().cmp(name)).is_ok()
        });
        if exact {
            *value += 1.0;
        }
    }
    if task.quotes.is_empty() && task.flags.is_empty() {
        return;
    }
    for (line, text) in (1_u32..).zip(file.text.split_inclusive('\n')) {
        let flag = |flag: &String| {
            text.match_indices(flag.as_str()).any(|(at, _)| {
                let next = text[at + flag.len()..].chars().next();
                next.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '-')
            })
        };
        let quoted = task.quotes.iter().any(|quote| text.contains(quote.as_str()));
        if quoted || task.flags.iter().any(flag) {
            let at = units.partition_point(|unit| unit.lines.end < line);
            if let Some(value) = out.get_mut(at) {
                *value = f64::max(*value, if quoted { 1.0 } else { 0.5 });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_by_its_tail_or_from_elsewhere() {
        let anchor = |path: &str| PathAnchor { path: path.into(), line: None };
        assert!(names(&anchor("token.rs"), "src/auth/token.rs"));
        assert!(names(&anchor("auth/token.rs"), "src/auth/token.rs"));
        assert!(names(&anchor("srv/app/src/auth/token.rs"), "src/auth/token.rs"));
        assert!(!names(&anchor("oken.rs"), "src/auth/token.rs"));
        assert!(!names(&anchor("other/README.md"), "README.md"));
    }
}
