//! Credentials in the names of files and folders, such as a file that is named after the key that it was made
//! with. A name can't be redacted and still lead to its file, so such files count as credential files.

use std::collections::{BTreeSet, HashSet};

use secrets::redact;

/// The positions of the paths that contain a credential. All are searched at once, which takes a tenth of the
/// time of one after the other.
pub(crate) fn among<'p>(paths: impl Iterator<Item = &'p str>) -> HashSet<usize> {
    let findings = redact(&one_per_line(paths)).findings;
    findings.iter().map(|finding| finding.line as usize - 1).collect()
}

/// The result of [`among`] for some paths, to be kept: they are hardly ever others than the last time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Judged {
    /// BLAKE3 of the paths.
    pub(crate) paths: [u8; 32],
    /// The positions of those that contain a credential, in order.
    pub(crate) found: Vec<u32>,
}

impl Judged {
    /// The result for `paths`: this one, if it is theirs.
    pub(crate) fn renewed<'p>(self, paths: impl Iterator<Item = &'p str> + Clone) -> Self {
        let mut hasher = blake3::Hasher::new();
        for path in paths.clone() {
            hasher.update(path.as_bytes());
            hasher.update(&[0]);
        }
        let hash = *hasher.finalize().as_bytes();
        if hash == self.paths {
            return self;
        }
        let mut found: Vec<u32> = among(paths).into_iter().map(|at| at as u32).collect();
        found.sort_unstable();
        Self { paths: hash, found }
    }
}

/// The paths of these that contain a credential.
pub(crate) fn of<'p>(paths: impl Iterator<Item = &'p str>) -> BTreeSet<String> {
    let unique: BTreeSet<&str> = paths.collect();
    let found = among(unique.iter().copied());
    unique
        .into_iter()
        .enumerate()
        .filter(|(at, _)| found.contains(at))
        .map(|(_, path)| path.to_owned())
        .collect()
}

/// Redacts each of the paths.
pub(crate) fn redact_all<'p>(paths: impl Iterator<Item = &'p mut String>) {
    let mut paths: Vec<&mut String> = paths.collect();
    for at in among(paths.iter().map(|path| path.as_str())) {
        let redacted = redact(paths[at]).text.into_owned();
        *paths[at] = redacted;
    }
}

fn one_per_line<'p>(paths: impl Iterator<Item = &'p str>) -> String {
    let mut text = String::new();
    for path in paths {
        // A line end in a name would be one too many.
        text.extend(path.chars().map(|c| if c == '\n' { ' ' } else { c }));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_a_key_are_found_wherever_it_stands() {
        let key = format!("AKIA{}", "IOSFODNN7EXAMPL2");
        let (folder, file) = (format!("{key}/a.txt"), format!("src/{key}.json"));
        let paths = ["src/lib.rs", &folder, "new\nline.rs", &file, "password/reset.rs"];
        let found = among(paths.into_iter());
        assert_eq!(found, HashSet::from([1, 3]));
        assert_eq!(of(paths.into_iter()), BTreeSet::from([folder.clone(), file.clone()]));
        let mut all = paths.map(str::to_owned);
        redact_all(all.iter_mut());
        assert!(!all.concat().contains(&key), "{all:?}");
        assert_eq!(all[0], "src/lib.rs");
    }
}
