//! Stack traces in a task: which frames they have, innermost first.
//!
//! How runtimes write frames is data (`data/traces.toml`). Here, lines become [`Frame`]s; which file and function of
//! the checkout a frame means is decided by `evidence/frames.rs`, which sees the repository.

mod names;
mod prefilter;
mod wrapped;

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use regex::{Captures, Regex, RegexSet};
use serde::Deserialize;

use names::names;
use prefilter::could_be_frame;

/// The most lines of a task that are searched. By hand: it bounds the work.
const MAX_LINES: usize = 20_000;
/// Characters of a line that are searched. By hand, for the same reason.
const MAX_LINE: usize = 1_000;
/// The most frames that are kept. By hand, for the same reason.
const MAX_FRAMES: usize = 400;
/// The most other lines between two frames of one trace, if its format doesn't say how many: source lines, marks below
/// them. By hand.
const BETWEEN: usize = 4;

/// Beginnings of lines after which another trace begins: the cause of the one before, or another thread. Before them may be
/// [`FRAMING`].
const BREAKS: &[&str] = &[
    "caused by:",
    "suppressed:",
    "during handling of the above",
    "the above exception was the direct cause",
    "goroutine ",
    "traceback (most recent call last)",
    "exception group traceback (most recent call last)",
    "end of inner exception",
    "thread ",
    "exception in thread",
    "freed by thread",
    "previously allocated by",
    "previous write",
    "previous read",
];

/// What lines are indented with, and boxes around them are drawn with.
const FRAMING: &[char] = &[' ', '\t', '|', '+', '-', '│', '┃', '╭', '─', '┌', '━'];

/// A frame of a stack trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The file's path as far as the trace has it, with `/`; it may lie on another machine.
    pub(crate) file: Option<String>,
    /// The line, from 1.
    pub(crate) line: Option<u32>,
    /// The names in the function's qualified name, the last first: `total`, `Cart`, `shop`.
    pub(crate) names: Vec<String>,
    /// Which of the task's traces it belongs to, from 0: root causes, then the others as written, then what was
    /// suppressed.
    pub(crate) trace: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormatsFile {
    format: Vec<FormatFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormatFile {
    name: String,
    frame: String,
    above: Option<String>,
    #[serde(default)]
    innermost: Innermost,
    #[serde(default)]
    callee: bool,
    between: Option<usize>,
    /// For tests.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by tests"))]
    samples: Vec<[String; 4]>,
}

/// At which end of a trace the frame that failed is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Innermost {
    #[default]
    First,
    Last,
}

struct Format {
    frame: Pattern,
    above: Option<Pattern>,
    innermost: Innermost,
    callee: bool,
    between: usize,
    is_jvm: bool,
}

/// A pattern that is compiled when it is used first: most tasks have no frames, others those of one runtime.
struct Pattern {
    source: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn new(source: String) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    /// The groups of the leftmost match. A test compiles every pattern, so that none fails here.
    fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.compiled.get_or_init(|| Regex::new(&self.source).ok()).as_ref()?.captures(text)
    }
}

struct Formats {
    any: RegexSet,
    all: Vec<Format>,
}

static FORMATS: LazyLock<Formats> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "embedded, and read by a test")]
    formats(include_str!("../data/traces.toml")).expect("the embedded formats are well-formed")
});

fn formats(toml: &str) -> Result<Formats, Box<dyn std::error::Error>> {
    let file: FormatsFile = toml::from_str(toml)?;
    let any = RegexSet::new(file.format.iter().map(|format| &format.frame))?;
    let format = |format: FormatFile| Format {
        frame: Pattern::new(format.frame),
        above: format.above.map(Pattern::new),
        innermost: format.innermost,
        callee: format.callee,
        between: format.between.unwrap_or(BETWEEN),
        is_jvm: format.name == "jvm",
    };
    Ok(Formats { any, all: file.format.into_iter().map(format).collect() })
}

/// What a task's text has of stack traces.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traces {
    /// The frames: by trace, those of one trace innermost first.
    pub(crate) frames: Vec<Frame>,
    /// The text without the lines of frames.
    pub(crate) rest: String,
}

/// Reads the stack traces in `text`.
pub(crate) fn traces(text: &str) -> Traces {
    let mut out = Traces { frames: Vec::new(), rest: String::with_capacity(text.len()) };
    let mut reader = Reader::default();
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while let Some(&line) = lines.get(at) {
        let above = at.checked_sub(1).and_then(|above| lines.get(above)).unwrap_or(&"");
        at += 1;
        let rest = &lines[at.min(MAX_LINES)..lines.len().min(MAX_LINES)];
        if let Some((whole, more)) = wrapped::joined(line, rest)
            && could_be_frame(&whole)
            && reader.read(&whole, above).is_some()
        {
            out.rest.extend((0..=more).map(|_| '\n'));
            at += more;
            continue;
        }
        let frame = match at <= MAX_LINES && could_be_frame(searched(line)) {
            true => reader.read(line, above),
            false => None,
        };
        match frame {
            // What stands beside a frame in its line is a source's place in a log, or the sentence around it.
            Some(frame) if frame.len() * 2 < line.trim().len() => {
                out.rest.push_str(&line[..frame.start]);
                out.rest.push_str(&line[frame.end..]);
            }
            Some(_) => {}
            None => {
                reader.pass(line);
                out.rest.push_str(line);
            }
        }
        out.rest.push('\n');
    }
    out.frames = reader.finish();
    out
}

#[derive(Default)]
struct Reader {
    /// The traces that were read, each with its role.
    traces: Vec<(Role, Vec<Frame>)>,
    /// How many frames they have.
    count: usize,
    role: Role,
    /// The frames of the trace that is being read, as written.
    open: Vec<Frame>,
    innermost: Innermost,
    format: usize,
    /// Lines since the last frame.
    passed: usize,
}

/// What a trace is to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Role {
    /// The cause of the one before.
    Cause,
    #[default]
    Own,
    Suppressed,
}

/// The part of a line that is searched.
fn searched(line: &str) -> &str {
    let end = line.char_indices().nth(MAX_LINE).map_or(line.len(), |(at, _)| at);
    &line[..end]
}

impl Reader {
    /// Reads a frame in `line`: its range, or `None` if there is none.
    fn read(&mut self, line: &str, above: &str) -> Option<Range<usize>> {
        let line = searched(line);
        let matched = FORMATS.any.matches(line);
        let at = matched.iter().next()?;
        let format = &FORMATS.all[at];
        let found = format.frame.captures(line)?;
        let range = found.get(0)?.range();
        let group = |name: &str| found.name(name).map(|found| found.as_str());
        let mut function = group("function");
        if let Some(names) = &format.above {
            let found = names.captures(above).and_then(|found| found.name("function"));
            function = function.or(found.map(|found| found.as_str()));
            // Without a function above it, it may be any line that ends in a path.
            if function.is_none() && self.open.is_empty() {
                return None;
            }
        }
        if !self.open.is_empty()
            && (self.passed > format.between
                || at != self.format && self.innermost != format.innermost)
        {
            self.close();
        }
        (self.format, self.innermost, self.passed) = (at, format.innermost, 0);
        if self.count + self.open.len() >= MAX_FRAMES {
            return Some(range);
        }
        let mut names = function.map(names).unwrap_or_default();
        if format.callee && function.is_some() {
            self.called(std::mem::take(&mut names));
        }
        let file = group("file").map(|file| path_of(file, function.filter(|_| format.is_jvm)));
        let line = group("line").and_then(|line| line.parse().ok()).filter(|&line| line > 0);
        self.open.push(Frame { file, line, names, trace: 0 });
        Some(range)
    }

    /// Takes the names of a function that the frame before is in: it was called at the frame that follows.
    fn called(&mut self, names: Vec<String>) {
        match self.open.last_mut().filter(|frame| frame.names.is_empty()) {
            Some(frame) => frame.names = names,
            None => self.open.push(Frame { file: None, line: None, names, trace: 0 }),
        }
    }

    /// A line that is no frame.
    fn pass(&mut self, line: &str) {
        self.passed += 1;
        let said = searched(line).trim_start_matches(FRAMING);
        let lower = said.to_ascii_lowercase();
        if BREAKS.iter().any(|start| lower.starts_with(start)) {
            self.close();
            self.role = match lower.split(':').next() {
                Some("caused by") => Role::Cause,
                // One of the exceptions in a group.
                Some("traceback (most recent call last)") if line.trim_start().starts_with('|') => {
                    Role::Cause
                }
                Some("suppressed") => Role::Suppressed,
                _ => Role::Own,
            };
        }
    }

    fn close(&mut self) {
        if self.open.is_empty() {
            return;
        }
        if self.innermost == Innermost::Last {
            self.open.reverse();
        }
        self.count += self.open.len();
        self.traces.push((self.role, std::mem::take(&mut self.open)));
        self.role = Role::Own;
    }

    fn finish(mut self) -> Vec<Frame> {
        self.close();
        // A chain of causes ends in its root, which comes first here.
        let causes = self.traces.iter().filter(|(role, _)| *role == Role::Cause).count();
        self.traces.sort_by_key(|(role, _)| *role);
        self.traces[..causes].reverse();
        let numbered = |(trace, (_, frames)): (usize, (Role, Vec<Frame>))| {
            frames.into_iter().map(move |frame| Frame { trace, ..frame })
        };
        self.traces.into_iter().enumerate().flat_map(numbered).collect()
    }
}

/// The path of a frame's file with `/`, without scheme, drive and query; of the JVM's bare names, behind the folders
/// of the class's package.
fn path_of(file: &str, class: Option<&str>) -> String {
    let file = file.replace('\\', "/");
    let file = file.split_once("://").map_or(file.as_str(), |(_, rest)| rest);
    let file = file
        .strip_prefix("package:")
        .and_then(|rest| rest.split_once('/'))
        .map_or(file, |(_, rest)| rest);
    let file = file.split('?').next().unwrap_or(file);
    let parts: Vec<&str> =
        file.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
    let file = parts.join("/");
    let Some(class) = class.filter(|_| parts.len() == 1) else { return file };
    let mut folders: Vec<&str> = class.split('.').collect();
    folders.truncate(folders.len().saturating_sub(2));
    folders.push(&file);
    folders.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_reads_its_samples() {
        let file: FormatsFile = toml::from_str(include_str!("../data/traces.toml")).unwrap();
        for (at, format) in file.format.iter().enumerate() {
            assert!(!format.samples.is_empty(), "{}", format.name);
            for [text, path, line, function] in &format.samples {
                let lines: Vec<&str> = text.lines().collect();
                let whole = wrapped::joined(lines[0], &lines[1..]).map(|(whole, _)| whole);
                let last = whole.as_deref().unwrap_or(lines[lines.len() - 1]);
                let first = FORMATS.any.matches(last).iter().next();
                assert_eq!(first, Some(at), "{}: {text}", format.name);
                let found = FORMATS.all[at].frame.captures(last).unwrap();
                let group = |name: &str| found.name(name).map_or("", |found| found.as_str());
                assert_eq!(
                    (group("file"), group("line")),
                    (path.as_str(), line.as_str()),
                    "{text}"
                );
                assert!(could_be_frame(last), "{}: {text}", format.name);
                let above = FORMATS.all[at].above.as_ref().map(|above| {
                    let above = above.captures(text.lines().next().unwrap());
                    above.and_then(|found| Some(found.name("function")?.as_str().to_owned()))
                });
                let read = match above {
                    Some(above) => above.unwrap_or_default(),
                    None => group("function").to_owned(),
                };
                assert_eq!(&read, function, "{text}");
            }
        }
    }

    fn frames(text: &str) -> Vec<(String, u32, String, usize)> {
        let read = |frame: Frame| {
            let name = frame.names.first().cloned().unwrap_or_default();
            (frame.file.unwrap_or_default(), frame.line.unwrap_or(0), name, frame.trace)
        };
        traces(text).frames.into_iter().map(read).collect()
    }

    fn frame(file: &str, line: u32, name: &str, trace: usize) -> (String, u32, String, usize) {
        (file.into(), line, name.into(), trace)
    }

    #[test]
    fn the_innermost_frame_comes_first_whatever_the_runtime() {
        assert_eq!(
            frames(
                "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in run\n    go()\n  File \
                 \"/app/cart.py\", line 8, in total\n    return 1 / 0\nZeroDivisionError: division by zero"
            ),
            [frame("app/cart.py", 8, "total", 0), frame("app/main.py", 3, "run", 0)]
        );
        assert_eq!(
            frames(
                "java.lang.IllegalStateException: no\n\tat org.acme.Shop.run(Shop.java:9)\nCaused by: x.Y\n\tat \
                 org.acme.cart.Cart$total$1.invoke(Cart.kt:4)\n\t... 3 more"
            ),
            [
                frame("org/acme/cart/Cart.kt", 4, "total", 0),
                frame("org/acme/Shop.java", 9, "run", 1)
            ]
        );
        assert_eq!(
            frames(
                "panic: runtime error\n\ngoroutine 1 [running]:\ngithub.com/acme/shop/cart.(*Cart).Total.func1(0x1)\n\t\
                 /go/src/shop/cart/cart.go:14 +0x1d\nmain.main()\n\t/app/main.go:3 +0x2"
            ),
            [frame("go/src/shop/cart/cart.go", 14, "Total", 0), frame("app/main.go", 3, "main", 0)]
        );
        assert_eq!(
            frames(
                "PHP Fatal error: Uncaught Error in /app/src/Cart.php:34\nStack trace:\n#0 /app/src/Shop.php(12): \
                 Acme\\Cart->total()\n#1 {main}"
            ),
            [frame("app/src/Cart.php", 34, "total", 0), frame("app/src/Shop.php", 12, "", 0)]
        );
    }

    #[test]
    fn long_sources_between_frames_divide_no_trace() {
        let rich = "╭──── Traceback (most recent call last) ────╮\n│ /app/main.py:3 in run                     │\n│ \
                    \n│   1 import cart                           │\n│   2 def run():                             │\n│ ❱ \
                    3 │   cart.total()                        │\n│   4                                       │\n│ ╭── locals ──╮ \
                    │\n│ │ x = 1 │ │\n│ ╰────╯ │\n│ /usr/lib/python3/site-packages/shop/ca │\n│ rt.py:8 in total │\n╰────╯";
        assert_eq!(
            frames(rich),
            [
                frame("usr/lib/python3/site-packages/shop/cart.py", 8, "total", 0),
                frame("app/main.py", 3, "run", 0)
            ]
        );
        let carets = "  File \"/app/main.py\", line 3, in run\n    total(\n    ~~~~~^\n        1,\n        ^^\n        2,\n        \
                      ^^\n    )\n    ^\n  File \"/app/cart.py\", line 8, in total\n    return 1 / 0\n           ~~^~~";
        assert_eq!(
            frames(carets),
            [frame("app/cart.py", 8, "total", 0), frame("app/main.py", 3, "run", 0)]
        );
    }

    #[test]
    fn the_exceptions_of_a_group_come_before_where_it_was_raised() {
        let group = "  + Exception Group Traceback (most recent call last):\n  |   File \"/app/main.py\", line 3, in run\n  |     \
                     go()\n  | ExceptionGroup: two (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | \
                     Traceback (most recent call last):\n    |   File \"/app/cart.py\", line 8, in total\n    |     1 / 0\n    | \
                     ZeroDivisionError: division by zero\n    +------------------------------------";
        assert_eq!(
            frames(group),
            [frame("app/cart.py", 8, "total", 0), frame("app/main.py", 3, "run", 1)]
        );
    }

    #[test]
    fn a_frame_that_is_broken_into_lines_is_one() {
        let gdb = "#0  0x7f in raise () from /lib/libc.so.6\n#1  0x55 in acme::Cart::total (this=0x7ffe,\n    tax=1) at \
                   /src/cart.cc:12\n#2  0x56 in acme::run (x=1)\n    at /src/shop.cc:7\n#3  main () at main.cc:3";
        let traces = traces(gdb);
        assert_eq!(traces.rest.trim(), "");
        assert_eq!(traces.rest.lines().count(), gdb.lines().count());
        assert_eq!(
            frames(gdb),
            [
                frame("", 0, "raise", 0),
                frame("src/cart.cc", 12, "total", 0),
                frame("src/shop.cc", 7, "run", 0),
                frame("main.cc", 3, "main", 0)
            ]
        );
        let rust = "stack backtrace:\n   0: core::panicking::panic\n   1: shop::cart::Cart::total\n             at \
                    ./src/cart.rs:12:5\n   2: <shop::Shop<T> as shop::Run>::run::{{closure}}\n   3: main";
        assert_eq!(
            frames(rust),
            [
                frame("", 0, "panic", 0),
                frame("src/cart.rs", 12, "total", 0),
                frame("", 0, "run", 0)
            ]
        );
    }

    #[test]
    fn what_a_debugger_shows_of_each_frame_divides_no_trace() {
        let locals = "        x = 1\n".repeat(9);
        let gdb = format!(
            "#0  0x55 in total (x=1) at /src/cart.c:12\n{locals}#1  0x56 in run (x=1)\n    at /src/shop.c:7\nNo locals."
        );
        assert_eq!(
            frames(&gdb),
            [frame("src/cart.c", 12, "total", 0), frame("src/shop.c", 7, "run", 0)]
        );
    }

    #[test]
    fn races_and_uses_after_free_have_two_traces() {
        let tsan = "  Write of size 4 at 0x7b by thread T1:\n    #0 total(int) /src/cart.cc:12:5 (shop+0x4a)\n  Previous read of \
                    size 4 at 0x7b by main thread:\n    #0 run() /src/shop.cc:7:1 (shop+0x4b)";
        assert_eq!(
            frames(tsan),
            [frame("src/cart.cc", 12, "total", 0), frame("src/shop.cc", 7, "run", 1)]
        );
    }

    #[test]
    fn test_runners_name_the_place_that_failed() {
        let vitest = " FAIL  test/cart.test.ts > cart > adds\nAssertionError: expected 2 to be 3\n ❯ Cart.total \
                      src/cart.ts:12:5\n ❯ test/cart.test.ts:57:28\n     55|   it('adds')\n";
        assert_eq!(
            frames(vitest),
            [frame("src/cart.ts", 12, "total", 0), frame("test/cart.test.ts", 57, "", 0)]
        );
        let jest = "  ● cart › adds\n\n    expect(received).toBe(expected)\n\n      at Cart.total [as add] \
                    (src/cart.js:12:5)\n      at Object.<anonymous> (test/cart.test.js:57:28)";
        assert_eq!(
            frames(jest),
            [frame("src/cart.js", 12, "total", 0), frame("test/cart.test.js", 57, "Object", 0)]
        );
    }

    #[test]
    fn callers_that_are_written_with_what_they_call() {
        let composer = "Exception trace:\n  at /app/src/Cart.php:34\n Acme\\Cart->total() at /app/src/Shop.php:12\n \
                        Acme\\Shop->run() at /app/bin/shop:3";
        assert_eq!(
            frames(composer),
            [frame("app/src/Cart.php", 34, "total", 0), frame("app/src/Shop.php", 12, "", 0)]
        );
    }

    #[test]
    fn prose_has_no_frames() {
        for text in [
            "Fix the parser at line 12",
            "see src/cart.rs:12 and pkg/head.go:1490",
            "it works at 10:30:15",
            "GET http://localhost:8000/a 500",
            "the fix (in v1.2) is at the end",
            "12:30 meet (a:b)",
            "1: std::vector is slow",
            "2: use `shop::total` instead",
            "#12 see the issue\n\n    at src/cart.c",
            "at src/cart.rs:12",
            "in Cart (at 12:30)",
            "the bug is in total at line 12",
            "ping bob @ example.com",
        ] {
            assert!(traces(text).frames.is_empty(), "{text}: {:?}", traces(text).frames);
            assert_eq!(traces(text).rest.trim_end(), text);
        }
    }

    #[test]
    fn every_pattern_compiles() {
        for format in &FORMATS.all {
            for pattern in format.above.iter().chain([&format.frame]) {
                assert!(Regex::new(&pattern.source).is_ok(), "{}", pattern.source);
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn a_line_that_could_be_no_frame_matches_no_format(
            line in "[ ]{0,2}(at |in |❯ |│ |[0-9]: a::|File \"|#[0-9]{1,2}:? |---> |bei |==1== )?[a-zé./\\\\$<>@:, -]{0,12}(\\.(py|rs|php|cs|go|js|kt|hs))?(:|, line |\\(| line |\\+0x)[0-9a-f]{0,3}[):]?( in [a-z]{1,4}|:[0-9]|\\))?",
        ) {
            if line.bytes().any(|byte| byte.is_ascii_digit()) || line.contains("at ") {
                proptest::prop_assert!(could_be_frame(&line) || !FORMATS.any.is_match(&line), "{line}");
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[a-zé中 at#(){}<>$./\\\\:+0x\"'`,_0-9-]{0,80}") {
            traces(&text);
            traces(&format!("    at {text}:1:2)\n#0 0x1 in {text} at a.c:1"));
            names(&text);
            names(&format!("_ZN{text}"));
        }
    }
}
