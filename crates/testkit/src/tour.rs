//! The README's tour: output of the programs, made by the tests that check it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Set this to `write` to write the blocks instead of checking them.
const VARIABLE: &str = "TOUR";

/// Checks that the fenced block behind `<!-- tour: NAME -->` in the README holds exactly `text`; with
/// `TOUR=write` in the environment, writes it there.
///
/// # Panics
/// When there is no such block, or it holds something else.
pub fn check(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let writes = std::env::var_os(VARIABLE).is_some_and(|value| value == "write");
    let mut file =
        File::options().read(true).write(writes).open(path).expect("the README is there");
    // Tests of several programs write at the same time.
    file.lock().expect("a plain file can be locked");
    let mut readme = String::new();
    file.read_to_string(&mut readme).expect("the README is UTF-8");
    let marker = format!("<!-- tour: {name} -->\n");
    let (before, rest) = readme.split_once(&marker).expect("the README has this block");
    let (fence, rest) = rest.split_once('\n').expect("a fence opens the block");
    let closing = format!("\n{fence}\n");
    let (shown, after) = rest.split_once(&closing).expect("the same fence ends the block");
    let text = text.trim_end();
    if shown == text {
        return;
    }
    assert!(
        writes,
        "the README's block `{name}` is stale; TOUR=write writes it anew. It should be:\n{text}"
    );
    let readme = format!("{before}{marker}{fence}\n{text}{closing}{after}");
    file.seek(SeekFrom::Start(0)).expect("a plain file");
    file.set_len(0).expect("a plain file");
    file.write_all(readme.as_bytes()).expect("the README can be written");
}
