//! The body of `/stats-history`: the metrics of all times.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use metrics::{Add as _, COMPRESSED, Counters, History, LEFT_ALONE};
use serde_json::{Map, Value, json};

use super::clients::clients;
use super::live::{arm, blocks, cost, models, retrieval, savings, used};

/// Seconds in an hour.
const HOUR: u64 = 60 * 60;
/// Hours in a day.
const DAY: u64 = 24;
/// Days in a week.
const WEEK: u64 = 7;

/// The names of the series.
pub(super) const SERIES: [&str; 4] = ["hourly", "daily", "weekly", "monthly"];

/// The body, with one series or all.
pub(super) fn body(history: &History, series: Option<&str>) -> Value {
    let chosen = all_series(history)
        .into_iter()
        .filter(|(name, _)| series.is_none_or(|series| series == name))
        .collect::<Map<_, _>>();
    json!({
        "schema_version": 2,
        "since": (history.since > 0).then(|| date(history.since, "2024-01-01T00:00:00Z".len())),
        "lifetime": lifetime(history),
        "series": chosen,
    })
}

fn lifetime(history: &History) -> Value {
    let mut lifetime = savings(&history.total);
    lifetime["usage"] = used(&history.total);
    lifetime["cost"] = cost(&history.total);
    lifetime["retrieval"] = retrieval(&history.total);
    lifetime["cache_hits"] = history.total.cache_hits.into();
    lifetime["failures"] = history.total.failures.into();
    lifetime["by_model"] = models(&history.by_model);
    lifetime["by_client"] = clients(&history.by_client);
    lifetime["by_kind"] = blocks(&history.by_kind);
    lifetime["by_tool"] = blocks(&history.by_tool);
    lifetime["holdout"] = json!({
        "compressed": arm(&history.arms[COMPRESSED]),
        "left_alone": arm(&history.arms[LEFT_ALONE]),
    });
    lifetime
}

/// The metrics by hour, day, week (from Monday) and month, in UTC, oldest first.
fn all_series(history: &History) -> Vec<(String, Value)> {
    // The first of January 1970 was a Thursday: three days after a Monday.
    let monday = |day: u64| ((day + 3) / WEEK * WEEK).saturating_sub(3);
    let day = |day: u64, length| date(day * DAY * HOUR, length);
    let series = [
        group(&history.hours, |hour| date(hour * HOUR, "2024-01-01T00".len())),
        group(&history.days, |number| day(number, "2024-01-01".len())),
        group(&history.days, |number| day(monday(number), "2024-01-01".len())),
        group(&history.days, |number| day(number, "2024-01".len())),
    ];
    SERIES.into_iter().map(str::to_owned).zip(series).collect()
}

fn group(counters: &BTreeMap<u64, Counters>, period: impl Fn(u64) -> String) -> Value {
    let mut periods: BTreeMap<String, Counters> = BTreeMap::new();
    for (at, counters) in counters {
        periods.entry(period(*at)).or_default().add(counters);
    }
    let point = |(from, counters): (String, Counters)| {
        let mut point = savings(&counters);
        point["period"] = from.into();
        point["cost"] = cost(&counters);
        point["usage"] = used(&counters);
        point
    };
    periods.into_iter().map(point).collect()
}

/// The first `length` characters of a time in RFC 3339.
fn date(second: u64, length: usize) -> String {
    // The end of the year 9999: what is later can't be written.
    let second = second.min(253_402_300_799);
    let mut time =
        humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(second)).to_string();
    time.truncate(length);
    time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_add_up_to_days_weeks_and_months() {
        // 2024-04-28 23:30 (a Sunday), 2024-04-29 00:30, 2024-05-01 10:00 and 10:59.
        let mut history = History::default();
        for second in [1_714_347_000, 1_714_350_600, 1_714_557_600, 1_714_561_140] {
            let counters = Counters { tokens_before: 100, tokens_after: 50, ..Counters::default() };
            history.count(second, &counters);
        }
        let body = body(&history, None);
        let periods = |name: &str| -> Vec<(String, u64)> {
            let points = body["series"][name].as_array().unwrap();
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
        assert_eq!(body["since"], "2024-04-28T23:30:00Z");
        assert_eq!(body["lifetime"]["tokens_saved"], 200);
    }

    #[test]
    fn any_number_is_a_date() {
        assert_eq!(date(u64::MAX, 4), "9999");
        assert_eq!(body(&History::default(), Some("daily"))["since"], Value::Null);
    }
}
