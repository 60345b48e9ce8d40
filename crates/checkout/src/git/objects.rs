//! Objects as `git cat-file --batch` prints them, one after the other.

use std::io::{self, BufRead, Read};

/// One object.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Object {
    /// Its full id, in hex.
    pub(super) id: String,
    /// `commit`, `tree`, `blob` or `tag`.
    pub(super) kind: String,
    /// Its content; `None` if that is larger than the limit.
    pub(super) content: Option<Vec<u8>>,
}

/// The output for one name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// The object.
    Object(Object),
    /// There is no such object in this clone.
    Missing,
}

/// Reads the output for the next name; `None` at the end. Contents larger than `limit` bytes are skipped.
pub(super) fn next(reader: &mut impl BufRead, limit: u64) -> io::Result<Option<Lookup>> {
    let mut header = String::new();
    if reader.read_line(&mut header)? == 0 {
        return Ok(None);
    }
    let mut fields = header.trim_end_matches('\n').split(' ');
    let object = (|| {
        let (id, kind) = (fields.next()?, fields.next()?);
        let size: u64 = fields.next()?.parse().ok()?;
        fields.next().is_none().then(|| (id.to_owned(), kind.to_owned(), size))
    })();
    let Some((id, kind, size)) = object else { return Ok(Some(Lookup::Missing)) };
    let content = if size > limit {
        io::copy(&mut reader.by_ref().take(size), &mut io::sink())?;
        None
    } else {
        let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        reader.by_ref().take(size).read_to_end(&mut content)?;
        Some(content)
    };
    let mut end = [0];
    reader.read_exact(&mut end)?;
    Ok(Some(Lookup::Object(Object { id, kind, content })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_follow_each_other() {
        let mut printed: &[u8] = b"aa blob 3\nx\ny\nHEAD:gone missing\nbb tree 4\n1234\n";
        let object = |id: &str, kind: &str, content: Option<&[u8]>| {
            let content = content.map(<[u8]>::to_vec);
            Some(Lookup::Object(Object { id: id.to_owned(), kind: kind.to_owned(), content }))
        };
        assert_eq!(next(&mut printed, 3).unwrap(), object("aa", "blob", Some(b"x\ny")));
        assert_eq!(next(&mut printed, 3).unwrap(), Some(Lookup::Missing));
        assert_eq!(next(&mut printed, 3).unwrap(), object("bb", "tree", None));
        assert_eq!(next(&mut printed, 3).unwrap(), None);
    }

    #[test]
    fn what_is_cut_short_is_an_error() {
        assert!(next(&mut b"aa blob 10\nx".as_slice(), 100).is_err());
    }
}
