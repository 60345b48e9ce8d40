//! The spans of a pack in JSON or XML: only they are compressed, so that the document stays valid.

use compress::Source;
use pack_format::{Origin, json, xml};

use super::CompressionError;

/// The syntax of a pack, by which its spans are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Markdown,
    Json,
    Xml,
}

/// The pack with the text of each span replaced by the result of `smaller`.
pub(super) fn replace(
    pack: &str,
    shape: Shape,
    smaller: &mut dyn FnMut(&str, Source) -> Result<String, CompressionError>,
) -> Result<String, CompressionError> {
    let smaller = |text: &str, origin: Origin| {
        smaller(text, Source { path: origin.path, line: origin.first_line })
    };
    match shape {
        Shape::Markdown => Ok(pack.to_owned()),
        Shape::Json => json::map_spans(pack, smaller).map_err(|error| match error {
            json::Error::NotJson(error) => {
                CompressionError::Setting(format!("the pack isn't JSON: {error}"))
            }
            json::Error::Replacement(error) => error,
        }),
        Shape::Xml => xml::map_spans(pack, smaller),
    }
}
