//! A function, and the results of its calls.

use crate::api::FunctionTool;
use crate::replay::CallResult;
use crate::splice::quote;

pub(super) fn definition(tool: &FunctionTool) -> Vec<u8> {
    [
        br#"{"type":"function","name":"#,
        &quote(tool.name)[..],
        br#","description":"#,
        &quote(tool.description),
        br#","parameters":"#,
        tool.parameters.as_bytes(),
        // Where the field is missing, this API makes a schema strict.
        br#","strict":false}"#,
    ]
    .concat()
}

/// An item of the input; the API has no field for a failure.
pub(super) fn result(id: &str, result: &CallResult) -> Vec<u8> {
    let (id, text) = (quote(id), quote(&result.text));
    [br#"{"type":"function_call_output","call_id":"#, &id[..], br#","output":"#, &text, b"}"]
        .concat()
}
