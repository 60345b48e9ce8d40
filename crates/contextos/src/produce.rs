//! Makes one pack, compresses it, writes it and prints the summary: the part that `pack` and `export`
//! share.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use checkout::{PathGlob, SkipReason};
use private_fs::Links;
use select::{Confidence, HistoryStatus};

use crate::args::{PackFormat, WriteArgs};
use crate::clock;
use crate::compression::{self, Compressed, Rendered};
use crate::context_dir::{self, ContextDir};
use crate::failure::Failure;
use crate::pipeline::{self, Packed};
use crate::place::Place;
use crate::resolve::PackPlan;
use crate::settings::Settings;
use crate::terminal::{Terminal, escape_controls, grouped};

/// The number of findings, and of unreadable files, that are listed; further ones are only counted.
const LISTED: usize = 10;
/// The file of `pack --all` in `.contextos/`. Git ignores it with the packs.
const OVERVIEW: &str = "context_pack.overview.md";
/// Characters of the task in the summary.
const TASK_SHOWN: usize = 100;
/// The largest file of `--head`, in bytes. By hand: it is paid for in each pack.
const MAX_HEAD: u64 = 16 << 10;

/// A pack that was written, and what people and programs are told about it.
pub(crate) struct Produced {
    /// The pack, and what explanations need.
    pub(crate) packed: Packed,
    /// What was written: the pack, compressed if that was asked for.
    pub(crate) text: String,
    /// Its tokens before and after compression, by this provider.
    pub(crate) compressed: Option<(String, usize, usize)>,
    /// The files that it was written to.
    pub(crate) written: Vec<String>,
    /// The summary for people, without the time.
    pub(crate) summary: String,
}

/// Where and how packs are written.
pub(crate) struct Producer<'a> {
    terminal: &'a Terminal,
    args: &'a WriteArgs,
    place: Place,
    folder: ContextDir,
    /// Whether `.contextos/` can be written.
    writable: bool,
    provider: Option<Box<dyn ::compress::Provider>>,
}

impl<'a> Producer<'a> {
    /// Checks that the pack can be written somewhere, to standard output if it is `printed`, and creates the compression provider, so that a
    /// failure comes before the work.
    ///
    /// # Errors
    /// When the pack can't be written anywhere, or the provider is unknown.
    pub(crate) fn new(
        place: &Place,
        args: &'a WriteArgs,
        settings: &Settings,
        printed: bool,
        terminal: &'a Terminal,
    ) -> Result<Self, Failure> {
        let name = args.compress.clone().or_else(|| settings.compress());
        let name = name.filter(|name| !args.no_compress && name != "none");
        let provider = name.map(|name| compression::provider(&name, settings)).transpose()?;
        let folder = ContextDir::of(&place.root)?;
        let writable = match folder.create() {
            Ok(()) => true,
            Err(failure) if args.out.is_some() => {
                terminal.note(&format!("{failure}; the pack is only written to --out"));
                false
            }
            Err(failure) if printed => {
                terminal.note(&format!("{failure}; the pack is only written to standard output"));
                false
            }
            Err(failure) => {
                return Err(Failure::new(format_args!(
                    "{failure}; choose another place for the pack with --out"
                )));
            }
        };
        Ok(Self { terminal, args, place: place.clone(), folder, writable, provider })
    }

    /// Makes a pack and writes it to `.contextos/FILE` and to `--out`. If `printed`, it is also written
    /// to standard output, unless there is an `--out`.
    ///
    /// # Errors
    /// When the pack can't be made, compressed or written. An existing file is then unchanged.
    pub(crate) fn produce(
        &self,
        mut picked: PackPlan,
        format: PackFormat,
        file: &str,
        printed: bool,
    ) -> Result<Produced, Failure> {
        let begun = Instant::now();
        picked.request.format = format.rendered();
        picked.request.line_numbers |= self.args.line_numbers;
        picked.request.timestamp = self.args.timestamp.then(clock::now);
        picked.request.cache = self.writable;
        if let Some(head) = &self.args.head {
            let head = self.head(head, &picked)?;
            picked.request.notes.extend(head.lines().map(str::to_owned));
        }
        if let PackFormat::Agent(exporter) = format {
            picked.request.notes.push(exporter.note(&self.shown(file)));
        }
        let packed = pipeline::run(&picked.request, &*self.terminal.progress())
            .map_err(|error| Failure::new(error_in_model(&error, &picked)))?;
        let compressed = self.compressed(&packed, &picked, format)?;
        let counts = compressed.as_ref().map(|c| (c.before, c.after));
        let text = compressed.map_or_else(|| packed.pack.text.clone(), |c| c.text);
        let to_stdout = self.is_for_stdout(printed);
        let written = self.write(file, &text, to_stdout)?;
        warn(&packed, &picked, self.terminal);
        self.terminal.detail(&skipped_examples(&packed));
        let mut summary = summary(&packed, &picked);
        let by = self.provider.as_ref().map(|provider| provider.name().to_owned());
        let compressed = by.zip(counts).map(|(by, (before, after))| (by, before, after));
        if let Some((by, before, after)) = &compressed {
            summary.push_str(&outcome(by, (*before, *after), &picked));
        }
        if !written.is_empty() {
            let _ = writeln!(summary, "written: {}", written.join(", "));
        }
        let took = begun.elapsed().as_secs_f64();
        self.terminal.note(&format!("{summary}time: {took:.2} s"));
        if let PackFormat::Agent(exporter) = format {
            self.terminal.note(&exporter.note(&self.shown(file)));
        }
        if to_stdout {
            self.terminal.print(&text)?;
        }
        Ok(Produced { packed, text, compressed, written, summary })
    }

    /// The text of `--head`, filled in, without credentials.
    fn head(&self, file: &Path, picked: &PackPlan) -> Result<String, Failure> {
        let failed = |error| Failure::new(format_args!("--head {}: {error}", file.display()));
        let text = private_fs::read_to_string(file, Links::Follow, MAX_HEAD).map_err(failed)?;
        let task = picked.request.task.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text
            .replace("{repository}", &self.place.name())
            .replace("{budget}", &grouped(picked.budget))
            .replace("{task}", &task);
        let text = escape_controls(&text);
        Ok(match picked.request.allow_sensitive {
            true => text.into_owned(),
            false => secrets::redact(&text).text.into_owned(),
        })
    }

    fn compressed(
        &self,
        packed: &Packed,
        picked: &PackPlan,
        format: PackFormat,
    ) -> Result<Option<Compressed>, Failure> {
        let Some(provider) = &self.provider else { return Ok(None) };
        let files = &packed.read.corpus.files;
        let paths: Vec<&str> =
            packed.pack.shown.iter().map(|shown| files[shown.file].path.as_str()).collect();
        let rendered = Rendered {
            text: &packed.pack.text,
            shape: format.shape(),
            paths: &paths,
            task: &packed.task,
            budget: picked.request.budget,
            encoding: picked.request.encoding,
        };
        Ok(Some(compression::compress(&**provider, &rendered)?))
    }

    /// Whether standard output gets the pack; `printed`: where `--out` doesn't say.
    fn is_for_stdout(&self, printed: bool) -> bool {
        self.args.out.as_deref().map_or(printed, |out| out == Path::new("-"))
    }

    /// Writes an overview as a pack is written; gives back the files.
    ///
    /// # Errors
    /// When it can be written nowhere.
    pub(crate) fn write_overview(&self, text: &str, printed: bool) -> Result<Vec<String>, Failure> {
        let to_stdout = self.is_for_stdout(printed);
        let written = self.write(OVERVIEW, text, to_stdout)?;
        if to_stdout {
            self.terminal.print(text)?;
        }
        Ok(written)
    }

    /// Writes the pack to files; gives back to which. That `.contextos/` can't be written is no failure if
    /// the pack arrives elsewhere.
    fn write(&self, file: &str, text: &str, to_stdout: bool) -> Result<Vec<String>, Failure> {
        let mut written = Vec::new();
        if let Some(out) = self.args.out.as_deref().filter(|out| *out != Path::new("-")) {
            write_out(out, text)
                .map_err(|error| Failure::new(format_args!("{}: {error}", out.display())))?;
            written.push(out.display().to_string());
        }
        if self.writable {
            match self.folder.write(file, text) {
                Ok(()) => written.push(self.folder.shown_from_here(file)),
                Err(failure) if to_stdout || !written.is_empty() => {
                    self.terminal.note(&failure.to_string());
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(written)
    }

    /// The path of the pack for its readers: in `.contextos/`, or `--out` if that can't be written.
    fn shown(&self, file: &str) -> String {
        match self.args.out.as_deref().filter(|_| !self.writable) {
            Some(out) => out.display().to_string(),
            None => ContextDir::shown(file),
        }
    }
}

/// Writes the text to `path`, which a user gave. A regular file is replaced atomically; a device or a pipe is written to.
pub(crate) fn write_out(path: &Path, text: &str) -> io::Result<()> {
    // A link is followed, as by a shell's `>`.
    let path: PathBuf = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_dir() => Err(io::Error::other("is a folder")),
        Ok(metadata) if !metadata.is_file() => {
            let mut file = File::options().write(true).open(&path)?;
            file.write_all(text.as_bytes())?;
            file.flush()
        }
        Err(_) if path.parent().is_some_and(is_missing) => {
            Err(io::Error::new(io::ErrorKind::NotFound, "the folder doesn't exist"))
        }
        _ => context_dir::replace(&path, text.as_bytes()),
    }
}

/// Whether there is no folder at this path; the empty path is the current folder.
fn is_missing(folder: &Path) -> bool {
    !folder.as_os_str().is_empty() && !folder.is_dir()
}

/// The error's message, with budgets in the model's tokens, as the user gave them.
fn error_in_model(error: &pipeline::PipelineError, picked: &PackPlan) -> String {
    match error {
        pipeline::PipelineError::Pack(pack::PackError::BudgetTooSmall {
            minimum: least, ..
        }) => format!(
            "a budget of {} tokens is too small: the minimum is {}",
            grouped(picked.budget),
            grouped(picked.model.estimate(*least)),
        ),
        other => other.to_string(),
    }
}

/// Warns about what the user may not expect.
fn warn(packed: &Packed, picked: &PackPlan, terminal: &Terminal) {
    let tree = &packed.read;
    for unreadable in tree.unreadable.iter().take(LISTED) {
        terminal.warn(&format!("{}: {}; packed without it", unreadable.path, unreadable.reason));
    }
    if tree.unreadable.len() > LISTED {
        let more = tree.unreadable.len() - LISTED;
        let files = if more == 1 { "file" } else { "files" };
        terminal.warn(&format!("{more} more {files} could not be read"));
    }
    for remark in tree.remarks.iter().chain(&picked.warnings) {
        terminal.warn(remark);
    }
    for (flag, glob) in idle_globs(packed, picked) {
        let files = &tree.corpus.files;
        let hint = pipeline::glob_from_top(glob, &picked.request, files);
        let hint = hint.map_or(String::new(), |hint| format!("; {hint}"));
        terminal.note(&format!("{flag} {glob} matches no file{hint}"));
    }
    if let HistoryStatus::Refused(reason) = &tree.corpus.history.status {
        terminal.warn(&format!("packed without the history: {reason}"));
    }
    let shown = findings_shown(packed);
    for found in shown.iter().take(LISTED) {
        let (path, line, rule) = (&found.path, found.finding.line, found.finding.rule);
        terminal.warn(&format!("{path}:{line}: redacted ({rule})"));
    }
    if shown.len() > LISTED {
        let more = grouped(shown.len() - LISTED);
        terminal.warn(&format!("{more} more redacted; `contextos secrets` lists them"));
    }
    if let Some(left_out) = packed.pack.changed.note(&tree.corpus) {
        terminal.warn(&format!("{left_out}; a larger --budget has room for more"));
    }
    if picked.request.allow_sensitive {
        terminal.warn("credentials are shown as they are (--allow-sensitive)");
    }
    if !packed.ranking.corrections.is_empty() {
        let corrected: Vec<String> = packed
            .ranking
            .corrections
            .iter()
            .map(|correction| format!("{} → {}", correction.said, correction.meant))
            .collect();
        terminal
            .warn(&format!("not found in this repository, and read as: {}", corrected.join(", ")));
    }
    if let Some(error) = &packed.embeddings_error {
        terminal.warn(&format!("packed without embeddings: {error}"));
    }
    if let Some(endpoint) = picked.request.embeddings.as_ref().filter(|e| !e.is_local()) {
        terminal.warn(&format!("code was sent to {}, which isn't this machine", endpoint.url()));
    }
    if packed.pack.shown.is_empty() {
        terminal.warn(
            "nothing in this repository matches the task; name a file, a function or words of the code",
        );
    } else if packed.ranking.confidence == Confidence::Weak {
        terminal.warn(
            "little of what the task says is found here; is this the right repository? If it is, name a \
             file, a function or words of the code",
        );
    }
}

/// The globs of the command line that match no file.
fn idle_globs<'p>(
    packed: &Packed,
    picked: &'p PackPlan,
) -> impl Iterator<Item = (&'static str, &'p str)> {
    let tree = &packed.read;
    let is_idle = |(flag, glob): &&(&'static str, String)| match *flag {
        "--detail" => PathGlob::new(glob)
            .is_ok_and(|glob| !tree.corpus.files.iter().any(|file| glob.is_match(&file.path))),
        _ => tree.idle_globs.contains(glob),
    };
    picked.globs.iter().filter(is_idle).map(|(flag, glob)| (*flag, glob.as_str()))
}

/// The credentials that were redacted in files of the pack.
fn findings_shown(packed: &Packed) -> Vec<&checkout::FileFinding> {
    let files = &packed.read.corpus.files;
    let paths: BTreeSet<&str> =
        packed.pack.shown.iter().map(|shown| files[shown.file].path.as_str()).collect();
    packed.read.findings.iter().filter(|found| paths.contains(found.path.as_str())).collect()
}

/// For `--verbose`: the first few skipped files of each reason.
fn skipped_examples(packed: &Packed) -> String {
    let skipped = &packed.read.skipped;
    let mut out = String::new();
    for (reason, _) in skipped.counts() {
        for path in skipped.examples(reason) {
            let _ = writeln!(out, "skipped ({}): {path}", reason.name());
        }
    }
    out
}

fn summary(packed: &Packed, picked: &PackPlan) -> String {
    let (pack, tree) = (&packed.pack, &packed.read);
    let task: String = packed.task.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = task.chars().count() > TASK_SHOWN;
    let task: String = task.chars().take(TASK_SHOWN).chain(cut.then_some('…')).collect();
    let mut out = format!(
        "task: {task}\npack: {}{} of {} tokens{}; {} of {} files, {} of {} chunks\n",
        if picked.model.is_estimate() { "about " } else { "" },
        grouped(picked.model.estimate(pack.tokens)),
        grouped(picked.budget),
        match (pack.unchosen.is_empty(), pack.shown.is_empty()) {
            (true, true) => ": nothing matched",
            (true, false) => ": nothing else matched",
            (false, _) => "",
        },
        grouped(pack.shown.len()),
        grouped(tree.corpus.files.len()),
        grouped(pack.chunks.len()),
        grouped(packed.chunks_in_all),
    );
    let _ = writeln!(out, "confidence: {}", packed.ranking.confidence.name());
    match tree.corpus.history.status {
        HistoryStatus::None if picked.request.history => out.push_str("history: none\n"),
        HistoryStatus::Shallow => out.push_str("history: shallow\n"),
        _ => {}
    }
    if !tree.findings.is_empty() {
        let count = tree.findings.len();
        let noun = if count == 1 { "credential" } else { "credentials" };
        let shown = match findings_shown(packed).len() {
            0 => "none".to_owned(),
            shown => grouped(shown),
        };
        let _ = writeln!(out, "redacted: {} {noun}, {shown} in files of the pack", grouped(count));
    }
    let request = &picked.request;
    // When a folder is packed by itself, the user didn't exclude the files beside it.
    let beside =
        request.within.is_some() && request.include.is_empty() && request.exclude.is_empty();
    let skipped: Vec<String> = tree
        .skipped
        .counts()
        .filter(|(reason, _)| !(beside && *reason == SkipReason::Excluded))
        .map(|(reason, count)| format!("{} {}", grouped(count), reason.name()))
        .collect();
    if !skipped.is_empty() {
        let _ = writeln!(out, "skipped: {}", skipped.join(", "));
    }
    out
}

/// The line of the summary about compression.
fn outcome(provider: &str, (before, after): (usize, usize), picked: &PackPlan) -> String {
    let (before, after) = (picked.model.estimate(before), picked.model.estimate(after));
    if after >= before {
        return format!("compression: {provider} saved nothing ({} tokens)\n", grouped(before));
    }
    let percent = (before - after) * 100 / before;
    format!(
        "compression: {} → {} tokens by {provider} ({percent} % less)\n",
        grouped(before),
        grouped(after),
    )
}
