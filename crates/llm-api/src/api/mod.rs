//! The supported provider APIs: one folder each, behind one trait.
//!
//! To add one: a folder with an implementation of [`Api`], its `mod` line and its row in [`APIS`].

mod chat;
mod gemini;
mod messages;
pub(crate) mod responses;

use std::borrow::Cow;
use std::fmt;

use json_index::Value;

use crate::framing::Framing;
use crate::provider::Provider;
use crate::replay::{CallResult, Retrieve};
use crate::request::Request;
use crate::response::{ResponseRewriter, Round, Usage};
use crate::splice::Edits;

/// Anthropic's Messages API, `/v1/messages`.
pub const MESSAGES: &dyn Api = &messages::Messages;
/// OpenAI's Chat Completions API, `/v1/chat/completions`.
pub const CHAT: &dyn Api = &chat::Chat;
/// OpenAI's Responses API, `/v1/responses`.
pub const RESPONSES: &dyn Api = &responses::Responses;
/// Google's Gemini API, `/v1beta/models/MODEL:generateContent`, which is that of Vertex AI, too.
pub const GEMINI: &dyn Api = &gemini::Gemini;

/// Every API. Where a bare list of messages has the shape of several ([`Api::has_shape`]), the first
/// one counts, so those whose shape is more specific come first.
pub const APIS: [&dyn Api; 4] = [MESSAGES, CHAT, RESPONSES, GEMINI];

/// A path at which an API takes conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    /// The path, without a slash at its end; `*` stands for what differs from request to request.
    pub path: &'static str,
    /// Whose path it is.
    pub provider: Provider,
    /// Whether the model responds; a request to count tokens gets a number instead.
    pub is_generation: bool,
}

/// What a URL says of a request whose body doesn't.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InUrl<'u> {
    /// The model that is asked.
    pub model: Option<Cow<'u, str>>,
    /// How the response is streamed; `None` where it isn't, and where the body says so.
    pub framing: Option<Framing>,
}

/// A tool that the model calls with arguments that match a JSON schema.
#[derive(Debug, Clone, Copy)]
pub struct FunctionTool {
    /// Its name, of letters, digits and underscores.
    pub name: &'static str,
    /// What the model is told about it.
    pub description: &'static str,
    /// The schema of its arguments, as JSON.
    pub parameters: &'static str,
}

/// All that tells one provider API from another.
pub trait Api: fmt::Debug + Send + Sync {
    /// A short name, unique among [`APIS`].
    fn name(&self) -> &'static str;

    /// A number, unique among [`APIS`]. Replay entries are stored under hashes of it, so it never
    /// changes.
    fn id(&self) -> u8;

    /// The paths at which it takes conversations.
    fn endpoints(&self) -> &'static [Endpoint];

    /// The endpoint at `path`, the path of a URL without its query.
    fn endpoint(&self, path: &str) -> Option<Endpoint> {
        let path = path.trim_end_matches('/');
        self.endpoints().iter().find(|endpoint| endpoint.path == path).copied()
    }

    /// What a request's URL says that its body doesn't.
    fn in_url<'u>(&self, _path: &'u str, _query: &str) -> InUrl<'u> {
        InUrl::default()
    }

    // Requests

    /// Reads the request whose body is `root`; `None` where it holds no conversation. Whatever isn't
    /// understood becomes a block without texts.
    fn read<'t>(&self, root: Value<'t>) -> Option<Request<'t>>;

    /// Whether `list`, which is called `member` in the object around it, may be a conversation of this
    /// API.
    fn has_shape(&self, member: &str, list: Value<'_>) -> bool;

    /// The value with which the client asks the provider to cache the request up to its end, where
    /// one more such mark may be added: an exchange that is appended carries it too, so that the
    /// provider caches that for the next request. `None` where the last block has no mark, and for
    /// an API without marks.
    fn cache_mark<'t>(&self, _request: &Request<'t>) -> Option<&'t [u8]> {
        None
    }

    /// The lowest limit of output tokens that the provider takes.
    fn min_output_limit(&self) -> u64 {
        1
    }

    // Responses

    /// A rewriter for one response, which keeps the calls of `tool` from the client. `is_stored`: the
    /// provider keeps the response under its id for later requests.
    fn rewriter(&self, tool: &'static str, is_stored: bool) -> Box<dyn ResponseRewriter>;

    /// What a response used, from its body or from the data of one event of its stream.
    fn usage(&self, json: &[u8]) -> Option<Usage>;

    /// Whether conversations come over WebSockets as well, as [`socket`](crate::socket) has it.
    fn has_socket(&self) -> bool {
        false
    }

    /// Whether an event of a stream, of which this is the data, is the last one of a response.
    fn is_last_event(&self, data: &[u8]) -> bool;

    /// The bytes that keep a stream alive on which nothing happens.
    fn keep_alive(&self) -> &'static [u8] {
        b": keep-alive\n\n"
    }

    // The intercepted tool

    /// The definition of a tool, as an entry of a request's tools.
    fn tool_definition(&self, tool: &FunctionTool) -> Vec<u8>;

    /// The result of the call `id`, as a block, message or item.
    fn tool_result(&self, id: &str, result: &CallResult) -> Vec<u8>;

    /// One round with the results of all of its intercepted calls, as messages or items with commas
    /// between them. `results`: those of [`tool_result`](Self::tool_result), with commas between them.
    fn exchange(&self, round: &Round, results: &[u8]) -> Vec<u8> {
        [round.content.as_bytes(), b",", results].concat()
    }

    /// `result`, which is of [`tool_result`](Self::tool_result), with a mark of
    /// [`cache_mark`](Self::cache_mark).
    fn with_cache_mark(&self, result: Vec<u8>, _mark: &[u8]) -> Vec<u8> {
        result
    }

    /// Puts the intercepted calls of `rounds` and their results back into the turn of the model at
    /// the place `turn` of [`Request::turns`]. `None`, and nothing done, when the turn isn't the one
    /// that was delivered.
    fn restore(
        &self,
        request: &Request<'_>,
        turn: usize,
        rounds: &[Round],
        retrieve: Retrieve<'_>,
        edits: &mut Edits,
    ) -> Option<()>;
}

impl PartialEq for dyn Api {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for dyn Api {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_names_are_unique_and_ids_are_as_they_were() {
        let ids = APIS.map(|api| (api.name(), api.id()));
        assert_eq!(ids, [("messages", 0), ("chat", 1), ("responses", 2), ("gemini", 3)]);
    }
}
