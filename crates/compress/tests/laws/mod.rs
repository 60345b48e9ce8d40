//! The invariants of every text with any options: checked on generated texts (`properties.rs`), on what
//! fuzzing found (`fuzz_corpus.rs`), and by the fuzz targets themselves.
#![allow(missing_docs, unreachable_pub, dead_code)]

use compress::{
    Compressed, Options, Retrieval, RetrievalReference, Source, compress, cosmetic, expand, marker,
};

/// Compresses `text` and checks the invariants of the result.
///
/// # Panics
/// If an invariant is violated.
pub fn compress_lawfully(text: &str, options: &Options) -> Compressed {
    let result = compress(text, options);
    assert!(result.tokens_after <= result.tokens_before, "larger");
    assert_eq!(result.tokens_after, tokens::count(options.encoding, &result.text));
    assert_eq!(compress(text, options), result, "not deterministic");
    assert_eq!(result.failures, 0, "something panicked");
    let is_done = |name: &str| result.transforms.iter().any(|done| done == name);
    match (is_done("cosmetic"), is_done("envelope/1")) {
        // Cosmetic changes are made inside the envelope.
        (true, true) => {
            let as_it_was = compress(text, &Options { cosmetic: false, ..options.clone() });
            assert_eq!(as_it_was.restore().as_deref(), Ok(text), "{}", as_it_was.text);
            let restored = result.restore().expect("a result is restored");
            assert!(restored.len() < text.len() && compress::may_be_envelope(&restored));
        }
        (true, false) => assert_eq!(result.restore().as_deref(), Ok(&*cosmetic(text))),
        (false, _) => assert_eq!(result.restore().as_deref(), Ok(text), "{}", result.text),
    }
    assert_eq!(compress(&result.text, options).text, result.text, "compressed again");
    assert!(options.retrieval == Retrieval::Offered || result.omissions.is_empty());
    for omission in &result.omissions {
        let written = marker::markers(&result.text[omission.at.clone()])
            .any(|(_, m)| m.reference == omission.reference && m.count == omission.count);
        assert!(written, "an omission without a marker: {omission:?}\n{}", result.text);
        match &omission.reference {
            RetrievalReference::Hash(hash) => assert_eq!(hash, &marker::hash(&omission.original)),
            RetrievalReference::Source { start, end, .. } => assert!(start <= end),
        }
    }
    result
}

/// Expands `text` and checks that the output is bounded.
///
/// # Panics
/// If it isn't.
pub fn expand_lawfully(text: &str) {
    const ROOM: usize = 1 << 16;
    if let Ok(expanded) = expand(text) {
        assert!(expanded.len() <= text.len() * 257 + ROOM, "{} bytes", expanded.len());
    }
}

/// The kinds that the first byte of a fuzzed input selects.
const KINDS: &[Option<&str>] = &[
    None,
    Some("json"),
    Some("log"),
    Some("test-output"),
    Some("trace"),
    Some("search"),
    Some("table"),
    Some("diff"),
    Some("a.rs"),
    Some("a.py"),
    Some("a.ts"),
    Some("html"),
    Some("prose"),
    Some("text"),
    Some("pack"),
    Some("ls -l"),
    Some("a.go"),
    Some("a.java"),
    Some("a.c"),
    Some("a.cs"),
    Some("a.rb"),
    Some("a.php"),
    Some("a.kt"),
    Some("a.sh"),
    Some("git log"),
    Some("find . -ls"),
];

/// Derives a text and options from fuzzer input: the first byte selects the kind, the second the rest.
pub fn from_bytes(bytes: &[u8]) -> Option<(String, Options)> {
    let (&[kind, rest], text) = bytes.split_first_chunk()?;
    let is_set = |bit: u8| rest & (1 << bit) != 0;
    let options = Options {
        task: ["", "fix the token refresh", "what does close do?", "find 17 in \"a b\""]
            [usize::from(rest >> 6)]
        .to_owned(),
        kind: KINDS[usize::from(kind) % KINDS.len()].map(str::to_owned),
        retrieval: if is_set(0) { Retrieval::None } else { Retrieval::Offered },
        source: is_set(1).then(|| Source { path: "src/a.py".to_owned(), line: 41 }),
        budget: is_set(2).then_some(40),
        cosmetic: !is_set(3),
        every_line: is_set(4),
        has_read: is_set(5).then_some(20_000),
        ..Options::default()
    };
    Some((String::from_utf8_lossy(text).into_owned(), options))
}
