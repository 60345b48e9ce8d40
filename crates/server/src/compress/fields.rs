//! Typed access to the fields of a request's body. A field that is null counts as absent.

use std::borrow::Cow;

use json_index::{Kind, Value};

use crate::response::ApiError;

fn present<'t>(object: Value<'t>, name: &str) -> Option<Value<'t>> {
    object.get(name).filter(|value| !value.is_null())
}

/// A string.
pub(super) fn string<'t>(object: Value<'t>, name: &str) -> Result<Option<Cow<'t, str>>, ApiError> {
    let Some(value) = present(object, name) else { return Ok(None) };
    let text = (value.kind() == Kind::String).then(|| value.text());
    match text {
        None => Err(wrong(name, "a string")),
        Some(None) => Err(wrong(name, "Unicode text: it has half of a surrogate pair")),
        Some(text) => Ok(text),
    }
}

/// A whole number from `least` up.
pub(super) fn number(
    object: Value<'_>,
    name: &str,
    least: usize,
) -> Result<Option<usize>, ApiError> {
    let Some(value) = present(object, name) else { return Ok(None) };
    let number = value.unsigned().and_then(|number| usize::try_from(number).ok());
    match number {
        Some(number) if number >= least => Ok(Some(number)),
        _ if least == 0 => Err(wrong(name, "a non-negative integer")),
        _ => Err(wrong(name, "a positive integer")),
    }
}

/// A number above 0 and up to 1.
pub(super) fn ratio(object: Value<'_>, name: &str) -> Result<Option<f64>, ApiError> {
    let Some(value) = present(object, name) else { return Ok(None) };
    let text = std::str::from_utf8(value.raw()).unwrap_or_default();
    let number = (value.kind() == Kind::Number).then(|| text.parse::<f64>().ok()).flatten();
    match number {
        Some(ratio) if ratio > 0.0 && ratio <= 1.0 => Ok(Some(ratio)),
        _ => Err(wrong(name, "a number above 0 and up to 1")),
    }
}

/// True or false.
pub(super) fn boolean(object: Value<'_>, name: &str) -> Result<Option<bool>, ApiError> {
    let Some(value) = present(object, name) else { return Ok(None) };
    match value.kind() {
        Kind::Bool => Ok(Some(value.is_true())),
        _ => Err(wrong(name, "true or false")),
    }
}

/// An object.
pub(super) fn object<'t>(object: Value<'t>, name: &str) -> Result<Option<Value<'t>>, ApiError> {
    let Some(value) = present(object, name) else { return Ok(None) };
    match value.kind() {
        Kind::Object => Ok(Some(value)),
        _ => Err(wrong(name, "an object")),
    }
}

/// The error for a field of another type than `expected`.
pub(super) fn wrong(name: &str, expected: &str) -> ApiError {
    ApiError::invalid(format!("invalid {name}: expected {expected}"))
}

/// The error for a missing field.
pub(super) fn missing(name: &str) -> ApiError {
    ApiError::invalid(format!("missing required field: {name}"))
}
