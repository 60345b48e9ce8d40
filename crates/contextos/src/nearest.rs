//! Suggestions for names and paths that don't exist: the most similar one that does.

use std::collections::BTreeSet;

/// The longest name, in bytes, for which a suggestion is searched: the edit distance takes quadratic
/// time. By hand.
const LONGEST: usize = 200;

/// The path among `paths` and their folders that `wanted` was probably meant to be: one with the same last
/// name that shares the most folders, otherwise the one with the most similar spelling.
pub(crate) fn path<'p>(
    wanted: &str,
    paths: impl Iterator<Item = &'p str> + Clone,
) -> Option<&'p str> {
    let wanted = wanted.trim_matches('/');
    let name = last_name(wanted);
    if name.is_empty() || wanted.len() > LONGEST {
        return None;
    }
    let with_folders = paths.flat_map(|path| {
        std::iter::once(path).chain(path.rmatch_indices('/').map(move |(at, _)| &path[..at]))
    });
    // Folders come once for each file in them.
    let all: BTreeSet<&str> = with_folders.collect();
    let same_name = all.iter().copied().filter(|path| last_name(path).eq_ignore_ascii_case(name));
    let shared = |path: &str| {
        let parts = path.rsplit('/').zip(wanted.rsplit('/'));
        parts.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
    };
    same_name
        .min_by_key(|path| (usize::MAX - shared(path), path.len(), *path))
        .or_else(|| alike(wanted, all.iter().map(|path| (*path, *path))))
        .or_else(|| alike(name, all.iter().map(|path| (last_name(path), *path))))
}

/// The name among `names` with the spelling most similar to `wanted`.
pub(crate) fn name<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let last = |name: &'n str| name.rsplit(['.', ':']).next().unwrap_or(name);
    alike(wanted.rsplit(['.', ':']).next().unwrap_or(wanted), names.map(|name| (last(name), name)))
}

/// The second of the pair whose first is most similar to `wanted`: at most a third of its characters may
/// differ.
fn alike<'n>(wanted: &str, names: impl Iterator<Item = (&'n str, &'n str)>) -> Option<&'n str> {
    let wanted = wanted.to_lowercase();
    let most = wanted.chars().count() / 3;
    if most == 0 || wanted.len() > LONGEST {
        return None;
    }
    names
        .filter(|(name, _)| name.len() <= LONGEST && name.len().abs_diff(wanted.len()) <= 4 * most)
        .map(|(name, whole)| {
            (strsim::damerau_levenshtein(&name.to_lowercase(), &wanted), whole.len(), whole)
        })
        .filter(|(distance, ..)| *distance <= most)
        .min()
        .map(|(.., whole)| whole)
}

fn last_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: [&str; 5] = [
        "README.md",
        "src/auth/token.py",
        "src/auth/session.py",
        "src/upload/token.py",
        "src/é.py",
    ];

    #[test]
    fn a_path_is_found_by_its_name_or_by_its_spelling() {
        for (wanted, meant) in [
            ("token.py", Some("src/auth/token.py")),
            ("lib/upload/token.py", Some("src/upload/token.py")),
            ("auth", Some("src/auth")),
            ("src/uplaod", Some("src/upload")),
            ("src/auth/sesion.py", Some("src/auth/session.py")),
            ("readme.md", Some("README.md")),
            ("lib/session.pyy", Some("src/auth/session.py")),
            ("src/ë.py", Some("src/é.py")),
            ("zzz", None),
            ("", None),
            ("/", None),
        ] {
            assert_eq!(path(wanted, PATHS.iter().copied()), meant, "{wanted}");
        }
    }

    #[test]
    fn a_name_is_found_by_its_spelling() {
        let names = ["refresh_token", "TokenStore", "issue", "x"];
        assert_eq!(name("refesh_token", names.into_iter()), Some("refresh_token"));
        assert_eq!(name("auth.TokenStor", names.into_iter()), Some("TokenStore"));
        assert_eq!(name("tokenstore", names.into_iter()), Some("TokenStore"));
        assert_eq!(name("y", names.into_iter()), None);
        assert_eq!(name("session", names.into_iter()), None);
    }
}
