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
//! Only the numbers are dropped: the text of each line is unchanged, and so is whatever follows the
//! numbered lines.

use super::{Codec, Encoded, ExpandError, Room};

/// One number is kept per this many lines. By hand, not measured.
const EACH: usize = 10;
/// With fewer numbered lines the header costs more than the numbers. By hand, not measured.
const FEWEST: usize = 12;
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
        (width <= WIDEST).then_some(Self { from, width, separator })
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
        let column = Column::of(text.split('\n').next()?)?;
        let mut body = String::with_capacity(text.len());
        let mut count = 0;
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.peek() {
            let number = column.from.checked_add(count)?;
            let Some(rest) = line.strip_prefix(column.before(number).as_str()) else { break };
            if number.is_multiple_of(EACH) {
                body.push_str(&format!("{number}{}", column.separator));
            }
            body.extend([rest, "\n"]);
            count += 1;
            lines.next();
        }
        for line in lines {
            body.extend([line, "\n"]);
        }
        body.pop();
        let name = SEPARATORS.iter().find(|(sign, _)| *sign == column.separator)?.1;
        let Column { from, width, .. } = column;
        (count >= FEWEST).then(|| Encoded {
            details: format!("from={from} count={count} width={width} {name}"),
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
        let column = Column { from, width, separator };
        let mut out = String::with_capacity(body.len());
        for (at, line) in body.split('\n').enumerate() {
            if at < count {
                let number = from.checked_add(at).ok_or(bad("a number"))?;
                let before = column.before(number);
                room.take(before.len())?;
                out.push_str(&before);
                let line = match number.is_multiple_of(EACH) {
                    true => line
                        .strip_prefix(before.trim_start_matches(' '))
                        .ok_or(bad("a line without its number"))?,
                    false => line,
                };
                room.take(line.len() + 1)?;
                out.extend([line, "\n"]);
            } else {
                room.take(line.len() + 1)?;
                out.extend([line, "\n"]);
            }
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
                prop_assert!(lines.len() < FEWEST);
            }
        }

        #[test]
        fn any_details_are_read_or_refused(details in "(from|count|width)=[0-9]{1,20} (count|x)=[0-9]{1,20} width=[0-9]{0,3} (tab|arrow|colon|x)", body in "[0-9\t\n ]{0,40}") {
            let _ = Numbers.decode(&details, &body, &mut Room::of(&body));
        }
    }
}
