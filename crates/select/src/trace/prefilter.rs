//! Which lines of a task could be frames, told without the patterns: these take longer to compile than most tasks take
//! to read, and most tasks have no trace.

/// Words before a call in the frames of .NET, in the languages of its messages, besides `at`.
const AT: &[&str] = &["bei ", "à ", "en ", "в ", "w ", "em ", "på ", "位置 ", "場所 ", "위치: "];
/// The ends of PHP's files before a line in brackets.
const PHP: &[&str] = &[".php", ".phtml", ".inc", ".module"];

/// Whether a line has what every frame has: a line number, an address or an arity, and one of the marks beside it that
/// the formats in `data/traces.toml` have.
pub(super) fn could_be_frame(line: &str) -> bool {
    let has_number = line.bytes().any(|byte| byte.is_ascii_digit());
    (has_number || line.contains("at "))
        && (line.contains("0x")
            || line.contains("{line,")
            || is_rust_path(line)
            || any(line, "line ", |after| begins_with_digit(&line[after..]))
            || any(line, "#", |after| is_numbered(&line[after..]))
            || any(line, ":", |after| {
                begins_with_digit(&line[after..]) && has_dot(token(&line[..after - 1]))
            })
            || any(line, "(", |after| is_called(line, &line[..after - 1])))
}

/// `4: shop::total`, which has no place.
fn is_rust_path(line: &str) -> bool {
    let text = line.trim_start();
    let rest = text.trim_start_matches(char::is_numeric);
    rest.len() < text.len() && rest.starts_with(':') && rest.contains("::")
}

/// Whether `is` holds of the end of any occurrence of `mark`.
fn any(line: &str, mark: &str, is: impl Fn(usize) -> bool) -> bool {
    memchr::memmem::find_iter(line.as_bytes(), mark).any(|at| is(at + mark.len()))
}

/// Whether a text begins with a digit. Patterns know the digits of all scripts.
fn begins_with_digit(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_numeric)
}

/// `3  0x01 in total`, `3: total`, as they follow `#`.
fn is_numbered(text: &str) -> bool {
    let rest = text.trim_start_matches(char::is_numeric);
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    begins_with_digit(text) && rest.starts_with(char::is_whitespace)
}

/// `at shop.Cart.total` before a bracket, and `in cart.php`.
fn is_called(line: &str, before: &str) -> bool {
    let name = token(before.strip_suffix(char::is_whitespace).unwrap_or(before));
    let start = line.trim_start();
    let start = start.strip_prefix("---> ").unwrap_or(start);
    has_dot(name)
        && (line.contains("at ")
            || AT.iter().any(|word| start.starts_with(word))
            || PHP.iter().any(|end| name.ends_with(end)))
}

/// The last word of a text that ends in one.
fn token(text: &str) -> &str {
    text.rsplit(char::is_whitespace).next().unwrap_or(text)
}

fn has_dot(token: &str) -> bool {
    token.contains('.')
}
