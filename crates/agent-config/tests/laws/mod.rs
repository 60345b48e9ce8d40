//! What holds for edits of any text: checked on what fuzzing found (`fuzz_corpus.rs`), and by the fuzz target itself.

use agent_config::edit::{Entry, Format, Slot, depth, differ_only_in_blanks, find, put, take};
use serde_json::{Value, json};

/// Puts an entry into the text that the bytes are, as each format, and takes it out again.
///
/// # Panics
/// When a law doesn't hold.
pub(crate) fn edit_lawfully(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let member = |path| Slot { path, entry: Entry::Member("headroom") };
    let is_own: fn(&Value) -> bool = |value| value["command"] == "headroom";
    let element = Slot { path: vec!["hooks", "PostToolUse"], entry: Entry::Element(is_own) };
    edit(Format::Jsonc, text, &member(vec!["mcpServers"]));
    edit(Format::Jsonc, text, &element);
    edit(Format::Toml, text, &member(vec!["mcp_servers"]));
    edit(Format::Toml, text, &member(Vec::new()));
}

fn edit(format: Format, text: &str, slot: &Slot<'_>) {
    let value = json!({"command": "headroom", "args": ["mcp", "serve"]});
    let before = find(format, text, slot);
    let kept = depth(format, text, slot).unwrap_or(1);
    let Ok(with) = put(format, text, slot, &value) else { return };
    assert_eq!(find(format, &with, slot), Ok(Some(value.clone())), "what was put in is there");
    // A carriage return at the end becomes a part of the first line end that is written.
    if !text.ends_with('\r') {
        assert_eq!(put(format, &with, slot, &value).as_deref(), Ok(&*with), "twice is once");
    }
    let Ok(back) = take(format, &with, slot, kept) else { return };
    if before == Ok(None) {
        assert!(differ_only_in_blanks(format, text, &back), "{text:?} -> {with:?} -> {back:?}");
    }
}
