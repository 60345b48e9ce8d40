//! Reports that name a file in a line of its own and places in it below, as linters print them: ESLint, Stylelint, PHPStan,
//! PHP_CodeSniffer.
//!
//! ```text
//! src/cart.ts
//!   12:5  error  'x' is never used  no-unused-vars
//! ```

use super::{ending_of, is_blank_or_quote, lines::one};
use syntax::LineRange;

/// The most places of a file. By hand.
const MOST_PLACES: usize = 3;

/// The files of reports in `text`, each with a line.
pub(super) fn reported(text: &str) -> Vec<(&str, LineRange)> {
    let mut found = Vec::new();
    let mut file: Option<(&str, usize)> = None;
    for line in text.lines() {
        if let Some(path) = heading(line) {
            file = Some((path, 0));
        } else if let Some((path, places)) = &mut file {
            match place(line) {
                Some(number) if *places < MOST_PLACES => {
                    *places += 1;
                    found.push((*path, one(number)));
                }
                Some(_) => {}
                None if line.starts_with(|c: char| c.is_alphanumeric()) => file = None,
                None => {}
            }
        }
    }
    found
}

/// The path in a line that has nothing else.
fn heading(line: &str) -> Option<&str> {
    let line = line.trim();
    let line = line.strip_prefix("FILE:").or_else(|| line.strip_prefix("Line ")).unwrap_or(line);
    let path = line.trim();
    let is_path = path.contains(['/', '\\'])
        && !path.contains(is_blank_or_quote)
        && !path.ends_with(|c: char| c.is_ascii_digit() || c == ':')
        && ending_of(path).is_some();
    is_path.then_some(path)
}

/// The number that a row begins with: `12:5  error`, ` 12 | ERROR |`, `  1312   Parameter`.
fn place(line: &str) -> Option<u32> {
    let row = line.trim_start();
    let digits = row.find(|c: char| !c.is_ascii_digit())?;
    let (number, rest) = row.split_at(digits);
    let column = rest
        .strip_prefix(':')
        .map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let is_row = column.starts_with(' ') && row.len() < line.len();
    number.parse().ok().filter(|&number| is_row && number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_below_a_path_are_places_in_it() {
        let eslint = "/app/src/cart.ts\n  12:5   error  'x' is never used\n  14:1  warning  y\n\n/app/src/list.ts\n  3:1  error  z\n";
        assert_eq!(
            reported(eslint),
            [
                ("/app/src/cart.ts", one(12)),
                ("/app/src/cart.ts", one(14)),
                ("/app/src/list.ts", one(3))
            ]
        );
        let phpstan = " ------ -----\n  Line   src/Cart.php   \n ------ -----\n  1312   Parameter #1 expects string, \n         int given.\n  1320   x\n";
        assert_eq!(reported(phpstan), [("src/Cart.php", one(1312)), ("src/Cart.php", one(1320))]);
        let phpcs = "FILE: /app/src/Cart.php\n----\n 12 | ERROR | [x] a\n";
        assert_eq!(reported(phpcs), [("/app/src/Cart.php", one(12))]);
    }

    #[test]
    fn other_lines_are_no_reports() {
        for text in [
            "src/cart.ts\nThe total is wrong.\n  12  apples\n",
            "see src/cart.ts\n  12:5  error\n",
            "src/cart.ts:3\n  12:5  error\n",
            "12:5 error\n",
            "src/cart.ts\n1312\n",
        ] {
            assert!(reported(text).is_empty(), "{text}");
        }
    }
}
