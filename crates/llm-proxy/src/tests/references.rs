//! What a model is told where it sees lines again, and that it can have them.

use testkit::provider::{ContentBlock, ModelTurn};

use super::retrieval::bench;
use super::rewriting::{rewriter, rewritten};
use super::*;

/// The lines of a file.
fn file(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|n| format!("    total += price_of({n}) * count_of({n});")).collect()
}

/// Lines as an agent's reader of files shows them.
fn numbered(lines: &[String]) -> String {
    lines.iter().enumerate().map(|(at, line)| format!("{}\t{line}\n", at + 1)).collect()
}

fn plain(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Adds a call and its result, which failed if `is_error`.
fn add(body: &mut Value, id: &str, (tool, input): (&str, Value), text: &str, is_error: bool) {
    let messages = body["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "assistant", "content": [
        {"type": "tool_use", "id": id, "name": tool, "input": input}]}));
    messages.push(json!({"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": id, "content": text, "is_error": is_error}]}));
}

fn reading(path: &str) -> (&'static str, Value) {
    ("Read", json!({"file_path": path}))
}

/// The text of the last result.
fn last(body: &Value) -> String {
    let message = body["messages"].as_array().unwrap().last().unwrap();
    message["content"][0]["content"].as_str().unwrap().to_owned()
}

#[test]
fn a_file_that_is_read_again_refers_to_what_was_read_and_written() {
    let mut body = conversation(MESSAGES, &[]);
    let mut lines = file(0, 60);
    add(&mut body, "a", reading("/w/src/sum.rs"), &numbered(&lines), false);
    let new = file(100, 108);
    let edit = json!({"file_path": "/w/src/sum.rs", "old_string": plain(&lines[20..22]), "new_string": plain(&new)});
    add(&mut body, "b", ("Edit", edit), "done", false);
    lines.splice(20..22, new);
    add(&mut body, "c", reading("/w/src/sum.rs"), &numbered(&lines), false);
    let sent = last(&rewritten(&rewriter(), MESSAGES, &body));
    let told: Vec<&str> = sent.lines().map(|line| line.split(", hash=").next().unwrap()).collect();
    assert_eq!(
        told,
        [
            "[same as lines 1-20 of sum.rs, 2 results ago",
            "[21-28 same as 8 lines you wrote to sum.rs, 1 call ago: total += price_of(100) * … total += price_of(107) *]",
            "[29-66 same as lines 23-60 of sum.rs, 2 results ago",
        ]
    );
    assert_eq!(sent.matches(", hash=").count(), 2, "{sent}");

    // What comes later changes nothing before it.
    let then = body.clone();
    add(&mut body, "d", reading("/w/test/sum.rs"), &numbered(&lines), false);
    let more = rewritten(&rewriter(), MESSAGES, &body);
    assert!(last(&more).starts_with("[same as lines 1-20 of src/sum.rs, 3 results ago"), "{more}");
    let before = rewritten(&rewriter(), MESSAGES, &then);
    let count = before["messages"].as_array().unwrap().len();
    assert_eq!(
        more["messages"].as_array().unwrap()[..count],
        before["messages"].as_array().unwrap()[..]
    );
}

#[test]
fn many_new_results_refer_to_what_they_would_one_by_one() {
    let mut body = conversation(MESSAGES, &[]);
    let read = |n: usize| numbered(&file(n * 100, n * 100 + 40));
    // Each of the later ones repeats another of the first, in no order.
    for (at, of) in [0, 1, 2, 3, 2, 0, 3, 1, 0].into_iter().enumerate() {
        let id = format!("call{at}");
        add(&mut body, &id, reading(&format!("/w/src/{of}.rs")), &read(of), false);
    }
    let at_once = rewritten(&rewriter(), MESSAGES, &body);
    let one_by_one = rewriter();
    let count = body["messages"].as_array().unwrap().len();
    for messages in (1..=count).step_by(2) {
        let mut earlier = body.clone();
        earlier["messages"].as_array_mut().unwrap().truncate(messages);
        let sent = rewritten(&one_by_one, MESSAGES, &earlier);
        let (sent, all) = (sent["messages"].as_array(), at_once["messages"].as_array());
        assert_eq!(sent.unwrap()[..], all.unwrap()[..messages]);
    }
    let text = at_once.to_string();
    assert!(text.matches("[same as lines 1-40 of ").count() == 5, "{text}");
}

#[test]
fn what_a_reference_stands_for_can_be_retrieved() {
    let mut body = conversation(MESSAGES, &[]);
    let lines = file(0, 60);
    add(&mut body, "a", reading("a.rs"), &numbered(&lines), false);
    add(
        &mut body,
        "b",
        ("Bash", json!({"command": "sed -n 11,50p a.rs"})),
        &plain(&lines[10..50]),
        false,
    );
    let told = last(&rewritten(&rewriter(), MESSAGES, &body));
    let (said, hash) = told.trim_end().trim_end_matches(']').split_once(", hash=").unwrap();
    assert_eq!((said, hash.len()), ("[same as lines 11-50 of a.rs, 1 result ago", 12));
    let bench = bench(vec![
        ModelTurn::new(
            "msg_1",
            [ContentBlock::call("r", "headroom_retrieve", &json!({"hash": hash}))],
        ),
        ModelTurn::new("msg_2", [ContentBlock::text("done")]),
    ]);
    let got = bench.post("/v1/messages", &body);
    assert_eq!(got.status, 200);
    let result = last(&bench.sent());
    assert_eq!(result, plain(&lines[10..50]).trim_end());
}

#[test]
fn failed_calls_refer_to_earlier_ones_and_lose_nothing() {
    let usage: String =
        (0..30).map(|n| format!("  --option-{n}  sets the option number {n}\n")).collect();
    let mut body = conversation(MESSAGES, &[]);
    let run = |arguments: &str| ("Bash", json!({"command": format!("tool {arguments}")}));
    add(&mut body, "a", run("--bad"), &format!("unknown option --bad\n{usage}"), true);
    let first = last(&rewritten(&rewriter(), MESSAGES, &body));
    assert!(!first.contains("left out"), "{first}");
    add(&mut body, "b", run("--worse"), &format!("unknown option --worse\n{usage}"), true);
    let sent = last(&rewritten(&rewriter(), MESSAGES, &body));
    let (head, reference) = sent.split_once('\n').unwrap();
    assert!(head.eq_ignore_ascii_case("unknown option --worse"), "{sent}");
    assert!(reference.contains(" of `tool --bad`, 1 result ago"), "{sent}");
}

#[test]
fn agents_without_tools_get_references_and_nothing_is_left_out() {
    let lines = file(0, 40);
    let output = |text: &str| format!("<returncode>0</returncode>\n<output>\n{text}</output>");
    let said = |command: &str| json!({"role": "assistant", "content": format!("I look.\n```bash\n{command}\n```")});
    let new = plain(&file(200, 215));
    let command = format!("cat > b.rs <<'EOF'\n{new}EOF\ncat a.rs b.rs");
    let body = json!({"model": "m", "max_tokens": 10, "messages": [
        {"role": "user", "content": "fix it"},
        said("cat a.rs"),
        {"role": "user", "content": output(&plain(&lines))},
        said(&command),
        {"role": "user", "content": output(&(plain(&lines[9..]) + &new))}]});
    let sent = rewritten(&rewriter(), MESSAGES, &body);
    assert!(sent.get("tools").is_none() && !sent.to_string().contains("hash="));
    assert_eq!(
        sent["messages"][4]["content"].as_str().unwrap(),
        "<returncode>0</returncode>\n<output>\n[same as lines 10-40 of a.rs, 1 result ago]\n\
         [same as 15 lines you wrote to b.rs, in this call: total += price_of(200) * … total += price_of(214) *]\n\
         </output>"
    );
}
