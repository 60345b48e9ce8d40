//! Texts inside the strings of JSON documents: what must never be elided is kept, whatever is
//! around it.

use compress::{Compressed, Options, Retrieval};
use serde_json::{Value, json};

mod laws;

const TRACE: &str = "Traceback (most recent call last):\n  File \"a.py\", line 3, in main\n    run(port)\nValueError: bad port 99999\n";

/// A log with something that must be kept, and what that is.
fn log() -> (String, Vec<&'static str>) {
    let mut log = String::new();
    for n in 0..120 {
        log.push_str(&format!(
            "2026-01-05 10:{:02}:{:02} INFO worker-{} job {n} finished in {} ms\n",
            n / 60,
            n % 60,
            n % 7,
            n % 31
        ));
        match n {
            40 => log
                .push_str("2026-01-05 10:00:40 ERROR worker-3 job 40 failed: disk full on /var\n"),
            60 => log.push_str(TRACE),
            80 => log.push_str("src/a.rs:12:5: warning: unused variable: `größe`\n"),
            90 => log.push_str("listening on 127.0.0.1:8080, \"한국\" is \\ready\\ </done>\n"),
            100 => {
                log.push_str("2026-01-05 10:01:40 INFO worker-2 job 100 finished in 3 ms zebra\n")
            }
            _ => {}
        }
    }
    let needles = vec![
        "failed: disk full on /var",
        "Traceback (most recent call last):",
        "ValueError: bad port 99999",
        "src/a.rs:12:5: warning: unused variable",
        "listening on 127.0.0.1:8080",
        "zebra",
    ];
    (log, needles)
}

fn options(kind: Option<&str>) -> Options {
    Options {
        task: "where does the zebra come from?".to_owned(),
        kind: kind.map(str::to_owned),
        ..Options::default()
    }
}

fn python(value: &Value) -> String {
    let escape = |c: char| match c.is_ascii() {
        true => c.to_string(),
        false => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    value.to_string().chars().map(escape).collect()
}

fn go(value: &Value) -> String {
    let json = value.to_string();
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn php(value: &Value) -> String {
    python(value).replace('/', "\\/")
}

/// What a reader sees: the text with the escapes of nested strings resolved.
fn shown(result: &Compressed) -> String {
    let mut text = result.text.replace("\\/", "/");
    for _ in 0..4 {
        text = text.replace("\\\\", "\\");
    }
    text
}

#[test]
fn what_must_stay_stays_in_every_envelope() {
    let (log, needles) = log();
    let inner = json!({"stdout": log, "code": 1}).to_string();
    let records = |n: usize| json!({"n": n, "state": "ok", "trace": if n == 7 { TRACE } else { "" }, "log": if n == 9 { &log } else { "" }});
    let ndjson: Vec<String> = (0..40).map(|n| records(n).to_string()).collect();
    for document in [
        json!({"output": log, "metadata": {"exit_code": 1, "duration_seconds": 0.3}}).to_string(),
        python(&json!({"stdout": "ok", "stderr": log, "code": 1})),
        go(&json!({"stdout": log, "stderr": ""})),
        php(&json!({"stdout": log, "stderr": ""})),
        json!([{"type": "text", "text": log}]).to_string(),
        serde_json::to_string_pretty(&json!({"a": {"b": [{"c": {"text": log}}]}})).unwrap(),
        json!({"result": {"content": [{"type": "text", "text": inner}]}}).to_string(),
        json!([{"number": 7, "title": "x", "body": log}, {"number": 8, "body": "short"}])
            .to_string(),
        json!({"command": "docker logs w", "output": log}).to_string(),
        ndjson.join("\n"),
    ] {
        for kind in
            [None, Some("docker logs w"), Some("gh issue view 7 --json body"), Some("cat x.json")]
        {
            let result = laws::compress_lawfully(&document, &options(kind));
            let shown = shown(&result);
            for needle in &needles {
                assert!(shown.contains(needle), "{needle}\n{document:.60}\n{shown}");
            }
            assert!(result.tokens_after * 10 < result.tokens_before * 7, "{document:.60}");
        }
    }
}

#[test]
fn a_document_stays_one_and_each_text_comes_back() {
    let (log, _) = log();
    let document = json!({"stdout": log, "stderr": log, "code": 1}).to_string();
    let result = laws::compress_lawfully(&document, &options(None));
    let value: Value = serde_json::from_str(&result.text).unwrap();
    assert_eq!(value["code"], 1);
    assert_eq!(result.omissions.len(), 2);
    assert!(result.omissions.iter().all(|omission| omission.original == log));
    assert!(value["stdout"].as_str().unwrap().contains("left out. Retrieve more: hash="));
}

#[test]
fn a_word_of_the_task_keeps_its_line_and_not_the_whole_text() {
    let (log, _) = log();
    let document = json!({"output": log}).to_string();
    let result = laws::compress_lawfully(&document, &options(None));
    assert!(result.text.contains("zebra") && !result.text.contains("job 55 finished"));
}

#[test]
fn the_command_in_the_envelope_decides_the_kind() {
    let code: String = (0..40)
        .map(|n| format!("def step_{n}(value):\n    total = value + {n}\n    return total\n\n"))
        .collect();
    let read = Options { every_line: true, ..options(None) };
    for document in [
        json!({"command": ["bash", "-lc", "cat steps.py"], "output": code}),
        json!({"file_path": "steps.py", "content": code}),
    ] {
        let result = laws::compress_lawfully(&document.to_string(), &read);
        assert!((0..40).all(|n| result.text.contains(&format!("total = value + {n}\\n"))));
    }
}

#[test]
fn without_retrieval_nothing_is_elided() {
    let (log, _) = log();
    let document = json!({"output": log}).to_string();
    let none = Options { retrieval: Retrieval::None, ..options(None) };
    let result = laws::compress_lawfully(&document, &none);
    let value: Value = serde_json::from_str(&result.restore().unwrap()).unwrap();
    assert_eq!(value["output"], log.as_str());
}

#[test]
fn hostile_documents_are_bounded() {
    let mut nested = "x\n".repeat(300);
    while nested.len() < 1 << 20 {
        nested = json!({"a": nested, "b": "y\n".repeat(200)}).to_string();
    }
    let many: Vec<Value> = (0..3000).map(|n| json!({"t": format!("a {n}\n").repeat(60)})).collect();
    let deep = format!("{}\"{}\"{}", "[".repeat(90), "z\\n".repeat(300_000), "]".repeat(90));
    let command = json!({"command": "c".repeat(400_000), "a": vec![json!({"b": {}}); 50_000]});
    for document in [nested, Value::from(many).to_string(), deep, command.to_string()] {
        let result = compress::compress(&document, &Options::default());
        assert_eq!(result.failures, 0);
        assert_eq!(result.restore().unwrap(), document);
    }
}

/// Escapes grow with each string around them, so envelopes are opened to a fixed depth only.
#[test]
fn envelopes_are_opened_to_a_depth() {
    const DEEPEST: usize = 4;
    let mut text = "one \"quoted\" line\nand another\n".repeat(3);
    for _ in 0..2 * DEEPEST {
        let quoted = serde_json::Value::from(text).to_string();
        text = format!(
            "{{\"output\":{quoted},\"metadata\":{{\"exit_code\":0,\"duration_seconds\":0.5}}}}"
        );
    }
    let result = laws::compress_lawfully(&text, &Options::default());
    let heads = result.text.lines().take_while(|line| *line == "[exit 0, 0.5 s]").count();
    assert_eq!(heads, DEEPEST);
    assert!(result.text.lines().nth(DEEPEST).is_some_and(|line| line.starts_with("{\"output\":")));
}
