//! JSON documents, JSON Lines, and documents that were cut off, or in one of their strings.

use languages::Language;

use super::{KeptLines, TextKind, plain};
use crate::codecs::{Codec, JsonTables};
use crate::cut;
use crate::detect::{File, Sample};
use crate::elide::{Context, Draft, json};
use crate::lines::Lines;

/// See the [module](self).
pub(super) struct Json;

impl TextKind for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn is_in(&self, file: &File) -> bool {
        file.language == Language::Json
    }

    fn agrees(&self, sample: &Sample) -> bool {
        is_json(sample)
    }

    fn looks_like(&self, sample: &Sample) -> Option<Language> {
        plain(is_json(sample))
    }

    fn has_embedded_texts(&self) -> bool {
        true
    }

    fn codecs<'k>(&self, _kept: &'k KeptLines<'_>) -> Vec<Box<dyn Codec + 'k>> {
        vec![Box::new(JsonTables)]
    }

    fn draft(&self, lines: &Lines, _language: Language, context: &Context) -> Option<Draft> {
        json::draft(lines, context)
    }
}

/// A document, JSON Lines, the non-empty beginning of a truncated document, or one that is cut in a string.
pub(super) fn is_json(sample: &Sample) -> bool {
    sample.json().is_some_and(|json| json.children(json.root_id()).next().is_some())
        || cut::in_string(sample.text).is_some()
}
