//! Frames that are written in several lines, whose place is in the last: debuggers break long ones, Rust writes all so,
//! and a box is too narrow for a path.

use super::searched;

/// The most lines of a frame after its first. By hand: a debugger shows arguments in a few.
const MORE: usize = 8;

/// The frame that begins in `line` and goes on in `rest`, in one line, and how many it has of these; `None` if it is none or
/// stands in one.
pub(super) fn joined(line: &str, rest: &[&str]) -> Option<(String, usize)> {
    let line = searched(line).trim_end();
    if let Some(path) = line.trim_start().strip_prefix(BOX) {
        return boxed(path, searched(rest.first()?));
    }
    if !begins_frame(line) || place_in(line).is_some() {
        return None;
    }
    for (more, next) in (1..=MORE).zip(rest) {
        let next = searched(next).trim_end();
        if !next.starts_with([' ', '\t']) || is_numbered(next) {
            return None;
        }
        if let Some(place) = place_in(next) {
            // The rest of the arguments says nothing.
            let is_open = line.matches('(').count() > line.matches(')').count();
            let end = if is_open { ")" } else { "" };
            return Some((format!("{line}{end} {place}"), more));
        }
    }
    None
}

/// `at src/cart.c:12` at the end of a line, with what stands behind the line's number.
fn place_in(line: &str) -> Option<&str> {
    let at = match line.trim_start().starts_with("at ") {
        true => line.len() - line.trim_start().len(),
        false => line.rfind(" at ")? + 1,
    };
    let place = &line[at..];
    let file = place.strip_prefix("at ")?;
    let (path, number) = file.split_once(".").and_then(|_| file.rsplit_once(':'))?;
    let is_place = path.contains('.') && !file.contains(char::is_whitespace);
    (is_place && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(place)
}

/// Whether a line is the beginning of a frame: `#1  0x55 in total (`, `4: shop::total`, `1  0x55 in main.run`, and what Rust
/// shows without a number because it was inlined: `shop::total`.
fn begins_frame(line: &str) -> bool {
    let text = line.trim_start();
    is_numbered(line)
        || text.len() < line.len()
            && text.contains("::")
            && !text.starts_with(['"', '\'', '`'])
            && !text.contains(": ")
}

fn is_numbered(line: &str) -> bool {
    let text = line.trim_start();
    let (text, is_marked) = match text.strip_prefix('#') {
        Some(text) => (text, true),
        None => (text, false),
    };
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_followed =
        rest.starts_with(": ") || rest.starts_with("  0x") || is_marked && rest.starts_with(' ');
    rest.len() < text.len() && is_followed
}

/// The sides of a box. The line is the one that Rich draws.
const BOX: &str = "│ ";

/// A path that fills the width of a box, and goes on in its next line.
fn boxed(path: &str, next: &str) -> Option<(String, usize)> {
    let path = path.strip_suffix('│')?.trim_end();
    let is_path = path.contains(['/', '\\']) && !path.contains(char::is_whitespace);
    let next = next.trim_start().strip_prefix(BOX)?;
    let ends = !next.starts_with(' ')
        && next.split_once(" in ").is_some_and(|(end, _)| {
            end.ends_with(|c: char| c.is_ascii_digit()) && end.contains(".py:")
        });
    (is_path && !path.contains(".py:") && ends).then(|| (format!("{BOX}{path}{next}"), 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(text: &str) -> Option<(String, usize)> {
        let lines: Vec<&str> = text.lines().collect();
        joined(lines[0], &lines[1..])
    }

    #[test]
    fn a_frame_in_several_lines_is_read_as_one() {
        for (text, whole, more) in [
            (
                "#1  0x5 in total (x=1)\n    at src/cart.c:12",
                "#1  0x5 in total (x=1) at src/cart.c:12",
                1,
            ),
            (
                "#1  0x5 in total (x=1,\n    y=2,\n    z=3) at src/cart.c:12",
                "#1  0x5 in total (x=1,) at src/cart.c:12",
                2,
            ),
            (
                "   4: shop::run\n             at ./src/a.rs:4:1",
                "   4: shop::run at ./src/a.rs:4:1",
                1,
            ),
            (
                "      shop::run\n             at ./src/a.rs:4:1",
                "      shop::run at ./src/a.rs:4:1",
                1,
            ),
            (
                "1  0x004a in main.run\n   at ./main.go:12",
                "1  0x004a in main.run at ./main.go:12",
                1,
            ),
            ("│ /app/shop/ca │\n│ rt.py:12 in total │", "│ /app/shop/cart.py:12 in total │", 1),
        ] {
            assert_eq!(join(text), Some((whole.to_owned(), more)), "{text}");
        }
    }

    #[test]
    fn other_lines_stay_apart() {
        for text in [
            "#1  0x5 in total (x=1) at src/cart.c:12\n    at src/cart.c:13",
            "#1  0x5 in total () from libc.so\n#2  0x6 in run () at src/cart.c:12",
            "4: shop::run\n   5: shop::go\n             at ./src/a.rs:4:1",
            "#1 fix it\n\n   at src/cart.c:12",
            "1: see\n   at 10:30",
            "It failed\n   at src/cart.c:12",
            "│ /app/shop/ca │\n│ 12 │ x = 1 │",
        ] {
            assert_eq!(join(text), None, "{text}");
        }
    }
}
