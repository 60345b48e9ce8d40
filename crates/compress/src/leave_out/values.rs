//! What is ordinary in a column of values, and what isn't.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::BuildHasherDefault;

use rustc_hash::FxHasher;

/// In fewer values nothing is unusual.
const FEWEST: usize = 8;
/// A value that is there at most so often is rare where others are frequent.
const RARE: u32 = 3;
/// Values come in categories when there are on average at least so many of each.
const PER_CATEGORY: usize = 4;
/// Nor where more than one in so many values are.
const PER_RARE: usize = 16;
/// If more than one in so many values is rare, being rare says nothing; of numbers, which spread of
/// themselves, if more than one in so many is.
const RARE_SHARE: usize = 4;
const RARE_SHARE_OF_NUMBERS: usize = 10;
/// Nor where most values are less than so many times as frequent: that is chance.
const TIMES_AS_FREQUENT: u32 = 8;
/// A number lies outside when it is so many quartile distances away from the quartiles.
const FAR: f64 = 8.0;
/// So many of the numbers that lie outside are told, on each side.
const MOST_OUTSIDE: usize = 2;
/// Among numbers, so many values or percent of them may be none.
const FEW_OTHERS: usize = 2;
const OTHERS_PERCENT: usize = 5;
/// A column names its rows when so many percent of its values are words, and different.
const NAMES_PERCENT: usize = 90;
/// The most categories that a summary names.
const MOST_NAMED: usize = 4;

/// The indices of the values that are unusual among `values`: rare categories, and where all values
/// are different, numbers that lie far outside, rare shapes and rare places.
pub(super) fn unusual(values: &[&str]) -> Vec<usize> {
    let constant = || values.iter().all(|value| *value == values[0]);
    if values.len() < FEWEST || constant() {
        return Vec::new();
    }
    rare(values).unwrap_or_else(|| {
        let mut unusual = outside(values);
        let shapes: Vec<String> = values.iter().map(|value| shape(value)).collect();
        let shapes: Vec<&str> = shapes.iter().map(String::as_str).collect();
        unusual.extend(rare(&shapes).unwrap_or_default());
        if values.iter().all(|value| value.contains('/')) {
            let places: Vec<&str> = values.iter().map(|value| place(value)).collect();
            unusual.extend(rare(&places).unwrap_or_default());
        }
        unusual.sort_unstable();
        unusual.dedup();
        unusual
    })
}

/// The indices of rare categories; `None` where the values don't come in categories, or many of them
/// are rare.
fn rare(values: &[&str]) -> Option<Vec<usize>> {
    let counts = categories(values)?;
    let mut sorted: Vec<u32> = values.iter().map(|value| counts[value]).collect();
    let (_, usual, _) = sorted.select_nth_unstable(values.len() / 2);
    let is_rare = |value: &&str| {
        let count = counts[*value];
        count <= RARE
            && count as usize * PER_RARE <= values.len()
            && count * TIMES_AS_FREQUENT <= *usual
    };
    let rare: Vec<usize> = (0..values.len()).filter(|&index| is_rare(&values[index])).collect();
    let share = match numbers(values) {
        Some(_) => RARE_SHARE_OF_NUMBERS,
        None => RARE_SHARE,
    };
    (rare.len() * share <= values.len()).then_some(rare)
}

/// A value with every number in it written as one zero: `41d` and `7d` have the same shape.
fn shape(value: &str) -> String {
    let mut shape = String::with_capacity(value.len());
    for sign in value.chars() {
        match sign.is_ascii_digit() {
            true if shape.ends_with('0') => {}
            true => shape.push('0'),
            false => shape.push(sign),
        }
    }
    shape
}

/// The outermost two directories of a path.
fn place(path: &str) -> &str {
    let end = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0).nth(1);
    &path[..end.or_else(|| path.rfind('/')).unwrap_or(path.len())]
}

type Counts<'v> = HashMap<&'v str, u32, BuildHasherDefault<FxHasher>>;

/// How often each value is there, if the values come in categories.
fn categories<'v>(values: &[&'v str]) -> Option<Counts<'v>> {
    let most = values.len() / PER_CATEGORY;
    let mut counts = Counts::default();
    for value in values {
        *counts.entry(value).or_default() += 1;
        if counts.len() > most {
            return None;
        }
    }
    Some(counts)
}

/// The indices of the numbers that lie far outside the others. A few values, as the title of a
/// column, may be none.
fn outside(values: &[&str]) -> Vec<usize> {
    let Some((before, _, after)) = number(values[values.len() / 2]) else { return Vec::new() };
    let numbers: Vec<(f64, usize)> = values
        .iter()
        .enumerate()
        .filter_map(|(index, value)| {
            let (b, number, a) = number(value)?;
            (b == before && a == after).then_some((number, index))
        })
        .collect();
    let others = values.len() - numbers.len();
    if others > FEW_OTHERS && others * 100 > values.len() * OTHERS_PERCENT {
        return Vec::new();
    }
    let mut sorted: Vec<f64> = numbers.iter().map(|(number, _)| *number).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let (low, high) = (sorted[sorted.len() / 4], sorted[sorted.len() * 3 / 4]);
    let reach = (high - low) * FAR;
    let mut far: Vec<(f64, usize)> = numbers
        .into_iter()
        .map(|(number, index)| ((number - high).max(low - number), index))
        .filter(|(distance, _)| *distance > reach && reach > 0.0)
        .collect();
    far.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    far.truncate(2 * MOST_OUTSIDE);
    far.into_iter().map(|(_, index)| index).collect()
}

/// The first of `columns` that has a name for every row: words that are different in nearly all rows.
pub(super) fn names<'c, 'a>(columns: &'c [Vec<&'a str>]) -> Option<&'c [&'a str]> {
    columns.iter().map(Vec::as_slice).find(|column| {
        let mut different = column.to_vec();
        different.sort_unstable();
        different.dedup();
        let lettered = |value: &&&str| value.contains(|c: char| c.is_ascii_alphabetic());
        different.len() * 100 >= column.len() * NAMES_PERCENT
            && column.iter().filter(lettered).count() * 100 >= column.len() * NAMES_PERCENT
    })
}

/// Whether each of `values` is the one before with the next number in it, so that the first and the
/// last say them all.
pub(super) fn are_counted(values: &[&str]) -> bool {
    numbers(values).is_some_and(|numbers| numbers.windows(2).all(|two| two[0] + 1.0 == two[1]))
}

/// The number in each value, if all are numbers with the same letters around them.
fn numbers(values: &[&str]) -> Option<Vec<f64>> {
    let (before, _, after) = number(values.first()?)?;
    values
        .iter()
        .map(|value| {
            let (b, number, a) = number(value)?;
            (b == before && a == after).then_some(number)
        })
        .collect()
}

/// The number that a value holds, and what stands around it, which holds no digits.
fn number(value: &str) -> Option<(&str, f64, &str)> {
    let start = value.find(|c: char| c.is_ascii_digit())?;
    let rest = &value[start..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    if after.bytes().any(|b| b.is_ascii_digit()) || digits.len() > 18 {
        return None;
    }
    let number: f64 = digits.trim_end_matches('.').parse().ok()?;
    Some((&value[..start], number, after))
}

/// What `values` are, in a few words: the one that all are, a range of numbers, categories with
/// their counts, `<*>`.
pub(super) fn summary(values: &[&str]) -> String {
    let Some(first) = values.first() else { return String::new() };
    if values.iter().all(|value| value == first) {
        return (*first).to_owned();
    }
    if let Some(numbers) = numbers(values)
        && let Some((before, _, after)) = number(first)
    {
        let written = |wanted: f64| {
            let index = numbers.iter().position(|&number| number == wanted).unwrap_or(0);
            values[index][before.len()..values[index].len() - after.len()].to_owned()
        };
        let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        return format!("{before}<{}..{}>{after}", written(low), written(high));
    }
    let Some(counts) = categories(values).filter(|counts| counts.len() <= MOST_NAMED) else {
        return "<*>".to_owned();
    };
    let mut counts: Vec<(&str, u32)> = counts.into_iter().collect();
    counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut out = String::from("<");
    for (i, (value, count)) in counts.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}{value} {count}×", if i > 0 { ", " } else { "" });
    }
    out.push('>');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_categories_are_unusual() {
        let mut values = vec!["ok"; 60];
        values[17] = "suspended";
        assert_eq!(unusual(&values), [17]);
        assert_eq!(summary(&values), "<ok 59×, suspended 1×>");
    }

    #[test]
    fn what_is_rare_by_chance_is_ordinary() {
        // Numbers that come seven times on average, and one that comes three times.
        let number = |i: usize| if i % 57 == 5 && i > 150 { 6 } else { i % 57 };
        let spread: Vec<String> = (0..420).map(|i| format!("ms={}", number(i))).collect();
        let spread: Vec<&str> = spread.iter().map(String::as_str).collect();
        let counts = categories(&spread).unwrap();
        assert!(counts.values().any(|count| *count <= RARE));
        assert!(unusual(&spread).is_empty());
        let mut codes = vec!["200"; 400];
        codes.extend(["404", "500", "404"]);
        assert_eq!(unusual(&codes), [400, 401, 402]);
    }

    #[test]
    fn names_that_count_up() {
        assert!(are_counted(&["\"item-8\"", "\"item-9\"", "\"item-10\""]));
        assert!(!are_counted(&["item-8", "item-10"]));
        assert!(!are_counted(&["item-8", "entry-9"]));
    }

    #[test]
    fn values_that_are_all_different_are_ordinary() {
        let values: Vec<String> = (0..60).map(|i| format!("name-{i}x{i}")).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        assert!(unusual(&values).is_empty());
        assert_eq!(summary(&values), "<*>");
    }

    #[test]
    fn rare_shapes_and_places_are_unusual() {
        let mut ages: Vec<String> = (0..60).map(|i| format!("{i}d")).collect();
        ages[9] = "<invalid>".to_owned();
        let ages: Vec<&str> = ages.iter().map(String::as_str).collect();
        assert_eq!(unusual(&ages), [9]);
        let mut frames: Vec<String> = (0..60).map(|i| format!("/rustc/aa/x{i}.rs:{i}:1")).collect();
        frames[7] = "./src/ledger.rs:88:14".to_owned();
        let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
        assert_eq!(unusual(&frames), [7]);
    }

    #[test]
    fn numbers_far_outside_are_unusual() {
        let mut values: Vec<String> = (0..60).map(|i| format!("ms={}", 10 + i)).collect();
        values[3] = "ms=48211.07".to_owned();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        assert_eq!(unusual(&values), [3]);
        assert_eq!(summary(&values), "ms=<10..48211.07>");
    }
}
