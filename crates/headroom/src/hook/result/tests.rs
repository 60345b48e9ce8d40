//! Results as Claude Code hands them to hooks.

use blob_store::Bounds;

use super::*;

fn replacer() -> (Replacer, Arc<Originals>) {
    let originals = Arc::new(Originals::in_memory(Bounds::default()));
    (Replacer::new(Some(originals.clone()), Limits::default()).unwrap(), originals)
}

fn log(lines: usize) -> String {
    let line = |at| format!("2026-01-05T10:00:00Z INFO worker-{} compiled unit {at}", at % 7);
    (0..lines).map(line).collect::<Vec<_>>().join("\n")
}

fn call(tool: &str, input: Value, response: Value) -> Value {
    json!({"hook_event_name": "PostToolUse", "tool_name": tool, "tool_use_id": "toolu_1",
        "tool_input": input, "tool_response": response})
}

fn updated(replaced: &Replaced) -> &Value {
    &replaced.answer.as_ref().unwrap()["hookSpecificOutput"]["updatedToolOutput"]
}

#[test]
fn every_known_shape_keeps_its_members_and_gets_smaller() {
    let (replacer, originals) = replacer();
    let bash = json!({"stdout": log(300), "stderr": "", "interrupted": false, "isImage": false});
    let grep = json!({"mode": "content", "numFiles": 0, "filenames": [], "content": log(300), "numLines": 300});
    let paths: Vec<String> = (0..300)
        .map(|at| format!("src/components/widgets/common/part{}/file{at}.ts", at / 20))
        .collect();
    let page = json!({"bytes": 9, "code": 200, "codeText": "OK", "result": log(300), "durationMs": 3, "url": "https://a.example"});
    let parts = json!([{"type": "text", "text": log(300)}, {"type": "image", "data": "x"}]);
    for (tool, input, response, place) in [
        ("Bash", json!({"command": "make"}), bash, "/stdout"),
        ("Grep", json!({"pattern": "INFO"}), grep, "/content"),
        (
            "Glob",
            json!({"pattern": "**/*"}),
            json!({"filenames": paths, "numFiles": 300}),
            "/filenames/0",
        ),
        ("WebFetch", json!({"url": "https://a.example"}), page, "/result"),
        ("mcp__t__logs", json!({}), parts, "/0/text"),
        ("mcp__t__logs", json!({}), Value::from(log(300)), ""),
    ] {
        let replaced =
            replacer.replace(&call(tool, input, response.clone()), Client::Claude).unwrap();
        let new = updated(&replaced);
        let keys = |value: &Value| value.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>());
        assert_eq!(keys(new), keys(&response), "{tool}");
        assert!(new.pointer(place).unwrap().is_string(), "{tool}");
        assert!(replaced.saved.after * 2 < replaced.saved.before, "{tool}: {:?}", replaced.saved);
        assert!(new.to_string().len() * 2 < response.to_string().len(), "{tool}");
    }
    let replaced = replacer
        .replace(
            &call("Bash", json!({"command": "make"}), json!({"stdout": log(300)})),
            Client::Claude,
        )
        .unwrap();
    let text = updated(&replaced)["stdout"].as_str().unwrap();
    assert!(text.ends_with(original_files::BY_COMMAND), "{text}");
    let hash = &text.split_once("hash=").unwrap().1[..24];
    assert!(originals.get(hash).unwrap().is_some());
}

#[test]
fn what_is_unknown_short_an_image_or_compressed_already_stays() {
    let (replacer, _) = replacer();
    let marked = format!(
        "{}\n[3 of 9 lines left out. Retrieve more: hash=af1349b9f5f9a1a6a0404dea]",
        log(300)
    );
    for (tool, input, response) in [
        ("Edit", json!({}), json!({"content": log(300)})),
        ("Bash", json!({"command": "x"}), json!({"output": log(300)})),
        ("Bash", json!({"command": "x"}), json!({"stdout": log(300), "isImage": true})),
        ("Bash", json!({"command": "x"}), json!({"stdout": log(300), "backgroundTaskId": "b1"})),
        ("Bash", json!({"command": "x"}), json!({"stdout": marked})),
        ("Bash", json!({"command": "headroom retrieve af1349b9f5f9"}), json!({"stdout": log(300)})),
        (
            "mcp__headroom__headroom_retrieve",
            json!({}),
            json!([{"type": "text", "text": log(300)}]),
        ),
        ("Read", json!({"file_path": "/a.png"}), json!({"type": "image", "file": {"base64": "x"}})),
        ("mcp__t__x", json!({}), json!(7)),
        ("Glob", json!({}), json!({"filenames": [7]})),
    ] {
        assert_eq!(replacer.replace(&call(tool, input, response), Client::Claude), None, "{tool}");
    }
    for call in [json!({}), json!(7), json!({"tool_name": "Bash"})] {
        assert_eq!(replacer.replace(&call, Client::Claude), None);
    }
    let short = call("Bash", json!({"command": "x"}), json!({"stdout": log(5)}));
    assert!(
        replacer.replace(&short, Client::Claude).is_none_or(|replaced| replaced.answer.is_none())
    );
}

#[test]
fn all_of_a_spilled_output_is_read() {
    let (replacer, _) = replacer();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.txt");
    let text =
        format!("{}\nERROR worker-3: undefined symbol order_total\n{}", log(2000), log(2000));
    std::fs::write(&path, &text).unwrap();
    let response = json!({"stdout": &text[..30_000], "stderr": "", "persistedOutputPath": path,
        "persistedOutputSize": text.len()});
    let spilled = call("Bash", json!({"command": "make"}), response);
    let replaced = replacer.replace(&spilled, Client::Claude).unwrap();
    let new = updated(&replaced);
    assert_eq!(new.as_object().unwrap().keys().collect::<Vec<_>>(), ["stdout", "stderr"]);
    let text = new["stdout"].as_str().unwrap();
    assert!(text.contains("undefined symbol order_total") && text.len() < 8000, "{text}");
    assert!(text.ends_with(&format!("[all of it: {}]", path.display())));
    // Whoever can read all of it needs no parts of it.
    assert!(!text.contains("hash=") && text.contains("\n… "), "{text}");
    let (_folder, shown) = transcript(&format!("[all of it: {}/a.txt]", folder.path().display()));
    let mut again = spilled.clone();
    again["transcript_path"] = json!(shown);
    let replaced = replacer.replace(&again, Client::Claude).unwrap();
    let text = updated(&replaced)["stdout"].as_str().unwrap().to_owned();
    assert!(text.ends_with("[all of it: b.txt, same folder]"), "{text}");
    std::fs::write(&path, "something else").unwrap();
    assert_eq!(replacer.replace(&spilled, Client::Claude), None);
}

/// A transcript with the result of one `Read`.
fn transcript(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.jsonl");
    let lines = [
        json!({"type": "user", "uuid": "u", "message": {"role": "user", "content": "look"}}),
        json!({"type": "assistant", "uuid": "a", "parentUuid": "u", "message": {"id": "m", "role": "assistant",
            "content": [{"type": "tool_use", "id": "toolu_0", "name": "Read", "input": {"file_path": "/w/a.py"}}]}}),
        json!({"type": "user", "uuid": "r", "parentUuid": "a", "message": {"role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "toolu_0", "content": text}]}}),
    ];
    std::fs::write(&path, lines.map(|line| format!("{line}\n")).concat()).unwrap();
    (folder, path)
}

fn source(changed: Option<usize>) -> Vec<String> {
    let line = |at| match changed == Some(at) {
        true => "    another = 1".to_owned(),
        false => format!("    value_{at} = compute({at})"),
    };
    (0..80).map(line).collect()
}

fn numbered(lines: &[String]) -> String {
    let lines: Vec<_> =
        lines.iter().enumerate().map(|(at, l)| format!("{}\t{l}", at + 1)).collect();
    lines.join("\n")
}

#[test]
fn a_file_that_is_read_again_is_referred_to_and_its_numbers_stay_right() {
    let (replacer, originals) = replacer();
    let (_folder, path) = transcript(&numbered(&source(None)));
    let read = |lines: &[String], first: usize| {
        let content = lines.join("\n") + "\n";
        let mut call = call(
            "Read",
            json!({"file_path": "/w/a.py"}),
            json!({"type": "text", "file": {
            "filePath": "/w/a.py", "content": content, "numLines": lines.len(), "startLine": first, "totalLines": 80}}),
        );
        call["transcript_path"] = json!(path);
        replacer.replace(&call, Client::Claude).unwrap()
    };
    let whole = read(&source(None), 1);
    let file = &updated(&whole)["file"];
    let content = file["content"].as_str().unwrap();
    let (line, note) = content.split_once('\n').unwrap();
    assert!(line.starts_with("[same as lines 1-80 of a.py, 1 result ago, hash="), "{content}");
    assert_eq!((&file["startLine"], &file["totalLines"]), (&json!(80), &json!(80)));
    let hash = line.split_once("hash=").unwrap().1.trim_end_matches(']');
    let place = note.strip_prefix("[left out: Read ").unwrap();
    let place = place.strip_suffix(']').unwrap().replace("HASH", hash);
    assert_eq!(std::fs::read_to_string(&place).unwrap(), numbered(&source(None)));
    let again = call(
        "Read",
        json!({"file_path": place}),
        json!({"type": "text", "file": {
        "filePath": place, "content": log(300), "numLines": 300, "startLine": 1, "totalLines": 300}}),
    );
    assert_eq!(replacer.replace(&again, Client::Claude), None);
    assert_eq!(originals.get(hash).unwrap().unwrap().text, numbered(&source(None)));

    let edited = read(&source(Some(40)), 1);
    let file = &updated(&edited)["file"];
    let lines: Vec<&str> = file["content"].as_str().unwrap().lines().collect();
    assert!(lines[0].starts_with("[same as lines 1-40 of a.py"), "{lines:?}");
    assert_eq!((lines[1], &file["startLine"]), ("    another = 1", &json!(40)));
    assert!(lines[2].starts_with("[same as lines 42-80 there"), "{lines:?}");

    let part = read(&source(None)[20..60], 21);
    let content = updated(&part)["file"]["content"].as_str().unwrap();
    assert!(content.starts_with("[same as lines 21-60 of a.py, 1 result ago"), "{content}");

    let unseen: Vec<String> = (0..80).map(|at| format!("    other_{at} = f({at})")).collect();
    let other = read(&unseen, 1);
    assert_eq!((other.answer, other.saved.before), (None, other.saved.after));
}

#[test]
fn the_way_to_retrieve_is_said_once() {
    let (replacer, _) = replacer();
    let (_folder, path) = transcript("nothing");
    let mut call = call("Bash", json!({"command": "make"}), json!({"stdout": log(300)}));
    call["transcript_path"] = json!(path);
    let replace = || {
        let replaced = replacer.replace(&call, Client::Claude).unwrap();
        updated(&replaced)["stdout"].as_str().unwrap().to_owned()
    };
    let first = replace();
    let note = first.lines().last().unwrap();
    assert!(note.starts_with("[left out: Read /"), "{first}");
    let (_other, shown) = transcript(note);
    std::fs::copy(shown, &path).unwrap();
    let second = replace();
    assert!(second.contains("hash=") && !second.contains("[left out"), "{second}");
}

#[test]
fn the_folder_is_named_once() {
    let (replacer, _) = replacer();
    let (_folder, path) = transcript("nothing");
    let folder = path.with_extension("").join("tool-results");
    let mut call = call("Bash", json!({"command": "make"}), json!({"stdout": log(300)}));
    call["transcript_path"] = json!(path);
    let last_line = |shown: &str| {
        let (_other, shown) = transcript(shown);
        std::fs::copy(shown, &path).unwrap();
        let replaced = replacer.replace(&call, Client::Claude).unwrap();
        let text = updated(&replaced)["stdout"].as_str().unwrap().to_owned();
        text.lines().last().unwrap().to_owned()
    };
    let place = format!("[all of it: {}/b.txt]", folder.display());
    let short = "[left out: Read headroom-HASH.txt, same folder]";
    assert_eq!(last_line(&place), short);
    assert!(!last_line(&format!("{place}\n{short}")).contains("[left out"));
    // Of another folder it isn't right.
    let long = format!("[left out: Read {}/headroom-HASH.txt]", folder.display());
    assert_eq!(last_line(&format!("[all of it: /elsewhere/b.txt]\n{short}")), long);
}

#[test]
fn an_original_that_is_read_in_part_has_one_reference() {
    let (replacer, _) = replacer();
    let (_folder, path) = transcript("nothing");
    let mut call = call("Bash", json!({"command": "make"}), json!({"stdout": log(600)}));
    call["transcript_path"] = json!(path);
    let replaced = replacer.replace(&call, Client::Claude).unwrap();
    let new = updated(&replaced);
    assert_eq!(new["stdout"].as_str().unwrap().matches("hash=").count(), 1, "{new}");
    call.as_object_mut().unwrap().remove("transcript_path");
    let replaced = replacer.replace(&call, Client::Claude).unwrap();
    let new = updated(&replaced);
    assert!(new["stdout"].as_str().unwrap().matches("hash=").count() > 1, "{new}");
}

#[test]
fn a_subagent_has_a_transcript_of_its_own() {
    let mut call = json!({"transcript_path": "/p/s.jsonl"});
    assert_eq!(transcript_of(&call).unwrap(), Path::new("/p/s.jsonl"));
    call["agent_id"] = json!("a72c");
    assert_eq!(transcript_of(&call).unwrap(), Path::new("/p/s/subagents/agent-a72c.jsonl"));
    call["agent_id"] = json!("../x");
    assert_eq!(transcript_of(&call), None);
}

/// What a proxy makes of a request that holds a result which the hook has replaced: nothing.
#[test]
fn what_the_hook_has_made_smaller_the_proxy_leaves() {
    let (replacer, _) = replacer();
    let (_folder, path) = transcript(&numbered(&source(None)));
    let offline = llm_proxy::Offline::new().unwrap();
    let table: Vec<Value> = (0..200)
        .map(|at| json!({"id": at, "name": format!("Order {at}"), "state": "open", "amount": at * 37 % 999}))
        .collect();
    let code = source(None).join("\n");
    for (command, output) in [
        ("make", log(400)),
        ("cat data.json", serde_json::to_string_pretty(&table).unwrap()),
        ("cat a.py; make", format!("{code}\n{}", log(200))),
        ("cat a.py", code),
    ] {
        let mut call = call("Bash", json!({"command": command}), json!({"stdout": output}));
        call["transcript_path"] = json!(path);
        let replaced = replacer.replace(&call, Client::Claude).unwrap();
        let text = updated(&replaced)["stdout"].clone();
        let seen = Seen::before(&call);
        let body = seen.with_result(&call, &[text.as_str().unwrap().to_owned()]);
        let body = format!(r#"{{"tools":[{{"name":"Bash"}}],{}"#, &body[1..]);
        let blocks = offline.replay(MESSAGES, &body.into()).unwrap().blocks;
        // What became very short isn't looked at.
        let of_call = blocks.iter().filter(|block| block.hint.as_deref() == Some(command));
        for block in of_call.map(|block| &block.report) {
            assert_eq!(block.before, block.after, "{command}: {text}");
        }
    }
}

#[test]
fn plugins_hand_over_texts_and_parts() {
    let (replacer, _) = replacer();
    let replace = |response: Value| {
        let call = call("bash", json!({"command": "make"}), response);
        replacer.replace(&call, Client::Plugin)
    };
    let text = replace(json!(log(300))).unwrap();
    assert!(updated(&text).as_str().unwrap().len() * 2 < log(300).len());
    let parts = replace(json!([{"type": "text", "text": log(300)}])).unwrap();
    assert!(updated(&parts)[0]["text"].as_str().unwrap().len() * 2 < log(300).len());
    assert_eq!(replace(json!({"stdout": log(300)})), None);
}

#[test]
fn copilot_hands_over_a_text_under_its_own_names() {
    let (replacer, _) = replacer();
    let call = |text: &str| {
        json!({"sessionId": "s", "toolName": "bash", "toolArgs": {"command": "cat app.log"},
            "toolResult": {"resultType": "success", "textResultForLlm": text, "other": 1}})
    };
    let replaced = replacer.replace(&call(&log(300)), Client::Copilot).unwrap();
    let result = &replaced.answer.as_ref().unwrap()["modifiedResult"];
    assert!(result["textResultForLlm"].as_str().unwrap().len() * 2 < log(300).len());
    assert_eq!((&result["resultType"], &result["other"]), (&json!("success"), &json!(1)));
    assert_eq!(replaced.saved.tool, "bash");
    assert_eq!(replacer.replace(&call("short"), Client::Copilot), None);
    assert_eq!(replacer.replace(&json!({"toolName": "bash"}), Client::Copilot), None);
}
