//! The hunks between two texts, as `git diff -U0` prints them.

use std::ops::Range;

use imara_diff::sources::byte_lines;
use imara_diff::{Algorithm, Diff, InternedInput};
use select::Hunk;

use super::patches::{HUNKS, LINE, LINES};
use super::shared;

/// Bytes at the beginning of a text in which git looks for a zero, by which it knows what isn't text.
const BINARY_WITHIN: usize = 8_000;
/// The maximum size of a text in bytes, as git is told where it is run.
const TEXT: usize = 1 << 20;
/// Lines around what differs that are compared, too: git moves a hunk by at most so many where it can stand in several
/// places.
const AROUND: usize = 100;
/// The length in bytes to which git truncates a heading.
const HEADING: usize = 80;

/// Adds the hunks between the texts of the file at `path` to `hunks`, of which there are at most [`HUNKS`].
pub(super) fn add_hunks(path: &str, old: &[u8], new: &[u8], hunks: &mut Vec<Hunk>) {
    if is_binary(old) || is_binary(new) {
        return;
    }
    let (olds, news) = differing(old, new);
    let input = InternedInput::new(byte_lines(&old[olds.clone()]), byte_lines(&new[news]));
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_lines(&input);
    let lines_before = memchr::memchr_iter(b'\n', &old[..olds.start]).count();
    let (mut line, mut at, mut searched, mut heading) = (0, olds.start, 0, "".into());
    for hunk in diff.hunks().take(HUNKS.saturating_sub(hunks.len())) {
        let lines = |tokens: &[imara_diff::Token], range: Range<u32>| {
            let tokens = tokens[range.start as usize..range.end as usize].iter().take(LINES);
            tokens.map(|&token| text_of(input.interner[token])).collect()
        };
        let start = hunk.before.start as usize;
        at += input.before[line..start]
            .iter()
            .map(|&token| input.interner[token].len())
            .sum::<usize>();
        line = start;
        if let Some(found) = heading_in(&old[searched..at]) {
            heading = found;
        }
        searched = at;
        // Git says the line before, where nothing is removed.
        let first = lines_before + start + usize::from(!hunk.before.is_empty());
        hunks.push(Hunk {
            path: path.to_owned(),
            heading: heading.trim().to_owned(),
            old_start: u32::try_from(first).unwrap_or(u32::MAX),
            removed: lines(&input.before, hunk.before),
            added: lines(&input.after, hunk.after),
        });
    }
}

fn is_binary(text: &[u8]) -> bool {
    text.len() > TEXT || memchr::memchr(0, &text[..text.len().min(BINARY_WITHIN)]).is_some()
}

/// The whole lines of both texts that differ, with some around them.
fn differing(old: &[u8], new: &[u8]) -> (Range<usize>, Range<usize>) {
    let shared = shared::start(old, new);
    let start = memchr::memrchr(b'\n', &old[..shared]).map_or(0, |end| end + 1);
    let (olds, news) = (&old[start..], &new[start..]);
    let shared = shared::end(olds, news);
    // The line in which the shared bytes begin may be another.
    let end = &olds[olds.len() - shared..];
    let mut after = memchr::memchr(b'\n', end).map_or(&end[end.len()..], |at| &end[at + 1..]);
    for _ in 0..AROUND {
        let Some(at) = memchr::memchr(b'\n', after) else { break };
        after = &after[at + 1..];
    }
    let mut start_around = start;
    for _ in 0..AROUND {
        let before = old[..start_around].strip_suffix(b"\n").unwrap_or_default();
        start_around = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
    }
    (start_around..old.len() - after.len(), start_around..new.len() - after.len())
}

/// A line without its end.
pub(super) fn text_of(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    // A byte is for the mark.
    let line = String::from_utf8_lossy(&line[..line.len().min(LINE - 1)]);
    line.trim_end_matches('\r').to_owned()
}

/// The last of these lines that git takes for the beginning of a definition: it begins with a letter, `_` or `$`.
fn heading_in(mut text: &[u8]) -> Option<String> {
    while let Some(line) = text.strip_suffix(b"\n") {
        let start = memchr::memrchr(b'\n', line).map_or(0, |end| end + 1);
        let line = &line[start..];
        if line
            .first()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$'))
        {
            let line = &line[..line.len().min(HEADING)];
            // Git ends it before what isn't UTF-8, as half a character isn't.
            let valid = line.utf8_chunks().next().map_or("", |chunk| chunk.valid());
            return Some(valid.trim_end().to_owned());
        }
        text = &text[..text.len() - 1 - line.len()];
    }
    None
}
