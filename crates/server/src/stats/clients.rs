//! What each client's prompts consist of: how much of them may be compressed, and how much was saved.

use std::collections::BTreeMap;

use metrics::{Counters, percent};
use serde_json::{Map, Value, json};

use super::live::{cost, savings, used};

/// The counters by client, each with the shares of its prompts. Tokens of prompts are those of requests
/// whose usage the provider reported.
pub(super) fn clients(by_client: &BTreeMap<String, Counters>) -> Value {
    let one = |(name, counters): (&String, &Counters)| {
        let saved = counters.prompt.saturating_sub(counters.sent());
        let mut client = savings(counters);
        client["usage"] = used(counters);
        client["cost"] = cost(counters);
        client["prompt"] = json!({
            "tokens_without_estimate": counters.prompt,
            "tokens_touchable_estimate": counters.touchable,
            "touchable_percent": percent(counters.touchable, counters.prompt),
            "saved_percent": percent(saved, counters.prompt),
        });
        (name.clone(), client)
    };
    by_client.iter().map(one).collect::<Map<_, _>>().into()
}
