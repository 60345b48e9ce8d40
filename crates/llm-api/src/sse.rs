//! Server-sent events, parsed from a stream whose chunks may end anywhere.
//!
//! An event keeps its own bytes, so that it can be passed on exactly as it came.

use std::borrow::Cow;

use crate::framing::{self, Framing};

/// Bytes of one event beyond which it is given back as [`Chunk::Raw`], unread.
pub const MAX_EVENT: usize = 16 << 20;

/// A part of a stream. The bytes of all parts, in order, are the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chunk {
    /// A whole event, the blank line at its end included.
    Event(Event),
    /// Bytes that are no whole event: the end of a broken stream, or of an event too long to read.
    Raw(Vec<u8>),
}

/// One event, one element of a response that is streamed as a JSON array, or one message of a WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its bytes as they came.
    pub raw: Vec<u8>,
    /// How it is distinguished from its neighbours.
    pub framing: Framing,
}

/// Cuts a stream into its events.
#[derive(Debug, Default)]
pub struct Events {
    pending: Vec<u8>,
    /// Bytes of `pending` in which no event ends.
    searched: usize,
    is_overlong: bool,
}

impl Events {
    /// Takes the next bytes of the stream and adds what is whole now to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Chunk>) {
        self.pending.extend_from_slice(bytes);
        let mut start = 0;
        while let Some(end) = event_end(&self.pending, start, start.max(self.searched)) {
            let raw = self.pending[start..end].to_vec();
            let overlong = std::mem::take(&mut self.is_overlong);
            out.push(if overlong { Chunk::Raw(raw) } else { Chunk::Event(Event::new(raw)) });
            start = end;
        }
        self.pending.drain(..start);
        // A line's end may be cut into two, and so may the two that end an event.
        self.searched = self.pending.len().saturating_sub(3);
        if self.pending.len() > MAX_EVENT {
            self.is_overlong = true;
            out.push(Chunk::Raw(self.take()));
        }
    }

    /// What is left when the stream has ended.
    pub fn take(&mut self) -> Vec<u8> {
        self.searched = 0;
        std::mem::take(&mut self.pending)
    }
}

/// Where the event that begins at `start` ends: after the first blank line. A lone CR at the end of
/// the bytes may be the first half of a CRLF, so it isn't a line's end yet.
fn event_end(bytes: &[u8], start: usize, from: usize) -> Option<usize> {
    let mut at = from.max(start);
    // Step back to a place from which lines can be told: the last line end before `from`.
    while at > start && matches!(bytes[at - 1], b'\r' | b'\n') {
        at -= 1;
    }
    let mut line = if at == start { start } else { usize::MAX };
    while at < bytes.len() {
        let offset = memchr::memchr2(b'\r', b'\n', &bytes[at..])?;
        let break_at = at + offset;
        let after = match (bytes[break_at], bytes.get(break_at + 1)) {
            (b'\r', Some(b'\n')) => break_at + 2,
            (b'\r', None) => return None,
            _ => break_at + 1,
        };
        if line == break_at {
            return Some(after);
        }
        line = after;
        at = after;
    }
    None
}

impl Event {
    /// A server-sent event of these bytes.
    pub fn new(raw: Vec<u8>) -> Self {
        Event { raw, framing: Framing::Events }
    }

    /// The event's name; empty where it has none.
    pub fn name(&self) -> &[u8] {
        self.fields(b"event").last().unwrap_or_default()
    }

    /// The event's data: its lines, joined by line feeds.
    pub fn data(&self) -> Cow<'_, [u8]> {
        match self.framing {
            Framing::Events => {}
            Framing::JsonArray => return Cow::Borrowed(framing::element(&self.raw)),
            Framing::Messages => return Cow::Borrowed(&self.raw),
        }
        let mut lines = self.fields(b"data");
        let Some(first) = lines.next() else { return Cow::Borrowed(b"") };
        let mut all = Cow::Borrowed(first);
        for line in lines {
            let joined = all.to_mut();
            joined.push(b'\n');
            joined.extend_from_slice(line);
        }
        all
    }

    /// The same event with other data, which has no line breaks.
    pub fn with_data(&self, data: &[u8]) -> Event {
        let old = self.data();
        if let Cow::Borrowed(old) = old
            && !old.is_empty()
        {
            let start = old.as_ptr() as usize - self.raw.as_ptr() as usize;
            let end = start + old.len();
            let raw = [&self.raw[..start], data, &self.raw[end..]].concat();
            return Event { raw, framing: self.framing };
        }
        let name = self.name();
        let head: &[u8] = if name.is_empty() { b"" } else { b"event: " };
        let line: &[u8] = if name.is_empty() { b"" } else { b"\n" };
        Event::new([head, name, line, b"data: ", data, b"\n\n"].concat())
    }

    fn fields<'e>(&'e self, name: &'e [u8]) -> impl Iterator<Item = &'e [u8]> {
        let body = self.raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.raw);
        body.split(|byte| matches!(byte, b'\r' | b'\n')).filter_map(move |line| {
            let value = line.strip_prefix(name)?.strip_prefix(b":")?;
            Some(value.strip_prefix(b" ").unwrap_or(value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(stream: &[u8], at: &[usize]) -> (Vec<Chunk>, Vec<u8>) {
        let mut events = Events::default();
        let mut out = Vec::new();
        let mut from = 0;
        for &to in at.iter().chain([&stream.len()]) {
            let to = to.clamp(from, stream.len());
            events.push(&stream[from..to], &mut out);
            from = to;
        }
        (out, events.take())
    }

    #[test]
    fn reads_names_and_data_with_any_line_ends() {
        for stream in [
            "event: a\ndata: {\"x\":\"漢\"}\n\n: c\n\ndata:1\ndata: 2\n\n",
            "event: a\r\ndata: {\"x\":\"漢\"}\r\n\r\n: c\r\n\r\ndata:1\r\ndata: 2\r\n\r\n",
        ] {
            let (pieces, rest) = cut(stream.as_bytes(), &[]);
            let events: Vec<_> = pieces
                .iter()
                .map(|piece| match piece {
                    Chunk::Event(event) => (event.name(), event.data().into_owned()),
                    Chunk::Raw(_) => panic!("raw"),
                })
                .collect();
            assert_eq!(events[0], (&b"a"[..], "{\"x\":\"漢\"}".as_bytes().to_vec()));
            assert_eq!(events[1], (&b""[..], vec![]));
            assert_eq!(events[2].0, b"");
            assert_eq!(rest, b"");
        }
    }

    #[test]
    fn data_is_replaced_in_place() {
        let event = Event::new(b"event: a\r\nid: 7\r\ndata: {}\r\n\r\n".to_vec());
        assert_eq!(event.with_data(b"[1]").raw, b"event: a\r\nid: 7\r\ndata: [1]\r\n\r\n");
        let split = Event::new(b"event: a\ndata: {\ndata: }\n\n".to_vec());
        assert_eq!(split.with_data(b"{}").raw, b"event: a\ndata: {}\n\n");
    }

    #[test]
    fn an_event_without_end_is_passed_on_unread() {
        let stream = [&vec![b'x'; MAX_EVENT + 1][..], b"yz\n\n", b"data: 1\n\n"].concat();
        let (pieces, rest) = cut(&stream, &[1000, MAX_EVENT + 1]);
        assert!(
            matches!(&pieces[..], [Chunk::Raw(_), Chunk::Raw(tail), Chunk::Event(_)] if tail == b"yz\n\n")
        );
        assert!(rest.is_empty());
    }

    proptest! {
        #[test]
        fn where_it_is_cut_makes_no_difference(
            stream in "(data: [a漢🦀]{0,6}(\n|\r\n|\r){1,2}){0,8}[x\n\r]{0,4}",
            at in prop::collection::vec(0usize..200, 0..20),
        ) {
            let mut at = at;
            at.sort_unstable();
            let bytes = stream.as_bytes();
            let every: Vec<usize> = (0..bytes.len()).collect();
            let whole = cut(bytes, &[]);
            let pieces = cut(bytes, &at);
            prop_assert_eq!(&cut(bytes, &every), &pieces);
            // A CR that ends a piece waits for what follows it, so only the end may differ.
            let joined: Vec<u8> = whole.0.iter().flat_map(|piece| match piece {
                Chunk::Event(event) => event.raw.clone(),
                Chunk::Raw(raw) => raw.clone(),
            }).chain(whole.1.clone()).collect();
            prop_assert_eq!(joined, bytes);
            prop_assert_eq!(whole, pieces);
        }
    }
}
