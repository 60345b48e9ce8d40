//! A function, and the results of its calls.

use crate::api::FunctionTool;
use crate::replay::CallResult;
use crate::splice::quote;

pub(super) fn definition(tool: &FunctionTool) -> Vec<u8> {
    [
        br#"{"type":"function","function":{"name":"#,
        &quote(tool.name)[..],
        br#","description":"#,
        &quote(tool.description),
        br#","parameters":"#,
        tool.parameters.as_bytes(),
        b"}}",
    ]
    .concat()
}

/// A message of the tool; the API has no field for a failure.
pub(super) fn result(id: &str, result: &CallResult) -> Vec<u8> {
    let (id, text) = (quote(id), quote(&result.text));
    [br#"{"role":"tool","tool_call_id":"#, &id[..], br#","content":"#, &text, b"}"].concat()
}
