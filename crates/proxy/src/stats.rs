//! `/stats`, `/stats-history` and `/metrics`: the figures, under the names that clients of the Python
//! package read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::{Refusal, json_response};
use crate::app::App;
use crate::meter::{Compression, Figures, Savings, Spread, ms};

/// Seconds of an hour.
const HOUR: u64 = 60 * 60;
/// Hours of a week.
const WEEK: u64 = 7 * 24;

/// `GET /stats`.
pub(crate) async fn stats(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let figures = app.meter.read();
    let total = figures.total();
    let worker = Arc::clone(&app);
    let usage = app.limits.read(move || worker.originals.usage()).await?;
    let store = json!({
        "backend": app.originals.describe(),
        "ready": usage.is_ok(),
        "error": usage.as_ref().err().map(ToString::to_string),
        "leaves_out": app.config.optimize && usage.is_ok(),
    });
    let usage = usage.ok();
    let bounds = app.originals.bounds();
    let answer = json!({
        "summary": {
            "mode": if app.config.optimize { "optimize" } else { "off" },
            "api_requests": total.requests,
            "tokens_saved": total.saved(),
            "savings_percent": total.percent(),
        },
        "uptime_seconds": app.started.elapsed().as_secs_f64(),
        "requests": {
            "total": figures.answered(|_| true),
            "cached": 0,
            "rate_limited": figures.answered(|status| status == 429 || status == 503),
            "failed": figures.answered(|status| status >= 500 && status != 503),
            "refused": figures.answered(|status| (400..500).contains(&status)),
            "by_route": by_route(&figures),
            "by_provider": {},
            "by_model": figures.by_model,
        },
        "tokens": {
            "input": total.tokens_after,
            "output": 0,
            "saved": total.saved(),
            "total_before_compression": total.tokens_before,
            "savings_percent": total.percent(),
        },
        "latency": spread(&figures.latency),
        "overhead": spread(&figures.overhead),
        "compression": {
            "by_transform": figures.by_transform,
            "failed": figures.failures,
            "not_kept": figures.not_kept,
            "ccr_entries": usage.map(|usage| usage.entries),
            "ccr_bytes": usage.map(|usage| usage.bytes),
            "ccr_max_bytes": bounds.bytes,
            "ccr_retrievals": figures.retrieved,
            "ccr_not_found": figures.not_found,
        },
        "store": store,
        "recent_requests": figures.recent.iter().rev().map(recent).collect::<Vec<_>>(),
    });
    Ok(json_response(StatusCode::OK, &answer))
}

/// `?series=`
#[derive(Deserialize)]
pub(crate) struct Asked {
    series: Option<String>,
}

/// `GET /stats-history`, of one series or of all.
pub(crate) async fn history(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let figures = app.meter.read();
    let all = series(&figures);
    let chosen: Map<String, Value> = match asked.series.as_deref() {
        None | Some("") => all,
        Some(name) => all.into_iter().filter(|(known, _)| known == name).collect(),
    };
    if chosen.is_empty() {
        return Err(Refusal::invalid("invalid series: expected hourly, daily, weekly or monthly"));
    }
    let answer = json!({
        "schema_version": 1,
        "since": humantime::format_rfc3339_seconds(
            std::time::SystemTime::now() - app.started.elapsed()
        ).to_string(),
        "lifetime": savings(figures.total()),
        "history": figures.recent.iter().map(recent).collect::<Vec<_>>(),
        "series": chosen,
    });
    Ok(json_response(StatusCode::OK, &answer))
}

/// `GET /metrics`, in Prometheus' text format.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let body = exposition(&app.meter.read(), app.started.elapsed());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], body).into_response()
}

fn by_route(figures: &Figures) -> BTreeMap<&str, u64> {
    let mut routes = BTreeMap::new();
    for ((route, _), count) in &figures.requests {
        *routes.entry(route.as_str()).or_default() += count;
    }
    routes
}

fn spread(spread: &Spread) -> Value {
    json!({
        "average_ms": spread.mean_ms(),
        "min_ms": ms(spread.min),
        "max_ms": ms(spread.max),
    })
}

fn recent(compression: &Compression) -> Value {
    let (before, after) = (compression.tokens_before, compression.tokens_after);
    let mut saved = Savings::default();
    saved.add(before as u64, after as u64);
    json!({
        "timestamp": humantime::format_rfc3339_millis(compression.at).to_string(),
        "model": compression.model,
        "mode": compression.form,
        "stream": false,
        "input_tokens_original": before,
        "input_tokens_optimized": after,
        "tokens_saved": saved.saved(),
        "savings_percent": saved.percent(),
        "transforms_applied": compression.transforms,
        "optimization_latency_ms": ms(compression.took),
    })
}

fn savings(savings: Savings) -> Value {
    json!({
        "requests": savings.requests,
        "tokens_before": savings.tokens_before,
        "tokens_after": savings.tokens_after,
        "tokens_saved": savings.saved(),
        "savings_percent": savings.percent(),
    })
}

/// The savings by hour, day, week (from Monday) and month, in UTC, oldest first.
fn series(figures: &Figures) -> Map<String, Value> {
    let group = |period: &dyn Fn(u64) -> String| {
        let mut periods: BTreeMap<String, Savings> = BTreeMap::new();
        for (hour, saved) in &figures.hours {
            periods.entry(period(*hour)).or_default().merge(*saved);
        }
        let point = |(from, saved): (String, Savings)| {
            let mut point = savings(saved);
            point["period"] = from.into();
            point
        };
        periods.into_iter().map(point).collect::<Value>()
    };
    let begin = |hour: u64, length: usize| {
        let mut time =
            humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(hour * HOUR))
                .to_string();
        time.truncate(length);
        time
    };
    // The first of January 1970 was a Thursday: three days after a Monday.
    let monday = |hour: u64| (hour + 3 * 24) / WEEK * WEEK;
    Map::from_iter([
        ("hourly".to_owned(), group(&|hour| begin(hour, "2024-01-01T00".len()))),
        ("daily".to_owned(), group(&|hour| begin(hour, "2024-01-01".len()))),
        (
            "weekly".to_owned(),
            group(&|hour| begin(monday(hour).saturating_sub(3 * 24), "2024-01-01".len())),
        ),
        ("monthly".to_owned(), group(&|hour| begin(hour, "2024-01".len()))),
    ])
}

fn exposition(figures: &Figures, uptime: Duration) -> String {
    let total = figures.total();
    let mut out = String::new();
    let mut family = |name: &str, kind: &str, help: &str, samples: &[(String, f64)]| {
        // Writing to a String can't fail.
        let _ = writeln!(out, "# HELP headroom_{name} {help}\n# TYPE headroom_{name} {kind}");
        for (labels, value) in samples {
            let _ = writeln!(out, "headroom_{name}{labels} {value}");
        }
    };
    let one = |value: f64| [(String::new(), value)];
    let requests: Vec<_> = figures
        .requests
        .iter()
        .map(|((route, status), n)| {
            (format!("{{route=\"{route}\",status=\"{status}\"}}"), *n as f64)
        })
        .collect();
    let labelled = |label: &str, counts: &BTreeMap<String, u64>| {
        let sample = |(name, n): (&String, &u64)| (format!("{{{label}=\"{name}\"}}"), *n as f64);
        counts.iter().map(sample).collect::<Vec<_>>()
    };
    family("uptime_seconds", "gauge", "Time since the start.", &one(uptime.as_secs_f64()));
    family("requests_total", "counter", "Requests answered.", &requests);
    let models = labelled("model", &figures.by_model);
    family("requests_by_model", "counter", "Requests that compressed, by model.", &models);
    let transforms = labelled("transform", &figures.by_transform);
    family("transforms_total", "counter", "Requests in which a form was used.", &transforms);
    for (name, help, value) in [
        ("compressions_total", "Requests that compressed.", total.requests),
        ("tokens_input_total", "Tokens after compression.", total.tokens_after),
        ("tokens_before_total", "Tokens before compression.", total.tokens_before),
        ("tokens_saved_total", "Tokens saved.", total.saved()),
        ("compression_failed_total", "Texts that failed to compress.", figures.failures),
        (
            "originals_not_kept_total",
            "Texts with nothing left out for want of a store.",
            figures.not_kept,
        ),
        ("retrievals_total", "Originals given back.", figures.retrieved),
        ("retrievals_not_found_total", "Originals asked for and not there.", figures.not_found),
    ] {
        family(name, "counter", help, &one(value as f64));
    }
    for (name, help, spread) in [
        ("latency_ms", "From a request's head to its answer's, in milliseconds", figures.latency),
        ("overhead_ms", "Compressing, per request, in milliseconds", figures.overhead),
    ] {
        family(&format!("{name}_sum"), "counter", &format!("{help}: sum."), &one(ms(spread.sum)));
        family(
            &format!("{name}_count"),
            "counter",
            &format!("{help}: count."),
            &one(spread.count as f64),
        );
        family(&format!("{name}_min"), "gauge", &format!("{help}: least."), &one(ms(spread.min)));
        family(&format!("{name}_max"), "gauge", &format!("{help}: most."), &one(ms(spread.max)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hour in which a day begins, from a date whose seconds since 1970 are known.
    fn figures(days: &[u64]) -> Figures {
        let mut figures = Figures::default();
        for seconds in days {
            figures.hours.entry(seconds / HOUR).or_default().add(100, 50);
        }
        figures
    }

    #[test]
    fn hours_add_up_to_days_weeks_and_months() {
        // 2024-04-28 23:30 (a Sunday), 2024-04-29 00:30, 2024-05-01 10:00 and 10:59.
        let figures = figures(&[1_714_347_000, 1_714_350_600, 1_714_557_600, 1_714_561_140]);
        let series = series(&figures);
        let periods = |name: &str| -> Vec<(String, u64)> {
            let points = series[name].as_array().unwrap();
            let point = |p: &Value| {
                (p["period"].as_str().unwrap().to_owned(), p["tokens_saved"].as_u64().unwrap())
            };
            points.iter().map(point).collect()
        };
        let expected = |list: &[(&str, u64)]| -> Vec<(String, u64)> {
            list.iter().map(|(period, saved)| ((*period).to_owned(), *saved)).collect()
        };
        assert_eq!(
            periods("hourly"),
            expected(&[("2024-04-28T23", 50), ("2024-04-29T00", 50), ("2024-05-01T10", 100)])
        );
        assert_eq!(
            periods("daily"),
            expected(&[("2024-04-28", 50), ("2024-04-29", 50), ("2024-05-01", 100)])
        );
        assert_eq!(periods("weekly"), expected(&[("2024-04-22", 50), ("2024-04-29", 150)]));
        assert_eq!(periods("monthly"), expected(&[("2024-04", 100), ("2024-05", 100)]));
    }

    #[test]
    fn every_line_of_the_metrics_is_a_comment_or_a_sample() {
        let mut figures = figures(&[]);
        figures.requests.insert(("/v1/compress".to_owned(), 200), 3);
        figures.by_model.insert("gpt-4o".to_owned(), 2);
        let text = exposition(&figures, Duration::from_secs(1));
        assert!(
            text.contains("headroom_requests_total{route=\"/v1/compress\",status=\"200\"} 3\n")
        );
        for line in text.lines().filter(|line| !line.starts_with("# ")) {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with("headroom_"), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
    }
}
