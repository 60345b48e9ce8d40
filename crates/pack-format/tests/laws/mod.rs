//! What holds for the readers of packs on any text: checked on what fuzzing found (`fuzz_corpus.rs`), and by the fuzz
//! target itself.

use pack_format::{json, markdown, xml};

/// Reads the text that the bytes are, with replacement characters, as a pack of each format.
///
/// # Panics
/// When a law doesn't hold.
pub(crate) fn read_lawfully(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().collect();
    markdown::is_pack(&text);
    for file in markdown::files(&lines) {
        for span in file.spans {
            assert!(
                span.lines.start <= span.lines.end && span.lines.end <= lines.len(),
                "within the pack"
            );
        }
    }
    markdown::map(&lines);
    markdown::without_elided_note(&text);
    let same = xml::map_spans(&text, |span, _| Ok::<_, ()>(span.to_owned()));
    assert_eq!(same.as_deref(), Ok(&*text), "spans that stay as they are");
    if let Ok(pack) = json::map_spans(&text, |span, _| Ok::<_, ()>(span.to_owned())) {
        let again = json::map_spans(&pack, |span, _| Ok::<_, ()>(span.to_owned()));
        assert_eq!(again.ok().as_deref(), Some(&*pack));
    }
}
