//! The body of `/stats`: what happened since the process began.

use std::collections::BTreeMap;

use blob_store::Usage;
use metrics::{
    Blocks, COMPRESSED, Counters, Ending, Histogram, KindTokens, LEFT_ALONE, Metrics, Recent,
    Unchanged, Why, difference, dollars, ms, percent,
};
use serde_json::{Map, Value, json};

use super::clients::clients;
use crate::app::App;

/// The routes whose requests are the server's work; `other` are those to providers.
const WORK: [&str; 5] =
    ["/v1/compress", "/v1/retrieve", "/v1/retrieve/{hash}", "/v1/retrieve/tool_call", "other"];

/// The whole body. `usage`: of the store of originals.
pub(super) fn body(app: &App, metrics: &Metrics, usage: Result<Usage, blob_store::Error>) -> Value {
    let total = &metrics.total;
    let mut body = json!({
        "summary": summary(app, total),
        "version": app.config.version,
        "uptime_seconds": app.started.elapsed().as_secs_f64(),
        "requests": requests(metrics),
        "tokens": {
            "input": total.tokens_after,
            "output": total.output,
            "saved": total.saved(),
            "would_save": total.would_save,
            "total_before_compression": total.tokens_before,
            "savings_percent": total.percent(),
        },
        "usage": used(total),
        "prefix_cache": { "totals": prefix_cache(total) },
        "cost": cost(total),
        "by_model": models(&metrics.by_model),
        "by_client": clients(&metrics.by_client),
        "blocks": {
            "by_kind": blocks(&metrics.by_kind),
            "by_tool": blocks(&metrics.by_tool),
            "unchanged": metrics.unchanged.iter().map(unchanged).collect::<Vec<_>>(),
        },
        "reasons": metrics.reasons,
        "not_understood": not_understood(metrics),
        "retrieval": retrieval(total),
        "holdout": {
            "share": app.llm.holdout(),
            "compressed": arm(&metrics.arms[COMPRESSED]),
            "left_alone": arm(&metrics.arms[LEFT_ALONE]),
        },
        "latency": histogram(&metrics.latency),
        "overhead": histogram(&metrics.overhead),
        "ttfb": histogram(&metrics.first_byte),
        "log_messages": app.llm.keeps_messages(),
        "recent_requests": metrics.recent.iter().rev().map(recent).collect::<Vec<_>>(),
    });
    body["compression"] = json!({
        "by_transform": metrics.by_transform,
        "failed": total.failures,
        "not_kept": total.not_kept,
        "redacted": total.redacted,
        "ccr_entries": usage.as_ref().ok().map(|usage| usage.entries),
        "ccr_bytes": usage.as_ref().ok().map(|usage| usage.bytes),
        "ccr_max_bytes": app.originals.bounds().bytes,
        "ccr_retrievals": metrics.retrieved,
        "ccr_not_found": metrics.not_found,
    });
    body["store"] = json!({
        "backend": app.originals.describe(),
        "ready": usage.is_ok(),
        "error": usage.as_ref().err().map(ToString::to_string),
        "leaves_out": app.config.optimize && usage.is_ok(),
    });
    body
}

fn summary(app: &App, total: &Counters) -> Value {
    json!({
        "mode": if app.config.optimize { "optimize" } else { "meter" },
        "api_requests": total.requests,
        "tokens_saved": total.saved(),
        "savings_percent": total.percent(),
        "cost_saved_usd_estimate": difference(total.cost_without, total.cost),
    })
}

fn requests(metrics: &Metrics) -> Value {
    let mut by_provider: BTreeMap<&str, u64> = BTreeMap::new();
    let mut by_status: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for ((provider, status), count) in &metrics.by_provider {
        *by_provider.entry(provider).or_default() += count;
        let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        by_status.entry(provider).or_default().insert(status, (*count).into());
    }
    let mut by_route: BTreeMap<&str, u64> = BTreeMap::new();
    for ((route, _), count) in &metrics.responses {
        *by_route.entry(route).or_default() += count;
    }
    let total: u64 = WORK.iter().filter_map(|route| by_route.get(route)).sum();
    let by_model = metrics.by_model.iter();
    json!({
        "total": total,
        "cached": 0,
        "rate_limited": metrics.responses_with(|status| status == 429 || status == 503),
        "failed": metrics.responses_with(|status| status >= 500 && status != 503),
        "refused": metrics.responses_with(|status| (400..500).contains(&status)),
        "client_gone": metrics.client_gone,
        "provider_broke_off": metrics.provider_broke,
        "streamed": metrics.streamed,
        "by_route": by_route,
        "by_provider": by_provider,
        "by_model": by_model.map(|(name, counters)| (name.clone(), counters.requests.into())).collect::<Map<_, _>>(),
        "by_status": by_status,
    })
}

/// The usage that providers reported.
pub(super) fn used(counters: &Counters) -> Value {
    json!({
        "requests": counters.metered,
        "input": counters.input,
        "cache_read": counters.cache_read,
        "cache_write": counters.cache_write,
        "output": counters.output,
        "total_input": counters.sent(),
    })
}

fn prefix_cache(counters: &Counters) -> Value {
    json!({
        "requests": counters.metered,
        "hit_requests": counters.cache_hits,
        "hit_rate": percent(counters.cache_hits, counters.metered),
        "cache_read_tokens": counters.cache_read,
        "cache_write_tokens": counters.cache_write,
        "read_percent": percent(counters.cache_read, counters.sent()),
    })
}

/// The cost at list prices, and the estimates of what it would have been otherwise.
pub(super) fn cost(counters: &Counters) -> Value {
    json!({
        "usd": dollars(counters.cost),
        "without_usd_estimate": dollars(counters.cost_without),
        "saved_usd_estimate": difference(counters.cost_without, counters.cost),
        "saved_percent_estimate": share(counters.cost_without, counters.cost),
        "would_save_usd_estimate": difference(counters.cost, counters.cost_with),
        "priced_requests": counters.metered - counters.unpriced.min(counters.metered),
        "unpriced_requests": counters.unpriced,
    })
}

/// How much less `after` is than `before`, in percent; 0 if `before` is 0.
fn share(before: u64, after: u64) -> f64 {
    if before == 0 { 0.0 } else { (before as f64 - after as f64) * 100.0 / before as f64 }
}

pub(super) fn models(by_model: &BTreeMap<String, Counters>) -> Value {
    let one = |(name, counters): (&String, &Counters)| {
        let mut model = savings(counters);
        model["usage"] = used(counters);
        model["cost"] = cost(counters);
        (name.clone(), model)
    };
    by_model.iter().map(one).collect::<Map<_, _>>().into()
}

/// Intercepted tool calls and their replay.
pub(super) fn retrieval(counters: &Counters) -> Value {
    json!({
        "asked": counters.retrievals,
        "in_vain": counters.retrievals_failed,
        "replayed": counters.replayed,
        "replay_missing": counters.replay_missing,
    })
}

pub(super) fn savings(counters: &Counters) -> Value {
    json!({
        "requests": counters.requests,
        "failed": counters.failed,
        "tokens_before": counters.tokens_before,
        "tokens_after": counters.tokens_after,
        "tokens_saved": counters.saved(),
        "tokens_would_save": counters.would_save,
        "savings_percent": counters.percent(),
    })
}

pub(super) fn blocks(sums: &BTreeMap<String, Blocks>) -> Value {
    let one = |(name, sum): (&String, &Blocks)| {
        let sum = json!({
            "blocks": sum.blocks,
            "tokens_before": sum.before,
            "tokens_after": sum.after,
            "in_all_requests": {
                "tokens_before": sum.sent_before,
                "tokens_after": sum.sent_after,
                "tokens_saved": sum.saved(),
                "tokens_would_save": sum.would_save,
            },
        });
        (name.clone(), sum)
    };
    sums.iter().map(one).collect::<Map<_, _>>().into()
}

/// One arm of the comparison with the holdout.
pub(super) fn arm(counters: &Counters) -> Value {
    let each = |sum: f64| if counters.metered == 0 { 0.0 } else { sum / counters.metered as f64 };
    let priced = counters.metered - counters.unpriced.min(counters.metered);
    let mut arm = savings(counters);
    arm["conversations"] = counters.conversations.into();
    arm["usage"] = used(counters);
    arm["cost"] = cost(counters);
    arm["retrievals"] = counters.retrievals.into();
    arm["each_request"] = json!({
        "input_tokens": each(counters.sent() as f64),
        "output_tokens": each(counters.output as f64),
        "cost_usd": if priced == 0 { 0.0 } else { dollars(counters.cost) / priced as f64 },
    });
    arm
}

/// Requests in which nothing was saved, as they weren't understood, by the reason.
fn not_understood(metrics: &Metrics) -> Value {
    let counts = metrics.not_understood.iter();
    counts.map(|(what, n)| (what.name().to_owned(), (*n).into())).collect::<Map<_, _>>().into()
}

fn unchanged(block: &Unchanged) -> Value {
    let (why, detail) = match block.why {
        Why::NoShorterForm => ("no_shorter_form", None),
        Why::NothingLeftOut(reason) => ("nothing_can_be_left_out", Some(reason)),
        Why::Never(reason) => ("never_changed", Some(reason)),
    };
    json!({
        "timestamp": humantime::format_rfc3339_millis(block.at).to_string(),
        "tool": block.tool,
        "kind": block.kind,
        "tokens": block.tokens,
        "times": block.times,
        "why": why,
        "detail": detail,
    })
}

fn histogram(histogram: &Histogram) -> Value {
    json!({
        "count": histogram.count,
        "average_ms": ms(histogram.mean()),
        "min_ms": ms(histogram.min),
        "max_ms": ms(histogram.max),
        "p50_ms": ms(histogram.quantile(0.5)),
        "p99_ms": ms(histogram.quantile(0.99)),
    })
}

/// One request.
pub(super) fn recent(recent: &Recent) -> Value {
    let counters = &recent.counters;
    let ending = match recent.ending {
        Ending::Done => "done",
        Ending::ClientGone => "client gone",
        Ending::ProviderBroke => "provider broke off",
    };
    let kind = |(name, kind): (&&str, &KindTokens)| {
        let sums = json!({ "blocks": kind.blocks, "tokens_before": kind.before, "tokens_after": kind.after });
        ((*name).to_owned(), sums)
    };
    let is_metered = counters.metered > 0;
    let is_priced = is_metered && counters.unpriced == 0;
    json!({
        "id": recent.id,
        "timestamp": humantime::format_rfc3339_millis(recent.at).to_string(),
        "provider": recent.provider,
        "model": recent.model,
        "mode": recent.form,
        "stream": recent.stream,
        "status": recent.status,
        "ending": ending,
        "held_out": recent.held_out,
        "applied": recent.is_applied,
        "reason": recent.reason,
        "input_tokens_original": counters.tokens_before,
        "input_tokens_optimized": counters.tokens_after,
        "tokens_saved": counters.saved(),
        "tokens_would_save": counters.would_save,
        "savings_percent": counters.percent(),
        "by_kind": recent.kinds.iter().map(kind).collect::<Map<_, _>>(),
        "transforms_applied": recent.transforms,
        "failures": counters.failures,
        "retrievals": counters.retrievals,
        "replayed": counters.replayed,
        "replay_missing": counters.replay_missing,
        "rounds": recent.rounds,
        "usage": is_metered.then(|| used(counters)),
        "output_tokens": is_metered.then_some(counters.output),
        "cached_tokens": is_metered.then_some(counters.cache_read),
        "cost_usd": is_priced.then(|| dollars(counters.cost)),
        "cost_saved_usd_estimate": is_priced.then(|| difference(counters.cost_without, counters.cost)),
        "optimization_latency_ms": ms(recent.overhead),
        "ttfb_ms": recent.first_byte.map(ms),
        "total_latency_ms": ms(recent.total),
        "has_exact_tokens": is_metered,
        "token_accounting_status": if is_metered { "complete" } else { "partial" },
    })
}
