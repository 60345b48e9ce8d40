//! The shapes of the results of Claude Code's tools: where their texts are, and how others are put in
//! their place. A result that has another shape isn't touched. The shapes are those that version 2.1.332
//! hands to hooks; what it is handed back it checks, and uses the original if a member has another type.

use std::path::PathBuf;

use serde_json::Value;

use super::Smaller;

/// A known shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// Texts at these places (JSON pointers).
    Texts(Vec<String>),
    /// A list of lines at this place, each a string of its own.
    Lines(&'static str),
    /// The output of a command of which the agent shows the beginning, and names the file with all.
    Spilled,
    /// Lines of a file, which the agent numbers.
    File,
}

/// The texts of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Texts {
    Plain(Vec<String>),
    Spilled {
        /// The beginning.
        shown: String,
        path: PathBuf,
    },
    File {
        content: String,
        /// The number of its first line.
        first: u64,
    },
}

impl Texts {
    /// Their bytes.
    pub(super) fn length(&self) -> usize {
        match self {
            Self::Plain(texts) => texts.iter().map(String::len).sum(),
            Self::Spilled { shown, .. } => shown.len(),
            Self::File { content, .. } => content.len(),
        }
    }
}

/// The output of a command.
const STDOUT: &str = "/stdout";
/// Where the agent says which file has all of an output.
const SPILLED_TO: &str = "persistedOutputPath";
/// What belongs to that, and is left out with it.
const OF_SPILLED: [&str; 3] = [SPILLED_TO, "persistedOutputSize", "stdoutHoldsOutputEnd"];

impl Shape {
    /// That of a result of `tool`; `None` if it isn't known.
    pub(super) fn of(tool: &str, response: &Value) -> Option<Self> {
        let text = |place: &str| response.pointer(place).is_some_and(Value::is_string);
        let only = |place: &str| text(place).then(|| Self::Texts(vec![place.to_owned()]));
        match tool {
            "Bash" => {
                let is_set = |name: &str| {
                    let value = &response[name];
                    !(value.is_null()
                        || *value == false
                        || value.as_array().is_some_and(Vec::is_empty))
                };
                if ["isImage", "backgroundTaskId", "structuredContent"].into_iter().any(is_set) {
                    return None;
                }
                match response[SPILLED_TO].is_string() {
                    true => text(STDOUT).then_some(Self::Spilled),
                    false => only(STDOUT),
                }
            }
            "Read" => (response["type"] == "text" && text("/file/content")).then_some(Self::File),
            "Grep" => only("/content").or_else(|| lines(response, "/filenames")),
            "Glob" => lines(response, "/filenames"),
            "WebFetch" => only("/result"),
            "WebSearch" => parts(response.get("results")?, |at| format!("/results/{at}")),
            tool if tool.starts_with("mcp__") => Self::of_parts(response),
            _ => None,
        }
    }

    /// That of a text, or of a list of parts, perhaps in an object.
    pub(super) fn of_parts(response: &Value) -> Option<Self> {
        match response {
            Value::String(_) => Some(Self::Texts(vec![String::new()])),
            Value::Array(_) => parts(response, |at| format!("/{at}")),
            Value::Object(_) => parts(response.get("content")?, |at| format!("/content/{at}")),
            _ => None,
        }
    }

    /// The texts of a result that has this shape.
    pub(super) fn texts(&self, response: &Value) -> Option<Texts> {
        let text = |place: &str| response.pointer(place)?.as_str().map(str::to_owned);
        Some(match self {
            Self::Texts(places) => {
                Texts::Plain(places.iter().map(|place| text(place)).collect::<Option<_>>()?)
            }
            Self::Lines(place) => {
                let lines = response.pointer(place)?.as_array()?.iter();
                let lines: Option<Vec<&str>> = lines.map(Value::as_str).collect();
                Texts::Plain(vec![lines?.join("\n")])
            }
            Self::Spilled => Texts::Spilled {
                shown: text(STDOUT)?,
                path: PathBuf::from(response[SPILLED_TO].as_str()?),
            },
            Self::File => Texts::File {
                content: text("/file/content")?,
                first: response["file"]["startLine"].as_u64()?,
            },
        })
    }

    /// The result with other texts.
    pub(super) fn with(&self, response: &Value, smaller: Smaller) -> Option<Value> {
        let mut updated = response.clone();
        match (self, smaller) {
            (Self::Texts(places), Smaller::Texts(texts)) => {
                for (place, text) in places.iter().zip(texts) {
                    *updated.pointer_mut(place)? = text.into();
                }
            }
            (Self::Lines(place), Smaller::Texts(texts)) => {
                *updated.pointer_mut(place)? = texts.first()?.lines().map(Value::from).collect();
            }
            (Self::Spilled, Smaller::Texts(texts)) => {
                let response = updated.as_object_mut()?;
                response.insert("stdout".to_owned(), texts.into_iter().next()?.into());
                for name in OF_SPILLED {
                    response.shift_remove(name);
                }
            }
            (Self::File, Smaller::File { content, first, lines }) => {
                let file = updated.pointer_mut("/file")?.as_object_mut()?;
                file.insert("content".to_owned(), content.into());
                file.insert("startLine".to_owned(), first.into());
                file.insert("numLines".to_owned(), lines.into());
            }
            _ => return None,
        }
        Some(updated)
    }
}

/// A list of strings at `place`.
fn lines(response: &Value, place: &'static str) -> Option<Shape> {
    let lines = response.pointer(place)?.as_array()?;
    (!lines.is_empty() && lines.iter().all(Value::is_string)).then_some(Shape::Lines(place))
}

/// The texts in a list: strings, and parts of the type `text`; others stay.
fn parts(list: &Value, place: impl Fn(usize) -> String) -> Option<Shape> {
    let each = list.as_array()?.iter().enumerate();
    let places: Vec<String> = each
        .filter_map(|(at, part)| {
            let is_text = part["type"] == "text" && part["text"].is_string();
            match part.is_string() {
                true => Some(place(at)),
                false => is_text.then(|| place(at) + "/text"),
            }
        })
        .collect();
    (!places.is_empty()).then_some(Shape::Texts(places))
}
