//! The system clock: used for notes and decisions, and for a pack only with `--timestamp`, because packs
//! are otherwise the same bytes for the same input.

use std::time::SystemTime;

/// Now in UTC, to the second: `2026-11-23T06:41:27+00:00`.
pub(crate) fn now() -> String {
    let zulu = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    format!("{}+00:00", zulu.trim_end_matches('Z'))
}

/// The day of a time that [`now`] gave: `2026-11-23`.
pub(crate) fn day(time: &str) -> &str {
    time.split_once('T').map_or(time, |(day, _)| day)
}

/// Seconds since 1970.
pub(crate) fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
