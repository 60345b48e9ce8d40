//! One run of `pack`, from a folder to a text: walk → read → redact → history → task → query → survey →
//! sketch → parse → rank → allocate → render → count. Start reading at [`run`].
//!
//! The commands compress the text, write it and print the summary (`produce.rs`).

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use checkout::{
    Cache, Checkout, CheckoutError, Git, GitError, IndexedTexts, Indexing, PathGlob, ReadOptions,
    UnkeptHistory,
};
use pack::{Format, Pack, PackError};
use rayon::prelude::*;
use select::{
    Asked, Corpus, Correction, FileKind, History, HistoryStatus, Matches, Patch, PinnedBy, Query,
    Ranker, Ranking, SourceFile, Survey, Task, Weights,
};
use syntax::Outline;
use thiserror::Error;
use tokens::Encoding;

use crate::changes::{Changes, ChangesError};
use crate::detail::{Detail, Levels};
use crate::disk_cache::DiskCache;
use crate::embeddings::{EmbeddingsError, Endpoint};
use crate::kept_pack;
use crate::nearest;
use crate::place::Place;

/// How often a pack is made of texts that are read on demand, if files change meanwhile. After that, all are read at
/// once. By hand.
const ATTEMPTS: usize = 3;
/// Digits of the commit's id that a pack shows: unique in any repository, and few tokens.
const COMMIT_DIGITS: usize = 12;

/// The globs that a message names, at most. By hand.
const NAMED_GLOBS: usize = 3;

/// How tests are ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tests {
    /// Tests rank below source, unless their own evidence is stronger.
    #[default]
    Behind,
    /// Tests are ranked like any other source.
    Beside,
    /// Tests are excluded.
    Never,
}

/// The input of one run of the pipeline.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PackRequest {
    /// The checkout's folder.
    pub(crate) root: PathBuf,
    /// The folder of the checkout, with `/`, to which selection is restricted; `None` for all of it.
    pub(crate) within: Option<String>,
    /// The task, as the user gave it.
    pub(crate) task: String,
    /// The maximum number of tokens of the whole pack.
    pub(crate) budget: usize,
    /// The encoding in which the budget is counted.
    pub(crate) encoding: Encoding,
    /// The format of the pack.
    pub(crate) format: Format,
    /// Whether, and how, tests are selected.
    pub(crate) tests: Tests,
    /// Whether source files are selected.
    pub(crate) source: bool,
    /// Globs of the files to select from; all files, if empty.
    pub(crate) include: Vec<String>,
    /// Globs of the files to exclude.
    pub(crate) exclude: Vec<String>,
    /// Paths of files, or of folders with everything in them, to rank higher.
    pub(crate) focus: Vec<String>,
    /// Paths of files to show whole, or of folders with everything in them.
    pub(crate) also: Vec<String>,
    /// The revision or range whose changes are shown whole.
    pub(crate) changes: Option<String>,
    /// How much of files is shown.
    pub(crate) detail: Vec<Detail>,
    /// The weights of the ranking.
    pub(crate) weights: Weights,
    /// Whether credentials are shown rather than redacted.
    pub(crate) allow_sensitive: bool,
    /// Whether `root` was resolved and checked before, and may not be reached by another way.
    pub(crate) is_resolved: bool,
    /// Whether each line is prefixed with its number.
    pub(crate) line_numbers: bool,
    /// The time that the pack states.
    pub(crate) timestamp: Option<String>,
    /// Lines under the title.
    pub(crate) notes: Vec<String>,
    /// Whether the commit history is used as evidence.
    pub(crate) history: bool,
    /// Whether what was read, outlines and embeddings are cached below `.contextos/cache`.
    pub(crate) cache: bool,
    /// Whether all files are read, rather than those whose metadata has changed.
    pub(crate) verify: bool,
    /// A server whose embeddings change the order of chunks.
    pub(crate) embeddings: Option<Endpoint>,
    /// Whether only the pack is asked for, not the chunks that it was chosen from. Then one that was kept will do.
    pub(crate) is_pack_enough: bool,
}

/// A pack, and everything that summaries and explanations need.
pub(crate) struct Packed {
    /// The task, redacted.
    pub(crate) task: String,
    /// The text and what it shows.
    pub(crate) pack: Pack,
    /// The checkout as it was read.
    pub(crate) read: Arc<ReadTree>,
    /// All chunks of the candidates; none, if only the pack was asked for.
    pub(crate) ranking: Ranking,
    /// The number of all chunks of the candidates.
    pub(crate) chunks_in_all: usize,
    /// The weights of the ranking.
    pub(crate) weights: Weights,
    /// What the pack is about, if that is what has changed.
    pub(crate) changes: Option<Changes>,
    /// Why the embeddings that were asked for aren't part of the ranking.
    pub(crate) embeddings_error: Option<EmbeddingsError>,
}

/// A checkout as it was read: the files to select from, and reports about the rest.
pub(crate) struct ReadTree {
    /// Files and history.
    pub(crate) corpus: Corpus,
    /// The full id of HEAD's commit.
    pub(crate) commit: Option<String>,
    /// The skipped files, counted by reason.
    pub(crate) skipped: checkout::Skipped,
    /// The credentials that were redacted.
    pub(crate) findings: Vec<checkout::FileFinding>,
    /// The files that could not be read.
    pub(crate) unreadable: Vec<checkout::Unreadable>,
    /// Parts of the checkout that are missing from the folder (such as a submodule), a sentence each.
    pub(crate) remarks: Vec<String>,
    /// The include and exclude globs that match no file.
    pub(crate) idle_globs: Vec<String>,
    /// Where texts are read from when they are used.
    texts: Option<Arc<IndexedTexts>>,
    /// What was read ahead of the history.
    ahead: Ahead,
    /// Whether results are cached below `.contextos/cache`.
    pub(crate) is_cached: bool,
    /// The checkout's repository, if there is one that git opens.
    git: Option<Git>,
}

impl ReadTree {
    /// A hash of everything that packs of the tree depend on; `None` for a tree that was read without the index.
    pub(crate) fn digest(&self) -> Option<[u8; 32]> {
        Some(self.texts.as_ref()?.digest(&self.corpus.files))
    }

    /// The cache of what is made of the tree, which was read at `root`.
    pub(crate) fn cache(&self, root: &Path) -> Cache {
        match &self.texts {
            _ if !self.is_cached => Cache::none(),
            Some(texts) => Cache::open(root).for_source(texts.source_bytes()),
            None => Cache::open(root),
        }
    }

    /// Whether a file was changed after it had been listed, so that what was made of the tree has to be made anew.
    pub(crate) fn is_outdated(&self) -> bool {
        self.texts.as_ref().is_some_and(|texts| texts.is_outdated())
    }
}

/// What was read of a history for a task while files were read.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    /// The task; `None` if nothing was read.
    task: Option<String>,
    /// The commits that match it.
    matches: Matches,
    /// Their patches, but for those that a cache had.
    patches: Vec<Patch>,
}

/// Why there is no pack.
#[derive(Debug, Error)]
pub(crate) enum PipelineError {
    /// The checkout could not be read.
    #[error(transparent)]
    Read(#[from] CheckoutError),
    /// A path of `--focus` or `--also` that matches no file.
    #[error("{flag} {given}: {why}")]
    NoSuchPath {
        /// The flag.
        flag: &'static str,
        /// Its value.
        given: String,
        /// What is wrong with it, and what may have been meant.
        why: String,
    },
    /// What is to be included isn't there.
    #[error("{0}")]
    NothingIncluded(String),
    /// The folder has no files to select from.
    #[error("{0}: no text files to select from{1}")]
    Empty(PathBuf, String),
    /// The changes of `--diff` can't be told.
    #[error("--diff: {0}")]
    Changes(#[from] ChangesError),
    /// The task has no text.
    #[error("the task is empty")]
    NoTask,
    /// The budget is too small.
    #[error(transparent)]
    Pack(#[from] PackError),
}

/// Receives the progress of a run, for a display. Stages come in order; counts only grow.
pub(crate) trait Progress: Sync {
    /// A stage has begun.
    fn stage(&self, name: &'static str);
    /// In this stage, `done` of `total` files are done.
    fn count(&self, done: usize, total: usize);
}

/// Runs the pipeline.
///
/// # Errors
/// See [`PipelineError`].
pub(crate) fn run(request: &PackRequest, progress: &dyn Progress) -> Result<Packed, PipelineError> {
    for _ in 0..ATTEMPTS {
        let packed = run_once(request, Texts::OnDemand, progress)?;
        if !packed.read.is_outdated() {
            return Ok(packed);
        }
    }
    run_once(request, Texts::AtOnce, progress)
}

fn run_once(
    request: &PackRequest,
    texts: Texts,
    progress: &dyn Progress,
) -> Result<Packed, PipelineError> {
    let tree = Arc::new(read(request, texts, progress)?);
    let cache = DiskCache(tree.cache(&request.root));
    let key = kept_pack::key(request, &tree);
    if let Some(kept) = key.as_ref().and_then(|key| kept_pack::get(key, &cache.0)) {
        return Ok(kept.packed(tree, request));
    }
    let packed = run_on(tree, request, &cache, progress);
    if let (Some(key), Ok(packed)) = (&key, &packed)
        && !packed.read.is_outdated()
    {
        kept_pack::keep(key, packed, &cache.0);
    }
    cache.0.save();
    packed
}

/// Runs the stages after reading, on a tree that was read for a request with the same files.
///
/// # Errors
/// See [`PipelineError`].
pub(crate) fn run_on(
    tree: Arc<ReadTree>,
    request: &PackRequest,
    cache: &dyn RunCache,
    progress: &dyn Progress,
) -> Result<Packed, PipelineError> {
    let changes = changes(request, &tree)?;
    let task = match (request.task.trim(), &changes, &request.changes) {
        ("", Some(changes), Some(range)) => changes.task(range),
        ("", ..) => return Err(PipelineError::NoTask),
        (task, ..) => task.to_owned(),
    };
    let paths = |flag, given: &[String]| resolved(flag, given, request, &tree.corpus);
    let mut focus = paths("--focus", &request.focus)?;
    let also = paths("--also", &request.also)?;
    let levels = Levels::of(&request.detail, &tree.corpus)?;
    let mut asked = asked(&also, changes.as_ref(), &tree.corpus);
    asked.extend(levels.asked());
    focus.extend(asked.iter().map(|asked| tree.corpus.files[asked.file].path.clone()));
    let text = redacted(task, request);
    let task = Task::new(&text);
    let weights = weights(request);
    let question = Question {
        corpus: &tree.corpus,
        git: tree.git.as_ref(),
        ahead: &tree.ahead,
        task: &task,
        focus: &focus,
        budget: request.budget,
        cache,
    };
    let (mut ranking, _) = rank(&question, &weights, progress);
    ranking.pin(&asked);
    let embeddings_error = request.embeddings.as_ref().and_then(|endpoint| {
        progress.stage("embedding");
        let nothing = Cache::none();
        let values = cache.values().unwrap_or(&nothing);
        endpoint.rerank(&tree.corpus, &text, values, &mut ranking.chunks).err()
    });
    progress.stage("fitting");
    let notes = changes.as_ref().map(|changes| changes.notes(request.budget, request.encoding));
    let mut notes = notes.unwrap_or_default();
    notes.extend(levels.note(&tree.corpus, &ranking));
    levels.apply(&tree.corpus, &mut ranking);
    let mut changed = changes.as_ref().map_or_else(Vec::new, |changes| changes.asked.clone());
    changed.retain(|asked| levels.shows_lines(asked.file));
    let pack = render((request, &changed, &notes), &tree, &text, &ranking, &weights, cache)?;
    Ok(Packed {
        task: text,
        pack,
        read: tree,
        chunks_in_all: ranking.chunks.len(),
        ranking,
        weights,
        changes,
        embeddings_error,
    })
}

/// When texts are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Texts {
    /// When they are used; until then, the index says what they are like.
    OnDemand,
    /// All at once, without the index.
    AtOnce,
}

/// Walks the checkout, reads and redacts its files, and in parallel reads its history.
///
/// # Errors
/// When the folder can't be read or has no files to select from.
pub(crate) fn read(
    request: &PackRequest,
    texts: Texts,
    progress: &dyn Progress,
) -> Result<ReadTree, PipelineError> {
    progress.stage("reading");
    let options = read_options(request);
    let opened = match request.cache {
        true => Git::open_by_cache(&request.root),
        false => Git::open(&request.root),
    };
    let (checkout, (history, ahead)) = rayon::join(
        || {
            let indexing = Indexing {
                git: opened.as_ref().ok(),
                now: SystemTime::now(),
                is_kept: request.cache,
                is_verified: request.verify,
            };
            let count = |p: checkout::Progress| progress.count(p.read, p.total);
            match texts {
                Texts::OnDemand => {
                    checkout::read_indexed(&request.root, &options, indexing, &count)
                }
                Texts::AtOnce => checkout::read(&request.root, &options, &count),
            }
        },
        || {
            let (history, unkept) = read_history(request, &opened);
            let git = opened.as_ref().ok();
            let (ahead, ()) = rayon::join(
                || read_ahead(request, git, &history),
                || unkept.into_iter().for_each(UnkeptHistory::keep),
            );
            (history, ahead)
        },
    );
    let mut checkout = checkout?;
    if checkout.is_cache_tracked && request.cache {
        return read(&PackRequest { cache: false, ..request.clone() }, texts, progress);
    }
    filter_folder(&mut checkout, request);
    filter_kinds(&mut checkout, request);
    if checkout.files.is_empty() {
        let others = read_without_globs(request)?;
        if let (Some(folder), []) = (&request.within, &*others) {
            // The repository ignores the folder, but the user asked for it: it is packed as a checkout
            // of its own.
            return read(&alone(folder, request), texts, progress);
        }
        return Err(nothing_to_select_from(&checkout, &others, request));
    }
    let git = opened.ok();
    let commit = git.as_ref().and_then(Git::head).map(|head| head.id.clone());
    Ok(ReadTree {
        corpus: Corpus { files: checkout.files, history },
        commit,
        skipped: checkout.skipped,
        findings: checkout.findings,
        unreadable: checkout.unreadable,
        remarks: checkout.remarks,
        idle_globs: checkout.idle_globs,
        texts: checkout.texts,
        ahead,
        is_cached: request.cache,
        git,
    })
}

/// The request for a folder as a checkout of its own.
fn alone(folder: &str, request: &PackRequest) -> PackRequest {
    let from_top = format!("{}/", glob_of(folder));
    let inside = |glob: &String| {
        let plain = glob.trim_start_matches("./").trim_start_matches('/');
        plain.strip_prefix(&from_top).map_or_else(|| glob.clone(), |glob| format!("/{glob}"))
    };
    PackRequest {
        root: request.root.join(folder),
        within: None,
        include: request.include.iter().map(inside).collect(),
        exclude: request.exclude.iter().map(inside).collect(),
        ..request.clone()
    }
}

/// The files that could be selected from, whatever the request includes and excludes.
fn read_without_globs(request: &PackRequest) -> Result<Vec<SourceFile>, CheckoutError> {
    let all = PackRequest { include: Vec::new(), exclude: Vec::new(), ..request.clone() };
    Ok(checkout::read(&request.root, &read_options(&all), &|_| {})?.files)
}

/// Why there are no files. `others`: those that there are without the request's globs.
fn nothing_to_select_from(
    checkout: &Checkout,
    others: &[SourceFile],
    request: &PackRequest,
) -> PipelineError {
    let include = &request.include;
    let is_idle = include.iter().all(|glob| checkout.idle_globs.contains(glob));
    if !include.is_empty() && (is_idle || request.within.is_some() && request.exclude.is_empty()) {
        let named: Vec<&str> = include.iter().take(NAMED_GLOBS).map(String::as_str).collect();
        let more = if include.len() > NAMED_GLOBS { ", …" } else { "" };
        let place = request.within.as_ref().map_or(String::new(), |folder| format!(" in {folder}"));
        let hint = include.iter().find_map(|glob| glob_from_top(glob, request, others));
        return PipelineError::NothingIncluded(format!(
            "no text file{place} matches {}{more}{}",
            named.join(", "),
            hint.map_or(String::new(), |hint| format!("; {hint}"))
        ));
    }
    let skipped = checkout.skipped.total();
    let mut hint = if skipped > 0 { format!(" ({skipped} skipped)") } else { String::new() };
    checkout.remarks.iter().for_each(|remark| hint.push_str(&format!("; {remark}")));
    PipelineError::Empty(request.root.clone(), hint)
}

/// How a glob has to be written that was meant relative to the request's folder, or to any, as a sentence; `None` if it
/// matches none of these files there, either.
pub(crate) fn glob_from_top(
    glob: &str,
    request: &PackRequest,
    files: &[SourceFile],
) -> Option<String> {
    let folder = request.within.as_ref().map_or_else(|| "**".to_owned(), |folder| glob_of(folder));
    let glob = glob.trim_start_matches("./").trim_start_matches('/');
    let from_top = format!("{folder}/{glob}");
    let compiled = PathGlob::new(&from_top).ok()?;
    let is_meant = files.iter().any(|file| compiled.is_match(&file.path));
    is_meant.then(|| format!("globs start at the repository's top: {from_top}"))
}

/// Which files the request is about.
fn read_options(request: &PackRequest) -> ReadOptions {
    let mut options = ReadOptions {
        include: request.include.clone(),
        exclude: request.exclude.clone(),
        allow_sensitive: request.allow_sensitive,
        is_resolved: request.is_resolved,
        ..ReadOptions::default()
    };
    if let (Some(folder), []) = (&request.within, &*options.include) {
        options.include.push(format!("/{}/**", glob_of(folder)));
    }
    options
}

/// The commits of the repository, if git opened it, and what of them has to be kept.
fn read_history(
    request: &PackRequest,
    opened: &Result<Git, GitError>,
) -> (History, Option<UnkeptHistory>) {
    let refused = |error: &GitError| History {
        status: match error {
            GitError::NotARepository | GitError::NoGit => HistoryStatus::None,
            error => HistoryStatus::Refused(error.to_string()),
        },
        ..History::default()
    };
    let git = match opened {
        Ok(git) => git,
        Err(error) => return (refused(error), None),
    };
    let read = match (request.history, request.cache) {
        (false, _) => Ok((History::default(), None)),
        (true, false) => git.history().map(|history| (history, None)),
        (true, true) => git.history_by_cache(),
    };
    read.unwrap_or_else(|error| (refused(&error), None))
}

/// Reads the patches of the commits that match the request's task and that no cache has, while files are read. None, if
/// the history was kept: then the pack may have been, too.
fn read_ahead(request: &PackRequest, git: Option<&Git>, history: &History) -> Ahead {
    let git = git.filter(|git| !git.is_history_kept() && !history.commits.is_empty());
    let (Some(git), false) = (git, request.task.trim().is_empty()) else { return Ahead::default() };
    let text = redacted(request.task.trim().to_owned(), request);
    let matches = select::matching_commits(history, &Task::new(&text));
    let ids: Vec<&str> = ids(&matches, history);
    let known = match request.cache {
        true => DiskCache(Cache::open(&request.root)).patches(git, &ids),
        false => vec![None; ids.len()],
    };
    let unknown = ids.into_iter().zip(known).filter(|(_, known)| known.is_none());
    let patches = git.patches(&unknown.map(|(id, _)| id).collect::<Vec<_>>()).unwrap_or_default();
    Ahead { task: Some(text), matches, patches }
}

fn ids<'h>(matches: &Matches, history: &'h History) -> Vec<&'h str> {
    matches.commits.iter().map(|found| history.commits[found.commit].id.as_str()).collect()
}

/// Removes everything outside the folder to which the request is restricted.
fn filter_folder(checkout: &mut Checkout, request: &PackRequest) {
    let Some(folder) = &request.within else { return };
    let inside =
        |path: &str| path.strip_prefix(&**folder).is_some_and(|rest| rest.starts_with('/'));
    checkout.files.retain(|file| inside(&file.path));
    checkout.findings.retain(|finding| inside(&finding.path));
    checkout.unreadable.retain(|unreadable| inside(&unreadable.path));
}

/// A path as a glob that matches it alone.
pub(crate) fn glob_of(path: &str) -> String {
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

/// What has changed since the revision that the request names, if it names one.
fn changes(request: &PackRequest, tree: &ReadTree) -> Result<Option<Changes>, PipelineError> {
    let Some(range) = &request.changes else { return Ok(None) };
    let options = read_options(request);
    let (git, corpus) = (tree.git.as_ref(), &tree.corpus);
    let read = |git: &Git, commit: &str| {
        let mut checkout = git.tree_at(commit, &options)?;
        filter_folder(&mut checkout, request);
        filter_kinds(&mut checkout, request);
        Ok(checkout)
    };
    Ok(Some(Changes::since(range, git, corpus, &request.root, &read)?))
}

/// What the user asks for by flags, whatever the task says: changes before the files of `also`.
fn asked(also: &[String], changes: Option<&Changes>, corpus: &Corpus) -> Vec<Asked> {
    let mut asked: Vec<Asked> = changes.map_or_else(Vec::new, |changes| changes.asked.clone());
    for path in also {
        let is_meant = |file: &SourceFile| path.is_empty() || is_at_or_below(file, path);
        let meant = corpus.files.iter().enumerate().filter(|(_, file)| is_meant(file));
        asked.extend(meant.map(|(file, _)| Asked { file, lines: Vec::new(), by: PinnedBy::User }));
    }
    asked
}

/// Whether a file is the one at `path`, or in the folder there.
fn is_at_or_below(file: &SourceFile, path: &str) -> bool {
    let rest = file.path.strip_prefix(path);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Paths that were `given` to a flag, as the corpus spells them.
fn resolved(
    flag: &'static str,
    given: &[String],
    request: &PackRequest,
    corpus: &Corpus,
) -> Result<Vec<String>, PipelineError> {
    given.iter().map(|given| resolved_path(flag, given, request, corpus)).collect()
}

fn resolved_path(
    flag: &'static str,
    given: &str,
    request: &PackRequest,
    corpus: &Corpus,
) -> Result<String, PipelineError> {
    let place = request.place();
    let mut readings = place.readings(given);
    let all = request.within.is_none() && readings.iter().any(String::is_empty);
    let points_at = |reading: &String| {
        !reading.is_empty() && corpus.files.iter().any(|file| is_at_or_below(file, reading))
    };
    if all {
        // The whole repository: no file stands out.
        return Ok(String::new());
    }
    if let Some(at) = readings.iter().position(points_at) {
        return Ok(readings.swap_remove(at));
    }
    let paths = corpus.files.iter().map(|file| file.path.as_str());
    let exists =
        readings.iter().any(|reading| request.root.join(reading).symlink_metadata().is_ok());
    let path = given.rsplit_once(':').filter(|(_, line)| line.parse::<u32>().is_ok());
    let path = path.map_or(given, |(path, _)| path);
    let why = match nearest::path(&place.path_from_top(path), paths) {
        _ if exists => {
            "none of its files can be selected; `contextos explain PATH` says why".to_owned()
        }
        Some(close) => format!("no file or folder has this path; did you mean {close}?"),
        None => "no file or folder has this path".to_owned(),
    };
    Err(PipelineError::NoSuchPath { flag, given: given.to_owned(), why })
}

impl PackRequest {
    /// The repository, and the folder in it, of the request.
    pub(crate) fn place(&self) -> Place {
        Place { root: self.root.clone(), within: self.within.clone() }
    }
}

fn filter_kinds(checkout: &mut Checkout, request: &PackRequest) {
    let keep = |kind: FileKind| match kind {
        FileKind::Test => request.tests != Tests::Never,
        FileKind::Source => request.source,
        _ => true,
    };
    checkout.files.retain(|file| keep(file.kind));
}

fn redacted(task: String, request: &PackRequest) -> String {
    if request.allow_sensitive {
        return task;
    }
    secrets::redact(&task).text.into_owned()
}

fn weights(request: &PackRequest) -> Weights {
    let weights = request.weights.clone();
    match request.tests {
        Tests::Beside => weights.without(&[select::Feature::Test]),
        Tests::Behind | Tests::Never => weights,
    }
}

/// The input of [`rank`].
pub(crate) struct Question<'a> {
    /// The files and their history.
    pub(crate) corpus: &'a Corpus,
    /// The repository, for the patches of commits.
    pub(crate) git: Option<&'a Git>,
    /// What was read ahead of its history.
    pub(crate) ahead: &'a Ahead,
    /// The task.
    pub(crate) task: &'a Task,
    /// Paths of files and folders to rank higher.
    pub(crate) focus: &'a [String],
    /// The budget of the pack in tokens: a larger one gets more candidates.
    pub(crate) budget: usize,
    /// Cached outlines and patches.
    pub(crate) cache: &'a dyn RunCache,
}

/// Surveys the files, parses the candidates and ranks their chunks.
pub(crate) fn rank(
    question: &Question<'_>,
    weights: &Weights,
    progress: &dyn Progress,
) -> (Ranking, Survey) {
    progress.stage("surveying");
    rank_task(question, question.task, None, weights, progress)
}

/// Ranks for `task`; if `corrections` aren't known yet, those of its spelling are made first.
fn rank_task(
    question: &Question<'_>,
    task: &Task,
    corrections: Option<Vec<Correction>>,
    weights: &Weights,
    progress: &dyn Progress,
) -> (Ranking, Survey) {
    let corpus = question.corpus;
    let ahead = question.ahead;
    let matches = match ahead.task.as_deref() == Some(task.text()) && corrections.is_none() {
        true => ahead.matches.clone(),
        false => select::matching_commits(&corpus.history, task),
    };
    let patches = patches(question, &matches);
    let query = Query::new(task, matches, &corpus.history, &patches);
    let survey = select::survey(corpus, &query, question.focus, question.budget);
    let corrections = match corrections {
        Some(corrections) => corrections,
        None => {
            let corrections = select::corrections(corpus, &query, &survey);
            if !corrections.is_empty() {
                let task = task.corrected(&corrections);
                return rank_task(question, &task, Some(corrections), weights, progress);
            }
            corrections
        }
    };
    let mut ranking = rank_candidates(question, &query, &survey, weights, progress);
    ranking.corrections = corrections;
    (ranking, survey)
}

/// Ranks the chunks of the survey's candidates: all by sketches at first, and then those that the pack may show by what
/// parsing them says.
fn rank_candidates(
    question: &Question<'_>,
    query: &Query<'_>,
    survey: &Survey,
    weights: &Weights,
    progress: &dyn Progress,
) -> Ranking {
    let corpus = question.corpus;
    let parse = |files: &[usize]| {
        let files: Vec<&SourceFile> = files.iter().map(|&file| &corpus.files[file]).collect();
        outlines(&files, question.cache, progress)
    };
    progress.stage("sketching");
    let sketch = |&file: &usize| {
        let file = &corpus.files[file];
        syntax::sketch(file.language, &file.text)
    };
    let sketches: Vec<Option<Outline>> = survey.candidates.par_iter().map(sketch).collect();
    let candidates = || survey.candidates.iter().copied().zip(&sketches);
    let others: Vec<usize> =
        candidates().filter_map(|(file, sketch)| sketch.is_none().then_some(file)).collect();
    let others_outlines = parse(&others);
    let mut of_others = others_outlines.iter().map(AsRef::as_ref);
    let rough: Vec<&Outline> =
        sketches.iter().filter_map(|sketch| sketch.as_ref().or_else(|| of_others.next())).collect();
    let (focus, budget) = (question.focus, question.budget);
    let mut ranker = Ranker::new(corpus, query, survey, &rough, focus);
    let rough = ranker.rank(weights);
    let mut near = select::within_reach(corpus, survey, &rough, focus, budget);
    near.retain(|file| !others.contains(file));
    progress.stage("parsing");
    let parsed = parse(&near);
    progress.stage("ranking");
    let outlines: Vec<(usize, &Outline)> =
        near.into_iter().zip(parsed.iter().map(AsRef::as_ref)).collect();
    ranker.replace(&outlines);
    ranker.rank(weights)
}

fn patches(question: &Question<'_>, matches: &Matches) -> Vec<Patch> {
    let Some(git) = question.git else { return Vec::new() };
    let ids = ids(matches, &question.corpus.history);
    let known = question.cache.patches(git, &ids);
    let unknown = ids.iter().zip(&known).filter(|(_, known)| known.is_none());
    let read = unread(git, &question.ahead.patches, unknown.map(|(id, _)| *id).collect());
    if !read.is_empty() {
        question.cache.keep_patches(git, &read);
    }
    let mut read = read.into_iter().peekable();
    let of = |(id, known): (&&str, Option<Patch>)| {
        known.or_else(|| read.next_if(|patch| patch.commit == **id))
    };
    ids.iter().zip(known).filter_map(of).collect()
}

/// The patches of `ids`: those that were read ahead, and the others.
fn unread(git: &Git, ahead: &[Patch], ids: Vec<&str>) -> Vec<Patch> {
    let ahead: HashMap<&str, &Patch> =
        ahead.iter().map(|patch| (patch.commit.as_str(), patch)).collect();
    let missing: Vec<&str> = ids.iter().copied().filter(|id| !ahead.contains_key(id)).collect();
    let mut read = git.patches(&missing).unwrap_or_default().into_iter().peekable();
    let of = |id: &str| {
        let found = ahead.get(id).map(|&patch| patch.clone());
        found.or_else(|| read.next_if(|patch| patch.commit == id))
    };
    ids.into_iter().filter_map(of).collect()
}

/// A cache of what a run makes of files and commits. It saves time and never changes a result.
pub(crate) trait RunCache: Sync {
    /// The cache on disk behind it. All of a run uses the same one: each write replaces the whole file.
    fn values(&self) -> Option<&Cache> {
        None
    }
    /// The cached patches of commits, in their order.
    fn patches(&self, _git: &Git, commits: &[&str]) -> Vec<Option<Patch>> {
        commits.iter().map(|_| None).collect()
    }
    /// Adds patches.
    fn keep_patches(&self, _git: &Git, _patches: &[Patch]) {}
    /// The cached ids of what HEAD has at these paths, if all are known.
    fn blob_ids(&self, _git: &Git, _paths: &[&str]) -> Option<Vec<String>> {
        None
    }
    /// Adds the ids of what HEAD has at these paths.
    fn keep_blob_ids(&self, _git: &Git, _paths: &[&str], _ids: &[String]) {}
    /// The cached outline of a file's text.
    fn get(&self, file: &SourceFile) -> Option<Arc<Outline>>;
    /// Adds outlines, some of which may be in the cache already.
    fn keep(&self, all: &[(&SourceFile, Arc<Outline>)]);
}

/// The outlines of `files`, in their order: cached or parsed now.
pub(crate) fn outlines(
    files: &[&SourceFile],
    known: &dyn RunCache,
    progress: &dyn Progress,
) -> Vec<Arc<Outline>> {
    let done = AtomicUsize::new(0);
    // The longest first, one at a time, so that no thread waits at the end for another's long one.
    let length = |(at, file): (usize, &&SourceFile)| (Reverse(file.text.len()), at);
    let mut longest_first: Vec<_> = files.par_iter().enumerate().map(length).collect();
    longest_first.sort_unstable();
    let mut outlines: Vec<(usize, Arc<Outline>)> = longest_first
        .into_iter()
        .par_bridge()
        .map(|(_, at)| {
            let file = files[at];
            let outline = known
                .get(file)
                .unwrap_or_else(|| Arc::new(syntax::outline(file.language, &file.text)));
            progress.count(done.fetch_add(1, Ordering::Relaxed) + 1, files.len());
            (at, outline)
        })
        .collect();
    outlines.sort_unstable_by_key(|(at, _)| *at);
    let outlines: Vec<Arc<Outline>> = outlines.into_iter().map(|(_, outline)| outline).collect();
    let all: Vec<_> = files.iter().copied().zip(outlines.iter().map(Arc::clone)).collect();
    known.keep(&all);
    outlines
}

/// Whether one of the files at `paths` differs from HEAD.
fn differs(git: &Git, paths: &[&str], cache: &dyn RunCache) -> Result<bool, GitError> {
    let ids = match cache.blob_ids(git, paths) {
        Some(ids) => ids,
        None => {
            let ids = git.blob_ids(paths)?;
            cache.keep_blob_ids(git, paths, &ids);
            ids
        }
    };
    Ok(git.differs_from(paths, &ids))
}

/// Notes for the pack about parts of the checkout that are missing: what the reader needs may be there.
fn missing_notes(tree: &ReadTree) -> Vec<String> {
    tree.remarks.iter().map(|remark| format!("Not here: {remark}.")).collect()
}

/// `changed`: what comes before all else; `notes`: lines for the head, beside those of the request.
fn render(
    (request, changed, notes): (&PackRequest, &[Asked], &[String]),
    tree: &ReadTree,
    task: &str,
    ranking: &Ranking,
    weights: &Weights,
    cache: &dyn RunCache,
) -> Result<Pack, PackError> {
    let files = &tree.corpus.files;
    // Findings in files that can't be selected are only counted.
    let mut redacted: Vec<pack::Redacted<'_>> = tree
        .findings
        .iter()
        .filter_map(|found| {
            let file = files.binary_search_by(|file| file.path.as_str().cmp(&found.path)).ok()?;
            Some(pack::Redacted { file, line: found.finding.line, rule: found.finding.rule })
        })
        .collect();
    redacted.sort_by_key(|found| (found.file, found.line));
    let dirty = |files: &[usize]| {
        let shown: Vec<&str> =
            files.iter().map(|&at| tree.corpus.files[at].path.as_str()).collect();
        tree.git.as_ref().is_some_and(|git| differs(git, &shown, cache).unwrap_or(true))
    };
    pack::build(&pack::Input {
        corpus: &tree.corpus,
        ranking,
        weights,
        task,
        commit: tree.commit.as_deref().map(|id| id.get(..COMMIT_DIGITS).unwrap_or(id)),
        dirty: &dirty,
        redacted: &redacted,
        redacted_in_all: tree.findings.len(),
        changed,
        notes: &[request.notes.as_slice(), &missing_notes(tree), notes].concat(),
        timestamp: request.timestamp.as_deref(),
        line_numbers: request.line_numbers,
        format: request.format,
        encoding: request.encoding,
        budget: request.budget,
    })
}
