//! What a test runner writes below a failed assertion: what was expected, what there was, and their difference.

use crate::lines::Lines;

/// The most lines of a comparison that are kept. By hand, not measured.
const MOST_LINES: usize = 24;
/// How its lines begin, behind their indentation: pytest, Rust, Jest, Go, JUnit, unittest.
const BEGINNINGS: [&str; 14] = [
    "E ", "left:", "right:", "Left:", "Right:", "Expected", "Received", "expected", "actual",
    "got", "want", "- ", "+ ", "? ",
];
/// How a line begins that has a comparison below it, other than a diagnostic.
const ASSERTIONS: [&str; 3] = ["assert", "expect(", "E  "];

/// Whether `line` states what was asserted.
pub(super) fn is_assertion(line: &str) -> bool {
    ASSERTIONS.iter().any(|start| line.trim_start().starts_with(start))
}

/// The lines of the comparison right below `line`.
pub(super) fn below(lines: &Lines, line: usize) -> impl Iterator<Item = usize> {
    let is_part = |line: &str| {
        let inner = line.trim();
        matches!(inner, "" | "-" | "+" | "E")
            || BEGINNINGS.iter().any(|start| inner.starts_with(start))
    };
    let end = lines.count().min(line + 1 + MOST_LINES);
    let length = (line + 1..end).take_while(|&below| is_part(lines.get(below))).count();
    (line + 1..line + 1 + length).filter(|&below| !lines.get(below).trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_belongs_to_its_assertion() {
        for (text, expected) in [
            (
                "E       AssertionError: x\nE         \nE           a: 1 != 2\n\nsrc/a.py:3: x\n",
                vec![1, 2],
            ),
            ("assertion `left == right` failed\n  left: 1\n right: 2\nnote: x\n", vec![1, 2]),
            ("expect(received).toBe(expected)\n\nExpected: 3\nReceived: 4\n\n  at x\n", vec![2, 3]),
            ("error: x\nsomething else\n- y\n", vec![]),
            ("error: at the end", vec![]),
        ] {
            assert_eq!(below(&Lines::of(text), 0).collect::<Vec<_>>(), expected, "{text}");
        }
        let long = "E  x\n".repeat(90);
        assert_eq!(below(&Lines::of(&long), 0).count(), MOST_LINES);
    }
}
