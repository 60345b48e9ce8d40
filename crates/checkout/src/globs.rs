//! Globs for paths, as those of `--include` and `--exclude`.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::CheckoutError;

/// What a glob is compiled to: everything below what it names, and that itself.
const PATTERNS: usize = 2;

/// The user's include and exclude globs, compiled.
#[derive(Debug)]
pub(crate) struct Globs {
    include: Option<GlobSet>,
    exclude: Option<GlobSet>,
}

impl Globs {
    /// A glob without `/` matches names at any depth, one with `/` matches from the root; either
    /// also matches everything below a folder that it names.
    pub(crate) fn new(include: &[String], exclude: &[String]) -> Result<Self, CheckoutError> {
        Ok(Self { include: compile(include)?, exclude: compile(exclude)? })
    }

    /// Whether `path` (relative to the root, with `/`) is to be read: included (or there are no include
    /// globs) and not excluded.
    pub(crate) fn wants(&self, path: &str) -> bool {
        self.include.as_ref().is_none_or(|globs| globs.is_match(path))
            && !self.exclude.as_ref().is_some_and(|globs| globs.is_match(path))
    }

    /// Those that match none of `paths`, as they were given.
    pub(crate) fn idle<'p>(
        &self,
        (include, exclude): (&[String], &[String]),
        paths: impl Iterator<Item = &'p str> + Clone,
    ) -> Vec<String> {
        let sides = [(&self.include, include), (&self.exclude, exclude)];
        let sides = sides.into_iter().filter_map(|(set, globs)| Some((set.as_ref()?, globs)));
        sides.flat_map(|(set, globs)| idle(set, globs, paths.clone())).collect()
    }
}

/// Those of `globs`, from which `set` was compiled, that match none of the paths.
fn idle<'p>(set: &GlobSet, globs: &[String], paths: impl Iterator<Item = &'p str>) -> Vec<String> {
    let mut is_idle = vec![true; globs.len()];
    let mut matches = Vec::new();
    for path in paths {
        set.matches_into(path, &mut matches);
        for &pattern in &matches {
            if let Some(is_idle) = is_idle.get_mut(pattern / PATTERNS) {
                *is_idle = false;
            }
        }
    }
    globs
        .iter()
        .zip(is_idle)
        .filter(|(_, is_idle)| *is_idle)
        .map(|(glob, _)| glob.clone())
        .collect()
}

/// A glob for paths, by the rules of [`ReadOptions::include`](crate::ReadOptions::include).
#[derive(Debug, Clone)]
pub struct PathGlob(GlobSet);

impl PathGlob {
    /// The compiled glob.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn new(glob: &str) -> Result<Self, CheckoutError> {
        Ok(Self(compile(&[glob.to_owned()])?.unwrap_or_else(GlobSet::empty)))
    }

    /// Whether `path` (relative to the root, with `/`) matches.
    pub fn is_match(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

fn compile(globs: &[String]) -> Result<Option<GlobSet>, CheckoutError> {
    if globs.is_empty() {
        return Ok(None);
    }
    let refuse = |glob: &str, error: globset::Error| {
        CheckoutError::Glob(glob.to_owned(), error.kind().to_string())
    };
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let rooted = from_root(glob);
        let patterns: [String; PATTERNS] = [format!("{rooted}/**"), rooted];
        for pattern in patterns {
            let pattern = GlobBuilder::new(&pattern).literal_separator(true).build();
            set.add(pattern.map_err(|error| refuse(glob, error))?);
        }
    }
    set.build().map(Some).map_err(|error| refuse(&globs.join(", "), error))
}

/// `glob` as one that matches whole paths relative to the root.
fn from_root(glob: &str) -> String {
    let anchored = glob.strip_prefix("./").or_else(|| glob.strip_prefix('/'));
    let bare = anchored.unwrap_or(glob).trim_end_matches('/');
    if anchored.is_some() || bare.contains('/') { bare.to_owned() } else { format!("**/{bare}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(include: &[&str], exclude: &[&str], path: &str) -> bool {
        let owned = |globs: &[&str]| globs.iter().map(|&glob| glob.to_owned()).collect::<Vec<_>>();
        Globs::new(&owned(include), &owned(exclude)).unwrap().wants(path)
    }

    #[test]
    fn globs_match_names_anywhere_and_paths_from_the_root() {
        assert!(wants(&[], &[], "a/b.rs"));
        assert!(wants(&["*.rs"], &[], "a/b.rs"));
        assert!(!wants(&["*.rs"], &[], "a/b.py"));
        assert!(wants(&["src"], &[], "a/src/deep/b.rs"), "a folder's name, at any depth");
        assert!(wants(&["src/"], &[], "src/b.rs"));
        assert!(wants(&["/src"], &[], "src/b.rs"));
        assert!(!wants(&["/src"], &[], "a/src/b.rs"));
        assert!(wants(&["./src/*.rs"], &[], "src/b.rs"));
        assert!(!wants(&["src/*.rs"], &[], "src/deep/b.rs"), "* stops at /");
        assert!(wants(&["src/**/*.rs"], &[], "src/deep/b.rs"));
        assert!(!wants(&["*.rs"], &["tests"], "tests/b.rs"), "exclude wins");
        assert!(wants(&["*.{rs,py}"], &[], "b.py"));
    }

    #[test]
    fn globs_that_match_nothing_are_told() {
        let owned = |globs: &[&str]| globs.iter().map(|&glob| glob.to_owned()).collect::<Vec<_>>();
        let (include, exclude) =
            (owned(&["src/**", "*.py", "/lib"]), owned(&["tests", "lib/*.rs"]));
        let globs = Globs::new(&include, &exclude).unwrap();
        let paths = ["a/src/b.rs", "lib/b.rs", "lib/deep/c.rs"];
        let idle = globs.idle((&include, &exclude), paths.into_iter());
        assert_eq!(idle, ["src/**", "*.py", "tests"]);
        let none = Globs::new(&[], &[]).unwrap();
        assert_eq!(none.idle((&[], &[]), paths.into_iter()), Vec::<String>::new());
    }

    #[test]
    fn a_malformed_glob_is_named() {
        let error = Globs::new(&["a[".to_owned()], &[]).unwrap_err();
        assert!(error.to_string().contains("a["), "{error}");
    }
}
