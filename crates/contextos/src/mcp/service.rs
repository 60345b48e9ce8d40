//! The service behind the MCP tools, without the protocol.
//!
//! Paths of files are looked up among the files that were read; they are never opened. The only path that
//! is opened, a `repo`, must lie under the served folder. So whatever a model writes, nothing outside can
//! be reached, and all that was read is redacted.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use checkout::Git;
use pack_format::markdown;
use rmcp::schemars::{self, JsonSchema};
use select::SourceFile;
use serde::Serialize;
use syntax::Definition;

use super::checkout_cache::{CheckoutCache, Kept};
use crate::args::{PackFormat, PickArgs};
use crate::churn::{Churn, churn};
use crate::clock;
use crate::context_dir::{self, ContextDir};
use crate::explanation::{self, QualifiedName, SubjectExplanation};
use crate::pipeline::{self, PackRequest, Packed, Progress, Texts};
use crate::place::Place;
use crate::resolve;
use crate::scan::{self, FileSummary};
use crate::settings::Settings;
use crate::terminal::counted;

/// The largest budget of a call, in tokens. By hand.
const MAX_BUDGET: usize = 1_000_000;
/// The most bytes of a file that one call returns. By hand.
const MAX_BYTES: usize = 400_000;
/// The most definitions or files that one call lists. By hand.
const MAX_LISTED: usize = 200;

/// The most definitions that a message about an unknown name lists. By hand.
const MAX_ALIKE: usize = 10;

/// Why a call failed: a message from which a model can tell what to do.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) String);

impl<E: std::error::Error> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

fn refuse<T>(message: impl ToString) -> Result<T, Refusal> {
    Err(Refusal(message.to_string()))
}

/// The served folder, and the checkouts that were read in it.
pub(crate) struct Service {
    root: PathBuf,
    any_root: bool,
    config: Option<PathBuf>,
    checkouts: CheckoutCache,
}

/// The result of `scan_repo`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Scanned {
    /// The number of text files that can be selected.
    files: usize,
    /// The number of files of each language, most frequent first.
    languages: Vec<Counted>,
    /// The number of files that were skipped, by reason.
    skipped: Vec<Counted>,
    /// The number of credentials that were redacted.
    redacted: usize,
    /// The commit that is checked out.
    commit: Option<String>,
    /// The number of commits of the history that are used.
    commits: usize,
}

/// A name with a number of files.
#[derive(Debug, Serialize, JsonSchema)]
struct Counted {
    /// The language or the reason.
    name: String,
    /// The number of files.
    count: usize,
}

/// The files that `list_files` ranks.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Listed {
    /// The files, most probable first.
    files: Vec<Likely>,
}

/// A file that a task may be about.
#[derive(Debug, Serialize, JsonSchema)]
struct Likely {
    /// Its path from the root of the repository.
    path: String,
    /// The probability that the task is about it, from 0 to 1.
    #[serde(rename = "chance")]
    probability: f64,
    /// The definition in its most probable part.
    #[serde(skip_serializing_if = "Option::is_none")]
    defines: Option<String>,
    /// Words of the task in it.
    words: Vec<String>,
}

/// Where a name is defined.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Found {
    /// The definitions, in order of path and line.
    definitions: Vec<Defined>,
    /// Whether there are more than are listed.
    more: bool,
}

/// One definition.
#[derive(Debug, Serialize, JsonSchema)]
struct Defined {
    /// The file.
    path: String,
    /// Its first and last line, from 1.
    lines: [u32; 2],
    /// What it is: function, type, method, …
    kind: &'static str,
    /// The text of its signature.
    signature: String,
}

impl Service {
    /// A service for the folder at `root`.
    ///
    /// # Errors
    /// When there is no folder.
    pub(crate) fn new(
        root: &Path,
        any_root: bool,
        config: Option<PathBuf>,
    ) -> Result<Self, crate::failure::Failure> {
        ContextDir::of(root)?;
        let canonical = root.canonicalize().map_err(|error| {
            crate::failure::Failure::new(format_args!("{}: {error}", root.display()))
        })?;
        Ok(Self { root: canonical, any_root, config, checkouts: CheckoutCache::default() })
    }

    pub(super) fn scan(&self, repo: &str, progress: &dyn Progress) -> Result<Scanned, Refusal> {
        let kept = self.tree(repo, Texts::OnDemand, progress)?;
        let tree = &kept.tree;
        let languages = scan::languages(&tree.corpus.files).into_iter();
        Ok(Scanned {
            files: tree.corpus.files.len(),
            languages: languages
                .map(|(name, count)| Counted { name: name.to_owned(), count })
                .collect(),
            skipped: tree
                .skipped
                .counts()
                .map(|(reason, count)| Counted { name: reason.name().to_owned(), count })
                .collect(),
            redacted: tree.findings.len(),
            commit: tree.commit.clone(),
            commits: tree.corpus.history.commits.len(),
        })
    }

    pub(super) fn pack(
        &self,
        repo: &str,
        task: &str,
        budget: usize,
        format: &str,
        progress: &dyn Progress,
    ) -> Result<String, Refusal> {
        let Some(format) = PackFormat::named(format) else {
            let known: Vec<&str> = PackFormat::names().collect();
            return refuse(format_args!(
                "`{format}` is not a format; the formats are: {}",
                known.join(", ")
            ));
        };
        let mut request = self.request(repo, task, budget)?;
        request.format = format.rendered();
        Ok(self.run(&request, progress)?.pack.text.clone())
    }

    pub(super) fn list(
        &self,
        repo: &str,
        task: &str,
        top: usize,
        progress: &dyn Progress,
    ) -> Result<Listed, Refusal> {
        let budget = pack::MIN_BUDGET * 20;
        let packed = self.run(&self.request(repo, task, budget)?, progress)?;
        let chunks = &packed.ranking.chunks;
        let mut files: Vec<Likely> = chunks
            .chunk_by(|a, b| a.file == b.file)
            .filter_map(|chunks| {
                let best = chunks.iter().max_by(|a, b| a.probability.total_cmp(&b.probability))?;
                Some(Likely {
                    path: packed.read.corpus.files[best.file].path.clone(),
                    probability: chunks.iter().map(|chunk| chunk.probability).sum(),
                    defines: best.name.clone(),
                    words: best.matched.clone(),
                })
            })
            .collect();
        files.sort_by(|a, b| {
            b.probability.total_cmp(&a.probability).then_with(|| a.path.cmp(&b.path))
        });
        files.truncate(top.min(MAX_LISTED));
        for file in &mut files {
            file.probability = (file.probability * 10_000.0).round() / 10_000.0;
        }
        Ok(Listed { files })
    }

    pub(super) fn file(
        &self,
        repo: &str,
        path: &str,
        lines: (usize, usize),
        progress: &dyn Progress,
    ) -> Result<String, Refusal> {
        let path = self.path_from_top(repo, path)?;
        self.of_tree(repo, progress, |kept| {
            let (file, ranges) = match (find(kept, &path), markdown::path_and_ranges(&path)) {
                (Err(_), Some((path, ranges))) => (find(kept, path)?, ranges),
                (file, _) => return excerpt(file?, lines),
            };
            if lines != (0, 0) {
                return refuse("there are lines in `rel_path` and in `first_line` or `last_line`");
            }
            excerpts(file, &ranges)
        })
    }

    pub(super) fn summary(
        &self,
        repo: &str,
        path: &str,
        progress: &dyn Progress,
    ) -> Result<FileSummary, Refusal> {
        let path = self.path_from_top(repo, path)?;
        self.of_tree(repo, progress, |kept| {
            let file = find(kept, &path)?;
            let outlines = pipeline::outlines(&[file], &kept.outlines, progress);
            kept.outlines.save();
            Ok(scan::summary(file, &outlines[0]))
        })
    }

    pub(super) fn churn(&self, repo: &str, days: u32, top: usize) -> Result<Churn, Refusal> {
        let history = Git::open(&self.confined(repo)?)?.history()?;
        Ok(churn(&history, days, top.min(MAX_LISTED), clock::seconds()))
    }

    pub(super) fn symbol(
        &self,
        repo: &str,
        name: &str,
        progress: &dyn Progress,
    ) -> Result<Found, Refusal> {
        if name.trim().is_empty() {
            return refuse("`name` is empty; pass the name of a function, type or constant");
        }
        let mut definitions = self.of_tree(repo, progress, |kept| {
            let found = definitions(kept, name, progress);
            if found.is_empty() { Err(unknown_name(kept, name, progress)) } else { Ok(found) }
        })?;
        let more = definitions.len() > MAX_LISTED;
        definitions.truncate(MAX_LISTED);
        Ok(Found { definitions, more })
    }

    pub(super) fn explain(
        &self,
        repo: &str,
        task: &str,
        path: &str,
        budget: usize,
        progress: &dyn Progress,
    ) -> Result<SubjectExplanation, Refusal> {
        let request = self.request(repo, task, budget)?;
        let packed = self.run(&request, progress)?;
        explanation::about(path, &packed, &request).map_err(|failure| Refusal(failure.to_string()))
    }

    /// A file of `.contextos/` in the served folder, redacted; `None` if it doesn't exist.
    pub(super) fn note(&self, file: &str) -> Result<Option<String>, Refusal> {
        let folder = ContextDir::of(&self.root).map_err(|failure| Refusal(failure.to_string()))?;
        let text = folder.read(file).map_err(|failure| Refusal(failure.to_string()))?;
        Ok(text.map(|text| secrets::redact(&text).text.into_owned()))
    }

    /// The task that is set in the served folder.
    pub(super) fn current_task(&self) -> Result<Option<String>, Refusal> {
        Ok(self.note(context_dir::TASK)?.as_deref().and_then(crate::notes::task::read))
    }

    /// The folder `repo`, which must lie under the served one.
    fn confined(&self, repo: &str) -> Result<PathBuf, Refusal> {
        let outside = || {
            Refusal(format!(
                "repo `{repo}` is not a folder under the served one; omit `repo`, or pass a path below \
                 the served folder"
            ))
        };
        // Both get the same message, so that it doesn't reveal whether an outside path exists.
        let path = self.root.join(repo).canonicalize().map_err(|_| outside())?;
        let inside = self.any_root || path.starts_with(&self.root);
        // `.git` is no checkout, and may contain what was never committed.
        let is_gits = path.components().any(|part| part.as_os_str() == ".git");
        if inside && path.is_dir() && !is_gits { Ok(path) } else { Err(outside()) }
    }

    /// `path`, which may be absolute, relative to the checkout at `repo`.
    fn path_from_top(&self, repo: &str, path: &str) -> Result<String, Refusal> {
        Ok(Place { root: self.confined(repo)?, within: None }.path_from_top(path))
    }

    /// A request for the checkout at `repo`, by its own settings and the user's.
    fn request(&self, repo: &str, task: &str, budget: usize) -> Result<PackRequest, Refusal> {
        let root = self.confined(repo)?;
        if task.trim().is_empty() {
            return refuse("`task` is empty; describe in a sentence what you want to do");
        }
        let failed = |failure: crate::failure::Failure| Refusal(failure.to_string());
        let settings = Settings::load(&root, self.config.as_deref()).map_err(failed)?;
        let args = PickArgs { budget: Some(budget.min(MAX_BUDGET)), ..PickArgs::default() };
        let picked =
            resolve::pick(Place { root, within: None }, task.trim().to_owned(), &args, &settings);
        let mut request = picked.map_err(failed)?.request;
        // Overrides the user's configuration, because what a model reads leaves this machine.
        request.allow_sensitive = false;
        request.is_resolved = true;
        request.cache = true;
        Ok(request)
    }

    fn tree(
        &self,
        repo: &str,
        texts: Texts,
        progress: &dyn Progress,
    ) -> Result<Arc<Kept>, Refusal> {
        // Reading needs a task as little as a budget.
        let request = self.request(repo, "-", pack::MIN_BUDGET)?;
        Ok(self.checkouts.tree(&request, texts, progress)?)
    }

    /// What `make` makes of a tree: anew, if files changed meanwhile.
    fn of_tree<T>(
        &self,
        repo: &str,
        progress: &dyn Progress,
        make: impl Fn(&Kept) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let kept = self.tree(repo, Texts::OnDemand, progress)?;
        let made = make(&kept);
        if !kept.tree.is_outdated() {
            return made;
        }
        make(&*self.tree(repo, Texts::AtOnce, progress)?)
    }

    fn run(&self, request: &PackRequest, progress: &dyn Progress) -> Result<Arc<Packed>, Refusal> {
        let packed =
            self.checkouts.tree(request, Texts::OnDemand, progress)?.pack(request, progress)?;
        if !packed.read.is_outdated() {
            return Ok(packed);
        }
        Ok(self.checkouts.tree(request, Texts::AtOnce, progress)?.pack(request, progress)?)
    }
}

/// The definitions of a name, in order of path and line.
fn definitions(kept: &Kept, name: &str, progress: &dyn Progress) -> Vec<Defined> {
    let mut readings = QualifiedName::readings(name).map(|wanted| {
        let files = kept.tree.corpus.files.iter();
        let files = files.filter(|file| file.text.contains(wanted.name)).collect();
        let mut found = Vec::new();
        each_definition(kept, files, progress, |one, all, file| {
            if wanted.is_of(one, all, file) {
                found.push(defined(one, file));
            }
        });
        found
    });
    readings.find(|found| !found.is_empty()).unwrap_or_default()
}

fn defined(definition: &Definition, file: &SourceFile) -> Defined {
    let (start, end) = (definition.signature.start, definition.signature.end);
    let lines = file.text.lines().skip(start as usize - 1);
    let lines: Vec<&str> = lines.take((end - start + 1).min(10) as usize).collect();
    Defined {
        path: file.path.clone(),
        lines: [definition.lines.start, definition.lines.end],
        kind: scan::kind_name(definition.kind),
        signature: lines.join("\n"),
    }
}

/// Calls `tell` with each definition in `files`, all that are in its file, and that.
fn each_definition(
    kept: &Kept,
    files: Vec<&SourceFile>,
    progress: &dyn Progress,
    mut tell: impl FnMut(&Definition, &[Definition], &SourceFile),
) {
    let outlines = pipeline::outlines(&files, &kept.outlines, progress);
    kept.outlines.save();
    for (file, outline) in files.iter().zip(&outlines) {
        for definition in &outline.definitions {
            tell(definition, &outline.definitions, file);
        }
    }
}

/// The message that nothing has this name, with the definitions that differ from it only in case.
fn unknown_name(kept: &Kept, name: &str, progress: &dyn Progress) -> Refusal {
    let wanted = QualifiedName::readings(name).last();
    let wanted = wanted.unwrap_or(QualifiedName { name, containers: Vec::new() });
    let lower = wanted.name.to_lowercase();
    let files = kept.tree.corpus.files.iter();
    let files = files.filter(|file| file.text.to_lowercase().contains(&lower)).collect();
    let mut alike = Vec::new();
    each_definition(kept, files, progress, |one, all, file| {
        if wanted.is_of_but_for_case(one, all, file) {
            alike.push(format!("{} ({}:{})", one.name, file.path, one.lines.start));
        }
    });
    let more = if alike.len() > MAX_ALIKE { ", …" } else { "" };
    alike.truncate(MAX_ALIKE);
    let alike = match alike.as_slice() {
        [] => String::new(),
        alike => format!(", but in other case there is: {}{more}", alike.join(", ")),
    };
    Refusal(format!(
        "nothing named `{name}` is defined in this repository; names are matched exactly{alike}"
    ))
}

/// The lines of a file from the first to the last, both from 1; to its end if the last is 0.
fn excerpt(file: &SourceFile, (first, last): (usize, usize)) -> Result<String, Refusal> {
    if last != 0 && first > last {
        return refuse(format_args!("`first_line` {first} is after `last_line` {last}"));
    }
    let all = file.text.split_inclusive('\n').count();
    if first > all.max(1) {
        let lines = counted(all, "line");
        return refuse(format_args!("`first_line` is {first}, but {} has {lines}", file.path));
    }
    let wanted = file.text.split_inclusive('\n').skip(first.max(1) - 1);
    let count = if last == 0 { usize::MAX } else { last.saturating_sub(first.max(1)) + 1 };
    let mut out = String::new();
    for (at, line) in wanted.take(count).enumerate() {
        if out.len() + line.len() > MAX_BYTES {
            let next = first.max(1) + at;
            return match out.is_empty() {
                true => {
                    refuse(format_args!("line {next} of {} is too long to be shown", file.path))
                }
                false => {
                    out.push_str(&format!("… continue with first_line={next}\n"));
                    Ok(out)
                }
            };
        }
        out.push_str(line);
    }
    Ok(out)
}

/// Several ranges of a file's lines, with the line between them that packs have.
fn excerpts(file: &SourceFile, ranges: &[(u32, u32)]) -> Result<String, Refusal> {
    let mut out = String::new();
    for (at, &(first, last)) in ranges.iter().enumerate() {
        let lines = excerpt(file, (first as usize, last as usize))?;
        if out.len() + lines.len() > MAX_BYTES && at > 0 {
            out.push_str(&format!("… continue with first_line={first}\n"));
            break;
        }
        if at > 0 {
            out.push_str(&format!("{}{first}\n", markdown::GAP));
        }
        out.push_str(&lines);
    }
    Ok(out)
}

/// The file of that path from the top, among those that were read.
fn find<'k>(kept: &'k Kept, path: &str) -> Result<&'k SourceFile, Refusal> {
    let file = kept.tree.corpus.files.iter().find(|file| file.path == path);
    file.ok_or_else(|| {
        Refusal(format!(
            "there is no file `{path}` to be read here: paths are relative to the repository, and \
             ignored, binary, very large and credential files are left out; list_files names files"
        ))
    })
}
