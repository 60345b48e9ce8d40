//! A commit object: its parents, time and message.

use encoding_rs::Encoding;

use crate::git::objects::{self, Answer};
use crate::git::runner::Runner;
use crate::git::{GitError, Head};

/// Larger commit objects are passed over.
pub(super) const COMMIT_LIMIT: u64 = 1 << 20;
/// A message is kept up to this many bytes.
const MESSAGE_LIMIT: usize = 16 * 1024;

/// What of a commit object matters here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RawCommit {
    /// Whether it was made on top of another, though that one may not be in this clone.
    pub(super) has_parent: bool,
    /// Committer time, seconds since 1970 (UTC).
    pub(super) time: i64,
    /// The message, as UTF-8, not redacted.
    pub(super) message: String,
}

/// The commit that `name` names. Of `HEAD`, this is the first call to git: it shows whether git works here.
pub(super) fn read(runner: &Runner, name: &str) -> Result<Option<Head>, GitError> {
    runner.run(&["cat-file", "--batch"], &[name], |out| {
        let mut head = None;
        while let Some(answer) = objects::next(out, COMMIT_LIMIT)? {
            if let Answer::Object(object) = answer
                && object.kind == "commit"
                && let Some(commit) = object.content.as_deref().map(parse)
            {
                head = Some(Head { id: object.id, time: commit.time });
            }
        }
        Ok(head)
    })
}

/// Parses a commit object. What is malformed is taken for absent.
pub(super) fn parse(object: &[u8]) -> RawCommit {
    let end = memchr::memmem::find(object, b"\n\n").unwrap_or(object.len());
    let header = String::from_utf8_lossy(&object[..end]);
    let field = |name: &str| header.lines().find_map(|line| line.strip_prefix(name));
    let time = field("committer ").and_then(|committer| {
        let (_, stamp) = committer.rsplit_once("> ")?;
        stamp.split(' ').next()?.parse().ok()
    });
    let message = object.get(end + 2..).unwrap_or_default();
    let message = &message[..message.len().min(MESSAGE_LIMIT)];
    let encoding = field("encoding ").and_then(|label| Encoding::for_label(label.as_bytes()));
    let message = encoding.unwrap_or(encoding_rs::UTF_8).decode_without_bom_handling(message).0;
    RawCommit {
        has_parent: field("parent ").is_some(),
        time: time.unwrap_or(0),
        message: message.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_message_are_found() {
        let object = b"tree 1\nparent 2\nauthor A <a@b> 1 +0000\ncommitter A > x <a@b> 1704067200 -0730\n\
            encoding ISO-8859-1\ngpgsig -----BEGIN\n committer B <b@c> 7 +0000\n\nGr\xf6\xdfe\n\nbody\n";
        let commit = parse(object);
        assert!(commit.has_parent);
        assert_eq!(commit.time, 1_704_067_200);
        assert_eq!(commit.message, "Größe\n\nbody\n");
    }

    #[test]
    fn malformed_objects_give_empty_fields() {
        for object in [b"".as_slice(), b"\n\n", b"committer x", b"committer A <a> x y\n\n"] {
            assert_eq!(
                parse(object),
                RawCommit { has_parent: false, time: 0, message: String::new() }
            );
        }
    }
}
