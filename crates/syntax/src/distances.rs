//! Writes ranges that are in order and don't overlap as the distances between them, which are short numbers.

use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<S: Serializer>(
    ranges: &[Range<usize>],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut before = 0_usize;
    let mut distances = Vec::with_capacity(ranges.len() * 2);
    for range in ranges {
        // Wrapping, so that ranges in any order come back.
        distances.push(range.start.wrapping_sub(before));
        distances.push(range.end.wrapping_sub(range.start));
        before = range.end;
    }
    distances.serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Range<usize>>, D::Error> {
    let distances = Vec::<usize>::deserialize(deserializer)?;
    let (pairs, _) = distances.as_chunks::<2>();
    let mut before = 0_usize;
    let range = |&[distance, length]: &[usize; 2]| {
        let start = before.wrapping_add(distance);
        before = start.wrapping_add(length);
        start..before
    };
    Ok(pairs.iter().map(range).collect())
}
