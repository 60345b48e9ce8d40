//! Explicit mentions: paths, lines, identifiers, quoted texts and flags that the task names.

use syntax::Outline;

use crate::chunk::Chunk;
use crate::corpus::{Corpus, SourceFile};
use crate::mention::PathMention;
use crate::survey::Surveyed;
use crate::task::Mentions;

/// The most files that a mention may fit: one that fits more is evidence for none of them. By hand.
const AMBIGUOUS: usize = 6;

/// Whether `path` is the one that the mention names: equal, or one the tail of the other at a `/`.
fn names(mention: &PathMention, path: &str) -> bool {
    let tail = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|head| head.is_empty() || head.ends_with('/'))
    };
    tail(path, &mention.path)
        || mention.path.contains('/') && path.contains('/') && tail(&mention.path, path)
}

/// Fills in [`Surveyed::mention`]: 1.0 for a file that the task names, less where the name is shared
/// or is a folder's.
pub(crate) fn files(corpus: &Corpus, mentions: &Mentions, files: &mut [Surveyed]) {
    for mention in &mentions.paths {
        let named: Vec<usize> =
            (0..files.len()).filter(|&at| names(mention, &corpus.files[at].path)).collect();
        if !named.is_empty() && named.len() <= AMBIGUOUS {
            for &at in &named {
                files[at].mention = f64::max(files[at].mention, 1.0 / (named.len() as f64).sqrt());
            }
        } else if named.is_empty() && mention.path.contains('/') {
            let folder = format!("/{}/", mention.path);
            let inside: Vec<usize> = (0..files.len())
                .filter(|&at| format!("/{}", corpus.files[at].path).contains(&folder))
                .collect();
            for &at in &inside {
                let share = 0.5 / (inside.len() as f64).sqrt();
                files[at].mention = f64::max(files[at].mention, share);
            }
        }
    }
}

/// Adds to each chunk of a file how strongly the task mentions it: its lines, the exact names of its
/// definitions, the texts that the task quotes.
pub(crate) fn chunks(
    mentions: &Mentions,
    file: &SourceFile,
    outline: &Outline,
    chunks: &[Chunk],
    out: &mut [f64],
) {
    for mention in mentions.paths.iter().filter(|a| names(a, &file.path)) {
        if let Some(line) = mention.line {
            let at = chunks.partition_point(|chunk| chunk.lines.end < line);
            if let Some(value) = out.get_mut(at) {
                *value += 1.0;
            }
        }
    }
    for (chunk, value) in chunks.iter().zip(out.iter_mut()) {
        let defines = chunk.defines.iter().map(|&d| &outline.definitions[d as usize].name);
        let whole = chunk.definition.map(|d| &outline.definitions[d as usize].name);
        let exact = defines.chain(whole).any(|name| {
            let name = name.rsplit([':', '.']).next().unwrap_or(name);
            mentions.identifiers.binary_search_by(|id| id.as_str().cmp(name)).is_ok()
        });
        if exact {
            *value += 1.0;
        }
    }
    if mentions.quotes.is_empty() && mentions.flags.is_empty() {
        return;
    }
    for (line, text) in (1_u32..).zip(file.text.split_inclusive('\n')) {
        let flag = |flag: &String| {
            text.match_indices(flag.as_str()).any(|(at, _)| {
                let next = text[at + flag.len()..].chars().next();
                next.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '-')
            })
        };
        let quoted = mentions.quotes.iter().any(|quote| text.contains(quote.as_str()));
        if quoted || mentions.flags.iter().any(flag) {
            let at = chunks.partition_point(|chunk| chunk.lines.end < line);
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
        let mention = |path: &str| PathMention { path: path.into(), line: None };
        assert!(names(&mention("token.rs"), "src/auth/token.rs"));
        assert!(names(&mention("auth/token.rs"), "src/auth/token.rs"));
        assert!(names(&mention("srv/app/src/auth/token.rs"), "src/auth/token.rs"));
        assert!(!names(&mention("oken.rs"), "src/auth/token.rs"));
        assert!(!names(&mention("other/README.md"), "README.md"));
    }
}
