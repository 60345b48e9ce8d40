//! Shape: how long a chunk and its file are, and what kind of definition it is. It doesn't depend
//! on the task; it decides between chunks that are otherwise equal.

use syntax::{Definition, DefinitionKind, LineRange};

use crate::model::Feature;

/// The features of a chunk that is `definition` or a part of it, in a file of `file_lines` lines.
pub(crate) fn features(
    lines: LineRange,
    file_lines: u32,
    definition: Option<&Definition>,
) -> [(Feature, f64); 5] {
    let is = |kinds: &[DefinitionKind]| {
        if definition.is_some_and(|definition| kinds.contains(&definition.kind)) {
            1.0
        } else {
            0.0
        }
    };
    let type_head =
        is(&[DefinitionKind::Type, DefinitionKind::Interface, DefinitionKind::Implementation]);
    [
        (Feature::FileLength, f64::from(file_lines.max(1)).ln() / 10.0),
        (Feature::Length, f64::from(lines.end - lines.start + 1).ln() / 5.0),
        (Feature::TypeHead, type_head),
        (Feature::Function, is(&[DefinitionKind::Function, DefinitionKind::Method])),
        (Feature::Section, is(&[DefinitionKind::Section])),
    ]
}
