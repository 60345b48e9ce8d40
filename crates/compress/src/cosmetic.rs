//! Removal of what only a terminal renders: colours, titles, links, cursor movements, and progress
//! bars that are drawn over and over.
//!
//! It is the only change that can be neither decoded nor retrieved.

use std::borrow::Cow;

/// `text` as a terminal would finally show it: without control sequences, and of every line that
/// carriage returns redraw, only the last version. Idempotent.
pub fn cosmetic(text: &str) -> Cow<'_, str> {
    let text = match without_sequences(text) {
        Some(without) => Cow::Owned(without),
        None => Cow::Borrowed(text),
    };
    match without_redrawn(&text) {
        Some(without) => Cow::Owned(without),
        None => text,
    }
}

/// `text` without its control sequences; `None` where there is none.
///
/// Every escape that begins a sequence is removed, and an escape always ends the sequence before
/// it, so no fragments remain that could join into a new sequence.
fn without_sequences(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut kept = 0;
    let mut found = false;
    for escape in memchr::memchr_iter(ESCAPE, text.as_bytes()) {
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

const BELL: u8 = 0x07;
const CANCEL: u8 = 0x18;
const SUBSTITUTE: u8 = 0x1a;
const ESCAPE: u8 = 0x1b;
/// The string terminator as one character, U+009C, in UTF-8.
const TERMINATOR: &[u8] = &[0xc2, 0x9c];

/// The length of the control sequence that `bytes`, which begin with an escape, begin with (ECMA-48, section 5).
///
/// One that the text ends in is as long as the text: the output was cut off in it. `None` where there is none, and where
/// a line ends before it does: a terminal would wait for its end and show nothing until then, and the rest of an output
/// must not vanish for one stray byte. That is why this isn't left to `anstyle-parse` or `vte`, which do as terminals do.
fn sequence_length(bytes: &[u8]) -> Option<usize> {
    match *bytes.get(1)? {
        // Another escape cancels the one before.
        ESCAPE => Some(1),
        CANCEL | SUBSTITUTE => Some(2),
        // A control sequence: parameters and intermediates, then one final byte.
        b'[' => {
            let end = bytes[2..].iter().position(|b| !matches!(b, 0x20..=0x3f));
            let Some(end) = end.map(|end| end + 2) else { return Some(bytes.len()) };
            match bytes[end] {
                0x40..=0x7e | CANCEL | SUBSTITUTE => Some(end + 1),
                ESCAPE => Some(end),
                _ => None,
            }
        }
        // Strings: DCS, SOS, OSC, PM, APC.
        b'P' | b'X' | b']' | b'^' | b'_' => string_length(bytes),
        // Character sets and the like: intermediates, then one final byte.
        0x20..=0x2f => {
            let end = bytes[2..].iter().position(|b| !matches!(b, 0x20..=0x2f));
            let Some(end) = end.map(|end| end + 2) else { return Some(bytes.len()) };
            match bytes[end] {
                0x30..=0x7e | CANCEL | SUBSTITUTE => Some(end + 1),
                ESCAPE => Some(end),
                _ => None,
            }
        }
        // Two bytes, as those that save the cursor or reset the terminal.
        0x30..=0x7e => Some(2),
        _ => None,
    }
}

/// The length of a control string with its terminator: `ESC \` or U+009C, a bell as terminals accept
/// for titles and links, what cancels it, or the end of the text.
fn string_length(bytes: &[u8]) -> Option<usize> {
    let is_end =
        |b: &u8| matches!(*b, BELL | CANCEL | SUBSTITUTE | ESCAPE | b'\n') || *b == TERMINATOR[0];
    let mut at = 2;
    loop {
        let Some(end) = bytes[at..].iter().position(is_end) else { return Some(bytes.len()) };
        at += end;
        match bytes[at] {
            ESCAPE if bytes.get(at + 1) == Some(&b'\\') => return Some(at + 2),
            ESCAPE => return Some(at),
            b'\n' => return None,
            _ if bytes[at..].starts_with(TERMINATOR) => return Some(at + TERMINATOR.len()),
            // Another character of two bytes that begins as the terminator does.
            byte if byte == TERMINATOR[0] => at += 1,
            _ => return Some(at + 1),
        }
    }
}

/// `text` with only the last version of each redrawn line; `None` if no line is redrawn. A carriage
/// return before a line end redraws nothing.
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
            ("\u{1b}(B\u{1b}#8\u{1b}7a\u{1b}8\u{1b}=\u{1b}c", "a"),
            ("plain", "plain"),
        ] {
            assert_eq!(cosmetic(text), shown, "{text:?}");
        }
    }

    #[test]
    fn strings_go_whatever_ends_them() {
        const LINK: &str = "8;;file:///src/a.rs";
        for end in ["\u{7}", "\u{1b}\\", "\u{9c}", "\u{18}", "\u{1a}", "\u{1b}[0m"] {
            for begin in ["]", "P", "X", "^", "_"] {
                let text = format!("a\u{1b}{begin}{LINK}{end}b\u{1b}{begin}8;;{end}c\n");
                assert_eq!(cosmetic(&text), "abc\n", "{text:?}");
            }
        }
        let long = "é".repeat(5000);
        assert_eq!(cosmetic(&format!("\u{1b}]1337;File=:{long}\u{7}a")), "a");
        // Through tmux: a string in a string.
        assert_eq!(cosmetic("\u{1b}Ptmux;\u{1b}\u{1b}]0;t\u{7}\u{1b}\\a"), "a");
    }

    #[test]
    fn a_line_end_in_a_sequence_leaves_it() {
        for text in
            ["a\u{1b}]0;title\nb\u{7}c", "a\u{1b}Pq\n", "a\u{1b}[31\nm", "a\u{1b}[é", "a\u{1b}é"]
        {
            assert_eq!(cosmetic(text), text, "{text:?}");
        }
        assert_eq!(cosmetic("\u{1b}[31\u{18}a\u{1b}\u{1b}[1mb"), "ab");
    }

    /// Five of each kind: ended by a bell, by both string terminators, by another sequence, and not at all.
    #[test]
    fn every_kind_of_sequence_goes() {
        const STRINGS: [(&str, &str); 5] = [
            ("OSC", "]8;;https://example.org/"),
            ("DCS", "P1$r0m"),
            ("APC", "_Gf=32,s=1;AAAA"),
            ("PM", "^private"),
            ("SOS", "Xstart"),
        ];
        for (kind, sequence) in STRINGS {
            for end in ["\u{7}", "\u{1b}\\", "\u{9c}", "\u{1b}[0m"] {
                let text = format!("before \u{1b}{sequence}{end}after\n");
                assert_eq!(cosmetic(&text), "before after\n", "{kind}: {text:?}");
            }
            assert_eq!(cosmetic(&format!("before \u{1b}{sequence}")), "before ", "{kind}");
        }
        for sequence in ["[K", "[1;38;5;208m", "[?25l", "[2J", "[0 q"] {
            let text = format!("before \u{1b}{sequence}after\n");
            assert_eq!(cosmetic(&text), "before after\n", "{text:?}");
        }
        for cut in ["\u{1b}[", "\u{1b}[38;5", "\u{1b}(", "\u{1b}]", "\u{1b}P"] {
            assert_eq!(cosmetic(&format!("before {cut}")), "before ", "{cut:?}");
        }
    }

    proptest! {
        #[test]
        fn twice_is_once(text in "[a\r\n\u{1b}\\[\\]\\\\P(0m; \u{7}\u{18}\u{9c}é]{0,40}") {
            let once = cosmetic(&text).into_owned();
            prop_assert_eq!(cosmetic(&once), once.as_str());
        }
    }
}
