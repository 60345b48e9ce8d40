//! The table of clients: what of their prompts may be compressed, beside what was saved.

use std::fmt::Write as _;

use serde_json::Value;

use super::{HEAD, ROWS, line, plain};
use crate::audit::report::grouped;

/// Adds the table; the clients with the longest prompts come first.
pub(super) fn table(out: &mut String, when: &str, by_client: &Value) {
    let Some(clients) = by_client.as_object() else { return };
    let prompt =
        |client: &Value| client["prompt"]["tokens_without_estimate"].as_u64().unwrap_or_default();
    let mut rows: Vec<_> = clients.iter().collect();
    rows.sort_by_key(|(name, client)| (std::cmp::Reverse(prompt(client)), name.to_string()));
    let head = format!("by client, {when}");
    out.push('\n');
    let heads = ("requests", "prompt tokens", "touchable", "saved");
    line(
        out,
        HEAD,
        &format!("{head:<34}{:>8}{:>16}{:>16}{:>10}", heads.0, heads.1, heads.2, heads.3),
    );
    for (name, client) in rows.into_iter().take(ROWS) {
        let share = |key: &str| match client["prompt"][key].as_f64() {
            Some(percent) if prompt(client) > 0 => format!("{percent:.1} %"),
            _ => "–".to_owned(),
        };
        let _ = writeln!(
            out,
            "{:<34}{:>8}{:>16}{:>16}{:>10}",
            plain(name, 33),
            grouped(client["requests"].as_u64().unwrap_or_default()),
            grouped(prompt(client)),
            share("touchable_percent"),
            share("saved_percent"),
        );
    }
    out.push_str("Touchable: tool results that the proxy may rewrite. Both are shares of the prompts without compression.\n");
}
