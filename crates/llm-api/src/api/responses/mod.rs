//! OpenAI's Responses API: a flat list of items, and events that are numbered through.

mod replay;
mod request;
mod response;
pub mod socket;
mod tool;

use json_index::Value;

use super::{Api, Endpoint, FunctionTool};
use crate::provider::Provider;
use crate::replay::{CallResult, Retrieve};
use crate::request::Request;
use crate::response::{ResponseRewriter, Round, Usage, is_event_of, usage_at};
use crate::splice::Edits;

/// See the module.
#[derive(Debug)]
pub(super) struct Responses;

/// The lowest `max_output_tokens` that the provider takes, by its API reference.
const MIN_OUTPUT_LIMIT: u64 = 16;

impl Api for Responses {
    fn name(&self) -> &'static str {
        "responses"
    }

    fn id(&self) -> u8 {
        2
    }

    fn endpoints(&self) -> &'static [Endpoint] {
        const fn at(path: &'static str, provider: Provider) -> Endpoint {
            Endpoint { path, provider, is_generation: true }
        }
        &const {
            [
                at("/v1/responses", Provider::OpenAi),
                Endpoint {
                    is_generation: false,
                    ..at("/v1/responses/input_tokens", Provider::OpenAi)
                },
                at("/v1/codex/responses", Provider::OpenAi),
                at("/backend-api/responses", Provider::ChatGpt),
                at("/backend-api/codex/responses", Provider::ChatGpt),
                at("/chatgpt/codex/responses", Provider::ChatGpt),
            ]
        }
    }

    fn read<'t>(&self, root: Value<'t>) -> Option<Request<'t>> {
        request::read(root)
    }

    fn has_shape(&self, member: &str, _list: Value<'_>) -> bool {
        member == "input"
    }

    fn min_output_limit(&self) -> u64 {
        MIN_OUTPUT_LIMIT
    }

    fn rewriter(&self, tool: &'static str, is_stored: bool) -> Box<dyn ResponseRewriter> {
        Box::new(response::Rewriter::new(tool, is_stored))
    }

    fn usage(&self, json: &[u8]) -> Option<Usage> {
        // The last event has the whole response.
        usage_at(json, &[&["usage"], &["response", "usage"]], response::read_usage)
    }

    fn has_socket(&self) -> bool {
        true
    }

    fn is_last_event(&self, data: &[u8]) -> bool {
        is_event_of(data, &response::LAST_EVENTS)
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
