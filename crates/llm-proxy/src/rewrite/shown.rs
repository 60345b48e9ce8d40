//! What the model has seen so far in a conversation: the results of its calls as they were sent, and
//! what it wrote itself. Read only when a block is new, and in full only where the block has lines in
//! common with it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use compress::earlier::{Earlier, Grams, Name, NewGrams};
use llm_api::request::{Block, Call, Request, Role, ToolResult};
use llm_api::tool_call::{Subject, may_write, subject, written};

use super::block::sent_text;
use super::memo::{Memo, chain};
use super::traverse::TraversedBlock;
use crate::cache::{Cache, Key};

/// What stands before the fingerprint of a block in the key of its grams.
static GRAMS: LazyLock<Key> = LazyLock::new(|| blake3::hash(b"grams").into());

/// The sources of references for a block.
#[derive(Clone, Copy)]
pub(super) struct Shown<'s> {
    so_far: &'s RefCell<ShownSoFar>,
    conversation: Conversation<'s>,
    /// The place of the block.
    at: usize,
}

/// A conversation as far as it has been traversed.
#[derive(Clone, Copy)]
pub(super) struct Conversation<'s> {
    pub(super) request: &'s Request<'s>,
    /// The blocks that may change, in order.
    pub(super) traversed: &'s [TraversedBlock],
    /// Where the grams of other blocks are remembered, and what identifies these blocks.
    pub(super) memo: Option<(&'s Cache<Memo>, &'s [Key])>,
}

impl Shown<'_> {
    /// The places of the blocks before this one that may have lines of new texts, in order. In others, nothing is found that
    /// a reference in these could be made to.
    pub(super) fn with_lines_of(&self, new: &NewGrams) -> Vec<usize> {
        let mut so_far = self.so_far.borrow_mut();
        so_far.read_grams(self.conversation, self.at);
        let meeting = so_far.grams.iter().filter(|(_, grams)| new.meet(grams));
        meeting.map(|(at, _)| *at).collect()
    }

    /// The references that `use_of` makes to what was shown in the blocks at `places`, which are in order, and perhaps in
    /// others before this block. Its second argument is the number of the call that the block answers, from 0; that of the
    /// last call if that isn't known.
    pub(super) fn read<R>(
        &self,
        places: &[usize],
        use_of: impl Fn(&Earlier, usize) -> Option<R>,
    ) -> Option<R> {
        let mut so_far = self.so_far.borrow_mut();
        so_far.read(self.conversation, self.at, places);
        let call = self.call();
        let found = use_of(&so_far.earlier, call)?;
        // The names of all texts tell how long that of a source has to be. With fewer of them, no name is longer, so that
        // nothing is found with all of them that isn't found now.
        match so_far.read_names(self.conversation) {
            true => use_of(&so_far.earlier, call),
            false => Some(found),
        }
    }

    /// The number of the call that the block answers.
    fn call(&self) -> usize {
        let blocks = &self.conversation.request.blocks;
        let id = blocks[self.at].tool_result.as_ref().and_then(|result| result.id.as_ref());
        let calls = || blocks[..self.at].iter().flat_map(|block| &block.calls);
        let count = calls().count();
        let after = id.and_then(|id| calls().rev().position(|call| call.id == *id));
        (count - after.unwrap_or(0)).saturating_sub(1)
    }
}

/// The blocks of a request up to some place, as sources of references.
#[derive(Default)]
pub(super) struct ShownSoFar {
    earlier: Earlier,
    /// How many blocks are in `earlier`, with their texts or without.
    read: Progress,
    /// The places of those without their texts, which weren't needed.
    without_texts: Vec<usize>,
    /// How many of these have their names there.
    named: usize,
    /// Whether no more texts are left out.
    is_whole: bool,
    call_count: usize,
    /// The blocks that have grams, by their places.
    grams: Vec<(usize, Arc<Grams>)>,
    /// How many blocks are in `grams`.
    grams_read: Progress,
}

/// How far a conversation has been read.
#[derive(Default, Clone, Copy)]
struct Progress {
    blocks: usize,
    /// How many of those that may change.
    traversed: usize,
}

impl Progress {
    /// The places of the blocks up to `end` that haven't been read, with what they became if they may
    /// change; then they count as read.
    fn up_to<'s>(
        &mut self,
        end: usize,
        traversed: &'s [TraversedBlock],
    ) -> Vec<(usize, Option<&'s TraversedBlock>)> {
        let places = self.blocks..end;
        self.blocks = self.blocks.max(end);
        let with_result = |at| {
            let sent = traversed.get(self.traversed).filter(|traversed| traversed.at == at);
            self.traversed += usize::from(sent.is_some());
            (at, sent)
        };
        places.map(with_result).collect()
    }
}

impl ShownSoFar {
    /// What the blocks before the one at `at` show; none where the provider may drop some of them.
    pub(super) fn before<'s>(
        so_far: &'s RefCell<Self>,
        conversation: Conversation<'s>,
        at: usize,
    ) -> Option<Shown<'s>> {
        let request = conversation.request;
        let is_fixed = !request.may_drop && !request.is_partial;
        is_fixed.then_some(Shown { so_far, conversation, at })
    }

    /// Reads the blocks up to `end`, the texts only of those at `places`. If one of these was read without its texts, all
    /// is read again, and in full, so that this happens only once for a request with many new results.
    fn read(&mut self, conversation: Conversation<'_>, end: usize, places: &[usize]) {
        if places.iter().any(|at| self.without_texts.binary_search(at).is_ok()) {
            let grams = std::mem::take(&mut self.grams);
            *self = Self { grams, grams_read: self.grams_read, is_whole: true, ..Self::default() };
        }
        for (at, sent) in self.read.up_to(end, conversation.traversed) {
            let block = &conversation.request.blocks[at];
            if self.is_whole || places.binary_search(&at).is_ok() {
                self.add(block, sent);
            } else {
                self.skip(block);
                self.without_texts.push(at);
            }
        }
    }

    /// Reads the names in the blocks that were read without their texts; whether there are any.
    fn read_names(&mut self, conversation: Conversation<'_>) -> bool {
        let new = &self.without_texts[self.named..];
        self.named = self.without_texts.len();
        // The calls of a client that has tools are in blocks before their results.
        let are_calls_named = !conversation.request.tools.is_empty();
        for at in new {
            let block = &conversation.request.blocks[*at];
            for call in &block.calls {
                let names = written(call).into_iter().map(|text| written_name(call, text.path));
                names.for_each(|name| self.earlier.announce(&name));
                self.earlier.announce(&name(Some(call)));
            }
            if let Some(result) = result(block)
                && !(are_calls_named && result.call.is_some())
            {
                self.earlier.announce(&name(result.call.as_ref()));
            }
        }
        !new.is_empty()
    }

    /// Counts what is in a block, without reading it.
    fn skip(&mut self, block: &Block<'_>) {
        self.call_count += block.calls.len();
        if result(block).is_some() {
            self.earlier.skip_result();
        }
    }

    fn read_grams(&mut self, conversation: Conversation<'_>, end: usize) {
        for (at, sent) in self.grams_read.up_to(end, conversation.traversed) {
            let grams = match sent {
                Some(sent) => sent.compressed.grams.clone(),
                None => other_grams(conversation, at),
            };
            let some = grams.filter(|grams| grams.weight() > 0);
            self.grams.extend(some.map(|grams| (at, grams)));
        }
    }

    fn add(&mut self, block: &Block<'_>, sent: Option<&TraversedBlock>) {
        for call in &block.calls {
            for text in written(call) {
                let name = written_name(call, text.path);
                self.earlier.add_written(name, self.call_count, &text.text);
            }
            self.earlier.announce(&name(Some(call)));
            self.call_count += 1;
        }
        if let Some(result) = result(block) {
            let sent = sent.map(|sent| &*sent.compressed.texts);
            self.earlier.add_result(name(result.call.as_ref()), &shown(block, sent));
        }
    }
}

/// The result of a tool that a block is.
fn result<'b, 't>(block: &'b Block<'t>) -> Option<&'b ToolResult<'t>> {
    block.tool_result.as_ref().filter(|_| block.role == Role::Tool)
}

/// The name of what the model wrote in a call, to a file if that has a `path`.
fn written_name(call: &Call<'_>, path: Option<String>) -> Name {
    match path {
        Some(path) => Name::File(path, None),
        None => Name::Tool(call.name.to_string()),
    }
}

/// The grams of a block that doesn't change: of a short result, or of what the model wrote.
fn other_grams(conversation: Conversation<'_>, at: usize) -> Option<Arc<Grams>> {
    let block = &conversation.request.blocks[at];
    let is_result = block.role == Role::Tool && block.tool_result.is_some();
    if !is_result && !block.calls.iter().any(may_write) {
        return None;
    }
    let known =
        conversation.memo.map(|(memo, fingerprints)| (memo, chain(&GRAMS, &fingerprints[at])));
    if let Some((memo, key)) = &known
        && let Some(Memo::Grams(grams)) = memo.get(key)
    {
        return Some(grams);
    }
    let written = block.calls.iter().flat_map(written);
    let written = written.map(|text| Grams::of_shown(&text.text));
    let result = is_result.then(|| Grams::of_shown(&shown(block, None)));
    let grams = Arc::new(Grams::join(written.chain(result)));
    if let Some((memo, key)) = known {
        memo.put(key, Memo::Grams(grams.clone()));
    }
    Some(grams)
}

/// The grams of a result of which `texts` are sent.
pub(super) fn grams(block: &Block<'_>, texts: &[Option<Arc<[u8]>>]) -> Grams {
    match block.role {
        Role::Tool => Grams::of_shown(&shown(block, Some(texts))),
        _ => Grams::default(),
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
fn shown(block: &Block<'_>, sent: Option<&[Option<Arc<[u8]>>]>) -> String {
    let mut out = String::new();
    for (at, value) in block.texts.iter().enumerate() {
        let sent = sent.and_then(|sent| sent.get(at)?.as_deref());
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
