//! Line numbers before the lines of a file, as `cat -n`, `nl` and the file readers of agents write
//! them. References compare what is behind the numbers.

/// What stands between a number and its line.
const SEPARATORS: [char; 4] = ['→', '\t', ':', '|'];
/// So many tenths of the lines that aren't blank must be numbered, and of these so many must be one
/// more than the number before: the hits of a search have numbers too, but leave lines out.
const LEAST_TENTHS: usize = 8;
/// Fewer numbered lines may be numbered by chance.
const FEWEST: usize = 3;
/// The widest column of numbers, in bytes.
const WIDEST: usize = 12;

/// How the lines of a text are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbering {
    /// Shorter numbers are padded with blanks before them to so many bytes.
    width: usize,
    separator: char,
}

impl Numbering {
    /// How `lines` are numbered; `None` if they aren't.
    pub(super) fn of<'l>(lines: impl Iterator<Item = &'l str>) -> Option<Self> {
        let mut seen = SEPARATORS.map(|_| Seen::default());
        let mut written = 0;
        for line in lines {
            let is_written = || !line.trim().is_empty();
            written +=
                usize::from(line.starts_with(|c: char| c.is_ascii_graphic()) || is_written());
            if let Some((place, width, number)) = number(line) {
                seen[place].add(width, number);
            }
        }
        let (place, seen) = seen.iter().enumerate().max_by_key(|(at, seen)| (seen.lines, !at))?;
        let enough = |count: usize, of: usize| count * 10 >= of * LEAST_TENTHS;
        // The first number follows none.
        let is_numbered = seen.lines >= FEWEST
            && enough(seen.lines, written)
            && enough(seen.following + 1, seen.lines);
        is_numbered.then_some(Self { width: seen.width, separator: SEPARATORS[place] })
    }

    /// The number of `line`, and what is behind it; `None` for a line that isn't numbered in just
    /// this way.
    pub(super) fn split<'l>(&self, line: &'l str) -> Option<(u32, &'l str)> {
        let (place, width, number) = number(line)?;
        let digits = number.checked_ilog10().unwrap_or(0) as usize + 1;
        let is_alike = SEPARATORS[place] == self.separator && width == digits.max(self.width);
        is_alike.then(|| (number, &line[width + self.separator.len_utf8()..]))
    }

    /// Writes the line `content` with its number.
    pub(super) fn write(&self, number: u32, content: &str, out: &mut String) {
        let digits = number.checked_ilog10().unwrap_or(0) as usize + 1;
        out.extend(std::iter::repeat_n(' ', self.width.saturating_sub(digits)));
        out.push_str(&number.to_string());
        out.push(self.separator);
        out.push_str(content);
    }
}

/// What was seen of the numbers before one separator.
#[derive(Default)]
struct Seen {
    lines: usize,
    /// Numbers that are one more than the one before.
    following: usize,
    width: usize,
    last: Option<u32>,
}

impl Seen {
    fn add(&mut self, width: usize, number: u32) {
        if self.lines == 0 {
            let digits = number.checked_ilog10().unwrap_or(0) as usize + 1;
            // Without a blank before the first number, none is padded: the ones behind it are wider.
            self.width = if width > digits { width } else { 0 };
        }
        self.lines += 1;
        self.following +=
            usize::from(self.last.is_some_and(|last| last.checked_add(1) == Some(number)));
        self.last = Some(number);
    }
}

/// The number that `line` begins with: the place of its separator in [`SEPARATORS`], the bytes before
/// that, and the number. Numbers with a zero before them are none.
fn number(line: &str) -> Option<(usize, usize, u32)> {
    let start = line.bytes().take(WIDEST).take_while(|&b| b == b' ').count();
    let digits = line[start..].bytes().take_while(u8::is_ascii_digit).count();
    let width = start + digits;
    if digits == 0 || width > WIDEST || (digits > 1 && line.as_bytes()[start] == b'0') {
        return None;
    }
    let sign = line[width..].chars().next()?;
    let place = SEPARATORS.iter().position(|separator| *separator == sign)?;
    Some((place, width, line[start..width].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Numbering> {
        Numbering::of(text.lines())
    }

    #[test]
    fn files_with_numbers() {
        for (text, width, separator) in [
            ("     1\tuse a;\n     2\t\n     3\tuse b;", 6, '\t'),
            ("9→a\n10→\n11→b\n12→c", 0, '→'),
            (" 9: a\n10: b\n11: c", 2, ':'),
            ("Here is a.py:\n1|a\n2|b\n3|c\n4|d\n\n", 0, '|'),
        ] {
            assert_eq!(of(text), Some(Numbering { width, separator }), "{text}");
        }
    }

    #[test]
    fn texts_with_other_numbers() {
        for text in [
            "",
            "1\ta\n2\tb",
            "12:foo\n47:foo\n90:foo\n91:foo",
            "12:00:01 a\n12:00:02 b\n12:00:03 c",
            "a\nb\nc\n1\td\n2\te\n3\tf",
            "1. a\n2. b\n3. c",
            "99999999999999999999:a\n1:b\n2:c",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_split_is_written_again() {
        let numbering = Numbering { width: 3, separator: ':' };
        for line in ["  1:a", " 99:", "100: b", "1000:c", "  0:d"] {
            let (number, content) = numbering.split(line).unwrap();
            let mut out = String::new();
            numbering.write(number, content, &mut out);
            assert_eq!(out, line);
        }
        for line in ["1:a", "   1:a", " 100:a", "  1\ta", "001:a", "x", ""] {
            assert_eq!(numbering.split(line), None, "{line}");
        }
    }
}
