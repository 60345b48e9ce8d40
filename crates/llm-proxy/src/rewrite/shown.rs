//! What the model has seen so far in a conversation: the results of its calls as they were sent, and
//! what it wrote itself. Read only when a block is new.

use std::borrow::Cow;
use std::collections::HashMap;

use compress::earlier::{Earlier, Name};
use llm_api::request::{Block, Call, Request, Role};
use llm_api::tool_call::{Subject, subject, written};

use super::block::sent_text;
use super::traverse::TraversedBlock;

/// The sources of references for a block.
#[derive(Clone, Copy)]
pub(super) struct Shown<'s> {
    /// What was shown before the block.
    pub(super) earlier: &'s Earlier,
    /// The number of the call that the block answers, from 0; of the last one if that isn't known.
    pub(super) call: usize,
}

/// The blocks of a request up to some place, as sources of references.
#[derive(Default)]
pub(super) struct ShownSoFar<'t> {
    earlier: Earlier,
    /// How many of the request's blocks are in it.
    added: usize,
    /// How many of those that may change are in it.
    traversed: usize,
    /// The numbers of the calls so far, by their ids.
    calls: HashMap<Cow<'t, str>, usize>,
    call_count: usize,
}

impl<'t> ShownSoFar<'t> {
    /// What the blocks before the one at `at` show, of which `traversed` may change; none where the
    /// provider may drop some of them.
    pub(super) fn before(
        &mut self,
        request: &Request<'t>,
        at: usize,
        traversed: &[TraversedBlock],
    ) -> Option<Shown<'_>> {
        if request.may_drop || request.is_partial {
            return None;
        }
        for at in self.added..at {
            let sent = traversed.get(self.traversed).filter(|traversed| traversed.at == at);
            self.traversed += usize::from(sent.is_some());
            self.add(&request.blocks[at], sent);
        }
        self.added = at;
        let id = request.blocks[at].tool_result.as_ref().and_then(|result| result.id.as_ref());
        let last = self.call_count.saturating_sub(1);
        let call = id.and_then(|id| self.calls.get(id)).copied().unwrap_or(last);
        Some(Shown { earlier: &self.earlier, call })
    }

    fn add(&mut self, block: &Block<'t>, sent: Option<&TraversedBlock>) {
        for call in &block.calls {
            for text in written(call) {
                let name = match text.path {
                    Some(path) => Name::File(path, None),
                    None => Name::Tool(call.name.to_string()),
                };
                self.earlier.add_written(name, self.call_count, &text.text);
            }
            self.earlier.announce(&name(Some(call)));
            self.calls.insert(call.id.clone(), self.call_count);
            self.call_count += 1;
        }
        if block.role == Role::Tool
            && let Some(result) = &block.tool_result
        {
            self.earlier.add_result(name(result.call.as_ref()), &shown(block, sent));
        }
    }
}

fn name(call: Option<&Call<'_>>) -> Name {
    match call.map(subject) {
        Some(Subject::File(path, first)) => Name::File(path, first),
        Some(Subject::Command(command)) => Name::Command(command),
        Some(Subject::Tool(name)) => Name::Tool(name),
        None => Name::Tool("a tool".to_owned()),
    }
}

/// The texts of a block as they are sent, each on lines of its own.
fn shown(block: &Block<'_>, sent: Option<&TraversedBlock>) -> String {
    let mut out = String::new();
    for (at, value) in block.texts.iter().enumerate() {
        let sent = sent.and_then(|sent| sent.compressed.texts.get(at)?.as_deref());
        let text = match sent {
            Some(sent) => sent_text(sent),
            None => value.text().map(Cow::into_owned),
        };
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(&text.unwrap_or_default());
    }
    out
}
