//! Stack traces, perhaps with the log lines around them.

use languages::Language;

use super::json::is_json;
use super::{KeptLines, TextKind, plain};
use crate::codecs::{Codec, Numbers, Repeats};
use crate::detect::Sample;
use crate::elide::{Context, Draft, log};
use crate::lines::Lines;

/// See the [module](self).
pub(super) struct Trace;

impl TextKind for Trace {
    fn name(&self) -> &'static str {
        "trace"
    }

    fn agrees(&self, sample: &Sample) -> bool {
        !is_json(sample)
    }

    fn looks_like(&self, sample: &Sample) -> Option<Language> {
        plain(sample.mostly(30, is_frame))
    }

    fn codecs<'k>(&self, _kept: &'k KeptLines<'_>) -> Vec<Box<dyn Codec + 'k>> {
        vec![Box::new(Repeats), Box::new(Numbers)]
    }

    fn draft(&self, lines: &Lines, _language: Language, context: &Context) -> Option<Draft> {
        log::commits_or_lines(lines, context)
    }
}

/// A frame of a stack trace, or a line that begins or continues a trace.
fn is_frame(line: &str) -> bool {
    let inner = line.trim_start();
    let indented = inner.len() < line.len();
    let numbered = |text: &str| {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        digits > 0 && text[digits..].starts_with(": ")
    };
    let starts =
        || ["at ", "File \"", "... ", "^^", "from "].iter().any(|start| inner.starts_with(start));
    let place = || inner.starts_with('/') && inner.contains(".go:");
    // Most lines have none of the first bytes of these.
    let may_start = |bytes: &[u8]| inner.as_bytes().first().is_some_and(|b| bytes.contains(b));
    if !may_start(b"aF.^f0123456789/TCg") {
        return false;
    }
    (indented && (starts() || numbered(inner) || place()))
        || line.starts_with("Traceback (")
        || line.starts_with("Caused by: ")
        || line.starts_with("goroutine ")
}
