//! OpenAI's Chat Completions API: a message has one text and a list of calls, a result is a message.

mod replay;
mod request;
mod response;
mod tool;

use json_index::Value;

use super::{Api, Endpoint, FunctionTool};
use crate::provider::Provider;
use crate::replay::{CallResult, Retrieve};
use crate::request::Request;
use crate::response::{ResponseRewriter, Round, Usage, usage_at};
use crate::splice::Edits;

pub(super) use request::choice;

/// See the module.
#[derive(Debug)]
pub(super) struct Chat;

impl Api for Chat {
    fn name(&self) -> &'static str {
        "chat"
    }

    fn id(&self) -> u8 {
        1
    }

    fn endpoints(&self) -> &'static [Endpoint] {
        &[Endpoint {
            path: "/v1/chat/completions",
            provider: Provider::OpenAi,
            is_generation: true,
        }]
    }

    fn read<'t>(&self, root: Value<'t>) -> Option<Request<'t>> {
        request::read(root)
    }

    fn has_shape(&self, member: &str, _list: Value<'_>) -> bool {
        member == "messages"
    }

    fn rewriter(&self, tool: &'static str, _is_stored: bool) -> Box<dyn ResponseRewriter> {
        Box::new(response::Rewriter::new(tool))
    }

    fn usage(&self, json: &[u8]) -> Option<Usage> {
        usage_at(json, &[&["usage"]], response::read_usage)
    }

    fn is_last_event(&self, data: &[u8]) -> bool {
        response::is_done(data)
    }

    fn tool_definition(&self, tool: &FunctionTool) -> Vec<u8> {
        tool::definition(tool)
    }

    fn tool_result(&self, id: &str, result: &CallResult) -> Vec<u8> {
        tool::result(id, result)
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
