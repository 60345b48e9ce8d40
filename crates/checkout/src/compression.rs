//! Compression of what the cache has: Zstandard. The cache of a small checkout is a sixth smaller than with LZ4, and
//! decompression is as fast as is needed here: a gigabyte a second.

/// The level. Measured on indexes and histories: the next one takes twice the time for one per cent.
const LEVEL: i32 = 3;

/// The bytes, compressed, after their length; nothing if there are four gigabytes of them.
pub(crate) fn compressed(bytes: &[u8]) -> Vec<u8> {
    let Ok(length) = u32::try_from(bytes.len()) else { return Vec::new() };
    let mut out = length.to_le_bytes().to_vec();
    // It fails for lack of memory only.
    out.extend(zstd::bulk::compress(bytes, LEVEL).unwrap_or_default());
    out
}

/// What was [`compressed`]; `None` if these bytes weren't made by it, or of more than `limit` bytes.
pub(crate) fn decompressed(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    let (length, frame) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|&n| n <= limit)?;
    let out = zstd::bulk::decompress(frame, length).ok()?;
    (out.len() == length).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn bytes_come_back(bytes in proptest::collection::vec(0_u8..3, 0..2000)) {
            let compressed = compressed(&bytes);
            proptest::prop_assert_eq!(decompressed(&compressed, 2000), Some(bytes.clone()));
            if let Some(less) = bytes.len().checked_sub(1) {
                proptest::prop_assert_eq!(decompressed(&compressed, less), None);
            }
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            decompressed(&bytes, 1 << 20);
        }
    }
}
