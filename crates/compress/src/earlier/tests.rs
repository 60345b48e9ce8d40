use proptest::prelude::*;

use super::*;
use crate::{Options, compress};

fn code(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|n| format!("    let value_{n} = compute(\"part {n}\", {});", n * 7)).collect()
}

fn plain(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn numbered(from: usize, lines: &[String]) -> String {
    let line = |(at, line): (usize, &String)| format!("{:>6}\t{line}\n", from + at);
    lines.iter().enumerate().map(line).collect()
}

fn file(path: &str) -> Name {
    Name::File(path.into(), None)
}

/// `text` with references, checked to give it back.
fn referred(earlier: &Earlier, text: &str) -> Option<String> {
    let found = earlier.refer(text, 9, Retrieval::None)?;
    assert_eq!(earlier.resolve(&found).as_deref(), Some(text));
    for reference in &found.references {
        assert!(is_reference(&found.text[reference.at.clone()]));
        assert!(text.get(reference.replaces.clone()).is_some());
    }
    Some(found.text)
}

#[test]
fn lines_that_were_shown_are_referred_to() {
    let mut earlier = Earlier::default();
    earlier.add_result(Name::Command("cat a.rs".into()), &plain(&code(0, 40)));
    earlier.add_result(Name::Tool("think".into()), "short");
    let text = format!("total 7\n{}new\n", plain(&code(10, 30)));
    assert_eq!(
        referred(&earlier, &text).unwrap(),
        "total 7\n[same as lines 11-30 of `cat a.rs`, 2 results ago]\nnew\n"
    );
}

#[test]
fn numbers_before_lines_may_differ() {
    let lines = code(0, 60);
    let mut edited = lines.clone();
    edited.splice(20..21, code(100, 103));
    let mut earlier = Earlier::default();
    earlier.add_result(file("/w/src/a.rs"), &numbered(1, &lines));
    let again = format!(
        "[same as lines 1-20 of a.rs, 1 result ago]\n{}[24-62 same as lines 22-60 there]\n",
        numbered(21, &code(100, 103))
    );
    assert_eq!(referred(&earlier, &numbered(1, &edited)).unwrap(), again);
    // A part of the file by its own lines, without numbers, and in another notation.
    let part = plain(&lines[30..50]);
    assert_eq!(referred(&earlier, &part).unwrap(), "[same as lines 31-50 of a.rs, 1 result ago]\n");
    let arrows: String = lines[30..50]
        .iter()
        .enumerate()
        .map(|(at, line)| format!("{}→{line}\n", at + 31))
        .collect();
    assert_eq!(
        referred(&earlier, &arrows).unwrap(),
        "[same as lines 31-50 of a.rs, 1 result ago]\n"
    );
    // Lines of a search have numbers that leave lines out, so these are content.
    let hits: String =
        lines.iter().zip([3, 9, 12]).map(|(line, n)| format!("{n}:{line}\n")).collect();
    assert_eq!(referred(&earlier, &hits), None);
}

#[test]
fn a_part_of_a_file_is_counted_by_the_lines_of_the_file() {
    let mut earlier = Earlier::default();
    let lines = code(0, 60);
    let attached = format!("Exit code: 0\nOutput:\n{}", plain(&lines[19..]));
    earlier.add_result(Name::File("a.rs".into(), Some(20)), &attached);
    for text in [plain(&lines[29..]), numbered(30, &lines[29..])] {
        assert_eq!(
            referred(&earlier, &text).unwrap(),
            "[same as lines 30-60 of a.rs, 1 result ago]\n"
        );
    }
    assert_eq!(
        referred(&earlier, &numbered(1, &lines[29..])).unwrap(),
        "[1-31 same as lines 30-60 of a.rs, 1 result ago]\n"
    );
}

#[test]
fn envelopes_are_opened_and_their_heads_stay() {
    let lines = plain(&code(0, 30));
    let envelope = |text: &str, seconds: &str| {
        let output = serde_json::to_string(text).unwrap();
        format!(
            "{{\"output\":{output},\"metadata\":{{\"exit_code\":0,\"duration_seconds\":{seconds}}}}}"
        )
    };
    let (first, second) = (envelope(&lines, "0.1"), envelope(&lines, "2"));
    let mut earlier = Earlier::default();
    earlier.add_result(file("a.rs"), &comparable(&first, false).0);
    let (text, done) = comparable(&second, false);
    assert_eq!(done, Some("envelope/1"));
    assert_eq!(
        referred(&earlier, &text).unwrap(),
        "[exit 0, 2 s]\n[same as lines 1-30 of a.rs, 1 result ago]\n"
    );
    assert_eq!(comparable("\u{1b}[1mx\u{1b}[0m", true), ("x".into(), None));
    assert_eq!(comparable("\u{1b}[1mx", false), ("\u{1b}[1mx".into(), None));
}

#[test]
fn a_file_that_is_shown_without_its_numbers_is_a_source_with_them() {
    let lines = code(0, 30);
    let text = numbered(1, &lines);
    let shown = compress(&text, &Options { kind: Some("a.rs".into()), ..Options::default() }).text;
    assert!(shown.starts_with("[numbers/"), "{shown}");
    let mut earlier = Earlier::default();
    earlier.add_result(file("a.rs"), &shown);
    assert_eq!(
        referred(&earlier, &numbered(5, &lines[4..28])).unwrap(),
        "[same as lines 5-28 of a.rs, 1 result ago]\n"
    );
}

#[test]
fn what_the_model_wrote_is_referred_to_by_its_ends() {
    let lines = code(0, 12);
    let mut earlier = Earlier::default();
    earlier.add_written(file("/w/a.rs"), 3, &format!("{{\n{}}}", plain(&lines)));
    let text = format!("{{\n{}}}\nand more\n", plain(&lines));
    assert_eq!(
        referred(&earlier, &text).unwrap(),
        "[same as 14 lines you wrote to a.rs, 6 calls ago: let value_0 = compute(\"part 0\", … let value_11 = compute(\"part]\nand more\n"
    );
    // What was written after the call that the text answers isn't known yet.
    assert_eq!(earlier.refer(&text, 2, Retrieval::None), None);
}

#[test]
fn long_runs_get_a_hash_if_retrieval_is_offered() {
    let mut earlier = Earlier::default();
    let text = plain(&code(0, 40));
    earlier.add_result(file("a.rs"), &text);
    let found = earlier.refer(&format!("x\n{text}"), 0, Retrieval::Offered).unwrap();
    let [reference] = &found.references[..] else { panic!("{found:?}") };
    let hash = reference.hash.as_deref().unwrap();
    assert!(found.text.ends_with(&format!(", 1 result ago, hash={hash}]\n")));
    assert!(marker::hash(text.trim_end()).starts_with(hash));
    assert_eq!(&format!("x\n{text}")[reference.replaces.clone()], text.trim_end());
    let short = earlier.refer(&plain(&code(0, 9)), 0, Retrieval::Offered).unwrap();
    assert_eq!(short.references[0].hash, None);
}

#[test]
fn references_and_markers_are_never_referred_to() {
    let marker = "[7 lines left out. Retrieve more: hash=0f1e2d3c4b5a69788796a5b4]\n";
    let text = plain(&code(0, 20)) + marker + &plain(&code(20, 40));
    let mut earlier = Earlier::default();
    earlier.add_result(file("a.rs"), &text);
    let again = referred(&earlier, &text).unwrap();
    assert_eq!(again.lines().count(), 3);
    assert_eq!(again.lines().nth(1), Some(marker.trim_end()));
    earlier.add_result(file("a.rs"), &again);
    assert_eq!(referred(&earlier, &again), None);
}

#[test]
fn the_longest_runs_are_taken_and_no_more_than_eight() {
    let mut earlier = Earlier::default();
    let lines = code(0, 400);
    earlier.add_result(file("a.rs"), &plain(&lines));
    let parts: String = (0..12)
        .map(|part| plain(&lines[part * 20..part * 20 + 6 + part]) + &format!("other {part}\n"))
        .collect();
    let again = referred(&earlier, &parts).unwrap();
    assert_eq!(again.matches("[same as ").count(), MOST_REFERENCES);
    assert!(again.contains(&plain(&lines[60..69])), "the shortest stay\n{again}");
    assert!(again.contains("[same as lines 221-237 there]"), "{again}");
}

#[test]
fn the_latest_of_equal_runs_counts() {
    let mut earlier = Earlier::default();
    for _ in 0..3 {
        earlier.add_result(file("a.rs"), &plain(&code(0, 10)));
    }
    assert_eq!(
        referred(&earlier, &plain(&code(0, 10))).unwrap(),
        "[same as lines 1-10 of a.rs, 1 result ago]\n"
    );
}

#[test]
fn a_copy_of_equal_lines_is_one_run() {
    let mut earlier = Earlier::default();
    let text = format!("{}x\n", "\n".repeat(40)).repeat(40);
    for _ in 0..2 {
        earlier.add_result(file("a"), &text);
    }
    assert_eq!(referred(&earlier, &text).unwrap(), "[same as lines 1-1640 of a, 1 result ago]\n");
}

#[test]
fn a_few_lines_are_not_replaced() {
    let mut earlier = Earlier::default();
    earlier.add_result(file("a.rs"), &plain(&code(0, 40)));
    assert_eq!(referred(&earlier, &plain(&code(0, 3))), None);
    earlier.add_result(file("b.rs"), &"}\n".repeat(50));
    assert_eq!(referred(&earlier, &"}\n".repeat(50)), None);
}

#[test]
fn hostile_repetition_takes_linear_time() {
    let mut earlier = Earlier::default();
    let blank = format!("{}x\n", "\n".repeat(300)).repeat(300);
    earlier.add_result(file("a"), &blank);
    earlier.add_result(file("a"), &blank);
    let other = format!("{}y\n", "\n".repeat(299)).repeat(300);
    assert!(
        earlier
            .refer(&other, 0, Retrieval::None)
            .is_none_or(|found| found.text.len() < other.len())
    );
}

/// A step of a conversation about a few files.
#[derive(Debug, Clone)]
enum Step {
    /// A file is read: which, from which line on, how many lines, and in which notation.
    Read(usize, usize, usize, usize),
    /// Lines of a file are replaced by others.
    Edit(usize, usize, usize, Vec<String>),
    /// A result in which anything may stand.
    Other(String),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let line = "|\\}|    return (a|b)|let name_[0-9]{1,3} = [a-z]{20,60};|é→\t[0-9]: x\r?";
    let step = prop_oneof![
        3 => (0usize..2, 0usize..20, 1usize..80, 0usize..5).prop_map(|(f, a, n, s)| Step::Read(f, a, n, s)),
        2 => (0usize..2, 0usize..40, 0usize..4, prop::collection::vec(line, 0..8))
            .prop_map(|(f, a, n, l)| Step::Edit(f, a, n, l)),
        1 => "((same as|\\[same as lines 1-2 there\\]|[0-9]{1,2}\t[ab]|\\[3 lines left out: a:1-3\\]|\n){1,9}){0,9}".prop_map(Step::Other),
    ];
    prop::collection::vec(step, 1..14)
}

fn shown(lines: &[String], from: usize, style: usize) -> String {
    let line = |(at, line): (usize, &String)| match style {
        0 => line.clone(),
        1 => format!("{:>6}\t{line}", from + at + 1),
        2 => format!("{}→{line}", from + at + 1),
        3 => format!("{}:{line}", from + at + 1),
        _ => format!("{:>3}|{line}", from + at),
    };
    lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

proptest! {
    #[test]
    fn what_is_referred_to_is_given_back(steps in steps(), end: bool) {
        let mut files = [code(0, 50), code(30, 60)];
        let mut earlier = Earlier::default();
        for (call, step) in steps.into_iter().enumerate() {
            let (name, text) = match step {
                Step::Read(which, from, count, style) => {
                    let lines = &files[which];
                    let from = from.min(lines.len());
                    let to = (from + count).min(lines.len());
                    let path = format!("/w/{which}.rs");
                    (file(&path), shown(&lines[from..to], from, style) + if end { "\n" } else { "" })
                }
                Step::Edit(which, from, count, lines) => {
                    let path = format!("/w/{which}.rs");
                    earlier.add_written(file(&path), call, &lines.join("\n"));
                    let whole = &mut files[which];
                    let from = from.min(whole.len());
                    whole.splice(from..(from + count).min(whole.len()), lines);
                    (Name::Tool("edit".into()), "done".to_owned())
                }
                Step::Other(text) => (Name::Command("run".into()), text),
            };
            let mut sent = text.clone();
            for retrieval in [Retrieval::None, Retrieval::Offered] {
                if let Some(found) = earlier.refer(&text, call, retrieval) {
                    prop_assert_eq!(earlier.resolve(&found), Some(text.clone()));
                    prop_assert!(found.text.len() < text.len());
                    prop_assert!(found.references.len() <= MOST_REFERENCES);
                    for reference in &found.references {
                        let original = &text[reference.replaces.clone()];
                        let hash = reference.hash.as_deref().unwrap_or_default();
                        prop_assert!(marker::hash(original).starts_with(hash));
                    }
                    prop_assert_eq!(earlier.refer(&found.text, call, retrieval), None);
                    sent = found.text;
                }
            }
            earlier.add_result(name, &sent);
        }
    }

    #[test]
    fn any_text_may_be_an_earlier_one(texts in prop::collection::vec(any::<String>(), 0..4), text: String) {
        let mut earlier = Earlier::default();
        for text in &texts {
            earlier.add_result(Name::Tool(text.clone()), text);
            earlier.add_written(Name::Command(text.clone()), 0, text);
        }
        for text in texts.iter().chain([&text]) {
            if let Some(found) = earlier.refer(text, 0, Retrieval::Offered) {
                prop_assert_eq!(earlier.resolve(&found), Some(text.clone()));
            }
        }
    }
}
