//! Whether a stream of WebSocket frames is between two messages. Their payloads are the matter of the protocol's
//! library; only heads are read here.

// With its path, because a fuzz target reads this file as its own module.
#[cfg(any(test, fuzzing))]
#[path = "frames/laws.rs"]
pub(crate) mod laws;

/// Where a stream of frames is (RFC 6455, section 5.2).
#[derive(Debug, Default)]
pub(super) struct Place {
    /// Bytes of the payload that are still to come.
    payload: u64,
    /// What has come of a frame's head.
    head: [u8; 10],
    length: usize,
    /// Bytes of the mask behind the head that are still to come, if the head is whole.
    mask: usize,
    /// Whether more frames of a message are to come.
    is_in_message: bool,
}

impl Place {
    /// Whether the stream is between two messages.
    pub(super) fn is_between(&self) -> bool {
        self.payload == 0 && self.length == 0 && self.mask == 0 && !self.is_in_message
    }

    /// Takes the next bytes of the stream.
    pub(super) fn advance(&mut self, mut bytes: &[u8]) {
        while let Some((&first, rest)) = bytes.split_first() {
            if self.mask > 0 {
                self.mask -= 1;
                bytes = rest;
            } else if self.payload > 0 {
                let taken = (bytes.len() as u64).min(self.payload);
                self.payload -= taken;
                bytes = bytes.get(taken as usize..).unwrap_or_default();
            } else {
                self.push(first);
                bytes = rest;
            }
        }
    }

    /// Takes a byte of a head.
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.head.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
        let [first, second, extended @ ..] = self.head;
        let extended_length = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if self.length < 2 + extended_length {
            return;
        }
        let number = extended.iter().take(extended_length);
        self.payload = match extended_length {
            0 => u64::from(second & 0x7f),
            _ => number.fold(0, |number, byte| number << 8 | u64::from(*byte)),
        };
        self.mask = if second & 0x80 == 0 { 0 } else { 4 };
        self.length = 0;
        // Control frames may stand between those of a message.
        if first & 0x08 == 0 {
            self.is_in_message = first & 0x80 == 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A frame with a payload of zeros, and whether a message ends with it.
    fn frame(code: u8, is_last: bool, is_masked: bool, length: usize) -> Vec<u8> {
        let mask = if is_masked { 0x80 } else { 0 };
        let mut frame = vec![code | if is_last { 0x80 } else { 0 }];
        match length {
            0..126 => frame.push(mask | length as u8),
            126..65_536 => {
                frame.push(mask | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            _ => {
                frame.push(mask | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.resize(frame.len() + length + if is_masked { 4 } else { 0 }, 0);
        frame
    }

    #[test]
    fn it_is_between_messages_where_one_ends() {
        for is_masked in [false, true] {
            for length in [0, 1, 125, 126, 65_535, 65_536] {
                let mut place = Place::default();
                let begin = frame(1, false, is_masked, length);
                place.advance(&begin);
                assert!(!place.is_between());
                place.advance(&frame(9, true, is_masked, 5));
                assert!(!place.is_between());
                let end = frame(0, true, is_masked, length);
                place.advance(&end[..end.len() - 1]);
                assert!(!place.is_between());
                place.advance(&end[end.len() - 1..]);
                assert!(place.is_between());
            }
        }
    }

    proptest! {
        #[test]
        fn where_a_stream_is_cut_makes_no_difference(
            frames in prop::collection::vec((0u8..11, any::<bool>(), any::<bool>(), 0usize..300), 1..9),
            mut cuts in prop::collection::vec(0usize..2000, 0..9),
        ) {
            let stream: Vec<u8> = frames.iter().flat_map(|&(code, last, masked, length)| frame(code, last, masked, length)).collect();
            let mut whole = Place::default();
            whole.advance(&stream);
            let mut place = Place::default();
            let mut from = 0;
            cuts.sort_unstable();
            for to in cuts.into_iter().chain([stream.len()]) {
                let to = to.clamp(from, stream.len());
                place.advance(&stream[from..to]);
                from = to;
            }
            prop_assert_eq!(place.is_between(), whole.is_between());
        }

        #[test]
        fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            laws::advance_lawfully(&bytes);
        }
    }
}
