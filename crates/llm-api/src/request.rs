//! The conversation in a request: its blocks in the order in which the provider reads them (tools,
//! system, messages), which strings are tool results, and the call that each is of.
//!
//! Reading never fails: an unknown shape is a block without texts, which nobody changes. A
//! name that an object has twice counts as absent ([`Value::get`]), so that nothing is changed
//! where two parsers could disagree.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use json_index::{Index, Kind, Value};

use crate::api::Api;
use crate::splice::Edits;
use crate::text_protocol;

/// Who a block is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The definition of a tool.
    Definition,
    /// The operator: system prompt, developer messages.
    System,
    /// The user, and what the client says in the user's name.
    User,
    /// The model.
    Assistant,
    /// A tool that the client ran.
    Tool,
}

/// A call of a tool, made by the model.
#[derive(Debug, Clone)]
pub struct Call<'t> {
    /// The id that its result repeats.
    pub id: Cow<'t, str>,
    /// The tool's name.
    pub name: Cow<'t, str>,
    pub(crate) input: Input<'t>,
}

/// The arguments of a call.
#[derive(Debug, Clone)]
pub(crate) enum Input<'t> {
    /// As they are in the body, where they are there.
    Sent(Option<Value<'t>>),
    /// As JSON, from what the model wrote in its text.
    Read(String),
}

impl<'t> Call<'t> {
    /// A call that isn't in a request of a provider, with `arguments` as JSON.
    pub fn new(name: impl Into<Cow<'t, str>>, arguments: String) -> Self {
        Self { id: Cow::Borrowed(""), name: name.into(), input: Input::Read(arguments) }
    }

    /// The arguments as they are in the body, or else as JSON.
    pub(crate) fn raw_arguments(&self) -> &[u8] {
        match &self.input {
            Input::Sent(input) => input.map_or(&[], Value::raw),
            Input::Read(arguments) => arguments.as_bytes(),
        }
    }

    /// The arguments, as JSON or as the tool's own input text; empty where there are none.
    pub fn arguments(&self) -> Cow<'t, str> {
        match &self.input {
            Input::Sent(Some(input)) => {
                input.text().unwrap_or_else(|| String::from_utf8_lossy(input.raw()))
            }
            Input::Sent(None) => Cow::Borrowed(""),
            Input::Read(arguments) => Cow::Owned(arguments.clone()),
        }
    }
}

/// Which call a tool's result is of.
#[derive(Debug, Clone)]
pub struct ToolResult<'t> {
    /// The call's id, where it is given.
    pub id: Option<Cow<'t, str>>,
    /// The call, where it is in the request.
    pub call: Option<Call<'t>>,
    /// Whether the client says that the tool failed.
    pub is_error: bool,
}

/// One block: the unit of the provider's order, and of the prefix cache.
#[derive(Debug, Clone)]
pub struct Block<'t> {
    /// Who it is from.
    pub role: Role,
    /// The whole block; a string where a message's content is one.
    pub value: Value<'t>,
    /// Strings of text in it: of a tool's result, or of what the user or the model said.
    pub texts: Vec<Value<'t>>,
    /// The call that it is the result of, if it is a tool's result.
    pub tool_result: Option<ToolResult<'t>>,
    /// The calls that the model makes in it.
    pub calls: Vec<Call<'t>>,
    /// Whether it has members that clients change when they send it back, and that say nothing to the
    /// model: see [`is_bookkeeping`].
    pub(crate) has_bookkeeping: bool,
}

/// What a message or, for the Responses API, a run of items of the model is.
#[derive(Debug, Clone)]
pub struct Turn<'t> {
    /// Who it is from; [`Role::Tool`] is used by the OpenAI APIs only, [`Role::Definition`] by the
    /// Responses API for an item that holds tools.
    pub role: Role,
    /// Its blocks, as places in [`Request::blocks`].
    pub blocks: Range<usize>,
    /// The message; none where items have no message around them.
    pub message: Option<Value<'t>>,
}

/// One of the client's tools.
#[derive(Debug, Clone)]
pub struct Tool<'t> {
    /// Its name, behind that of its namespace and a dot if it is in one; empty where it has none.
    pub name: Cow<'t, str>,
    /// Whether the client runs it, not the provider.
    pub is_client: bool,
    /// Whether its arguments must match its schema.
    pub is_strict: bool,
    /// Whether the model isn't shown it from the start: it must be searched for first, or is added
    /// in the course of the conversation.
    pub is_deferred: bool,
}

/// Whether the model may choose which tool it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Any tool, or none.
    Free,
    /// It must call a tool, or one of some.
    Forced,
    /// It can't call tools.
    Forbidden,
}

/// A request that was read.
#[derive(Debug)]
pub struct Request<'t> {
    /// The API it is for.
    pub api: &'static dyn Api,
    /// The model that is asked.
    pub model: Option<Cow<'t, str>>,
    /// Whether the response is to be streamed.
    pub stream: bool,
    /// Every block, in the provider's order.
    pub blocks: Vec<Block<'t>>,
    /// The messages, in order.
    pub turns: Vec<Turn<'t>>,
    /// The tools, those in namespaces one by one; none for a request without tools.
    pub tools: Vec<Tool<'t>>,
    /// Whether the model may choose among them.
    pub choice: Choice,
    /// Whether the provider holds a part of the conversation that isn't in the request, or goes
    /// on without the client.
    pub is_partial: bool,
    /// Whether the provider may drop a part of what the request holds.
    pub may_drop: bool,
    /// Whether the provider keeps the response for later requests to refer to.
    pub is_stored: bool,
    /// How many alternative responses are asked for.
    pub choices: u64,
    /// The most tokens that the response may have: the number itself, to be replaced.
    pub output_limit: Option<Value<'t>>,
    /// Tokens of the response that are set aside for thinking.
    pub thinking_budget: Option<u64>,
    /// The list to which a tool may be added: the first one that isn't empty.
    tool_list: Option<Value<'t>>,
    conversation: Value<'t>,
}

/// Reads the request of `api` in an indexed body; `None` where it holds no conversation.
pub fn read<'t>(api: &dyn Api, index: &'t Index<'t>) -> Option<Request<'t>> {
    api.read(index.root())
}

impl<'t> Request<'t> {
    /// What all APIs have in common; the rest is filled in by each.
    pub(crate) fn new(api: &'static dyn Api, root: Value<'t>, conversation: Value<'t>) -> Self {
        Request {
            api,
            model: root.get("model").and_then(Value::text),
            stream: root.get("stream").is_some_and(Value::is_true),
            blocks: Vec::new(),
            turns: Vec::new(),
            tools: Vec::new(),
            choice: Choice::Free,
            is_partial: false,
            may_drop: false,
            is_stored: false,
            choices: 1,
            output_limit: None,
            thinking_budget: None,
            tool_list: None,
            conversation,
        }
    }

    /// How many entries the list has to which [`insert_tool`](Self::insert_tool) adds one; a
    /// namespace is one.
    pub fn listed_tools(&self) -> usize {
        self.tool_list.into_iter().flat_map(Value::items).count()
    }

    /// How many of the listed tools a new one goes behind: all that the model is shown from the
    /// start. Deferred ones follow it, as they come and go with what the model searches for.
    pub fn tool_position(&self) -> usize {
        let listed = self.tool_list.into_iter().flat_map(Value::items);
        let shown = listed.enumerate().filter(|(_, tool)| !is_deferred(*tool)).last();
        shown.map_or(0, |(place, _)| place + 1)
    }

    /// Adds a tool behind the first `place` listed ones, or behind the last if they are fewer.
    /// Nothing is done for a request without tools.
    pub fn insert_tool(&self, place: usize, definition: &[u8], edits: &mut Edits) {
        let Some(list) = self.tool_list else { return };
        match list.items().take(place).last() {
            Some(before) => edits.insert(before.range().end, [b",", definition].concat()),
            None => edits.insert(list.range().start + 1, [definition, b","].concat()),
        }
    }

    /// Adds messages or items, as JSON values with commas between them, after the last one.
    pub fn append(&self, items: &[u8], edits: &mut Edits) {
        let range = self.conversation.range();
        match self.conversation.items().last() {
            Some(last) => edits.insert(last.range().end, [b",", items].concat()),
            None if self.conversation.kind() == Kind::Array => edits.insert(range.start + 1, items),
            // The Responses API takes a bare text for a list of one message.
            None => {
                edits.insert(range.start, *br#"[{"role":"user","content":"#);
                edits.insert(range.end, [b"},", items, b"]"].concat());
            }
        }
    }

    /// Reads the tools in `root`, each of which is a block.
    pub(crate) fn push_tools(
        &mut self,
        root: Value<'t>,
        read: impl Fn(Value<'t>) -> Vec<Tool<'t>>,
    ) {
        let Some(list) = self.list_tools(root) else { return };
        for value in list.items() {
            self.tools.extend(read(value));
            self.blocks.push(Block::opaque(Role::Definition, value));
        }
    }

    /// The tools that `holder` has, which are the ones that a tool is added to if they are the first.
    pub(crate) fn list_tools(&mut self, holder: Value<'t>) -> Option<Value<'t>> {
        let list = holder.get("tools").filter(|list| list.items().next().is_some())?;
        self.may_insert_into(list);
        Some(list)
    }

    /// Takes `list`, which isn't empty, as the one that a tool is added to if it is the first.
    pub(crate) fn may_insert_into(&mut self, list: Value<'t>) {
        self.tool_list.get_or_insert(list);
    }

    /// What the model is shown before its first turn, except for tools that it must search for first:
    /// they come and go.
    pub fn beginning(&self) -> impl Iterator<Item = &Block<'t>> {
        let is_late =
            |block: &Block<'t>| block.role == Role::Definition && is_deferred(block.value);
        let before = self.blocks.iter().take_while(|block| block.role != Role::Assistant);
        before.filter(move |block| !is_late(block))
    }

    /// Links each result to its call: the last one before it with its id. Without tools, outputs in
    /// the user's messages are results.
    pub(crate) fn link_results(&mut self) {
        let mut calls: HashMap<Cow<'t, str>, Call<'t>, foldhash::fast::RandomState> =
            HashMap::with_capacity_and_hasher(self.blocks.len() / 2, <_>::default());
        for block in &mut self.blocks {
            if let Some(result) = &mut block.tool_result {
                result.call = result.id.as_ref().and_then(|id| calls.get(id)).cloned();
            }
            for call in &block.calls {
                calls.insert(call.id.clone(), call.clone());
            }
        }
        self.read_text_results();
    }

    /// Without tools, outputs in the user's messages are results.
    pub(crate) fn read_text_results(&mut self) {
        text_protocol::read_results(self);
    }
}

impl<'t> Block<'t> {
    /// A block that nobody looks into.
    pub(crate) fn opaque(role: Role, value: Value<'t>) -> Self {
        Block {
            role,
            value,
            texts: Vec::new(),
            tool_result: None,
            calls: Vec::new(),
            has_bookkeeping: false,
        }
    }

    /// Feeds what identifies the block to a hash. Blocks that mean the same to the provider feed
    /// the same: `cache_control` is skipped, the order of a block's members doesn't matter, and a
    /// content that is a string is the list of one text.
    pub fn fingerprint(&self, feed: &mut impl FnMut(&[u8])) {
        feed(&[self.role as u8]);
        fingerprint(self.value, self.has_bookkeeping, 0, feed);
    }

    /// About how many bytes of it the model reads.
    pub fn length(&self) -> usize {
        if !self.has_bookkeeping {
            return self.value.range().len();
        }
        let mut length = 0;
        fingerprint(self.value, true, 0, &mut |bytes| length += bytes.len());
        length
    }
}

/// Whether a member of an item that the model made names it, says how it came about, or says nothing.
/// Over HTTP a client sends such members back as it likes, and over a WebSocket not at all, so that
/// they don't identify the item.
pub(crate) fn is_bookkeeping(key: Value<'_>, member: Value<'_>) -> bool {
    member.is_null()
        || ["id", "status", "annotations", "logprobs"].iter().any(|name| key.is(name))
        || key.text().is_some_and(|name| name.starts_with("internal_"))
}

/// Levels of content in content that are read for a fingerprint; what is below is taken as it is.
const MAX_CONTENT_DEPTH: usize = 4;

fn fingerprint<'t>(
    value: Value<'t>,
    has_bookkeeping: bool,
    depth: usize,
    feed: &mut impl FnMut(&[u8]),
) {
    if let Some(text) = plain_text(value) {
        feed(b"T");
        return feed(text.raw());
    }
    if value.kind() != Kind::Object {
        feed(b"V");
        return feed(value.raw());
    }
    let is_said = |(key, member): &(Value<'t>, Value<'t>)| {
        let is_skipped = has_bookkeeping && is_bookkeeping(*key, *member);
        !is_skipped && !key.is("cache_control")
    };
    let mut members: Vec<_> = value.members().filter(is_said).collect();
    members.sort_by_key(|(key, _)| key.raw());
    feed(b"{");
    for (key, member) in members {
        feed(key.raw());
        if key.is("content") && depth < MAX_CONTENT_DEPTH && member.kind() == Kind::Array {
            feed(b"[");
            member.items().for_each(|item| fingerprint(item, has_bookkeeping, depth + 1, feed));
            feed(b"]");
        } else if key.is("content") && member.kind() == Kind::String {
            feed(b"[T");
            feed(member.raw());
            feed(b"]");
        } else {
            feed(member.raw());
        }
    }
    feed(b"}");
}

/// Whether a tool, or every tool of a namespace, is held back until the model searches for it.
pub(crate) fn is_deferred(tool: Value<'_>) -> bool {
    let is_marked = |holder: Value<'_>| holder.get("defer_loading").is_some_and(Value::is_true);
    let inner = || tool.get("tools").into_iter().flat_map(Value::items);
    is_marked(tool)
        || tool.get("function").is_some_and(is_marked)
        || (inner().next().is_some() && inner().all(is_marked))
}

/// Edits of the context that never drop what a tool has returned.
const EDITS_OF_THINKING: &str = "clear_thinking_";

/// Whether the provider may drop results of tools by what `context_management` asks for: by any edit
/// but those of thinking. Anthropic's API has the edits in an object, OpenAI's has them alone.
pub(crate) fn may_drop_results(root: Value<'_>) -> bool {
    let Some(management) = present(root, "context_management") else { return false };
    let edits = match management.kind() {
        Kind::Object if management.members().any(|(key, _)| !key.is("edits")) => return true,
        Kind::Object => match management.get("edits") {
            Some(edits) => Some(edits).filter(|edits| !edits.is_null()),
            // A member that is there twice can't be read.
            None => return management.members().next().is_some(),
        },
        _ => Some(management),
    };
    let keeps_results = |edit: Value<'_>| {
        text(edit, "type").is_some_and(|kind| kind.starts_with(EDITS_OF_THINKING))
    };
    edits.is_some_and(|edits| edits.kind() != Kind::Array || !edits.items().all(keeps_results))
}

/// The text of a string, or of a text block that has nothing but its text.
fn plain_text(value: Value<'_>) -> Option<Value<'_>> {
    if value.kind() == Kind::String {
        return Some(value);
    }
    let text = value.get("text").filter(|text| text.kind() == Kind::String)?;
    let known = |key: Value<'_>| ["type", "text", "cache_control"].iter().any(|name| key.is(name));
    let is_text = value.get("type").is_some_and(|kind| kind.is("text"));
    (is_text && value.members().all(|(key, _)| known(key))).then_some(text)
}

/// The strings of a content: itself, or those of its text blocks.
pub(crate) fn texts(content: Option<Value<'_>>) -> Vec<Value<'_>> {
    let Some(content) = content else { return Vec::new() };
    if content.kind() == Kind::String {
        return vec![content];
    }
    let is_text = |block: &Value<'_>| {
        let kind = block.get("type");
        ["text", "input_text", "output_text"].iter().any(|name| kind.is_some_and(|k| k.is(name)))
    };
    content
        .items()
        .filter(is_text)
        .filter_map(|block| block.get("text"))
        .filter(|text| text.kind() == Kind::String)
        .collect()
}

pub(crate) fn text<'t>(value: Value<'t>, name: &str) -> Option<Cow<'t, str>> {
    value.get(name).and_then(Value::text)
}

/// A member that is there and isn't null.
pub(crate) fn present<'t>(value: Value<'t>, name: &str) -> Option<Value<'t>> {
    value.get(name).filter(|member| !member.is_null())
}

#[cfg(test)]
mod tests;
