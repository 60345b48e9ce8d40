//! What all replayed transcripts add up to.

use std::collections::BTreeMap;

use agent_config::agent::TranscriptFormat;
use llm_proxy::Offline;
use metrics::Prices;

use super::blocks::{Block, BlockTables, entry};
use super::costs::CostTotals;
use super::later_use::later_uses;
use super::prices::ModelPrices;
use super::rebuild::Rebuilt;
use super::requests::ReplayedConversation;
use super::transcript::{self, Conversation, PassedOver, Request};

/// The sums of all transcripts.
#[derive(Debug, Default)]
pub(crate) struct AuditTotals {
    pub(crate) transcripts: BTreeMap<TranscriptFormat, usize>,
    /// Costs by the format of the transcript, which is by agent.
    pub(crate) clients: BTreeMap<TranscriptFormat, CostTotals>,
    pub(crate) blocks: BlockTables,
    /// Requests whose usage had to be worked out.
    pub(crate) modelled: usize,
    /// Requests of models whose price isn't known, by model: they are in the tokens and not in the money.
    pub(crate) unpriced: BTreeMap<String, usize>,
    /// Requests of models whose family's price stands for theirs, by model.
    pub(crate) priced_by_family: BTreeMap<String, usize>,
    /// Requests that another transcript holds too, which are counted there.
    pub(crate) repeated: usize,
    /// Conversations that went through Headroom already.
    pub(crate) already_compressed: usize,
    pub(crate) lines: usize,
    pub(crate) passed_over: PassedOver,
    /// Files that are no transcripts, and files that can't be read.
    pub(crate) foreign: usize,
    pub(crate) unreadable: usize,
}

impl AuditTotals {
    /// The costs of all agents together.
    pub(crate) fn all(&self) -> CostTotals {
        let mut all = CostTotals::default();
        self.clients.values().for_each(|client| all.merge(client));
        all
    }

    /// Replays a conversation and adds it. `is_counted`: whether a request is counted here, and not in
    /// another transcript that holds it too.
    pub(super) fn add(
        &mut self,
        format: TranscriptFormat,
        conversation: &Conversation,
        offline: &Offline,
        prices: &Prices,
        is_counted: &mut dyn FnMut(&Request) -> bool,
    ) {
        let counted: Vec<bool> = conversation.requests.iter().map(is_counted).collect();
        self.repeated += counted.iter().filter(|counted| !**counted).count();
        if !counted.contains(&true) {
            return;
        }
        let rebuilt = Rebuilt::new(format, conversation);
        let replay = offline.replay(transcript::api(format), &rebuilt.body).unwrap_or_default();
        let uses = later_uses(&replay.steps);
        let replayed = ReplayedConversation::new(format, conversation, &replay, &rebuilt, &uses);
        let mut prices = ModelPrices::new(prices);
        self.clients.entry(format).or_default().merge(&replayed.costs(&counted, &mut prices));
        add_counts(&mut self.unpriced, prices.unpriced);
        add_counts(&mut self.priced_by_family, prices.by_family);
        let is_modelled =
            |(request, counted): &(&Request, &bool)| **counted && request.usage.is_none();
        self.modelled += conversation.requests.iter().zip(&counted).filter(is_modelled).count();
        self.already_compressed += usize::from(replay.is_compressed_already);
        for (at, (block, item)) in replay.blocks.iter().zip(&replayed.items).enumerate() {
            let requests = conversation.requests.iter().zip(&counted);
            let mut holding = requests.filter(|(request, _)| request.items > *item).peekable();
            // Where the first request that held it is counted, it is counted as a block.
            let is_counted = holding.peek().is_none_or(|(_, is_counted)| **is_counted);
            if *item < conversation.shared || !is_counted {
                continue;
            }
            let report = &block.report;
            self.blocks.add(Block {
                tool: if report.tool.is_empty() {
                    "(pasted)".to_owned()
                } else {
                    report.tool.to_string()
                },
                kind: if report.kind.is_empty() { "short" } else { report.kind },
                hint: block.hint.clone(),
                before: report.before,
                after: report.after,
                times: holding.filter(|(_, is_counted)| **is_counted).count(),
                is_used_later: uses.iter().any(|used| used.block == at),
            });
        }
    }

    /// Adds other totals.
    pub(super) fn merge(&mut self, other: Self) {
        for (format, count) in other.transcripts {
            *self.transcripts.entry(format).or_default() += count;
        }
        for (format, costs) in &other.clients {
            self.clients.entry(*format).or_default().merge(costs);
        }
        self.blocks.merge(other.blocks);
        self.modelled += other.modelled;
        add_counts(&mut self.unpriced, other.unpriced);
        add_counts(&mut self.priced_by_family, other.priced_by_family);
        self.repeated += other.repeated;
        self.already_compressed += other.already_compressed;
        self.lines += other.lines;
        self.passed_over.add(other.passed_over);
        self.foreign += other.foreign;
        self.unreadable += other.unreadable;
    }
}

/// Adds counts by name to others.
fn add_counts(counts: &mut BTreeMap<String, usize>, others: BTreeMap<String, usize>) {
    for (name, count) in others {
        *entry(counts, &name) += count;
    }
}
