//! The latest requests, and what was found in them: an agent sends its whole conversation with each request, so that
//! a request is mostly an earlier one, up to its new messages. Only what is behind that is scanned.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use json_index::{Index, ScanError, Scanned, scan, scan_after};

/// Shorter requests, in bytes, are scanned as a whole: it takes less than 30 µs.
const SHORTEST: usize = 32 << 10;
/// The most bytes of requests and of what was found in them. By hand: thirty conversations of 200 kB.
const MOST_BYTES: usize = 6 << 20;
/// The most requests, in each of which one place is looked at for a new one.
const MOST: usize = 64;
/// The bytes that are compared at once.
const CHUNK: usize = 4 << 10;
/// The bytes that are compared first.
const PROBE: usize = 64;

/// A request.
struct Recent {
    body: Bytes,
    scanned: Scanned,
}

impl Recent {
    fn size(&self) -> usize {
        self.body.len() + self.scanned.size()
    }
}

/// The latest requests, the latest first.
#[derive(Default)]
pub(super) struct RecentBodies {
    latest: Mutex<VecDeque<Arc<Recent>>>,
}

impl RecentBodies {
    /// The same as [`scan`] of `body`.
    pub(super) fn scan<'b>(&self, body: &'b Bytes) -> Result<Index<'b>, ScanError> {
        if !(SHORTEST..=MOST_BYTES / 2).contains(&body.len()) {
            return scan(body);
        }
        let continued = self.continued_by(body);
        let index = match &continued {
            Some(recent) => scan_after(body, &recent.scanned, common_prefix(&recent.body, body))?,
            None => scan(body)?,
        };
        let scanned = index.scanned();
        self.keep(Recent { body: body.clone(), scanned }, continued.as_ref());
        Ok(index)
    }

    /// The request of which `body` is likely the continuation.
    fn continued_by(&self, body: &[u8]) -> Option<Arc<Recent>> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.iter().find(|recent| is_likely_continued(&recent.body, body)).cloned()
    }

    /// Keeps a request in the place of the one that it continues, and of those that were longest unused.
    fn keep(&self, recent: Recent, continued: Option<&Arc<Recent>>) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.retain(|other| continued.is_none_or(|continued| !Arc::ptr_eq(other, continued)));
        latest.push_front(Arc::new(recent));
        let size =
            |latest: &VecDeque<Arc<Recent>>| latest.iter().map(|one| one.size()).sum::<usize>();
        while latest.len() > MOST || size(&latest) > MOST_BYTES {
            latest.pop_back();
        }
    }
}

/// Whether `body` is likely the conversation of `recent`, gone on: it has the same bytes far behind the prompt and the
/// tools, which other conversations of an agent have too, and before the last messages, which change with a cache mark.
fn is_likely_continued(recent: &[u8], body: &[u8]) -> bool {
    let start = recent.len() / 8 * 7;
    let probe = start..start + PROBE;
    recent.get(probe.clone()).is_some_and(|there| body.get(probe) == Some(there))
}

/// How many bytes two texts have in common at their beginnings.
fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    let chunks = one.chunks(CHUNK).zip(other.chunks(CHUNK));
    let same = chunks.take_while(|(a, b)| a == b).map(|(a, _)| a.len()).sum();
    let rest = one.iter().skip(same).zip(other.iter().skip(same));
    same + rest.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
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
        let found = recent.scan(body).map(|index| values(&index));
        assert_eq!(found, scan(body).map(|index| values(&index)));
    }

    #[test]
    fn conversations_that_go_on_side_by_side() {
        let recent = RecentBodies::default();
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
        let recent = RecentBodies::default();
        for name in 0..60 {
            is_as_by_scan(&recent, &conversation(&name.to_string(), 60));
        }
        let latest = recent.latest.lock().unwrap();
        assert!((1..=MOST).contains(&latest.len()));
        assert!(latest.iter().map(|one| one.size()).sum::<usize>() <= MOST_BYTES);
    }

    #[test]
    fn what_is_no_json_is_none_behind_a_beginning_that_is() {
        let recent = RecentBodies::default();
        let whole = conversation("a", 20);
        is_as_by_scan(&recent, &whole);
        for end in ["", "]", "]}}", "]}x", ",]}", "\\u"] {
            let broken = [&whole[..whole.len() / 2], end.as_bytes()].concat();
            is_as_by_scan(&recent, &broken.into());
        }
        is_as_by_scan(&recent, &whole);
    }

    #[test]
    fn common_prefixes() {
        let text = vec![7; 3 * CHUNK];
        assert_eq!(common_prefix(&text, &text), text.len());
        assert_eq!(common_prefix(&text, &text[..CHUNK + 1]), CHUNK + 1);
        for at in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK - 1] {
            let mut other = text.clone();
            other[at] = 8;
            assert_eq!(common_prefix(&text, &other), at);
        }
        assert_eq!(common_prefix(b"", b"a"), 0);
    }
}
