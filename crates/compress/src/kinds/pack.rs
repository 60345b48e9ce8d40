//! Packs, as `contextos pack` writes them. One is recognised whatever file it was written to.

use languages::Language;
use pack_format::markdown::is_pack;

use super::TextKind;
use crate::detect::Sample;
use crate::elide::{Context, Reader, Rendered, pack};
use crate::lines::Lines;

/// See the [module](self).
pub(super) struct Pack;

impl TextKind for Pack {
    fn name(&self) -> &'static str {
        "pack"
    }

    fn is_certainly(&self, text: &str) -> bool {
        is_pack(text)
    }

    /// Actual packs have been recognised before.
    fn agrees(&self, _sample: &Sample) -> bool {
        false
    }

    /// Each of its blocks is checked by the elision.
    fn checks_markers(&self) -> bool {
        true
    }

    fn elide(
        &self,
        lines: &Lines,
        _language: Language,
        context: &Context,
        _reader: &Reader,
    ) -> Option<Rendered> {
        pack::rendered(lines, context)
    }
}
