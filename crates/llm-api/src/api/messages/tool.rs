//! A tool of the client's own, and the results of its calls.

use crate::api::FunctionTool;
use crate::replay::CallResult;
use crate::splice::quote;

pub(super) fn definition(tool: &FunctionTool) -> Vec<u8> {
    [
        br#"{"name":"#,
        &quote(tool.name)[..],
        br#","description":"#,
        &quote(tool.description),
        br#","input_schema":"#,
        tool.parameters.as_bytes(),
        b"}",
    ]
    .concat()
}

/// A block of a user's message.
pub(super) fn result(id: &str, result: &CallResult) -> Vec<u8> {
    let (id, text) = (quote(id), quote(&result.text));
    let end: &[u8] = if result.is_error { br#","is_error":true}"# } else { b"}" };
    [br#"{"type":"tool_result","tool_use_id":"#, &id[..], br#","content":"#, &text, end].concat()
}

pub(super) fn with_cache_mark(mut result: Vec<u8>, mark: &[u8]) -> Vec<u8> {
    if result.pop().is_some() {
        result.extend_from_slice(&[br#","cache_control":"#, mark, b"}"].concat());
    }
    result
}
