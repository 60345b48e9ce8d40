//! Private keys in their textual encoding (RFC 7468, OpenPGP's armor), including the whole body: in
//! a file, in a string with `\n` for line ends, or concatenated from strings.

use std::ops::Range;

pub(crate) const KEYWORD: &str = "PRIVATE KEY";
pub(crate) const RULE: &str = "private-key";

/// The longest body, in bytes, longer than that of any key; a body without an end is scanned up to
/// here.
const LONGEST: usize = 16 * 1024;
/// The fewest base64 characters of a body: the shortest key, of Ed25519, has 64.
const SHORTEST: usize = 40;

/// The key from its `-----BEGIN …` to its `… END-----`, around the words of its first line at
/// `hit`.
pub(crate) fn find(text: &str, hit: Range<usize>) -> Option<Range<usize>> {
    let line_start = text.floor_char_boundary(hit.start.saturating_sub(40));
    let begin = line_start + text[line_start..hit.start].rfind("-----BEGIN ")?;
    let label = &text[begin + "-----BEGIN ".len()..hit.start];
    if !label.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ')
    {
        return None;
    }
    let rest = text[hit.end..].strip_prefix(" BLOCK").unwrap_or(&text[hit.end..]);
    let body = text.len() - rest.strip_prefix("-----")?.len();
    let limit = text.floor_char_boundary((body + LONGEST).min(text.len()));
    let window = &text[body..limit];
    let end = match window.find("-----END ") {
        Some(end) => body + end,
        None => body + unended(window),
    };
    if text[body..end].contains("-----BEGIN ") || longest_run(&text[body..end]) < SHORTEST {
        return None;
    }
    Some(begin..after_footer(text, end))
}

/// The end of a body without a footer: before the first line that isn't base64 or a header.
fn unended(window: &str) -> usize {
    let mut end = 0;
    for line in window.split_inclusive('\n') {
        let content = line.trim_matches(|c: char| c.is_whitespace() || "\"'+\\,;".contains(c));
        if !content.is_empty()
            && content.bytes().any(|byte| !is_base64(byte))
            && !content.contains(": ")
        {
            break;
        }
        end += line.len();
    }
    window[..end].trim_end().len()
}

/// The position after `-----END … KEY-----`, if that is at `end`.
fn after_footer(text: &str, end: usize) -> usize {
    let Some(footer) = text[end..].strip_prefix("-----END ") else { return end };
    let is_label = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ';
    let label = footer.len() - footer.trim_start_matches(is_label).len();
    let closed = footer[label..].strip_prefix("-----").map_or(0, |_| 5);
    end + "-----END ".len() + label + closed
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
