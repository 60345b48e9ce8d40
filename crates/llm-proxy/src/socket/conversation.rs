//! What is remembered of the conversations on WebSockets: the items so far, as the client knows them.
//!
//! Each connection has one conversation, that of its last response. They are kept deflated within a bound
//! in bytes for all of them; one that is displaced isn't known any more, and what comes in it then is
//! only rewritten reversibly.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Decompress, FlushDecompress};
use llm_api::response::Round;

use crate::cache::{Cache, Key, Weigh};
use crate::rewrite::Past;

/// Bytes of all remembered conversations. By hand: some hundred long ones, as text deflates to a fifth.
const MAX_BYTES: usize = 32 << 20;

/// A conversation up to the end of a response.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// The id of the response, as the client knows it.
    pub(super) id: String,
    /// The provider's id for it, where that is another.
    pub(super) actual_id: Option<String>,
    /// See [`Past::is_partial`].
    pub(super) is_partial: bool,
    /// See [`Past::open`].
    pub(super) open: Vec<Round>,
    /// See [`Past::is_unusable`].
    pub(super) is_unusable: bool,
    /// Its items, in parts of several.
    parts: Vec<Part>,
    /// Bytes of the items, with commas between them.
    length: usize,
}

/// Items with commas between them.
#[derive(Debug, Clone)]
struct Part {
    deflated: Arc<[u8]>,
    /// Their bytes.
    length: usize,
}

impl Conversation {
    /// `before` with more `items` at its end. Nothing where they are more than `max` bytes, or can't be
    /// deflated.
    pub(super) fn following(before: Option<&Self>, items: &[u8], max: usize) -> Option<Self> {
        let (mut parts, length) = match before {
            Some(before) => (before.parts.clone(), before.length),
            None => (Vec::new(), 0),
        };
        let length = length + items.len() + 1;
        if length > max {
            return None;
        }
        if !items.is_empty() {
            parts.push(Part::of(items)?);
        }
        Some(Conversation { parts, length, ..Conversation::default() })
    }

    /// What came before a message that goes on from it.
    fn past(&self) -> Option<Past> {
        let mut items = Vec::with_capacity(self.length);
        for part in &self.parts {
            if !items.is_empty() {
                items.push(b',');
            }
            part.inflate(&mut items)?;
        }
        Some(Past {
            items,
            is_partial: self.is_partial,
            open: self.open.clone(),
            actual_id: self.actual_id.clone(),
            is_unusable: self.is_unusable,
        })
    }
}

impl Part {
    fn of(items: &[u8]) -> Option<Self> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(items).ok()?;
        Some(Part { deflated: encoder.finish().ok()?.into(), length: items.len() })
    }

    /// Adds the items to `out`.
    fn inflate(&self, out: &mut Vec<u8>) -> Option<()> {
        let end = out.len() + self.length;
        out.reserve_exact(self.length);
        let mut inflate = Decompress::new(false);
        inflate.decompress_vec(&self.deflated, out, FlushDecompress::Finish).ok()?;
        (out.len() == end).then_some(())
    }
}

impl Weigh for Conversation {
    fn weight(&self) -> usize {
        let parts: usize = self.parts.iter().map(|part| part.deflated.len() + 48).sum();
        let round = |round: &Round| {
            let calls = round.intercepted.iter().map(|call| call.raw.len() + call.input.len());
            round.content.len() + round.kinds.len() + calls.sum::<usize>()
        };
        let open: usize = self.open.iter().map(round).sum();
        size_of::<Self>() + self.id.len() + parts + open
    }
}

/// The conversations of all connections.
pub(crate) struct Conversations {
    cache: Cache<Arc<Conversation>>,
    connections: AtomicU64,
}

impl Conversations {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Conversations { cache: Cache::new(MAX_BYTES), connections: AtomicU64::new(0) })
    }

    /// A place for the conversation of one more connection.
    pub(super) fn slot(self: &Arc<Self>) -> Slot {
        let number = self.connections.fetch_add(1, Ordering::Relaxed);
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_le_bytes());
        Slot { conversations: Arc::clone(self), key }
    }
}

/// The place of one connection's conversation, which is forgotten with it.
pub(super) struct Slot {
    conversations: Arc<Conversations>,
    key: Key,
}

impl Slot {
    /// What came before a message that goes on from the response `previous`, or from nothing; and the
    /// conversation that this is of.
    pub(super) fn past(&self, previous: Option<&str>) -> (Past, Option<Arc<Conversation>>) {
        let Some(previous) = previous else { return (Past::default(), None) };
        let known = self.conversations.cache.get(&self.key);
        let known = known.filter(|conversation| conversation.id == previous);
        match known.and_then(|known| Some((known.past()?, known))) {
            Some((past, known)) => (past, Some(known)),
            None => (Past { is_partial: true, ..Past::default() }, None),
        }
    }

    /// Remembers a conversation in the place of the last one.
    pub(super) fn remember(&self, conversation: Conversation) {
        self.conversations.cache.put(self.key, Arc::new(conversation));
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.conversations.cache.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(id: &str, before: Option<&Conversation>, items: &str) -> Conversation {
        let next = Conversation::following(before, items.as_bytes(), 1000).unwrap();
        Conversation { id: id.to_owned(), ..next }
    }

    #[test]
    fn a_conversation_is_known_by_its_last_response() {
        let slot = Conversations::new().slot();
        let first = conversation("r1", None, "1");
        let second = conversation("r2", Some(&first), "2,3");
        slot.remember(first);
        let items = |previous| {
            let (past, _) = slot.past(previous);
            (String::from_utf8(past.items).unwrap(), past.is_partial)
        };
        assert_eq!(items(None), (String::new(), false));
        assert_eq!(items(Some("r1")), ("1".to_owned(), false));
        slot.remember(second);
        assert_eq!(items(Some("r1")), (String::new(), true));
        assert_eq!(items(Some("r2")), ("1,2,3".to_owned(), false));
    }

    #[test]
    fn a_connection_knows_its_own_conversation_and_none_after_its_end() {
        let all = Conversations::new();
        let (one, other) = (all.slot(), all.slot());
        one.remember(conversation("r", None, "1"));
        assert!(other.past(Some("r")).0.is_partial);
        let key = one.key;
        assert!(all.cache.get(&key).is_some());
        drop(one);
        assert!(all.cache.get(&key).is_none());
    }

    #[test]
    fn no_conversation_is_longer_than_a_body_may_be() {
        let first = conversation("r", None, "1");
        assert!(Conversation::following(Some(&first), &[b'1'; 1000], 1000).is_none());
    }
}
