//! What holds for every stream of frames: checked on random bytes, on what fuzzing found, and by the fuzz target itself.

use super::Place;

/// Takes the bytes behind the first one for a stream that comes in pieces as long as the first byte says.
///
/// # Panics
/// When a law doesn't hold.
pub(crate) fn advance_lawfully(bytes: &[u8]) {
    let Some((&length, stream)) = bytes.split_first() else { return };
    let mut place = Place::default();
    let mut read = 0;
    for piece in stream.chunks(usize::from(length).max(1)) {
        place.advance(piece);
        read += piece.len();
        assert_eq!(place.is_between(), is_between(&stream[..read]), "after {read} bytes");
    }
}

/// Whether a stream ends between two messages: the same, read frame by frame from the beginning.
fn is_between(mut stream: &[u8]) -> bool {
    let mut is_in_message = false;
    while let [first, second, rest @ ..] = stream {
        let extended = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some((extended, rest)) = rest.split_at_checked(extended) else { return false };
        let length = match extended {
            [] => u64::from(second & 0x7f),
            bytes => bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
        };
        let mask = u64::from(second >> 7) * 4;
        let Some(next) =
            usize::try_from(length.saturating_add(mask)).ok().and_then(|at| rest.get(at..))
        else {
            return false;
        };
        let is_control = first & 0x08 != 0;
        is_in_message = if is_control { is_in_message } else { first & 0x80 == 0 };
        stream = next;
    }
    stream.is_empty() && !is_in_message
}

#[cfg(test)]
#[test]
fn the_corpus_of_frames_any_holds() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/frames_any");
    let mut count = 0;
    for entry in folder.read_dir().unwrap() {
        advance_lawfully(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count >= 5, "{count} inputs");
}
