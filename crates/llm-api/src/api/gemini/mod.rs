//! Google's Gemini API, as Google AI and Vertex AI have it: the path names the model and says whether
//! the response is streamed, a content is a list of parts, and calls may have no ids.

mod replay;
mod request;
mod response;
mod tool;
mod url;

use json_index::{Value, scan};

use super::{Api, Endpoint, FunctionTool, InUrl};
use crate::provider::Provider;
use crate::replay::{CallResult, Retrieve};
use crate::request::Request;
use crate::response::{ResponseRewriter, Round, Usage};
use crate::splice::Edits;

/// See the module.
#[derive(Debug)]
pub(super) struct Gemini;

/// Its endpoints: a response at once, and one that is streamed. A count of tokens is for the client's
/// own sums, and is passed through.
const ENDPOINTS: [Endpoint; 2] = {
    const fn at(path: &'static str) -> Endpoint {
        Endpoint { path, provider: Provider::Gemini, is_generation: true }
    }
    [at("/v1beta/models/*:generateContent"), at("/v1beta/models/*:streamGenerateContent")]
};

impl Api for Gemini {
    fn name(&self) -> &'static str {
        "gemini"
    }

    fn id(&self) -> u8 {
        3
    }

    fn endpoints(&self) -> &'static [Endpoint] {
        &ENDPOINTS
    }

    fn endpoint(&self, path: &str) -> Option<Endpoint> {
        let [whole, streamed] = ENDPOINTS;
        url::read(path).map(|(_, is_streamed)| if is_streamed { streamed } else { whole })
    }

    fn in_url<'u>(&self, path: &'u str, query: &str) -> InUrl<'u> {
        url::read(path).map_or_else(InUrl::default, |(model, is_streamed)| InUrl {
            model: Some(model),
            framing: is_streamed.then(|| url::framing(query)),
        })
    }

    fn read<'t>(&self, root: Value<'t>) -> Option<Request<'t>> {
        request::read(root)
    }

    fn has_shape(&self, member: &str, _list: Value<'_>) -> bool {
        member == "contents"
    }

    fn rewriter(&self, tool: &'static str, _is_stored: bool) -> Box<dyn ResponseRewriter> {
        Box::new(response::Rewriter::new(tool))
    }

    fn usage(&self, json: &[u8]) -> Option<Usage> {
        memchr::memmem::find(json, b"\"usageMetadata\"")?;
        let index = scan(json).ok()?;
        // A response that was streamed as an array has all figures in its last elements.
        let root = index.root();
        let of = |value: Value<'_>| value.get("usageMetadata").map(response::read_usage);
        of(root).or_else(|| root.items().filter_map(of).last())
    }

    fn is_last_event(&self, data: &[u8]) -> bool {
        memchr::memmem::find(data, b"\"finishReason\"").is_some()
            && scan(data).is_ok_and(|index| response::finish_reason(index.root()).is_some())
    }

    fn keep_alive(&self) -> &'static [u8] {
        // Google's own clients read no comments, but skip blank lines; between the elements of an
        // array one may stand as well.
        b"\n"
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
