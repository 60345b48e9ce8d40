//! What holds for redaction of any text: checked on what fuzzing found (`fuzz_corpus.rs`), and by the fuzz target
//! itself.

use secrets::redact;

/// Redacts the text that the bytes are, with replacement characters, and checks the result.
///
/// # Panics
/// When a law doesn't hold.
pub(crate) fn redact_lawfully(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let once = redact(&text);
    assert_eq!(once.text.matches('\n').count(), text.matches('\n').count(), "lines are kept");
    assert!(once.findings.is_sorted_by_key(|finding| finding.line));
    assert_eq!(once.findings.is_empty(), once.text == text, "what is found is replaced");
    let twice = redact(&once.text);
    assert!(twice.findings.is_empty(), "{:?} -> {:?} -> {:?}", text, once.text, twice.text);
    secrets::is_credential_file(&text);
}
