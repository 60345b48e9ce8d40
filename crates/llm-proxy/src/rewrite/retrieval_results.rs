//! The results of retrievals that find nothing, and what the injected tool costs.

use std::sync::OnceLock;

use llm_api::replay::CallResult;
use llm_api::retrieval::TOOL;
use llm_api::{APIS, Api};
use tokens::Encoding;

/// Tokens of the retrieval tool's definition.
pub(crate) fn tool_tokens(api: &dyn Api) -> usize {
    static TOKENS: OnceLock<[(u8, usize); APIS.len()]> = OnceLock::new();
    let count = |api: &'static dyn Api| {
        let definition = api.tool_definition(&TOOL);
        (api.id(), tokens::count(Encoding::default(), &String::from_utf8_lossy(&definition)))
    };
    let known = TOKENS.get_or_init(|| APIS.map(count));
    known.iter().find(|(id, _)| *id == api.id()).map_or(0, |(_, tokens)| *tokens)
}

/// The call has no hash.
pub(super) fn no_hash() -> CallResult {
    error("no hash in this call: give the 24 digits after hash= in the marker")
}

/// The hash is in no result of the conversation and in no store.
pub(super) fn not_found() -> CallResult {
    error("not in this conversation any more; run the command again")
}

/// The digits are the first of several hashes.
pub(super) fn ambiguous() -> CallResult {
    error("several originals begin with these digits: give all 24 digits after hash= in the marker")
}

/// The turn has too many calls.
pub(super) fn too_many() -> CallResult {
    error("too many retrievals in one turn; go on with what you have")
}

fn error(text: &str) -> CallResult {
    CallResult { text: text.to_owned(), is_error: true }
}
