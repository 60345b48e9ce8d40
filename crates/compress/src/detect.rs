//! What a text is: by the command or file it is from where that is known, else by its content.
//!
//! A wrong answer costs size, never an answer: every form is checked by its decoder, and whatever is
//! left out can be asked for.

use crate::json::Json;
use crate::kind::Kind;

/// The kind of `text`.
pub(crate) fn detect(text: &str, _hint: Option<&str>) -> Kind {
    let trimmed = text.trim_start();
    if trimmed.starts_with(['{', '['])
        && (Json::parse(text).is_some() || Json::parse_lines(text.trim_end()).is_some())
    {
        return Kind::Json;
    }
    Kind::Text
}
