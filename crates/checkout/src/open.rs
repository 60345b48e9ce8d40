//! Opening files that others wrote: never waiting for the other end of a pipe, regular files only, and
//! never more bytes than were allowed for.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// What opening a file gave.
pub(crate) enum Content {
    Whole(Vec<u8>),
    /// It holds more bytes than are read.
    TooLarge,
    /// It is a pipe, socket, device or folder.
    Special,
}

/// Reads a file of at most `limit` bytes, of which `expected` are likely. A link at the end of the path
/// is an error.
pub(crate) fn read_bytes(path: &Path, expected: u64, limit: u64) -> io::Result<Content> {
    content(open(path, Links::Refuse)?, expected, limit)
}

/// Whether a link at the end of a path is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// It is: the file is the user's own, or where it leads was looked at.
    Follow,
    /// It isn't: the path lies in a checkout, out of which the link could lead.
    Refuse,
}

/// The bytes of a regular file that holds at most `limit` of them.
///
/// # Errors
/// When there is none, it can't be read, holds more ([`ErrorKind::FileTooLarge`]), or is a pipe, socket,
/// device or folder ([`ErrorKind::InvalidInput`]), which is told without waiting for its other end.
pub fn read_regular(path: &Path, links: Links, limit: u64) -> io::Result<Vec<u8>> {
    let refused = |kind, why: &str| Err(io::Error::new(kind, why.to_owned()));
    match content(open(path, links)?, 0, limit)? {
        Content::Whole(bytes) => Ok(bytes),
        Content::TooLarge => {
            refused(ErrorKind::FileTooLarge, &format!("larger than {limit} bytes"))
        }
        Content::Special => refused(ErrorKind::InvalidInput, "not a regular file"),
    }
}

fn content(file: File, expected: u64, limit: u64) -> io::Result<Content> {
    if !file.metadata()?.is_file() {
        return Ok(Content::Special);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(expected.min(limit)).unwrap_or(0) + 1);
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(if bytes.len() as u64 > limit { Content::TooLarge } else { Content::Whole(bytes) })
}

/// `O_NONBLOCK` has no effect on regular files; of a pipe, it keeps `open` from waiting for a writer.
#[cfg(unix)]
fn open(path: &Path, links: Links) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let no_follow = if links == Links::Refuse { libc::O_NOFOLLOW } else { 0 };
    File::options().read(true).custom_flags(no_follow | libc::O_NONBLOCK).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path, links: Links) -> io::Result<File> {
    if links == Links::Refuse && path.symlink_metadata()?.is_symlink() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "a symbolic link"));
    }
    File::open(path)
}
