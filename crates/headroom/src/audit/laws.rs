//! What holds for every transcript: checked on what fuzzing found, and by the fuzz target itself.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use llm_proxy::Offline;
use metrics::Prices;

use super::totals::AuditTotals;
use super::{formats, html, json, report};

/// The names of transcripts that are one JSON document, each of another format.
const DOCUMENTS: [&str; 3] = ["session-a.json", "ses_a.json", "api_conversation_history.json"];

static OFFLINE: LazyLock<Offline> =
    LazyLock::new(|| Offline::new().expect("the providers' addresses"));
static PRICES: LazyLock<Prices> = LazyLock::new(Prices::known);

/// Takes the bytes behind the first one for a transcript: lines, or a document of the name that the first byte says.
///
/// # Panics
/// When a law doesn't hold.
pub(crate) fn audit_lawfully(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else { return };
    let read = match usize::from(first).checked_sub(usize::from(b'0')) {
        Some(at) if at < DOCUMENTS.len() => document(DOCUMENTS[at], rest),
        _ => formats::read_lines(&mut &*rest),
    };
    let Some((format, transcript)) = read.expect("what is in memory can be read") else { return };
    let mut totals = AuditTotals::default();
    for conversation in &transcript.conversations {
        assert!(
            conversation.requests.iter().all(|request| request.items <= conversation.items.len())
        );
        totals.add(format, conversation, &OFFLINE, &PRICES, &mut |_| true);
    }
    let text = report::text(&totals);
    let is_control = |c: char| c.is_control() && c != '\n';
    assert!(!text.contains(is_control), "control characters: {text:?}");
    json::json(&totals);
    let page = html::page(&totals);
    assert!(!page.contains("<img"), "markup of a transcript: {page}");
}

fn document(
    name: &str,
    bytes: &[u8],
) -> std::io::Result<Option<(agent_config::agent::TranscriptFormat, super::transcript::Transcript)>>
{
    let folder = tempfile::tempdir()?;
    let path = folder.path().join(name);
    fs::write(&path, bytes)?;
    formats::read(&path)
}

#[cfg(test)]
#[test]
fn the_corpus_of_transcript_any_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/transcript_any");
    let mut count = 0;
    for entry in folder.read_dir().unwrap() {
        audit_lawfully(&fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count >= 5, "{count} inputs");
}
