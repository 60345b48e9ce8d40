//! Patches of single commits, parsed from `diff-tree -p -U0`.

use std::collections::HashMap;
use std::io::{self, BufRead, Read};

use select::{Hunk, Patch};

use crate::git::{Git, GitError, is_object_id};

/// The maximum number of hunks of a commit; further ones are dropped. By hand.
const HUNKS: usize = 400;
/// The maximum number of removed lines, and of added lines, of a hunk. By hand.
const LINES: usize = 400;
/// The length in bytes to which lines are truncated. By hand.
const LINE: u64 = 1_000;

pub(super) fn read(git: &Git, commits: &[&str]) -> Result<Vec<Patch>, GitError> {
    let ids: Vec<&str> = commits.iter().copied().filter(|id| is_object_id(id)).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let arguments = [
        "diff-tree",
        "--stdin",
        "-r",
        "-p",
        "-U0",
        // As in the history: ids that aren't read needn't be abbreviated.
        "--full-index",
        "--no-renames",
        "--no-ext-diff",
        "--no-textconv",
        "--no-color",
        "--ignore-submodules=all",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        "--diff-algorithm=default",
    ];
    let patches = match git.runner.run(&arguments, &ids, |out| Parser::new(git).run(out)) {
        // A partial clone may lack the blobs of one commit and have those of the others.
        Err(GitError::Failed(_)) if ids.len() > 1 => {
            let (first, second) = ids.split_at(ids.len() / 2);
            return Ok([read(git, first)?, read(git, second)?].concat());
        }
        Err(GitError::Failed(_)) => Vec::new(),
        patches => patches?,
    };
    let mut by_id: HashMap<String, Patch> =
        patches.into_iter().map(|patch| (patch.commit.clone(), patch)).collect();
    Ok(ids.iter().filter_map(|&id| by_id.remove(id)).map(redact).collect())
}

/// Parses patches line by line. The number of lines of a hunk is known from its header, so that no line of a
/// file is mistaken for a header.
struct Parser<'g> {
    git: &'g Git,
    patches: Vec<Patch>,
    /// The paths after `--- a/` and `+++ b/`, relative to the root; `None` for `/dev/null`, and for paths outside
    /// the root.
    before: Option<String>,
    after: Option<String>,
    /// The removed and added lines of the current hunk that are still to come.
    removed: usize,
    added: usize,
    /// Whether the current hunk is kept.
    kept: bool,
}

impl<'g> Parser<'g> {
    fn new(git: &'g Git) -> Self {
        Self {
            git,
            patches: Vec::new(),
            before: None,
            after: None,
            removed: 0,
            added: 0,
            kept: false,
        }
    }

    fn run(mut self, out: &mut impl BufRead) -> io::Result<Vec<Patch>> {
        let mut line = Vec::new();
        while read_line(out, &mut line)? {
            if self.removed + self.added > 0 {
                self.body(&line);
            } else {
                self.header(&line);
            }
        }
        Ok(self.patches)
    }

    fn body(&mut self, line: &[u8]) {
        let Some((mark, text)) = line.split_first() else { return };
        let left = match mark {
            b'-' => &mut self.removed,
            b'+' => &mut self.added,
            _ => return,
        };
        *left = left.saturating_sub(1);
        if !self.kept {
            return;
        }
        let hunk = self.patches.last_mut().and_then(|patch| patch.hunks.last_mut());
        if let Some(hunk) = hunk {
            let lines = if *mark == b'-' { &mut hunk.removed } else { &mut hunk.added };
            if lines.len() < LINES {
                lines.push(String::from_utf8_lossy(text).trim_end_matches('\r').to_owned());
            }
        }
    }

    fn header(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        if let Some(path) = text.strip_prefix("--- ") {
            self.before = self.path(path, "a/");
        } else if let Some(path) = text.strip_prefix("+++ ") {
            self.after = self.path(path, "b/");
        } else if let Some(hunk) = text.strip_prefix("@@ ") {
            self.hunk(hunk);
        } else if is_object_id(&text) {
            self.patches.push(Patch { commit: text.into_owned(), hunks: Vec::new() });
        } else if text.starts_with("diff --git ") {
            (self.before, self.after) = (None, None);
        }
    }

    /// `-12,3 +12 @@ heading`
    fn hunk(&mut self, header: &str) {
        let (ranges, heading) = header.split_once(" @@").unwrap_or((header, ""));
        let (old, new) = ranges.split_once(' ').unwrap_or((ranges, ""));
        let (old_start, removed) = range(old);
        (self.removed, self.added) = (removed, range(new).1);
        let path = self.after.as_ref().or(self.before.as_ref());
        let patch = self.patches.last_mut().filter(|patch| patch.hunks.len() < HUNKS);
        self.kept = path.is_some() && patch.is_some();
        if let (Some(path), Some(patch)) = (path, patch) {
            patch.hunks.push(Hunk {
                path: path.clone(),
                old_start,
                heading: heading.trim().to_owned(),
                removed: Vec::new(),
                added: Vec::new(),
            });
        }
    }

    /// The path in a header, relative to the root. Git quotes names with `"`, `\` or control characters; files
    /// with control characters in their names aren't read, so only the first two are unquoted.
    fn path(&self, name: &str, side: &str) -> Option<String> {
        let name = match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
            Some(quoted) => unquote(quoted)?,
            // Git prints a tab after a name that contains a blank.
            None => name.strip_suffix('\t').unwrap_or(name).to_owned(),
        };
        self.git.inside(name.strip_prefix(side)?.as_bytes())
    }
}

/// The first line and the number of lines of `-12,3` or `+12` (one line).
fn range(range: &str) -> (u32, usize) {
    let (start, count) = range.split_once(',').unwrap_or((range, "1"));
    (start.trim_start_matches(['-', '+']).parse().unwrap_or(0), count.parse().unwrap_or(0))
}

fn unquote(quoted: &str) -> Option<String> {
    let mut name = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => name.push(chars.next().filter(|c| matches!(c, '"' | '\\'))?),
            c => name.push(c),
        }
    }
    Some(name)
}

/// Reads a line without its end, keeping its first [`LINE`] bytes; false at the end.
fn read_line(out: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    out.by_ref().take(LINE).read_until(b'\n', line)?;
    let any = !line.is_empty();
    if line.pop_if(|last| *last == b'\n').is_none() && any {
        out.skip_until(b'\n')?;
    }
    Ok(any)
}

fn redact(mut patch: Patch) -> Patch {
    for hunk in &mut patch.hunks {
        hunk.heading = secrets::redact(&hunk.heading).text.into_owned();
        redact_lines(&mut hunk.removed);
        redact_lines(&mut hunk.added);
    }
    patch
}

/// Redacts lines as one text, because a key may extend over several.
fn redact_lines(lines: &mut Vec<String>) {
    let text = lines.join("\n");
    let redacted = secrets::redact(&text);
    if !redacted.findings.is_empty() {
        *lines = redacted.text.split('\n').map(str::to_owned).collect();
    }
}
