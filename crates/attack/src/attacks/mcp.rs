//! Hostile messages of the Model Context Protocol.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::Broken;
use crate::ground::Ground;
use crate::random::Random;

/// Messages; `$` is the folder outside.
#[rustfmt::skip]
const MESSAGES: &[&str] = &[
    r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
    r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#,
    r#"{"jsonrpc":"2.0","id":"x","method":"ping"}"#,
    r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"pack","arguments":{"task":"refresh","budget":1000}}}"#,
    r#"{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"contextos_pack","arguments":{"task":"refresh","root":"$"}}}"#,
    r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"read_file","arguments":{"path":"../../outside/secret.txt"}}}"#,
    r#"{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"contextos_read","arguments":{"path":"out/secret.txt"}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"explain","arguments":{"target":"$/secret.txt","task":"x"}}}"#,
    r#"{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"headroom_retrieve","arguments":{"hash":"../../outside/secret.txt"}}}"#,
    r#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"headroom_compress","arguments":{"text":"a\nb\n"}}}"#,
    r#"{"jsonrpc":"2.0","id":10,"method":"resources/read","params":{"uri":"file://$/secret.txt"}}"#,
    r#"{"jsonrpc":"2.0","id":11,"method":"prompts/get","params":{"name":"..","arguments":{}}}"#,
    r#"{"jsonrpc":"2.0","id":12,"method":"completion/complete","params":{}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}"#,
    r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
    "", "null", "{}", "\u{feff}{}",
];

pub(super) fn attack(ground: &Ground, random: &mut Random, times: usize) -> Result<usize, Broken> {
    for number in 0..times {
        let (home, checkout) = (ground.folder(), ground.folder());
        fs::create_dir(checkout.join("src")).expect("a folder");
        fs::write(checkout.join("src/lib.rs"), "pub fn refresh() {}\n").expect("a file");
        symlink(ground.outside(), checkout.join("out")).expect("a link");
        let mut input = Vec::new();
        for at in 0..random.below(12) + 2 {
            let message = match MESSAGES.get(at).filter(|_| at < 2) {
                Some(message) => message,
                None => random.one_of(MESSAGES),
            };
            let message = message.replace('$', &ground.outside().display().to_string());
            let is_changed = at >= 2 && random.below(3) == 0;
            input.extend(if is_changed {
                random.mutated(message.as_bytes())
            } else {
                message.into_bytes()
            });
            input.push(b'\n');
        }
        let (program, args): (_, &[&str]) = match number % 2 {
            0 => ("contextos", &["serve", "--stdio"]),
            _ => ("headroom", &["mcp", "serve"]),
        };
        let mut program = ground.program(program, &home, &checkout);
        let ended = ground.run(program.args(args), &input)?;
        ground.check_outside(&[&*ended.stdout, ended.stderr.as_bytes()].concat())?;
        for line in ended.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            if serde_json::from_slice::<Value>(line).is_err() {
                return Err(Broken(format!("a response isn't JSON: {}", line.escape_ascii())));
            }
        }
    }
    Ok(times)
}
