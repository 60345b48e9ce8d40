//! Frames of stack traces that are written on several lines: each is shown from its head on.
//!
//! | language | head | below it |
//! |---|---|---|
//! | Python | `  File "a.py", line 3, in f` | the source line, and `^^^^` |
//! | Go | `pkg.(*T).f(0x0)`, `created by pkg.f` | `\ta.go:88 +0x2c` |
//! | Rust | `  12: crate::f` | `             at ./src/a.rs:3:5` |
//!
//! In the other languages a frame is a single line.

use super::keep::indent;
use crate::lines::Lines;

/// The most lines of a frame below its head: Python's source line and two lines of carets.
const MOST_BELOW: usize = 3;

/// The head of the frame that `line` belongs to, if it isn't the head itself.
pub(super) fn head(lines: &Lines, line: usize) -> Option<usize> {
    let text = lines.get(line);
    let above = line.checked_sub(1)?;
    let inner = text.trim_start();
    let is_go = text.starts_with('\t') && is_go_location(inner);
    let is_rust = inner.starts_with("at ") && is_numbered(lines.get(above));
    if is_go || is_rust {
        return Some(above);
    }
    let head =
        (line.saturating_sub(MOST_BELOW)..line).rev().find(|&at| is_python(lines.get(at)))?;
    let is_below = |at: usize| indent(lines.get(at)) > indent(lines.get(head));
    (head + 1..=line).all(is_below).then_some(head)
}

/// The line right below `line` that says where its function is, if `line` is a head without it.
pub(super) fn location(lines: &Lines, line: usize) -> Option<usize> {
    let below = line + 1;
    let text = (below < lines.count()).then(|| lines.get(below))?;
    let inner = text.trim_start();
    let head = lines.get(line);
    let is_go = text.starts_with('\t') && is_go_location(inner) && !head.starts_with('\t');
    (is_go || is_numbered(head) && inner.starts_with("at ")).then_some(below)
}

fn is_python(line: &str) -> bool {
    line.trim_start().starts_with("File \"") && line.contains("\", line ")
}

/// `/path/file.go:88 +0x2c`
fn is_go_location(inner: &str) -> bool {
    let digits = inner.split_once(".go:").map(|(_, rest)| rest);
    digits.is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit()))
}

/// `  12: core::panicking::panic`
fn is_numbered(line: &str) -> bool {
    let inner = line.trim_start();
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && inner.len() < line.len() && inner[digits..].starts_with(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(text: &str) -> Vec<Option<usize>> {
        let lines = Lines::of(text);
        (0..lines.count()).map(|line| head(&lines, line)).collect()
    }

    #[test]
    fn the_head_of_a_frame_is_above_its_source() {
        let python = "Traceback (most recent call last):\n  File \"a.py\", line 3, in f\n    g(\n    ^^\n  File \"b.py\", line 4, in g\n  File \"c.py\", line 5, in h\n    raise E\nE: x\n";
        assert_eq!(
            heads(python),
            [None, None, Some(1), Some(1), None, None, Some(5), None],
            "E is outside of the frame"
        );
        let nested = "  | Traceback (most recent call last):\n  |   File \"a.py\", line 3, in f\n";
        assert_eq!(heads(nested), [None, None]);
        let go = "goroutine 7 [running]:\nmain.f(0x0)\n\t/w/a.go:88 +0x2c\ncreated by main.g in goroutine 1\n\t/w/b.go:3 +0x1\n";
        assert_eq!(heads(go), [None, None, Some(1), None, Some(3)]);
        let rust = "stack backtrace:\n   0: a::f\n             at ./src/a.rs:3:5\n   1: a::g\n";
        assert_eq!(heads(rust), [None, None, Some(1), None]);
        let lines = Lines::of(rust);
        assert_eq!([location(&lines, 1), location(&lines, 3)], [Some(2), None]);
        let java = "E: x\n\tat a.B.c(B.java:3)\n\tat a.B.d(B.java:4)\n";
        assert_eq!(heads(java), [None, None, None]);
        let lines = Lines::of(go);
        assert_eq!(
            [location(&lines, 0), location(&lines, 1), location(&lines, 2)],
            [None, Some(2), None]
        );
    }
}
