//! Edits of TOML: what they write, and that they leave everything else as it was.

#![allow(clippy::unwrap_used)] // helpers of tests

use agent_config::edit::{EditError, Entry, Format, Slot, differ_only_in_blanks, find, put, take};
use proptest::prelude::*;
use serde_json::{Value, json};

fn servers() -> Slot<'static> {
    Slot { path: vec!["mcp_servers"], entry: Entry::Member("headroom") }
}

fn server() -> Value {
    json!({"command": "/opt/headroom", "args": ["mcp", "serve"], "env": {"URL": "http://[::1]:1"}})
}

const TABLE: &str = "[mcp_servers.headroom]\ncommand = \"/opt/headroom\"\nargs = [\"mcp\", \"serve\"]\nenv = { URL = \"http://[::1]:1\" }\n";
const INLINE: &str = "{ command = \"/opt/headroom\", args = [\"mcp\", \"serve\"], env = { URL = \"http://[::1]:1\" } }";

fn there_and_back(text: &str) -> (String, String) {
    let with = put(Format::Toml, text, &servers(), &server()).unwrap();
    let back = take(Format::Toml, &with, &servers(), 1).unwrap();
    (with, back)
}

#[test]
fn an_entry_is_a_table_at_the_end() {
    let crlf = TABLE.replace('\n', "\r\n");
    for (before, after) in [
        ("", TABLE.to_owned()),
        ("model = \"o3\"\n", format!("model = \"o3\"\n\n{TABLE}")),
        ("# a\r\nb = 1\r\n", format!("# a\r\nb = 1\r\n\r\n{crlf}")),
        ("\u{feff}a = 1\n", format!("\u{feff}a = 1\n\n{TABLE}")),
        (
            "[mcp_servers.x]\ncommand = \"y\" # why\n\n# tail\n",
            format!("[mcp_servers.x]\ncommand = \"y\" # why\n\n# tail\n\n{TABLE}"),
        ),
        (
            "mcp_servers = { x = { command = \"y\" } } # one\na = 1\n",
            format!(
                "mcp_servers = {{ x = {{ command = \"y\" }}, headroom = {INLINE} }} # one\na = 1\n"
            ),
        ),
        ("mcp_servers = {}\n", format!("mcp_servers = {{ headroom = {INLINE} }}\n")),
        ("mcp_servers.x.command = \"y\"\n", format!("mcp_servers.x.command = \"y\"\n\n{TABLE}")),
    ] {
        let (with, back) = there_and_back(before);
        assert_eq!(with, after);
        assert_eq!(back, before);
    }
}

#[test]
fn a_value_is_a_statement_of_its_table() {
    let url = json!("http://h/v1");
    let top = Slot { path: vec![], entry: Entry::Member("base_url") };
    let deep = Slot { path: vec!["providers", "x y"], entry: Entry::Member("base_url") };
    const LINE: &str = "base_url = \"http://h/v1\"\n";
    for (slot, before, after) in [
        (&top, "", LINE.to_owned()),
        (&top, "a = 1\n", format!("a = 1\n{LINE}")),
        (&top, "a = 1", format!("a = 1\n{LINE}")),
        (&top, "\u{feff}[t]\na = 1\n", format!("\u{feff}{LINE}[t]\na = 1\n")),
        (&top, "# of t\n[t]\n", format!("{LINE}# of t\n[t]\n")),
        (
            &top,
            "a = [ # a\n  1,\n] # b\n\n[[t]]\n",
            format!("a = [ # a\n  1,\n] # b\n{LINE}\n[[t]]\n"),
        ),
        (&top, "a.b = 1\n[a.c]\n", format!("a.b = 1\n{LINE}[a.c]\n")),
        (&top, "a = 1\r\n[t]\r\n", format!("a = 1\r\n{}[t]\r\n", LINE.replace('\n', "\r\n"))),
        (&deep, "a = 1\n", format!("a = 1\n\n[providers.\"x y\"]\n{LINE}")),
        (
            &deep,
            "[providers.'x y'] # x\n\n[providers.'x y'.headers]\nh = 1\n",
            format!("[providers.'x y'] # x\n{LINE}\n[providers.'x y'.headers]\nh = 1\n"),
        ),
        (
            &deep,
            "[providers.'x y']\nname = 'n'\n[z]\n",
            format!("[providers.'x y']\nname = 'n'\n{LINE}[z]\n"),
        ),
    ] {
        assert_eq!(put(Format::Toml, before, slot, &url), Ok(after.clone()), "{before}");
        // Blank lines and a header that came with the entry stay: only a backup can tell whose they are.
        let back = take(Format::Toml, &after, slot, 1).unwrap();
        assert!(back.starts_with(before) && !back.contains(LINE.trim_end()), "{back}");
    }
    // Another kind of entry under that name gives way.
    let with = put(Format::Toml, "[base_url]\na = 1\n[z]\n", &top, &url).unwrap();
    assert_eq!(with, format!("{LINE}[z]\n"));
}

#[test]
fn an_entry_goes_in_whatever_way_it_was_written() {
    for (text, rest) in [
        (
            "a = 1\n\n[mcp_servers.headroom] # h\n# why\ncommand = 'x' # c\n\n[mcp_servers.headroom.env]\nA = '1'\n\n# next\n[z]\n",
            "a = 1\n\n# next\n[z]\n",
        ),
        (
            "[mcp_servers]\nx = { command = 'y' }\nheadroom = { command = 'x' } # h\n# tail\n",
            "[mcp_servers]\nx = { command = 'y' }\n# tail\n",
        ),
        (
            "[mcp_servers]\nheadroom.command = 'x'\nx.command = 'y'\nheadroom.args = [\n  'a', # b\n]\n",
            "[mcp_servers]\nx.command = 'y'\n",
        ),
        ("mcp_servers = { headroom = { a = 1 }, x = 2 }", "mcp_servers = { x = 2 }"),
        ("[mcp_servers.headroom]\ncommand = 'x'\n\n[b]\n", "[b]\n"),
        ("\u{feff}[mcp_servers.headroom]\ncommand = 'x'", "\u{feff}"),
    ] {
        assert_eq!(take(Format::Toml, text, &servers(), 1).unwrap(), rest);
    }
}

#[test]
fn an_entry_is_replaced() {
    for text in [
        "[mcp_servers.headroom]\ncommand = 'x'\n\n[mcp_servers.headroom.env]\nA = '1'\n\n[z]\n",
        "mcp_servers = { headroom = { a = 1 }, x = 2 }",
        "mcp_servers.headroom.command = 'x'\n[z]\n",
    ] {
        let (with, _) = there_and_back(text);
        assert_eq!(find(Format::Toml, &with, &servers()), Ok(Some(server())), "{with}");
    }
}

#[test]
fn what_is_no_config_is_named_with_its_line() {
    for (text, message) in [
        ("a = 1\nb = \n", "line 2: "),
        ("a = 1\na = 2\n", "line 2: "),
        ("\u{feff}\u{feff}#", "line 1: "),
        ("mcp_servers = 3\n", "`mcp_servers` is not a table"),
        ("[[mcp_servers]]\na = 1\n", "`mcp_servers` is not a table"),
    ] {
        let error = put(Format::Toml, text, &servers(), &server()).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
    }
}

/// A line or a table of a document; numbers keep the keys apart.
fn piece(number: usize) -> impl Strategy<Value = String> {
    prop_oneof![
        Just(format!("# remark {number}\n")),
        Just("\n".to_owned()),
        Just("  \t\n".to_owned()),
        Just(format!("[table{number}] # t\n  key = [ 1,\n  2 ]\n")),
        Just(format!("[mcp_servers.s{number}]\ncommand = 'a\\b'\nenv = {{ A = \"# no\" }}\n")),
        Just(format!("[mcp_servers.s{number}.env]\n\"a b\" = \"\"\"\n[x]\n\"\"\"\n")),
        Just(format!("[[list{number}]]\nwhen = 1979-05-27T07:32:00Z\n")),
    ]
}

fn document() -> impl Strategy<Value = String> {
    let top = prop_oneof![
        Just(""),
        Just("a = 1e9\n"),
        Just("\"mcp_servers\".z.command = 'z'\n"),
        Just("# top\n\n"),
    ];
    let pieces = (0..6_usize).map(piece).collect::<Vec<_>>();
    let mark = prop_oneof![4 => Just(""), 1 => Just("\u{feff}")];
    (mark, top, pieces, 0..7_usize, any::<bool>(), any::<bool>()).prop_map(
        |(mark, top, pieces, count, crlf, ended)| {
            let text = format!("{mark}{top}{}", pieces[..count.min(6)].concat());
            let text = if ended { text.as_str() } else { text.trim_end_matches('\n') };
            if crlf { text.replace('\n', "\r\n") } else { text.to_owned() }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_document_comes_back(text in document()) {
        let (with, back) = there_and_back(&text);
        prop_assert!(with.starts_with(&text));
        prop_assert!(!text.contains('\r') || !with.replace("\r\n", "").contains('\n'));
        prop_assert!(
            differ_only_in_blanks(Format::Toml, &back, &text),
            "{text:?} became {with:?} and then {back:?}"
        );
    }

    #[test]
    fn any_document_takes_a_value_and_gives_it_back(text in document()) {
        let slot = Slot { path: vec![], entry: Entry::Member("base_url") };
        let with = put(Format::Toml, &text, &slot, &json!("u")).unwrap();
        let back = take(Format::Toml, &with, &slot, 1).unwrap();
        prop_assert!(
            differ_only_in_blanks(Format::Toml, &back, &text),
            "{text:?} became {with:?} and then {back:?}"
        );
    }

    #[test]
    fn any_text_is_edited_or_refused(text in "[\\[\\]{}=.,\"'a#\\\\\n\r 1\u{feff}]{0,40}") {
        match put(Format::Toml, &text, &servers(), &server()) {
            Ok(with) => prop_assert!(take(Format::Toml, &with, &servers(), 1).is_ok()),
            Err(error) => prop_assert!(error != EditError::NoSafeEdit, "{text:?}"),
        }
    }
}
