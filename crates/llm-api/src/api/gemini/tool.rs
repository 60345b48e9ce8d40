//! A function's declaration, and the results of its calls.

use super::request::is_made_up;
use crate::api::FunctionTool;
use crate::replay::CallResult;
use crate::retrieval;
use crate::splice::quote;

pub(super) fn definition(tool: &FunctionTool) -> Vec<u8> {
    [
        br#"{"name":"#,
        &quote(tool.name)[..],
        br#","description":"#,
        &quote(tool.description),
        br#","parameters":"#,
        tool.parameters.as_bytes(),
        b"}",
    ]
    .concat()
}

/// A part with the response to a call of the retrieval tool; without an id where the call has none.
pub(super) fn result(id: &str, result: &CallResult) -> Vec<u8> {
    let id = match is_made_up(id) {
        true => Vec::new(),
        false => [br#""id":"#, &quote(id)[..], b","].concat(),
    };
    let member: &[u8] = if result.is_error { b"error" } else { b"output" };
    [
        br#"{"functionResponse":{"#,
        &id[..],
        br#""name":"#,
        &quote(retrieval::NAME),
        br#","response":{""#,
        member,
        br#"":"#,
        &quote(&result.text),
        b"}}}",
    ]
    .concat()
}
