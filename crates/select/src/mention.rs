//! Explicit mentions of files: paths in all the forms in which people paste them.
//!
//! `src/a.rs:22`, `src/a.rs:22-40`, `C:\shop\src\a.rs(22,5)`, `"src\\a.rs", line 22`, `@src/a.rs`,
//! `tests/a.py::test_b`, a permalink of a forge, `file:///…`, and any of these without a blank beside Chinese or
//! Japanese. A false positive does no harm: it names no file of the repository.

mod lines;
mod report;

use syntax::LineRange;

use crate::terms::is_dense;
use lines::{lines_after, lines_before, lines_from, lines_of_fragment, with_plain_ranges};

/// The most tokens of a task that are searched, and mentions that are kept. By hand: it bounds the work.
const MOST: usize = 2_000;
/// The most characters of a file name's ending (`properties`). By hand.
const ENDING: usize = 10;
/// A file that the task names, perhaps with lines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PathMention {
    /// With `/`, without a leading `./`; it may be only the tail of a path.
    pub(crate) path: String,
    /// The lines, from 1.
    pub(crate) lines: Option<LineRange>,
}

/// The files that `text` mentions, in order.
pub(crate) fn path_mentions(text: &str) -> Vec<PathMention> {
    let mut found = Found { places: Vec::new(), is_patch: text.contains("diff --git ") };
    let text = &*with_plain_ranges(text);
    for (token, after) in pieces(text, is_blank_or_quote).take(MOST) {
        if token.contains("://") {
            found.link(token);
        }
        let before = &text[..text.len() - after.len() - token.len()];
        let around = Around { before, after };
        let whole = without_brackets(token);
        if whole.contains(is_bracket) {
            found.plain(whole, around);
        }
        for (part, rest) in pieces(token, is_bracket) {
            found.plain(part, around.with(rest));
        }
    }
    for piece in quoted(text).into_iter().filter(|piece| piece.contains(' ')).take(MOST) {
        let (path, lines) = located(piece);
        if path.contains(['/', '\\']) && ending_of(path).is_some() {
            found.push(path, lines);
        }
    }
    for (path, line) in report::reported(text) {
        found.push(path, Some(line));
    }
    found.places.sort();
    found.places.dedup();
    found.places
}

/// The parts of `text` between characters that are `between`, each with the text after it.
fn pieces(text: &str, between: fn(char) -> bool) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(between);
        let end = rest.find(between).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some((piece, after))
    })
}

/// White space, quotation marks and clause-ending punctuation of every language.
pub(crate) fn is_blank_or_quote(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, ',' | ';' | '"' | '\'' | '`' | '|' | '<' | '>')
        || matches!(c, '«' | '»' | '\u{2010}'..='\u{2015}' | '\u{2018}'..='\u{201f}' | '\u{2026}')
        || matches!(c, '\u{2039}' | '\u{203a}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
        || matches!(c, '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{301f}')
        || matches!(c, '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}')
        || matches!(c, '\u{ff5b}'..='\u{ff65}')
}

pub(crate) fn is_bracket(c: char) -> bool {
    matches!(c, '(' | ')' | '[' | ']' | '{' | '}')
}

/// `token` without the brackets around it that have no counterpart in it: `(a/[id].ts)` → `a/[id].ts`.
fn without_brackets(token: &str) -> &str {
    const BRACKETS: [char; 6] = ['(', ')', '[', ']', '{', '}'];
    let mut rest = token.trim_end_matches(['.', ':', '!', '?']);
    // Counted once: a token may be a megabyte of brackets.
    let mut counts = BRACKETS.map(|bracket| rest.matches(bracket).count());
    let place = |c: Option<char>| BRACKETS.iter().position(|bracket| Some(*bracket) == c);
    loop {
        let (first, last) = (place(rest.chars().next()), place(rest.chars().next_back()));
        // A bracket and its counterpart are next to each other, the opening one at an even place.
        let has_other_count = |place: &usize| counts[*place] != counts[*place ^ 1];
        let opening = first.filter(|place| place % 2 == 0);
        let closing = last.filter(|place| place % 2 == 1);
        let (from_start, from_end) = match (opening, closing) {
            (Some(opening), _) if has_other_count(&opening) => (Some(opening), None),
            (_, Some(closing)) if has_other_count(&closing) => (None, Some(closing)),
            (Some(opening), Some(closing)) if opening ^ 1 == closing => {
                (Some(opening), Some(closing))
            }
            _ => return rest,
        };
        from_start.into_iter().chain(from_end).for_each(|place| counts[place] -= 1);
        rest =
            &rest[usize::from(from_start.is_some())..rest.len() - usize::from(from_end.is_some())];
    }
}

/// The text before a token, and that after it.
#[derive(Clone, Copy)]
struct Around<'t> {
    before: &'t str,
    after: &'t str,
}

impl<'t> Around<'t> {
    /// The same for a part of the token that `rest` follows in it.
    fn with(self, rest: &'t str) -> Self {
        if rest.is_empty() { self } else { Self { after: rest, ..self } }
    }

    /// The same for a part of the token that `start` comes before in it.
    fn behind(self, start: &'t str) -> Self {
        if start.is_empty() { self } else { Self { before: start, ..self } }
    }

    fn lines(self) -> Option<LineRange> {
        lines_after(self.after).or_else(|| lines_before(self.before))
    }
}

struct Found {
    places: Vec<PathMention>,
    /// Whether the task holds a patch, whose paths begin with `a/` and `b/`.
    is_patch: bool,
}

impl Found {
    fn push(&mut self, path: &str, lines: Option<LineRange>) {
        let path = normal(path);
        if path.is_empty() || self.places.len() >= MOST {
            return;
        }
        let without_side = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/"));
        if let Some(inner) = without_side.filter(|_| self.is_patch) {
            self.places.push(PathMention { path: inner.to_owned(), lines });
        }
        self.places.push(PathMention { path, lines });
    }

    /// A token that isn't a link.
    fn plain(&mut self, token: &str, around: Around<'_>) {
        self.candidate(token, around);
        if token.contains(is_dense) {
            // Chinese and Japanese put no blank beside a path, and may also be part of one.
            let inner = token.trim_matches(is_dense);
            self.candidate(inner, around);
            for (run, rest) in pieces(token, is_dense) {
                let start = &token[..token.len() - rest.len() - run.len()];
                self.candidate(run, around.with(rest).behind(start));
            }
        }
    }

    fn candidate(&mut self, token: &str, around: Around<'_>) {
        let token = token.trim_end_matches(['.', ':', '!', '?', '*', '~']);
        let (path, lines) = located(token.trim_start_matches(['*', '~', '!', ':']));
        let path = path.trim_end_matches('*');
        let lines = lines.or_else(|| around.lines());
        let mut forms = vec![path];
        forms.extend(path.strip_prefix('@'));
        forms.extend(path.rsplit_once('=').map(|(_, value)| value));
        forms.extend(
            path.rsplit_once(':').map(|(_, rest)| rest).filter(|rest| !rest.starts_with('\\')),
        );
        for form in forms {
            if is_file(form) || is_folder(form) {
                self.push(form, lines);
            }
        }
    }

    /// A token that holds a link: to a local file, or to a file on a forge.
    fn link(&mut self, token: &str) {
        let Some((before, rest)) = token.split_once("://") else { return };
        let scheme_at = before.rfind(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c));
        let scheme = scheme_at.map_or(before, |at| {
            before[at..].trim_start_matches(|c: char| !c.is_ascii_alphanumeric())
        });
        let web = matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https" | "ssh" | "git");
        let end = rest.find(is_dense).unwrap_or(rest.len());
        for address in [rest, &rest[..end]] {
            let address = without_brackets(address);
            if web { self.forge(address) } else { self.local(address) }
        }
    }

    /// `file:///home/me/shop/src/a.rs:22`, `vscode://file/C:/shop/src/a.rs:22:5`.
    fn local(&mut self, address: &str) {
        let (address, query) = address.split_once('?').unwrap_or((address, ""));
        let (path, lines) = located(address);
        self.push(&percent_decoded(path), lines.or_else(|| lines_of_query(query)));
        if let Some(path) = parameter(query, "path").or_else(|| parameter(query, "file")) {
            let (path, lines) = located(path);
            self.push(&percent_decoded(path), lines.or_else(|| lines_of_query(query)));
        }
    }

    /// `github.com/OWNER/REPO/blob/REF/PATH#L22-L25`, and the equivalents of GitLab, Gitea, Bitbucket,
    /// sourcehut, Sourcegraph and Azure.
    fn forge(&mut self, address: &str) {
        let (address, fragment) = address.split_once('#').unwrap_or((address, ""));
        let (address, query) = address.split_once('?').unwrap_or((address, ""));
        let lines = lines_of_fragment(fragment)
            .or_else(|| lines_of_query(query))
            .or_else(|| lines_of_fragment(query));
        let steps: Vec<&str> = address.split('/').filter(|step| !step.is_empty()).collect();
        if let Some(path) = parameter(query, "path").filter(|path| path.contains(['/', '%'])) {
            self.push(&percent_decoded(path), lines);
        }
        let raw = steps.first().is_some_and(|host| host.starts_with("raw."));
        let marker = steps.iter().skip(2).position(|step| FORGE_VIEWS.contains(step));
        let after_view = match marker {
            Some(at) => &steps[at + 3..],
            None if raw => steps.get(3..).unwrap_or_default(),
            None => return,
        };
        let refs = match after_view {
            ["branch" | "commit" | "tag", _, ..] => 2,
            ["refs", "heads" | "tags", _, ..] => 3,
            [_, "item", _, ..] => 2,
            _ => 1,
        };
        // A reference may contain slashes or be missing, so the unsplit rest is a mention as well.
        for path in [after_view.get(refs..).unwrap_or_default(), after_view] {
            self.push(&percent_decoded(&path.join("/")), lines);
        }
    }
}

/// The path segments that forges put before the reference and the path of a file.
const FORGE_VIEWS: &[&str] = &["blob", "blame", "raw", "edit", "tree", "src", "browse", "commits"];

/// The value of `name` in the query of an address.
fn parameter<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// The lines in the query of an address: `line=22&lineEnd=25`.
fn lines_of_query(query: &str) -> Option<LineRange> {
    let start = parameter(query, "line")?.parse().ok().filter(|&line| line > 0)?;
    let end = parameter(query, "lineEnd").and_then(|end| end.parse().ok());
    Some(LineRange { start, end: end.filter(|&end| end >= start).unwrap_or(start) })
}

/// `%20` → a blank. What isn't UTF-8 then stays as it is.
fn percent_decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let decoded = digits
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        out.push(decoded.unwrap_or(bytes[at]));
        at += if decoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// A path and the lines that are written onto it: `a.rs:22:5`, `a.rs:22-25`, `a.rs#L22-L25`, `a.py::test_b`.
fn located(token: &str) -> (&str, Option<LineRange>) {
    if let Some((path, fragment)) = token.split_once('#') {
        let lines = lines_of_fragment(fragment);
        if lines.is_some() || !fragment.contains(['/', '.']) {
            return (path.split('?').next().unwrap_or(path), lines);
        }
    }
    for (at, _) in token.match_indices(':') {
        let after = &token[at + 1..];
        let lines = lines_from(after.strip_prefix('L').unwrap_or(after));
        if lines.is_some() || after.starts_with(':') {
            return (&token[..at], lines.map(|(lines, _)| lines));
        }
    }
    (token.split('?').next().unwrap_or(token), None)
}

/// The ending of the file name in `path`, if it looks like one.
fn ending_of(path: &str) -> Option<&str> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let (stem, ending) = name.rsplit_once('.')?;
    let is_ending = (1..=ENDING).contains(&ending.len())
        && ending.starts_with(|c: char| c.is_ascii_lowercase())
        && ending.chars().all(|c| c.is_ascii_alphanumeric());
    (is_ending && stem.len() >= 2).then_some(ending)
}

fn is_file(path: &str) -> bool {
    ending_of(path).is_some()
}

/// Whether `path` may be a folder, or a file without an ending.
fn is_folder(path: &str) -> bool {
    let windows = path.matches('\\').count() >= 2;
    let path = without_drive(path);
    (windows || path.contains('/'))
        && path.len() >= 5
        && !path.contains("//")
        && path.chars().all(|c| c.is_alphanumeric() || "/\\._-@+".contains(c))
}

fn without_drive(path: &str) -> &str {
    match path.as_bytes() {
        [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic() => &path[2..],
        _ => path,
    }
}

/// `path` with single `/`, without a drive, a leading `./` and slashes at its ends.
fn normal(path: &str) -> String {
    let slashed = without_drive(path.trim()).replace('\\', "/");
    let parts: Vec<&str> = slashed
        .split('/')
        .skip_while(|part| *part == ".")
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("/")
}

/// The quoted texts in `text` that don't span lines, by the quotation marks of any language.
pub(crate) fn quoted(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    for line in text.lines() {
        for mark in ['"', '\'', '`'] {
            let mut open = None;
            for (at, _) in line.match_indices(mark) {
                let before = line[..at].chars().next_back();
                let after = line[at + 1..].chars().next();
                let in_word = mark == '\''
                    && before.is_some_and(char::is_alphanumeric)
                    && after.is_some_and(char::is_alphanumeric);
                if in_word {
                    continue; // an apostrophe
                }
                match open.take() {
                    None => open = Some(at + 1),
                    Some(from) => out.push(&line[from..at]),
                }
            }
        }
        for (opening, closing) in
            [('“', '”'), ('„', '“'), ('«', '»'), ('‹', '›'), ('「', '」'), ('『', '』'), ('‘', '’')]
        {
            let mut rest = line;
            while let Some((_, inner)) = rest.split_once(opening)
                && let Some((piece, after)) = inner.split_once(closing)
            {
                out.push(piece);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::lines::one;
    use super::*;

    fn names(text: &str, path: &str, line: Option<u32>) -> bool {
        let found = path_mentions(text);
        // As the evidence does: one may be the tail of the other.
        let is = |mention: &PathMention| {
            let tail = mention.path == path || mention.path.ends_with(&format!("/{path}"));
            tail && (line.is_none() || mention.lines == line.map(one))
        };
        assert!(found.iter().any(is), "{text}: {found:?}");
        true
    }

    const ROUTER: &str = "pkg/server/router.go";

    #[test]
    fn paths_are_found_in_any_wrapping() {
        for text in [
            "pkg/server/router.go:22",
            "pkg/server/router.go:22:5: undefined",
            r"C:\Users\me\shop\pkg\server\router.go:22",
            r"c:\\Users\\me\\shop\\pkg\\server\\router.go:22",
            r"pkg\server\router.go(22,5): error",
            "[ERROR] /home/ci/w/pkg/server/router.go:[22,5] error: incompatible types",
            "pkg/server/router.go#L22",
            "file:///home/me/shop/pkg/server/router.go:22:5",
            "vscode://file/C:/shop/pkg/server/router.go:22",
            "https://github.com/acme/shop/blob/main/pkg/server/router.go#L22 is wrong",
            "see (https://github.com/acme/shop/blob/feature/x/pkg/server/router.go#L22).",
            "https://gitlab.com/a/group/shop/-/blob/v1.2/pkg/server/router.go#L22",
            "https://codeberg.org/a/shop/src/branch/main/pkg/server/router.go#L22",
            "https://bitbucket.org/a/shop/src/0123abc/pkg/server/router.go#lines-22",
            "https://git.sr.ht/~me/shop/tree/main/item/pkg/server/router.go#L22",
            "https://sourcegraph.com/github.com/a/shop/-/blob/pkg/server/router.go?L22",
            "https://dev.azure.com/a/p/_git/shop?path=/pkg/server/router.go&version=GBmain&line=22",
            "看https://github.com/acme/shop/blob/main/pkg/server/router.go#L22这里",
            "“pkg/server/router.go” line 22",
            "\"pkg/server/router.go\", line 22, in f",
            "the bug is in `pkg/server/router.go` at line 22",
            "pkg/server/router.go第22行有错",
            "pkg/server/router.goの22行目",
            "pkg/server/router.go의 22번째 줄에서",
            "line 22 of pkg/server/router.go",
            "it fails on line 22 in `pkg/server/router.go`",
            "Fehler in Zeile 22 von pkg/server/router.go",
            "erreur à la ligne 22 de pkg/server/router.go",
            "erro na linha 22 de pkg/server/router.go",
            "ошибка в файле pkg/server/router.go на строке 22",
            "**pkg/server/router.go**:22",
            "<code>pkg/server/router.go</code> line 22",
            r#"{"file":"pkg/server/router.go","line":22}"#,
            r#"{"filename": "pkg/server/router.go", "lineno": 22}"#,
            "file: pkg/server/router.go\nline: 22\n",
            "pkg/server/router.go\t22\terror",
            "pkg/server/router.go l.22",
            "pkg/server/router.go|22 col 5| error",
            "--- a/pkg/server/router.go\n+++ b/pkg/server/router.go\n@@ -19,6 +19,7 @@ func x",
        ] {
            assert!(names(text, ROUTER, Some(22)));
        }
        for text in [
            "@pkg/server/router.go is wrong",
            r"pkg\\server\\router.go",
            "请修改pkg/server/router.go文件",
            "**pkg/server/router.go** breaks",
            "--file=pkg/server/router.go",
            "[router](pkg/server/router.go)",
            "[router](./pkg/server/router.go).",
            "«pkg/server/router.go»",
            "pkg/server/router.go\u{a0}breaks",
            "pkg/server/router.go—why?",
            "file:pkg/server/router.go",
            "pkg/server/router.go::TestRoute",
            "https://raw.githubusercontent.com/a/shop/main/pkg/server/router.go",
            "~/shop/pkg/server/router.go",
            "\\\\server\\share\\pkg\\server\\router.go",
            "diff --git a/pkg/server/router.go b/pkg/server/router.go",
        ] {
            assert!(names(text, ROUTER, None));
        }
    }

    #[test]
    fn ranges_of_lines_are_read_whole() {
        let range = LineRange { start: 22, end: 40 };
        for text in [
            "pkg/server/router.go:22-40",
            "`pkg/server/router.go:L22-L40`",
            "pkg/server/router.go:22..40 is wrong",
            "pkg/server/router.go:22–40",
            "pkg/server/router.go:22:5-40:9",
            "pkg/server/router.go#L22-L40 is wrong",
            "pkg/server/router.go#L22C3-L40C9",
            "@pkg/server/router.go#22-40",
            "https://github.com/acme/shop/blob/main/pkg/server/router.go#L22-L40 is wrong",
            "https://gitlab.com/a/group/shop/-/blob/v1.2/pkg/server/router.go#L22-40",
            "https://bitbucket.org/a/shop/src/0123abc/pkg/server/router.go#lines-22:40",
            "https://sourcegraph.com/github.com/a/shop/-/blob/pkg/server/router.go?L22-40",
            "https://dev.azure.com/a/p/_git/shop?path=/pkg/server/router.go&line=22&lineEnd=40",
            "pkg/server/router.go（第22-40行）",
            "pkg/server/router.go第22行到第40行",
            "pkg/server/router.goの22-40行目",
            "pkg/server/router.goの22〜40行目",
            "pkg/server/router.goの22～40行目を直して",
            "pkg/server/router.goの22行目〜40行目",
            "pkg/server/router.go:22〜40",
            "pkg/server/router.go第22–40行",
            "22〜40行目のpkg/server/router.go",
            "22行目から40行目のpkg/server/router.goを直す",
            "第22~40行的pkg/server/router.go",
            "請看第22到40行 pkg/server/router.go",
            "`pkg/server/router.go`の22〜40行目",
            "pkg/server/router.go의 22~40번째 줄",
            "请看第22到40行，文件pkg/server/router.go (lines 22-40)",
            "lines 22 to 40 of pkg/server/router.go",
            "lines 22-40 in `pkg/server/router.go`",
            "between lines 22 and 40 of pkg/server/router.go",
            "`pkg/server/router.go` lines 22–40",
            "pkg/server/router.go (lines 22 through 40)",
            "\"pkg/server/router.go\", lines 22 - 40",
            "pkg/server/router.go from line 22 to line 40",
            "pkg/server/router.go L22-L40",
            "pkg/server/router.go(22-40): warning",
            "Zeilen 22 bis 40 von pkg/server/router.go",
            "lignes 22 à 40 de pkg/server/router.go",
            "líneas 22 a 40 de pkg/server/router.go",
            "pkg/server/router.go, строки 22–40",
        ] {
            let found = path_mentions(text);
            let is = |mention: &&PathMention| mention.path.ends_with(ROUTER);
            let lines: Vec<_> = found.iter().filter(is).map(|mention| mention.lines).collect();
            assert!(lines.contains(&Some(range)), "{text}: {found:?}");
        }
    }

    #[test]
    fn what_follows_a_line_may_be_no_range() {
        for text in [
            "pkg/server/router.go:22:40",
            "pkg/server/router.go:22-7",
            "pkg/server/router.go:22-func",
            "pkg/server/router.go:22 - 404 not found",
            "pkg/server/router.go line 22, 40 times",
            "pkg/server/router.go(22,40): error",
            "pkg/server/router.go line 22 to see",
        ] {
            assert!(names(text, ROUTER, Some(22)));
        }
    }

    #[test]
    fn other_numbers_beside_a_path_are_no_lines() {
        for text in [
            "pkg/server/router.go 22 times",
            "with 22 of pkg/server/router.go",
            "in 22 pkg/server/router.go",
            "pkg/server/router.go linear 22nd",
            "pkg/server/router.go\nline",
            "pkg/server/router.go | 22 ++--",
            "pkg/server/router.go on 22",
            "22〜40回pkg/server/router.go",
            "22個の行pkg/server/router.go",
        ] {
            let found = path_mentions(text);
            let is = |mention: &&PathMention| mention.path == ROUTER;
            assert_eq!(found.iter().find(is).unwrap().lines, None, "{text}");
        }
    }

    #[test]
    fn odd_paths_are_found_whole() {
        assert!(names("app/[slug]/(auth)/page.tsx crashes", "app/[slug]/(auth)/page.tsx", None));
        assert!(names(
            "(see src/routes/[id]/+page.svelte:7)",
            "src/routes/[id]/+page.svelte",
            Some(7)
        ));
        assert!(names("请看docs/中文/指南.md吧", "docs/中文/指南.md", None));
        assert!(names("in \"my docs/read me.md\" it says", "my docs/read me.md", None));
        assert!(names("file:///home/me/my%20docs/read.md", "my docs/read.md", None));
        assert!(names("https://github.com/a/b/blob/main/setup.py", "setup.py", None));
        assert!(names("diff --git a/setup.py b/setup.py", "setup.py", None));
    }

    #[test]
    fn other_links_name_nothing() {
        for text in
            ["https://docs.python.org/3/library/asyncio.html", "https://example.com/issues/12"]
        {
            assert!(!path_mentions(text).iter().any(|p| p.path.starts_with("library")), "{text}");
        }
    }

    #[test]
    fn quotes_of_every_language_are_seen_and_apostrophes_are_none() {
        assert_eq!(quoted("it doesn't say “not found here” isn't it"), ["not found here"]);
        assert_eq!(
            quoted("„ein Fehler“ «une erreur» 'two words'"),
            ["two words", "ein Fehler", "une erreur"]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-zé中/\\\\.:#%()\\[\\]\"'“” ?=&0-9-]{0,60}") {
            path_mentions(&text);
            path_mentions(&format!("https://{text}"));
            path_mentions(&format!("中file://{text}"));
        }
    }
}
