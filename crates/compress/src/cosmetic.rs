//! What only a terminal shows: colours and cursor movements, and progress bars drawn over and over.
//!
//! This is all that is ever taken away without a way back.

use std::borrow::Cow;

/// `text` as a terminal would show it when everything has been written: without ANSI control
/// sequences, and of every line that carriage returns draw again only what was drawn last.
/// Doing it twice is doing it once.
pub fn cosmetic(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    // Taking one sequence away can bring the pieces of another together.
    while let Some(without) = without_sequences(&text) {
        text = Cow::Owned(without);
    }
    match without_redrawn(&text) {
        Some(without) => Cow::Owned(without),
        None => text,
    }
}

/// `text` without its ANSI sequences; `None` where there is none.
fn without_sequences(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut kept = 0;
    let mut found = false;
    for escape in memchr::memchr_iter(0x1b, text.as_bytes()) {
        if escape < kept {
            continue;
        }
        if let Some(length) = sequence_length(&text.as_bytes()[escape..]) {
            out.push_str(&text[kept..escape]);
            kept = escape + length;
            found = true;
        }
    }
    found.then(|| {
        out.push_str(&text[kept..]);
        out
    })
}

/// The length of the control sequence (`ESC [ … letter`), or title (`ESC ] … BEL`), that `bytes`
/// begins with (ECMA-48, 5.4 and 8.3.89).
fn sequence_length(bytes: &[u8]) -> Option<usize> {
    const LONGEST: usize = 256;
    let bytes = &bytes[..bytes.len().min(LONGEST)];
    match bytes.get(1)? {
        b'[' => {
            let end = bytes[2..].iter().position(|b| !matches!(b, 0x20..=0x3f))?;
            matches!(bytes[2 + end], 0x40..=0x7e).then_some(end + 3)
        }
        b']' => {
            let end = bytes.iter().position(|&b| b == 0x07 || b == b'\n')?;
            (bytes[end] == 0x07).then_some(end + 1)
        }
        b'(' | b')' => matches!(bytes.get(2)?, b'0' | b'A' | b'B').then_some(3),
        b'=' | b'>' | b'7' | b'8' => Some(2),
        _ => None,
    }
}

/// `text` with only what was drawn last of each line; `None` where no line is drawn again. A
/// carriage return before a line end draws nothing again.
fn without_redrawn(text: &str) -> Option<String> {
    let first = next_redraw(text, 0)?;
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    let mut redraw = Some(first);
    while let Some(at) = redraw {
        let line =
            memchr::memrchr(b'\n', &text.as_bytes()[kept..at]).map_or(kept, |i| kept + i + 1);
        out.push_str(&text[kept..line]);
        kept = at + 1;
        redraw = next_redraw(text, kept);
    }
    out.push_str(&text[kept..]);
    Some(out)
}

/// The next carriage return that something is drawn after.
fn next_redraw(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\r', &bytes[from..])
        .map(|i| from + i)
        .find(|&at| !matches!(bytes.get(at + 1), None | Some(b'\n' | b'\r')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_terminal_shows_in_the_end() {
        for (text, shown) in [
            ("\u{1b}[1;31merror\u{1b}[0m: x\n", "error: x\n"),
            ("\u{1b}]0;title\u{7}a", "a"),
            (" 10%\r 50%\r100%\ndone\n", "100%\ndone\n"),
            ("a\r\nb\r\n", "a\r\nb\r\n"),
            ("a\rb\r\nc", "b\r\nc"),
            ("\u{1b}", "\u{1b}"),
            ("plain", "plain"),
        ] {
            assert_eq!(cosmetic(text), shown, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn twice_is_once(text in "[a\r\n\u{1b}\\[\\]0m;\u{7}é]{0,40}") {
            let once = cosmetic(&text).into_owned();
            prop_assert_eq!(cosmetic(&once), once.as_str());
        }
    }
}
