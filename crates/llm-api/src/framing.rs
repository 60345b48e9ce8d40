//! How the parts of a streamed response are distinguished: as server-sent events, as the elements of
//! one JSON array that grows, which is what Gemini's API sends to whoever doesn't ask for events, or as
//! the messages of a WebSocket.

use crate::sse::{Chunk, Event, Events, MAX_EVENT};

/// How the parts of a stream are distinguished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Framing {
    /// Server-sent events.
    #[default]
    Events,
    /// The elements of a JSON array.
    JsonArray,
    /// Messages of a WebSocket, which come one by one: there is nothing to cut.
    Messages,
}

/// Cuts a stream of bytes into its parts.
#[derive(Debug)]
pub enum Chunker {
    /// Into events.
    Events(Events),
    /// Into elements.
    JsonArray(Elements),
}

impl Chunker {
    /// A chunker for a stream from its beginning.
    pub fn new(framing: Framing) -> Self {
        match framing {
            Framing::Events | Framing::Messages => Chunker::Events(Events::default()),
            Framing::JsonArray => Chunker::JsonArray(Elements::default()),
        }
    }

    /// Takes the next bytes of the stream and adds what is whole now to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Chunk>) {
        match self {
            Chunker::Events(events) => events.push(bytes, out),
            Chunker::JsonArray(elements) => elements.push(bytes, out),
        }
    }

    /// What is left when the stream has ended.
    pub fn take(&mut self) -> Vec<u8> {
        match self {
            Chunker::Events(events) => events.take(),
            Chunker::JsonArray(elements) => elements.take(),
        }
    }
}

/// Cuts a JSON array into its elements. An element keeps the bracket or comma before it, so that the
/// bytes of all parts, in order, are the stream; the bracket at the end is a part of its own, which is
/// [`Chunk::Raw`].
#[derive(Debug, Default)]
pub struct Elements {
    pending: Vec<u8>,
    /// Bytes of `pending` that were looked at.
    searched: usize,
    /// How many brackets and braces are open there.
    depth: usize,
    is_in_string: bool,
    is_escaped: bool,
}

impl Elements {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<Chunk>) {
        self.pending.extend_from_slice(bytes);
        let mut start = 0;
        while let Some(end) = self.next_end() {
            let raw = self.pending[start..end].to_vec();
            start = end;
            out.push(match self.depth {
                0 => Chunk::Raw(raw),
                _ => Chunk::Event(Event { raw, framing: Framing::JsonArray }),
            });
        }
        self.pending.drain(..start);
        self.searched = self.pending.len();
        if self.pending.len() > MAX_EVENT {
            out.push(Chunk::Raw(self.take()));
        }
    }

    fn take(&mut self) -> Vec<u8> {
        self.searched = 0;
        std::mem::take(&mut self.pending)
    }

    /// The end of the next element, or of the array.
    fn next_end(&mut self) -> Option<usize> {
        while let Some(&byte) = self.pending.get(self.searched) {
            self.searched += 1;
            if self.is_in_string {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.is_in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.is_in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth <= 1 {
                        return Some(self.searched);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// The element in bytes that may begin with the bracket or the comma before it.
pub(crate) fn element(raw: &[u8]) -> &[u8] {
    let trimmed = raw.trim_ascii();
    let rest = trimmed.strip_prefix(b"[").or_else(|| trimmed.strip_prefix(b","));
    rest.unwrap_or(trimmed).trim_ascii_start()
}

/// Makes what begins at `from` go on with an array that has elements before it, or begin one that has
/// none: a bracket there becomes a comma, or the other way round. Whether there is anything.
pub(crate) fn join(out: &mut [u8], from: usize, has_elements: bool) -> bool {
    let Some(first) = out[from..].iter_mut().find(|byte| !byte.is_ascii_whitespace()) else {
        return false;
    };
    match *first {
        b'[' if has_elements => *first = b',',
        b',' if !has_elements => *first = b'[',
        _ => {}
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STREAM: &str = "[{\"a\": \"]}\\\"[{\", \"b\": [1, {}]}\n,\r\n{\"漢\": \"字\"}\n,\n[2]]\n";

    fn cut(stream: &[u8], at: &[usize]) -> (Vec<Chunk>, Vec<u8>) {
        let mut chunker = Chunker::new(Framing::JsonArray);
        let mut out = Vec::new();
        let mut from = 0;
        for &to in at.iter().chain([&stream.len()]) {
            let to = to.clamp(from, stream.len());
            chunker.push(&stream[from..to], &mut out);
            from = to;
        }
        (out, chunker.take())
    }

    #[test]
    fn elements_have_what_is_between_the_brackets_and_commas() {
        let (chunks, rest) = cut(STREAM.as_bytes(), &[]);
        let data: Vec<_> = chunks
            .iter()
            .map(|chunk| match chunk {
                Chunk::Event(event) => String::from_utf8(event.data().into_owned()).unwrap(),
                Chunk::Raw(raw) => format!("raw {}", String::from_utf8_lossy(raw)),
            })
            .collect();
        let expected =
            ["{\"a\": \"]}\\\"[{\", \"b\": [1, {}]}", "{\"漢\": \"字\"}", "[2]", "raw ]"];
        assert_eq!((data, &*rest), (expected.map(str::to_owned).to_vec(), &b"\n"[..]));
    }

    #[test]
    fn an_element_may_get_other_data_and_another_neighbour() {
        let event = Event { raw: b"\n,\r\n{} ".to_vec(), framing: Framing::JsonArray };
        let mut raw = event.with_data(b"{\"x\":1}").raw;
        assert_eq!(raw, b"\n,\r\n{\"x\":1} ");
        assert!(join(&mut raw, 0, false));
        assert_eq!(raw, b"\n[\r\n{\"x\":1} ");
        assert!(join(&mut raw, 0, true));
        assert_eq!(raw, b"\n,\r\n{\"x\":1} ");
        assert!(!join(&mut [b' '], 0, true));
    }

    proptest! {
        #[test]
        fn wherever_a_stream_is_cut_its_parts_are_the_same(mut at in prop::collection::vec(0..STREAM.len(), 0..9)) {
            at.sort_unstable();
            let (chunks, rest) = cut(STREAM.as_bytes(), &at);
            prop_assert_eq!((&chunks, &rest), {
                let (chunks, rest) = cut(STREAM.as_bytes(), &[]);
                (&chunks.clone(), &rest.clone())
            });
        }

        #[test]
        fn the_bytes_of_all_parts_are_the_stream(stream in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..200) {
            let (chunks, rest) = cut(&stream, &[at]);
            let mut all: Vec<u8> = chunks.into_iter().flat_map(|chunk| match chunk {
                Chunk::Event(event) => event.raw,
                Chunk::Raw(raw) => raw,
            }).collect();
            all.extend(rest);
            prop_assert_eq!(all, stream);
        }
    }
}
