//! What holds for the bytes of a block, as one bit for each: what is found a block at a time is found in these.

/// The bytes of a block.
pub const BLOCK: usize = u64::BITS as usize;

/// The numbers, each of which is zero or one, as bits: the lowest for the first.
#[inline(always)]
pub fn gathered(ones: &[u8; BLOCK]) -> u64 {
    // The product has the lowest bits of all eight bytes in its highest byte, the first byte's lowest.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (eights, _) = ones.as_chunks::<8>();
    let mut bits = 0;
    for (at, eight) in eights.iter().enumerate() {
        bits |= (u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56) << (8 * at);
    }
    bits
}

/// The bits of the bytes for which a condition holds. It should have no branches, so that several bytes are compared at once.
#[inline(always)]
pub fn of(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u64 {
    gathered(&block.map(|byte| u8::from(is(byte))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_its_bit() {
        for at in 0..BLOCK {
            let mut block = [b' '; BLOCK];
            block[at] = b'x';
            assert_eq!(of(&block, |byte| byte == b'x'), 1 << at);
        }
        assert_eq!((gathered(&[1; BLOCK]), gathered(&[0; BLOCK])), (u64::MAX, 0));
    }
}
