//! Anthropic's Messages API: a message's content is a list of blocks, results are blocks of the user.

mod replay;
mod request;
mod response;
mod tool;
mod vertex;

use json_index::Value;

use super::{Api, Endpoint, FunctionTool, InUrl};
use crate::provider::Provider;
use crate::replay::{CallResult, Retrieve};
use crate::request::Request;
use crate::response::{ResponseRewriter, Round, Usage, is_event_of, usage_at};
use crate::splice::Edits;

/// See the module.
#[derive(Debug)]
pub(super) struct Messages;

impl Api for Messages {
    fn name(&self) -> &'static str {
        "messages"
    }

    fn id(&self) -> u8 {
        0
    }

    fn endpoints(&self) -> &'static [Endpoint] {
        const fn at(path: &'static str, is_generation: bool) -> Endpoint {
            Endpoint { path, provider: Provider::Anthropic, is_generation }
        }
        &const { [at("/v1/messages", true), at("/v1/messages/count_tokens", false)] }
    }

    fn endpoint(&self, path: &str) -> Option<Endpoint> {
        let path = path.trim_end_matches('/');
        let own = self.endpoints().iter().find(|endpoint| endpoint.path == path).copied();
        own.or_else(|| vertex::endpoint(path))
    }

    fn in_url<'u>(&self, path: &'u str, _query: &str) -> InUrl<'u> {
        InUrl { model: vertex::model(path), framing: None }
    }

    fn read<'t>(&self, root: Value<'t>) -> Option<Request<'t>> {
        request::read(root)
    }

    fn has_shape(&self, member: &str, list: Value<'_>) -> bool {
        member == "messages" && request::has_blocks(list)
    }

    fn cache_mark<'t>(&self, request: &Request<'t>) -> Option<&'t [u8]> {
        request::cache_mark(request)
    }

    fn rewriter(&self, tool: &'static str, _is_stored: bool) -> Box<dyn ResponseRewriter> {
        Box::new(response::Rewriter::new(tool))
    }

    fn usage(&self, json: &[u8]) -> Option<Usage> {
        // `message_start` has it in its message.
        usage_at(json, &[&["usage"], &["message", "usage"]], response::read_usage)
    }

    fn is_last_event(&self, data: &[u8]) -> bool {
        is_event_of(data, &["message_stop"])
    }

    fn keep_alive(&self) -> &'static [u8] {
        b"event: ping\ndata: {\"type\": \"ping\"}\n\n"
    }

    fn tool_definition(&self, tool: &FunctionTool) -> Vec<u8> {
        tool::definition(tool)
    }

    fn tool_result(&self, id: &str, result: &CallResult) -> Vec<u8> {
        tool::result(id, result)
    }

    fn exchange(&self, round: &Round, results: &[u8]) -> Vec<u8> {
        replay::exchange(round, results)
    }

    fn with_cache_mark(&self, result: Vec<u8>, mark: &[u8]) -> Vec<u8> {
        tool::with_cache_mark(result, mark)
    }

    fn restore(
        &self,
        request: &Request<'_>,
        turn: usize,
        rounds: &[Round],
        retrieve: Retrieve<'_>,
        edits: &mut Edits,
    ) -> Option<()> {
        replay::restore(request, turn, rounds, retrieve, edits)
    }
}
