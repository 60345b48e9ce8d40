use std::time::{Duration, UNIX_EPOCH};

use llm_api::response::Usage;

use super::*;
use crate::snapshot::{RECENT, UNCHANGED};

const ROUTE: &str = "/v1/messages";

fn recorder(optimize: bool) -> MetricsRecorder {
    MetricsRecorder::new(optimize, Prices::known(), None)
}

fn block(tool: &str, kind: &'static str, before: usize, after: usize) -> BlockReport {
    BlockReport {
        tool: tool.into(),
        kind,
        before,
        after,
        reason: None,
        is_new: true,
        is_last: true,
        texts: None,
    }
}

/// A request of a model whose tokens are counted exactly, which was answered.
fn exchange(blocks: Vec<BlockReport>) -> Exchange {
    Exchange {
        provider: "openai",
        route: ROUTE,
        model: Some("gpt-5".to_owned()),
        conversation: Some([1; 8]),
        is_billed: true,
        status: Some(200),
        ending: Ending::Done,
        usage: vec![Usage {
            input: 1000,
            cache_read: 9000,
            cache_write: 0,
            output: 100,
            ..Usage::default()
        }],
        blocks,
        ..Exchange::default()
    }
}

fn compression(model: String) -> Compression {
    Compression {
        at: UNIX_EPOCH,
        model: Some(model),
        form: "text",
        tokens_before: 100,
        tokens_after: 40,
        transforms: vec!["json/1".to_owned()],
        failures: 0,
        not_kept: 0,
        took: Duration::from_millis(2),
    }
}

#[test]
fn what_was_saved() {
    let recorder = recorder(true);
    recorder.compressed(compression("gpt-4o".to_owned()));
    recorder.compressed(compression("gpt-4o".to_owned()));
    let metrics = recorder.read();
    let (history, error) = recorder.history();
    assert!(error.is_none());
    assert_eq!((metrics.total, metrics.total), (history.total, history.hours[&0]));
    assert_eq!((metrics.total.saved(), metrics.total.percent()), (120, 60.0));
    assert_eq!(metrics.by_model["gpt-4o"].requests, 2);
    assert_eq!(metrics.overhead.mean(), Duration::from_millis(2));
}

#[test]
fn names_from_outside_are_bounded() {
    let recorder = recorder(true);
    for i in 0..2000 {
        recorder.compressed(compression(format!("model {i}\n\"{}", "x".repeat(i))));
        let tool = format!("tool {i}\n<b>{}", "x".repeat(i));
        recorder.record(exchange(vec![block(&tool, "log", 10, 10)]));
    }
    let metrics = recorder.read();
    assert_eq!((metrics.by_model.len(), metrics.by_tool.len()), (101, 101));
    assert_eq!((metrics.recent.len(), metrics.unchanged.len()), (RECENT, UNCHANGED));
    let names = metrics.by_model.keys().chain(metrics.by_tool.keys());
    assert!(
        names
            .chain(metrics.unchanged.iter().map(|block| &block.tool))
            .all(|name| { name.len() <= 80 && !name.contains(['\n', '"', ' ', '<']) })
    );
    assert_eq!(metrics.by_tool.values().map(|sum| sum.blocks).sum::<u64>(), 2000);
}

#[test]
fn retrievals_of_an_original_are_counted() {
    let recorder = recorder(true);
    let ask = |text: &str| {
        let hash = text.to_owned();
        recorder.retrieved(Retrieval { hash, queried: false, given: 1, of: 1 })
    };
    assert_eq!([ask("a"), ask("b"), ask("a"), ask("a")], [1, 1, 2, 3]);
}

#[test]
fn metrics_of_an_exchange_add_up() {
    let recorder = recorder(true);
    let blocks = vec![block("Bash", "log", 5000, 1000), block("Read", "code", 300, 300)];
    recorder.record(exchange(blocks.clone()));
    let resent = blocks.iter().cloned().map(|block| BlockReport { is_new: false, ..block });
    recorder.record(exchange(resent.collect()));
    // Neither a count of tokens nor a refusal is billed.
    recorder.record(Exchange { is_billed: false, usage: Vec::new(), ..exchange(blocks.clone()) });
    recorder.record(Exchange { status: Some(429), usage: Vec::new(), ..exchange(blocks) });
    let metrics = recorder.read();
    let total = metrics.total;
    assert_eq!((total.requests, total.failed, total.metered, total.cache_hits), (3, 1, 2, 2));
    assert_eq!((total.tokens_before, total.tokens_after, total.saved()), (10_600, 2600, 8000));
    assert_eq!((total.input, total.cache_read, total.output), (2000, 18_000, 200));
    assert_eq!(total.conversations, 1);
    let log = metrics.by_kind["log"];
    assert_eq!((log.blocks, log.before, log.after), (3, 15_000, 3000));
    assert_eq!((log.sent_before, log.sent_after), (10_000, 2000));
    for sums in [&metrics.by_kind, &metrics.by_tool] {
        let sum = |of: fn(&Blocks) -> u64| sums.values().map(of).sum::<u64>();
        assert_eq!(sum(|sum| sum.sent_before), total.tokens_before);
        assert_eq!(sum(|sum| sum.sent_after), total.tokens_after);
    }
    assert_eq!(metrics.by_provider[&("openai", Some(200))], 3);
    assert_eq!(metrics.by_provider[&("openai", Some(429))], 1);
    let unchanged = &metrics.unchanged[..];
    assert_eq!((unchanged.len(), unchanged[0].tokens, unchanged[0].times), (1, 300, 3));
    assert_eq!(metrics.unchanged[0].why, Why::NoShorterForm);
    let recent = metrics.recent.back().unwrap();
    assert_eq!((recent.id, recent.kinds["log"].before, recent.kinds["log"].after), (3, 5000, 1000));
    let (history, _) = recorder.history();
    assert_eq!((history.total, history.arms[COMPRESSED]), (total, metrics.arms[COMPRESSED]));
    assert_eq!((history.by_kind, history.by_tool), (metrics.by_kind, metrics.by_tool));
}

#[test]
fn money_is_what_was_billed_and_an_estimate_of_what_it_would_have_been() {
    let recorder = recorder(true);
    // 1.25, 0.125 and 10 dollars for a million tokens: input, read from the cache, output.
    recorder.record(exchange(vec![block("Bash", "log", 5000, 800)]));
    let total = recorder.read().total;
    let billed = 1000.0 * 1.25 + 9000.0 * 0.125 + 100.0 * 10.0;
    assert!((dollars(total.cost) * 1e6 - billed).abs() < 1e-6);
    // The block was new, so what was left out of it would have been plain input.
    assert!((dollars(total.cost_without) * 1e6 - billed - 4200.0 * 1.25).abs() < 1e-6);
    assert_eq!(total.cost_with, total.cost);
    // A model without a price is in the tokens and not in the money.
    recorder.record(Exchange { model: Some("own-model".to_owned()), ..exchange(Vec::new()) });
    let metrics = recorder.read();
    assert_eq!((metrics.total.unpriced, metrics.total.cost), (1, total.cost));
    assert_eq!(metrics.total.input, 2000);
}

#[test]
fn what_of_a_clients_prompts_is_touchable() {
    let recorder = recorder(true);
    let of_client = |client: &str, tokens_touchable: usize| Exchange {
        client: Some(client.into()),
        tokens_touchable,
        ..exchange(vec![block("Bash", "log", 5000, 800)])
    };
    recorder.record(of_client("claude-cli", 5000));
    recorder.record(of_client("claude-cli", 1 << 40));
    recorder.record(of_client("bad\nname", 0));
    recorder.record(exchange(Vec::new()));
    let metrics = recorder.read();
    let claude = metrics.by_client["claude-cli"];
    // Without compression it would have been 10,000 tokens and the 4,200 that were omitted.
    assert_eq!((claude.requests, claude.prompt), (2, 2 * 14_200));
    assert_eq!(claude.touchable, 5000 + 14_200);
    let names: Vec<&str> = metrics.by_client.keys().map(String::as_str).collect();
    assert_eq!(names, ["bad_name", "claude-cli"]);
    assert_eq!(recorder.history().0.by_client, metrics.by_client);
}

#[test]
fn what_is_left_alone_is_measured_and_not_saved() {
    for (recorder, held_out) in [(recorder(false), false), (recorder(true), true)] {
        let alone = exchange(vec![block("Bash", "log", 5000, 800)]);
        let usage = vec![Usage {
            input: 6000,
            cache_read: 9000,
            cache_write: 0,
            output: 100,
            ..Usage::default()
        }];
        recorder.record(Exchange { held_out, tokens_added: 50, usage, ..alone });
        let metrics = recorder.read();
        let total = metrics.total;
        assert_eq!((total.saved(), total.would_save, total.tokens_after), (0, 4200, 5000));
        assert_eq!(total.cost_without, total.cost);
        let saved = 4200.0 * 1.25 - 50.0 * 0.125;
        assert!((difference(total.cost, total.cost_with) * 1e6 - saved).abs() < 1e-6);
        assert_eq!(
            (metrics.arms[LEFT_ALONE], metrics.arms[COMPRESSED]),
            (total, Counters::default())
        );
        let log = metrics.by_kind["log"];
        assert_eq!((log.saved(), log.would_save, log.after), (0, 4200, 5000));
        assert!(!metrics.recent[0].is_applied);
    }
}

#[test]
fn metrics_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("figures.json");
    let open = || MetricsRecorder::new(true, Prices::known(), Some(&file));
    let first = open();
    first.record(exchange(vec![block("Bash", "log", 5000, 800)]));
    assert_eq!(first.history().0.total.saved(), 4200);
    first.flush().unwrap();
    first.flush().unwrap();
    assert_eq!(first.history().0.total.saved(), 4200);
    let second = open();
    assert_eq!(second.read().total, Counters::default());
    second.record(exchange(vec![block("Bash", "log", 5000, 800)]));
    second.flush().unwrap();
    assert_eq!(first.history().0.total.saved(), 8400);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.len() < 4096, "{text}");
    // What can't be written down stays for the next time.
    std::fs::write(&file, r#"{"version": 99}"#).unwrap();
    second.record(exchange(vec![block("Bash", "log", 100, 50)]));
    assert!(second.flush().is_err());
    assert!(matches!(second.history().1, Some(HistoryFileError::Newer)));
    std::fs::remove_file(&file).unwrap();
    second.flush().unwrap();
    assert_eq!(open().history().0.total.saved(), 50);
}

#[test]
fn metrics_are_never_in_neither_place_nor_in_both() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("figures.json");
    let recorder = MetricsRecorder::new(true, Prices::known(), Some(&file));
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| (0..200).for_each(|_| recorder.flush().unwrap()));
        let mut counted = 0;
        while !writing.is_finished() {
            recorder.record(exchange(Vec::new()));
            counted += 1;
            assert_eq!(recorder.history().0.total.requests, counted);
        }
    });
}

#[test]
fn messages_are_there_only_if_they_come() {
    let recorder = recorder(true);
    let texts = Some(Box::new(BlockTexts { before: "long".to_owned(), after: "s".to_owned() }));
    recorder.record(exchange(vec![block("Bash", "log", 10, 2)]));
    recorder.record(exchange(vec![BlockReport { texts, ..block("Bash", "log", 10, 2) }]));
    assert_eq!(recorder.messages(1), None);
    let kept = recorder.messages(2).unwrap();
    assert_eq!((&kept[0]["before"], &kept[0]["after"]), (&"long".into(), &"s".into()));
}
