//! Figures on the command line, and what is left of them when the server is gone; the flags of
//! `headroom serve` that are about what goes to a provider.

use std::collections::HashMap;
use std::fs;
use std::sync::Mutex;

use rustix::process::Signal;
use serde_json::{Value, json};
use testkit::provider::{ContentBlock, ModelTurn, Provider, Reply, system_prompt};

use crate::client::{Home, Server, log, records};

const ANTHROPIC: &str = "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n";

fn provider() -> Provider {
    Provider::start(|_| Reply::Turn(ModelTurn::new("msg_1", [ContentBlock::text("Done")])))
}

/// All strings in a value, a line each.
fn strings(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => {
            out.push_str(text);
            out.push('\n');
        }
        Value::Array(list) => list.iter().for_each(|item| strings(item, out)),
        Value::Object(map) => map.values().for_each(|item| strings(item, out)),
        _ => {}
    }
}

/// A provider that bills by the rules of prompt caching: what the conversation's request before held
/// is read from the cache, the rest is written to it.
fn billing_provider() -> Provider {
    let known: Mutex<HashMap<String, u64>> = Mutex::default();
    Provider::start(move |request| {
        let body = request.json();
        let mut text = String::new();
        strings(&body, &mut text);
        let total = tokens::count(tokens::Encoding::default(), &text) as u64;
        if request.path.ends_with("/count_tokens") {
            return Reply::Turn(ModelTurn::new("free", []).used(total, 0));
        }
        let task = body["messages"][0]["content"].to_string();
        let before = known.lock().unwrap().insert(task, total).unwrap_or(0);
        let answer = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"],
            "content": [{"type": "text", "text": "Done"}], "stop_reason": "end_turn",
            "usage": {"input_tokens": 3, "cache_read_input_tokens": before,
                "cache_creation_input_tokens": total - before, "output_tokens": 50}});
        Reply::Whole {
            status: 200,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: answer.to_string().into_bytes(),
        }
    })
}

fn conversation(task: &str, results: &[String]) -> Value {
    let mut messages = vec![json!({"role": "user", "content": task})];
    for (at, result) in results.iter().enumerate() {
        let id = format!("t{at}");
        messages.push(json!({"role": "assistant", "content": [
            {"type": "tool_use", "id": id, "name": "Bash", "input": {"command": "run it"}}]}));
        messages.push(json!({"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": id, "content": result}]}));
    }
    json!({"model": "claude-sonnet-4-5", "max_tokens": 10, "system": system_prompt(), "messages": messages,
        "tools": [{"name": "Bash", "input_schema": {"type": "object"}}]})
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// `headroom stats` in the server's home, asking the server.
fn stats(server: &Server, args: &[&str], environment: &[(&str, &str)]) -> std::process::Output {
    let mut command = server.home.headroom(&[&["stats"], args].concat());
    command.env("HEADROOM_BASE_URL", server.url()).envs(environment.iter().copied());
    server.home.finish(command, "")
}

#[test]
fn the_command_prints_what_the_server_answers() {
    let provider = provider();
    let server = Server::start(&["--anthropic-api-url", &provider.url()]);
    let body = conversation("what went wrong?", &[log(500), "short".to_owned()]);
    server.post_with("/v1/messages", ANTHROPIC, body.to_string());
    let answer: Value = serde_json::from_slice(&stats(&server, &["--json"], &[]).stdout).unwrap();
    let mut live = server.get("/stats").json();
    live["uptime_seconds"] = answer["stats"]["uptime_seconds"].clone();
    live["requests"]["by_route"] = answer["stats"]["requests"]["by_route"].clone();
    assert_eq!(answer["stats"], live);
    assert_eq!(answer["server"], server.url());
    let saved = live["tokens"]["saved"].as_u64().unwrap();
    assert!(saved > 1000 && answer["history"]["lifetime"]["tokens_saved"] == saved);

    let plain = stats(&server, &[], &[]);
    assert!(plain.status.success() && plain.stderr.is_empty());
    let grouped = format!("{},{:03}", saved / 1000, saved % 1000);
    let said = text(&plain.stdout);
    assert!(said.contains("  saved") && said.matches(&grouped).count() >= 2, "{said}");
    for word in ["compressing", "by kind", "by tool", "Bash", "(estimate)", "prefix cache hits"] {
        assert!(said.contains(word), "{word} in {said}");
    }
    assert!(!said.contains('\u{1b}'));
    let coloured = stats(&server, &["--color", "always"], &[]);
    assert!(text(&coloured.stdout).contains('\u{1b}'));
    let forced = stats(&server, &[], &[("CLICOLOR_FORCE", "1")]);
    assert!(text(&forced.stdout).contains('\u{1b}'));
    let not = stats(&server, &[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]);
    assert!(!text(&not.stdout).contains('\u{1b}'));
    let mut alias = server.home.headroom(&["perf", "--json"]);
    alias.env("HEADROOM_BASE_URL", server.url());
    assert!(server.home.finish(alias, "").status.success());
}

#[test]
fn figures_outlive_the_server_and_say_so() {
    let provider = provider();
    let url = provider.url();
    let args = ["--anthropic-api-url", &*url];
    let mut server = Server::start(&args);
    let body = conversation("what went wrong?", &[log(500)]).to_string();
    server.post_with("/v1/messages", ANTHROPIC, &body);
    let saved = server.get("/stats").json()["tokens"]["saved"].as_u64().unwrap();
    server.signal(Signal::TERM);
    server.wait();
    let kept = fs::read_to_string(server.home.path(".headroom/state/figures.json")).unwrap();
    assert!(!kept.contains("went wrong") && !kept.contains("request 1 done"), "{kept}");

    let gone = stats(&server, &[], &[]);
    assert!(gone.status.success());
    assert!(text(&gone.stderr).contains("no server is running at"), "{}", text(&gone.stderr));
    assert!(text(&gone.stdout).contains("since 20"), "{}", text(&gone.stdout));
    let gone: Value = serde_json::from_slice(&stats(&server, &["--json"], &[]).stdout).unwrap();
    assert_eq!((&gone["server"], &gone["stats"]), (&Value::Null, &Value::Null));
    assert_eq!(gone["history"]["lifetime"]["tokens_saved"], saved);

    let server = server.restart(&args);
    assert_eq!(server.get("/stats").json()["tokens"]["saved"], 0);
    let past = server.get("/stats-history").json();
    assert_eq!(past["lifetime"]["tokens_saved"], saved);
    assert_eq!(past["lifetime"]["by_tool"]["Bash"]["in_all_requests"]["tokens_saved"], saved);
    server.post_with("/v1/messages", ANTHROPIC, &body);
    let past = server.get("/stats-history").json();
    assert_eq!(past["lifetime"]["tokens_saved"], 2 * saved);
    let daily = past["series"]["daily"].as_array().unwrap();
    let days: u64 = daily.iter().map(|day| day["tokens_saved"].as_u64().unwrap()).sum();
    assert_eq!((days, &past["kept"]["is_kept"]), (2 * saved, &json!(true)));
}

/// Two servers, one of which only measures: what each says that the other would cost is what it costs.
#[test]
fn the_estimates_are_near_what_the_other_server_is_billed() {
    let results: Vec<String> = (0..8)
        .map(|n| match n % 3 {
            0 => log(100 + 40 * n),
            1 => records(60 + 20 * n),
            _ => format!(
                "// step {n}\n{}",
                "let total = items.iter().map(|item| item.price).sum();\n".repeat(9)
            ),
        })
        .collect();
    let cost = |flags: &[&str]| {
        let provider = billing_provider();
        let url = provider.url();
        let server = Server::start(&[&["--anthropic-api-url", &*url], flags].concat());
        for task in ["first task", "second task"] {
            for count in 0..=results.len() {
                let body = conversation(task, &results[..count]).to_string();
                // Agents ask how long a request is, too; that is free.
                server.post_with("/v1/messages/count_tokens", ANTHROPIC, &body);
                assert_eq!(server.post_with("/v1/messages", ANTHROPIC, &body).status, 200);
            }
        }
        server.get("/stats").json()["cost"].clone()
    };
    let (smaller, meter) = (cost(&[]), cost(&["--no-optimize"]));
    let dollars = |cost: &Value, name: &str| cost[name].as_f64().unwrap();
    let (billed, without) = (dollars(&smaller, "usd"), dollars(&smaller, "without_usd_estimate"));
    let measured = dollars(&meter, "usd");
    let would = measured - dollars(&meter, "would_save_usd_estimate");
    assert!(billed * 1.5 < measured, "{billed} {measured}");
    for (estimate, truth) in [(without, measured), (would, billed)] {
        assert!((estimate / truth - 1.0).abs() < 0.05, "{estimate} is not near {truth}");
    }
}

#[test]
fn a_server_with_its_store_in_memory_leaves_nothing_on_disk() {
    let provider = provider();
    let mut server = Server::start(&["--store", "memory", "--anthropic-api-url", &provider.url()]);
    server.post_with("/v1/messages", ANTHROPIC, conversation("a", &[log(500)]).to_string());
    assert!(server.get("/stats-history").json()["lifetime"]["tokens_saved"].as_u64() > Some(0));
    assert_eq!(server.get("/stats-history").json()["kept"]["is_kept"], false);
    server.signal(Signal::TERM);
    server.wait();
    assert!(!server.home.path(".headroom").exists());
    let nothing = stats(&server, &[], &[]);
    assert!(nothing.status.success() && nothing.stdout.is_empty());
    assert!(text(&nothing.stderr).contains("no server has recorded anything"));
}

#[test]
fn the_users_own_prices_come_first_and_a_broken_table_is_named() {
    let provider = provider();
    let home = Home::new();
    let folder = home.path(".headroom");
    fs::create_dir_all(&folder).unwrap();
    let table = folder.join("prices.toml");
    fs::write(
        &table,
        "[[price]]\nmodel = \"claude-sonnet-4-5\"\ninput = 1000000\ncache_read = 0\noutput = 0\n",
    )
    .unwrap();
    let server = Server::start_in(home, &["--anthropic-api-url", &provider.url()]);
    server.post_with("/v1/messages", ANTHROPIC, conversation("a", &[]).to_string());
    let stats = server.get("/stats").json();
    assert_eq!(stats["cost"]["usd"].as_f64(), stats["usage"]["input"].as_f64());
    assert!(stats["usage"]["input"].as_u64() > Some(0));
    fs::write(&table, "[[price]]\nmodel = 1\n").unwrap();
    let refused = server.home.run(&["serve", "--port", "0"], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("prices.toml"), "{}", text(&refused.stderr));
}

#[test]
fn the_dashboards_address_is_printed_if_a_server_is_there() {
    let server = Server::start(&[]);
    let ask = |url: &str| {
        let mut command = server.home.headroom(&["dashboard", "--no-open"]);
        command.env("HEADROOM_BASE_URL", url);
        server.home.finish(command, "")
    };
    assert_eq!(
        text(&ask(&format!("{}/", server.url())).stdout),
        format!("{}/dashboard\n", server.url())
    );
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = ask(&format!("http://{free}"));
    assert_eq!(nobody.status.code(), Some(1));
    assert!(nobody.stdout.is_empty() && text(&nobody.stderr).contains("headroom serve"));
    // Without a screen nothing is opened, and that is no error.
    let mut command = server.home.headroom(&["dashboard"]);
    command.env("HEADROOM_BASE_URL", server.url());
    let without = server.home.finish(command, "");
    assert!(without.status.success() && without.stderr.is_empty());
}

#[test]
fn credentials_are_replaced_on_the_wire_only_where_that_is_asked_for_and_causally() {
    let key = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    let first = format!("{}export GITHUB_TOKEN={key}\n{}", log(30), log(3));
    let results = [first, log(40)];
    let sent = |provider: &Provider| provider.received().last().unwrap().json()["messages"].clone();
    for (args, is_replaced) in [(&[][..], false), (&["--redact-secrets"][..], true)] {
        let provider = provider();
        let url = provider.url();
        let args = [&["--anthropic-api-url", &*url], args].concat();
        let ask = |server: &Server, count: usize| {
            let task = format!("why does {key} not work?");
            let body = conversation(&task, &results[..count]);
            assert_eq!(server.post_with("/v1/messages", ANTHROPIC, body.to_string()).status, 200);
            sent(&provider)
        };
        let server = Server::start(&args);
        let (one, two) = (ask(&server, 1), ask(&server, 2));
        assert_eq!(!one[2].to_string().contains(key), is_replaced);
        // What a user says is the user's own.
        assert!(one[0].to_string().contains(key));
        // The history is the same bytes in the next request, after a restart, and on another server.
        assert_eq!(one.as_array().unwrap()[..], two.as_array().unwrap()[..3]);
        let redacted = server.get("/stats").json()["compression"]["redacted"].as_u64().unwrap();
        assert_eq!(redacted > 0, is_replaced);
        let server = server.restart(&args);
        assert_eq!((ask(&server, 2), ask(&Server::start(&args), 1)), (two, one));
    }
}

#[test]
fn a_share_is_a_number_from_0_to_1() {
    let home = Home::new();
    for share in ["1.5", "-0.1", "NaN", "half"] {
        let out = home.run(&["serve", "--port", "0", &format!("--holdout={share}")], "");
        assert_eq!(out.status.code(), Some(2), "{share}");
    }
}
