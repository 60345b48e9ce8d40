//! The files that were skipped and why: counts for the summary, and a few examples.

use std::collections::BTreeMap;

/// Why a file isn't in a [`Checkout`](crate::Checkout). Ignored files aren't listed at all, unless git
/// tracks them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SkipReason {
    /// Not text, by name or content.
    Binary,
    /// Larger than [`ReadOptions::max_file_bytes`](crate::ReadOptions::max_file_bytes).
    TooLarge,
    /// Lines too long to be written by a person.
    Minified,
    /// A comment at its beginning says that a program generated it, or it is a pack.
    Generated,
    /// Third-party code: in `node_modules`, `third_party`, `vendor` beside a manifest.
    Vendored,
    /// A credential file, by its name: `.env`, `id_rsa`, `*.pem`.
    Credentials,
    /// A symbolic link. Its target is read at its own path, if that is inside the root.
    Link,
    /// A pipe, socket or device.
    Special,
    /// A name that isn't UTF-8, or has characters that control others, or aren't seen.
    Name,
    /// A submodule, worktree or clone inside the repository, with a history of its own.
    NestedRepository,
    /// A file of a bare clone, which is a part of git's database.
    BareRepository,
    /// Tracked, but in a folder with the state of a tool (`.idea`, `.yarn`).
    ToolState,
    /// Tracked, but outside the sparse checkout.
    Sparse,
    /// A Git LFS pointer, without the content.
    LfsPointer,
    /// Excluded by `--include` or `--exclude`.
    Excluded,
    /// Beyond the limit on the number of files or on all bytes together.
    Limit,
    /// Deleted after it was listed, or not readable.
    Unreadable,
}

impl SkipReason {
    /// The reason in a few words, for a summary: `too large`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::TooLarge => "too large",
            Self::Minified => "minified",
            Self::Generated => "generated",
            Self::Vendored => "vendored",
            Self::Credentials => "credentials",
            Self::Link => "links",
            Self::Special => "special files",
            Self::Name => "unprintable names",
            Self::NestedRepository => "nested repositories",
            Self::BareRepository => "bare repositories",
            Self::ToolState => "tool state",
            Self::Sparse => "outside the sparse checkout",
            Self::LfsPointer => "LFS pointers",
            Self::Excluded => "excluded",
            Self::Limit => "beyond the limit",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The number of skipped files, by reason, with the first few of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped {
    by_reason: BTreeMap<SkipReason, (usize, Vec<String>)>,
}

impl Skipped {
    /// The maximum number of examples for each reason but credentials. By hand.
    pub const EXAMPLES: usize = 20;
    /// The same for credentials, which `contextos secrets` lists one by one. By hand.
    pub const CREDENTIALS: usize = 10_000;

    /// Summarises `all`. The examples are the first paths in bytewise order, so that the order of `all`
    /// doesn't matter.
    pub(crate) fn summarise(mut all: Vec<(SkipReason, String)>) -> Self {
        all.sort_unstable();
        let mut by_reason: BTreeMap<SkipReason, (usize, Vec<String>)> = BTreeMap::new();
        for (reason, path) in all {
            let (count, examples) = by_reason.entry(reason).or_default();
            *count += 1;
            let most =
                if reason == SkipReason::Credentials { Self::CREDENTIALS } else { Self::EXAMPLES };
            if examples.len() < most {
                examples.push(path);
            }
        }
        Self { by_reason }
    }

    /// The number of files that were skipped for `reason`. A folder that wasn't entered counts as one.
    pub fn count(&self, reason: SkipReason) -> usize {
        self.by_reason.get(&reason).map_or(0, |(count, _)| *count)
    }

    /// The first [`EXAMPLES`](Self::EXAMPLES) paths that were skipped for `reason`, in order; of credentials the first
    /// [`CREDENTIALS`](Self::CREDENTIALS).
    pub fn examples(&self, reason: SkipReason) -> &[String] {
        self.by_reason.get(&reason).map_or(&[], |(_, examples)| examples)
    }

    /// Every reason that occurred, with its count.
    pub fn counts(&self) -> impl Iterator<Item = (SkipReason, usize)> + '_ {
        self.by_reason.iter().map(|(reason, (count, _))| (*reason, *count))
    }

    /// The number of all skipped files.
    pub fn total(&self) -> usize {
        self.by_reason.values().map(|(count, _)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_bounded_and_in_order_whatever_the_order_of_arrival() {
        let all: Vec<_> =
            (0..50).rev().map(|n| (SkipReason::Binary, format!("{n:02}.png"))).collect();
        let skipped = Skipped::summarise(all);
        assert_eq!(skipped.count(SkipReason::Binary), 50);
        assert_eq!(skipped.total(), 50);
        let examples = skipped.examples(SkipReason::Binary);
        assert_eq!(examples.len(), Skipped::EXAMPLES);
        assert_eq!(examples[0], "00.png");
        assert_eq!(skipped.count(SkipReason::Link), 0);
        assert!(skipped.examples(SkipReason::Link).is_empty());
        let keys = (0..50).map(|n| (SkipReason::Credentials, format!("{n}.pem"))).collect();
        assert_eq!(Skipped::summarise(keys).examples(SkipReason::Credentials).len(), 50);
    }
}
