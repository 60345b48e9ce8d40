//! The compression of single tool results, for a hook by which an agent lets a program replace them
//! where they arise: the same as in a request, with nothing sent, and the originals kept.

use std::ops::Range;
use std::sync::Arc;

use blob_store::Originals;
use json_index::scan;
use llm_api::Api;
use llm_api::request::read;
use metrics::BlockReport;

use crate::limits::Limits;
use crate::rewrite::RequestRewriter;
use crate::route::target::TargetError;

/// Compresses single tool results.
pub struct ResultCompressor {
    rewriter: RequestRewriter,
}

/// What a tool's result becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompressedResult {
    /// For each of its texts what stands for it; `None` where it stays.
    pub texts: Vec<Option<String>>,
    /// Whether something in it can be retrieved by a hash.
    pub is_retrievable: bool,
    /// What it was and what it became, in tokens of `o200k_base`.
    pub report: BlockReport,
}

/// A result whose first or last lines the model was shown before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferredResult {
    /// The line that stands for its first lines, without a line end.
    pub before: Option<String>,
    /// The bytes of its text that stay, from the beginning of a line to the end of one.
    pub stays: Range<usize>,
    /// The line that stands for its last lines, without a line end.
    pub after: Option<String>,
}

impl ResultCompressor {
    /// A compressor that keeps originals in `originals`, within `limits`; without a
    /// store it elides nothing.
    ///
    /// # Errors
    /// If the providers' own addresses aren't URLs.
    pub fn new(originals: Option<Arc<Originals>>, limits: Limits) -> Result<Self, TargetError> {
        Ok(Self { rewriter: RequestRewriter::without_provider(originals, limits)? })
    }

    /// What the tool's result becomes that is the last block of `body`, a request whose other blocks
    /// the model has seen as they are there, with at most `budget` tokens for each text where that is
    /// given. `reads_parts`: the model opens an original in part, as a file, so that one reference serves for
    /// all of it. `None` for anything else, and for a result that may not change.
    pub fn compress(
        &self,
        api: &'static dyn Api,
        body: &[u8],
        budget: Option<usize>,
        reads_parts: bool,
    ) -> Option<CompressedResult> {
        let index = scan(body).ok()?;
        let compressed = self.rewriter.compress_last(&read(api, &index)?, budget, reads_parts)?;
        Some(CompressedResult {
            texts: compressed.sent_texts(),
            is_retrievable: compressed.has_references(),
            report: compressed.report,
        })
    }

    /// References for the first and the last lines of the result that is the last block of `body`, as
    /// for [`compress`](Self::compress), and nothing else: for a client that numbers the lines that it is
    /// given. `None` where the model wasn't shown these lines before.
    pub fn refer_at_ends(&self, api: &'static dyn Api, body: &[u8]) -> Option<ReferredResult> {
        let index = scan(body).ok()?;
        let found = self.rewriter.refer_at_ends(&read(api, &index)?)?;
        Some(ReferredResult { before: found.before, stays: found.stays, after: found.after })
    }
}

#[cfg(test)]
mod tests {
    use blob_store::Bounds;
    use llm_api::MESSAGES;
    use serde_json::{Value, json};

    use super::*;

    fn call(id: &str, path: &str) -> Value {
        json!({"role": "assistant", "content": [{"type": "tool_use", "id": id, "name": "Read", "input": {"file_path": path}}]})
    }

    fn result(id: &str, text: &str) -> Value {
        json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": text}]})
    }

    fn body(messages: &[Value]) -> String {
        json!({ "messages": messages }).to_string()
    }

    fn compressor() -> (ResultCompressor, Arc<Originals>) {
        let originals = Arc::new(Originals::in_memory(Bounds::default()));
        (ResultCompressor::new(Some(originals.clone()), Limits::default()).unwrap(), originals)
    }

    fn numbered(lines: impl Iterator<Item = String>) -> String {
        let lines: Vec<_> = lines.enumerate().map(|(at, l)| format!("{}\t{l}", at + 1)).collect();
        lines.join("\n")
    }

    fn source(changed: Option<usize>) -> String {
        numbered((0..60).map(|at| match changed == Some(at) {
            true => "    another = 1".to_owned(),
            false => format!("    value_{at} = compute({at})"),
        }))
    }

    #[test]
    fn the_last_result_is_compressed_and_its_original_kept() {
        let log: String =
            (0..500).map(|i| format!("2026-01-01T00:00:00Z INFO request {i} done\n")).collect();
        let (compressor, originals) = compressor();
        let messages = [call("t1", "/w/a.log"), result("t1", &log)];
        let found = compressor.compress(MESSAGES, body(&messages).as_bytes(), None, false).unwrap();
        let text = found.texts[0].as_deref().unwrap();
        assert!(found.is_retrievable && found.report.after * 2 < found.report.before);
        let hash = text.split_once("hash=").unwrap().1;
        assert!(originals.get(&hash[..24]).unwrap().unwrap().text.contains("request 50 done"));
        let lossless = ResultCompressor::new(None, Limits::default()).unwrap();
        let found = lossless.compress(MESSAGES, body(&messages).as_bytes(), None, false).unwrap();
        assert!(
            !found.is_retrievable && found.texts[0].as_ref().is_none_or(|t| !t.contains("hash="))
        );
    }

    #[test]
    fn only_the_ends_of_a_file_are_referred_to() {
        let (compressor, originals) = compressor();
        let refer = |now: &str| {
            let messages = [
                call("t1", "/w/a.py"),
                result("t1", &source(None)),
                call("t2", "/w/a.py"),
                result("t2", now),
            ];
            compressor.refer_at_ends(MESSAGES, body(&messages).as_bytes())
        };
        let same = refer(&source(None)).unwrap();
        assert_eq!((same.stays.len(), &same.after), (0, &None));
        let before = same.before.unwrap();
        assert!(before.starts_with("[same as lines 1-60 of a.py, 1 result ago, hash="), "{before}");
        let hash = before.split_once("hash=").unwrap().1.trim_end_matches(']');
        assert_eq!(originals.get(hash).unwrap().unwrap().text, source(None));

        let edited = source(Some(30));
        let found = refer(&edited).unwrap();
        assert_eq!(&edited[found.stays], "31\t    another = 1");
        assert!(found.before.unwrap().contains("lines 1-30 of"), "the lines before the edit");
        assert!(found.after.unwrap().contains("lines 32-60 there"), "the lines behind the edit");

        let grown = format!("{edited}\n{}", numbered((0..3).map(|at| format!("new {at}"))));
        let found = refer(&grown).unwrap();
        assert_eq!(found.after, None);
        assert!(grown[found.stays].starts_with("31\t    another = 1\n32\t"));
        assert_eq!(refer(&numbered((0..60).map(|at| format!("something else {at}")))), None);
    }

    #[test]
    fn what_is_no_result_is_let_be() {
        let (compressor, _) = compressor();
        for body in
            ["", "{}", r#"{"messages":[]}"#, r#"{"messages":[{"role":"user","content":"x"}]}"#]
        {
            assert_eq!(compressor.compress(MESSAGES, body.as_bytes(), None, false), None);
            assert_eq!(compressor.refer_at_ends(MESSAGES, body.as_bytes()), None);
        }
    }
}
