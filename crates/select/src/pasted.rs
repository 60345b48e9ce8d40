//! A task as its output was printed: without the colours of a terminal, without what a log puts before each line, and with
//! lines whole that a terminal broke at its width.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// The widths in characters at which terminals break lines. By hand.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=250;
/// The most lines that are looked at. By hand: it bounds the work on a log.
const MAX_LINES: usize = 20_000;

/// Escape sequences: colours and moves (CSI), titles and links (OSC).
static ESCAPES: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]")
});
/// Colours whose escape character was lost on the way.
static COLOURS: LazyLock<Regex> = LazyLock::new(|| regex(r"\[[0-9]{1,3}(?:;[0-9]{1,3})*m|\[m"));
/// What stands before each line: the time of a CI service, the name of a container, a system's log.
static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^(?:\u{feff}?[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z |[A-Za-z][A-Za-z0-9_.-]* +\| ?|[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [!-~]+ [A-Za-z0-9_./-]+\[[0-9]+\]: ?)",
    )
});
/// A place in a file, as frames and diagnostics write it.
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"[A-Za-z0-9_@.-]+[/\\][A-Za-z0-9_@./\\-]*\.[A-Za-z]{1,5}(?::[0-9]+|", line [0-9]+|\([0-9]+)"#,
    )
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

/// `text` as it was printed.
pub(crate) fn as_printed(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    if text.contains('\x1b') {
        text = Cow::Owned(ESCAPES.replace_all(&text, "").into_owned());
    }
    // One alone may be an index.
    if ["[0m", "[39m", "[22m", "[m"].iter().any(|end| text.contains(end))
        && COLOURS.find_iter(&text).nth(1).is_some()
    {
        text = Cow::Owned(COLOURS.replace_all(&text, "").into_owned());
    }
    for change in [without_prefixes, unwrapped] {
        if let Some(changed) = change(&text) {
            text = Cow::Owned(changed);
        }
    }
    text
}

/// `text` without the prefixes of a log; `None` if fewer than two lines that follow each other have one.
fn without_prefixes(text: &str) -> Option<String> {
    text.trim_end().contains('\n').then_some(())?;
    let lines: Vec<&str> = text.split_inclusive('\n').take(MAX_LINES).collect();
    let lengths: Vec<usize> =
        lines.iter().map(|line| PREFIX.find(line).map_or(0, |found| found.end())).collect();
    lengths.windows(2).any(|pair| pair[0] > 0 && pair[1] > 0).then_some(())?;
    let end: usize = lines.iter().map(|line| line.len()).sum();
    let stripped: String =
        lines.iter().zip(lengths).map(|(line, length)| &line[length..]).collect();
    Some(stripped + &text[end..])
}

/// `text` with lines whole that a terminal broke; `None` if none was: two or more of the greatest width, of which one breaks
/// a place in a file.
fn unwrapped(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().take(MAX_LINES).collect();
    let widths: Vec<usize> = lines.iter().map(|line| line.chars().count()).collect();
    let width = *widths.iter().max().filter(|width| WIDTHS.contains(width))?;
    let is_broken = |at: usize| {
        let next = lines.get(at + 1).is_some_and(|next| !next.starts_with([' ', '\t', '`', '#']));
        widths[at] == width && next && !lines[at + 1].is_empty()
    };
    let broken: Vec<usize> = (0..lines.len()).filter(|&at| is_broken(at)).collect();
    let breaks_place = |&at: &usize| {
        let joined = format!("{}{}", lines[at], lines[at + 1]);
        let crosses =
            |found: regex::Match<'_>| (found.start() + 1..found.end()).contains(&lines[at].len());
        PLACE.find_iter(&joined).any(crosses)
    };
    (broken.len() >= 2 && broken.iter().any(breaks_place)).then_some(())?;
    let mut out = String::with_capacity(text.len());
    for (at, line) in lines.iter().enumerate() {
        out.push_str(line);
        if broken.binary_search(&at).is_err() {
            out.push('\n');
        }
    }
    out.extend(text.lines().skip(MAX_LINES).flat_map(|line| [line, "\n"]));
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn colours_and_prefixes_go() {
        for (pasted, printed) in [
            ("\x1b[31;1merror\x1b[0m: \x1b]8;;file:///a\x1b\\a.rs\x1b]8;;\x1b\\", "error: a.rs"),
            ("[31merror[39m in a.rs", "error in a.rs"),
            ("2026-11-30T14:07:21.4410021Z a\n2026-11-30T14:07:22Z \tb.go:1\n", "a\n\tb.go:1\n"),
            (
                "web-1  | Traceback\nweb-1  |   File \"a.py\", line 1\ndone",
                "Traceback\n  File \"a.py\", line 1\ndone",
            ),
            (
                "Nov 30 19:02:44 gw caddy[911]: goroutine 1\nNov 30 19:02:44 gw caddy[911]: \tadmin.go:3\n",
                "goroutine 1\n\tadmin.go:3\n",
            ),
        ] {
            assert_eq!(as_printed(pasted), printed);
        }
    }

    #[test]
    fn lines_that_a_terminal_broke_are_whole() {
        let whole = [
            "  File \"/home/u/venvs/tool/lib/python3.12/site-packages/click/core.py\", line 1631, in __call__",
            "    return self.main(*args, **kwargs)",
            "  File \"/home/u/venvs/tool/lib/python3.12/site-packages/click/types.py\", line 1278, in convert",
        ];
        let broken: Vec<String> = whole
            .iter()
            .map(|line| match line.len() > 70 {
                true => format!("{}\n{}", &line[..70], &line[70..]),
                false => (*line).to_owned(),
            })
            .collect();
        assert_eq!(as_printed(&broken.join("\n")), whole.join("\n") + "\n");
    }

    #[test]
    fn other_texts_stay() {
        let prose = "This sentence ends at a width that the next one has by chance, as well\n\
                     as this one here, which is about src/auth/token.rs:12 and some others.\nfix it";
        for text in [
            "fix it",
            "1 | let a = 1;\n2 | let b = 2;\n",
            "| a | b |\n|---|---|\n",
            "array[0m] is wrong",
            "2026-11-30T14:07:22Z is parsed as local time",
            prose,
        ] {
            assert_eq!(as_printed(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(\x1b|\\[0m|[a-z]{1,70}|web \\| |/a\\.rs:1|\n|é){0,20}") {
            as_printed(&text);
        }
    }
}
