//! Ignore rules: which entries of a checkout its ignore files name.
//!
//! Rules are read as bytes, like git reads them: a comment in another encoding is a comment, and a
//! pattern in another encoding matches nothing, but neither turns off the lines below it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use private_fs::Links;

/// The ignore file of this program's own.
const CONTEXTOS_IGNORE: &str = ".contextosignore";
/// Larger ignore files are not read: no person writes them.
const LIMIT: u64 = 1 << 20;

/// What the rules say about an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// No rule names it.
    Keep,
    /// One of git's own rules names it, which says nothing about a file that is tracked.
    GitIgnored,
    /// A rule names it that is there for programs like this one.
    Dropped,
}

/// The rules of a folder, and those of the folders above it.
#[derive(Debug)]
pub(crate) struct Rules {
    above: Option<Arc<Rules>>,
    /// Of `.contextosignore`, `.ignore` and `.gitignore`. Those before outrank those behind, at
    /// whatever depth they stand.
    kinds: [Gitignore; 3],
    /// Of `.git/info/exclude`, which any `.gitignore` outranks.
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

    /// The rules that `.git/info/exclude` holds for the repository at `top`.
    pub(crate) fn of_repository(top: &Path, exclude: Option<&Path>) -> Arc<Self> {
        let none = Gitignore::empty;
        let bytes = exclude.and_then(|file| private_fs::read(file, Links::Follow, LIMIT).ok());
        let exclude = bytes.map_or_else(none, |bytes| compile(top, &bytes));
        Arc::new(Self { above: None, kinds: [none(), none(), none()], exclude })
    }

    /// The rules in `folder`, of whose entries `has` knows the names, below those of `above`. Then the
    /// first of its ignore files that can't be read, which has no rules.
    ///
    /// A link is followed inside `top`: a checkout could lead it to a device, or to a file of the user's.
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

    /// What the rules say about the entry at `path`, which lies in the folder.
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

/// The rules in `bytes` for what lies in `folder`; a line that is no pattern is passed over.
fn compile(folder: &Path, bytes: &[u8]) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    for line in bytes.split(|&byte| byte == b'\n') {
        // A byte that isn't UTF-8 becomes U+FFFD, which stands in no name that is read.
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
