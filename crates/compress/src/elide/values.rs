//! Statistics of a column of values: categories, ranges, and outliers.

use std::fmt::Write as _;
use std::hash::Hash;
use std::sync::OnceLock;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

/// With fewer values nothing is unusual. By hand, not measured.
const FEWEST: usize = 8;
/// A value with at most this many occurrences is rare, if others are frequent. By hand, not
/// measured.
const RARE: u32 = 3;
/// Values are categories if each has at least this many occurrences on average. By hand, not
/// measured.
const PER_CATEGORY: usize = 4;
/// They aren't if more than one in this many values is distinct. By hand, not measured.
const PER_RARE: usize = 16;
/// If more than one in this many values is rare, rarity is no signal; for numbers, which vary
/// anyway, the second limit applies. By hand, not measured.
const RARE_SHARE: usize = 4;
const RARE_SHARE_OF_NUMBERS: usize = 10;
/// Nor is it if most values are less than this many times as frequent: that is chance. By hand, not
/// measured.
const TIMES_AS_FREQUENT: u32 = 8;
/// A number is an outlier if it is more than this many interquartile ranges away from the
/// quartiles. By hand, not measured.
const FAR: f64 = 8.0;
/// The most outliers that are kept, on each side. By hand, not measured.
const MOST_OUTSIDE: usize = 2;
/// The number, or percentage, of values in a numeric column that may not be numbers. By hand, not
/// measured.
const FEW_OTHERS: usize = 2;
const OTHERS_PERCENT: usize = 5;
/// A column names its rows if at least this percentage of its values are words, and distinct. By
/// hand, not measured.
const NAMES_PERCENT: usize = 90;
/// The most categories that a summary lists. By hand, not measured.
const MOST_NAMED: usize = 4;
/// Longer runs of digits are identifiers. Any shorter one fits 64 bits.
const MOST_DIGITS: usize = 18;

/// The values of a column, with their statistics.
#[derive(Debug, Default)]
pub(super) struct Values<'a> {
    all: Vec<&'a str>,
    /// The number in each, if all are numbers with the same text around them.
    numbers: OnceLock<Option<Vec<f64>>>,
    /// `None` if the values aren't categories.
    categories: OnceLock<Option<Categories>>,
}

/// The distinct values.
#[derive(Debug)]
struct Categories {
    /// The category of each value.
    of_value: Vec<u32>,
    /// For each category, its first value and its count.
    counts: Vec<(u32, u32)>,
}

impl Categories {
    /// The categories of `values`; `None` if there are more than one per this many values.
    fn of<V: Hash + Eq + Copy>(values: impl ExactSizeIterator<Item = V>) -> Option<Self> {
        let most = (values.len() / PER_CATEGORY).max(1);
        let mut known: FxHashMap<V, u32> = FxHashMap::default();
        let mut counts: Vec<(u32, u32)> = Vec::new();
        let mut of_value: Vec<u32> = Vec::with_capacity(values.len());
        let mut before: Option<(V, u32)> = None;
        for (index, value) in values.enumerate() {
            let category = match before {
                Some((same, category)) if same == value => category,
                _ => *known.entry(value).or_insert(counts.len() as u32),
            };
            before = Some((value, category));
            if category as usize == counts.len() {
                counts.push((index as u32, 0));
            }
            if counts.len() > most {
                return None;
            }
            counts[category as usize].1 += 1;
            of_value.push(category);
        }
        Some(Self { of_value, counts })
    }

    /// The only category of so many equal values.
    fn of_one(values: usize) -> Self {
        let counts = if values > 0 { vec![(0, values as u32)] } else { Vec::new() };
        Self { of_value: vec![0; values], counts }
    }

    /// How many values equal the value at `index`.
    fn count(&self, index: usize) -> u32 {
        self.counts[self.of_value[index] as usize].1
    }

    /// The indices of values that are rare while most are frequent.
    fn rare(&self) -> Vec<usize> {
        let values = self.of_value.len();
        if self.counts.iter().all(|(_, count)| *count > RARE) {
            return Vec::new();
        }
        let mut sorted: Vec<u32> = (0..values).map(|index| self.count(index)).collect();
        let (_, usual, _) = sorted.select_nth_unstable(values / 2);
        let is_rare = |index: &usize| {
            let count = self.count(*index);
            count <= RARE
                && count as usize * PER_RARE <= values
                && count * TIMES_AS_FREQUENT <= *usual
        };
        (0..values).filter(is_rare).collect()
    }
}

impl<'a> Values<'a> {
    pub(super) fn new(all: Vec<&'a str>) -> Self {
        Self { all, ..Self::default() }
    }

    pub(super) fn as_slice(&self) -> &[&'a str] {
        &self.all
    }

    /// The indices of the unusual values: rare categories and rare numeric outliers, and if the values
    /// aren't categories, rare shapes and rare directories.
    pub(super) fn unusual(&self) -> Vec<usize> {
        let values = &self.all;
        if values.len() < FEWEST {
            return Vec::new();
        }
        if let Some(categories) = self.categories()
            && let Some(mut unusual) = self.rare(categories)
        {
            // Numbers of a narrow range recur, and are categories, which none is rare among enough.
            let outside = self.outside().into_iter();
            unusual.extend(outside.filter(|&index| categories.count(index) <= RARE));
            unusual.sort_unstable();
            unusual.dedup();
            return unusual;
        }
        if let Some(functions) = self.functions() {
            let categories = Categories::of(functions.iter());
            return categories.and_then(|found| self.rare(&found)).unwrap_or_default();
        }
        let mut unusual = self.outside();
        let rare = |categories: Option<Categories>| categories.and_then(|found| self.rare(&found));
        let mut shapes = Shapes::default();
        let shapes = values.iter().map(|value| shapes.of(value));
        unusual.extend(rare(Categories::of(shapes)).unwrap_or_default());
        if values.iter().all(|value| value.contains('/')) {
            let places = values.iter().map(|value| place(value));
            unusual.extend(rare(Categories::of(places)).unwrap_or_default());
        }
        unusual.sort_unstable();
        unusual.dedup();
        unusual
    }

    /// A short description: the constant value, a range of numbers, categories with their counts,
    /// or `<*>`.
    pub(super) fn summary(&self) -> String {
        let Some(first) = self.all.first() else { return String::new() };
        let categories = self.categories();
        if categories.is_some_and(|categories| categories.counts.len() == 1) {
            return (*first).to_owned();
        }
        if let Some(numbers) = self.numbers()
            && let Some((before, _, after)) = number(first)
        {
            let written = |wanted: f64| {
                let index = numbers.iter().position(|&number| number == wanted).unwrap_or(0);
                let value = self.all[index];
                value[before.len()..value.len() - after.len()].to_owned()
            };
            let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
            let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            return format!("{before}<{}..{}>{after}", written(low), written(high));
        }
        if let Some(functions) = self.functions() {
            let categories = Categories::of(functions.iter());
            let few = categories.filter(|categories| categories.counts.len() <= MOST_NAMED);
            return few.map_or_else(|| "<*>".to_owned(), |few| counted(&few, &functions) + "(<*>)");
        }
        match categories.filter(|categories| categories.counts.len() <= MOST_NAMED) {
            Some(categories) => counted(categories, &self.all),
            None => "<*>".to_owned(),
        }
    }

    /// Whether all values are equal.
    pub(super) fn are_same(&self) -> bool {
        self.all.windows(2).all(|two| is_same(two[0], two[1]))
    }

    /// Whether the values say what their lines are about: a few recurring words, numbers with a
    /// name before them, or calls of a few functions.
    pub(super) fn describe(&self) -> bool {
        let is_word = |value: &str| value.contains(char::is_alphabetic);
        let of_few = self.categories().is_some_and(|categories| {
            categories.counts.len() <= MOST_NAMED
                && categories.counts.iter().any(|(first, _)| is_word(self.all[*first as usize]))
        });
        let is_named = |value: &&str| {
            number(value)
                .is_some_and(|(before, ..)| is_word(before) && before.ends_with(['=', ':']))
        };
        of_few
            || (self.all.first().is_some_and(is_named) && self.numbers().is_some())
            || self.functions().is_some_and(|functions| {
                let different: FxHashSet<&str> = functions.into_iter().collect();
                different.len() <= MOST_NAMED
            })
    }

    /// The functions, if the values are calls with addresses as arguments, as in the stack traces of
    /// Go: `worker.(*Pool).run(0xc000002a000)`.
    fn functions(&self) -> Option<Vec<&'a str>> {
        let function = |value: &&'a str| {
            let (function, arguments) = value.rsplit_once('(')?;
            arguments.starts_with("0x").then_some(function)
        };
        self.all.iter().map(function).collect()
    }

    /// Whether the values count up by one, so that the first and the last imply the others.
    pub(super) fn are_counted(&self) -> bool {
        let numbers = self.numbers();
        numbers.is_some_and(|numbers| numbers.windows(2).all(|two| two[0] + 1.0 == two[1]))
    }

    /// Whether the values name their rows: words, nearly all of them distinct.
    fn are_names(&self) -> bool {
        let all = &self.all;
        let is_most = |distinct: usize| distinct * 100 >= all.len() * NAMES_PERCENT;
        if self.categories().is_some_and(|categories| !is_most(categories.counts.len())) {
            return false;
        }
        let lettered = |value: &&&str| value.bytes().any(|b| b.is_ascii_alphabetic());
        let are_words = all.iter().filter(lettered).count() * 100 >= all.len() * NAMES_PERCENT;
        are_words && {
            let mut different: FxHashSet<&str> =
                FxHashSet::with_capacity_and_hasher(all.len(), FxBuildHasher);
            different.extend(all);
            is_most(different.len())
        }
    }

    /// The indices of the values for which `is` holds; it is evaluated once per category.
    pub(super) fn which(&self, is: impl Fn(&str) -> bool) -> Vec<usize> {
        let indices = 0..self.all.len();
        match self.categories() {
            Some(Categories { of_value, counts }) => {
                let each: Vec<bool> =
                    counts.iter().map(|(first, _)| is(self.all[*first as usize])).collect();
                indices.filter(|&index| each[of_value[index] as usize]).collect()
            }
            None => indices.filter(|&index| is(self.all[index])).collect(),
        }
    }

    fn categories(&self) -> Option<&Categories> {
        // Most columns of a template are one word.
        let of = || match self.are_same() {
            true => Some(Categories::of_one(self.all.len())),
            false => Categories::of(self.all.iter()),
        };
        self.categories.get_or_init(of).as_ref()
    }

    fn numbers(&self) -> Option<&[f64]> {
        let read = || {
            let like = number(self.all.first()?)?;
            self.all.iter().map(|value| number_like(value, like)).collect()
        };
        self.numbers.get_or_init(read).as_deref()
    }

    /// The values in rare categories; `None` if there are many, so that rarity is no signal.
    fn rare(&self, categories: &Categories) -> Option<Vec<usize>> {
        if categories.counts.len() == 1 {
            return Some(Vec::new());
        }
        let rare = categories.rare();
        let share = match self.numbers() {
            Some(_) => RARE_SHARE_OF_NUMBERS,
            None => RARE_SHARE,
        };
        (rare.len() * share <= self.all.len()).then_some(rare)
    }

    /// The indices of numeric outliers. A few values, such as the title of a column, may not be
    /// numbers.
    fn outside(&self) -> Vec<usize> {
        let values = &self.all;
        let Some(like) = number(values[values.len() / 2]) else { return Vec::new() };
        let numbers: Vec<(f64, usize)> = match self.numbers() {
            Some(numbers) => numbers.iter().copied().zip(0..).collect(),
            None => (values.iter().zip(0..))
                .filter_map(|(value, index)| Some((number_like(value, like)?, index)))
                .collect(),
        };
        let others = values.len() - numbers.len();
        if others > FEW_OTHERS && others * 100 > values.len() * OTHERS_PERCENT {
            return Vec::new();
        }
        let mut sorted: Vec<f64> = numbers.iter().map(|(number, _)| *number).collect();
        let mut at = |index: usize| *sorted.select_nth_unstable_by(index, f64::total_cmp).1;
        let (low, high) = (at(numbers.len() / 4), at(numbers.len() * 3 / 4));
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
}

/// The `categories` of `values` with their counts, the largest first.
fn counted(categories: &Categories, values: &[&str]) -> String {
    let named = categories.counts.iter().map(|&(first, count)| (values[first as usize], count));
    let mut named: Vec<(&str, u32)> = named.collect();
    named.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut out = String::from("<");
    for (i, (value, count)) in named.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}{value} {count}×", if i > 0 { ", " } else { "" });
    }
    out.push('>');
    out
}

/// The first of `columns` that names the rows.
pub(super) fn names<'c, 'a: 'c>(
    mut columns: impl Iterator<Item = &'c Values<'a>>,
) -> Option<&'c Values<'a>> {
    columns.find(|values| values.are_names())
}

/// Hashes the shapes of values one after the other.
#[derive(Default)]
struct Shapes<'a> {
    /// The last value, and the hash of its shape.
    last: Option<(&'a str, u64)>,
}

impl<'a> Shapes<'a> {
    fn of(&mut self, value: &'a str) -> u64 {
        // Most values have their digits where those of the one before are.
        let shape = match self.last {
            Some((last, hash)) if has_shape_of(value, last) => hash,
            _ => shape(value),
        };
        self.last = Some((value, shape));
        shape
    }
}

/// Whether two values are equal but for digits in the same places, which is not the only way to have the same shape.
fn has_shape_of(one: &str, other: &str) -> bool {
    let is_like =
        |one: u8, other: u8| one == other || one.is_ascii_digit() && other.is_ascii_digit();
    are_alike(one, other, is_like, |one, other| without_digits(one) == without_digits(other))
}

/// Whether two texts are of one length and alike byte by byte, of which eight are compared at once.
#[inline(always)]
fn are_alike(
    one: &str,
    other: &str,
    is_like: impl Fn(u8, u8) -> bool,
    are_eight_alike: impl Fn(u64, u64) -> bool,
) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let ((eights, rest), (others, other_rest)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let are_alike = |(one, other): (&[u8; 8], &[u8; 8])| {
        are_eight_alike(u64::from_le_bytes(*one), u64::from_le_bytes(*other))
    };
    one.len() == other.len()
        && eights.iter().zip(others).all(are_alike)
        && match (one.last_chunk(), other.last_chunk()) {
            (Some(one), Some(other)) => are_alike((one, other)),
            _ => rest.iter().zip(other_rest).all(|(one, other)| is_like(*one, *other)),
        }
}

/// Eight bytes with zero in the place of each digit.
fn without_digits(eight: u64) -> u64 {
    let each = |byte: u8| 0x0101_0101_0101_0101 * u64::from(byte);
    let off = eight ^ each(b'0');
    // The highest bit of each byte that is ten or more, without a carry into the next.
    let others = (((off & each(0x7f)) + each(0x80 - 10)) | off) & each(0x80);
    let digits = !others & each(0x80);
    off & !((digits >> 7) * 0xff)
}

/// A hash of a value's shape, with every run of digits replaced by one zero: `41d` and `7d` have
/// the same shape. A collision only costs a kept or elided line.
fn shape(value: &str) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    // Bytes are added, each turned by its place, so that none waits for the product of the one before.
    let (mut sum, mut place, mut is_in_number) = (0u64, 0u32, false);
    for byte in value.bytes() {
        let is_digit = byte.is_ascii_digit();
        let shown = if is_digit { b'0' } else { byte };
        let more = (u64::from(shown) + 1).wrapping_mul(FACTOR).rotate_left(place);
        let goes_on = is_digit & is_in_number;
        sum = sum.wrapping_add(if goes_on { 0 } else { more });
        place += if goes_on { 0 } else { 11 };
        is_in_number = is_digit;
    }
    sum.wrapping_add(u64::from(place)).wrapping_mul(FACTOR)
}

/// Whether two short texts are equal. Calling a function to compare them would take longer.
fn is_same(one: &str, other: &str) -> bool {
    are_alike(one, other, |one, other| one == other, |one, other| one == other)
}

/// The first two directories of a path.
fn place(path: &str) -> &str {
    let end = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0).nth(1);
    &path[..end.or_else(|| path.rfind('/')).unwrap_or(path.len())]
}

/// The number in `value`, if the text around it equals that of `like`.
fn number_like(value: &str, like: (&str, f64, &str)) -> Option<f64> {
    let (before, number, after) = number(value)?;
    (is_same(before, like.0) && is_same(after, like.2)).then_some(number)
}

/// The number in a value, and the text around it, which has no digits.
fn number(value: &str) -> Option<(&str, f64, &str)> {
    let bytes = value.as_bytes();
    let start = bytes.iter().position(u8::is_ascii_digit)?;
    let (mut whole, mut is_whole, mut length) = (0u64, true, 0);
    for byte in &bytes[start..] {
        match byte {
            // Of what has too many digits, the value doesn't matter.
            b'0'..=b'9' => whole = whole.wrapping_mul(10).wrapping_add(u64::from(byte - b'0')),
            b'.' => is_whole = false,
            _ => break,
        }
        length += 1;
    }
    let end = start + length;
    if length > MOST_DIGITS || bytes[end..].iter().any(u8::is_ascii_digit) {
        return None;
    }
    let number = match is_whole {
        true => whole as f64,
        false => value[start..end].trim_end_matches('.').parse().ok()?,
    };
    Some((&value[..start], number, &value[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values<'a>(all: &[&'a str]) -> Values<'a> {
        Values::new(all.to_vec())
    }

    #[test]
    fn rare_categories_are_unusual() {
        let mut column = vec!["ok"; 60];
        column[17] = "suspended";
        assert_eq!(values(&column).unusual(), [17]);
        assert_eq!(values(&column).summary(), "<ok 59×, suspended 1×>");
    }

    #[test]
    fn what_is_rare_by_chance_is_ordinary() {
        // Numbers that come seven times on average, and one that comes three times.
        let number = |i: usize| if i % 57 == 5 && i > 150 { 6 } else { i % 57 };
        let spread: Vec<String> = (0..420).map(|i| format!("ms={}", number(i))).collect();
        let spread: Vec<&str> = spread.iter().map(String::as_str).collect();
        let categories = Categories::of(spread.iter()).unwrap();
        assert!(categories.counts.iter().any(|(_, count)| *count <= RARE));
        assert!(values(&spread).unusual().is_empty());
        let mut codes = vec!["200"; 400];
        codes.extend(["404", "500", "404"]);
        assert_eq!(values(&codes).unusual(), [400, 401, 402]);
    }

    #[test]
    fn what_describes() {
        assert!(values(&["took"; 9]).describe());
        assert!(values(&["in", "in", "in", "in", "in", "out", "out", "out"]).describe());
        assert!(values(&["ms=1", "ms=2", "ms=7"]).describe());
        assert!(!values(&["1", "2", "7"]).describe());
        assert!(!values(&["├──"; 9]).describe());
        assert!(!values(&["A1=x", "A2=y", "A3=z"]).describe());
    }

    #[test]
    fn digits_in_the_same_places_are_one_shape() {
        let value = "2026-03-01T08:12:59Z/x9";
        for at in 0..value.len() {
            for byte in 1..128u8 {
                let mut other = value.as_bytes().to_vec();
                other[at] = byte;
                let other = String::from_utf8(other).unwrap();
                let are_digits = value.as_bytes()[at].is_ascii_digit() && byte.is_ascii_digit();
                assert_eq!(has_shape_of(value, &other), are_digits || value == other, "{other}");
                assert_eq!(is_same(value, &other), value == other);
                assert_eq!(has_shape_of(&value[at..], &other[at..]), are_digits || value == other);
            }
        }
        assert!(!has_shape_of("12", "123") && shape("12") == shape("123"));
        assert!(shape("a1") != shape("1a") && shape("aab") != shape("aba"));
    }

    #[test]
    fn names_that_count_up() {
        assert!(values(&["\"item-8\"", "\"item-9\"", "\"item-10\""]).are_counted());
        assert!(!values(&["item-8", "item-10"]).are_counted());
        assert!(!values(&["item-8", "entry-9"]).are_counted());
    }

    #[test]
    fn values_that_are_all_different_are_ordinary() {
        let column: Vec<String> = (0..60).map(|i| format!("name-{i}x{i}")).collect();
        let column: Vec<&str> = column.iter().map(String::as_str).collect();
        assert!(values(&column).unusual().is_empty());
        assert_eq!(values(&column).summary(), "<*>");
    }

    #[test]
    fn rare_shapes_and_places_are_unusual() {
        let mut ages: Vec<String> = (0..60).map(|i| format!("{i}d")).collect();
        ages[9] = "<invalid>".to_owned();
        let ages: Vec<&str> = ages.iter().map(String::as_str).collect();
        assert_eq!(values(&ages).unusual(), [9]);
        let mut frames: Vec<String> = (0..60).map(|i| format!("/rustc/aa/x{i}.rs:{i}:1")).collect();
        frames[7] = "./src/ledger.rs:88:14".to_owned();
        let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
        assert_eq!(values(&frames).unusual(), [7]);
    }

    #[test]
    fn numbers_far_outside_are_unusual() {
        let mut column: Vec<String> = (0..60).map(|i| format!("ms={}", 10 + i)).collect();
        column[3] = "ms=48211.07".to_owned();
        let column: Vec<&str> = column.iter().map(String::as_str).collect();
        assert_eq!(values(&column).unusual(), [3]);
        assert_eq!(values(&column).summary(), "ms=<10..48211.07>");
    }

    #[test]
    fn numbers_far_outside_those_that_recur_are_unusual() {
        for (before, after) in [("", ""), ("", "ms"), ("(", "s)"), ("time=\"", "\""), ("dur=", "")]
        {
            for (far, expected) in [("999999", vec![501]), ("-9", vec![]), ("120", vec![])] {
                let value = |i: usize| match i {
                    501 => format!("{before}{far}{after}"),
                    _ => format!("{before}{}{after}", 1 + i * 7919 % 240),
                };
                let column: Vec<String> = (0..1000).map(value).collect();
                let column: Vec<&str> = column.iter().map(String::as_str).collect();
                assert!(values(&column).categories().is_some());
                assert_eq!(values(&column).unusual(), expected, "{before}{far}{after}");
            }
        }
    }
}
