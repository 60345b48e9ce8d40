//! Files from which the model reads what was left out, in the folder in which Claude Code keeps the results
//! of a session's tools: it reads these without asking anybody for permission, and removes them with the
//! session.

use std::io;
use std::path::{Path, PathBuf};

use blob_store::Originals;
use llm_api::retrieval::original_file;
use private_fs::Writer;
use serde_json::Value;

/// Follows the first result of a conversation from which something was left out, where there is no such
/// folder.
pub(super) const BY_COMMAND: &str =
    "[to read what was left out: headroom retrieve HASH [--query TEXT | --lines A-B]]";
/// The folder beside the transcript, in one of the session's name.
const FOLDER: &str = "tool-results";
/// Says where a file is to a reader who was told of another one there.
pub(super) const SAME_FOLDER: &str = ", same folder";
/// What precedes a hash in markers and references.
const HASH: &str = "hash=";
/// The fewest digits of a hash that name an original.
const FEWEST_DIGITS: usize = 12;

/// The folder of the results of one session.
pub(super) struct ResultFolder(PathBuf);

impl ResultFolder {
    /// That of the session that `call`, a hook's input, is from; `None` where the agent names none.
    pub(super) fn of(call: &Value) -> Option<Self> {
        let transcript = Path::new(call["transcript_path"].as_str()?);
        let is_known = transcript.is_absolute()
            && transcript.extension().is_some_and(|extension| extension == "jsonl")
            && transcript.is_file();
        is_known.then(|| Self(transcript.with_extension("").join(FOLDER)))
    }

    /// Says how originals are read that were [put](Self::put) there.
    pub(super) fn note(&self) -> String {
        format!("[left out: Read {}]", self.0.join(original_file("HASH")).display())
    }

    /// The same to a reader who was told of another file there.
    pub(super) fn short_note() -> String {
        format!("[left out: Read {}{SAME_FOLDER}]", original_file("HASH"))
    }

    /// The path of the folder.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes the originals there that `texts` name by their hashes. Whether there are some, and all of
    /// them are there.
    pub(super) fn put<'t>(
        &self,
        originals: &Originals,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> bool {
        let mut found = false;
        for hash in texts.into_iter().flat_map(hashes) {
            // Other programs write hashes too.
            let Ok(Some(original)) = originals.get(hash) else { continue };
            if self.put_one(hash, &original.text).is_err() {
                return false;
            }
            found = true;
        }
        found
    }

    fn put_one(&self, hash: &str, original: &str) -> io::Result<()> {
        let path = self.0.join(original_file(hash));
        if path.is_file() {
            return Ok(());
        }
        self.0.parent().map_or(Ok(()), private_fs::create_dir)?;
        private_fs::create_dir(&self.0)?;
        Writer::new().write(&path, original.as_bytes())
    }
}

/// The hashes in a text that name originals.
fn hashes(text: &str) -> impl Iterator<Item = &str> {
    text.split(HASH).skip(1).filter_map(|rest| {
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        rest.get(..digits).filter(|_| digits >= FEWEST_DIGITS)
    })
}

#[cfg(test)]
mod tests {
    use blob_store::Bounds;
    use serde_json::json;

    use super::*;

    #[test]
    fn originals_are_put_beside_the_transcript() {
        let home = tempfile::tempdir().unwrap();
        let transcript = home.path().join("session.jsonl");
        let call = json!({ "transcript_path": transcript });
        assert!(ResultFolder::of(&call).is_none());
        std::fs::write(&transcript, "").unwrap();
        let folder = ResultFolder::of(&call).unwrap();
        let originals = Originals::in_memory(Bounds::default());
        let hash = originals.put("the original\n").unwrap().to_string();
        let text = format!("a\n[9 lines left out. Retrieve more: hash={hash}]\nhash=none\n");
        assert!(folder.put(&originals, [text.as_str()]));
        assert!(folder.put(&originals, ["hash=0123456789ab", text.as_str()]));
        assert!(!folder.put(&originals, ["nothing", "[x hash=0123456789ab]"]));
        let file = home.path().join(format!("session/tool-results/headroom-{hash}.txt"));
        assert_eq!(std::fs::read_to_string(file).unwrap(), "the original\n");
        assert!(folder.note().contains("session/tool-results/headroom-HASH.txt"));
        for other in ["session.jsonl", "/no/such/session.jsonl", "/etc/passwd"] {
            assert!(ResultFolder::of(&json!({ "transcript_path": other })).is_none(), "{other}");
        }
    }
}
