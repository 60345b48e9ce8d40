//! `contextos explain`: why a file or symbol is, or isn't, in the pack.

use std::fmt::Write as _;
use std::path::Path;

use repo::ReadOptions;
use serde::Serialize;

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

/// What the user asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    File { path: String, line: Option<u32> },
    Symbol(String),
}

pub(super) fn run(global: &Global, args: &ExplainArgs, terminal: &Terminal) -> Result<(), Failure> {
    let root = global.repository(None);
    let settings = Settings::load(&root, global.config.as_deref())?;
    let picked = resolve::pick(root.clone(), &args.pick, &settings)?;
    let packed = pipeline::run(&picked.request, &*terminal.progress()).map_err(Failure::new)?;
    let answer = match subject(&args.subject, &packed) {
        Some(subject) => explain(&args.subject, &subject, &packed, picked.request.budget),
        None => left_out(&args.subject, &root, &picked.request)?,
    };
    terminal.print(&if args.json { explanation::json(&answer) } else { answer.to_text() })
}

/// What `text` names among what was read: a file, a line of one, or a symbol that was ranked.
fn subject(text: &str, packed: &Packed) -> Option<Subject> {
    let is_file = |path: &str| packed.read.corpus.files.iter().any(|file| file.path == path);
    let plain = normal(text);
    if is_file(&plain) {
        return Some(Subject::File { path: plain, line: None });
    }
    if let Some((path, line)) = text.rsplit_once(':')
        && let (path, Ok(line)) = (normal(path), line.parse())
        && is_file(&path)
    {
        return Some(Subject::File { path, line: Some(line) });
    }
    let is_symbol = packed.ranking.units.iter().any(|unit| unit.name.as_deref() == Some(text));
    is_symbol.then(|| Subject::Symbol(text.to_owned()))
}

/// A path as the corpus has it.
fn normal(path: &str) -> String {
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    path.trim_start_matches("./").to_owned()
}

fn explain(shown: &str, subject: &Subject, packed: &Packed, budget: usize) -> Answer {
    let belongs = |at: usize| {
        let unit = &packed.ranking.units[at];
        match subject {
            Subject::Symbol(name) => unit.name.as_deref() == Some(name.as_str()),
            Subject::File { path, line } => {
                packed.read.corpus.files[unit.file].path == *path
                    && line.is_none_or(|line| (unit.lines.start..=unit.lines.end).contains(&line))
            }
        }
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
    Answer { subject: shown.to_owned(), in_pack: chosen > 0, verdict, units }
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
            "{subject}: no file of this path, and no symbol of this name among the candidates"
        )));
    }
    let options = ReadOptions {
        include: vec![format!("/{}", escaped(&path))],
        allow_sensitive: request.allow_sensitive,
        ..ReadOptions::default()
    };
    let alone = repo::read(root, &options, &|_| {}).map_err(Failure::new)?;
    let reason = alone.skipped.counts().map(|(reason, _)| reason).find(|reason| {
        alone.skipped.examples(*reason).iter().any(|example| *example == path)
            && *reason != repo::SkipReason::Excluded
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
