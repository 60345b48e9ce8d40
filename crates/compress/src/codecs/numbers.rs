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
//! the file. A last line without text keeps its number, as an encoding doesn't end in an empty line.

use super::{Codec, Encoded, ExpandError, Room};

/// One number is kept per this many lines. By hand, not measured.
const EACH: usize = 10;
/// With fewer numbered lines the header costs more than the numbers. By hand, not measured.
const FEWEST: usize = 12;
/// The most lines before the numbered ones. By hand, not measured: tools write a sentence or two.
const MOST_BEFORE: usize = 8;
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

    fn encode(&self, text: &str) -> Option<Encoded> {
        let mut first = text.split('\n').take(MOST_BEFORE + 1).enumerate();
        let (skip, column) = first.find_map(|(at, line)| Some((at, Column::of(line)?)))?;
        let mut body = String::with_capacity(text.len());
        let mut count = 0;
        let mut lines = text.split('\n').peekable();
        for line in lines.by_ref().take(skip) {
            body.extend([line, "\n"]);
        }
        while let Some(line) = lines.peek() {
            let number = column.from.checked_add(count)?;
            let Some(rest) = line.strip_prefix(column.before(number).as_str()) else { break };
            lines.next();
            let is_bare = rest.is_empty() && lines.peek().is_none();
            if number.is_multiple_of(EACH) || is_bare {
                body.push_str(&format!("{number}{}", column.separator));
            }
            body.extend([rest, "\n"]);
            count += 1;
        }
        for line in lines {
            body.extend([line, "\n"]);
        }
        body.pop();
        let name = SEPARATORS.iter().find(|(sign, _)| *sign == column.separator)?.1;
        let Column { from, width, .. } = column;
        (count >= FEWEST).then(|| Encoded {
            details: match skip {
                0 => format!("from={from} count={count} width={width} {name}"),
                _ => format!("from={from} count={count} width={width} {name} skip={skip}"),
            },
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
        let skip = match words.next().map(|word| word.strip_prefix("skip=")) {
            None => 0,
            Some(skip) => skip.and_then(|skip| skip.parse().ok()).ok_or(bad("its details"))?,
        };
        let column = Column { from, width, separator };
        let mut out = String::with_capacity(body.len());
        let mut lines = body.split('\n').enumerate().peekable();
        while let Some((at, line)) = lines.next() {
            let mut line = line;
            if let Some(at) = at.checked_sub(skip).filter(|at| *at < count) {
                let number = from.checked_add(at).ok_or(bad("a number"))?;
                let before = column.before(number);
                room.take(before.len())?;
                out.push_str(&before);
                let shown = before.trim_start_matches(' ');
                if number.is_multiple_of(EACH) || (line == shown && lines.peek().is_none()) {
                    line = line.strip_prefix(shown).ok_or(bad("a line without its number"))?;
                }
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

    proptest! {
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
