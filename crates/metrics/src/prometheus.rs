//! `/metrics`: the metrics in Prometheus' text format. Money that was not billed, and what would have
//! been, is named an estimate.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::time::Duration;

use crate::{Blocks, Counters, Histogram, Metrics, dollars, ms};

/// The text.
pub fn exposition(metrics: &Metrics, uptime: Duration) -> String {
    let mut out = Families::default();
    out.one("uptime_seconds", "gauge", "Time since the start.", uptime.as_secs_f64());
    requests(metrics, &mut out);
    sums(&metrics.total, &mut out);
    out.retrieved(metrics.retrieved, metrics.not_found);
    for (name, sums) in [("kind", &metrics.by_kind), ("tool", &metrics.by_tool)] {
        blocks(name, sums, &mut out);
    }
    for (name, help, histogram) in [
        ("latency_ms", "From a request's head to the end of its answer", &metrics.latency),
        ("overhead_ms", "Added to a request before it is sent on", &metrics.overhead),
        (
            "ttfb_ms",
            "From a request's being sent on to the head of its answer",
            &metrics.first_byte,
        ),
    ] {
        durations(name, help, histogram, &mut out);
    }
    out.text
}

fn requests(metrics: &Metrics, out: &mut Families) {
    let samples = metrics
        .responses
        .iter()
        .map(|((route, status), n)| (format!("route=\"{route}\",status=\"{status}\""), *n as f64));
    out.family("requests_total", "counter", "Requests answered.", samples);
    let samples = metrics.by_provider.iter().map(|((provider, status), n)| {
        let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        (format!("provider=\"{provider}\",status=\"{status}\""), *n as f64)
    });
    out.family("requests_by_provider", "counter", "Requests sent on to a provider.", samples);
    let models = metrics.by_model.iter().map(|(name, t)| (label("model", name), t.requests as f64));
    out.family("requests_by_model", "counter", "Requests that compressed, by model.", models);
    let transforms =
        metrics.by_transform.iter().map(|(name, n)| (label("transform", name), *n as f64));
    out.family("transforms_total", "counter", "Requests in which a form was used.", transforms);
    let reasons = metrics.reasons.iter().map(|(name, n)| (label("reason", name), *n as f64));
    out.family(
        "left_alone_total",
        "counter",
        "Requests of which nothing could be left out, by reason.",
        reasons,
    );
    let not_understood =
        metrics.not_understood.iter().map(|(what, n)| (label("reason", what.name()), *n as f64));
    out.family(
        "not_understood_total",
        "counter",
        "Requests that weren't understood, so that nothing could be saved, by reason.",
        not_understood,
    );
    out.counter(
        "client_gone_total",
        "Requests that a client didn't wait for.",
        metrics.client_gone,
    );
    out.counter(
        "provider_broke_off_total",
        "Requests that a provider broke off or didn't answer.",
        metrics.provider_broke,
    );
}

fn sums(total: &Counters, out: &mut Families) {
    for (name, help, value) in [
        ("compressions_total", "Requests that hold a conversation or a text.", total.requests),
        ("tokens_input_total", "Tokens of what may be made smaller, as sent.", total.tokens_after),
        ("tokens_before_total", "The same before compression.", total.tokens_before),
        ("tokens_saved_total", "Tokens saved.", total.saved()),
        (
            "tokens_would_save_total",
            "Tokens that would have been saved in requests left alone.",
            total.would_save,
        ),
        ("tokens_output_total", "Tokens of answers, as the provider says.", total.output),
        (
            "metered_requests_total",
            "Requests of which the provider said what they used.",
            total.metered,
        ),
        (
            "cache_hits_total",
            "Those of them that read something from the prefix cache.",
            total.cache_hits,
        ),
        ("compression_failed_total", "Texts that failed to compress.", total.failures),
        (
            "originals_not_kept_total",
            "Texts with nothing left out for want of a store.",
            total.not_kept,
        ),
        ("redacted_total", "Credentials replaced.", total.redacted),
        ("llm_retrievals_total", "Calls of models for what was left out.", total.retrievals),
        (
            "llm_retrievals_in_vain_total",
            "Those of them that got an error.",
            total.retrievals_failed,
        ),
        ("replayed_total", "Turns into which intercepted calls were put back.", total.replayed),
        ("replay_missing_total", "Turns for which that wasn't possible.", total.replay_missing),
        ("unpriced_requests_total", "Requests of models whose price isn't known.", total.unpriced),
    ] {
        out.counter(name, help, value);
    }
    let usage = [
        ("input", total.input),
        ("cache_read", total.cache_read),
        ("cache_write", total.cache_write),
        ("output", total.output),
    ];
    let samples = usage.into_iter().map(|(sort, n)| (label("type", sort), n as f64));
    out.family(
        "provider_tokens_total",
        "counter",
        "Tokens as providers say that they were used.",
        samples,
    );
    for (name, help, nanos) in [
        ("cost_usd_total", "What was billed, at list prices.", total.cost),
        (
            "cost_without_usd_estimate_total",
            "What it would have been without compression: an estimate.",
            total.cost_without,
        ),
        (
            "cost_with_usd_estimate_total",
            "What it would have been with compression: an estimate where requests were left alone.",
            total.cost_with,
        ),
    ] {
        out.one(name, "counter", help, dollars(nanos));
    }
}

fn blocks(name: &str, sums: &BTreeMap<String, Blocks>, out: &mut Families) {
    let samples = sums.iter().flat_map(|(value, sum)| {
        let own = label(name, value);
        [("before", sum.sent_before), ("after", sum.sent_after)]
            .map(|(stage, tokens)| (format!("{own},stage=\"{stage}\""), tokens as f64))
    });
    let help = format!("Tokens of blocks in all requests, by {name}, before and after.");
    out.family(&format!("block_tokens_by_{name}_total"), "counter", &help, samples);
}

fn durations(name: &str, help: &str, histogram: &Histogram, out: &mut Families) {
    let quantiles =
        [0.5, 0.99].map(|share| (format!("quantile=\"{share}\""), ms(histogram.quantile(share))));
    let help = |what: &str| format!("{help}, in milliseconds: {what}.");
    out.family(name, "gauge", &help("quantiles"), quantiles.into_iter());
    out.one(&format!("{name}_sum"), "counter", &help("sum"), ms(histogram.sum));
    out.counter(&format!("{name}_count"), &help("count"), histogram.count);
    out.one(&format!("{name}_min"), "gauge", &help("least"), ms(histogram.min));
    out.one(&format!("{name}_max"), "gauge", &help("most"), ms(histogram.max));
}

fn label(name: &str, value: &str) -> String {
    format!("{name}=\"{value}\"")
}

#[derive(Default)]
struct Families {
    text: String,
}

impl Families {
    fn family(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        samples: impl Iterator<Item = (String, f64)>,
    ) {
        self.line(format_args!("# HELP headroom_{name} {help}"));
        self.line(format_args!("# TYPE headroom_{name} {kind}"));
        for (labels, value) in samples {
            match &*labels {
                "" => self.line(format_args!("headroom_{name} {value}")),
                labels => self.line(format_args!("headroom_{name}{{{labels}}} {value}")),
            }
        }
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.family(name, kind, help, [(String::new(), value)].into_iter());
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.one(name, "counter", help, value as f64);
    }

    fn retrieved(&mut self, given: u64, not_found: u64) {
        self.counter("retrievals_total", "Originals given back.", given);
        self.counter("retrievals_not_found_total", "Originals asked for and not there.", not_found);
    }

    fn line(&mut self, line: impl Display) {
        // Writing to a String can't fail.
        let _ = writeln!(self.text, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_metrics_is_a_comment_or_a_sample() {
        let mut metrics = Metrics::default();
        metrics.responses.insert(("/v1/compress".to_owned(), 200), 3);
        metrics.by_provider.insert(("anthropic", None), 2);
        metrics
            .by_model
            .insert("gpt-4o".to_owned(), Counters { requests: 2, ..Counters::default() });
        metrics.by_tool.insert("Bash".to_owned(), Blocks { sent_before: 9, ..Blocks::default() });
        metrics.first_byte.add(Duration::from_millis(20));
        let text = exposition(&metrics, Duration::from_secs(1));
        for line in [
            "headroom_requests_total{route=\"/v1/compress\",status=\"200\"} 3",
            "headroom_requests_by_provider{provider=\"anthropic\",status=\"none\"} 2",
            "headroom_block_tokens_by_tool_total{tool=\"Bash\",stage=\"before\"} 9",
            "headroom_ttfb_ms{quantile=\"0.99\"} 20",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        let mut families = std::collections::BTreeSet::new();
        for line in text.lines() {
            if let Some(family) = line.strip_prefix("# TYPE ") {
                assert!(families.insert(family.to_owned()), "twice: {family}");
            } else if !line.starts_with("# HELP ") {
                let (name, value) = line.rsplit_once(' ').unwrap();
                assert!(name.starts_with("headroom_"), "{line}");
                assert!(value.parse::<f64>().is_ok(), "{line}");
            }
        }
    }
}
