//! The summary of a pack for programs: `pack --json`.

use serde_json::{Map, Value, json};

use crate::explanation;
use crate::produce::Produced;

/// What was packed, as JSON. `budget`: in the encoding's tokens, as all figures here.
pub(super) fn json(produced: &Produced, budget: usize) -> String {
    let packed = &produced.packed;
    let files = &packed.read.corpus.files;
    let shown = packed.pack.shown.iter().map(|shown| {
        let lines = shown.lines.iter().map(|lines| [lines.start, lines.end]);
        json!({ "path": files[shown.file].path, "lines": lines.collect::<Vec<_>>() })
    });
    let skipped: Map<String, Value> = packed
        .read
        .skipped
        .counts()
        .map(|(reason, count)| (reason.name().to_owned(), count.into()))
        .collect();
    let mut summary = json!({
        "task": packed.task,
        "budget": budget,
        "tokens": packed.pack.tokens,
        "confidence": packed.ranking.confidence.name(),
        "commit": packed.read.commit,
        "files": shown.collect::<Vec<_>>(),
        "files_in_all": files.len(),
        "chunks": packed.pack.chunks.len(),
        "chunks_in_all": packed.chunks_in_all,
        "unchosen": packed.pack.unchosen.len(),
        "redacted": packed.read.findings.len(),
        "skipped": skipped,
        "written": produced.written,
    });
    if let Some(changes) = &packed.changes {
        let renamed = changes.renamed.iter().map(|(from, to)| json!({ "from": from, "to": to }));
        let changed = &packed.pack.changed;
        let left_out = changed
            .unshown
            .iter()
            .map(|left_out| json!({ "path": files[left_out.file].path, "lines": left_out.lines }));
        summary["changes"] = json!({
            "lines": changed.in_all,
            "left_out": left_out.collect::<Vec<_>>(),
            "renamed": renamed.collect::<Vec<_>>(),
            "removed": changes.removed,
        });
    }
    if let Some((by, before, after)) = &produced.compressed {
        summary["compression"] = json!({ "by": by, "before": before, "after": after });
    }
    explanation::json(&summary)
}
