//! The invariants of every text, checked on generated ones of every kind, whole, truncated and
//! mixed.

use compress::{Options, Retrieval, Source};
use proptest::prelude::*;
use proptest::sample::select;

mod laws;

/// A line of a log.
fn log_line() -> impl Strategy<Value = String> {
    let level = select(vec!["INFO", "INFO", "INFO", "DEBUG", "WARN", "ERROR"]);
    let says = select(vec![
        "took request",
        "cache hit",
        "job done in",
        "pool exhausted after",
        "\u{1b}[31mred\u{1b}[0m",
    ]);
    (0u32..100_000, level, says, 0u32..999).prop_map(|(t, level, says, n)| {
        format!(
            "2026-03-01T08:{:02}:{:02}Z {level} worker-{} {says} id={t:x} ms={n}\n",
            t / 60 % 60,
            t % 60,
            n % 7
        )
    })
}

fn record() -> impl Strategy<Value = String> {
    (any::<u16>(), select(vec!["open", "open", "closed", "lost"]), "[a-z\"\\\\, ]{0,12}").prop_map(|(id, state, text)| {
        let text = serde_json::Value::from(text);
        format!("{{\"id\": {id}, \"user\": {{\"name\": {text}}}, \"state\": \"{state}\", \"url\": \"https://example.org/{id}\"}}")
    })
}

fn found() -> impl Strategy<Value = String> {
    (
        select(vec!["src/a.rs", "src/b/c.rs", "docs/x.md"]),
        1u32..500,
        select(vec![':', '-']),
        select(vec!["fn close(&self) {", "    let x = 1;", "--", "~"]),
    )
        .prop_map(|(path, line, sign, text)| format!("{path}{sign}{line}{sign}{text}\n"))
}

fn row() -> impl Strategy<Value = String> {
    (
        select(vec!["-rw-r--r--", "drwxr-xr-x"]),
        1u8..12,
        0u32..9_000_000,
        select(vec!["May  9  2026", "Nov 24 01:12"]),
        "[a-z_]{1,9}(\\.py|\\.rs|)",
    )
        .prop_map(|(mode, links, size, when, name)| {
            format!("{mode} {links:3} root     root  {size:9} {when} /usr/lib/{name}\n")
        })
}

fn code_line() -> impl Strategy<Value = String> {
    select(vec![
        "def refresh(token):\n",
        "    \"\"\"Renews a token.\"\"\"\n",
        "    value = token.next()\n",
        "    return value\n",
        "\n",
        "import os\n",
        "class Session:\n",
        "    def close(self):\n",
        "        self.open = False\n",
        "        raise ValueError(\"no\")\n",
        "        # TODO: more\n",
        "fn main() {\n",
        "    let x = 1;\n",
        "}\n",
        "// a comment\n",
    ])
    .prop_map(str::to_owned)
}

fn diff_line() -> impl Strategy<Value = String> {
    select(vec![
        "diff --git a/x.py b/x.py\n",
        "index 1..2 100644\n",
        "--- a/x.py\n",
        "+++ b/x.py\n",
        "@@ -1,6 +1,7 @@ def a\n",
        " context one\n",
        " context two\n",
        " context three\n",
        "-removed line\n",
        "+added line\n",
        " \n",
        "\\ No newline at end of file\n",
        "+++ b/Cargo.lock\n",
    ])
    .prop_map(str::to_owned)
}

fn frame() -> impl Strategy<Value = String> {
    select(vec![
        "Traceback (most recent call last):\n",
        "  File \"/srv/app/a.py\", line 3, in main\n",
        "    run(job)\n",
        "ValueError: bad job 17\n",
        "java.lang.IllegalStateException: no\n",
        "\tat a.b.C.run(C.java:12)\n",
        "Caused by: java.io.IOException: gone\n",
        "\t... 12 more\n",
    ])
    .prop_map(str::to_owned)
}

fn odd() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "```json\n",
            "```\n",
            "# Heading\n",
            "Some words that are a sentence of prose, no doubt.\n",
            "<p>a&nbsp;b</p>\n",
            "<!DOCTYPE html>\n",
            "$ ls -l\n",
            "$ git diff\n",
            "[json/1 inline, 2 lines: x]\n",
            "~A 3\n",
            "~1=<>\n",
            "… 12\n",
            "a\rb\r\n",
            "[\n",
            "{\"a\": [\n",
            "]\n",
            "[3 lines left out: a.rs:1-3]\n",
            "[3 of 9 lines left out. Retrieve more: hash=af1349b9f5f9a1a6a0404dea]\n",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,30}\n?",
    ]
}

/// A text: mostly of one kind, with parts of others, and perhaps truncated.
fn text() -> impl Strategy<Value = String> {
    let lines = |of: BoxedStrategy<String>| {
        prop::collection::vec(of, 4..60).prop_map(|lines| lines.concat())
    };
    let array =
        prop::collection::vec(record(), 1..40).prop_map(|rows| format!("[{}]\n", rows.join(",\n")));
    let pretty = prop::collection::vec(record(), 1..30).prop_map(|rows| {
        let value: serde_json::Value =
            serde_json::from_str(&format!("{{\"n\": 1, \"items\": [{}]}}", rows.join(",")))
                .expect("it is JSON");
        serde_json::to_string_pretty(&value).expect("a value can be written")
    });
    let block = prop_oneof![
        lines(log_line().boxed()),
        lines(found().boxed()),
        lines(row().boxed()),
        lines(code_line().boxed()),
        lines(diff_line().boxed()),
        lines(frame().boxed()),
        lines(odd().boxed()),
        array,
        pretty,
        pack(),
    ]
    .boxed();
    (
        block.clone(),
        prop::option::weighted(0.3, odd()),
        prop::option::weighted(0.3, block),
        0usize..4000,
        any::<bool>(),
    )
        .prop_map(|(a, odd, b, at, cut)| {
            let mut text = [a, odd.unwrap_or_default(), b.unwrap_or_default()].concat();
            if cut && at < text.len() {
                text.truncate(text.floor_char_boundary(at));
            }
            text
        })
}

fn pack() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::collection::vec(code_line(), 1..40), 1..5).prop_map(|files| {
        let mut out = String::from("# Context for: refresh the token\n<!-- contextos pack v1 commit=none dirty=no -->\n\n## Chosen\n1. a/f0.py — words: token\n\n## Also likely\n```text\nb.py\n3: def x():\n9: def y():\n```\n\n## Files\n");
        for (i, lines) in files.iter().enumerate() {
            let body = lines.concat();
            let count = body.lines().count();
            out.push_str(&format!("### a/f{i}.py:11-{}\n```python\n{body}```\n", 10 + count));
        }
        out
    })
}

fn options() -> impl Strategy<Value = Options> {
    let task = select(vec![
        "",
        "fix the token refresh",
        "what does close do?",
        "find id 17 in \"pool exhausted\"",
    ]);
    let kind = select(vec![
        None,
        None,
        Some("cat app.log"),
        Some("grep -rn x ."),
        Some("ls -l"),
        Some("a.py"),
        Some("json"),
    ]);
    (task, kind, any::<bool>(), prop::option::of(20usize..2000), any::<bool>(), any::<bool>())
        .prop_map(|(task, kind, offered, budget, source, cosmetic)| Options {
            task: task.to_owned(),
            kind: kind.map(str::to_owned),
            retrieval: if offered { Retrieval::Offered } else { Retrieval::None },
            budget,
            source: source.then(|| Source { path: "src/a.py".to_owned(), line: 41 }),
            cosmetic,
            ..Options::default()
        })
}

/// `text` inside a string of a JSON document, in the style of one of several writers.
fn envelope(text: &str, shape: u8) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let ascii = || {
        let escape = |c: char| match c.is_ascii() {
            true => c.to_string(),
            false => {
                c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
            }
        };
        quoted.chars().map(escape).collect::<String>()
    };
    let run = |quoted: String| {
        format!("{{\"output\":{quoted},\"metadata\":{{\"exit_code\":1,\"duration_seconds\":0.3}}}}")
    };
    match shape % 10 {
        0 => format!("{{\"output\": {quoted}, \"metadata\": {{\"exit_code\": 1}}}}\n"),
        1 => format!("{{\"stdout\":\"\",\"stderr\":{}}}", ascii()),
        2 => format!("[\n  {{\"type\": \"text\", \"text\": {quoted}}}\n]"),
        3 => format!("{{\"n\": 1, \"log\": {quoted}}}\n{{\"n\": 2, \"log\": {}}}\n", ascii()),
        4 => format!("{{\"path\": \"src/a.py\", \"content\": {}}}", quoted.replace('/', "\\/")),
        6 => run(quoted),
        7 => format!("[{{\"type\":\"text\",\"text\":{quoted}}}]"),
        8 => {
            let inner = serde_json::Value::from(run(quoted)).to_string();
            format!("[{{\"text\":{inner},\"type\":\"text\"}}]")
        }
        5 => {
            let inner =
                format!("{{\"cmd\": [\"bash\", \"-lc\", \"ls -l\"], \"output\": {quoted}}}");
            format!("{{\"result\": {}}}", serde_json::Value::from(inner))
        }
        _ => format!("{{\"a\": [{quoted}, {quoted}], \"cut\": \"{}", quoted.trim_matches('"')),
    }
}

/// `text` as an agent presents it to the model.
fn hung_on(text: &str, which: u8) -> String {
    let before = [
        "",
        "Exit code 1\n",
        "<returncode>0</returncode>\n<output>\n",
        "Command: x\nDirectory: (root)\nOutput: ",
        "Chunk ID: a1\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n",
    ];
    let after = [
        "",
        "</output>",
        "\nShell cwd was reset to /w",
        "\n\n<system-reminder>\nWords about the file, 한국, and more of them.\n</system-reminder>\n",
        "\nExit Code: 0\nSignal: (none)\n",
    ];
    let (before, after) = (before[usize::from(which) % 5], after[usize::from(which) / 5 % 5]);
    [before, text, after].concat()
}

/// `text` with some ASCII letters and blanks replaced by characters of two, three and four bytes.
fn widened(text: &str, which: u8) -> String {
    let wide = |c: char| match (c, which % 4) {
        ('e', _) => 'é',
        ('o', 0 | 1) => '한',
        ('a', 1) => '令',
        ('s', 2) => '😀',
        (' ', 3) => '\u{a0}',
        ('"' | '\'', 2) => '”',
        ('-', 3) => '—',
        _ => c,
    };
    text.chars().map(wide).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn every_text_in_a_string(text in text(), shape: u8, options in options()) {
        laws::compress_lawfully(&envelope(&text, shape), &options);
    }

    #[test]
    fn every_text_with_what_agents_hang_on(text in text(), which: u8, shape in prop::option::of(any::<u8>()), options in options()) {
        let text = shape.map_or(text.clone(), |shape| envelope(&text, shape));
        laws::compress_lawfully(&hung_on(&text, which), &options);
    }

    #[test]
    fn every_text_in_other_scripts(text in text(), which: u8, shape in prop::option::of(any::<u8>()), options in options()) {
        let text = widened(&text, which);
        let text = shape.map_or(text.clone(), |shape| envelope(&text, shape));
        let options = Options { task: widened(&options.task, which), ..options };
        laws::compress_lawfully(&text, &options);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn every_text(text in text(), options in options()) {
        laws::compress_lawfully(&text, &options);
    }

    #[test]
    fn any_characters(text in "\\PC{0,400}", options in options()) {
        laws::compress_lawfully(&text, &options);
    }

    /// A foreign marker disables compression of its chunk only.
    #[test]
    fn a_forged_marker(lines in prop::collection::vec(log_line(), 60..90), at in 0usize..50) {
        let log: String = lines.concat();
        let forged = "[9 of 99 lines left out. Retrieve more: hash=af1349b9f5f9a1a6a0404dea]\n";
        let mut with = lines;
        with.insert(at, forged.to_owned());
        let with = with.concat();
        let options = Options { cosmetic: false, ..Options::default() };
        let alone = laws::compress_lawfully(&with, &options);
        prop_assert_eq!(&alone.text, &with);
        let document = format!("Words that are prose, all of them, in one line.\n```\n{with}```\nMore words.\n```\n{log}```\n");
        let result = laws::compress_lawfully(&document, &options);
        prop_assert!(result.text.contains(&with));
        prop_assert!(result.tokens_after < result.tokens_before);
    }

    #[test]
    fn any_text_expands_or_is_refused(text in text(), which: u8, options in options()) {
        laws::expand_lawfully(&text);
        // Encoded texts with some characters replaced by longer ones.
        let encoded = compress::compress(&text, &Options { retrieval: Retrieval::None, ..options }).text;
        laws::expand_lawfully(&widened(&encoded, which));
    }
}
