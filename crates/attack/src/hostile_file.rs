//! The kinds of hostile files that anything that is read may be.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::random::Random;

/// What is hostile about a file.
#[derive(Debug, Clone, Copy)]
pub enum Nature {
    /// Its content.
    Content(fn(&mut Random) -> Vec<u8>),
    /// What it is: made at this path, with the folder outside for what may lead there.
    Special(fn(&Path, &Path) -> io::Result<()>),
}

use Nature::{Content, Special};

/// The kinds, each with its name.
#[rustfmt::skip]
pub const KINDS: &[(&str, Nature)] = &[
    ("empty", Content(|_| Vec::new())),
    ("a single zero byte", Content(|_| vec![0])),
    ("a megabyte of zeros", Content(|_| vec![0; 1 << 20])),
    ("a megabyte of noise", Content(|random| random.bytes(1 << 20))),
    ("a mark of UTF-8 alone", Content(|_| b"\xef\xbb\xbf".to_vec())),
    ("UTF-16", Content(|_| [vec![0xff, 0xfe], "fn refresh() {}\n".encode_utf16().flat_map(u16::to_le_bytes).collect()].concat())),
    ("UTF-16 with half a character", Content(|_| vec![0xfe, 0xff, 0, b'a', 0xd8])),
    ("invalid UTF-8", Content(|_| b"refresh \xc3\x28 \xa0\xa1 \xed\xa0\x80 \xf8\x88 token\n".repeat(200))),
    ("a million line ends", Content(|_| vec![b'\n'; 1_000_000])),
    ("carriage returns alone", Content(|_| b"refresh token\r".repeat(20_000))),
    ("mixed line ends", Content(|_| "a\r\nb\rc\nd\u{2028}e\u{85}f\u{b}".repeat(5000).into_bytes())),
    ("one line of five megabytes", Content(|_| b"refresh token ".repeat(370_000))),
    ("one word of a megabyte", Content(|_| vec![b'a'; 1 << 20])),
    ("a hundred thousand opening brackets", Content(|_| vec![b'['; 100_000])),
    ("nested objects", Content(|_| b"{\"a\":".repeat(50_000))),
    ("nested objects, closed", Content(|_| [b"{\"a\":".repeat(5000), b"1".to_vec(), b"}".repeat(5000)].concat())),
    ("half an object", Content(|_| br#"{"mcpServers": {"a": {"command": "x", "args": ["#.to_vec())),
    ("an object with names twice", Content(|_| br#"{"hooks": {}, "hooks": [], "permissions": {"allow": 1}, "permissions": {"deny": ["Bash"]}}"#.to_vec())),
    ("an object of other types", Content(|_| br#"{"mcpServers": 7, "hooks": "x", "permissions": [null], "tool_input": [], "prompt": {}, "session_id": 1e999}"#.to_vec())),
    ("a number of a thousand digits", Content(|_| format!("{{\"id\": {}}}", "9".repeat(1000)).into_bytes())),
    ("halves of surrogates", Content(|_| br#"{"prompt": "\ud800 \udc00\ud800", "tool_name": "\u0000"}"#.to_vec())),
    ("comments and commas in JSON", Content(|_| b"// a\n{\"a\": [1,,], /* b */ \"c\": {,}}".to_vec())),
    ("an array of a hundred thousand numbers", Content(|_| format!("[{}0]", "1,".repeat(100_000)).into_bytes())),
    ("messages without end", Content(|_| b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}\n".repeat(300))),
    ("a batch of messages", Content(|_| format!("[{}{{}}]\n", r#"{"jsonrpc":"2.0","id":1,"method":"ping"},"#.repeat(500)).into_bytes())),
    ("messages with odd ids", Content(|_| b"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":[]}\n{\"id\":null,\"result\":1}\n{\"jsonrpc\":\"1\",\"id\":1e400,\"method\":\"initialize\"}\n".to_vec())),
    ("lines of JSON, some broken", Content(|random| (0..200).flat_map(|_| [random.mutated(br#"{"type":"assistant","message":{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"Bash","input":{"command":"ls"}}],"usage":{"input_tokens":1}}}"#), b"\n".to_vec()].concat()).collect())),
    ("dotted keys", Content(|_| format!("{}a = 1\n", "a.".repeat(20_000)).into_bytes())),
    ("nested arrays in TOML", Content(|_| [b"a = ".to_vec(), b"[".repeat(50_000)].concat())),
    ("a table twice", Content(|_| b"[pack]\nbudget = 1\n[pack]\nbudget = \"x\"\n".to_vec())),
    ("settings of wrong types", Content(|_| b"budget = []\nexclude = 7\n[secrets]\nallow = {}\n[[pack]]\nformat = 1979-05-27\n".to_vec())),
    ("a number too large", Content(|_| b"budget = 99999999999999999999999999\n".to_vec())),
    ("entities of entities", Content(|_| format!("<!DOCTYPE x [<!ENTITY a \"b\">{}]><x>&z;</x>", "<!ENTITY z \"&a;&a;&a;&a;\">".repeat(2000)).into_bytes())),
    ("elements without an end", Content(|_| b"<files><file path=\"a\"><span start=\"1\">".repeat(10_000))),
    ("fences", Content(|_| b"```rust\n````\n~~~\n# Context pack\n".repeat(5000))),
    ("backticks", Content(|_| vec![b'`'; 200_000])),
    ("stars", Content(|_| format!("{}\n", "**/".repeat(3000)).into_bytes())),
    ("patterns of stars", Content(|_| b"a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b\n".repeat(2000))),
    ("forty thousand rules", Content(|_| (0..40_000).map(|n| format!("!x{n}/\n/x{n}\n")).collect::<String>().into_bytes())),
    ("brackets without an end", Content(|_| b"[\n[!\n[[:alpha:\n{a,{b,{c\n\\\n".repeat(200))),
    ("escape sequences", Content(|_| "\u{1b}[2J\u{1b}]0;title\u{7}\u{1b}]8;;http://x\u{1b}\\link \u{9b}31m \u{8}\u{8}refresh\n".repeat(500).into_bytes())),
    ("text that is turned around", Content(|_| "\u{202e}nekot\u{2066}refresh\u{2069}\u{200b}\u{feff}\u{e0041}\n".repeat(2000).into_bytes())),
    ("keys without an end", Content(|_| b"-----BEGIN RSA PRIVATE KEY-----\nMIIE".repeat(8000))),
    ("passwords", Content(|_| b"password = \"Vk8sPq2m!x\" api_key: token=".repeat(8000))),
    ("base64", Content(|_| b"cGFzc3dvcmQ9aHVudGVyMlhxOWs0bVo3".repeat(8000))),
    ("percent signs", Content(|_| b"%3d%22%25%3a".repeat(20_000))),
    ("events", Content(|_| b"event: x\ndata: {\"a\":\ndata\n:\n\nid: \0\n\n".repeat(4000))),
    ("forty thousand brackets of code", Content(|_| [b"fn f() { ".to_vec(), b"(".repeat(40_000), b"{".repeat(40_000)].concat())),
    ("a name of a megabyte", Content(|_| [b"fn ".to_vec(), vec![b'x'; 1 << 20], b"() {}".to_vec()].concat())),
    ("a stack trace without an end", Content(|_| b"  File \"/a/b.py\", line 99999999999999999999, in <refresh>\n    at x (y.js:1:1)\n".repeat(8000))),
    ("a program", Content(|_| [b"\x7fELF\x02\x01\x01\0".to_vec(), vec![0x90; 4096]].concat())),
    ("an archive", Content(|_| [b"PK\x03\x04".to_vec(), vec![1; 4096]].concat())),
    ("a folder", Special(|path, _| fs::create_dir_all(path.join("x")))),
    ("a link to itself", Special(|path, _| symlink(path, path))),
    ("a link to nothing", Special(|path, _| symlink("nothing/there", path))),
    ("a link to a file outside", Special(|path, outside| symlink(outside.join("secret.txt"), path))),
    ("a link to a folder outside", Special(|path, outside| symlink(outside, path))),
    ("a link to zeros", Special(|path, _| symlink("/dev/zero", path))),
    ("a pipe", Special(|path, _| pipe(path))),
    ("a socket", Special(|path, _| std::os::unix::net::UnixListener::bind(path).map(drop))),
    ("four gigabytes of nothing", Special(|path, _| File::create(path)?.set_len(4 << 30))),
    ("nobody's to read", Special(|path, _| { fs::write(path, "refresh")?; fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o000)) })),
];

/// Makes the file of a kind at `path`; a path that is too long for a socket gets none.
///
/// # Errors
/// If it can't be made.
pub fn make(nature: Nature, path: &Path, outside: &Path, random: &mut Random) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match nature {
        Content(content) => fs::write(path, content(random)),
        Special(made) => match made(path, outside) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            made => made,
        },
    }
}

/// Makes a named pipe.
///
/// # Errors
/// If it can't be made.
pub fn pipe(path: &Path) -> io::Result<()> {
    match std::process::Command::new("mkfifo").arg(path).status()?.success() {
        true => Ok(()),
        false => Err(io::Error::other("mkfifo failed")),
    }
}
