//! The pack that a hook adds to a prompt: once in a session, small, and only where the repository
//! clearly has what the prompt is about. An agent reads it again in every request, so a pack that isn't
//! needed costs more than it saves.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use select::Confidence;
use serde_json::Value;

use crate::args::PickArgs;
use crate::pipeline::{self, Packed};
use crate::place::Place;
use crate::resolve;
use crate::settings::Settings;
use crate::terminal::Quiet;

/// Words from which on a prompt says what is to be done. Of what people type to agents, two in five have
/// fewer; these go on with something, or only agree.
const MIN_WORDS: usize = 8;
/// Tokens of the pack. Replayed on 136 issue-fixing sessions, packs of 1,000 tokens save the most of the
/// bill, and those of 8,000 cost more than they save.
const BUDGET: usize = 1000;
/// What a pack begins with, by which it is also found again.
const HEAD: &str =
    "[contextos: what in this repository matches the prompt; lines bear their numbers]";
/// How prompts begin that nobody typed, or that the agent's own commands are in.
const NOT_TYPED: [char; 4] = ['/', '<', '!', '#'];
/// Words of a task that the likeliest chunk has at least, where it is about something here. By hand, on
/// prompts about this repository (3 to 5) and others (1 or 2).
const MIN_MATCHED: usize = 3;
/// Bytes of a transcript that are looked through for an earlier pack. By hand: a session with more has
/// long begun.
const LONGEST_TRANSCRIPT: u64 = 8 << 20;

/// What is added to the prompt in `call`, a hook's input; `None` for nothing.
pub(crate) fn for_prompt(call: &Value, config: Option<&Path>) -> Option<String> {
    let prompt = call["prompt"].as_str()?.trim();
    if prompt.starts_with(NOT_TYPED) || select::count_words(prompt) < MIN_WORDS {
        return None;
    }
    if call["transcript_path"].as_str().is_some_and(|path| may_have_pack(Path::new(path))) {
        return None;
    }
    let place = Place::of(Path::new(call["cwd"].as_str()?)).ok()?;
    let settings = Settings::load(&place.root, config).ok()?;
    let args = PickArgs { budget: Some(BUDGET), ..PickArgs::default() };
    let mut request = resolve::pick(place, prompt.to_owned(), &args, &settings).ok()?.request;
    // Whatever the user's configuration says: what a model reads leaves this machine.
    request.allow_sensitive = false;
    request.cache = true;
    request.line_numbers = true;
    let packed = pipeline::run(&request, &Quiet).ok()?;
    is_clear(&packed).then(|| format!("{HEAD}\n\n{}", packed.pack.text))
}

/// Whether a session has a pack already, or is so long that it doesn't matter.
fn may_have_pack(transcript: &Path) -> bool {
    let Ok(file) = File::open(transcript) else { return false };
    let mut text = Vec::new();
    let read = file.take(LONGEST_TRANSCRIPT + 1).read_to_end(&mut text);
    read.is_err()
        || text.len() as u64 > LONGEST_TRANSCRIPT
        || String::from_utf8_lossy(&text).contains(HEAD)
}

/// Whether the repository clearly has what the task is about: it fits as a whole, and the likeliest chunk
/// has several of its words. (A probability says little here, as those of all chunks sum to one whatever
/// the task.)
fn is_clear(packed: &Packed) -> bool {
    let chunks = packed.ranking.chunks.iter();
    let best = chunks.max_by(|a, b| a.probability.total_cmp(&b.probability));
    packed.ranking.confidence != Confidence::Weak
        && best.is_some_and(|chunk| chunk.matched.len() >= MIN_MATCHED)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use serde_json::json;

    use super::*;

    const PROMPT: &str = "the refresh of expired access tokens fails when the clock is skewed";

    /// A repository with something about tokens, and a transcript.
    fn repository() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let source = "def refresh_expired_token(token, clock):\n    \"\"\"Refreshes an access token \
                      that has expired by the clock.\"\"\"\n    return token.refresh(clock.now())\n";
        fs::write(folder.path().join("token.py"), source).unwrap();
        fs::write(folder.path().join("other.py"), "def paint(wall):\n    return wall.colour\n")
            .unwrap();
        let transcript = folder.path().join("t.jsonl");
        (folder, transcript)
    }

    fn added(prompt: &str, cwd: &Path, transcript: &Path) -> Option<String> {
        let call = json!({"prompt": prompt, "cwd": cwd, "transcript_path": transcript});
        for_prompt(&call, None)
    }

    #[test]
    fn a_prompt_that_matches_gets_a_small_pack_with_numbers() {
        let (folder, transcript) = repository();
        let call = json!({"prompt": PROMPT, "cwd": folder.path(), "transcript_path": transcript});
        let pack = for_prompt(&call, None).unwrap();
        assert!(pack.starts_with(HEAD) && pack.contains("token.py"), "{pack}");
        assert!(
            pack.contains("1 def refresh")
                || pack.contains("1: def refresh")
                || pack.contains("1\tdef"),
            "{pack}"
        );
        assert!(tokens::count(tokens::Encoding::default(), &pack) <= BUDGET + 40);
    }

    #[test]
    fn a_prompt_without_blanks_is_as_long_as_its_words() {
        let (folder, transcript) = repository();
        let prompt = "时钟不准时refresh_expired_token(token, clock)没有刷新过期的访问令牌";
        assert!(added(prompt, folder.path(), &transcript).is_some());
    }

    #[test]
    fn others_get_nothing() {
        let (folder, transcript) = repository();
        for prompt in [
            "refresh expired tokens",
            "/review the refresh of expired access tokens when the clock is skewed",
            "<task-notification> the refresh of expired access tokens is done by the clock",
            "please write me a poem about the sea and the stars tonight",
            "",
        ] {
            assert_eq!(added(prompt, folder.path(), &transcript), None, "{prompt}");
        }
        assert_eq!(added(PROMPT, &folder.path().join("none"), &transcript), None);
        for call in [json!({}), json!(7), json!({"prompt": PROMPT})] {
            assert_eq!(for_prompt(&call, None), None);
        }
    }

    #[test]
    fn a_session_gets_one_pack() {
        let (folder, transcript) = repository();
        let line = json!({"type": "attachment", "content": format!("{HEAD}\n\n# Pack")});
        fs::write(&transcript, format!("{line}\n")).unwrap();
        let call = json!({"prompt": PROMPT, "cwd": folder.path(), "transcript_path": transcript});
        assert_eq!(for_prompt(&call, None), None);
        fs::write(&transcript, "{}\n").unwrap();
        assert!(for_prompt(&call, None).is_some());
    }
}
