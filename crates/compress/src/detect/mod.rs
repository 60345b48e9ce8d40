//! Detection of the kind of a text: by the command or file it is from if that is known, otherwise
//! by its content.
//!
//! A wrong kind costs tokens, not information: every encoding is verified by decoding it, and
//! omissions can be retrieved.

mod beginnings;
mod command;
mod content;
mod facts;

use languages::Language;

pub(crate) use content::{any_of, unnumbered};
pub(crate) use pack_format::markdown::is_pack;

use crate::kind::Kind;

/// The detected kind of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Detected {
    pub kind: Kind,
    /// The language of code; `Text` if unknown.
    pub language: Language,
}

impl Detected {
    pub(crate) fn plain(kind: Kind) -> Self {
        Self { kind, language: Language::Text }
    }
}

/// Detects the kind of `text`. `hint` is the command that wrote it, the name of its file, or the
/// name of a kind or a language.
pub(crate) fn detect(text: &str, hint: Option<&str>) -> Detected {
    if is_pack(text) {
        // A pack is recognised whatever file it was written to.
        return Detected::plain(Kind::Pack);
    }
    let said = hint.and_then(|hint| command::said(hint, text));
    match said {
        Some(said) if content::agrees(text, said.kind) => said,
        _ => content::looks_like(text),
    }
}

/// Detects the content of a fenced block in Markdown by its info string.
pub(crate) fn fenced(text: &str, info: &str) -> Detected {
    let language = Language::from_name(info.split([' ', ',', '{']).next().unwrap_or("").trim());
    match language {
        Some(language) if language.is_code() => Detected { kind: Kind::Code, language },
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
            assert_eq!(detect(pack, hint).kind, Kind::Pack, "{hint:?}");
        }
        assert_ne!(detect("# Notes\n\nNothing else.\n", Some("pack")).kind, Kind::Pack);
    }
}
