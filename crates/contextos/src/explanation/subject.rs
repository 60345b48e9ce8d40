//! Why one file or symbol is, or isn't, in a pack.

use std::fmt::Write as _;
use std::path::{Component, Path};

use repo::ReadOptions;
use rmcp::schemars::{self, JsonSchema};
use select::SourceFile;
use serde::Serialize;
use syntax::LineRange;

use super::Unit;
use crate::failure::Failure;
use crate::pipeline::{PackRequest, Packed};

/// What is to be said about a file or symbol.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// As it was asked about.
    subject: String,
    /// Whether the pack shows any of it.
    in_pack: bool,
    /// In a sentence.
    verdict: String,
    /// Its spans.
    units: Vec<Told>,
}

/// A span that belongs to the subject.
#[derive(Debug, Serialize, JsonSchema)]
struct Told {
    /// Whether the pack shows it.
    chosen: bool,
    #[serde(flatten)]
    unit: Unit,
}

/// What the user asks about: a file, a line of one, or wherever a name is defined.
type Places = Vec<(usize, LineRange)>;

const WHOLE: LineRange = LineRange { start: 1, end: u32::MAX };

/// Says why `subject` (a path, `PATH:LINE`, or the name of a definition) is in the pack that was made
/// for `request`, or why it isn't.
///
/// # Errors
/// When there is nothing of that name.
pub(crate) fn about(
    subject: &str,
    packed: &Packed,
    request: &PackRequest,
) -> Result<Answer, Failure> {
    let places = places(subject, &packed.read.corpus.files);
    if places.is_empty() {
        left_out(subject, &request.root, request)
    } else {
        Ok(explain(subject, &places, packed, request.budget))
    }
}

/// What `text` names among the files that were read.
fn places(text: &str, files: &[SourceFile]) -> Places {
    let file = |path: &str| files.iter().position(|file| file.path == path);
    if let Some(file) = file(&normal(text)) {
        return vec![(file, WHOLE)];
    }
    if let Some((path, line)) = text.rsplit_once(':')
        && let (Some(file), Ok(line)) = (file(&normal(path)), line.parse())
    {
        return vec![(file, LineRange { start: line, end: line })];
    }
    let named = files.iter().enumerate().filter(|(_, file)| file.text.contains(text));
    named
        .flat_map(|(at, file)| {
            let definitions = syntax::outline(file.language, &file.text).definitions;
            definitions
                .into_iter()
                .filter(|definition| definition.name == text)
                .map(move |definition| (at, definition.lines))
        })
        .collect()
}

/// A path as the corpus has it.
fn normal(path: &str) -> String {
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    path.trim_start_matches("./").to_owned()
}

fn explain(subject: &str, places: &Places, packed: &Packed, budget: usize) -> Answer {
    let belongs = |at: usize| {
        let unit = &packed.ranking.units[at];
        places.iter().any(|&(file, lines)| {
            unit.file == file && unit.lines.start <= lines.end && lines.start <= unit.lines.end
        })
    };
    let price = |at: usize| {
        packed.pack.unchosen.iter().find(|unchosen| unchosen.unit == at).map(|u| u.price)
    };
    let mut units: Vec<Told> = (0..packed.ranking.units.len())
        .filter(|&at| belongs(at))
        .map(|at| Told {
            chosen: packed.pack.units.contains(&at),
            unit: Unit::of(packed, &packed.ranking.units[at], price(at)),
        })
        .collect();
    units.sort_by_key(|told| !told.chosen);
    let chosen = units.iter().filter(|told| told.chosen).count();
    let left = budget.saturating_sub(packed.pack.tokens);
    let verdict = if chosen > 0 {
        format!("in the pack, with {chosen} of {} spans", units.len())
    } else if units.is_empty() {
        "not in the pack: nothing in it speaks for the task".into()
    } else if units.iter().all(|told| told.unit.price.is_none()) {
        "not in the pack: too little in it speaks for the task".into()
    } else {
        format!("not in the pack: others speak more for the task, and {left} tokens are left")
    };
    Answer { subject: subject.to_owned(), in_pack: chosen > 0, verdict, units }
}

/// Why something isn't among what was read: it was skipped, ignored, or doesn't exist.
fn left_out(subject: &str, root: &Path, request: &PackRequest) -> Result<Answer, Failure> {
    let path = normal(subject);
    let answer = |verdict: String| Answer {
        subject: subject.to_owned(),
        in_pack: false,
        verdict,
        units: Vec::new(),
    };
    if !is_inside(root, &path) {
        return Err(Failure::new(format_args!(
            "{subject}: no file of this path, and no definition of this name"
        )));
    }
    let options = ReadOptions {
        include: vec![format!("/{}", escaped(&path))],
        allow_sensitive: request.allow_sensitive,
        ..ReadOptions::default()
    };
    let alone = repo::read(root, &options, &|_| {}).map_err(Failure::new)?;
    let reason = alone.skipped.counts().map(|(reason, _)| reason).find(|reason| {
        *reason != repo::SkipReason::Excluded && alone.skipped.examples(*reason).contains(&path)
    });
    Ok(answer(match reason {
        Some(reason) => format!("not in the pack: skipped ({})", reason.name()),
        None if !alone.files.is_empty() => {
            "not in the pack: left out by --include, --exclude, --no-tests or --no-source".into()
        }
        None => "not in the pack: an ignore file names it, or it lies outside".into(),
    }))
}

/// Whether there is something at `path`, and it lies in the checkout: what lies elsewhere is nobody's
/// business, not even that it exists.
fn is_inside(root: &Path, path: &str) -> bool {
    let relative = Path::new(path);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let folder = |path: &Path| path.parent().and_then(|parent| parent.canonicalize().ok());
    let (Ok(root), whole) = (root.canonicalize(), root.join(relative)) else { return false };
    plain
        && folder(&whole).is_some_and(|parent| parent.starts_with(&root))
        && whole.symlink_metadata().is_ok()
}

/// A path as a glob that matches it alone.
fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\' | '!') {
            out.push('[');
            out.push(c);
            out.push(']');
        } else {
            out.push(c);
        }
    }
    out
}

impl Answer {
    /// For people: the verdict, and a line for each span.
    pub(crate) fn to_text(&self) -> String {
        let mut out = format!("{}: {}\n", self.subject, self.verdict);
        for told in &self.units {
            let mark = if told.chosen { "+" } else { "-" };
            let _ = writeln!(out, "{mark} {}", told.unit.line());
        }
        out
    }
}
