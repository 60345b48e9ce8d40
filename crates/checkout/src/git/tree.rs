//! Trees: the checkout at a commit, the paths that changed between two commits, and whether files on disk
//! differ from those that were committed.

use std::collections::HashMap;
use std::io::{self, BufRead};
use std::path::Path;

use private_fs::{Content, Links, read_content};
use rayon::iter::{ParallelBridge, ParallelIterator};
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::admit::Admitted;
use crate::file_state::FileState;
use crate::git::history::{RawEntry, each_raw_entry, read_field};
use crate::git::objects::{self, Lookup, Object};
use crate::git::{Git, GitError, is_object_id, walk};
use crate::read::{Checkout, ReadOptions, Refusal, Unreadable, assemble};
use crate::walk::{Listed, Listing};
use crate::{SkipReason, admit, paths};

pub(super) fn resolve(git: &Git, revision: &str) -> Result<String, GitError> {
    let name = format!("{revision}^{{commit}}");
    let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &name];
    let unknown = || GitError::Failed(format!("no commit {revision:?}"));
    let printed = git.runner.run(&arguments, &[], |out| {
        let mut line = String::new();
        out.read_line(&mut line).map(|_| line)
    });
    match printed {
        Ok(line) if is_object_id(line.trim_end()) => Ok(line.trim_end().to_owned()),
        Ok(_) | Err(GitError::Failed(_)) => Err(unknown()),
        Err(error) => Err(error),
    }
}

pub(super) fn merge_base(git: &Git, one: &str, other: &str) -> Result<String, GitError> {
    let arguments = ["merge-base", object_id(one)?, object_id(other)?];
    let printed = git.runner.run(&arguments, &[], |out| {
        let mut line = String::new();
        out.read_line(&mut line).map(|_| line)
    });
    match printed {
        Ok(line) if is_object_id(line.trim_end()) => Ok(line.trim_end().to_owned()),
        Ok(_) | Err(GitError::Failed(_)) => {
            Err(GitError::Failed(format!("{one} and {other} have no commit in common")))
        }
        Err(error) => Err(error),
    }
}

pub(super) fn commits_since(git: &Git, commit: &str, most: usize) -> Result<Vec<String>, GitError> {
    let commit = object_id(commit)?;
    let Some(head) = &git.head else { return Ok(Vec::new()) };
    let range = format!("{commit}..{}", head.id);
    let most = format!("--max-count={most}");
    git.runner.run(&["rev-list", "--no-merges", &most, &range], &[], |out| out.lines().collect())
}

pub(super) fn changed_since(git: &Git, commit: &str) -> Result<Vec<String>, GitError> {
    let commit = object_id(commit)?;
    let Some(head) = &git.head else { return Ok(Vec::new()) };
    let arguments =
        ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-ext-diff", commit, &head.id];
    let mut changed = git.runner.run(&arguments, &[], |out| {
        let mut changed = Vec::new();
        each_raw_entry(out, |entry| {
            if let RawEntry::Path(path) = entry {
                changed.extend(git.inside(path));
            }
        })?;
        Ok(changed)
    })?;
    changed.sort_unstable();
    Ok(changed)
}

pub(super) fn read(git: &Git, commit: &str, options: &ReadOptions) -> Result<Checkout, GitError> {
    let (mut listing, ids) = list(git, object_id(commit)?)?;
    admit::by_path(&mut listing, options).map_err(|error| GitError::Failed(error.to_string()))?;
    let files = std::mem::take(&mut listing.files);
    let ids: Vec<&str> = files.iter().map(|file| ids[&file.path].as_str()).collect();
    let mut fates = git.runner.run(&["cat-file", "--batch"], &ids, |out| {
        let mut limits = files.iter().map(|file| admit::largest(&file.path, options));
        let blobs = std::iter::from_fn(|| objects::next(out, limits.next()?).transpose());
        files
            .iter()
            .zip(blobs)
            .enumerate()
            .par_bridge()
            .map(|(at, (file, blob))| Ok((at, admit_blob(&file.path, blob?, options))))
            .collect::<io::Result<Vec<_>>>()
    })?;
    fates.sort_unstable_by_key(|(at, _)| *at);
    Ok(assemble(None, fates.into_iter().map(|(_, fate)| fate).collect(), listing))
}

fn admit_blob(path: &str, blob: Lookup, options: &ReadOptions) -> Result<Admitted, Refusal> {
    let path = path.to_owned();
    match blob {
        Lookup::Object(Object { content: Some(bytes), .. }) => {
            admit::by_content(path.clone(), bytes, options)
                .map_err(|reason| Refusal::Skipped(reason, path))
        }
        Lookup::Object(_) => Err(Refusal::Skipped(SkipReason::TooLarge, path)),
        Lookup::Missing => {
            let reason = "not in this clone".to_owned();
            Err(Refusal::Unreadable(Unreadable { path, reason }))
        }
    }
}

/// The files of `commit` below the root, and the ids of their contents by path.
fn list(git: &Git, commit: &str) -> Result<(Listing, HashMap<String, String>), GitError> {
    let tree = format!("{commit}:{}", git.prefix);
    let arguments = ["ls-tree", "-r", "-z", "-l", "--full-tree", tree.trim_end_matches('/')];
    git.runner.run(&arguments, &[], |out| {
        let (mut listing, mut ids) = (Listing::default(), HashMap::new());
        let mut entry = Vec::new();
        while read_field(out, &mut entry)? {
            list_entry(&String::from_utf8_lossy(&entry), &mut listing, &mut ids);
        }
        listing.files.sort_unstable();
        Ok((listing, ids))
    })
}

/// `100644 blob <id> <size>\t<path>`
fn list_entry(entry: &str, listing: &mut Listing, ids: &mut HashMap<String, String>) {
    let Some((about, path)) = entry.split_once('\t') else { return };
    let fields: Vec<&str> = about.split_ascii_whitespace().collect();
    let &[mode, _, id, size] = fields.as_slice() else { return };
    let mut folders = path.split('/').rev().skip(1);
    let skipped = if folders.any(paths::is_tool_state) {
        Some((SkipReason::ToolState, paths::escaped(path)))
    } else if !paths::is_printable(path) || path.contains('\u{fffd}') {
        Some((SkipReason::Name, paths::escaped(path)))
    } else if mode == "160000" {
        Some((SkipReason::NestedRepository, format!("{path}/")))
    } else if mode == "120000" {
        Some((SkipReason::Link, path.to_owned()))
    } else {
        None
    };
    if let Some(skipped) = skipped {
        listing.skipped.push(skipped);
    } else {
        let state = FileState { size: size.parse().unwrap_or(0), ..FileState::default() };
        listing.files.push(Listed { path: path.to_owned(), state });
        ids.insert(path.to_owned(), id.to_owned());
    }
}

pub(super) fn blob_ids(git: &Git, paths: &[&str]) -> Result<Vec<String>, GitError> {
    let Some(head) = &git.head else { return Ok(Vec::new()) };
    if let Some(ids) = blob_ids_directly(git, &head.id, paths) {
        return Ok(ids);
    }
    let names: Vec<String> =
        paths.iter().map(|path| format!("{}:{}{path}", head.id, git.prefix)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    git.runner.run(&["cat-file", "--batch-check"], &names, |out| {
        out.lines().map(|line| Ok(line?.split(' ').next().unwrap_or_default().to_owned())).collect()
    })
}

/// The same without git; `None` if that has to be asked.
fn blob_ids_directly(git: &Git, head: &str, paths: &[&str]) -> Option<Vec<String>> {
    let mut database = git.runner.database()?;
    let id = |path: &&str| {
        let path = format!("{}{path}", git.prefix);
        Some(walk::blob(&mut database, head, &path)?.unwrap_or_default())
    };
    paths.iter().map(id).collect()
}

pub(super) fn differs(git: &Git, paths: &[&str], committed: &[String]) -> bool {
    let same = |(path, id): (&&str, &String)| on_disk_is(&git.root.join(path), id);
    committed.len() != paths.len() || !paths.iter().zip(committed).all(same)
}

/// Whether the file at `path` has the content of the blob `id`, perhaps after replacing `\r\n` by `\n`.
fn on_disk_is(path: &Path, id: &str) -> bool {
    let Ok(Content::Whole(bytes)) = read_content(path, Links::Refuse, 0, u64::MAX) else {
        return false;
    };
    if blob_id(&bytes, id.len()).as_deref() == Some(id) {
        return true;
    }
    let mut unix = Vec::with_capacity(bytes.len());
    let mut rest = bytes.as_slice();
    while let Some(at) = memchr::memmem::find(rest, b"\r\n") {
        unix.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
    }
    unix.extend_from_slice(rest);
    unix.len() != bytes.len() && blob_id(&unix, id.len()).as_deref() == Some(id)
}

/// The blob id of this content, in the object format whose ids have `digits` digits.
fn blob_id(content: &[u8], digits: usize) -> Option<String> {
    let header = format!("blob {}\0", content.len());
    let hash = match digits {
        40 => Sha1::new().chain_update(header).chain_update(content).finalize().to_vec(),
        64 => Sha256::new().chain_update(header).chain_update(content).finalize().to_vec(),
        _ => return None,
    };
    Some(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn object_id(id: &str) -> Result<&str, GitError> {
    if is_object_id(id) {
        Ok(id)
    } else {
        Err(GitError::Failed(format!("{id:?} is not the full id of a commit")))
    }
}
