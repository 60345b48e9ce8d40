//! Rows under the same columns, aligned or not.

use languages::Language;

use super::json::is_json;
use super::{KeptLines, TextKind, plain};
use crate::codecs::{Codec, Numbers, Rows};
use crate::detect::{Command, File, Sample};
use crate::elide::{Context, Draft, table};
use crate::lines::Lines;
use crate::words::{Columns, words};

/// A table is a listing if at least this percentage of its lines have the same number of words. By
/// hand, not measured.
const LISTING_PERCENT: usize = 90;

/// See the [module](self).
pub(super) struct Table;

impl TextKind for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn programs(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("apt", "list"),
            ("brew", "list"),
            ("docker", "images"),
            ("docker", "ps"),
            ("dpkg", ""),
            ("du", ""),
            ("git", "blame"),
            ("git", "ls-tree"),
            ("kubectl", "get"),
            ("last", ""),
            ("ll", ""),
            ("ls", ""),
            ("lsblk", ""),
            ("lsof", ""),
            ("mount", ""),
            ("netstat", ""),
            ("pip", "list"),
            ("pip3", "list"),
            ("ps", ""),
            ("ss", ""),
            ("systemctl", "list-units"),
            ("top", ""),
        ]
    }

    fn is_written_by(&self, command: &Command) -> bool {
        command.program == "find" && command.has("-ls")
    }

    fn is_in(&self, file: &File) -> bool {
        file.language == Language::Csv
    }

    fn agrees(&self, sample: &Sample) -> bool {
        !is_json(sample) && sample.lines().len() >= 3
    }

    fn looks_like(&self, sample: &Sample) -> Option<Language> {
        plain(is_table(sample))
    }

    /// Whether nearly all lines have the same number of words, so that none ends in free text.
    fn is_listing(&self, text: &str) -> bool {
        let counts = || text.lines().map(|line| words(line).count()).filter(|count| *count > 0);
        let mut sorted: Vec<usize> = counts().collect();
        sorted.sort_unstable();
        let Some(&usual) = sorted.get(sorted.len() / 2) else { return false };
        counts().filter(|count| *count == usual).count() * 100 >= sorted.len() * LISTING_PERCENT
    }

    fn may_be_cut(&self) -> bool {
        true
    }

    fn codecs<'k>(&self, kept: &'k KeptLines<'_>) -> Vec<Box<dyn Codec + 'k>> {
        vec![Box::new(Rows::columns(kept)), Box::new(Rows::words(kept)), Box::new(Numbers)]
    }

    fn draft(&self, lines: &Lines, _language: Language, context: &Context) -> Option<Draft> {
        table::draft(lines, context)
    }
}

/// Aligned columns: the rows of `ls -l` and `find -ls`, or words that begin at the same offsets
/// in most lines, with space between them.
fn is_table(sample: &Sample) -> bool {
    if sample.mostly(50, is_mode_row) {
        return true;
    }
    if sample.lines().len() < 5 {
        return false;
    }
    if Columns::marked(sample.lines().iter().copied()).is_some() {
        return true;
    }
    let mut starts: Vec<usize> = Vec::new();
    // Two starts that four fifths of the lines have each are together in three fifths of them.
    let mut may_lack = sample.lines().len() * 2 / 5;
    for line in sample.lines() {
        let before = starts.len();
        push_starts(line.as_bytes(), &mut starts);
        if starts.len() - before < 2 {
            let Some(left) = may_lack.checked_sub(1) else { return false };
            may_lack = left;
        }
    }
    starts.sort_unstable();
    let common =
        starts.chunk_by(|a, b| a == b).filter(|run| run.len() * 10 >= sample.lines().len() * 8);
    common.count() >= 2
}

/// Adds where words of `line` begin that have two blanks or more before them, but for the first word.
fn push_starts(line: &[u8], starts: &mut Vec<usize>) {
    /// Of a line's words so many are looked at. By hand, not measured.
    const MOST_WORDS: usize = 64;
    let (mut blanks, mut words, mut gap) = (memchr::memchr2_iter(b' ', b'\t', line), 0, 0..0);
    loop {
        let blank = blanks.next();
        if blank == Some(gap.end) {
            gap.end += 1;
            continue;
        }
        // Between two gaps is a word, and so may be before the first one.
        if words > 0 && gap.len() >= 2 && gap.end < line.len() {
            starts.push(gap.end);
        }
        words += 1;
        let Some(blank) = blank.filter(|_| words < MOST_WORDS) else { return };
        gap = blank..blank + 1;
    }
}

/// A row of `ls -l` or `find -ls`.
pub(crate) fn is_mode_row(line: &str) -> bool {
    line.split_ascii_whitespace().take(3).any(|word| {
        let mode = word.as_bytes();
        (10..=11).contains(&mode.len())
            && b"-dlbcps".contains(&mode[0])
            && mode[1..10].iter().all(|b| b"rwxsStT-".contains(b))
    })
}
