//! Deltas: an object as copies from another one, and bytes between these. The format is described in git's
//! `gitformat-pack`.

/// The object that `delta` makes of `base`; `None` if it is damaged, or the result would have more than `limit` bytes.
pub(super) fn apply(base: &[u8], delta: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut rest = delta;
    if size(&mut rest)? != base.len() {
        return None;
    }
    let length = size(&mut rest).filter(|&length| length <= limit)?;
    let mut made = Vec::with_capacity(length);
    while let Some((&code, after)) = rest.split_first() {
        rest = after;
        let bytes = if code & 0x80 != 0 {
            let start = number(code & 0x0f, &mut rest)?;
            let count = number(code >> 4 & 0x07, &mut rest)?;
            let count = if count == 0 { 0x1_0000 } else { count };
            base.get(start..)?.get(..count)?
        } else {
            // Zero is reserved.
            let (inserted, after) =
                rest.split_at_checked(usize::from(code)).filter(|_| code > 0)?;
            rest = after;
            inserted
        };
        if made.len() + bytes.len() > length {
            return None;
        }
        made.extend_from_slice(bytes);
    }
    (made.len() == length).then_some(made)
}

/// A number whose lowest bytes are there where a bit of `present` is set.
fn number(present: u8, rest: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for byte in 0..4 {
        if present >> byte & 1 == 1 {
            let (&value, after) = rest.split_first()?;
            *rest = after;
            number |= usize::from(value) << (8 * byte);
        }
    }
    Some(number)
}

/// A size: seven bits per byte, lowest first, and a bit that says whether more follow.
fn size(rest: &mut &[u8]) -> Option<usize> {
    let (mut size, mut shift) = (0, 0);
    loop {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        size |= usize::from(byte & 0x7f).checked_shl(shift).filter(|_| shift < 42)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_insertions_alternate() {
        let delta = [6, 8, 0x91, 2, 3, 3, b'x', b'y', b'z', 0x90, 2];
        assert_eq!(apply(b"abcdef", &delta, 8).unwrap(), b"cdexyzab");
        assert_eq!(apply(b"abcdef", &delta, 7), None, "too large");
        assert_eq!(apply(b"abcde", &delta, 8), None, "another base");
        assert_eq!(apply(b"abcdef", &delta[..10], 8), None, "cut short");
        assert_eq!(apply(b"abcdef", &[6, 1, 0], 8), None, "reserved");
        assert_eq!(apply(b"abcdef", &[6, 3, 0x91, 5, 3], 8), None, "beyond the base");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_bounded(delta in proptest::collection::vec(proptest::num::u8::ANY, 0..60)) {
            let mut delta = delta;
            delta.splice(..0, [6]);
            let made = apply(b"abcdef", &delta, 100);
            proptest::prop_assert!(made.is_none_or(|made| made.len() <= 100));
        }
    }
}
