//! A commit object: its parents and time.

use crate::git::objects::{self, Lookup};
use crate::git::runner::Runner;
use crate::git::{GitError, Head};

/// The maximum size of a commit object in bytes; larger ones are skipped. By hand.
pub(super) const COMMIT_LIMIT: u64 = 1 << 20;

/// The fields of a commit object that are used.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RawCommit {
    /// Whether it has a parent, even one that isn't in this clone.
    pub(super) has_parent: bool,
    /// Committer time, seconds since 1970 (UTC).
    pub(super) time: i64,
}

/// The commit `name`. For `HEAD`, this is the first call of git, whose error shows if git doesn't work here.
pub(super) fn read(runner: &Runner, name: &str) -> Result<Option<Head>, GitError> {
    runner.run(&["cat-file", "--batch"], &[name], |out| {
        let mut head = None;
        while let Some(found) = objects::next(out, COMMIT_LIMIT)? {
            if let Lookup::Object(object) = found
                && object.kind == "commit"
                && let Some(commit) = object.content.as_deref().map(parse)
            {
                head = Some(Head { id: object.id, time: commit.time });
            }
        }
        Ok(head)
    })
}

/// Parses a commit object. Malformed fields count as absent.
pub(super) fn parse(object: &[u8]) -> RawCommit {
    let end = memchr::memmem::find(object, b"\n\n").unwrap_or(object.len());
    let header = String::from_utf8_lossy(&object[..end]);
    let field = |name: &str| header.lines().find_map(|line| line.strip_prefix(name));
    let time = field("committer ").and_then(|committer| {
        let (_, stamp) = committer.rsplit_once("> ")?;
        stamp.split(' ').next()?.parse().ok()
    });
    RawCommit { has_parent: field("parent ").is_some(), time: time.unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_parent_are_found() {
        let object = b"tree 1\nparent 2\nauthor A <a@b> 1 +0000\ncommitter A > x <a@b> 1704067200 -0730\n\
            encoding ISO-8859-1\ngpgsig -----BEGIN\n committer B <b@c> 7 +0000\n\nGr\xf6\xdfe\n\nbody\n";
        let commit = parse(object);
        assert!(commit.has_parent);
        assert_eq!(commit.time, 1_704_067_200);
    }

    #[test]
    fn malformed_objects_give_empty_fields() {
        for object in [b"".as_slice(), b"\n\n", b"committer x", b"committer A <a> x y\n\n"] {
            assert_eq!(parse(object), RawCommit { has_parent: false, time: 0 });
        }
    }
}
