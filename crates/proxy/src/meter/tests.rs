use super::*;
use crate::llm::BlockTexts;

const ROUTE: &str = "/v1/messages";

fn meter(optimize: bool) -> Meter {
    Meter::new(optimize, Prices::known(), None)
}

fn block(tool: &str, kind: &'static str, before: usize, after: usize) -> BlockFigures {
    BlockFigures {
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
fn exchange(blocks: Vec<BlockFigures>) -> Exchange {
    Exchange {
        provider: "openai",
        route: ROUTE,
        model: Some("gpt-5".to_owned()),
        conversation: Some([1; 8]),
        is_billed: true,
        status: Some(200),
        ending: Ending::Done,
        usage: vec![Usage { input: 1000, cache_read: 9000, cache_write: 0, output: 100 }],
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
    let meter = meter(true);
    meter.compressed(compression("gpt-4o".to_owned()));
    meter.compressed(compression("gpt-4o".to_owned()));
    let figures = meter.read();
    let (past, error) = meter.past();
    assert!(error.is_none());
    assert_eq!((figures.total, figures.total), (past.total, past.hours[&0]));
    assert_eq!((figures.total.saved(), figures.total.percent()), (120, 60.0));
    assert_eq!(figures.by_model["gpt-4o"].requests, 2);
    assert_eq!(figures.added.mean(), Duration::from_millis(2));
}

#[test]
fn names_from_outside_are_bounded() {
    let meter = meter(true);
    for i in 0..2000 {
        meter.compressed(compression(format!("model {i}\n\"{}", "x".repeat(i))));
        let tool = format!("tool {i}\n<b>{}", "x".repeat(i));
        meter.record(exchange(vec![block(&tool, "log", 10, 10)]));
    }
    let figures = meter.read();
    assert_eq!((figures.by_model.len(), figures.by_tool.len()), (101, 101));
    assert_eq!((figures.recent.len(), figures.unchanged.len()), (RECENT, UNCHANGED));
    let names = figures.by_model.keys().chain(figures.by_tool.keys());
    assert!(
        names
            .chain(figures.unchanged.iter().map(|block| &block.tool))
            .all(|name| { name.len() <= 80 && !name.contains(['\n', '"', ' ', '<']) })
    );
    assert_eq!(figures.by_tool.values().map(|sum| sum.blocks).sum::<u64>(), 2000);
}

#[test]
fn how_often_an_original_was_asked_for() {
    let meter = meter(true);
    let ask = |text: &str| {
        let hash = originals::Hash::of(text);
        meter.retrieved(Retrieval { hash, queried: false, given: 1, of: 1 })
    };
    assert_eq!([ask("a"), ask("b"), ask("a"), ask("a")], [1, 1, 2, 3]);
}

#[test]
fn figures_of_an_exchange_add_up() {
    let meter = meter(true);
    let blocks = vec![block("Bash", "log", 5000, 1000), block("Read", "code", 300, 300)];
    meter.record(exchange(blocks.clone()));
    let resent = blocks.iter().cloned().map(|block| BlockFigures { is_new: false, ..block });
    meter.record(exchange(resent.collect()));
    // Neither a count of tokens nor a refusal is billed.
    meter.record(Exchange { is_billed: false, usage: Vec::new(), ..exchange(blocks.clone()) });
    meter.record(Exchange { status: Some(429), usage: Vec::new(), ..exchange(blocks) });
    let figures = meter.read();
    let total = figures.total;
    assert_eq!((total.requests, total.failed, total.metered, total.cache_hits), (3, 1, 2, 2));
    assert_eq!((total.tokens_before, total.tokens_after, total.saved()), (10_600, 2600, 8000));
    assert_eq!((total.input, total.cache_read, total.output), (2000, 18_000, 200));
    assert_eq!(total.conversations, 1);
    let log = figures.by_kind["log"];
    assert_eq!((log.blocks, log.before, log.after), (3, 15_000, 3000));
    assert_eq!((log.sent_before, log.sent_after), (10_000, 2000));
    for sums in [&figures.by_kind, &figures.by_tool] {
        let sum = |of: fn(&Blocks) -> u64| sums.values().map(of).sum::<u64>();
        assert_eq!(sum(|sum| sum.sent_before), total.tokens_before);
        assert_eq!(sum(|sum| sum.sent_after), total.tokens_after);
    }
    assert_eq!(figures.by_provider[&("openai", Some(200))], 3);
    assert_eq!(figures.by_provider[&("openai", Some(429))], 1);
    let unchanged = &figures.unchanged[..];
    assert_eq!((unchanged.len(), unchanged[0].tokens, unchanged[0].times), (1, 300, 3));
    assert_eq!(figures.unchanged[0].why, Why::NoShorterForm);
    let recent = figures.recent.back().unwrap();
    assert_eq!((recent.id, recent.kinds["log"].before, recent.kinds["log"].after), (3, 5000, 1000));
    let (past, _) = meter.past();
    assert_eq!((past.total, past.arms[COMPRESSED]), (total, figures.arms[COMPRESSED]));
    assert_eq!((past.by_kind, past.by_tool), (figures.by_kind, figures.by_tool));
}

#[test]
fn money_is_what_was_billed_and_an_estimate_of_what_it_would_have_been() {
    let meter = meter(true);
    // 1.25, 0.125 and 10 dollars for a million tokens: input, read from the cache, output.
    meter.record(exchange(vec![block("Bash", "log", 5000, 800)]));
    let total = meter.read().total;
    let billed = 1000.0 * 1.25 + 9000.0 * 0.125 + 100.0 * 10.0;
    assert!((dollars(total.cost) * 1e6 - billed).abs() < 1e-6);
    // The block was new, so what was left out of it would have been plain input.
    assert!((dollars(total.cost_without) * 1e6 - billed - 4200.0 * 1.25).abs() < 1e-6);
    assert_eq!(total.cost_with, total.cost);
    // A model without a price is in the tokens and not in the money.
    meter.record(Exchange { model: Some("own-model".to_owned()), ..exchange(Vec::new()) });
    let figures = meter.read();
    assert_eq!((figures.total.unpriced, figures.total.cost), (1, total.cost));
    assert_eq!(figures.total.input, 2000);
}

#[test]
fn what_is_left_alone_is_measured_and_not_saved() {
    for (meter, held_out) in [(meter(false), false), (meter(true), true)] {
        let alone = exchange(vec![block("Bash", "log", 5000, 800)]);
        let usage = vec![Usage { input: 6000, cache_read: 9000, cache_write: 0, output: 100 }];
        meter.record(Exchange { held_out, tokens_added: 50, usage, ..alone });
        let figures = meter.read();
        let total = figures.total;
        assert_eq!((total.saved(), total.would_save, total.tokens_after), (0, 4200, 5000));
        assert_eq!(total.cost_without, total.cost);
        let saved = 4200.0 * 1.25 - 50.0 * 0.125;
        assert!((difference(total.cost, total.cost_with) * 1e6 - saved).abs() < 1e-6);
        assert_eq!(
            (figures.arms[LEFT_ALONE], figures.arms[COMPRESSED]),
            (total, Counters::default())
        );
        let log = figures.by_kind["log"];
        assert_eq!((log.saved(), log.would_save, log.after), (0, 4200, 5000));
        assert!(!figures.recent[0].is_applied);
    }
}

#[test]
fn figures_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("figures.json");
    let open = || Meter::new(true, Prices::known(), Some(&file));
    let first = open();
    first.record(exchange(vec![block("Bash", "log", 5000, 800)]));
    assert_eq!(first.past().0.total.saved(), 4200);
    first.write_down().unwrap();
    first.write_down().unwrap();
    assert_eq!(first.past().0.total.saved(), 4200);
    let second = open();
    assert_eq!(second.read().total, Counters::default());
    second.record(exchange(vec![block("Bash", "log", 5000, 800)]));
    second.write_down().unwrap();
    assert_eq!(first.past().0.total.saved(), 8400);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.len() < 4096, "{text}");
    // What can't be written down stays for the next time.
    std::fs::write(&file, r#"{"version": 99}"#).unwrap();
    second.record(exchange(vec![block("Bash", "log", 100, 50)]));
    assert!(second.write_down().is_err());
    assert!(matches!(second.past().1, Some(LedgerError::Newer)));
    std::fs::remove_file(&file).unwrap();
    second.write_down().unwrap();
    assert_eq!(open().past().0.total.saved(), 50);
}

#[test]
fn figures_are_never_in_neither_place_nor_in_both() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("figures.json");
    let meter = Meter::new(true, Prices::known(), Some(&file));
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| (0..200).for_each(|_| meter.write_down().unwrap()));
        let mut counted = 0;
        while !writing.is_finished() {
            meter.record(exchange(Vec::new()));
            counted += 1;
            assert_eq!(meter.past().0.total.requests, counted);
        }
    });
}

#[test]
fn messages_are_there_only_if_they_come() {
    let meter = meter(true);
    let texts = Some(Box::new(BlockTexts { before: "long".to_owned(), after: "s".to_owned() }));
    meter.record(exchange(vec![block("Bash", "log", 10, 2)]));
    meter.record(exchange(vec![BlockFigures { texts, ..block("Bash", "log", 10, 2) }]));
    assert_eq!(meter.messages(1), None);
    let kept = meter.messages(2).unwrap();
    assert_eq!((&kept[0]["before"], &kept[0]["after"]), (&"long".into(), &"s".into()));
}
