//! The output of test runners, compilers and build tools.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use languages::Language;

use super::diff::is_diff;
use super::json::is_json;
use super::{KeptLines, TextKind, plain};
use crate::codecs::{Codec, Numbers, Repeats, Rows};
use crate::detect::{Command, Sample};
use crate::elide::{Context, Draft, log};
use crate::lines::Lines;
use crate::words::any_of;

/// See the [module](self).
pub(super) struct TestOutput;

impl TextKind for TestOutput {
    fn name(&self) -> &'static str {
        "test-output"
    }

    fn programs(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("bazel", ""),
            ("bundle", ""),
            ("cargo", ""),
            ("clang", ""),
            ("cmake", ""),
            ("composer", ""),
            ("ctest", ""),
            ("docker", "build"),
            ("dotnet", ""),
            ("eslint", ""),
            ("gcc", ""),
            ("go", ""),
            ("gradle", ""),
            ("gradlew", ""),
            ("jest", ""),
            ("make", ""),
            ("meson", ""),
            ("mvn", ""),
            ("ninja", ""),
            ("nox", ""),
            ("npm", ""),
            ("phpunit", ""),
            ("pip", "install"),
            ("pip3", "install"),
            ("pnpm", ""),
            ("pytest", ""),
            ("rake", ""),
            ("rspec", ""),
            ("swift", ""),
            ("tox", ""),
            ("tsc", ""),
            ("vitest", ""),
            ("webpack", ""),
            ("yarn", ""),
        ]
    }

    fn is_written_by(&self, command: &Command) -> bool {
        matches!(command.program, "python" | "python3")
            && (command.has("pytest") || command.has("unittest"))
    }

    fn agrees(&self, sample: &Sample) -> bool {
        !is_json(sample) && !is_diff(sample)
    }

    fn looks_like(&self, sample: &Sample) -> Option<Language> {
        plain(sample.mostly(20, is_verdict))
    }

    fn may_be_cut(&self) -> bool {
        true
    }

    fn codecs<'k>(&self, kept: &'k KeptLines<'_>) -> Vec<Box<dyn Codec + 'k>> {
        vec![Box::new(Rows::words(kept)), Box::new(Repeats), Box::new(Numbers)]
    }

    fn unusual(&self, lines: &Lines) -> Vec<usize> {
        log::unusual(lines)
    }

    fn draft(&self, lines: &Lines, _language: Language, context: &Context) -> Option<Draft> {
        log::commits_or_lines(lines, context)
    }
}

/// The result of one test, or of building one thing.
fn is_verdict(line: &str) -> bool {
    let inner = line.trim();
    // Most lines have none of the first and last bytes of these.
    let (first, last) = (inner.as_bytes().first(), inner.as_bytes().last());
    let may_start = first.is_some_and(|byte| !byte.is_ascii() || b"on#-=PF".contains(byte));
    let may_end = last.is_some_and(|byte| b"DLkdS".contains(byte));
    (may_start && starts_as_verdict(inner))
        || (may_end && ends_as_verdict(inner))
        || (memchr::memchr2(b'C', b'D', line.as_bytes()).is_some() && VERDICTS.is_match(line))
}

fn starts_as_verdict(inner: &str) -> bool {
    [
        "ok ",
        "not ok ",
        "# Subtest: ",
        "--- PASS",
        "--- FAIL",
        "=== RUN",
        "PASS ",
        "FAIL ",
        "✓",
        "✔",
        "✕",
        "✗",
        "√",
    ]
    .iter()
    .any(|start| inner.starts_with(start))
}

fn ends_as_verdict(inner: &str) -> bool {
    ["PASSED", "FAILED", "SKIPPED", "XFAIL", "... ok", "... FAILED", "... ignored", "PASS"]
        .iter()
        .any(|end| inner.ends_with(end))
}

/// Words in the results of tests and builds. Each has a capital C or D.
static VERDICTS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    any_of(&[" PASSED ", " FAILED ", " SKIPPED ", "Compiling ", "Downloading ", "Downloaded "])
});
