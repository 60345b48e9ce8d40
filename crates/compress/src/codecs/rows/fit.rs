//! Derives the pattern that the lines of one class share, and the cells of each line.

use super::pattern::{Align, Field, Item, Pattern, Rule};
use crate::codecs::directory;
use crate::words::Words;

/// A field is written empty where it repeats the row above, if it does in at least this percentage
/// of the rows. By hand, not measured.
const REPEATED_PERCENT: usize = 40;

/// The pattern of a class, without rules yet, and the cells of its lines.
pub(super) struct Fit<'a> {
    pub pattern: Pattern,
    /// The cells of each line.
    pub cells: Vec<Vec<&'a str>>,
}

/// How the blanks before a word are explained.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// The same number in all lines.
    Constant,
    /// The word is right-aligned to this width.
    Right(usize),
    /// The word before it is left-aligned to this width.
    Left(usize),
    /// Neither: they are part of the cell.
    Own,
}

impl<'a> Fit<'a> {
    /// The pattern of `lines`, which have the same number of words; `None` if their trailing blanks
    /// differ. `whole`: no word is split.
    pub(super) fn of(lines: &[Words<'a>], whole: bool) -> Option<Self> {
        let count = lines.first()?.len();
        let mut gaps: Vec<Gap> = Vec::with_capacity(count + 1);
        for index in 0..=count {
            let padded_left = matches!(gaps.last(), Some(Gap::Constant | Gap::Left(_)));
            gaps.push(gap(lines, index, padded_left));
        }
        if gaps[count] != Gap::Constant {
            return None;
        }
        let pattern = Pattern::default();
        let mut fit = Self { pattern, cells: vec![Vec::new(); lines.len()] };
        for index in 0..count {
            fit.word(lines, index, (gaps[index], gaps[index + 1]), whole);
        }
        fit.pattern.push_literal(lines[0].gap(count));
        Some(fit)
    }

    /// Adds the word at `index`, with the blanks `before` and `after` it.
    fn word(
        &mut self,
        lines: &[Words<'a>],
        index: usize,
        (before, after): (Gap, Gap),
        whole: bool,
    ) {
        let word = |line: &Words<'a>| match before {
            Gap::Own => line.word_with_gap(index),
            _ => line.word(index),
        };
        let values: Vec<&str> = lines.iter().map(word).collect();
        let align = match (before, after) {
            (Gap::Right(width), _) => {
                // A word wider than its column is still followed by one blank.
                let least = usize::from(index > 0);
                self.pattern.push_literal(&" "[..least]);
                Align::Right((width - least) as u16)
            }
            (_, Gap::Left(width)) => Align::Left(width as u16),
            _ => Align::None,
        };
        if before == Gap::Constant {
            self.pattern.push_literal(lines[0].gap(index));
        }
        let (first, same) = (values[0], values.iter().all(|value| *value == values[0]));
        if same && align == Align::None {
            return self.pattern.push_literal(first);
        }
        let may_cut = align == Align::None && !whole;
        let (prefix, suffix) = if may_cut { affixes(&values) } else { (0, 0) };
        self.pattern.push_literal(&first[..prefix]);
        self.pattern.items.push(Item::Field(Field { align, rule: Rule::Plain }));
        self.pattern.push_literal(&first[first.len() - suffix..]);
        for (cells, value) in self.cells.iter_mut().zip(values) {
            cells.push(&value[prefix..value.len() - suffix]);
        }
    }
}

/// How the blanks before the word at `index` are explained; for the index after the last word, the
/// blanks at the end.
fn gap(lines: &[Words], index: usize, may_pad_left: bool) -> Gap {
    let first = lines[0].gap(index);
    if lines.iter().all(|line| line.gap(index) == first) {
        return Gap::Constant;
    }
    let spaces = |gap: &str| gap.bytes().all(|b| b == b' ').then_some(gap.len());
    let width = |word: &str| word.chars().count();
    let aligned = |least: usize, word: &dyn Fn(&Words) -> usize| {
        let total = |line: &Words| Some(spaces(line.gap(index))? + word(line));
        let widths: Option<Vec<(usize, usize)>> =
            lines.iter().map(|line| Some((total(line)?, line.gap(index).len()))).collect();
        let widths = widths?;
        let narrow = widths.iter().filter(|(_, gap)| *gap > least).map(|(total, _)| *total);
        let width = narrow.clone().min()?;
        let fits =
            |&(total, gap): &(usize, usize)| total == width || (gap == least && total > width);
        (widths.iter().all(fits) && width < usize::from(u16::MAX)).then_some(width)
    };
    if index < lines[0].len()
        && let Some(width) = aligned(usize::from(index > 0), &|line| width(line.word(index)))
    {
        return Gap::Right(width);
    }
    if may_pad_left
        && index > 0
        && let Some(width) = aligned(1, &|line| width(line.word(index - 1)))
    {
        return Gap::Left(width);
    }
    Gap::Own
}

/// The lengths of the common prefix and suffix of `values`, in bytes, up to natural boundaries.
fn affixes(values: &[&str]) -> (usize, usize) {
    let first = values[0];
    let (mut prefix, mut suffix) = (first.len(), first.len());
    for value in values {
        let begins = first.bytes().zip(value.bytes());
        prefix = prefix.min(begins.take_while(|(a, b)| a == b).count());
        let ends = first.bytes().rev().zip(value.bytes().rev());
        suffix = suffix.min(ends.take_while(|(a, b)| a == b).count());
    }
    let cut = |sign: char| !sign.is_alphanumeric() && sign != '_';
    // A name keeps its extension, so that it can be searched for.
    let extends = |at: usize| {
        first[at..].strip_prefix('.').is_some_and(|rest| rest.starts_with(char::is_alphabetic))
    };
    let prefix = first[..first.floor_char_boundary(prefix)]
        .rmatch_indices(cut)
        .find(|(at, _)| !extends(*at))
        .map_or(0, |(at, sign)| at + sign.len());
    let shortest = values.iter().map(|value| value.len()).min().unwrap_or(0);
    let start = first.ceil_char_boundary(first.len() - suffix.min(shortest - prefix));
    let unit = |sign: char| !sign.is_ascii_digit();
    // After digits a unit may begin with a letter: `12ms`, `4kB`.
    let numbers = values.iter().all(|value| {
        value[prefix..value.len() - (first.len() - start)].bytes().all(|b| b.is_ascii_digit())
    });
    let ends = first[start..].char_indices().map(|(at, sign)| (start + at, sign));
    let begins = match numbers {
        true => ends.clone().find(|(_, sign)| unit(*sign)),
        false => ends.clone().find(|(at, sign)| cut(*sign) && !extends(*at)),
    };
    (prefix, begins.map_or(0, |(at, _)| first.len() - at))
}

/// For each field of `pattern`, the rule that makes the cells of `rows` shortest. `whole`: a cell
/// stands as it is, or repeats the row above.
pub(super) fn rules(pattern: &mut Pattern, rows: &mut [Vec<&str>], whole: bool) {
    let mut column = 0;
    for item in &mut pattern.items {
        let Item::Field(field) = item else { continue };
        field.rule = rule(rows, column, whole);
        if matches!(field.rule, Rule::Count(_)) {
            rows.iter_mut().for_each(|cells| {
                cells.remove(column);
            });
        } else {
            column += 1;
        }
    }
}

fn rule(rows: &[Vec<&str>], column: usize, whole: bool) -> Rule {
    let cells = || rows.iter().map(|row| row[column]);
    let pairs = || cells().zip(cells().skip(1));
    let count = rows.len().saturating_sub(1);
    if let Some(first) = counted_from(cells()).filter(|_| !whole) {
        return Rule::Count(first);
    }
    let repeated = pairs().filter(|(above, cell)| above == cell).count();
    if repeated * 100 >= count * REPEATED_PERCENT && cells().all(|cell| !cell.is_empty()) {
        return Rule::Repeat;
    }
    if whole {
        return Rule::Plain;
    }
    let shared = pairs()
        .filter(|(above, cell)| directory(above) == directory(cell) && directory(cell).len() > 2)
        .count();
    if shared * 100 >= count * REPEATED_PERCENT && cells().all(|cell| !cell.starts_with("./")) {
        return Rule::Directory;
    }
    Rule::Plain
}

/// The first of consecutive numbers.
fn counted_from<'c>(mut cells: impl Iterator<Item = &'c str>) -> Option<u64> {
    let first: u64 = cells.next()?.parse().ok()?;
    let mut next = first;
    let plain = |cell: &str| cell.parse::<u64>().ok().filter(|n| n.to_string() == cell);
    cells
        .all(|cell| {
            next += 1;
            plain(cell) == Some(next)
        })
        .then_some(first)
        .filter(|first| first.checked_add(u64::from(u32::MAX)).is_some())
}
