//! What requests cost, and what they would have cost with smaller tool results.
//!
//! Without: what the provider said that each request used; where the transcript doesn't say, what the
//! caching rules make of its items: those of the request before are read from the cache, the others
//! are new. With: the same, less what compression takes from each block. A block that was in the
//! request before is taken from what was read from the cache, as long as there is any; a new one from
//! what was written to it. So a cache that was lost then is lost in both. What the model would have
//! retrieved isn't in it: that can't be known from a transcript.
//!
//! Blocks are counted in tokens of `o200k_base`. How many of the provider's those are is measured:
//! by how much requests grew, as the provider counted, for what the transcript says was new in them.

use std::collections::BTreeMap;

use agent_config::agent::TranscriptFormat;
use bytes::Bytes;
use llm_api::response::Usage;
use llm_proxy::{Offline, OfflineBlock};
use metrics::Prices;
use metrics::cost_estimate::{Change, with_compression};
use tokens::Encoding;

use super::transcript::{self, Conversation, PassedOver, Request};

/// Growth of fewer tokens, by our count, is too little to measure by.
const LEAST_MEASURED: usize = 2000;
/// Nobody's tokens are so many times as many as ours, or so many times fewer: then what was sent isn't
/// what the transcript holds.
const MOST_TIMES: f64 = 2.0;
/// Blocks that are shown one by one.
const SHOWN: usize = 20;
/// Rows of a table; whatever has another name is counted as `other`.
const MOST_NAMES: usize = 60;

/// What all replayed transcripts add up to.
#[derive(Debug, Default)]
pub(crate) struct AuditTotals {
    pub(crate) transcripts: BTreeMap<TranscriptFormat, usize>,
    pub(crate) conversations: usize,
    pub(crate) requests: usize,
    /// Requests whose use had to be worked out.
    pub(crate) modelled: usize,
    pub(crate) lines: usize,
    pub(crate) passed_over: PassedOver,
    /// Files that are no transcripts, and files that can't be read.
    pub(crate) foreign: usize,
    pub(crate) unreadable: usize,
    pub(crate) without: Cost,
    pub(crate) with: Cost,
    /// Requests whose model's price isn't known: they are in the tokens and not in the money.
    pub(crate) unpriced: usize,
    /// Requests of models whose family's price stands for theirs, by model.
    pub(crate) priced_by_family: BTreeMap<String, usize>,
    /// Requests that another transcript holds too, which are counted there.
    pub(crate) repeated: usize,
    pub(crate) by_kind: BTreeMap<String, BlockTotals>,
    pub(crate) by_tool: BTreeMap<String, BlockTotals>,
    /// Those that save most, best first.
    pub(crate) blocks: Vec<Block>,
}

/// The usage of requests, and what it costs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cost {
    pub(crate) usage: Usage,
    /// In US dollars.
    pub(crate) dollars: f64,
}

/// Blocks of one kind or one tool, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct BlockTotals {
    pub(crate) blocks: usize,
    /// Tokens, each block once.
    pub(crate) before: usize,
    pub(crate) after: usize,
    /// Tokens that all requests together wouldn't have held.
    pub(crate) saved: u64,
}

/// A block that saves much.
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
}

impl Block {
    /// Tokens that all requests together wouldn't have held.
    pub(crate) fn saved(&self) -> u64 {
        (self.before.saturating_sub(self.after) * self.times) as u64
    }
}

impl BlockTotals {
    fn add(&mut self, block: &Block) {
        self.blocks += 1;
        self.before += block.before;
        self.after += block.after;
        self.saved += block.saved();
    }

    fn merge(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.before += other.before;
        self.after += other.after;
        self.saved += other.saved;
    }
}

impl Cost {
    fn add(&mut self, usage: Usage, dollars: f64) {
        self.usage.input += usage.input;
        self.usage.cache_read += usage.cache_read;
        self.usage.cache_write += usage.cache_write;
        self.usage.cache_write_1h += usage.cache_write_1h;
        self.usage.output += usage.output;
        self.dollars += dollars;
    }

    /// Input tokens of the requests, at whichever price.
    pub(crate) fn sent(&self) -> u64 {
        self.usage.input + self.usage.cache_read + self.usage.cache_write
    }
}

impl AuditTotals {
    /// Replays a conversation and adds it. `is_counted`: whether a request is counted here, and not in
    /// another transcript that holds it too.
    pub(crate) fn add(
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
        let (body, places) = body(format, conversation);
        let replayed = offline.compress(transcript::api(format), &body).unwrap_or_default();
        let item_of = |block: &OfflineBlock| places.partition_point(|place| *place <= block.at) - 1;
        let blocks: Vec<(usize, OfflineBlock)> =
            replayed.into_iter().map(|block| (item_of(&block), block)).collect();
        let tool = Offline::tool_tokens(transcript::api(format));
        let measured = measured(conversation);
        self.conversations += 1;
        let mut known = conversation.shared;
        for (request, is_counted) in conversation.requests.iter().zip(&counted) {
            if !is_counted {
                known = request.items;
                continue;
            }
            let model = request.model.as_deref().unwrap_or_default();
            let estimate = |count: usize| {
                tokens::model(model).map_or(count, |model| model.estimate(count)) as u64
            };
            // Against what the provider counted, nothing is taken for more than it is known to be.
            let of_provider = |count: usize| match (measured, request.usage) {
                (Some(times), _) => (count as f64 * times).round() as u64,
                (None, Some(_)) => count as u64,
                (None, None) => estimate(count),
            };
            let saved = |range: std::ops::Range<usize>| {
                let held = blocks.iter().filter(|(item, _)| range.contains(item));
                of_provider(
                    held.map(|(_, block)| block.report.before.saturating_sub(block.report.after))
                        .sum(),
                )
            };
            let (old, new) = (saved(0..known), saved(known..request.items));
            self.modelled += usize::from(request.usage.is_none());
            let without = request.usage.unwrap_or_else(|| {
                modelled(format, &conversation.items[..request.items], known, of_provider)
            });
            let change = Change { old, new, added: estimate(tool) };
            let with = with_compression(without, change, known == 0);
            let price = prices.of(model).or_else(|| {
                let price = prices.of_family(model)?;
                let name = name_in(&self.priced_by_family, model).to_owned();
                *self.priced_by_family.entry(name).or_default() += 1;
                Some(price)
            });
            self.unpriced += usize::from(price.is_none());
            let cost = |usage: &Usage| price.map_or(0.0, |price| price.cost(usage));
            self.without.add(without, cost(&without));
            self.with.add(with, cost(&with));
            self.requests += 1;
            known = request.items;
        }
        for (item, block) in blocks.into_iter().filter(|(item, _)| *item >= conversation.shared) {
            let requests = conversation.requests.iter().zip(&counted);
            let mut holding = requests.filter(|(request, _)| request.items > item).peekable();
            // Where the first one that held it is counted, it is counted as a block.
            if holding.peek().is_some_and(|(_, is_counted)| !**is_counted) {
                continue;
            }
            let times = holding.filter(|(_, is_counted)| **is_counted).count();
            self.block(Block {
                tool: if block.report.tool.is_empty() {
                    "(pasted)".to_owned()
                } else {
                    block.report.tool.into()
                },
                kind: if block.report.kind.is_empty() { "short" } else { block.report.kind },
                hint: block.hint,
                before: block.report.before,
                after: block.report.after,
                times,
            });
        }
    }

    fn block(&mut self, block: Block) {
        sum(&mut self.by_kind, block.kind).add(&block);
        sum(&mut self.by_tool, &block.tool).add(&block);
        if block.saved() > 0 {
            self.blocks.push(block);
            self.keep_best();
        }
    }

    /// Keeps the best blocks, the same ones whatever order they came in.
    fn keep_best(&mut self) {
        self.blocks.sort_by_cached_key(|block| {
            let names = (block.tool.clone(), block.kind, block.hint.clone());
            (std::cmp::Reverse((block.saved(), block.before)), names)
        });
        self.blocks.truncate(SHOWN);
    }

    /// Adds other totals.
    pub(crate) fn merge(&mut self, other: Self) {
        for (format, count) in other.transcripts {
            *self.transcripts.entry(format).or_default() += count;
        }
        self.conversations += other.conversations;
        self.requests += other.requests;
        self.modelled += other.modelled;
        self.lines += other.lines;
        self.passed_over.add(other.passed_over);
        self.foreign += other.foreign;
        self.unreadable += other.unreadable;
        self.without.add(other.without.usage, other.without.dollars);
        self.with.add(other.with.usage, other.with.dollars);
        self.unpriced += other.unpriced;
        self.repeated += other.repeated;
        for (model, requests) in other.priced_by_family {
            let name = name_in(&self.priced_by_family, &model).to_owned();
            *self.priced_by_family.entry(name).or_default() += requests;
        }
        for (name, found) in other.by_kind {
            sum(&mut self.by_kind, &name).merge(found);
        }
        for (name, found) in other.by_tool {
            sum(&mut self.by_tool, &name).merge(found);
        }
        self.blocks.extend(other.blocks);
        self.keep_best();
    }
}

/// The sum of a name; `other` where there are many.
fn sum<'s>(sums: &'s mut BTreeMap<String, BlockTotals>, name: &str) -> &'s mut BlockTotals {
    let name = name_in(sums, name).to_owned();
    sums.entry(name).or_default()
}

/// The name under which something is counted: `other` where there are many.
fn name_in<'n, V>(counts: &BTreeMap<String, V>, name: &'n str) -> &'n str {
    if counts.contains_key(name) || counts.len() < MOST_NAMES { name } else { "other" }
}

/// A request's body that holds the whole conversation, and where each item begins in it.
fn body(format: TranscriptFormat, conversation: &Conversation) -> (Bytes, Vec<usize>) {
    let mut body = match format {
        TranscriptFormat::Codex => r#"{"tools":[{"type":"function","name":"shell"}],"input":["#,
        _ => r#"{"tools":[{"name":"Bash"}],"messages":["#,
    }
    .to_owned();
    let mut places = Vec::with_capacity(conversation.items.len());
    for (at, item) in conversation.items.iter().enumerate() {
        if at > 0 {
            body.push(',');
        }
        places.push(body.len());
        body.push_str(item);
    }
    body.push_str("]}");
    (body.into(), places)
}

/// How many of the provider's tokens one of ours is, as far as a conversation shows.
fn measured(conversation: &Conversation) -> Option<f64> {
    let mut before = vec![0];
    before.extend(conversation.items.iter().scan(0, |sum, item| {
        *sum += said(item);
        Some(*sum)
    }));
    let sent = |usage: Usage| usage.input + usage.cache_read + usage.cache_write;
    let (mut ours, mut theirs) = (0, 0);
    for two in conversation.requests.windows(2) {
        let (Some(one), Some(next)) = (two[0].usage, two[1].usage) else { continue };
        // A conversation that became shorter was summed up in between.
        let Some(grown) = sent(next).checked_sub(sent(one)) else { continue };
        let new = before.get(two[1].items).zip(before.get(two[0].items));
        let new = new.and_then(|(all, old)| all.checked_sub(*old)).filter(|new| *new > 0);
        if let (Some(new), true) = (new, two[0].model == two[1].model) {
            ours += new;
            theirs += grown;
        }
    }
    let times = theirs as f64 / ours as f64;
    let is_known = ours >= LEAST_MEASURED && (1.0 / MOST_TIMES..=MOST_TIMES).contains(&times);
    is_known.then_some(times)
}

/// Tokens of all texts in an item.
fn said(item: &str) -> usize {
    fn of(value: &serde_json::Value) -> usize {
        match value {
            serde_json::Value::String(text) => tokens::count(Encoding::default(), text),
            serde_json::Value::Array(items) => items.iter().map(of).sum(),
            serde_json::Value::Object(members) => members.values().map(of).sum(),
            _ => 1,
        }
    }
    serde_json::from_str(item).as_ref().map_or(0, of)
}

/// What a request used by the caching rules alone, of which the first `known` items were in the one
/// before.
fn modelled(
    format: TranscriptFormat,
    items: &[String],
    known: usize,
    estimate: impl Fn(usize) -> u64,
) -> Usage {
    let count = |items: &[String]| {
        estimate(items.iter().map(|item| tokens::count(Encoding::default(), item)).sum())
    };
    let (old, new) = items.split_at(known.min(items.len()));
    let mut usage = Usage { cache_read: count(old), ..Usage::default() };
    match format {
        // Anthropic bills what is written to the cache; others take it for plain input.
        TranscriptFormat::ClaudeCode | TranscriptFormat::Cline => usage.cache_write = count(new),
        _ => usage.input = count(new),
    }
    usage
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(sent: &[u64]) -> Conversation {
        let text = "one line of the output of a command\n".repeat(400);
        let item = serde_json::json!({"role": "user", "content": text});
        let request = |(at, sent): (usize, &u64)| Request {
            items: at + 1,
            model: Some("claude-sonnet-4-5".to_owned()),
            usage: Some(Usage { cache_read: *sent, ..Usage::default() }),
            ..Request::default()
        };
        let mut conversation = Conversation::default();
        assert!(sent.iter().all(|_| conversation.push(&item)));
        conversation.requests = sent.iter().enumerate().map(request).collect();
        conversation
    }

    #[test]
    fn the_providers_tokens_are_measured_by_what_was_new() {
        let one = said(&conversation(&[0]).items[0]) as u64;
        let times = |sent: &[u64]| measured(&conversation(sent));
        // The system prompt and the tools are in all of them, and in no item.
        let base = 50_000;
        let grown =
            |percent: u64| [base, base + one * percent / 100, base + 2 * one * percent / 100];
        for percent in [90, 110, 125] {
            let found = times(&grown(percent)).unwrap();
            assert!((found * 100.0 - percent as f64).abs() < 1.0, "{found}");
        }
        // One request shows nothing, nor one that became shorter; five times as many is no count.
        assert_eq!(times(&[base]), None);
        assert_eq!(times(&[base, base - 7]), None);
        assert_eq!(times(&grown(500)), None);
    }

    #[test]
    fn what_is_saved_is_in_the_providers_tokens() {
        let offline = Offline::new().unwrap();
        let saved = |percent: u64| {
            let line = |n: usize| format!("2026-01-01T00:00:00Z INFO request {n} done in {n} ms\n");
            let log: String = (0..800).map(line).collect();
            let items = [
                serde_json::json!({"role": "user", "content": "why?"}),
                serde_json::json!({"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "Bash", "input": {"command": "cat a.log"}}]}),
                serde_json::json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": log}]}),
            ];
            let mut conversation = Conversation::default();
            assert!(items.iter().all(|item| conversation.push(item)));
            let new: usize = conversation.items[1..].iter().map(|item| said(item)).sum();
            let usage = |sent: u64| Some(Usage { cache_write: sent, ..Usage::default() });
            let model = || Some("claude-sonnet-4-5".to_owned());
            conversation.requests = vec![
                Request { items: 1, model: model(), usage: usage(9000), ..Request::default() },
                Request {
                    items: 3,
                    model: model(),
                    usage: usage(9000 + new as u64 * percent / 100),
                    ..Request::default()
                },
            ];
            let mut account = AuditTotals::default();
            account.add(
                TranscriptFormat::ClaudeCode,
                &conversation,
                &offline,
                &Prices::known(),
                &mut |_| true,
            );
            account.without.sent() - account.with.sent()
        };
        let (less, more) = (saved(80) as f64, saved(120) as f64);
        assert!((1.4..1.6).contains(&(more / less)), "{less} {more}");
    }
}
