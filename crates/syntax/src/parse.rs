//! Parsing within bounds that depend on the text alone.
//!
//! tree-sitter reads on whatever it meets, and repairing what is no code can cost a thousand times what
//! code costs. After every hundred operations it says how far it is; from that, and from how many
//! errors its log has in some of these windows, [`Meter`] decides whether to go on. Nothing is measured
//! in seconds, so that a text has the same tree on every machine.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tree_sitter::{LogType, ParseOptions, ParseState, Parser, Tree};

/// Texts longer than this aren't parsed: 2 MiB is 40,000 lines, which people don't write.
const MAX_BYTES: usize = 2 << 20;
/// How far before the place where it got too much the text is cut for a second try.
const RETREAT: usize = 4096;
/// The text is handed out in pieces of this size, and each piece at most about 32 times: scanners of
/// some grammars look for an end to the end of the file, wherever something might begin. Code is read
/// once or twice.
const CHUNK: usize = 4096;
const LEX_FACTOR: usize = 32;
const LEX_BYTES: usize = 1 << 20;

/// A tree, and how much of the text it is of.
pub(crate) struct Parsed {
    pub(crate) tree: Tree,
    /// The length of what was parsed: a prefix where the rest took too much work.
    pub(crate) len: usize,
}

/// The tree of `text`, or of what stands before the place where it takes too much work; `None` where
/// that is at the beginning, or the text is too long. The parser reads `masked` in its stead.
pub(crate) fn parse(grammar: &tree_sitter::Language, text: &str, masked: &[u8]) -> Option<Parsed> {
    if text.len() > MAX_BYTES {
        return None;
    }
    match attempt(grammar, masked) {
        Ok(tree) => Some(Parsed { tree, len: text.len() }),
        Err(stuck) => {
            // A paragraph that isn't indented begins something new in most languages.
            let before = &text[..text.floor_char_boundary(stuck.checked_sub(RETREAT)?)];
            let mut starts = before.rmatch_indices("\n\n").map(|(at, _)| at + 2);
            let unindented = |at: &usize| !before[*at..].starts_with([' ', '\t', '\n', '}']);
            let len = starts.find(unindented)?;
            let tree = attempt(grammar, &masked[..len]).ok()?;
            Some(Parsed { tree, len })
        }
    }
}

/// One try at the whole text: the tree, or how far it came.
fn attempt(grammar: &tree_sitter::Language, text: &[u8]) -> Result<Tree, usize> {
    let mut parser = Parser::new();
    parser.set_language(grammar).map_err(|_| 0_usize)?;
    let errors = Arc::new(AtomicU32::new(0));
    let mut meter = Meter::new(text.len());
    let mut lexable = LEX_BYTES + LEX_FACTOR * text.len();
    loop {
        // The log is switched between two calls; a parser goes on where it was stopped.
        let watching = meter.watching();
        parser.set_logger(watching.then(|| count_errors(&errors)));
        let mut report = |state: &ParseState| {
            let errors = errors.swap(0, Ordering::Relaxed);
            meter.report(state.current_byte_offset(), errors);
            if state.has_error() {
                meter.watch_soon();
            }
            match meter.exhausted() || meter.watching() != watching {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let mut read = |at: usize, _| {
            lexable = lexable.saturating_sub(CHUNK);
            let end = if lexable == 0 { at } else { text.len().min(at + CHUNK) };
            text.get(at..end).unwrap_or_default()
        };
        let options = ParseOptions::new().progress_callback(&mut report);
        match parser.parse_with_options(&mut read, None, Some(options)) {
            Some(tree) if lexable > 0 => return Ok(tree),
            None if lexable > 0 && !meter.exhausted() => {}
            _ => return Err(meter.furthest),
        }
    }
}

/// What a parser tells each of its steps to.
type ParserLog = Box<dyn FnMut(LogType, &str) + Send>;

/// A log that counts what the parser doesn't find in its grammar.
fn count_errors(errors: &Arc<AtomicU32>) -> ParserLog {
    const ERRORS: [&str; 3] = ["detect_error", "recover_with_missing", "skip_token"];
    let errors = Arc::clone(errors);
    Box::new(move |kind, message| {
        if kind == LogType::Parse && ERRORS.iter().any(|error| message.starts_with(error)) {
            errors.fetch_add(1, Ordering::Relaxed);
        }
    })
}

/// Decides from the parser's reports whether it has to stop.
struct Meter {
    last: usize,
    furthest: usize,
    /// How many more reports may come from where the last one came from.
    stalled: f64,
    /// By how many reports it is behind its rate. What it is ahead isn't saved for later.
    arrears: f64,
    /// Reports until the errors are watched again; none while they are.
    unwatched: u32,
    /// Whether the parser has said that it found no way without an error.
    has_error: bool,
    /// How many watched windows in a row were full of errors.
    bad_windows: u32,
}

impl Meter {
    /// Reports that may come without getting further, for each byte and for the whole text. They do
    /// where the parser weighs repairs, and at the end, when it balances the tree: on 4,000 files in
    /// ten languages there were at most 0.011 for a byte.
    const STALLED_PER_BYTE: f64 = 0.025;
    const STALLED: f64 = 50.0;
    /// Reports that may come for each byte that it gets further: over whole files there, at most 0.014.
    const MOVING_PER_BYTE: f64 = 0.020;
    /// How far it may fall behind that: by 9 at most there, and by 3 in all files but two.
    const ARREARS: f64 = 20.0;
    /// How often a window is watched, and from where on if nothing seems wrong before; the log makes one three times as
    /// slow: by 2 % of a long parse in all.
    const WATCH_EVERY: u32 = 96;
    /// What makes a window a bad one, and how many in a row are too many: there were 22 at most but in
    /// pieces of tables without the code around them.
    const BAD_ERRORS: u32 = 10;
    const BAD_WINDOWS: u32 = 40;

    fn new(len: usize) -> Self {
        Self {
            last: usize::MAX,
            furthest: 0,
            stalled: Self::STALLED + Self::STALLED_PER_BYTE * len as f64,
            arrears: 0.0,
            unwatched: Self::WATCH_EVERY,
            has_error: false,
            bad_windows: 0,
        }
    }

    fn report(&mut self, offset: usize, errors: u32) {
        if offset == self.last {
            self.stalled -= 1.0;
        } else {
            let further = offset.saturating_sub(self.furthest) as f64;
            self.arrears = (self.arrears - further * Self::MOVING_PER_BYTE).max(0.0) + 1.0;
        }
        self.last = offset;
        self.furthest = self.furthest.max(offset);
        if !self.watching() {
            self.unwatched -= 1;
        } else if errors >= Self::BAD_ERRORS {
            self.bad_windows += 1;
        } else {
            self.bad_windows = 0;
            self.unwatched = Self::WATCH_EVERY;
        }
    }

    /// Watches the errors from the first one on: most texts have none.
    fn watch_soon(&mut self) {
        if !std::mem::replace(&mut self.has_error, true) {
            self.unwatched = 0;
        }
    }

    fn watching(&self) -> bool {
        self.unwatched == 0
    }

    fn exhausted(&self) -> bool {
        self.stalled < 0.0 || self.arrears > Self::ARREARS || self.bad_windows >= Self::BAD_WINDOWS
    }
}
