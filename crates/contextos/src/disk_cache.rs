//! A cache of outlines and patches below `.contextos/cache`. It saves time and never changes a result.

use std::sync::Arc;

use checkout::{Cache, CacheKey, Git, content_key};
use select::{Patch, SourceFile};
use syntax::Outline;

use crate::pipeline::RunCache;

/// The version of patches. Increase it when the same commit gives another one.
const PATCH_VERSION: &str = "patch 1";
/// The version of outlines. Increase it when the outline of the same text changes.
const VERSION: u8 = 4;

/// Outlines and patches in a checkout's cache. They are written when the cache is saved.
#[derive(Debug)]
pub(crate) struct DiskCache(pub(crate) Cache);

/// The key of a file's outline: the same text has another one in another language or version.
pub(crate) fn key(file: &SourceFile) -> CacheKey {
    let mut key = file.hash;
    key[0] ^= VERSION;
    for (byte, name) in key[1..].iter_mut().zip(file.language.name().bytes()) {
        *byte ^= name;
    }
    key
}

impl RunCache for DiskCache {
    fn values(&self) -> Option<&Cache> {
        Some(&self.0)
    }

    fn get(&self, file: &SourceFile) -> Option<Arc<Outline>> {
        self.0.get::<Outline>(&key(file)).filter(|outline| fits(outline, file)).map(Arc::new)
    }

    fn keep(&self, all: &[(&SourceFile, Arc<Outline>)]) {
        let keys: Vec<CacheKey> = all.iter().map(|(file, _)| key(file)).collect();
        self.0.add(keys.iter().zip(all.iter().map(|(_, outline)| outline.as_ref())));
    }

    fn patches(&self, git: &Git, commits: &[&str]) -> Vec<Option<Patch>> {
        let cached = |commit: &&str| {
            let patch = self.0.get::<Patch>(&patch_key(git, commit));
            patch.filter(|patch| patch.commit == **commit)
        };
        commits.iter().map(cached).collect()
    }

    fn blob_ids(&self, git: &Git, paths: &[&str]) -> Option<Vec<String>> {
        self.0.get::<Vec<String>>(&blob_key(git, paths)?)
    }

    fn keep_blob_ids(&self, git: &Git, paths: &[&str], ids: &[String]) {
        if let Some(key) = blob_key(git, paths) {
            self.0.add([(&key, &ids.to_vec())]);
        }
    }

    fn keep_patches(&self, git: &Git, patches: &[Patch]) {
        let keys: Vec<CacheKey> =
            patches.iter().map(|patch| patch_key(git, &patch.commit)).collect();
        self.0.add(keys.iter().zip(patches));
    }
}

/// The key of a commit's patch: the part of it below another folder is another one.
fn patch_key(git: &Git, commit: &str) -> CacheKey {
    content_key(format!("{PATCH_VERSION}\0{}\0{commit}", git.prefix()).as_bytes())
}

/// The key of the blob ids of paths at HEAD.
fn blob_key(git: &Git, paths: &[&str]) -> Option<CacheKey> {
    let head = git.head()?;
    let paths = paths.join("\0");
    Some(content_key(format!("blobs 1\0{}\0{}\0{paths}", head.id, git.prefix()).as_bytes()))
}

/// Whether an outline can be of this text: a cache that came with a checkout may contain anything, and
/// ranges that are out of bounds would panic later.
fn fits(outline: &Outline, file: &SourceFile) -> bool {
    let length = file.text.len();
    let inside = |range: &std::ops::Range<usize>| {
        range.start <= range.end
            && range.end <= length
            && file.text.is_char_boundary(range.start)
            && file.text.is_char_boundary(range.end)
    };
    let definitions = outline.definitions.iter().enumerate().all(|(at, definition)| {
        definition.parent.is_none_or(|parent| parent < at)
            && definition.lines.start >= 1
            && definition.lines.start <= definition.signature.start
            && definition.signature.start <= definition.signature.end
            && definition.signature.end <= definition.lines.end
            && definition.lines.end as usize <= length + 1
            && definition.body.as_ref().is_none_or(inside)
    });
    definitions && outline.comments.iter().chain(&outline.literals).all(inside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use select::FileKind;
    use syntax::Language;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile {
            path: path.into(),
            text: text.into(),
            hash: [7; 32],
            language: Language::of(path, ""),
            kind: FileKind::Source,
        }
    }

    #[test]
    fn an_outline_comes_back_for_its_own_language_only() {
        let folder = tempfile::tempdir().unwrap();
        let python = file("a.py", "def f():\n    return 1\n");
        let outline = Arc::new(syntax::outline(python.language, &python.text));
        let cache = DiskCache(Cache::open(folder.path()));
        cache.keep(&[(&python, Arc::clone(&outline))]);
        cache.0.save();
        let cache = DiskCache(Cache::open(folder.path()));
        assert_eq!(cache.get(&python), Some(outline));
        assert_eq!(cache.get(&file("a.rs", &python.text)), None);
    }

    #[test]
    fn an_outline_of_another_text_is_refused() {
        let python = file("a.py", "def f():\n    return 1\n");
        let outline = syntax::outline(python.language, &python.text);
        assert!(fits(&outline, &python));
        assert!(!fits(&outline, &file("a.py", "x\n")));
    }
}
