//! Ignore rules: which entries of a checkout are ignored by its ignore files.
//!
//! Rules are read as bytes, as git does: a comment in another encoding is a comment, and a pattern in
//! another encoding matches nothing, but neither disables the lines below it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use private_fs::Links;

// With its path, because a fuzz target reads this file as its own module.
#[cfg(any(test, fuzzing))]
#[path = "rules/laws.rs"]
pub(crate) mod laws;

/// This program's own ignore file.
const CONTEXTOS_IGNORE: &str = ".contextosignore";
/// The maximum size of an ignore file in bytes. By hand: people don't write larger ones.
const LIMIT: u64 = 1 << 20;

/// The result of applying the rules to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// No rule matches it.
    Keep,
    /// One of git's own rules matches it, which has no effect on a tracked file.
    GitIgnored,
    /// A rule for programs like this one matches it (`.ignore`, `.contextosignore`), tracked or not.
    Dropped,
}

/// The rules of a folder, and those of the folders above it.
#[derive(Debug)]
pub(crate) struct Rules {
    above: Option<Arc<Rules>>,
    /// Those of `.contextosignore`, `.ignore` and `.gitignore`, in the order of precedence, at whatever depth
    /// the files are.
    kinds: [Gitignore; 3],
    /// Those of `.git/info/exclude`, over which any `.gitignore` takes precedence.
    exclude: Gitignore,
}

/// The ignore files of a folder, in the order of [`Rules::kinds`].
const NAMES: [&str; 3] = [CONTEXTOS_IGNORE, ".ignore", ".gitignore"];

impl Rules {
    /// No rules.
    pub(crate) fn none() -> Arc<Self> {
        let none = Gitignore::empty;
        Arc::new(Self { above: None, kinds: [none(), none(), none()], exclude: none() })
    }

    /// The rules in `.git/info/exclude` for the repository at `top`.
    pub(crate) fn of_repository(top: &Path, exclude: Option<&Path>) -> Arc<Self> {
        let none = Gitignore::empty;
        let bytes = exclude.and_then(|file| private_fs::read(file, Links::Follow, LIMIT).ok());
        let exclude = bytes.map_or_else(none, |bytes| compile(top, &bytes));
        Arc::new(Self { above: None, kinds: [none(), none(), none()], exclude })
    }

    /// The rules in `folder`, added to those of `above`, and the first of its ignore files that can't be read,
    /// which has no rules. `has` says whether the folder has an entry of a name.
    ///
    /// A link is followed only inside `top`, because a hostile checkout could make it point to a device or to
    /// a file of the user.
    pub(crate) fn in_folder(
        above: &Arc<Self>,
        top: &Path,
        folder: &Path,
        has: impl Fn(&str) -> bool,
    ) -> (Arc<Self>, Option<&'static str>) {
        if !NAMES.iter().any(|name| has(name)) {
            return (Arc::clone(above), None);
        }
        let mut unread = None;
        let kinds = NAMES.map(|name| {
            if !has(name) {
                return Gitignore::empty();
            }
            match read(top, &folder.join(name)) {
                Ok(bytes) => compile(folder, &bytes),
                Err(_) => {
                    unread = unread.or(Some(name));
                    Gitignore::empty()
                }
            }
        });
        (
            Arc::new(Self { above: Some(Arc::clone(above)), kinds, exclude: Gitignore::empty() }),
            unread,
        )
    }

    /// Applies the rules to the entry at `path`, which is in the folder.
    pub(crate) fn judge(&self, path: &Path, is_folder: bool) -> Verdict {
        let verdicts = [Verdict::Dropped, Verdict::Dropped, Verdict::GitIgnored];
        for (kind, verdict) in verdicts.into_iter().enumerate() {
            match self.nearest(|rules| &rules.kinds[kind], path, is_folder) {
                Match::None => {}
                Match::Ignore(()) => return verdict,
                Match::Whitelist(()) => return Verdict::Keep,
            }
        }
        match self.nearest(|rules| &rules.exclude, path, is_folder) {
            Match::Ignore(()) => Verdict::GitIgnored,
            _ => Verdict::Keep,
        }
    }

    fn nearest(
        &self,
        kind: impl Fn(&Self) -> &Gitignore,
        path: &Path,
        is_folder: bool,
    ) -> Match<()> {
        let mut rules = Some(self);
        while let Some(here) = rules {
            match kind(here).matched(path, is_folder) {
                Match::None => rules = here.above.as_deref(),
                matched => return matched.map(|_| ()),
            }
        }
        Match::None
    }
}

fn read(top: &Path, file: &Path) -> io::Result<Vec<u8>> {
    if !file.symlink_metadata()?.is_symlink() {
        return private_fs::read(file, Links::Refuse, LIMIT);
    }
    let real = file.canonicalize()?;
    if !real.starts_with(top) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a link that leads out"));
    }
    private_fs::read(&real, Links::Refuse, LIMIT)
}

/// The rules in `bytes` for the entries of `folder`; invalid lines are skipped.
fn compile(folder: &Path, bytes: &[u8]) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    for line in bytes.split(|&byte| byte == b'\n') {
        // A byte that isn't UTF-8 becomes U+FFFD, which occurs in no name that is read.
        let _ = builder.add_line(None, &String::from_utf8_lossy(line));
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(rules: &[u8], path: &str) -> bool {
        compile(Path::new("/r"), rules).matched(Path::new("/r").join(path), false).is_ignore()
    }

    #[test]
    fn a_byte_of_another_encoding_costs_no_other_line() {
        for line in [
            b"# Ordner f\xfcr Ausgaben".as_slice(),
            b"# \xb9\xfd\xc2\xcb",
            b"gr\xfc\xdfe.txt",
            b"[\xe4-\xf6]",
            b"\xff\xfe",
        ] {
            let rules = [line, b"\nx.log\r\n"].concat();
            assert!(ignored(&rules, "x.log"), "{line:?}");
            assert!(!ignored(&rules, "x.rs"), "{line:?}");
        }
        assert!(ignored(b"\xef\xbb\xbfx.log\n", "x.log"), "a byte order mark");
    }
}
