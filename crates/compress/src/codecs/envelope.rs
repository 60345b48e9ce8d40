//! Envelopes: JSON whose only content is one text, as agents' harnesses wrap the output of a tool.
//! Opened, a text costs no escapes, its lines are lines, and it is compressed by its own kind.
//!
//! ```text
//! [exit 0, 0.3 s]
//! src/main.rs
//! src/lib.rs
//! ```
//!
//! Unlike other encodings, an envelope is recognised on the first line of a text only, and all that
//! follows belongs to it. The numbers are kept to the letter. How the JSON was written (blanks behind colons and commas,
//! everything but ASCII escaped, as Python does by default) is said at the end of that line. A text that begins with such a line is
//! not compressed at all, so that [`expand`](crate::expand) never takes a line of the input for it.

use std::borrow::Cow;

use json_index::{JsonEscapes, Kind, scan, unescape};

/// The most envelopes in one another that are opened. By hand, not measured: two occur.
pub(crate) const DEEPEST: usize = 4;
/// The name of the transformation.
pub(crate) const NAME: &str = "envelope/1";
/// Digits of the longest number in a head line.
const MOST_DIGITS: usize = 20;

/// What stands before the text, between the text and what is reported about it, and at the end.
const RUN: [&str; 4] =
    ["{\"output\":\"", "\",\"metadata\":{\"exit_code\":", ",\"duration_seconds\":", "}}"];
/// A list of one part, in both orders of its members: its head line, and what stands before and
/// after the text.
const PARTS: [(&str, &str, &str); 2] = [
    ("[text part]", "[{\"type\":\"text\",\"text\":\"", "\"}]"),
    ("[text part, text first]", "[{\"text\":\"", "\",\"type\":\"text\"}]"),
];

/// The output of a command as Codex has it in code mode, behind members that say how it was run: what stands before
/// them, between them and the text, and at the end.
const SCRIPT: [&str; 3] = ["{\"chunk_id\":\"", ",\"output\":\"", "\"}"];
/// The longest of those members together, in bytes. By hand: they have about 100.
const MOST_MEMBER_BYTES: usize = 300;

/// How a JSON writer writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Style {
    /// Whether blanks follow colons and commas.
    is_spaced: bool,
    escapes: JsonEscapes,
    /// What says so at the end of a head line.
    mark: &'static str,
}

/// The styles, the likeliest first.
const STYLES: [Style; 4] = [
    Style { is_spaced: false, escapes: JsonEscapes::Needed, mark: "" },
    Style { is_spaced: true, escapes: JsonEscapes::Needed, mark: "; spaced" },
    Style { is_spaced: false, escapes: JsonEscapes::NonAscii, mark: "; ASCII" },
    Style { is_spaced: true, escapes: JsonEscapes::NonAscii, mark: "; spaced, ASCII" },
];

impl Style {
    /// A part of an envelope in this style.
    fn of(self, part: &str) -> Cow<'_, str> {
        match self.is_spaced {
            true => part.replace("\":", "\": ").replace(",\"", ", \"").into(),
            false => part.into(),
        }
    }

    /// The style that `head` says, and the head line without that.
    fn split(head: &str) -> Option<(Self, Cow<'_, str>)> {
        let inner = head.strip_suffix(']')?;
        let marked = STYLES.into_iter().filter(|style| !style.mark.is_empty()).find_map(|style| {
            Some((style, [inner.strip_suffix(style.mark)?, "]"].concat().into()))
        });
        Some(marked.unwrap_or((STYLES[0], head.into())))
    }

    /// `head` with this style.
    fn marked(self, head: &str) -> String {
        [head.strip_suffix(']').unwrap_or(head), self.mark, "]"].concat()
    }
}

/// An envelope that was opened.
pub(crate) struct Opened {
    /// The line that stands for the envelope.
    pub head: String,
    /// The text in it.
    pub text: String,
}

/// Whether `text` looks like an envelope. It is decided by the beginning and the end, so that short
/// texts can be passed over quickly.
pub fn may_be_envelope(text: &str) -> bool {
    if !text.starts_with(['{', '[']) {
        return false;
    }
    let mut around = PARTS
        .iter()
        .map(|(_, before, after)| (*before, *after))
        .chain([(RUN[0], RUN[3]), (SCRIPT[0], SCRIPT[2])]);
    around.any(|(before, after)| {
        STYLES[..2]
            .iter()
            .any(|style| text.starts_with(&*style.of(before)) && text.ends_with(&*style.of(after)))
    })
}

/// Opens `document`, if it is an envelope that [`close`] restores byte for byte.
pub(crate) fn open(document: &str) -> Option<Opened> {
    if !may_be_envelope(document) {
        return None;
    }
    let (spacing, head, written) = STYLES[..2].iter().find_map(|style| {
        let opened = run(document, *style)
            .or_else(|| part(document, *style))
            .or_else(|| script(document, *style));
        opened.map(|(head, written)| (style.is_spaced, head, written))
    })?;
    let text = unescape(written)?.into_owned();
    let is_written =
        |style: &&Style| style.is_spaced == spacing && style.escapes.write(&text) == written;
    let style = STYLES.iter().find(is_written)?;
    let opened = Opened { head: style.marked(&head), text };
    (close(&opened.head, &opened.text).as_deref() == Some(document)).then_some(opened)
}

/// Puts `text` back into the envelope that `head` stands for; `None` if it is no head line.
pub(crate) fn close(head: &str, text: &str) -> Option<String> {
    let (style, head) = Style::split(head)?;
    let text = style.escapes.write(text);
    if let Some((_, before, after)) = PARTS.iter().find(|(line, ..)| *line == head) {
        return Some([&*style.of(before), &text, &style.of(after)].concat());
    }
    if let Some(members) = members(&head, style) {
        return Some(["{", members, &style.of(SCRIPT[1]), &text, SCRIPT[2]].concat());
    }
    let (code, seconds) = numbers(&head)?;
    let [before, exit_code, duration, after] = RUN.map(|part| style.of(part));
    Some([&*before, &text, &exit_code, code, &duration, seconds, &after].concat())
}

/// Splits `text` into the head line at its beginning and what follows; `None` if there is none.
pub(crate) fn split(text: &str) -> Option<(&str, &str)> {
    let (head, rest) = text.strip_prefix('[').and_then(|_| text.split_once('\n'))?;
    let (style, line) = Style::split(head)?;
    let is_head = numbers(&line).is_some()
        || members(&line, style).is_some()
        || PARTS.iter().any(|(part, ..)| *part == line);
    is_head.then_some((head, rest))
}

/// The envelopes that `text` is, in one another, opened: their head lines, each with a line end, and
/// what is in the innermost.
pub(crate) fn opened(text: &str) -> Option<(String, String)> {
    let mut heads = String::new();
    let mut inner: Option<String> = None;
    for _ in 0..DEEPEST {
        let Some(next) = open(inner.as_deref().unwrap_or(text)) else { break };
        if split(&next.text).is_some() {
            break;
        }
        heads.extend([next.head.as_str(), "\n"]);
        inner = Some(next.text);
    }
    Some((heads, inner?))
}

/// The bytes of the head lines at the beginning of `text`.
pub(crate) fn heads(text: &str) -> usize {
    let mut start = 0;
    for _ in 0..DEEPEST {
        let Some((_, rest)) = split(&text[start..]) else { break };
        start = text.len() - rest.len();
    }
    start
}

/// The head line for the output of a command, and the inside of the string.
fn run(document: &str, style: Style) -> Option<(String, &str)> {
    let [before, exit_code, duration, after] = RUN.map(|part| style.of(part));
    let inner = document.strip_prefix(&*before)?.strip_suffix(&*after)?;
    let (inner, seconds) = inner.rsplit_once(&*duration)?;
    let (written, code) = inner.rsplit_once(&*exit_code)?;
    let head = format!("[exit {code}, {seconds} s]");
    numbers(&head).is_some().then_some((head, written))
}

/// The head line for a list of one part, and the inside of the string.
fn part(document: &str, style: Style) -> Option<(String, &str)> {
    PARTS.iter().find_map(|(head, before, after)| {
        let inner = document.strip_prefix(&*style.of(before))?;
        let written = inner.strip_suffix(&*style.of(after))?;
        Some(((*head).to_owned(), written))
    })
}

/// The head line for the output of a command in code mode, and the inside of the string.
fn script(document: &str, style: Style) -> Option<(String, &str)> {
    let (before, rest) = document.split_once(&*style.of(SCRIPT[1]))?;
    let head = format!("[{}]", before.strip_prefix('{')?);
    let written = rest.strip_suffix(SCRIPT[2])?;
    members(&head, style)?;
    Some((head, written))
}

/// The members in a head line: each a string, a number or the like.
fn members(head: &str, style: Style) -> Option<&str> {
    let members = head.strip_prefix('[')?.strip_suffix(']')?;
    if members.len() > MOST_MEMBER_BYTES
        || !members.starts_with(&style.of(SCRIPT[0])[1..])
        || members.contains(['\n', '\r'])
        || members.contains(&*style.of(SCRIPT[1]))
    {
        return None;
    }
    let object = format!("{{{members}}}");
    let index = scan(object.as_bytes()).ok()?;
    let is_flat = |(_, value)| !matches!(index.kind(value), Kind::Array | Kind::Object);
    index.members(index.root_id()).all(is_flat).then_some(members)
}

/// The exit code and the seconds in a head line.
fn numbers(head: &str) -> Option<(&str, &str)> {
    let inner = head.strip_prefix("[exit ")?.strip_suffix(" s]")?;
    let (code, seconds) = inner.split_once(", ")?;
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let are_digits = [code.strip_prefix('-').unwrap_or(code), whole, fraction].iter().all(|part| {
        (1..=MOST_DIGITS).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    });
    are_digits.then_some((code, seconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn envelopes_become_a_line_and_their_text() {
        for (document, head, text) in [
            (
                r#"{"output":"a\n\"b\"\t\u001b[0m","metadata":{"exit_code":-1,"duration_seconds":0.30}}"#,
                "[exit -1, 0.30 s]",
                "a\n\"b\"\t\u{1b}[0m",
            ),
            (
                r#"{"output":"","metadata":{"exit_code":0,"duration_seconds":12}}"#,
                "[exit 0, 12 s]",
                "",
            ),
            (r#"[{"type":"text","text":"a\\n"}]"#, "[text part]", "a\\n"),
            (
                r#"{"chunk_id":"0fa","wall_time_seconds":0.1,"exit_code":0,"output":"a\n\"b\""}"#,
                r#"["chunk_id":"0fa","wall_time_seconds":0.1,"exit_code":0]"#,
                "a\n\"b\"",
            ),
            (r#"{"chunk_id":"","output":""}"#, r#"["chunk_id":""]"#, ""),
            (
                r#"{"output": "caf\u00e9 \ud83d\ude00\n", "metadata": {"exit_code": 0, "duration_seconds": 0.3}}"#,
                "[exit 0, 0.3 s; spaced, ASCII]",
                "café 😀\n",
            ),
            (
                r#"{"output":"\u00e9","metadata":{"exit_code":0,"duration_seconds":0.3}}"#,
                "[exit 0, 0.3 s; ASCII]",
                "é",
            ),
            (r#"[{"type": "text", "text": "é"}]"#, "[text part; spaced]", "é"),
            (r#"[{"text":"\u00e9","type":"text"}]"#, "[text part, text first; ASCII]", "é"),
            (
                r#"{"chunk_id": "0fa", "exit_code": 0, "output": "a\u2026"}"#,
                r#"["chunk_id": "0fa", "exit_code": 0; spaced, ASCII]"#,
                "a…",
            ),
            (r#"[{"text":"é\n","type":"text"}]"#, "[text part, text first]", "é\n"),
        ] {
            let opened = open(document).expect("an envelope");
            assert_eq!((opened.head.as_str(), opened.text.as_str()), (head, text), "{document}");
            assert_eq!(split(&format!("{head}\n{text}")), Some((head, text)));
        }
    }

    #[test]
    fn what_would_not_come_back_stays_closed() {
        for document in [
            r#"{"output": "a","metadata":{"exit_code":0,"duration_seconds":0.3}}"#,
            r#"{"output":"a\u0041","metadata":{"exit_code":0,"duration_seconds":0.3}}"#,
            r#"{"output":"\ud800","metadata":{"exit_code":0,"duration_seconds":0.3}}"#,
            r#"{"output":"a","metadata":{"exit_code":0,"duration_seconds":1e9}}"#,
            r#"{"output":"a","metadata":{"exit_code":null,"duration_seconds":1}}"#,
            r#"{"output":"a","b":"c","metadata":{"exit_code":0,"duration_seconds":1}}"#,
            r#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#,
            r#"{"output":"é\u00e9","metadata":{"exit_code":0,"duration_seconds":0.3}}"#,
            r#"{"chunk_id":"a","output":"b","exit_code":0}"#,
            r#"{"chunk_id":"a","exit_code": [0],"output":"b"}"#,
            r#"{"chunk_id": "a","output":"b"}"#,
            r#"[{"type":"text","text":"a"}]
"#,
        ] {
            assert!(open(document).is_none(), "{document}");
        }
        for text in ["[exit 0, 0.3 s]", "[exit , 0.3 s]\na", " [text part]\na", "[exit 0, 0.3]\na"]
        {
            assert_eq!(split(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_opened_is_closed(
            text: String,
            code in -9i32..300,
            seconds in "[0-9]{1,3}(\\.[0-9]{1,3})?",
            shape in 0..3,
        ) {
            let inner = JsonEscapes::Needed.write(&text);
            let document = match shape {
                0 => [PARTS[0].1, &inner, PARTS[0].2].concat(),
                1 => format!("{{\"chunk_id\":\"a{code}\",\"exit_code\":{code},\"output\":\"{inner}\"}}"),
                _ => format!("{}{inner}{}{code}{}{seconds}{}", RUN[0], RUN[1], RUN[2], RUN[3]),
            };
            let opened = open(&document).expect("an envelope");
            prop_assert_eq!(&opened.text, &text);
            prop_assert_eq!(close(&opened.head, &opened.text), Some(document));
        }

        #[test]
        fn any_text_is_opened_or_not(text in "(\\{\"output\":\"|\\{\"chunk_id\":\"|,\"output\":\"|\",\"metadata\":\\{\"exit_code\":|,\"duration_seconds\":|\\}\\}|0|\\\\|\"|u0041|\n){0,12}") {
            if let Some(opened) = open(&text) {
                prop_assert_eq!(close(&opened.head, &opened.text), Some(text));
            }
        }
    }
}
