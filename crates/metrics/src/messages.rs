//! The texts of the blocks of the last requests, before and after: only where `--log-messages` asks for
//! them, only in memory, and bounded.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::exchange::{BlockReport, BlockTexts};

/// Bytes of texts that are kept; the oldest are dropped first. By hand: a few hundred large blocks.
const MOST: usize = 16 << 20;

/// A block with its texts.
#[derive(Debug)]
pub(crate) struct Message {
    tool: String,
    kind: &'static str,
    before: usize,
    after: usize,
    texts: Box<BlockTexts>,
}

/// The texts of the last requests.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// By the number of the request, the newest last.
    kept: VecDeque<(u64, Vec<Message>)>,
    bytes: usize,
}

/// Moves the texts out of a request's blocks.
pub(crate) fn take(blocks: &mut [BlockReport]) -> Vec<Message> {
    let message = |block: &mut BlockReport| {
        let texts = block.texts.take()?;
        let (tool, kind) = (crate::recent::tool(&block.tool), crate::recent::kind(block));
        Some(Message { tool, kind, before: block.before, after: block.after, texts })
    };
    blocks.iter_mut().filter_map(message).collect()
}

impl Messages {
    /// Keeps the texts of a request.
    pub(crate) fn keep(&mut self, id: u64, messages: Vec<Message>) {
        self.bytes += size(&messages);
        self.kept.push_back((id, messages));
        while self.bytes > MOST
            && let Some((_, oldest)) = self.kept.pop_front()
        {
            self.bytes -= size(&oldest);
        }
    }

    /// The texts of a request, as JSON, if they are still kept.
    pub(crate) fn of(&self, id: u64) -> Option<Value> {
        let (_, messages) = self.kept.iter().find(|(kept, _)| *kept == id)?;
        let one = |message: &Message| {
            json!({
                "tool": message.tool,
                "kind": message.kind,
                "tokens_before": message.before,
                "tokens_after": message.after,
                "before": message.texts.before,
                "after": message.texts.after,
            })
        };
        Some(messages.iter().map(one).collect())
    }
}

/// Bytes of memory, roughly.
fn size(messages: &[Message]) -> usize {
    let one = |message: &Message| {
        message.texts.before.len() + message.texts.after.len() + message.tool.len() + 128
    };
    messages.iter().map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_dropped_when_there_are_too_many() {
        let mut messages = Messages::default();
        for id in 1..=100 {
            let before = "é".repeat(500 << 10);
            let texts = Box::new(BlockTexts { before, after: id.to_string() });
            let tool = "Bash".to_owned();
            messages.keep(id, vec![Message { tool, kind: "log", before: 9, after: 1, texts }]);
            assert!(messages.bytes <= MOST);
        }
        assert_eq!(messages.of(1), None);
        assert_eq!(messages.of(100).unwrap()[0]["after"], "100");
        assert!(messages.kept.len() > 10);
    }
}
