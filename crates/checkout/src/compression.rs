//! Compression of what the cache has: LZ4, which is undone faster than a disk reads.

/// The bytes, compressed, after their length.
pub(crate) fn compressed(bytes: &[u8]) -> Vec<u8> {
    lz4_flex::compress_prepend_size(bytes)
}

/// What was [`compressed`]; `None` if these bytes weren't made by it, or of more than `limit` bytes.
pub(crate) fn decompressed(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    let (length, _) = bytes.split_first_chunk::<4>()?;
    let is_possible = u32::from_le_bytes(*length) as usize <= limit;
    is_possible.then(|| lz4_flex::decompress_size_prepended(bytes).ok())?
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
