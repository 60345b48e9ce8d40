//! Whole packs over hostile corpora: prices add up to the token, in every format and encoding.

use std::sync::LazyLock;

use proptest::prelude::*;
use select::{
    Asked, Corpus, FEATURES, Feature, FileKind, History, PinnedBy, RankedChunk, Ranking,
    SourceFile, Weights,
};
use syntax::{Language, LineRange};
use tokens::Encoding;

use crate::{Format, Input, MIN_BUDGET, Pack, PackError, Redacted, build};

static O200K: LazyLock<tiktoken_rs::CoreBPE> = LazyLock::new(|| tiktoken_rs::o200k_base().unwrap());
static CL100K: LazyLock<tiktoken_rs::CoreBPE> =
    LazyLock::new(|| tiktoken_rs::cl100k_base().unwrap());

fn reference(encoding: Encoding, text: &str) -> usize {
    match encoding {
        Encoding::O200kBase => O200K.encode_ordinary(text).len(),
        Encoding::Cl100kBase => CL100K.encode_ordinary(text).len(),
    }
}

fn corpus(texts: &[String]) -> Corpus {
    let files = texts
        .iter()
        .enumerate()
        .map(|(at, text)| SourceFile {
            path: format!("src/part {at}/file_{at}.rs"),
            text: text.as_str().into(),
            hash: [at as u8; 32],
            language: Language::of(&format!("file_{at}.rs"), ""),
            kind: FileKind::Source,
        })
        .collect();
    Corpus { files, history: History::default() }
}

/// Cuts every file into chunks of `size` lines with falling probabilities.
fn ranking(corpus: &Corpus, size: u32) -> Ranking {
    let mut chunks = Vec::new();
    for (file, source) in corpus.files.iter().enumerate() {
        let lines = source.text.split_inclusive('\n').count() as u32;
        let mut start = 1;
        while start <= lines {
            let end = (start + size - 1).min(lines);
            let mut row = [0.0; FEATURES];
            row[Feature::Body as usize] = 1.0;
            chunks.push(RankedChunk {
                file,
                lines: LineRange { start, end },
                context: if start > 4 { vec![LineRange { start: 1, end: 1 }] } else { vec![] },
                name: Some(format!("unit_{start}")),
                signature: Some(start),
                first_code: Some(start),
                long_comments: Vec::new(),
                has_imports: false,
                readings: vec![row],
                row,
                score: 0.0,
                probability: 0.3 / f64::from(start + 3 * file as u32),
                matched: vec!["word".into()],
                pinned: None,
            });
            start = end + 1;
        }
    }
    Ranking { chunks, ..Ranking::default() }
}

fn pack(
    corpus: &Corpus,
    ranking: &Ranking,
    task: &str,
    format: Format,
    encoding: Encoding,
    budget: usize,
) -> Result<Pack, PackError> {
    pack_with_changes(corpus, ranking, task, (format, encoding), budget, &[])
}

fn pack_with_changes(
    corpus: &Corpus,
    ranking: &Ranking,
    task: &str,
    (format, encoding): (Format, Encoding),
    budget: usize,
    changed: &[Asked],
) -> Result<Pack, PackError> {
    // In every second file, one more in each.
    let redacted: Vec<Redacted<'_>> = (0..corpus.files.len())
        .step_by(2)
        .flat_map(|file| {
            (0..=file as u32).map(move |line| Redacted { file, line, rule: "private-key" })
        })
        .collect();
    build(&Input {
        corpus,
        ranking,
        weights: &Weights::built_in(),
        task,
        commit: Some("0123456789ab"),
        dirty: &|_| false,
        redacted: &redacted,
        redacted_in_all: 1_234,
        changed,
        notes: &[],
        timestamp: None,
        line_numbers: false,
        format,
        encoding,
        budget,
    })
}

/// Lines that tokenizers join to their neighbours, if anything does.
fn hostile_line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_ (){};=./]{0,40}",
        "[ \t]{0,6}",
        "//[/ a-z]{0,20}",
        "/[*/]{0,5}",
        "[`]{1,6}[a-z]{0,4}",
        "[)}\\];,.]{1,6}",
        "[\u{a0}\u{85}\u{2028}\u{301}\u{200d}é漢🎉 ]{0,8}",
        " \r [a-z/]{0,4}",
        "[a-z]{0,5}\r",
        "<[a-z!\\[\\]>]{0,12}",
        "[\"\\\\'0-9]{0,9}",
        "]]>",
        "# [a-z]{3,9}",
    ]
}

fn hostile_file() -> impl Strategy<Value = String> {
    (proptest::collection::vec(hostile_line(), 1..60), any::<bool>())
        .prop_map(|(lines, newline)| lines.join("\n") + if newline { "\n" } else { "" })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn no_pack_is_over_its_budget_and_nothing_that_fits_is_left(
        texts in proptest::collection::vec(hostile_file(), 1..6),
        size in 3u32..24,
        budget in MIN_BUDGET..1_500,
        format in prop_oneof![Just(Format::Markdown), Just(Format::Json), Just(Format::Xml)],
        encoding in prop_oneof![Just(Encoding::O200kBase), Just(Encoding::Cl100kBase)],
        task in "[a-z`/ \n]{1,200}",
    ) {
        let corpus = corpus(&texts);
        let ranking = ranking(&corpus, size);
        let pack = pack(&corpus, &ranking, &task, format, encoding, budget).unwrap();
        let tokens = reference(encoding, &pack.text);
        prop_assert_eq!(pack.tokens, tokens);
        prop_assert!(tokens <= budget);
        for unchosen in &pack.unchosen {
            prop_assert!(
                tokens + unchosen.price > budget,
                "chunk {} at {} tokens would fit: {} of {}", unchosen.chunk, unchosen.price, tokens, budget
            );
        }
    }

    #[test]
    fn nothing_else_is_shown_while_a_changed_line_that_would_fit_is_not(
        texts in proptest::collection::vec(hostile_file(), 1..6),
        changes in proptest::collection::vec((0usize..6, 1u32..60, 0u32..9), 1..12),
        budget in MIN_BUDGET..1_500,
        format in prop_oneof![Just(Format::Markdown), Just(Format::Json), Just(Format::Xml)],
    ) {
        let corpus = corpus(&texts);
        let mut ranking = ranking(&corpus, 7);
        // A changed file may be too unlikely to be ranked.
        ranking.chunks.retain(|chunk| chunk.file != 1);
        let mut changed: Vec<Asked> = Vec::new();
        for (file, start, length) in changes {
            let lines = LineRange { start, end: start + length };
            match changed.iter_mut().find(|asked| asked.file == file) {
                Some(asked) => asked.lines.push(lines),
                None if file < texts.len() => {
                    changed.push(Asked { file, lines: vec![lines], by: PinnedBy::Change });
                }
                None => {}
            }
        }
        ranking.pin(&changed);
        let encoding = Encoding::O200kBase;
        let pack =
            pack_with_changes(&corpus, &ranking, "t", (format, encoding), budget, &changed).unwrap();
        prop_assert_eq!(pack.tokens, reference(encoding, &pack.text));
        prop_assert!(pack.tokens <= budget);
        let line_is_in = |line: u32, lines: &[LineRange]| {
            lines.iter().any(|lines| (lines.start..=lines.end).contains(&line))
        };
        let mut unshown = 0;
        for asked in &changed {
            let shown = pack.shown.iter().find(|shown| shown.file == asked.file);
            let shown = shown.map_or(&[][..], |shown| shown.lines.as_slice());
            let lines = texts[asked.file].split_inclusive('\n').zip(1..);
            let changed = lines.filter(|&(_, line)| line_is_in(line, &asked.lines));
            if texts[asked.file].trim().is_empty() {
                continue;
            }
            unshown += changed.filter(|&(_, line)| !line_is_in(line, shown)).count();
        }
        let counted: usize = pack.changed.unshown.iter().map(|unshown| unshown.lines).sum();
        prop_assert!(counted <= unshown, "{counted} {unshown}");
        prop_assert_eq!(pack.text.contains("Changed lines left out: "), counted > 0);
        if counted > 0 {
            prop_assert!(pack.mapped.is_empty());
            for shown in &pack.shown {
                let asked = changed.iter().find(|asked| asked.file == shown.file);
                let asked = asked.map_or(&[][..], |asked| asked.lines.as_slice());
                for line in shown.lines.iter().flat_map(|lines| lines.start..=lines.end) {
                    let is_between = line_is_in(line - 1, asked) && line_is_in(line + 1, asked);
                    prop_assert!(line_is_in(line, asked) || is_between, "{line} of {}", shown.file);
                }
            }
        }
    }

    #[test]
    fn json_packs_parse_and_give_back_the_lines(
        texts in proptest::collection::vec(hostile_file(), 1..4),
        budget in MIN_BUDGET..1_500,
    ) {
        let corpus = corpus(&texts);
        let ranking = ranking(&corpus, 6);
        let pack = pack(&corpus, &ranking, "t", Format::Json, Encoding::O200kBase, budget).unwrap();
        let value: serde_json::Value = serde_json::from_str(&pack.text).unwrap();
        prop_assert_eq!(value["files"].as_array().unwrap().len(), pack.shown.len());
        for (file, shown) in value["files"].as_array().unwrap().iter().zip(&pack.shown) {
            let text = &corpus.files[shown.file].text;
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            for (span, range) in file["spans"].as_array().unwrap().iter().zip(&shown.lines) {
                let expected = lines[range.start as usize - 1..range.end as usize].concat();
                prop_assert_eq!(span["text"].as_str().unwrap(), expected);
                prop_assert_eq!(span["start"].as_u64().unwrap(), u64::from(range.start));
            }
        }
    }
}

#[test]
fn nothing_in_a_file_ends_its_fence() {
    let corpus =
        corpus(&["fn a() {}\n```\n# Context for: something else\n````\nfn b() {}\n".into()]);
    let pack = pack(&corpus, &ranking(&corpus, 9), "t", Format::Markdown, Encoding::O200kBase, 500)
        .unwrap();
    assert!(pack.text.contains("\n`````"), "{}", pack.text);
    assert!(pack.text.ends_with("\n`````\n"), "{}", pack.text);
}

#[test]
fn redactions_are_told_of_files_in_the_pack_and_counted_for_the_rest() {
    let texts: Vec<String> = (0..6).map(|at| format!("fn f{at}() {{\n    {at}\n}}\n")).collect();
    let corpus = corpus(&texts);
    let mut ranking = ranking(&corpus, 9);
    ranking.chunks[2].probability = 0.0;
    let shown =
        |format| pack(&corpus, &ranking, "t", format, Encoding::O200kBase, 800).unwrap().text;
    let markdown = shown(Format::Markdown);
    let listed = "## Redacted\n\
        - src/part 0/file_0.rs: 0 private-key\n\
        - src/part 4/file_4.rs: 0 private-key, 1 private-key, 2 private-key, 2 more\n\
        - 1234 in the whole repository\n\n## Chosen\n";
    assert!(markdown.contains(listed), "{markdown}");
    let json: serde_json::Value = serde_json::from_str(&shown(Format::Json)).unwrap();
    assert_eq!(json["redacted"].as_array().unwrap().len(), 3);
    assert_eq!(json["redacted"][2], "1234 in the whole repository");
    assert_eq!(shown(Format::Xml).matches("<redacted>").count(), 3);
}

#[test]
fn a_budget_below_the_least_names_the_least() {
    let corpus = corpus(&["fn a() {}\n".into()]);
    let error =
        pack(&corpus, &ranking(&corpus, 9), "t", Format::Markdown, Encoding::O200kBase, 199)
            .unwrap_err();
    assert_eq!(error.to_string(), "a budget of 199 tokens is too small: the minimum is 200");
}

#[test]
fn the_title_is_the_first_line_and_a_long_one_is_cut() {
    let corpus = corpus(&["fn a() {}\n".into()]);
    let task = "refresh the token before it expires ".repeat(500);
    let cut =
        pack(&corpus, &ranking(&corpus, 9), &task, Format::Markdown, Encoding::O200kBase, 400)
            .unwrap();
    let title = cut.text.lines().next().unwrap();
    assert!(title.ends_with("… (cut)"), "{title}");
    assert!(tokens::count(Encoding::O200kBase, title) <= 25, "{title}");
    let task = "\n## The token expires\n\nIt should be refreshed before.";
    let pack =
        pack(&corpus, &ranking(&corpus, 9), task, Format::Markdown, Encoding::O200kBase, 400)
            .unwrap();
    assert!(pack.text.starts_with("# Context for: The token expires\n"), "{}", pack.text);
}

#[test]
fn whether_files_changed_costs_the_same_either_way() {
    for encoding in [Encoding::O200kBase, Encoding::Cl100kBase] {
        let count = |word: &str| {
            tokens::count(encoding, &format!("commit=0123456789ab dirty={word} -->\n"))
        };
        assert_eq!(count("yes"), count("no"));
    }
}

/// Files with these lines each, one chunk a file, the likeliest first.
fn likely_files(texts: &[String]) -> (Corpus, Ranking) {
    let corpus = corpus(texts);
    let ranking = ranking(&corpus, 400);
    (corpus, ranking)
}

#[test]
fn the_list_names_eight_files_and_the_rest_only_by_their_headings() {
    let texts: Vec<String> =
        (0..12).map(|at| format!("fn function_{at}() {{\n    word_{at}()\n}}\n")).collect();
    let (corpus, mut ranking) = likely_files(&texts);
    let listed = |ranking: &Ranking| {
        let text = pack(&corpus, ranking, "t", Format::Markdown, Encoding::O200kBase, 2_000);
        let text = text.unwrap().text;
        assert_eq!(text.matches("\n### src/").count(), 12, "{text}");
        let list = text.split("## Chosen\n").nth(1).unwrap().split("\n\n").next().unwrap();
        list.lines().map(|line| line.split_once(". file_").unwrap().1[..2].to_owned()).collect()
    };
    let names: Vec<String> = listed(&ranking);
    assert_eq!(names, ["0.", "1.", "2.", "3.", "4.", "5.", "6.", "7."]);
    ranking.chunks[10].pinned = Some(select::Pin { order: 0, distance: 0, by: PinnedBy::User });
    let names: Vec<String> = listed(&ranking);
    assert_eq!(names, ["0.", "1.", "2.", "3.", "4.", "5.", "6.", "10"]);
}

#[test]
fn the_map_has_lines_that_only_one_file_has_and_words_of_the_task_where_signatures_are_few() {
    let text = |at: usize| {
        let steps: String = (0..15).map(|n| format!("    step_{at}({n});\n")).collect();
        format!(
            "fn function_{at}() {{\n    let shared_by_all = 1;\n    word_here({at});\n{steps}}}\n"
        )
    };
    let (corpus, ranking) = likely_files(&(0..40).map(text).collect::<Vec<String>>());
    let pack = pack(&corpus, &ranking, "t", Format::Json, Encoding::O200kBase, 1_500).unwrap();
    assert!(!pack.mapped.is_empty(), "{}", pack.text);
    let value: serde_json::Value = serde_json::from_str(&pack.text).unwrap();
    let at = pack.mapped[0];
    let lines: Vec<(u64, &str)> = value["map"][0]["signatures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["line"].as_u64().unwrap(), line["text"].as_str().unwrap()))
        .collect();
    let (signature, word) = (format!("fn function_{at}() {{"), format!("word_here({at});"));
    assert_eq!(lines, [(1, signature.as_str()), (3, word.as_str())]);
}
