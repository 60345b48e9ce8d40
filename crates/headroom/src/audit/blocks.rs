//! Blocks by kind and by tool, and those that save most.

use std::collections::BTreeMap;

/// Blocks that are shown one by one.
const SHOWN: usize = 20;
/// Rows of a table; whatever has another name is counted as `other`.
const MAX_NAMES: usize = 60;

/// The blocks of all conversations.
#[derive(Debug, Default)]
pub(crate) struct BlockTables {
    pub(crate) by_kind: BTreeMap<String, BlockTotals>,
    pub(crate) by_tool: BTreeMap<String, BlockTotals>,
    /// Those that save most, best first.
    pub(crate) best: Vec<Block>,
}

/// Blocks of one kind or one tool, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct BlockTotals {
    pub(crate) blocks: usize,
    /// Tokens, each block once.
    pub(crate) before: usize,
    pub(crate) after: usize,
    /// Tokens in all requests that held them.
    pub(crate) sent_before: u64,
    pub(crate) sent_after: u64,
    /// Blocks of which something was used later that would have been elided.
    pub(crate) used_later: usize,
}

/// A block that may be compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) tool: String,
    pub(crate) kind: &'static str,
    /// The command or the file, where the call names one.
    pub(crate) hint: Option<String>,
    pub(crate) before: usize,
    pub(crate) after: usize,
    /// Requests that held it.
    pub(crate) times: usize,
    /// Whether something was used later that would have been elided.
    pub(crate) is_used_later: bool,
}

impl Block {
    /// Tokens that all requests together wouldn't have held.
    pub(crate) fn saved(&self) -> u64 {
        (self.before.saturating_sub(self.after) * self.times) as u64
    }
}

impl BlockTotals {
    /// Tokens that all requests together wouldn't have held.
    pub(crate) fn saved(&self) -> u64 {
        self.sent_before.saturating_sub(self.sent_after)
    }

    fn add(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.before += other.before;
        self.after += other.after;
        self.sent_before += other.sent_before;
        self.sent_after += other.sent_after;
        self.used_later += other.used_later;
    }
}

impl BlockTables {
    /// Adds a block.
    pub(super) fn add(&mut self, block: Block) {
        let totals = BlockTotals {
            blocks: 1,
            before: block.before,
            after: block.after,
            sent_before: (block.before * block.times) as u64,
            sent_after: (block.after * block.times) as u64,
            used_later: usize::from(block.is_used_later),
        };
        entry(&mut self.by_kind, block.kind).add(totals);
        entry(&mut self.by_tool, &block.tool).add(totals);
        if block.saved() > 0 {
            self.best.push(block);
            self.keep_best();
        }
    }

    /// Adds other tables.
    pub(super) fn merge(&mut self, other: Self) {
        for (name, totals) in other.by_kind {
            entry(&mut self.by_kind, &name).add(totals);
        }
        for (name, totals) in other.by_tool {
            entry(&mut self.by_tool, &name).add(totals);
        }
        self.best.extend(other.best);
        self.keep_best();
    }

    /// Keeps the best blocks, the same ones whatever order they came in.
    fn keep_best(&mut self) {
        self.best.sort_by_cached_key(|block| {
            let names = (block.tool.clone(), block.kind, block.hint.clone());
            (std::cmp::Reverse((block.saved(), block.before)), names)
        });
        self.best.truncate(SHOWN);
    }
}

/// The entry of a name; that of `other` where there are many.
pub(super) fn entry<'s, V: Default>(sums: &'s mut BTreeMap<String, V>, name: &str) -> &'s mut V {
    let name = if sums.contains_key(name) || sums.len() < MAX_NAMES { name } else { "other" };
    sums.entry(name.to_owned()).or_default()
}
