//! Explains why one file, line or symbol is, or isn't, in a pack.

use std::fmt::Write as _;
use std::path::{Component, Path};

use checkout::ReadOptions;
use pack_format::markdown;
use rmcp::schemars::{self, JsonSchema};
use select::SourceFile;
use serde::Serialize;
use syntax::LineRange;

use super::Chunk;
use super::name::QualifiedName;
use crate::failure::Failure;
use crate::nearest;
use crate::pipeline::{PackRequest, Packed, glob_of};
use crate::terminal::counted;

/// Why a file or symbol is, or isn't, in a pack.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SubjectExplanation {
    /// The path or name, as the user gave it.
    subject: String,
    /// Whether the pack shows any of it.
    in_pack: bool,
    /// The explanation in one sentence.
    verdict: String,
    /// Its chunks.
    #[serde(rename = "units")]
    chunks: Vec<ExplainedChunk>,
}

/// A chunk that belongs to the subject.
#[derive(Debug, Serialize, JsonSchema)]
struct ExplainedChunk {
    /// Whether the pack shows it.
    chosen: bool,
    #[serde(flatten)]
    chunk: Chunk,
    /// Why it isn't in the pack, or why it is although a more probable chunk isn't.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// The lines that a subject refers to, each with the index of its file: a whole file, one line, or every
/// definition of a name.
type Places = Vec<(usize, LineRange)>;

const WHOLE: LineRange = LineRange { start: 1, end: u32::MAX };

/// Explains why `subject` (a path, `PATH:LINE`, or the name of a definition) is, or isn't, in the pack
/// that was made for `request`.
///
/// # Errors
/// When nothing has that name; the message suggests the most similar one.
pub(crate) fn about(
    subject: &str,
    packed: &Packed,
    request: &PackRequest,
) -> Result<SubjectExplanation, Failure> {
    let files = &packed.read.corpus.files;
    let (path, lines) = path_and_lines(subject);
    let readings = request.place().readings(path);
    let file = |path: &String| files.iter().position(|file| file.path == *path);
    if let Some(at) = request.place().readings(subject).iter().find_map(file) {
        return Ok(explain(subject, &vec![(at, WHOLE)], packed, request.budget));
    }
    if let Some(at) = readings.iter().find_map(file) {
        let lines = lines.iter().map(|&lines| Ok((at, lines_of(subject, lines, &files[at])?)));
        let places = lines.collect::<Result<Places, Failure>>()?;
        return Ok(explain(subject, &places, packed, request.budget));
    }
    let in_folder = |path: &String| -> Places {
        let inside = |file: &SourceFile| {
            file.path.strip_prefix(&**path).is_some_and(|rest| rest.starts_with('/'))
        };
        (0..files.len()).filter(|&at| inside(&files[at])).map(|at| (at, WHOLE)).collect()
    };
    let places = readings.iter().map(in_folder).find(|places| !places.is_empty());
    let places = places.unwrap_or_else(|| definitions(subject, files));
    if !places.is_empty() {
        return Ok(explain(subject, &places, packed, request.budget));
    }
    match readings.iter().find(|path| is_inside(&request.root, path)) {
        Some(path) => not_read(subject, path, request),
        None => Err(Failure::new(not_found(subject, path, packed, request))),
    }
}

/// `src/a.py:120` or `src/a.py:120-130,140` as path and lines; without lines, the whole file.
fn path_and_lines(subject: &str) -> (&str, Vec<LineRange>) {
    match markdown::path_and_ranges(subject) {
        Some((path, ranges)) => {
            let lines = ranges.into_iter().map(|(start, end)| LineRange { start, end });
            (path, lines.collect())
        }
        None => (subject, vec![WHOLE]),
    }
}

/// The given lines, as far as the file has them.
fn lines_of(subject: &str, wanted: LineRange, file: &SourceFile) -> Result<LineRange, Failure> {
    let lines = file.text.lines().count() as u32;
    match wanted {
        WHOLE => Ok(WHOLE),
        LineRange { start, end } if (1..=lines).contains(&start) && start <= end => {
            Ok(LineRange { start, end: end.min(lines) })
        }
        _ if lines == 0 => {
            Err(Failure::new(format_args!("{subject}: no such line; the file is empty")))
        }
        LineRange { start, end } if start > end => {
            Err(Failure::new(format_args!("{subject}: the first line is after the last")))
        }
        LineRange { start: line, .. } => {
            let nearest = if line == 0 { 1 } else { lines };
            Err(Failure::new(format_args!(
                "{subject}: no such line; the file has {lines}, the nearest is {}:{nearest}",
                file.path
            )))
        }
    }
}

/// Where the name is defined among the files that were read: as it stands, or else as the last part of a qualified one.
fn definitions(name: &str, files: &[SourceFile]) -> Places {
    let mut readings = QualifiedName::readings(name).map(|wanted| definitions_of(&wanted, files));
    readings.find(|places| !places.is_empty()).unwrap_or_default()
}

fn definitions_of(wanted: &QualifiedName<'_>, files: &[SourceFile]) -> Places {
    let named = files.iter().enumerate().filter(|(_, file)| file.text.contains(wanted.name));
    named
        .flat_map(|(at, file)| {
            let definitions = syntax::outline(file.language, &file.text).definitions;
            let found = definitions.iter().filter(|one| wanted.is_of(one, &definitions, file));
            found.map(|definition| (at, definition.lines)).collect::<Places>()
        })
        .collect()
}

/// The message about a subject that doesn't exist, with the most similar path or name.
fn not_found(subject: &str, path: &str, packed: &Packed, request: &PackRequest) -> String {
    let paths = packed.read.corpus.files.iter().map(|file| file.path.as_str());
    let names = packed.ranking.chunks.iter().filter_map(|chunk| chunk.name.as_deref());
    let close = nearest::path(&request.place().path_from_top(path), paths)
        .or_else(|| nearest::name(subject, names));
    let close = close.map_or(String::new(), |close| format!("; did you mean {close}?"));
    format!("{subject}: no file has this path, and no definition has this name{close}")
}

fn explain(subject: &str, places: &Places, packed: &Packed, budget: usize) -> SubjectExplanation {
    let belongs = |at: usize| {
        let chunk = &packed.ranking.chunks[at];
        places.iter().any(|&(file, lines)| {
            chunk.file == file && chunk.lines.start <= lines.end && lines.start <= chunk.lines.end
        })
    };
    let price = |at: usize| {
        packed.pack.unchosen.iter().find(|unchosen| unchosen.chunk == at).map(|u| u.price)
    };
    let left = budget.saturating_sub(packed.pack.tokens);
    let likelier = likelier(packed);
    let mut chunks: Vec<ExplainedChunk> = (0..packed.ranking.chunks.len())
        .filter(|&at| belongs(at))
        .map(|at| {
            let chosen = packed.pack.chunks.contains(&at);
            let chunk = Chunk::of(packed, &packed.ranking.chunks[at], price(at));
            let why = if chosen {
                likelier.as_ref().and_then(|likelier| preferred_to(packed, at, likelier, left))
            } else {
                Some(not_in(packed, at, price(at), left))
            };
            ExplainedChunk { chosen, chunk, why }
        })
        .collect();
    chunks.sort_by_key(|explained| !explained.chosen);
    let chosen = chunks.iter().filter(|explained| explained.chosen).count();
    let verdict = if chosen > 0 {
        format!("in the pack: {chosen} of {}", counted(chunks.len(), "chunk"))
    } else if chunks.is_empty() {
        "not in the pack: nothing in it matches the task".into()
    } else if chunks.iter().all(|explained| explained.chunk.price.is_none()) {
        "not in the pack: too little in it matches the task".into()
    } else {
        format!("not in the pack: others match the task better, and {left} tokens are left")
    };
    SubjectExplanation { subject: subject.to_owned(), in_pack: chosen > 0, verdict, chunks }
}

/// The most probable chunk that matches the task but isn't in the pack.
fn likelier(packed: &Packed) -> Option<Chunk> {
    let unchosen = packed.pack.unchosen.first()?;
    Some(Chunk::of(packed, &packed.ranking.chunks[unchosen.chunk], Some(unchosen.price)))
}

/// Why a chunk is in the pack although a more probable one isn't; `None` if there is no such one.
fn preferred_to(packed: &Packed, at: usize, likelier: &Chunk, left: usize) -> Option<String> {
    let chunk = &packed.ranking.chunks[at];
    let price = likelier.price?;
    (likelier.probability > chunk.probability).then(|| {
        format!(
            "preferred to the more probable {}: chunks are chosen by probability per token, and that one \
             would add {price} tokens, with {left} left",
            likelier.place()
        )
    })
}

/// Why a chunk isn't in the pack.
fn not_in(packed: &Packed, at: usize, price: Option<usize>, left: usize) -> String {
    let chunk = &packed.ranking.chunks[at];
    match price {
        Some(price) => format!("would add {price} tokens; {left} are left"),
        None if chunk.first_code.is_none() => "only blank lines, comments or imports".into(),
        None => "too little in it matches the task".into(),
    }
}

/// Why an existing file wasn't read: it was skipped, excluded by a flag, or ignored.
fn not_read(
    subject: &str,
    path: &String,
    request: &PackRequest,
) -> Result<SubjectExplanation, Failure> {
    let explanation = |verdict: String| SubjectExplanation {
        subject: subject.to_owned(),
        in_pack: false,
        verdict,
        chunks: Vec::new(),
    };
    let options = ReadOptions {
        include: vec![format!("/{}", glob_of(path))],
        allow_sensitive: request.allow_sensitive,
        ..ReadOptions::default()
    };
    let alone = checkout::read(&request.root, &options, &|_| {}).map_err(Failure::new)?;
    let reason = alone.skipped.counts().map(|(reason, _)| reason).find(|reason| {
        *reason != checkout::SkipReason::Excluded && alone.skipped.examples(*reason).contains(path)
    });
    Ok(explanation(match reason {
        Some(reason) => format!("not in the pack: skipped ({})", reason.name()),
        None if !alone.files.is_empty() => {
            "not in the pack: excluded by --include, --exclude, --no-tests or --no-source".into()
        }
        None => "not in the pack: ignored by an ignore file, or outside the repository".into(),
    }))
}

/// Whether `path` exists and lies in the checkout. Of paths elsewhere (over a link, say) an answer
/// mustn't even reveal that they exist: the MCP server answers such questions of others.
fn is_inside(root: &Path, path: &str) -> bool {
    let relative = Path::new(path);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let folder = |path: &Path| path.parent().and_then(|parent| parent.canonicalize().ok());
    let (Ok(root), whole) = (root.canonicalize(), root.join(relative)) else { return false };
    plain
        && folder(&whole).is_some_and(|parent| parent.starts_with(&root))
        && whole.symlink_metadata().is_ok()
}

impl SubjectExplanation {
    /// As text: the verdict, and a line for each chunk.
    pub(crate) fn to_text(&self) -> String {
        let mut out = format!("{}: {}\n", self.subject, self.verdict);
        for explained in &self.chunks {
            let mark = if explained.chosen { "+" } else { "-" };
            let _ = writeln!(out, "{mark} {}:{}", explained.chunk.path, explained.chunk.line());
            if let Some(why) = &explained.why {
                let _ = writeln!(out, "    {why}");
            }
        }
        out
    }
}
