//! A cache of checkouts as they were read. An entry is valid until something in the checkout changes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use checkout::{Cache, CacheKey, Fingerprint, Git, Watchable};
use select::{Patch, SourceFile};
use syntax::Outline;

use super::watch::Watch;
use crate::disk_cache::{self, DiskCache};
use crate::pipeline::{
    self, PackRequest, Packed, PipelineError, Progress, ReadTree, RunCache, Texts,
};

/// The most checkouts that are kept; the least recently used one is dropped. By hand.
const MAX_CHECKOUTS: usize = 4;
/// The most packs that are kept of each. By hand.
const MAX_PACKS: usize = 8;
/// The most outlines that are kept of each. By hand.
const MAX_OUTLINES: usize = 50_000;

/// The fewest files of a checkout that is watched rather than listed for each request. By hand: listing fewer takes some
/// twenty milliseconds, and sees even what no watch reports (writes to memory that is mapped from a file).
const WATCHED_FROM: usize = 5_000;
/// How often a checkout is listed anew because folders came to be watched meanwhile. By hand.
const LISTINGS: usize = 3;

/// The checkouts that were used last.
#[derive(Default)]
pub(super) struct CheckoutCache {
    kept: Mutex<Vec<Arc<Kept>>>,
    /// By root, the last one first: the checkouts that are watched.
    watched: Mutex<Vec<(PathBuf, Watched)>>,
}

/// A checkout that is watched.
struct Watched {
    /// `None` where that isn't possible.
    watch: Option<Watch>,
    /// The fingerprint, which is valid until something changes.
    fingerprint: Option<Fingerprint>,
}

/// A checkout as it was read, with the outlines and packs that have been made of it since.
pub(super) struct Kept {
    root: PathBuf,
    state: Option<State>,
    reading: Reading,
    pub(super) tree: Arc<ReadTree>,
    pub(super) outlines: KnownOutlines,
    packs: Mutex<Vec<(PackRequest, Arc<Packed>)>>,
}

/// The state by which a changed checkout is recognised.
#[derive(PartialEq, Eq)]
struct State {
    files: Fingerprint,
    head: Option<String>,
}

/// The part of a request that decides which files and history are read.
#[derive(PartialEq, Eq)]
struct Reading {
    within: Option<String>,
    include: Vec<String>,
    exclude: Vec<String>,
    tests: pipeline::Tests,
    source: bool,
    history: bool,
}

impl CheckoutCache {
    /// The tree for a request: cached, or read now. With all texts at once, it is always read.
    pub(super) fn tree(
        &self,
        request: &PackRequest,
        texts: Texts,
        progress: &dyn Progress,
    ) -> Result<Arc<Kept>, PipelineError> {
        let state = self.state(&request.root);
        let reading = Reading::of(request);
        if state.is_some()
            && texts == Texts::OnDemand
            && let Some(kept) = self.find(|kept| {
                kept.root == request.root
                    && kept.state == state
                    && kept.reading == reading
                    && !kept.tree.is_outdated()
            })
        {
            return Ok(kept);
        }
        let tree = Arc::new(pipeline::read(request, texts, progress)?);
        let outlines =
            KnownOutlines { kept: DiskCache(tree.cache(&request.root)), at_hand: Mutex::default() };
        let root = request.root.clone();
        let packs = Mutex::default();
        let kept = Arc::new(Kept { root, state, reading, tree, outlines, packs });
        let mut all = self.lock();
        all.retain(|old| old.root != kept.root || old.reading != kept.reading);
        all.insert(0, Arc::clone(&kept));
        all.truncate(MAX_CHECKOUTS);
        Ok(kept)
    }

    fn find(&self, wanted: impl Fn(&Kept) -> bool) -> Option<Arc<Kept>> {
        let mut all = self.lock();
        let at = all.iter().position(|kept| wanted(kept))?;
        let kept = all.remove(at);
        all.insert(0, Arc::clone(&kept));
        Some(kept)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Kept>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of a checkout before it is read; `None` if a later change couldn't be recognised by it.
    fn state(&self, root: &Path) -> Option<State> {
        let files = self.fingerprint(root)?;
        let git = Git::open_by_cache(root).ok();
        let head = git.and_then(|git| git.head().map(|head| head.id.clone()));
        Some(State { files, head })
    }

    /// The fingerprint of a checkout: by a watch that has seen no change since it was listed, or by listing it.
    fn fingerprint(&self, root: &Path) -> Option<Fingerprint> {
        let mut all = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|(watched, _)| watched == root);
        let mut watched = at.map(|at| all.remove(at).1);
        let known = watched.as_mut().and_then(Watched::unchanged);
        if known.is_none() {
            let listed = checkout::fingerprint_to_watch(root).ok()?;
            let is_large = cfg!(target_os = "linux") && listed.files >= WATCHED_FROM;
            let new = || Watched { watch: Watch::new().ok(), fingerprint: None };
            match watched.take().or_else(|| is_large.then(new)) {
                Some(Watched { watch: Some(watch), .. }) => {
                    watched = Some(Watched::renewed(watch, root, listed));
                }
                other => {
                    all.extend(other.map(|watched| (root.to_owned(), watched)));
                    return listed.fingerprint;
                }
            }
        }
        let watched = watched?;
        let fingerprint = watched.fingerprint;
        all.insert(0, (root.to_owned(), watched));
        all.truncate(MAX_CHECKOUTS);
        fingerprint
    }
}

impl Watched {
    /// The fingerprint, if nothing has changed.
    fn unchanged(&mut self) -> Option<Fingerprint> {
        match self.watch.as_mut()?.take_changed() {
            Ok(is_changed) => self.fingerprint.filter(|_| !is_changed),
            Err(_) => {
                self.watch = None;
                None
            }
        }
    }

    /// The result of listing a checkout, with a watch on all of its folders since before it was listed.
    fn renewed(mut watch: Watch, root: &Path, mut listed: Watchable) -> Self {
        for _ in 0..LISTINGS {
            match watch.add(&listed.folders) {
                Ok(true) => {}
                Ok(false) => return Self { watch: Some(watch), fingerprint: listed.fingerprint },
                Err(_) => return Self { watch: None, fingerprint: listed.fingerprint },
            }
            // What happened in these folders before they were watched wasn't reported.
            match checkout::fingerprint_to_watch(root) {
                Ok(again) => listed = again,
                Err(_) => break,
            }
        }
        // Folders come and go: the next request lists it again.
        Self { watch: Some(watch), fingerprint: None }
    }
}

impl Kept {
    /// The pack for a request: cached, or made now.
    pub(super) fn pack(
        &self,
        request: &PackRequest,
        progress: &dyn Progress,
    ) -> Result<Arc<Packed>, PipelineError> {
        let known = |packs: &mut Vec<(PackRequest, Arc<Packed>)>| {
            let at = packs.iter().position(|(made_for, _)| made_for == request)?;
            let found = packs.remove(at);
            let packed = Arc::clone(&found.1);
            packs.insert(0, found);
            Some(packed)
        };
        if let Some(packed) = known(&mut self.lock()) {
            return Ok(packed);
        }
        let tree = Arc::clone(&self.tree);
        let packed = pipeline::run_on(tree, request, &self.outlines, progress);
        self.outlines.save();
        let packed = Arc::new(packed?);
        let mut packs = self.lock();
        packs.insert(0, (request.clone(), Arc::clone(&packed)));
        packs.truncate(MAX_PACKS);
        Ok(packed)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(PackRequest, Arc<Packed>)>> {
        self.packs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    fn of(request: &PackRequest) -> Self {
        Self {
            within: request.within.clone(),
            include: request.include.clone(),
            exclude: request.exclude.clone(),
            tests: request.tests,
            source: request.source,
            history: request.history,
        }
    }
}

/// Outlines in memory, backed by those on disk.
pub(super) struct KnownOutlines {
    kept: DiskCache,
    at_hand: Mutex<HashMap<CacheKey, Arc<Outline>>>,
}

impl KnownOutlines {
    /// Writes what was added to the disk.
    pub(super) fn save(&self) {
        self.kept.0.save();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CacheKey, Arc<Outline>>> {
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RunCache for KnownOutlines {
    fn values(&self) -> Option<&Cache> {
        self.kept.values()
    }

    fn get(&self, file: &SourceFile) -> Option<Arc<Outline>> {
        let at_hand = self.lock().get(&disk_cache::key(file)).map(Arc::clone);
        at_hand.or_else(|| self.kept.get(file))
    }

    fn patches(&self, git: &Git, commits: &[&str]) -> Vec<Option<Patch>> {
        self.kept.patches(git, commits)
    }

    fn blob_ids(&self, git: &Git, paths: &[&str]) -> Option<Vec<String>> {
        self.kept.blob_ids(git, paths)
    }

    fn keep_blob_ids(&self, git: &Git, paths: &[&str], ids: &[String]) {
        self.kept.keep_blob_ids(git, paths, ids);
    }

    fn keep_patches(&self, git: &Git, patches: &[Patch]) {
        self.kept.keep_patches(git, patches);
    }

    fn keep(&self, all: &[(&SourceFile, Arc<Outline>)]) {
        self.kept.keep(all);
        let mut at_hand = self.lock();
        for (file, outline) in all {
            if at_hand.len() < MAX_OUTLINES {
                at_hand.insert(disk_cache::key(file), Arc::clone(outline));
            }
        }
    }
}
