//! Numbers in as few bytes as they need: seven bits a byte, the lowest first (LEB128), for files that are caches.

/// Appends `number`.
pub fn put(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The bytes that [`put`] appends.
pub(crate) fn length(number: u64) -> usize {
    (u64::BITS - (number | 1).leading_zeros()).div_ceil(7) as usize
}

/// Takes a number off the beginning of `bytes`; `None` if they end before it does, or it needs more than 64 bits.
pub fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let numbers = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u64::from(u32::MAX), u64::MAX];
        let mut bytes = Vec::new();
        numbers.iter().for_each(|&number| put(number, &mut bytes));
        assert_eq!(bytes.len(), numbers.iter().map(|&number| length(number)).sum::<usize>());
        let mut rest = &bytes[..];
        assert!(numbers.iter().all(|&number| take(&mut rest) == Some(number)));
        assert_eq!((rest.len(), take(&mut rest), take(&mut &[0x80; 11][..])), (0, None, None));
    }
}
