//! What two texts have in common at their ends.

/// Bytes that are compared at once.
const AT_ONCE: usize = 32;

/// The number of bytes with which both begin.
pub(super) fn start(one: &[u8], other: &[u8]) -> usize {
    let (ones, others) = (one.chunks_exact(AT_ONCE), other.chunks_exact(AT_ONCE));
    let whole = ones.zip(others).take_while(|(one, other)| one == other).count() * AT_ONCE;
    let rest = one[whole..].iter().zip(&other[whole..]);
    whole + rest.take_while(|(one, other)| one == other).count()
}

/// The number of bytes with which both end.
pub(super) fn end(one: &[u8], other: &[u8]) -> usize {
    let (ones, others) = (one.rchunks_exact(AT_ONCE), other.rchunks_exact(AT_ONCE));
    let whole = ones.zip(others).take_while(|(one, other)| one == other).count() * AT_ONCE;
    let (ones, others) = (&one[..one.len() - whole], &other[..other.len() - whole]);
    whole
        + ones.iter().rev().zip(others.iter().rev()).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    proptest::proptest! {
        #[test]
        fn both_ends_are_told(
            (shared, rest) in ("[ab]{0,90}", "[ab]{0,40}"),
            other in "[ab]{0,40}",
        ) {
            let (one, two) = (format!("{shared}{rest}"), format!("{shared}{other}"));
            let length = |pairs: &mut dyn Iterator<Item = (u8, u8)>| pairs.take_while(|(a, b)| a == b).count();
            let expected = length(&mut one.bytes().zip(two.bytes()));
            proptest::prop_assert_eq!(super::start(one.as_bytes(), two.as_bytes()), expected);
            let (one, two) = (format!("{rest}{shared}"), format!("{other}{shared}"));
            let expected = length(&mut one.bytes().rev().zip(two.bytes().rev()));
            proptest::prop_assert_eq!(super::end(one.as_bytes(), two.as_bytes()), expected);
        }
    }
}
