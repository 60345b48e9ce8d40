//! An audit as JSON, for programs.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::blocks::BlockTotals;
use super::costs::{Cost, CostTotals};
use super::report::{ranked, ranked_clients};
use super::totals::AuditTotals;
use super::transcript::agent_name;

/// The audit.
pub(crate) fn json(totals: &AuditTotals) -> Value {
    let all = totals.all();
    let passed = totals.passed_over;
    let transcripts = totals.transcripts.iter();
    let transcripts: Map<_, _> =
        transcripts.map(|(format, n)| (agent_name(*format).to_owned(), json!(n))).collect();
    let clients: Vec<Value> = ranked_clients(totals)
        .into_iter()
        .map(|(format, client)| {
            let mut row = json!({"name": agent_name(format), "conversations": client.conversations, "requests": client.requests});
            add(&mut row, costs(client));
            row
        })
        .collect();
    let mut out = json!({
        "version": 1,
        "transcripts": transcripts,
        "conversations": all.conversations,
        "conversations_already_compressed": totals.already_compressed,
        "requests": all.requests,
        "requests_modelled": totals.modelled,
        "requests_unpriced": totals.unpriced.values().sum::<usize>(),
        "models_unpriced": totals.unpriced,
        "requests_priced_by_family": totals.priced_by_family,
        "requests_repeated": totals.repeated,
        "by_client": clients,
        "by_kind": blocks(&totals.blocks.by_kind),
        "by_tool": blocks(&totals.blocks.by_tool),
        "blocks": totals.blocks.best.iter().map(|block| json!({
            "tool": block.tool, "kind": block.kind, "hint": block.hint,
            "tokens_before": block.before, "tokens_after": block.after, "requests": block.times,
            "tokens_saved_in_all_requests": block.saved(), "used_later": block.is_used_later,
        })).collect::<Vec<_>>(),
        "lines": totals.lines,
        "passed_over": {"broken": passed.broken, "too_long": passed.too_long, "odd": passed.odd,
                        "foreign_files": totals.foreign, "unreadable_files": totals.unreadable},
    });
    add(&mut out, costs(&all));
    out
}

/// What is said of all conversations, and of those of one agent.
fn costs(totals: &CostTotals) -> Value {
    let relative =
        |dollars: f64| (totals.without.dollars > 0.0).then(|| dollars / totals.without.dollars);
    json!({
        "without": cost(&totals.without),
        "with_estimate": cost(&totals.with),
        "relative_cost": relative(totals.with.dollars),
        "conversations_dearer": totals.dearer,
        "tool_results": {
            "tokens_sent": totals.results.sent(),
            "cost_usd": totals.results.dollars,
            "share_of_cost": relative(totals.results.dollars),
        },
        // Counted as in `/stats`: tokens of o200k_base, in each request that holds a block.
        "touchable": {
            "tokens_before": totals.touchable_before,
            "tokens_after": totals.touchable_after,
        },
        "expected_retrievals": {
            "count": totals.retrievals,
            "of_lossy_blocks": totals.lossy_blocks,
            "cost_usd": totals.retrieval.dollars,
        },
        "prefix_losses": {
            "requests": totals.lost.requests,
            "after_pause": totals.lost.after_pause,
            "tokens": totals.lost.tokens,
            "cost_usd": totals.lost.dollars,
        },
    })
}

fn cost(cost: &Cost) -> Value {
    json!({
        "tokens_sent": cost.sent(),
        "input_tokens": cost.usage.input,
        "cache_read_tokens": cost.usage.cache_read,
        "cache_write_tokens": cost.usage.cache_write,
        "cache_write_1h_tokens": cost.usage.cache_write_1h,
        "output_tokens": cost.usage.output,
        "cost_usd": cost.dollars,
    })
}

fn blocks(sums: &BTreeMap<String, BlockTotals>) -> Vec<Value> {
    let row = |(name, sum): (&str, &BlockTotals)| {
        json!({"name": name, "blocks": sum.blocks, "tokens_before": sum.before, "tokens_after": sum.after,
               "tokens_before_in_all_requests": sum.sent_before, "tokens_after_in_all_requests": sum.sent_after,
               "tokens_saved_in_all_requests": sum.saved(), "used_later": sum.used_later})
    };
    ranked(sums).into_iter().map(row).collect()
}

/// Adds the members of an object to another.
fn add(object: &mut Value, members: Value) {
    if let (Some(object), Value::Object(members)) = (object.as_object_mut(), members) {
        object.extend(members);
    }
}
