//! Values on a line of their own below the one that names them: what a command prints (`$ printenv DB_PASSWORD`), what stands
//! below a label (`Recovery password:`), what somebody answers (`what's the admin password?`).

use std::ops::Range;

use super::{Kind, Notation, is_secret, looks_secret, name};
use crate::byte_set::ByteSet;
use crate::parts::{line_at, line_before, line_end, range_of};
use crate::transcript::{self, Prompt, alone};
use crate::value;

/// The longest rest of a line behind a name.
const LONGEST_REST: usize = 160;
/// The most words between a name and the colon at the line's end.
const MOST_WORDS: usize = 10;

/// The ASCII characters of labels, and of what stands before a name in one.
const LABELS: ByteSet = ByteSet::alphanumeric_and(b" ()-',/`");
const BEFORE_LABELS: ByteSet = ByteSet::alphanumeric_and(b" ()-',/*#>.:!\t@[]");

/// What is said of a credential that a program made, and is shown once.
const ANNOUNCING: &[&str] =
    &["created", "generated", "issued", "copy", "Created", "Generated", "Issued", "Copy"];
/// What a person says before a credential, which follows in the next message.
const HANDING_OVER: &[&str] = &["this is the ", "here is the ", "here's the ", "here’s the "];

/// The endings of files that only their keys open, or that aren't secret.
const SEALED: &[&str] =
    &[".enc", ".gpg", ".asc", ".age", ".sops", ".sealed", ".pub", ".crt", ".sha", ".md5"];

/// What a line is that has a name, and whose value stands below it.
enum Line {
    Command,
    Label,
    /// A label without a colon, as on a router.
    Sticker,
    /// A label of a page, with a value and the button by which it is copied below.
    Screenshot,
    Question,
}

/// Adds the value below the line of `name`.
pub(super) fn find(
    text: &str,
    name: &Range<usize>,
    hit: &Range<usize>,
    kind: Kind,
    found: &mut Vec<Range<usize>>,
) {
    let Some(end) = line_end(text, name.end, LONGEST_REST) else { return };
    let rest = text[name.end..end].trim_ascii_end();
    let is_mark = || text[..name.start].ends_with("[REDACTED:");
    if rest.ends_with([',', ';', '{', '[']) || is_mark() {
        return;
    }
    let Some(line) = kind_of_line(text, name, rest) else { return };
    let first = line_at(text, end + 1);
    let next = first.clone().map(|next| behind_heading(text, name, &line, next));
    let is_message = matches!(line, Line::Question)
        && (next != first || is_handed_over(line_before(text, name.start)));
    let below = next.or_else(|| line_at(text, end + 1 + blank_line(text, end + 1)?));
    // A comment says what the lines are: `cat auth.txt  # user, then password`.
    // So does a file of a user and a password, as OpenVPN has.
    let is_second = |below: &Range<usize>| {
        let is_of_both = || rest.starts_with(".txt") && is_user(&text[below.clone()]);
        matches!(line, Line::Command) && (is_behind_user(text, name) || is_of_both())
    };
    let below = below.and_then(|below| match is_second(&below) {
        true => line_at(text, line_end(text, below.end, LONGEST_REST)? + 1),
        false => Some(below),
    });
    let Some(below) = below else { return };
    let written = &text[name.clone()];
    let range = match line {
        Line::Command => alone(text, below).filter(|range| {
            let value = &text[range.clone()];
            !name::is_name_of_secret(value)
                && (looks_secret(kind, value, written) || value::is_passphrase(value))
        }),
        Line::Label => labelled(text, below).filter(|range| {
            let value = &text[range.clone()];
            !value.ends_with([':', ';', ',', '{', ')'])
                && is_secret(kind, Notation::Prose, value, written)
        }),
        Line::Screenshot => copied(text, &below)
            .filter(|range| is_secret(kind, Notation::Neighbor, &text[range.clone()], written)),
        Line::Sticker => alone(text, below).filter(|range| {
            let value = &text[range.clone()];
            value::is_router_key(value) && looks_secret(kind, value, written)
        }),
        Line::Question => answer(text, below, is_message)
            .filter(|range| is_secret(kind, Notation::Prose, &text[range.clone()], written)),
    };
    // Most names are looked at no further, since no secret stands below them.
    if let Some(range) = range
        && name::kind_of(text, name, hit, kind).is_some_and(|kind| kind != Kind::OtherKey)
    {
        found.push(range);
    }
}

/// Whether a line is the name of a user: letters, perhaps with dots between.
fn is_user(line: &str) -> bool {
    line.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_' | b'@'))
}

/// Whether a comment names a user before the name: their values stand in the same order.
fn is_behind_user(text: &str, name: &Range<usize>) -> bool {
    let comment = line_before(text, name.start).rsplit_once(" # ");
    comment.is_some_and(|(_, comment)| comment.contains("user"))
}

/// The length of an empty line with its end.
fn blank_line(text: &str, start: usize) -> Option<usize> {
    let line = text.get(start..)?.trim_start_matches([' ', '\t', '\r']);
    let length = text.len() - start - line.len();
    line.starts_with('\n').then_some(length + 1)
}

/// What the line of a name is, if its value may stand below it.
fn kind_of_line(text: &str, name: &Range<usize>, rest: &str) -> Option<Line> {
    let before = line_before(text, name.start);
    // A quotation in a mail looks like a prompt.
    let is_quotation = before.starts_with("> ") && rest.ends_with(':');
    if let Some(prompt) = transcript::prompt(before).filter(|_| !is_quotation) {
        // What an interpreter is given is the value, and no call with it.
        let is_value = || rest.bytes().all(|byte| b"\"')]}".contains(&byte));
        let reads = match prompt {
            Prompt::Interpreter => is_value(),
            Prompt::Shell => reads(before),
        };
        let is_comment = rest.ends_with([':', '.', '?']);
        let is_sealed = SEALED.iter().any(|ending| rest.contains(ending));
        return (reads && !is_comment && !is_sealed).then_some(Line::Command);
    }
    if rest.ends_with('?') {
        return Some(Line::Question);
    }
    if before.starts_with("E ") && before.contains("assert") {
        return Some(Line::Label);
    }
    if rest.is_empty() && is_handed_over(before) {
        return Some(Line::Question);
    }
    let is_announced =
        |said: &str| said.split([' ', ',', '.']).any(|word| ANNOUNCING.contains(&word));
    if rest.is_empty() && is_announced(before) || rest.ends_with(':') && is_announced(rest) {
        return Some(Line::Label);
    }
    if rest.is_empty() && is_above_button(text, name.end) {
        return Some(Line::Screenshot);
    }
    let label = rest.strip_suffix([':', '：']).unwrap_or(rest);
    let without_colon = label.len() == rest.len();
    // A heading of Markdown.
    let is_heading = before.starts_with('#');
    if without_colon && !is_heading && !is_above_digits(text, name.end + rest.len()) {
        return None;
    }
    let is_of =
        |set: &ByteSet, text: &str| text.bytes().all(|byte| !byte.is_ascii() || set.contains(byte));
    let is_label = is_of(&LABELS, label)
        && is_of(&BEFORE_LABELS, before)
        && label.split(' ').count() <= MOST_WORDS + 1;
    let is_sticker = without_colon && !is_heading;
    is_label.then_some(if is_sticker { Line::Sticker } else { Line::Label })
}

/// The line below `name`, or the one behind it if it only says who answers and when, or repeats the key that is read:
/// `Kim Lee  10:27 AM`, `/shop/db_password`.
fn behind_heading(
    text: &str,
    name: &Range<usize>,
    line: &Line,
    next: Range<usize>,
) -> Range<usize> {
    let written = text[next.clone()].trim_end();
    let is_heading = match line {
        Line::Question => {
            let time = written.trim_end_matches(" AM").trim_end_matches(" PM").rsplit_once("  ");
            time.is_some_and(|(nick, time)| {
                nick.starts_with(char::is_uppercase)
                    && time.trim_start().split_once(':').is_some_and(|(hour, minute)| {
                        hour.parse::<u8>().is_ok() && minute.parse::<u8>().is_ok()
                    })
            })
        }
        Line::Command => written.starts_with('/') && written.ends_with(&text[name.clone()]),
        _ => false,
    };
    let behind = is_heading.then(|| line_at(text, next.end + 1)).flatten();
    behind.unwrap_or(next)
}

/// The button by which a page's visitor copies a value.
const BUTTON: &str = "Copy";

/// Whether the line below the one that ends at `end` ends with the button by which it is copied.
fn is_above_button(text: &str, end: usize) -> bool {
    let below = text[end..].trim_start_matches('\r').strip_prefix('\n');
    below.is_some_and(|below| {
        let line = below.split('\n').next().unwrap_or_default();
        line.len() <= LONGEST_REST && line.trim_end().ends_with(BUTTON)
    })
}

/// The value before the button by which it is copied.
fn copied(text: &str, line: &Range<usize>) -> Option<Range<usize>> {
    let value = text[line.clone()].trim_end().strip_suffix(BUTTON)?.strip_suffix("  ")?.trim();
    (!value.is_empty() && !value.contains(' ')).then(|| range_of(text, value))
}

/// Whether the line below the one that ends at `end` begins with a digit.
fn is_above_digits(text: &str, end: usize) -> bool {
    const WIDEST: usize = 16;
    let below = text.as_bytes()[end..].iter().take(WIDEST).find(|byte| !byte.is_ascii_whitespace());
    below.is_some_and(u8::is_ascii_digit)
}

/// Whether a command reads out what it names.
fn reads(command: &str) -> bool {
    #[rustfmt::skip]
    const VERBS: &[&str] = &[
        "printenv", "echo", "printf", "print", "cat", "get", "read", "show", "output", "view", "access", "lookup", "decrypt",
        "jq", "yq", "head", "tail", "less", "type", "xxd", "base64", "cut", "awk", "strings", "gc", "Get-Content", "config:get", "-r", "-raw", "reveal", "fetch",
    ];
    let words = command.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | '|'));
    let env = ["$env:", "%", "GetNetworkCredential()."].iter().any(|end| command.ends_with(end));
    env || words.into_iter().any(|word| VERBS.contains(&word))
}

/// The value that is alone on the line below a label, perhaps in a list, a quotation or the difference that a failed test
/// shows.
fn labelled(text: &str, line: Range<usize>) -> Option<Range<usize>> {
    let written = &text[line];
    let value = written.strip_prefix("E ").map_or(written, str::trim_start);
    let marks = ["> ", "- ", "* ", "$ ", "+ "];
    let value = marks.iter().find_map(|mark| value.strip_prefix(mark)).unwrap_or(value);
    let value = value.trim_matches('*');
    alone(text, range_of(text, value))
}

/// Whether somebody says that a credential follows.
fn is_handed_over(before: &str) -> bool {
    HANDING_OVER.iter().any(|words| before.contains(words))
}

/// The value in an answer, at its end: `ben: it's …`, `10:42 <max> …`; or all of it, if the line is known to be a message.
fn answer(text: &str, line: Range<usize>, is_message: bool) -> Option<Range<usize>> {
    const FEW_WORDS: usize = 6;
    const CONNECTORS: &[&str] =
        &["it's", "its", "is", "it’s", "it", "here:", "try", "use", "->", "think"];
    let written = &text[line];
    let words: Vec<&str> = written.split_ascii_whitespace().collect();
    let (last, before) = words.split_last()?;
    let is_nick = |word: &str| word.starts_with('<') && word.ends_with('>') || word.ends_with(':');
    let is_time = |word: &str| {
        let is_of_date = |c: char| c.is_ascii_digit() || "[]():.,/-".contains(c);
        word.contains([':', '/', '[']) && word.chars().all(is_of_date)
    };
    let is_word =
        |word: &str| word.chars().all(|c| c.is_alphabetic() || "'’,.:<>-_@()".contains(c));
    let is_answer =
        before.iter().any(|word| is_nick(word) || is_time(word) || CONNECTORS.contains(word));
    let are_words =
        before.len() <= FEW_WORDS && before.iter().all(|word| is_time(word) || is_word(word));
    let value = last.trim_matches(['"', '\'', '`']).trim_end_matches(['.', ',']);
    let is_answer = is_answer || is_message && before.is_empty();
    (is_answer && are_words && !value.is_empty()).then(|| range_of(text, value))
}
