//! The replay of many transcripts, side by side, with the same result in whatever order they are done.
//!
//! A session that was resumed is in two files: each request in them is counted in the first file alone.
//! So all files are read once to learn which requests they hold, and once more to replay them.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use llm_proxy::Offline;
use metrics::Prices;

use super::formats;
use super::progress::Progress;
use super::totals::AuditTotals;
use super::transcript::Request;

/// Room for the deepest recursion of a parser, in bytes.
const STACK: usize = 8 << 20;

/// Replays the transcripts in `files` and adds them up.
///
/// # Errors
/// When no thread can be started, or one fails.
pub(crate) fn replay(
    files: &[PathBuf],
    offline: &Offline,
    prices: &Prices,
) -> io::Result<AuditTotals> {
    let mut owners = HashMap::new();
    if files.len() > 1 {
        for (at, ids) in each(files, "reading", |_, path| ids(path))?.into_iter().enumerate() {
            for id in ids {
                owners.entry(id).or_insert(at);
            }
        }
    }
    let one = |at: usize, path: &Path| {
        let mut counted = HashSet::new();
        let mut totals = AuditTotals::default();
        add(&mut totals, path, offline, prices, &mut |request| {
            let Some(id) = request_id(request) else { return true };
            owners.get(&id).is_none_or(|owner| *owner == at) && counted.insert(id)
        });
        totals
    };
    let mut whole = AuditTotals::default();
    each(files, "replaying", one)?.into_iter().for_each(|totals| whole.merge(totals));
    Ok(whole)
}

/// The results of `work` on each file, in the files' order.
fn each<T: Send>(
    files: &[PathBuf],
    what: &'static str,
    work: impl Fn(usize, &Path) -> T + Sync,
) -> io::Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let progress = Progress::new(what, files.len());
    let worker = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = files.get(at) else { return done };
            done.push((at, work(at, path)));
            progress.step();
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from).min(files.len());
    let mut all = thread::scope(|scope| {
        let mut threads = Vec::new();
        for _ in 0..workers {
            threads.push(thread::Builder::new().stack_size(STACK).spawn_scoped(scope, worker)?);
        }
        let mut all = Vec::new();
        for thread in threads {
            all.extend(thread.join().map_err(|_| io::Error::other("it failed"))?);
        }
        Ok::<_, io::Error>(all)
    })?;
    all.sort_by_key(|(at, _)| *at);
    Ok(all.into_iter().map(|(_, result)| result).collect())
}

/// The ids of the requests in a transcript; none for what is no transcript.
fn ids(path: &Path) -> Vec<u64> {
    let Ok(Some((_, transcript))) = formats::read(path) else { return Vec::new() };
    let requests = transcript.conversations.iter().flat_map(|conversation| &conversation.requests);
    requests.filter_map(request_id).collect()
}

/// A hash of a request's id.
fn request_id(request: &Request) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    request.id.as_ref()?.hash(&mut hasher);
    Some(hasher.finish())
}

fn add(
    totals: &mut AuditTotals,
    path: &Path,
    offline: &Offline,
    prices: &Prices,
    is_counted: &mut dyn FnMut(&Request) -> bool,
) {
    match formats::read(path) {
        Ok(Some((format, transcript))) => {
            *totals.transcripts.entry(format).or_default() += 1;
            totals.lines += transcript.lines;
            totals.passed_over.add(transcript.passed_over);
            for conversation in &transcript.conversations {
                totals.add(format, conversation, offline, prices, is_counted);
            }
        }
        Ok(None) => totals.foreign += 1,
        Err(_) => totals.unreadable += 1,
    }
}
