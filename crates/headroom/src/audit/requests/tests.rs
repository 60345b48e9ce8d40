use llm_proxy::Offline;
use metrics::Prices;
use serde_json::json;

use super::super::later_use::later_uses;
use super::super::transcript::api;
use super::*;

const MODEL: &str = "claude-sonnet-4-5";

fn request(items: usize, usage: Usage) -> Request {
    Request { items, model: Some(MODEL.to_owned()), usage: Some(usage), ..Request::default() }
}

fn conversation(sent: &[u64]) -> Conversation {
    let text = "one line of the output of a command\n".repeat(400);
    let item = json!({"role": "user", "content": text});
    let mut conversation = Conversation::default();
    assert!(sent.iter().all(|_| conversation.push(&item)));
    let usage = |sent: u64| Usage { cache_read: sent, ..Usage::default() };
    conversation.requests =
        sent.iter().enumerate().map(|(at, sent)| request(at + 1, usage(*sent))).collect();
    conversation
}

/// A session in which a log is read, after which the model says something; one of three requests reads
/// nothing from the cache.
fn log_session(percent: u64, said: &str) -> Conversation {
    let line = |n: usize| format!("2026-01-01T00:00:00Z INFO request_{n} done in {n} ms\n");
    let log: String = (0..800).map(line).collect();
    let items = [
        json!({"role": "user", "content": "why?"}),
        json!({"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "Bash", "input": {"command": "cat a.log"}}]}),
        json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": log}]}),
        json!({"role": "assistant", "content": [{"type": "text", "text": said}]}),
        json!({"role": "user", "content": "go on"}),
    ];
    let mut conversation = Conversation::default();
    assert!(items.iter().all(|item| conversation.push(item)));
    let new: usize = conversation.items[1..3].iter().map(|item| self::said(item)).sum();
    let all = 9000 + new as u64 * percent / 100;
    conversation.requests = vec![
        request(1, Usage { cache_write: 9000, ..Usage::default() }),
        request(3, Usage { cache_read: 9000, cache_write: all - 9000, ..Usage::default() }),
        request(5, Usage { cache_write: all + 20, ..Usage::default() }),
    ];
    conversation
}

fn costs(conversation: &Conversation, counted: &[bool]) -> CostTotals {
    let format = TranscriptFormat::ClaudeCode;
    let rebuilt = Rebuilt::new(format, conversation);
    let replay = Offline::new().unwrap().replay(api(format), &rebuilt.body).unwrap();
    let uses = later_uses(&replay.steps);
    let replayed = ReplayedConversation::new(format, conversation, &replay, &rebuilt, &uses);
    replayed.costs(counted, &mut ModelPrices::new(&Prices::known()))
}

#[test]
fn the_providers_tokens_are_measured_by_what_was_new() {
    let one = said(&conversation(&[0]).items[0]) as u64;
    let times = |sent: &[u64]| ratio(&conversation(sent));
    // The system prompt and the tools are in all of them, and in no item.
    let base = 50_000;
    let grown = |percent: u64| [base, base + one * percent / 100, base + 2 * one * percent / 100];
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
    let saved = |percent: u64| {
        let found = costs(&log_session(percent, "no"), &[true; 3]);
        found.without.sent() - found.with.sent()
    };
    let (less, more) = (saved(80) as f64, saved(120) as f64);
    assert!((1.4..1.6).contains(&(more / less)), "{less} {more}");
}

#[test]
fn tool_results_are_the_most_that_can_be_saved() {
    let found = costs(&log_session(100, "no"), &[true; 3]);
    assert_eq!((found.requests, found.retrievals, found.lossy_blocks), (3, 0, 1));
    let saved = found.without.dollars - found.with.dollars;
    assert!(saved > 0.0 && found.results.dollars > saved, "{found:?}");
    assert!(found.touchable_after * 2 < found.touchable_before);
    // The log is in two requests, and the prompt in three.
    assert!(found.results.sent() < found.without.sent());
}

#[test]
fn a_prefix_that_was_lost() {
    let found = costs(&log_session(100, "no"), &[true; 3]).lost;
    let whole = sent(&log_session(100, "no").requests[1].usage.unwrap());
    assert_eq!((found.requests, found.after_pause, found.tokens), (1, 0, whole));
    assert!((found.dollars - whole as f64 * (3.75 - 0.3) / 1e6).abs() < 1e-9);
    let mut late = log_session(100, "no");
    (late.requests[1].at, late.requests[2].at) = (Some(1000), Some(1301));
    assert_eq!(costs(&late, &[true; 3]).lost.after_pause, 1);
}

#[test]
fn what_is_used_later_is_retrieved() {
    let without = costs(&log_session(100, "no"), &[true; 3]);
    let found = costs(&log_session(100, "it is request_417"), &[true; 3]);
    assert_eq!(found.retrievals, 1);
    // One more round reads the whole prefix, and what was retrieved stays in the last request.
    let more = found.with.dollars - without.with.dollars;
    // What the model says isn't as long in both, so neither is what our tokens are of the provider's.
    assert!((more - found.retrieval.dollars).abs() < 0.01 * more, "{more} {found:?}");
    assert!(found.retrieval.usage.cache_write > 5000 && found.retrieval.usage.output > 0);
    assert!(found.retrieval.usage.cache_read > 9000);
}

#[test]
fn requests_that_are_counted_elsewhere_are_left_out() {
    let conversation = log_session(100, "no");
    let found = costs(&conversation, &[false, false, true]);
    assert_eq!((found.requests, found.lossy_blocks), (1, 0));
    assert_eq!(found.without.usage, conversation.requests[2].usage.unwrap());
}
