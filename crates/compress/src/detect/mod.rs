//! Detection of the kind of a text: by the command or file it is from if that is known, otherwise
//! by its content. What speaks for each kind is in its file in `kinds`.

pub(crate) mod beginnings;
mod command;
mod file;
mod sample;
mod words;

use json_index::Index;
use languages::Language;

pub(crate) use command::Command;
pub(crate) use file::{File, LONGEST_LINE, MAX_EDITED_BYTES};
pub(crate) use sample::Sample;

use crate::kinds::{self, Kind};

/// The detected kind of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Detected {
    pub kind: Kind,
    /// The language of code; `Text` if unknown.
    pub language: Language,
}

/// What was detected of a text.
#[derive(Debug)]
pub(crate) struct Detection<'t> {
    pub is: Detected,
    /// The index of a JSON text, which had to be made to recognise it.
    pub json: Option<Index<'t>>,
}

impl From<Detected> for Detection<'_> {
    fn from(is: Detected) -> Self {
        Self { is, json: None }
    }
}

impl Detected {
    pub(crate) fn plain(kind: Kind) -> Self {
        Self { kind, language: Language::Text }
    }
}

/// Detects the kind of `text`. `hint` is the command that wrote it, the name of its file, or the
/// name of a kind or a language.
pub(crate) fn detect<'t>(text: &'t str, hint: Option<&str>) -> Detection<'t> {
    if let Some(kind) = Kind::ALL.iter().find(|kind| kind.spec().is_certainly(text)) {
        return Detected::plain(*kind).into();
    }
    let sample = Sample::of(text);
    let said = hint.and_then(|hint| command::said(hint, text));
    let is = said.filter(|said| said.kind.spec().agrees(&sample)).unwrap_or_else(|| {
        let seems = kinds::looks_like(&sample);
        hint.and_then(|hint| command::held(hint, text, seems.kind)).unwrap_or(seems)
    });
    Detection { is, json: (is.kind == Kind::Json).then(|| sample.into_json()).flatten() }
}

/// Whether a text with this hint is from a file that the reader may edit.
pub(crate) fn is_file(hint: Option<&str>) -> bool {
    hint.is_some_and(command::shows_file)
}

/// Whether `text` is from a file that people write and maintain, by this hint.
pub(crate) fn is_maintained(text: &str, hint: Option<&str>) -> bool {
    let is_code = |said: Detected| said.kind == Kind::Code;
    hint.is_some_and(|hint| command::said(hint, text).is_some_and(is_code))
}

/// Whether a text with this hint isn't from a file that the reader may edit, nor made by a program
/// on this machine, but was fetched or found by a tool.
pub(crate) fn is_fetched(hint: Option<&str>) -> bool {
    hint.is_none_or(command::fetches)
}

/// Detects the content of a fenced block in Markdown by its info string.
pub(crate) fn fenced<'t>(text: &'t str, info: &str) -> Detection<'t> {
    let language = Language::from_name(info.split([' ', ',', '{']).next().unwrap_or("").trim());
    match language {
        Some(language) if file::is_written(language) => {
            Detected { kind: Kind::Code, language }.into()
        }
        _ => detect(text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_is_one_whatever_it_is_called() {
        let pack =
            "# Context for: x\n<!-- contextos pack v1 commit=none dirty=no -->\n\n## Files\n";
        for hint in [None, Some("context_pack.md"), Some("pack"), Some("cat notes.txt")] {
            assert_eq!(detect(pack, hint).is.kind, Kind::Pack, "{hint:?}");
        }
        assert_ne!(detect("# Notes\n\nNothing else.\n", Some("pack")).is.kind, Kind::Pack);
    }
}
