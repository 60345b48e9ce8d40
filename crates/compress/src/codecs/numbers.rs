//! Codec for numbered lines, as agents' tools and `cat -n` show a file: every tenth line keeps its
//! number, the others follow from it.
//!
//! ```text
//! [numbers/1 from=1 count=12 width=6 arrow, 12 lines: every tenth line has its number before it]
//! use std::fmt;
//! ...
//! 10→}
//! ```
//!
//! Only the numbers are dropped: the text of each line is unchanged, and so is whatever precedes and
//! follows the numbered lines: `skip` counts the lines before them, such as a tool's sentence about
//! the file. A single line among them that has no number, such as a reference to lines that were shown
//! before, is in `gaps`, by its place; the line after it has its number. A last line without text keeps
//! its number, as an encoding doesn't end in an empty line.

use super::{Codec, Encoded, ExpandError, Room};

/// One number is kept per this many lines. By hand, not measured.
const EACH: usize = 10;
/// With fewer numbered lines the header costs more than the numbers. By hand, not measured.
const FEWEST: usize = 12;
/// The most lines before the numbered ones. By hand, not measured: tools write a sentence or two.
const MOST_BEFORE: usize = 8;
/// The most lines without a number among the numbered ones: twice as many as a text has references.
const MOST_GAPS: usize = 16;
/// The widest column for numbers, in characters. By hand, not measured.
const WIDEST: usize = 12;
/// The separators between a number and its line, and their names in the header.
const SEPARATORS: [(&str, &str); 3] = [("\t", "tab"), ("→", "arrow"), (": ", "colon")];

/// See the module.
pub(crate) struct Numbers;

/// How the numbers are written.
#[derive(Debug, Clone, Copy)]
struct Column {
    from: usize,
    width: usize,
    separator: &'static str,
}

impl Column {
    /// How `line` is numbered.
    fn of(line: &str) -> Option<Self> {
        let inner = line.trim_start_matches(' ');
        let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
        let from = inner[..digits].parse().ok()?;
        let width = line.len() - inner.len() + digits;
        let after = &inner[digits..];
        let (separator, _) = SEPARATORS.iter().find(|(sign, _)| after.starts_with(sign))?;
        // A number wider than the column isn't padded, so the width can't be derived from it.
        let width = if width == digits { 0 } else { width };
        // Some editors show `12: text` and take the number of a line to edit, so it has to be seen.
        let is_needed = width == 0 && *separator == ": ";
        (width <= WIDEST && !is_needed).then_some(Self { from, width, separator })
    }

    /// The number of `line`, if it is numbered in this way.
    fn number(&self, line: &str) -> Option<usize> {
        let other = Self::of(line)?;
        line.starts_with(&self.before(other.from)).then_some(other.from)
    }

    /// The number that an encoded line begins with.
    fn shown(&self, line: &str) -> Option<usize> {
        line.split_once(self.separator)?.0.parse().ok()
    }

    /// The prefix of the line with this number.
    fn before(&self, number: usize) -> String {
        format!("{number:>width$}{}", self.separator, width = self.width)
    }
}

impl Codec for Numbers {
    fn name(&self) -> &'static str {
        "numbers"
    }

    fn version(&self) -> u32 {
        1
    }

    fn restructured(&self) -> Option<&'static str> {
        Some("lines' numbers")
    }

    fn encode(&self, text: &str) -> Option<Encoded> {
        let mut first = text.split('\n').take(MOST_BEFORE + 1).enumerate();
        let (skip, column) = first.find_map(|(at, line)| Some((at, Column::of(line)?)))?;
        let mut body = String::with_capacity(text.len());
        let mut count = 0;
        let mut lines = text.split('\n').peekable();
        for line in lines.by_ref().take(skip) {
            body.extend([line, "\n"]);
        }
        let mut gaps = Vec::new();
        let mut number = column.from;
        let mut is_after_gap = false;
        while let Some(line) = lines.peek().copied() {
            let Some(rest) = line.strip_prefix(column.before(number).as_str()) else {
                // A gap, if the number goes on behind it.
                let next = lines.clone().nth(1).and_then(|next| column.number(next));
                let Some(next) = next.filter(|next| *next >= number && gaps.len() < MOST_GAPS)
                else {
                    break;
                };
                body.extend([line, "\n"]);
                lines.next();
                gaps.push(count);
                (count, number, is_after_gap) = (count + 1, next, true);
                continue;
            };
            lines.next();
            let is_bare = rest.is_empty() && lines.peek().is_none();
            if number.is_multiple_of(EACH) || is_bare || is_after_gap {
                body.push_str(&format!("{number}{}", column.separator));
            }
            body.extend([rest, "\n"]);
            (count, number, is_after_gap) = (count + 1, number.checked_add(1)?, false);
        }
        for line in lines {
            body.extend([line, "\n"]);
        }
        body.pop();
        let name = SEPARATORS.iter().find(|(sign, _)| *sign == column.separator)?.1;
        let Column { from, width, .. } = column;
        let mut details = format!("from={from} count={count} width={width} {name}");
        if skip > 0 {
            details.push_str(&format!(" skip={skip}"));
        }
        if !gaps.is_empty() {
            let gaps: Vec<String> = gaps.iter().map(usize::to_string).collect();
            details.push_str(&format!(" gaps={}", gaps.join("+")));
        }
        (count - gaps.len() >= FEWEST).then(|| Encoded {
            details,
            hint: "every tenth line has its number before it".into(),
            body,
        })
    }

    fn decode(&self, details: &str, body: &str, room: &mut Room) -> Result<String, ExpandError> {
        let bad = |what| ExpandError::Malformed { codec: "numbers", what };
        let mut words = details.split(' ');
        let mut number = |name: &str| {
            let value = words.next()?.strip_prefix(name)?.strip_prefix('=')?;
            value.parse::<usize>().ok()
        };
        let (Some(from), Some(count), Some(width)) =
            (number("from"), number("count"), number("width"))
        else {
            return Err(bad("its details"));
        };
        let name = words.next().unwrap_or_default();
        let separator = SEPARATORS.iter().find(|(_, known)| *known == name);
        let separator = separator.filter(|_| width <= WIDEST).ok_or(bad("its details"))?.0;
        let (mut skip, mut gaps) = (0, Vec::new());
        for word in words {
            if let Some(value) = word.strip_prefix("skip=") {
                skip = value.parse().map_err(|_| bad("its details"))?;
            } else {
                let places = word.strip_prefix("gaps=").ok_or(bad("its details"))?.split('+');
                let places: Result<Vec<usize>, _> = places.map(str::parse).collect();
                gaps = places.map_err(|_| bad("its details"))?;
            }
        }
        let mut column = Column { from, width, separator };
        let mut out = String::with_capacity(body.len());
        let mut lines = body.split('\n').enumerate().peekable();
        let mut is_after_gap = false;
        while let Some((at, line)) = lines.next() {
            let mut line = line;
            let place = at.checked_sub(skip).filter(|at| *at < count);
            if place.is_some_and(|place| gaps.binary_search(&place).is_ok()) {
                is_after_gap = true;
            } else if place.is_some() {
                if is_after_gap {
                    column.from = column.shown(line).ok_or(bad("a line without its number"))?;
                }
                let number = column.from;
                column.from = number.checked_add(1).ok_or(bad("a number"))?;
                let before = column.before(number);
                room.take(before.len())?;
                out.push_str(&before);
                let shown = before.trim_start_matches(' ');
                let is_bare = line == shown && lines.peek().is_none();
                if number.is_multiple_of(EACH) || is_bare || is_after_gap {
                    line = line.strip_prefix(shown).ok_or(bad("a line without its number"))?;
                }
                is_after_gap = false;
            }
            room.take(line.len() + 1)?;
            out.extend([line, "\n"]);
        }
        out.pop();
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbered(from: usize, width: usize, separator: &str, lines: &[String]) -> String {
        let line = |(at, line): (usize, &String)| format!("{:>width$}{separator}{line}", from + at);
        lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_tenth_line_keeps_its_number() {
        let lines: Vec<String> = (1..=25).map(|n| format!("let x{n} = {n};")).collect();
        let text = numbered(95, 6, "\t", &lines) + "\n\n<reminder>";
        let Encoded { details, body, .. } = Numbers.encode(&text).expect("a proposal");
        assert_eq!(details, "from=95 count=25 width=6 tab");
        assert!(body.starts_with("let x1 = 1;\nlet x2 = 2;\n"));
        assert!(body.contains("\n100\tlet x6 = 6;\nlet x7 = 7;\n"));
        assert!(body.ends_with("let x25 = 25;\n\n<reminder>"));
    }

    fn comes_back(text: &str) -> Option<Encoded> {
        let encoded = Numbers.encode(text)?;
        let decoded = Numbers.decode(&encoded.details, &encoded.body, &mut Room::of(text));
        assert_eq!(decoded.as_deref(), Ok(text));
        Some(encoded)
    }

    #[test]
    fn a_last_line_without_text_keeps_its_number() {
        let mut lines: Vec<String> = (1..=12).map(|n| format!("x{n}")).collect();
        lines.push(String::new());
        let text = numbered(1, 0, "\t", &lines);
        let encoded = comes_back(&text).expect("a proposal");
        assert!(encoded.body.ends_with("\nx12\n13\t"), "{}", encoded.body);
        lines.extend((14..90).map(|n| format!("x{n}")).chain([String::new()]));
        let text = numbered(1, 6, "\t", &lines);
        for text in [text.clone() + "\n", text] {
            assert!(super::super::proposed(&Numbers, &text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn lines_before_the_numbered_ones_stay() {
        let lines: Vec<String> = (1..=20).map(|n| format!("x{n}")).collect();
        let text = format!("The file /w/a.py:\n\n{}\n(end)", numbered(1, 6, "\t", &lines));
        let encoded = comes_back(&text).expect("a proposal");
        assert_eq!(encoded.details, "from=1 count=20 width=6 tab skip=2");
        assert!(encoded.body.starts_with("The file /w/a.py:\n\nx1\nx2\n"));
    }

    #[test]
    fn numbers_that_are_needed_for_edits_stay() {
        let lines: Vec<String> = (1..=20).map(|n| format!("   x{n}")).collect();
        assert!(Numbers.encode(&numbered(1374, 0, ": ", &lines)).is_none());
        assert!(Numbers.encode(&numbered(1374, 6, ": ", &lines)).is_some());
    }

    #[test]
    fn lines_without_numbers_among_them_are_gaps() {
        let lines: Vec<String> = (1..=25).map(|n| format!("let x{n} = {n};")).collect();
        let text = [
            "a.rs:\n".to_owned(),
            numbered(1, 6, "\t", &lines[..7]),
            "\n[same as lines 8-40 of a.rs, 3 results ago]\n".to_owned(),
            numbered(41, 6, "\t", &lines[7..15]),
            "\n[same as lines 1-2 there]\n".to_owned(),
            numbered(49, 6, "\t", &lines[15..]),
            "\nno\nnumber".to_owned(),
        ]
        .concat();
        let Encoded { details, body, .. } = comes_back(&text).expect("a proposal");
        assert_eq!(details, "from=1 count=27 width=6 tab skip=1 gaps=7+16");
        assert!(body.contains("ago]\n41\tlet x8 = 8;\nlet x9 = 9;\n"), "{body}");
        assert!(body.contains("there]\n49\tlet x16 = 16;\n50\tlet x17 = 17;\n"), "{body}");
    }

    proptest! {
        #[test]
        fn texts_with_gaps_are_decoded(
            parts in prop::collection::vec((0usize..40, 0usize..9, "([a-z]{0,3}|[0-9]{1,2}\t|\t)"), 1..6),
            from in 0usize..30,
        ) {
            let mut text = String::new();
            let mut number = from;
            for (count, more, between) in parts {
                let lines: Vec<String> = (0..count).map(|n| format!("{n}")).collect();
                text += &numbered(number, 4, "\t", &lines);
                text += &format!("\n{between}\n");
                number += count + more;
            }
            comes_back(&text);
        }

        #[test]
        fn what_is_encoded_is_decoded(
            from in prop::sample::select(vec![0, 1, 7, 95, 999_990]),
            width in 0usize..9,
            separator in prop::sample::select(vec!["\t", "→", ": "]),
            lines in prop::collection::vec("|[ 0-9]{1,6}\t?|.{0,9}", 1..40),
            after in "(\n.{0,5}){0,3}",
        ) {
            let lines: Vec<String> =
                lines.into_iter().map(|line| line.replace(['\n', '\r'], " ")).collect();
            let text = numbered(from, width, separator, &lines) + &after;
            if let Some(Encoded { details, body, .. }) = Numbers.encode(&text) {
                let decoded = Numbers.decode(&details, &body, &mut Room::of(&text));
                prop_assert_eq!(decoded.as_deref(), Ok(text.as_str()), "{} {}", details, body);
            } else {
                prop_assert!(lines.len() < FEWEST || separator == ": ");
            }
        }

        #[test]
        fn any_details_are_read_or_refused(details in "(from|count|width)=[0-9]{1,20} (count|x)=[0-9]{1,20} width=[0-9]{0,3} (tab|arrow|colon|x)( skip=[0-9]{0,3})?", body in "[0-9\t\n ]{0,40}") {
            let _ = Numbers.decode(&details, &body, &mut Room::of(&body));
        }
    }
}
