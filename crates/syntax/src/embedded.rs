//! Scripts in markup: what `<script>` holds in HTML, Vue and Svelte, outlined in place.

use memchr::memmem;

use crate::Language;
use crate::outline::{Outline, outline_of_code};

/// Adds what the scripts of a text define, import and refer to.
pub(crate) fn add_scripts(language: Language, text: &str, outline: &mut Outline) {
    let script = match language {
        Language::Vue | Language::Svelte => Language::TypeScript,
        Language::Html => Language::JavaScript,
        _ => return,
    };
    let Some(masked) = scripts_alone(text) else { return };
    let Some(inner) = outline_of_code(script, &masked) else { return };
    let before = outline.definitions.len();
    for mut definition in inner.definitions {
        definition.parent = match definition.parent {
            Some(parent) => Some(before + parent),
            None => innermost(outline, before, definition.lines.start, definition.lines.end),
        };
        outline.definitions.push(definition);
    }
    outline.sort_definitions();
    outline.imports = inner.imports;
    outline.references = inner.references;
    outline.comments = inner.comments;
    outline.literals = inner.literals;
}

/// The last of the first `count` definitions that is around these lines.
fn innermost(outline: &Outline, count: usize, start: u32, end: u32) -> Option<usize> {
    let before = outline.definitions[..count].partition_point(|d| d.lines.start <= start);
    let mut next = before.checked_sub(1);
    while let Some(at) = next {
        if outline.definitions[at].lines.end >= end {
            return Some(at);
        }
        next = outline.definitions[at].parent;
    }
    None
}

/// The text with all but the content of its scripts blank; `None` where there is none.
fn scripts_alone(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out: Vec<u8> =
        bytes.iter().map(|&byte| if byte == b'\n' { b'\n' } else { b' ' }).collect();
    let mut at = 0;
    let mut any = false;
    while let Some(found) = memmem::find(&bytes[at..], b"<script") {
        let tag = at + found;
        let Some(start) = memchr::memchr(b'>', &bytes[tag..]).map(|end| tag + end + 1) else {
            break;
        };
        let end = memmem::find(&bytes[start..], b"</script").map_or(bytes.len(), |end| start + end);
        out[start..end].copy_from_slice(&bytes[start..end]);
        any = true;
        at = end;
    }
    any.then(|| String::from_utf8(out).ok()).flatten()
}
