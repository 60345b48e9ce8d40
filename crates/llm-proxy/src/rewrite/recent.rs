//! What was found in the latest requests: an agent sends its whole conversation with each request, so that a request is
//! mostly an earlier one, up to its new messages. Only what is behind that is scanned.
//!
//! The requests themselves aren't kept, only hashes of their parts, by XXH3 with a secret of this process: who doesn't
//! know it can't make two parts that are taken for one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use json_index::{Index, ScanError, Scanned, scan, scan_after};
use xxhash_rust::xxh3::xxh3_128_with_secret;

use super::fingerprints::{SECRET, secret};
use super::identities::{EarlierRequest, Identities};

/// Shorter requests, in bytes, are scanned as a whole: it takes less than 30 µs.
const SHORTEST: usize = 32 << 10;
/// The most bytes that all take. By hand: sixty conversations of 200 kB, with their values.
const MOST_BYTES: usize = 2 << 20;
/// The most requests, in each of which one part is looked at for a new one.
const MOST: usize = 64;
/// The bytes of a part.
const PART: usize = 4 << 10;

/// A request.
struct Recent {
    /// The hashes of its parts, without the last one if that is shorter.
    parts: Vec<u128>,
    scanned: Scanned,
    /// What identifies its blocks and turns, once that is known.
    identities: OnceLock<Arc<Identities>>,
}

impl Recent {
    /// How many bytes, at least, are the same in the request of `parts`, from its beginning on.
    fn same(&self, parts: &[u128]) -> usize {
        let both = self.parts.iter().zip(parts);
        PART * both.take_while(|(one, other)| one == other).count()
    }
}

/// A request in the list of the latest, with what is compared in all of them.
struct Listed {
    request: Arc<Recent>,
    /// The bytes that it takes.
    size: usize,
    /// The number and the hash of one of its parts.
    mark: Option<(usize, u128)>,
}

impl Listed {
    /// `request`, which goes on with `earlier`: what identifies its parts isn't known yet, but takes about as much.
    fn new(request: Arc<Recent>, earlier: Option<&Arc<Recent>>) -> Self {
        let identities = earlier.and_then(|earlier| earlier.identities.get());
        let size = size_of_val(request.parts.as_slice())
            + request.scanned.size()
            + identities.map_or(0, |identities| identities.size());
        let at = request.parts.len() * 3 / 4;
        let mark = request.parts.get(at).map(|part| (at, *part));
        Self { request, size, mark }
    }

    /// Whether the request of `parts` is likely this conversation, gone on: it has the same part far behind the prompt
    /// and the tools, which other conversations of an agent have too, and before the last messages, which change with a
    /// cache mark.
    fn is_likely_continued(&self, parts: &[u128]) -> bool {
        self.mark.is_some_and(|(at, part)| parts.get(at) == Some(&part))
    }
}

/// A request as one of the latest, and the one that it goes on with.
#[derive(Default)]
pub(super) struct Continuation {
    own: Option<Arc<Recent>>,
    /// The earlier request, and how many bytes at the beginning are the same.
    earlier: Option<(Arc<Recent>, usize)>,
}

impl Continuation {
    /// The earlier request that this one goes on with, if it was read.
    pub(super) fn earlier(&self) -> Option<EarlierRequest<'_>> {
        let (recent, same) = self.earlier.as_ref()?;
        Some(EarlierRequest { identities: recent.identities.get()?, same: *same })
    }

    /// Keeps what identifies the parts of this request for the one that goes on with it.
    pub(super) fn keep(&self, identities: &Arc<Identities>) {
        if let Some(own) = &self.own {
            own.identities.get_or_init(|| identities.clone());
        }
    }
}

/// The latest requests, the latest first.
pub(super) struct RecentBodies {
    secret: [u8; SECRET],
    latest: Mutex<VecDeque<Listed>>,
}

impl RecentBodies {
    /// None yet, with a secret of its own.
    pub(super) fn new() -> Self {
        Self { secret: secret(), latest: Mutex::default() }
    }

    /// The same as [`scan`] of `body`, and what it goes on with.
    pub(super) fn scan<'b>(&self, body: &'b [u8]) -> Result<(Index<'b>, Continuation), ScanError> {
        if body.len() < SHORTEST {
            return Ok((scan(body)?, Continuation::default()));
        }
        let (parts, _) = body.as_chunks::<PART>();
        let parts: Vec<u128> =
            parts.iter().map(|part| xxh3_128_with_secret(part, &self.secret)).collect();
        let earlier = self.continued_by(&parts).map(|recent| {
            let same = recent.same(&parts);
            (recent, same)
        });
        let index = match &earlier {
            Some((recent, same)) => scan_after(body, &recent.scanned, *same)?,
            None => scan(body)?,
        };
        let scanned = index.scanned();
        let own = Arc::new(Recent { parts, scanned, identities: OnceLock::new() });
        self.keep(own.clone(), earlier.as_ref().map(|(recent, _)| recent));
        Ok((index, Continuation { own: Some(own), earlier }))
    }

    /// The request of which that of `parts` is likely the continuation.
    fn continued_by(&self, parts: &[u128]) -> Option<Arc<Recent>> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let continued = latest.iter().find(|listed| listed.is_likely_continued(parts));
        continued.map(|listed| listed.request.clone())
    }

    /// Keeps a request in the place of the one that it continues, and of those that were longest unused.
    fn keep(&self, recent: Arc<Recent>, continued: Option<&Arc<Recent>>) {
        let listed = Listed::new(recent, continued);
        let is_other = |other: &Listed| {
            continued.is_none_or(|continued| !Arc::ptr_eq(&other.request, continued))
        };
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.retain(is_other);
        latest.push_front(listed);
        let size = |latest: &VecDeque<Listed>| latest.iter().map(|one| one.size).sum::<usize>();
        while latest.len() > MOST || size(&latest) > MOST_BYTES {
            latest.pop_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn conversation(name: &str, messages: usize) -> Bytes {
        let messages: Vec<String> = (0..messages)
            .map(|at| format!(r#"{{"role":"user","content":"{name} {at} {}"}}"#, "x".repeat(4000)))
            .collect();
        let text = format!(r#"{{"model":"m","messages":[{}],"tools":[{{}}]}}"#, messages.join(","));
        text.into()
    }

    /// Every value of an index.
    fn values(index: &Index<'_>) -> Vec<String> {
        let (mut found, mut open) = (Vec::new(), vec![index.root_id()]);
        while let Some(id) = open.pop() {
            found.push(format!("{:?}", index.value(id)));
            open.extend(index.children(id));
        }
        found
    }

    fn is_as_by_scan(recent: &RecentBodies, body: &Bytes) {
        let found = recent.scan(body).map(|(index, _)| values(&index));
        assert_eq!(found, scan(body).map(|index| values(&index)));
    }

    #[test]
    fn conversations_that_go_on_side_by_side() {
        let recent = RecentBodies::new();
        for messages in 9..40 {
            for name in ["a", "b", "c"] {
                is_as_by_scan(&recent, &conversation(name, messages));
            }
        }
        let kept = recent.latest.lock().unwrap().len();
        assert_eq!(kept, 3, "each is in the place of what it continues");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let recent = RecentBodies::new();
        for name in 0..60 {
            is_as_by_scan(&recent, &conversation(&name.to_string(), 60));
        }
        let latest = recent.latest.lock().unwrap();
        assert!((1..=MOST).contains(&latest.len()));
        assert!(latest.iter().map(|one| one.size).sum::<usize>() <= MOST_BYTES);
    }

    #[test]
    fn what_is_no_json_is_none_behind_a_beginning_that_is() {
        let recent = RecentBodies::new();
        let whole = conversation("a", 20);
        is_as_by_scan(&recent, &whole);
        for end in ["", "]", "]}}", "]}x", ",]}", "\\u"] {
            let broken = [&whole[..whole.len() / 2], end.as_bytes()].concat();
            is_as_by_scan(&recent, &broken.into());
        }
        is_as_by_scan(&recent, &whole);
    }
}
