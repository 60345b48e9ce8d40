//! What holds for every stream of server-sent events: checked on what fuzzing found (`sse_corpus.rs`), and by the
//! fuzz target itself.

use llm_api::sse::{Chunk, Events};

/// Cuts the bytes behind the first one into events, at once and in pieces as long as the first byte says.
///
/// # Panics
/// When a law doesn't hold.
pub(crate) fn cut_lawfully(bytes: &[u8]) {
    let Some((&length, stream)) = bytes.split_first() else { return };
    let whole = cut(&[stream]);
    let pieces: Vec<&[u8]> = stream.chunks(usize::from(length).max(1)).collect();
    let in_pieces = cut(&pieces);
    let joined: Vec<u8> = whole.iter().flat_map(|chunk| bytes_of(chunk).to_vec()).collect();
    assert_eq!(joined, stream, "no byte is lost");
    assert_eq!(whole, in_pieces, "chunks may end anywhere");
    for chunk in &whole {
        if let Chunk::Event(event) = chunk {
            event.name();
            event.data();
        }
    }
}

fn cut(pieces: &[&[u8]]) -> Vec<Chunk> {
    let mut events = Events::default();
    let mut chunks = Vec::new();
    for piece in pieces {
        events.push(piece, &mut chunks);
    }
    let rest = events.take();
    if !rest.is_empty() {
        chunks.push(Chunk::Raw(rest));
    }
    chunks
}

fn bytes_of(chunk: &Chunk) -> &[u8] {
    match chunk {
        Chunk::Event(event) => &event.raw,
        Chunk::Raw(bytes) => bytes,
    }
}
