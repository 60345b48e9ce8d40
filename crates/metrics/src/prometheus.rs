//! The metrics in Prometheus' text format, version 0.0.4: counters end in `_total`, times are in seconds,
//! durations are histograms. Money that was not billed, and what would have been, is named an estimate.
//!
//! The names up to version 0.50 that broke these conventions stay beside the new ones for one version,
//! marked as deprecated in their HELP line (`deprecated`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::{Blocks, Counters, Histogram, Metrics, dollars, ms};

/// The text of `/metrics`. `uptime`: since the server started.
pub fn exposition(metrics: &Metrics, uptime: Duration) -> String {
    let mut out = Exposition::default();
    out.gauge("uptime_seconds", "Time since the server started.", uptime.as_secs_f64());
    requests(metrics, &mut out);
    counters(&metrics.total, &mut out);
    out.counter("retrievals_total", "Originals that clients retrieved.", metrics.retrieved);
    out.counter(
        "retrievals_not_found_total",
        "Retrievals of originals that aren't stored.",
        metrics.not_found,
    );
    for (label, blocks) in [("kind", &metrics.by_kind), ("tool", &metrics.by_tool)] {
        block_tokens(label, blocks, &mut out);
    }
    out.histogram(
        "request_duration_seconds",
        "Time from a request's head to the end of its response.",
        &metrics.latency,
    );
    out.histogram(
        "compression_overhead_seconds",
        "Time that compression adds to a request before it is sent on.",
        &metrics.overhead,
    );
    out.histogram(
        "time_to_first_byte_seconds",
        "Time from sending a request on to the head of its response.",
        &metrics.first_byte,
    );
    deprecated::write(metrics, &mut out);
    out.text
}

fn requests(metrics: &Metrics, out: &mut Exposition) {
    let mut family = out.family("requests_total", Type::Counter, "Responses of this server.");
    for ((route, status), count) in &metrics.responses {
        family.sample(&[("route", route), ("status", &status.to_string())], *count);
    }
    provider_requests("provider_requests_total", "Requests sent on to a provider.", metrics, out);
    model_requests("model_requests_total", "Requests with a conversation or a text.", metrics, out);
    let mut family = out.family(
        "transforms_total",
        Type::Counter,
        "Requests in which a codec or another transform was used.",
    );
    for (name, count) in &metrics.by_transform {
        family.sample(&[("transform", name)], *count);
    }
    let mut family = out.family(
        "left_alone_total",
        Type::Counter,
        "Requests in which nothing could be elided, by the reason.",
    );
    for (reason, count) in &metrics.reasons {
        family.sample(&[("reason", reason)], *count);
    }
    let mut family = out.family(
        "not_understood_total",
        Type::Counter,
        "Requests that weren't recognised, and so were not compressed, by reason.",
    );
    for (reason, count) in &metrics.not_understood {
        family.sample(&[("reason", reason.name())], *count);
    }
    out.counter(
        "client_gone_total",
        "Requests whose client disconnected before the end of the response.",
        metrics.client_gone,
    );
    out.counter(
        "provider_broke_off_total",
        "Requests whose provider couldn't be reached or broke off its response.",
        metrics.provider_broke,
    );
}

fn provider_requests(name: &str, help: &str, metrics: &Metrics, out: &mut Exposition) {
    let mut family = out.family(name, Type::Counter, help);
    for ((provider, status), count) in &metrics.by_provider {
        let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        family.sample(&[("provider", provider), ("status", &status)], *count);
    }
}

fn model_requests(name: &str, help: &str, metrics: &Metrics, out: &mut Exposition) {
    let mut family = out.family(name, Type::Counter, help);
    for (model, counters) in &metrics.by_model {
        family.sample(&[("model", model)], counters.requests);
    }
}

fn counters(total: &Counters, out: &mut Exposition) {
    for (name, help, value) in [
        ("compressions_total", "Requests with a conversation or a text.", total.requests),
        ("tokens_before_total", "Tokens that may be compressed, before.", total.tokens_before),
        ("tokens_input_total", "The same tokens as they were sent.", total.tokens_after),
        ("tokens_saved_total", "Tokens saved.", total.saved()),
        (
            "tokens_would_save_total",
            "Tokens that would have been saved in requests left alone.",
            total.would_save,
        ),
        ("tokens_output_total", "Output tokens, as providers report them.", total.output),
        ("metered_requests_total", "Requests whose usage the provider reported.", total.metered),
        ("cache_hits_total", "Those of them that hit the prefix cache.", total.cache_hits),
        ("compression_failed_total", "Texts that failed to compress.", total.failures),
        (
            "originals_not_kept_total",
            "Texts compressed losslessly only, as their originals couldn't be kept.",
            total.not_kept,
        ),
        ("redacted_total", "Credentials redacted.", total.redacted),
        ("llm_retrievals_total", "Intercepted tool calls.", total.retrievals),
        (
            "llm_retrievals_failed_total",
            "Intercepted tool calls that were answered with an error.",
            total.retrievals_failed,
        ),
        (
            "replayed_total",
            "Turns into which intercepted tool calls were replayed.",
            total.replayed,
        ),
        (
            "replay_missing_total",
            "Turns whose intercepted tool calls couldn't be replayed.",
            total.replay_missing,
        ),
        (
            "unpriced_requests_total",
            "Metered requests of models whose price isn't known.",
            total.unpriced,
        ),
    ] {
        out.counter(name, help, value);
    }
    let mut family =
        out.family("provider_tokens_total", Type::Counter, "Tokens, as providers report them.");
    for (sort, count) in [
        ("input", total.input),
        ("cache_read", total.cache_read),
        ("cache_write", total.cache_write),
        ("output", total.output),
    ] {
        family.sample(&[("type", sort)], count);
    }
    for (name, help, nanos) in [
        ("cost_usd_total", "Cost at list prices.", total.cost),
        (
            "cost_without_usd_estimate_total",
            "What the cost would have been without compression: an estimate.",
            total.cost_without,
        ),
        (
            "cost_with_usd_estimate_total",
            "What it would have been with compression: an estimate where requests were left alone.",
            total.cost_with,
        ),
    ] {
        out.family(name, Type::Counter, help).sample(&[], dollars(nanos));
    }
}

fn block_tokens(label: &str, blocks: &BTreeMap<String, Blocks>, out: &mut Exposition) {
    let name = format!("block_tokens_by_{label}_total");
    let help = format!("Tokens of blocks in all requests by {label}, before and after.");
    let mut family = out.family(&name, Type::Counter, &help);
    for (value, sum) in blocks {
        for (stage, tokens) in [("before", sum.sent_before), ("after", sum.sent_after)] {
            family.sample(&[(label, value), ("stage", stage)], tokens);
        }
    }
}

/// The names up to version 0.50 that broke the conventions, for one version.
mod deprecated {
    use super::*;

    pub(super) fn write(metrics: &Metrics, out: &mut Exposition) {
        let help = |new: &str| format!("Deprecated: see headroom_{new}.");
        let new = help("provider_requests_total");
        provider_requests("requests_by_provider", &new, metrics, out);
        model_requests("requests_by_model", &help("model_requests_total"), metrics, out);
        out.counter(
            "llm_retrievals_in_vain_total",
            &help("llm_retrievals_failed_total"),
            metrics.total.retrievals_failed,
        );
        for (old, new, histogram) in [
            ("latency_ms", "request_duration_seconds", &metrics.latency),
            ("overhead_ms", "compression_overhead_seconds", &metrics.overhead),
            ("ttfb_ms", "time_to_first_byte_seconds", &metrics.first_byte),
        ] {
            milliseconds(old, &help(new), histogram, out);
        }
    }

    fn milliseconds(name: &str, help: &str, histogram: &Histogram, out: &mut Exposition) {
        let mut family = out.family(name, Type::Gauge, help);
        for share in [0.5, 0.99] {
            let quantile = ms(histogram.quantile(share));
            family.sample(&[("quantile", &share.to_string())], quantile);
        }
        let sum = format!("{name}_sum");
        out.family(&sum, Type::Counter, help).sample(&[], ms(histogram.sum));
        out.counter(&format!("{name}_count"), help, histogram.count);
        out.gauge(&format!("{name}_min"), help, ms(histogram.min));
        out.gauge(&format!("{name}_max"), help, ms(histogram.max));
    }
}

/// The text as far as it is written.
#[derive(Default)]
struct Exposition {
    text: String,
}

#[derive(Clone, Copy)]
enum Type {
    Counter,
    Gauge,
    Histogram,
}

impl Exposition {
    /// Begins a family of metrics. `name`: after `headroom_`.
    fn family(&mut self, name: &str, kind: Type, help: &str) -> Family<'_> {
        let kind = match kind {
            Type::Counter => "counter",
            Type::Gauge => "gauge",
            Type::Histogram => "histogram",
        };
        // Writing to a String can't fail.
        let _ = writeln!(self.text, "# HELP headroom_{name} {}", help.replace('\n', " "));
        let _ = writeln!(self.text, "# TYPE headroom_{name} {kind}");
        Family { out: self, name: name.to_owned() }
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, Type::Counter, help).sample(&[], value);
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.family(name, Type::Gauge, help).sample(&[], value);
    }

    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        let mut family = self.family(name, Type::Histogram, help);
        for (bound, count) in histogram.cumulative() {
            family.series("_bucket", &[("le", &bound.as_secs_f64().to_string())], count);
        }
        family.series("_bucket", &[("le", "+Inf")], histogram.count);
        family.series("_sum", &[], histogram.sum.as_secs_f64());
        family.series("_count", &[], histogram.count);
    }
}

/// One family of metrics, being written.
struct Family<'e> {
    out: &'e mut Exposition,
    name: String,
}

impl Family<'_> {
    fn sample(&mut self, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.series("", labels, value);
    }

    fn series(&mut self, suffix: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let text = &mut self.out.text;
        // Writing to a String can't fail.
        let _ = write!(text, "headroom_{}{suffix}", self.name);
        for (at, (name, value)) in labels.iter().enumerate() {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(text, "{}{name}=\"{value}\"", if at == 0 { '{' } else { ',' });
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(text, "{end} {value}");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Label names and values, in their order.
    type Labels = Vec<(String, String)>;
    /// A name with labels, and its value.
    type Sample = (String, Labels, f64);

    /// A family as the format's reference describes it.
    #[derive(Debug, Default)]
    struct Parsed {
        kind: String,
        help: String,
        samples: Vec<Sample>,
    }

    fn is_name(text: &str) -> bool {
        let mut chars = text.chars();
        chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
    }

    /// Reads `name="value",…}` up to its end; the labels and what follows.
    fn labels(mut text: &str) -> (Labels, &str) {
        let mut labels = Vec::new();
        loop {
            let (name, rest) = text.split_once("=\"").expect("a label's name");
            assert!(is_name(name), "{name}");
            let mut value = String::new();
            let mut chars = rest.char_indices();
            let end = loop {
                match chars.next().expect("the end of a label's value") {
                    (_, '\\') => match chars.next() {
                        Some((_, 'n')) => value.push('\n'),
                        Some((_, c @ ('\\' | '"'))) => value.push(c),
                        other => panic!("not an escape: {other:?}"),
                    },
                    (at, '"') => break at,
                    (_, c) => value.push(c),
                }
            };
            labels.push((name.to_owned(), value));
            text = &rest[end + 1..];
            match text.strip_prefix(',') {
                Some(more) => text = more,
                None => return (labels, text.strip_prefix('}').expect("the end of the labels")),
            }
        }
    }

    /// A strict reader of the text format: each family once, HELP, TYPE, then its samples.
    fn parse(text: &str) -> BTreeMap<String, Parsed> {
        assert!(text.ends_with('\n'));
        let mut families: BTreeMap<String, Parsed> = BTreeMap::new();
        let mut current = String::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("a help text");
                assert!(is_name(name) && !help.trim().is_empty(), "{line}");
                let family = Parsed { help: help.to_owned(), ..Parsed::default() };
                assert!(families.insert(name.to_owned(), family).is_none(), "twice: {name}");
                name.clone_into(&mut current);
                continue;
            }
            let family = families.get_mut(&current).expect("a HELP line before everything else");
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a type");
                assert!(name == current && family.kind.is_empty() && family.samples.is_empty());
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                kind.clone_into(&mut family.kind);
                continue;
            }
            assert!(!line.starts_with('#') && !family.kind.is_empty(), "{line}");
            let end = line.find(['{', ' ']).expect("the end of a name");
            let (name, rest) = line.split_at(end);
            let (labels, value) = rest.strip_prefix('{').map_or_else(|| (Vec::new(), rest), labels);
            let value = value.strip_prefix(' ').expect("one blank before the value");
            let value: f64 = value.parse().expect("a number, and no timestamp");
            let suffixes: &[&str] = match &*family.kind {
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            assert!(suffixes.iter().any(|suffix| name == format!("{current}{suffix}")), "{line}");
            family.samples.push((name.to_owned(), labels, value));
        }
        families
    }

    fn check(families: &BTreeMap<String, Parsed>) {
        let mut series = BTreeSet::new();
        for (name, family) in families {
            let is_deprecated = family.help.starts_with("Deprecated: see headroom_");
            if !is_deprecated {
                assert_eq!(name.ends_with("_total"), family.kind == "counter", "{name}");
                assert!(!name.contains("_ms"), "{name}");
            } else {
                let new = family.help.trim_start_matches("Deprecated: see ");
                assert!(families.contains_key(new.trim_end_matches('.')), "{}", family.help);
            }
            for (sample, labels, value) in &family.samples {
                let names: BTreeSet<_> = labels.iter().map(|(name, _)| name).collect();
                assert_eq!(names.len(), labels.len(), "{sample} has a label twice");
                assert!(
                    series.insert((sample.clone(), labels.clone())),
                    "twice: {sample} {labels:?}"
                );
                assert!(value.is_finite() && (family.kind == "gauge" || *value >= 0.0), "{sample}");
            }
            if family.kind == "histogram" {
                check_histogram(name, &family.samples);
            }
        }
    }

    fn check_histogram(name: &str, samples: &[Sample]) {
        let of = |suffix: &str| -> Vec<_> {
            let name = format!("{name}{suffix}");
            samples.iter().filter(|(sample, ..)| *sample == name).collect()
        };
        let bound = |labels: &[(String, String)]| -> f64 {
            assert_eq!(labels[0].0, "le");
            labels[0].1.parse().unwrap()
        };
        let buckets = of("_bucket");
        assert!(buckets.windows(2).all(|pair| bound(&pair[0].1) < bound(&pair[1].1)));
        assert!(buckets.windows(2).all(|pair| pair[0].2 <= pair[1].2), "{buckets:?}");
        let last = buckets.last().unwrap();
        assert_eq!((&*last.1[0].1, last.2), ("+Inf", of("_count")[0].2));
        assert_eq!((of("_sum").len(), of("_count").len()), (1, 1));
    }

    fn metrics() -> Metrics {
        let mut metrics = Metrics::default();
        metrics.responses.insert(("/v1/compress".to_owned(), 200), 3);
        metrics.responses.insert(("/v1/retrieve/{hash}".to_owned(), 404), 1);
        metrics.by_provider.insert(("anthropic", None), 2);
        metrics.by_provider.insert(("anthropic", Some(200)), 7);
        let counters = Counters { requests: 2, retrievals_failed: 4, ..Counters::default() };
        metrics.by_model.insert("gpt-4o".to_owned(), counters);
        metrics.total = counters;
        metrics.by_tool.insert("Bash".to_owned(), Blocks { sent_before: 9, ..Blocks::default() });
        metrics.reasons.insert("a \"reason\" with \\ and\nmore", 1);
        for ms in [1, 20, 20, 300_000] {
            metrics.first_byte.add(Duration::from_millis(ms));
        }
        metrics
    }

    #[test]
    fn the_text_holds_to_the_format_and_the_conventions() {
        for metrics in [Metrics::default(), metrics()] {
            check(&parse(&exposition(&metrics, Duration::from_secs(1))));
        }
    }

    #[test]
    fn values_are_under_their_names() {
        let families = parse(&exposition(&metrics(), Duration::from_millis(1500)));
        let value = |name: &str, labels: &[(&str, &str)]| {
            let family = name.trim_end_matches("_bucket").trim_end_matches("_sum");
            let family = families.get(name).or_else(|| families.get(family)).expect(name);
            let is_wanted = |(sample, found, _): &&Sample| {
                let found = found.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                sample == name && found.eq(labels.iter().copied())
            };
            family.samples.iter().find(is_wanted).map(|sample| sample.2)
        };
        let route = [("route", "/v1/retrieve/{hash}"), ("status", "404")];
        assert_eq!(value("headroom_uptime_seconds", &[]), Some(1.5));
        assert_eq!(value("headroom_requests_total", &route), Some(1.0));
        for name in ["headroom_provider_requests_total", "headroom_requests_by_provider"] {
            let labels = [("provider", "anthropic"), ("status", "none")];
            assert_eq!(value(name, &labels), Some(2.0), "{name}");
        }
        for name in
            ["headroom_llm_retrievals_failed_total", "headroom_llm_retrievals_in_vain_total"]
        {
            assert_eq!(value(name, &[]), Some(4.0), "{name}");
        }
        let reason = [("reason", "a \"reason\" with \\ and\nmore")];
        assert_eq!(value("headroom_left_alone_total", &reason), Some(1.0));
        assert_eq!(value("headroom_ttfb_ms", &[("quantile", "0.99")]), Some(300_000.0));
        let bucket = |le| value("headroom_time_to_first_byte_seconds_bucket", &[("le", le)]);
        assert_eq!(bucket("0.000512"), Some(0.0));
        assert_eq!(bucket("0.001024"), Some(1.0));
        assert_eq!(bucket("0.032768"), Some(3.0));
        assert_eq!(bucket("134.217728"), Some(3.0));
        assert_eq!(bucket("+Inf"), Some(4.0));
        assert_eq!(value("headroom_time_to_first_byte_seconds_sum", &[]), Some(300.041));
    }
}
