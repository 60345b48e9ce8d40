//! Edits of bytes: some ranges are replaced, everything else stays as it was.

use std::ops::Range;
use std::sync::Arc;

/// Replacements for ranges of one text, kept in any order until they are applied.
#[derive(Debug, Clone, Default)]
pub struct Edits {
    list: Vec<(Range<usize>, Bytes)>,
}

/// What comes in the place of a range.
#[derive(Debug, Clone)]
enum Bytes {
    Own(Vec<u8>),
    Shared(Arc<[u8]>),
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Own(bytes) => bytes,
            Bytes::Shared(bytes) => bytes,
        }
    }
}

/// Why edits can't be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpliceError {
    /// Two edits touch the same bytes.
    #[error("two edits overlap at byte {0}")]
    Overlap(usize),
    /// An edit is outside of the text.
    #[error("an edit ends at byte {0}, after the end of the text")]
    Outside(usize),
}

impl Edits {
    /// Replaces the bytes at `range`, which is of the text before any edit.
    pub fn replace(&mut self, range: Range<usize>, with: impl Into<Vec<u8>>) {
        self.list.push((range, Bytes::Own(with.into())));
    }

    /// The same with bytes that others have, too.
    pub fn replace_shared(&mut self, range: Range<usize>, with: &Arc<[u8]>) {
        self.list.push((range, Bytes::Shared(with.clone())));
    }

    /// Inserts before the byte `at`. Insertions at the same place keep their order.
    pub fn insert(&mut self, at: usize, bytes: impl Into<Vec<u8>>) {
        self.replace(at..at, bytes);
    }

    /// Removes the bytes at `range`.
    pub fn remove(&mut self, range: Range<usize>) {
        self.replace(range, Vec::new());
    }

    /// The ranges that are replaced, in the order of the text, and how many bytes come in the place of each.
    pub(crate) fn in_order(&self) -> Vec<(Range<usize>, usize)> {
        let mut order: Vec<_> =
            self.list.iter().map(|(range, with)| (range.clone(), with.len())).collect();
        order.sort_by_key(|(range, _)| (range.start, range.end));
        order
    }

    /// The edits whose ranges `place` finds in another text, at the places that it gives.
    pub fn moved(&self, place: impl Fn(&Range<usize>) -> Option<Range<usize>>) -> Self {
        let moved = |(range, with): &(Range<usize>, Bytes)| Some((place(range)?, with.clone()));
        Edits { list: self.list.iter().filter_map(moved).collect() }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Bytes that are put in, over all edits.
    pub fn added(&self) -> usize {
        self.list.iter().map(|(_, with)| with.len()).sum()
    }

    /// A text of so many bytes with all edits made, in pieces: those that stay, and those that are put in.
    ///
    /// # Errors
    /// [`SpliceError`], when edits overlap or lie outside of the text; an insertion at the edge of a
    /// replaced range doesn't overlap with it.
    pub fn pieces(&self, length: usize) -> Result<Vec<Piece<'_>>, SpliceError> {
        let mut order: Vec<_> = self.list.iter().collect();
        order.sort_by_key(|(range, _)| (range.start, range.end));
        let mut pieces = Vec::with_capacity(2 * order.len() + 1);
        let mut done = 0;
        for (range, with) in order {
            if range.start < done || range.end < range.start {
                return Err(SpliceError::Overlap(range.start));
            }
            if range.start > length {
                return Err(SpliceError::Outside(range.end));
            }
            pieces.extend([Piece::Same(done..range.start), Piece::New(with)]);
            done = range.end;
        }
        if done > length {
            return Err(SpliceError::Outside(done));
        }
        pieces.push(Piece::Same(done..length));
        Ok(pieces)
    }

    /// `text` with all edits made.
    ///
    /// # Errors
    /// Those of [`pieces`](Self::pieces).
    pub fn apply(&self, text: &[u8]) -> Result<Vec<u8>, SpliceError> {
        let pieces = self.pieces(text.len())?;
        let mut out = Vec::with_capacity(pieces.iter().map(Piece::length).sum());
        for piece in pieces {
            match piece {
                Piece::Same(range) => out.extend_from_slice(&text[range]),
                Piece::New(bytes) => out.extend_from_slice(bytes),
            }
        }
        Ok(out)
    }
}

/// A piece of an edited text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'e> {
    /// These bytes of the text before any edit.
    Same(Range<usize>),
    /// Other bytes.
    New(&'e [u8]),
}

impl Piece<'_> {
    /// How many bytes it has.
    pub fn length(&self) -> usize {
        match self {
            Self::Same(range) => range.len(),
            Self::New(bytes) => bytes.len(),
        }
    }
}

/// `text` as a JSON string, quotes included, with no more escapes than the standard asks for.
pub fn quote(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 16 + 2);
    out.push(b'"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..0x20 => &[],
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[plain..at]);
        if escape.is_empty() {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        } else {
            out.extend_from_slice(escape);
        }
        plain = at + 1;
    }
    out.extend_from_slice(&text.as_bytes()[plain..]);
    out.push(b'"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use json_index::{Kind, Value, scan};
    use proptest::prelude::*;

    #[test]
    fn insertions_keep_their_order_and_stand_before_a_replacement() {
        let mut edits = Edits::default();
        edits.replace(1..2, "B");
        edits.insert(1, "x");
        edits.insert(1, "y");
        assert_eq!(edits.apply(b"abc").unwrap(), b"axyBc");
    }

    #[test]
    fn what_overlaps_or_lies_outside_is_refused() {
        let mut edits = Edits::default();
        edits.remove(0..2);
        edits.remove(1..3);
        assert_eq!(edits.apply(b"abc"), Err(SpliceError::Overlap(1)));
        let mut edits = Edits::default();
        edits.remove(2..9);
        assert_eq!(edits.apply(b"abc"), Err(SpliceError::Outside(9)));
    }

    /// JSON as a client may write it: blanks, escapes, duplicate keys, huge numbers.
    fn any_json() -> impl Strategy<Value = String> {
        let scalar = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            "-?(0|[1-9][0-9]{0,80})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?",
            any::<String>().prop_map(|text| String::from_utf8(quote(&text)).unwrap()),
            Just(r#""\ud83e\udd80\/\u00E9\ud800""#.to_owned()),
        ];
        let blank = "[ \n\t]{0,2}";
        scalar.prop_recursive(6, 60, 6, move |inner| {
            let item = (blank, inner.clone(), blank).prop_map(|(a, v, b)| format!("{a}{v}{b}"));
            let member = (blank, "[a-c]|\\\\u0061", blank, inner)
                .prop_map(|(a, key, b, v)| format!("{a}\"{key}\"{b}:{v}"));
            prop_oneof![
                prop::collection::vec(item, 0..6).prop_map(|v| format!("[{}]", v.join(","))),
                prop::collection::vec(member, 0..6).prop_map(|v| format!("{{{}}}", v.join(","))),
            ]
        })
    }

    fn strings<'t>(value: Value<'t>, out: &mut Vec<Value<'t>>) {
        if value.kind() == Kind::String {
            out.push(value);
        }
        value.items().for_each(|item| strings(item, out));
        value.members().for_each(|(_, member)| strings(member, out));
    }

    proptest! {
        #[test]
        fn whatever_is_edited_the_rest_is_byte_identical(
            text in any_json(),
            picks in prop::collection::vec((any::<prop::sample::Index>(), any::<String>()), 0..8),
        ) {
            let index = scan(text.as_bytes()).unwrap();
            let mut found = Vec::new();
            strings(index.root(), &mut found);
            let mut chosen = std::collections::BTreeMap::new();
            for (pick, with) in &picks {
                if !found.is_empty() {
                    let range = pick.get(&found).range();
                    chosen.insert(range.start, (range, with));
                }
            }
            let mut edits = Edits::default();
            for (range, with) in chosen.values() {
                edits.replace(range.clone(), quote(with));
            }
            let out = edits.apply(text.as_bytes()).unwrap();

            let after = scan(&out).unwrap();
            let (mut old, mut new) = (0, 0);
            for (range, with) in chosen.values() {
                let kept = range.start - old;
                prop_assert_eq!(&text.as_bytes()[old..range.start], &out[new..new + kept]);
                let quoted = quote(with);
                prop_assert_eq!(&out[new + kept..new + kept + quoted.len()], &quoted[..]);
                (old, new) = (range.end, new + kept + quoted.len());
            }
            prop_assert_eq!(&text.as_bytes()[old..], &out[new..]);
            let mut now = Vec::new();
            strings(after.root(), &mut now);
            prop_assert_eq!(now.len(), found.len());
            for (before, after) in found.iter().zip(&now) {
                match chosen.get(&before.range().start) {
                    Some((_, with)) => prop_assert_eq!(after.text().unwrap(), with.as_str()),
                    None => prop_assert_eq!(before.raw(), after.raw()),
                }
            }
        }

        #[test]
        fn a_quoted_text_reads_as_itself(text in any::<String>()) {
            let quoted = quote(&text);
            prop_assert_eq!(serde_json::from_slice::<String>(&quoted).unwrap(), text);
        }
    }
}
