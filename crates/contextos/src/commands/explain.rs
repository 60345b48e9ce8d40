//! `contextos explain`: why a file or symbol is, or isn't, in the pack.

use std::fmt::Write as _;
use std::path::Path;

use repo::ReadOptions;
use select::SourceFile;
use serde::Serialize;
use syntax::LineRange;

use crate::args::{ExplainArgs, Global};
use crate::explanation::{self, Unit};
use crate::failure::Failure;
use crate::pipeline::{self, Packed};
use crate::resolve;
use crate::settings::Settings;
use crate::terminal::Terminal;

/// What is to be said about a file or symbol.
#[derive(Debug, Serialize)]
struct Answer {
    subject: String,
    in_pack: bool,
    /// In a sentence.
    verdict: String,
    units: Vec<Told>,
}

/// A span that belongs to the subject.
#[derive(Debug, Serialize)]
struct Told {
    chosen: bool,
    #[serde(flatten)]
    unit: Unit,
}

/// What the user asks about: a file, a line of one, or wherever a name is defined.
type Places = Vec<(usize, LineRange)>;

const WHOLE: LineRange = LineRange { start: 1, end: u32::MAX };

pub(super) fn run(global: &Global, args: &ExplainArgs, terminal: &Terminal) -> Result<(), Failure> {
    let root = global.repository(None);
    let settings = Settings::load(&root, global.config.as_deref())?;
    let picked = resolve::pick(root.clone(), &args.pick, &settings)?;
    let packed = pipeline::run(&picked.request, &*terminal.progress()).map_err(Failure::new)?;
    let places = places(&args.subject, &packed.read.corpus.files);
    let answer = if places.is_empty() {
        left_out(&args.subject, &root, &picked.request)?
    } else {
        explain(&args.subject, &places, &packed, picked.request.budget)
    };
    terminal.print(&if args.json { explanation::json(&answer) } else { answer.to_text() })
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
    } else {
        format!("not in the pack: others speak more for the task, and {left} tokens are left")
    };
    Answer { subject: subject.to_owned(), in_pack: chosen > 0, verdict, units }
}

/// Why something isn't among what was read: it was skipped, ignored, or doesn't exist.
fn left_out(
    subject: &str,
    root: &Path,
    request: &pipeline::PackRequest,
) -> Result<Answer, Failure> {
    let path = normal(subject);
    let answer = |verdict: String| Answer {
        subject: subject.to_owned(),
        in_pack: false,
        verdict,
        units: Vec::new(),
    };
    if !root.join(&path).exists() {
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
    fn to_text(&self) -> String {
        let mut out = format!("{}: {}\n", self.subject, self.verdict);
        for told in &self.units {
            let mark = if told.chosen { "+" } else { "-" };
            let _ = writeln!(out, "{mark} {}", told.unit.line());
        }
        out
    }
}
