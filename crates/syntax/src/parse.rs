//! Parsing within bounds that depend on the text alone.

use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, Parser, Tree};

/// Texts longer than this aren't parsed: 2 MiB is 40,000 lines, which people don't write.
const MAX_BYTES: usize = 2 << 20;
/// Steps that any text may take; tree-sitter reports one for each hundred operations.
const BASE_STEPS: usize = 2_000;
/// Bytes that pay for one more step. Real code takes a step for about 70 to 250 bytes.
const BYTES_PER_STEP: usize = 8;

/// The tree of `text`, or `None` where it is too long or takes too much work to parse.
///
/// Work is counted in operations of the parser and not in seconds, so that the answer is the same on
/// every machine.
pub(crate) fn parse(grammar: &tree_sitter::Language, text: &str) -> Option<Tree> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(grammar).ok()?;
    let mut left = BASE_STEPS + text.len() / BYTES_PER_STEP;
    let mut spend = |_: &_| match left.checked_sub(1) {
        Some(rest) => {
            left = rest;
            ControlFlow::Continue(())
        }
        None => ControlFlow::Break(()),
    };
    let options = ParseOptions::new().progress_callback(&mut spend);
    let bytes = text.as_bytes();
    let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
    parser.parse_with_options(&mut read, None, Some(options))
}
