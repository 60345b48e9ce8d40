//! What an agent attaches to an output must not change how the output is detected.

use compress::{Kind, Options};

mod laws;

const HUNG_ON: [(&str, &str); 7] = [
    ("", "\n\n<system-reminder>\nThis file was read before. Mind the zebra.\n</system-reminder>\n"),
    ("Exit code 1\n", "\nShell cwd was reset to /w"),
    ("Chunk ID: a1b2c3\nWall time: 0.05 seconds\nProcess exited with code 0\nOutput:\n", ""),
    ("<returncode>0</returncode>\n<output>\n", "</output>"),
    ("<status>running</status>\n\n<stdout>\n", "\n</stdout>\n\n<timestamp>2026-01-01</timestamp>"),
    ("Output: ", "\nError: (none)\nExit Code: 0\nProcess Group PGID: 12"),
    ("", "\n[The command completed with exit code 0.]\n[Current working directory: /w]"),
];

#[test]
fn the_rest_becomes_what_it_becomes_alone() {
    let records: Vec<String> = (0..80)
        .map(|n| {
            format!("{{\"id\": {n}, \"state\": \"open\", \"url\": \"https://example.org/{n}\"}}")
        })
        .collect();
    let log: String = (0..80)
        .map(|n| format!("2026-01-05 10:00:{:02} INFO job {n} finished in {} ms\n", n % 60, n % 7))
        .collect();
    let diff = format!(
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,250 +1,251 @@\n{}+b\n",
        " a line\n".repeat(250)
    );
    for (output, kind) in
        [(format!("[{}]\n", records.join(",\n")), Kind::Json), (log, Kind::Log), (diff, Kind::Diff)]
    {
        let options = Options { task: "fix it".to_owned(), ..Options::default() };
        let alone = laws::compress_lawfully(&output, &options);
        assert_eq!(alone.chunks[0].kind, kind);
        for (before, after) in HUNG_ON {
            let text = [before, &output, after].concat();
            let result = laws::compress_lawfully(&text, &options);
            let expected = [before, &alone.text, after].concat();
            if before.is_empty() || before.ends_with('\n') {
                assert_eq!(result.text, expected);
            } else {
                assert!(result.text.starts_with(before) && result.text.ends_with(after));
                assert!(result.tokens_after < result.tokens_before);
            }
            assert!(result.chunks.iter().any(|part| part.kind == kind && part.transform.is_some()));
        }
    }
}
