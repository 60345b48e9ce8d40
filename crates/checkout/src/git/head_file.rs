//! Reads the id of HEAD's commit from the files of the repository, where that is simple.

use std::fs::Metadata;
use std::path::Path;

use private_fs::Links;

use super::is_object_id;
use super::layout::git_directories;

/// The maximum size of `HEAD` and of a branch, in bytes.
const LIMIT: u64 = 1 << 12;
/// The maximum size of the file of packed refs, in bytes. By hand: a million refs.
const PACKED_LIMIT: u64 = 64 << 20;

/// The id of HEAD's commit in the repository at `top`; `None` if git has to be asked: before the first commit, with
/// refs in another format, or where git could refuse because something belongs to another user.
pub(super) fn id(top: &Path) -> Option<String> {
    let folders = git_directories(top);
    let (own, common) = (folders.first()?, folders.last()?);
    let dot = top.join(".git");
    if ![top, &dot, own, common].into_iter().all(|path| path.metadata().is_ok_and(is_own)) {
        return None;
    }
    let head = read(&own.join("HEAD"), LIMIT)?;
    let Some(name) = head.strip_prefix("ref: ") else { return object_id(&head) };
    let name = name.trim_end();
    let is_branch = name.starts_with("refs/heads/")
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if !is_branch {
        return None;
    }
    match read(&common.join(name), LIMIT) {
        Some(branch) => object_id(&branch),
        None => {
            let packed = read(&common.join("packed-refs"), PACKED_LIMIT)?;
            let line = packed.lines().find(|line| {
                line.strip_suffix(name).is_some_and(|id| is_object_id(id.trim_end_matches(' ')))
            })?;
            object_id(line.split(' ').next()?)
        }
    }
}

fn read(file: &Path, limit: u64) -> Option<String> {
    private_fs::read_to_string(file, Links::Follow, limit).ok()
}

fn object_id(text: &str) -> Option<String> {
    Some(text.trim_end().to_owned()).filter(|id| is_object_id(id))
}

#[cfg(unix)]
fn is_own(metadata: Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(&metadata) == rustix::process::geteuid().as_raw()
}

/// Git asks the system who owns a file there; so it decides.
#[cfg(not(unix))]
fn is_own(_metadata: Metadata) -> bool {
    false
}
