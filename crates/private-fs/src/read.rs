//! Reading files that others may have written: never waiting for the other end of a pipe, regular files
//! only, and never more bytes than were allowed for.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A regular file, with these bytes.
    Whole(Vec<u8>),
    /// A regular file that holds more bytes than are read.
    TooLarge,
    /// A pipe, socket, device or folder.
    Special,
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
/// device or folder ([`ErrorKind::InvalidInput`]).
pub fn read(path: &Path, links: Links, limit: u64) -> io::Result<Vec<u8>> {
    match read_content(path, links, 0, limit)? {
        Content::Whole(bytes) => Ok(bytes),
        Content::TooLarge => {
            Err(io::Error::new(ErrorKind::FileTooLarge, format!("larger than {limit} bytes")))
        }
        Content::Special => Err(io::Error::new(ErrorKind::InvalidInput, "not a regular file")),
    }
}

/// The text of a regular file that holds at most `limit` bytes.
///
/// # Errors
/// Those of [`read`], and [`ErrorKind::InvalidData`] if it isn't UTF-8.
pub fn read_to_string(path: &Path, links: Links, limit: u64) -> io::Result<String> {
    let not_utf8 = |_| io::Error::new(ErrorKind::InvalidData, "stream did not contain valid UTF-8");
    String::from_utf8(read(path, links, limit)?).map_err(not_utf8)
}

/// What is at `path`: at most `limit` bytes, of which `expected` are likely, so that memory is taken once.
///
/// # Errors
/// When there is nothing, it can't be read, or is a link that is to be refused.
pub fn read_content(path: &Path, links: Links, expected: u64, limit: u64) -> io::Result<Content> {
    let file = match open(path, links) {
        // A socket can't be opened at all.
        Err(_) if is_special(path, links) => return Ok(Content::Special),
        file => file?,
    };
    content_of(file, expected, limit)
}

/// The regular file at `path`, open for reading.
///
/// # Errors
/// When there is none, it can't be opened, or is a pipe, socket, device or folder ([`ErrorKind::InvalidInput`]).
pub fn open_regular(path: &Path, links: Links) -> io::Result<File> {
    let file = open(path, links)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(ErrorKind::InvalidInput, "not a regular file")),
    }
}

/// The content of an open file, as [`read_content`] gives it.
pub(crate) fn content_of(file: File, expected: u64, limit: u64) -> io::Result<Content> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Content::Special);
    }
    let mut bytes = Vec::new();
    // One more, with which the end is seen.
    let likely = expected.min(limit).min(metadata.len()).saturating_add(1);
    bytes.try_reserve_exact(usize::try_from(likely).unwrap_or(usize::MAX))?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(if bytes.len() as u64 > limit { Content::TooLarge } else { Content::Whole(bytes) })
}

fn is_special(path: &Path, links: Links) -> bool {
    let metadata = match links {
        Links::Follow => path.metadata(),
        Links::Refuse => path.symlink_metadata(),
    };
    metadata.is_ok_and(|metadata| !metadata.is_file() && !metadata.is_symlink())
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
