//! Private keys in their textual encoding (RFC 7468, OpenPGP's armor), including the whole body: in
//! a file, in a string with `\n` for line ends, or concatenated from strings. Of a key that is cut, as `head`, `tail`, `grep`
//! and differences do, the lines that are there, whatever stands before each.

use std::ops::Range;

use crate::parts::range_of;

pub(crate) const KEYWORD: &str = "PRIVATE KEY";
pub(crate) const RULE: &str = "private-key";

/// The longest body, in bytes, longer than that of any key; a body without an end is scanned up to
/// here.
const LONGEST: usize = 16 * 1024;
/// The most lines of a body: as many as `LONGEST` has of the shortest usual ones.
const MOST_LINES: usize = LONGEST / 64;
/// The fewest base64 characters of a body: the shortest key, of Ed25519, has 64.
const SHORTEST: usize = 40;

/// What lines of a body differ in length by at most, since signs of the notation are taken for theirs: `+` in a difference.
const UNEVEN: usize = 2;

const HEADER: &str = "-----BEGIN ";
const FOOTER: &str = "-----END ";

/// The key around the words of its first line at `hit`, from its `-----BEGIN …` to its `… END-----`; or before those of its
/// last line, if its beginning isn't there.
pub(crate) fn find(text: &str, hit: Range<usize>) -> Option<Range<usize>> {
    match boundary(text, hit.start, HEADER) {
        Some(begin) => begun(text, begin, hit.end),
        None => boundary(text, hit.start, FOOTER).and_then(|end| ended(text, end)),
    }
}

/// Where the boundary begins that has `mark` before the label that goes on at `at`.
fn boundary(text: &str, at: usize, mark: &str) -> Option<usize> {
    let floor = text.floor_char_boundary(at.saturating_sub(40));
    let start = floor + text[floor..at].rfind(mark)?;
    let label = &text[start + mark.len()..at];
    let is_of_label = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ';
    label.bytes().all(is_of_label).then_some(start)
}

/// The key from its header, which begins at `begin` and of which the label ends at `label_end`.
fn begun(text: &str, begin: usize, label_end: usize) -> Option<Range<usize>> {
    let rest = text[label_end..].strip_prefix(" BLOCK").unwrap_or(&text[label_end..]);
    let body = text.len() - rest.strip_prefix("-----")?.len();
    let limit = text.floor_char_boundary((body + LONGEST).min(text.len()));
    let window = &text[body..limit];
    let end = match window.find(FOOTER) {
        Some(end) => body + end,
        None => body + unended(window),
    };
    if text[body..end].contains(HEADER) || longest_run(&text[body..end]) < SHORTEST {
        return None;
    }
    Some(begin..after_footer(text, end))
}

/// The end of a body without a footer: before the first line that is none of it.
fn unended(window: &str) -> usize {
    let mut end = 0;
    let mut first: Option<EncodedLine> = None;
    for line in window.split_inclusive('\n') {
        let encoded = EncodedLine::of(line);
        match &first {
            Some(first) if encoded.is_whole_beside(first) => {}
            Some(first) if encoded.is_last_beside(first) => {
                end += line.len();
                break;
            }
            None if encoded.length >= SHORTEST => first = Some(encoded),
            // Headers stand before the body.
            _ if encoded.is_alone() || first.is_none() && line.contains(": ") => {}
            _ => break,
        }
        end += line.len();
    }
    window[..end].trim_end().len()
}

/// The lines of a body before the footer at `footer`, with it.
fn ended(text: &str, footer: usize) -> Option<Range<usize>> {
    let floor = text.floor_char_boundary(footer.saturating_sub(LONGEST));
    let window = &text[floor..footer];
    let mut lines = window.rsplit('\n');
    // Written as a string, the body's last line may end where the footer begins.
    let beside = lines.clone().next().is_some_and(|line| EncodedLine::of(line).is_up_to_end(line));
    if !beside {
        lines.next();
    }
    let mut lines = lines.map(|line| (line, EncodedLine::of(line))).take(MOST_LINES);
    let (last, encoded) = lines.next()?;
    let mut start = range_of(text, last).start + encoded.before.len();
    let mut widest = encoded;
    for (line, encoded) in lines {
        let goes_on = match widest.length >= SHORTEST {
            true => encoded.is_whole_beside(&widest) || widest.is_last_beside(&encoded),
            false => encoded.length >= SHORTEST && widest.is_last_beside(&encoded),
        };
        if !goes_on {
            break;
        }
        start = range_of(text, line).start + encoded.before.len();
        widest = encoded;
    }
    let end = after_footer(text, footer);
    (widest.length >= SHORTEST && end > footer + FOOTER.len()).then_some(start..end)
}

/// A line that may be one of a body: what stands before its base64, and how many bytes that has.
#[derive(Debug, Clone, Copy)]
struct EncodedLine<'t> {
    before: &'t str,
    length: usize,
}

impl<'t> EncodedLine<'t> {
    fn of(line: &'t str) -> Self {
        // `$` is what `cat -A` shows for a line end.
        let is_end = |c: char| c.is_whitespace() || "\"'+\\,;$".contains(c);
        let content = line.trim_end_matches(is_end);
        let content =
            content.strip_suffix("\\n").map_or(content, |rest| rest.trim_end_matches(is_end));
        let length = content.bytes().rev().take_while(|byte| is_base64(*byte)).count();
        Self { before: &content[..content.len() - length], length }
    }

    /// Whether its base64 ends where the line does.
    fn is_up_to_end(&self, line: &str) -> bool {
        self.length > 0 && self.before.len() + self.length == line.len()
    }

    /// Whether there is nothing but base64 in the line, or nothing at all, besides white space and quotes.
    fn is_alone(&self) -> bool {
        self.before.len() <= UNEVEN && (self.length > 0 || self.before.is_empty())
    }

    /// Whether it is as long as another line of the body.
    fn is_whole_beside(&self, other: &Self) -> bool {
        self.length.abs_diff(other.length) <= UNEVEN
    }

    /// Whether it may be the body's last line, which is shorter, behind the same as another one but for numbers and blanks.
    fn is_last_beside(&self, other: &Self) -> bool {
        let is_other = |byte: &u8| !byte.is_ascii_digit() && *byte != b' ';
        let before = self.before.bytes().filter(is_other);
        (1..other.length).contains(&self.length) && before.eq(other.before.bytes().filter(is_other))
    }
}

/// The position after `-----END … KEY-----`, if that is at `end`.
fn after_footer(text: &str, end: usize) -> usize {
    let Some(footer) = text[end..].strip_prefix(FOOTER) else { return end };
    let is_label = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ';
    let label = footer.len() - footer.trim_start_matches(is_label).len();
    let closed = footer[label..].strip_prefix("-----").map_or(0, |_| 5);
    end + FOOTER.len() + label + closed
}

/// The number of consecutive base64 characters, ignoring line ends, quotes and `\n`. A header
/// (`Proc-Type: 4,ENCRYPTED`) or a placeholder (`...`) interrupts them.
fn longest_run(body: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    let mut escaped = false;
    for byte in body.bytes() {
        if std::mem::take(&mut escaped) && matches!(byte, b'n' | b'r' | b't' | b'\\') {
            continue;
        }
        match byte {
            b'\\' => escaped = true,
            b'"' | b'\'' | b',' | b' ' | b'\t' | b'\r' | b'\n' => {}
            byte if is_base64(byte) => run += 1,
            _ => run = 0,
        }
        longest = longest.max(run);
    }
    longest
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a key that is cut, in each way in which its lines are shown.
    fn left(lines: &[&str], show: impl Fn(usize, &str) -> String) -> String {
        let shown: Vec<String> =
            lines.iter().enumerate().map(|(number, line)| show(number, line)).collect();
        crate::redact(&format!("before\n{}\nafter it\n", shown.join("\n"))).text.into_owned()
    }

    fn key() -> Vec<String> {
        let body = |line: usize| -> String {
            let symbol = |at: usize| char::from(b'A' + ((line * 7 + at * 11) % 26) as u8);
            (0..if line == 9 { 20 } else { 64 }).map(symbol).collect()
        };
        let boundary = |word: &str| format!("-----{word} RSA {KEYWORD}-----");
        let mut key = vec![boundary("BEGIN")];
        key.extend((0..10).map(body));
        key.push(boundary("END"));
        key
    }

    #[test]
    fn a_key_that_is_cut_is_found_however_its_lines_are_shown() {
        let key = key();
        let lines: Vec<&str> = key.iter().map(String::as_str).collect();
        let shows: [fn(usize, &str) -> String; 12] = [
            |_, line| line.to_owned(),
            |_, line| format!("// {line}"),
            |_, line| format!("# {line}"),
            |_, line| format!("> {line}"),
            |_, line| format!("+{line}"),
            |_, line| format!("-{line}"),
            |_, line| format!(" {line}"),
            |number, line| format!("{:>6}\t{line}", number + 3),
            |number, line| format!("certs/key.pem-{}-{line}", number + 4),
            |number, line| format!("2026-01-02T03:04:{number:02}Z {line}"),
            |_, line| format!("{line}$"),
            |_, line| format!("    \"{line}\\n\" +"),
        ];
        for (at, show) in shows.iter().enumerate() {
            for cut in [&lines[..6], &lines[4..], &lines[..11], &lines[10..], &lines[9..], &lines] {
                let left = left(cut, show);
                let is_of_body = |line: &&&str| !line.starts_with('-') && left.contains(**line);
                let shown: Vec<&&str> = cut.iter().filter(is_of_body).collect();
                // Twenty letters before the end of a key alone are no evidence of one.
                let expected = usize::from(cut.len() == 2);
                assert_eq!(shown.len(), expected, "{at}, {} lines: {left}", cut.len());
                assert!(left.starts_with("before\n") && left.ends_with("\nafter it\n"), "{left}");
            }
        }
    }

    #[test]
    fn other_text_beside_a_boundary_stays() {
        let other = "A sentence about keys, and\n";
        for text in [
            format!("{other}-----END {KEYWORD}-----\n"),
            format!("-----BEGIN {KEYWORD}-----\n{other}"),
            format!("body: {}\n{other}-----END {KEYWORD}-----\n", "A1".repeat(32)),
            format!("if line == '-----END {KEYWORD}-----': done()\n"),
        ] {
            assert_eq!(crate::redact(&text).text, text);
        }
    }
}
