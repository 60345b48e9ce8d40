//! Shape: how long a unit and its file are, and what kind of definition it is. It says nothing about a
//! task; it says which of equally good units commits change.

use syntax::{Definition, DefinitionKind, LineRange};

use crate::model::Feature;

/// The features of a unit of a file of `file_lines` lines, that is `definition` or a part of it.
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
