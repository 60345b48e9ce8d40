//! Edits of JSONC: what they write, and that they leave everything else as it was.

#![allow(clippy::unwrap_used)] // helpers of tests

use agent_config::edit::{
    EditError, Entry, Format, Slot, depth, differ_only_in_blanks, find, put, take,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn servers() -> Slot<'static> {
    Slot { path: vec!["mcpServers"], entry: Entry::Member("headroom") }
}

fn server() -> Value {
    json!({"command": "/opt/headroom", "args": ["mcp"]})
}

fn with(text: &str) -> String {
    put(Format::Jsonc, text, &servers(), &server()).unwrap()
}

/// `text` with our entry, and the same with it taken out again.
fn there_and_back(text: &str) -> (String, String) {
    let with = with(text);
    let kept = depth(Format::Jsonc, text, &servers()).unwrap();
    let back = take(Format::Jsonc, &with, &servers(), kept).unwrap();
    (with, back)
}

#[test]
fn an_entry_looks_like_its_neighbours() {
    let entry = |indent: &str, unit: &str, end: &str| {
        [
            format!("{indent}\"headroom\": {{"),
            format!("{indent}{unit}\"command\": \"/opt/headroom\","),
            format!("{indent}{unit}\"args\": ["),
            format!("{indent}{unit}{unit}\"mcp\""),
            format!("{indent}{unit}]"),
            format!("{indent}}}"),
        ]
        .join(end)
    };
    let two = entry("    ", "  ", "\n");
    let tabs = entry("\t\t", "\t", "\r\n");
    for (before, after) in [
        ("{}", format!("{{\n  \"mcpServers\": {{\n{two}\n  }}\n}}")),
        ("", format!("{{\n  \"mcpServers\": {{\n{two}\n  }}\n}}\n")),
        ("{\n  \"a\": 1\n}\n", format!("{{\n  \"a\": 1,\n  \"mcpServers\": {{\n{two}\n  }}\n}}\n")),
        (
            "{\r\n\t\"a\": 1\r\n}",
            format!("{{\r\n\t\"a\": 1,\r\n\t\"mcpServers\": {{\r\n{tabs}\r\n\t}}\r\n}}"),
        ),
        (
            "{\n  \"mcpServers\": {\n    \"x\": {}, // kept\n    // tail\n  },\n}\n",
            format!("{{\n  \"mcpServers\": {{\n    \"x\": {{}}, // kept\n{two},\n    // tail\n  }},\n}}\n"),
        ),
        (
            "{\n  \"mcpServers\": {\n    \"x\": {} // kept\n  }\n}\n",
            format!("{{\n  \"mcpServers\": {{\n    \"x\": {{}}, // kept\n{two}\n  }}\n}}\n"),
        ),
        (
            "{\"a\":1,\"mcpServers\":{\"x\":{}}}",
            r#"{"a":1,"mcpServers":{"x":{},"headroom":{"command":"/opt/headroom","args":["mcp"]}}}"#
                .to_owned(),
        ),
        (
            "{ \"a\": 1 }",
            r#"{ "a": 1, "mcpServers":{"headroom":{"command":"/opt/headroom","args":["mcp"]}} }"#
                .to_owned(),
        ),
        (
            "\u{feff}{\n  // none yet\n}",
            format!("\u{feff}{{\n  // none yet\n  \"mcpServers\": {{\n{two}\n  }}\n}}"),
        ),
    ] {
        let (with, back) = there_and_back(before);
        assert_eq!(with, after);
        assert_eq!(back, before);
    }
}

#[test]
fn what_only_a_backup_knows_differs_in_blanks_alone() {
    for text in ["{ }", "{\n}", "{\"mcpServers\": { \n } }", "// note", "\n\n", "\u{feff}"] {
        let (_, back) = there_and_back(text);
        assert!(differ_only_in_blanks(Format::Jsonc, &back, text), "{text:?} became {back:?}");
    }
}

#[test]
fn containers_go_only_if_they_came_and_hold_nothing_else() {
    let without = |text: &str, kept| take(Format::Jsonc, text, &servers(), kept).unwrap();
    let text = r#"{"mcpServers":{"headroom":{}}}"#;
    assert_eq!(without(text, 2), r#"{"mcpServers":{}}"#);
    assert_eq!(without(text, 1), "{}");
    assert_eq!(without(text, 0), "");
    let remark = r#"{"mcpServers":{"headroom":{} /* mine */}}"#;
    assert_eq!(without(remark, 0), r#"{"mcpServers":{ /* mine */}}"#);
    assert_eq!(without(r#"{"mcpServers":{"x":1}}"#, 0), r#"{"mcpServers":{"x":1}}"#);
}

#[test]
fn comments_beside_an_entry_stay_comments() {
    let text = "{\"mcpServers\": {\n  \"x\": 1,\n  // ours\n  \"headroom\": {}}}";
    let back = take(Format::Jsonc, text, &servers(), 2).unwrap();
    assert_eq!(find(Format::Jsonc, &back, &servers()), Ok(None));
    assert!(back.contains("// ours\n"), "{back}");
}

#[test]
fn an_entry_is_replaced_where_it_is() {
    let text = "{\n    \"mcpServers\": {\n        \"headroom\": {\n            \"command\": \"x\"\n        },\n        \"y\": {}\n    }\n}";
    let with = with(text);
    assert!(with.ends_with("        },\n        \"y\": {}\n    }\n}"), "{with}");
    assert!(with.contains("            \"command\": \"/opt/headroom\",\n"), "{with}");
}

#[test]
fn what_is_no_config_is_named_with_its_line() {
    let line = |text: &str| match put(Format::Jsonc, text, &servers(), &server()) {
        Err(EditError::Broken { line, .. }) => line,
        other => panic!("{text:?} gave {other:?}"),
    };
    assert_eq!(line("{\n  \"a\": 1\n  \"b\": 2\n}"), 2, "where the comma is missing");
    assert_eq!(line("{\n\n"), 1);
    assert_eq!(line("{'a': 1}"), 1);
    assert_eq!(line("{} {}"), 1);
    assert_eq!(line(&"[".repeat(100_000)), 1);
    for (text, message) in [
        ("[]", "`the file` is not an object"),
        ("{\"mcpServers\": []}", "`mcpServers` is not an object"),
        ("{\"mcpServers\": null}", "`mcpServers` is not an object"),
    ] {
        let error = put(Format::Jsonc, text, &servers(), &server()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn of_two_members_with_one_name_the_last_counts() {
    let text = r#"{"mcpServers": {"a": 1}, "mcpServers": {"headroom": 2}}"#;
    assert_eq!(find(Format::Jsonc, text, &servers()), Ok(Some(json!(2))));
}

/// Hooks of Claude Code: an element in an array two keys deep.
fn hooks() -> Slot<'static> {
    let is_ours = |value: &Value| value["hooks"][0]["command"] == "/opt/headroom hook";
    Slot { path: vec!["hooks", "PreToolUse"], entry: Entry::Element(is_ours) }
}

fn hook() -> Value {
    json!({"matcher": "Bash", "hooks": [{"type": "command", "command": "/opt/headroom hook"}]})
}

#[test]
fn elements_of_arrays_are_edited_alike() {
    for text in [
        "{}",
        "{\n  \"hooks\": {\n    \"PreToolUse\": [\n      {\"matcher\": \"Edit\"}\n    ]\n  }\n}\n",
        "{\"hooks\":{\"PreToolUse\":[{\"matcher\":\"Edit\"}],\"Stop\":[]}}",
        "{\n  \"hooks\": {\n    \"Stop\": [], // keep\n  },\n}\n",
    ] {
        let with = put(Format::Jsonc, text, &hooks(), &hook()).unwrap();
        assert_eq!(find(Format::Jsonc, &with, &hooks()), Ok(Some(hook())), "{with}");
        let kept = depth(Format::Jsonc, text, &hooks()).unwrap();
        assert_eq!(take(Format::Jsonc, &with, &hooks(), kept).unwrap(), text);
    }
}

/// What may stand between two tokens.
fn gap(end: &'static str) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => Just(String::new()),
        4 => Just(" ".to_owned()),
        3 => Just(end.to_owned()),
        2 => Just(format!("{end}\t")),
        2 => Just(format!("{end}    ")),
        1 => Just(format!("// a, \"b\": {{{end}")),
        1 => Just("/* c, ] */".to_owned()),
        1 => Just(format!("/* two{end} lines */")),
    ];
    prop::collection::vec(piece, 0..3).prop_map(|pieces| pieces.concat())
}

/// Items between brackets, with or without a trailing comma.
fn container(
    end: &'static str,
    brackets: (&'static str, &'static str),
    item: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    let item = (gap(end), item, gap(end)).prop_map(|(before, item, after)| before + &item + &after);
    (prop::collection::vec(item, 0..4), any::<bool>(), gap(end)).prop_map(
        move |(items, trailing, rest)| {
            let comma = if trailing && !items.is_empty() { "," } else { "" };
            format!("{}{}{comma}{rest}{}", brackets.0, items.join(","), brackets.1)
        },
    )
}

fn member(end: &'static str, value: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("a"),
        Just("mcpServers"),
        Just("x y"),
        Just("\\u00e9"),
        Just("headrooms"),
    ];
    (name, gap(end), gap(end), value)
        .prop_map(|(name, before, after, value)| format!("\"{name}\"{before}:{after}{value}"))
}

fn value(end: &'static str) -> BoxedStrategy<String> {
    let scalar = prop_oneof![
        Just("1e400".to_owned()),
        Just("-0.10".to_owned()),
        Just("null".to_owned()),
        Just("\"// no \\\" comment\"".to_owned()),
        Just("\"é\u{2028}\"".to_owned()),
    ];
    scalar
        .prop_recursive(3, 24, 4, move |inner| {
            prop_oneof![
                container(end, ("[", "]"), inner.clone()),
                container(end, ("{", "}"), member(end, inner)),
            ]
        })
        .boxed()
}

/// Any document whose `mcpServers`, if it has that, is an object.
fn document() -> impl Strategy<Value = String> {
    prop_oneof![Just("\n"), Just("\r\n")].prop_flat_map(|end| {
        let root = container(end, ("{", "}"), member(end, value(end)));
        let mark = prop_oneof![4 => Just(""), 1 => Just("\u{feff}")];
        (mark, gap(end), root, gap(end))
            .prop_map(|(mark, before, root, after)| format!("{mark}{before}{root}{after}"))
    })
}

/// Whether `new` is `old` with text put in at one or two places.
fn is_insertion(old: &str, new: &str) -> bool {
    let (old, new) = (old.as_bytes(), new.as_bytes());
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[prefix..], &new[prefix..]);
    let suffix = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[..old.len() - suffix], &new[..new.len() - suffix]);
    old.is_empty() || new.windows(old.len()).any(|window| window == old)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_document_comes_back(text in document()) {
        match put(Format::Jsonc, &text, &servers(), &server()) {
            Err(EditError::OtherShape { .. }) => {}
            Err(error) => prop_assert!(false, "{error}"),
            Ok(with) => {
                prop_assert_eq!(find(Format::Jsonc, &with, &servers()), Ok(Some(server())));
                prop_assert!(is_insertion(&text, &with), "{:?} became {:?}", text, with);
                let kept = depth(Format::Jsonc, &text, &servers()).unwrap();
                let back = take(Format::Jsonc, &with, &servers(), kept).unwrap();
                prop_assert!(
                    differ_only_in_blanks(Format::Jsonc, &back, &text),
                    "{text:?} became {with:?} and then {back:?}"
                );
            }
        }
    }

    #[test]
    fn any_text_is_edited_or_refused(text in "[\\[\\]{}:,\"a/*\\\\\n\r \u{feff}1]{0,40}") {
        if let Ok(with) = put(Format::Jsonc, &text, &servers(), &server()) {
            prop_assert!(take(Format::Jsonc, &with, &servers(), 0).is_ok());
        }
    }
}
