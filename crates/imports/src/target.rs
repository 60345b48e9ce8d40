//! What one import means, as the resolver of its language found it.

use crate::groups::Group;

/// What an import means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// These files. None where it is the importing file itself.
    Files(Vec<Found>),
    /// What is used of a group of files.
    Group(Group),
    /// Another project's package.
    External(String),
    /// It is written as a path into the checkout, and nothing is there.
    Missing,
}

/// A file, and the names that are taken from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) file: usize,
    pub(crate) names: Vec<String>,
}

impl Target {
    pub(crate) fn file(file: usize, names: &[String]) -> Self {
        Self::Files(Vec::from([Found { file, names: names.to_vec() }]))
    }
}
