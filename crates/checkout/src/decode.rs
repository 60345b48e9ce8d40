//! Decodes a file's bytes to text, whatever their encoding.
//!
//! Line ends become `\n`. Line numbers stay the same, and a checkout with `core.autocrlf` has the same
//! text as one without. A lone `\r` counts as a line end only in a text without any `\n`; in others it is
//! kept, so that lines are counted as git does.

use std::borrow::Cow;

use chardetng::EncodingDetector;
use encoding_rs::Encoding;

use crate::legacy_cjk::{self, Reading};

/// The number of bytes from which an encoding is guessed. By hand.
const GUESSED_FROM: usize = 64 * 1024;

/// The byte order mark.
const MARK: char = '\u{feff}';

/// Replaces characters whose encoding could not be determined.
const UNKNOWN: char = '\u{fffd}';

/// A decoded text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) text: String,
    /// Whether its encoding could not be determined, so that some of its characters are [`UNKNOWN`].
    pub(crate) unknown: bool,
    /// Whether its bytes are those of the file.
    pub(crate) is_verbatim: bool,
}

impl Decoded {
    fn known(text: impl Into<String>) -> Self {
        Self { text: text.into(), unknown: false, is_verbatim: false }
    }
}

/// The text in `bytes`, without a byte order mark and with `\n` for line ends; `None` if it isn't text.
pub(crate) fn decode(bytes: Vec<u8>) -> Option<Decoded> {
    let decoded = match String::from_utf8(bytes) {
        Ok(text) if memchr::memchr2(0, b'\r', text.as_bytes()).is_none() => {
            let is_verbatim = !text.starts_with(MARK);
            return Some(Decoded { text: without_mark(text), unknown: false, is_verbatim });
        }
        Ok(text) if memchr::memchr(0, text.as_bytes()).is_none() => Decoded::known(text),
        Ok(text) => decode_foreign(text.as_bytes())?,
        Err(error) => decode_foreign(error.as_bytes())?,
    };
    Some(Decoded { text: with_unix_line_ends(without_mark(decoded.text)), ..decoded })
}

fn without_mark(mut text: String) -> String {
    if text.starts_with(MARK) {
        text.drain(..MARK.len_utf8());
    }
    text
}

fn with_unix_line_ends(text: String) -> String {
    if !text.contains('\r') {
        text
    } else if text.contains('\n') {
        text.replace("\r\n", "\n")
    } else {
        text.replace('\r', "\n")
    }
}

/// The text of `bytes` that aren't UTF-8, or contain a NUL.
fn decode_foreign(bytes: &[u8]) -> Option<Decoded> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes)
        && encoding != encoding_rs::UTF_8
    {
        return Some(Decoded::known(encoding.decode_without_bom_handling(&bytes[mark..]).0));
    }
    if memchr::memchr(0, bytes).is_some() {
        return unmarked_utf16(bytes).map(Decoded::known);
    }
    if !looks_like_text(bytes) {
        return None;
    }
    let told = declared(bytes)
        .and_then(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes))
        .or_else(|| damaged_utf8(bytes));
    Some(told.map_or_else(|| decode_guessing(bytes), Decoded::known))
}

/// The text of `bytes` that declare no encoding, by guessing it from the bytes.
fn decode_guessing(bytes: &[u8]) -> Decoded {
    let guessed = guess(bytes);
    let encoding = match legacy_cjk::read(bytes, guessed) {
        Reading::Sure(encoding) => encoding,
        Reading::NotHere => guessed,
        Reading::Unknown => {
            return Decoded { text: ascii_only(bytes), unknown: true, is_verbatim: false };
        }
    };
    Decoded::known(encoding.decode_without_bom_handling(bytes).0)
}

/// `bytes` as ASCII, with one [`UNKNOWN`] for each run of other bytes.
fn ascii_only(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for run in bytes.chunk_by(|a, b| a.is_ascii() == b.is_ascii()) {
        match str::from_utf8(run) {
            Ok(ascii) if run[0].is_ascii() => text.push_str(ascii),
            _ => text.push(UNKNOWN),
        }
    }
    text
}

/// UTF-16 without a byte order mark: in Western text, nearly every second byte is NUL.
fn unmarked_utf16(bytes: &[u8]) -> Option<String> {
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    let pairs = bytes.len() / 2;
    let zeros = |offset: usize| bytes.iter().skip(offset).step_by(2).filter(|&&b| b == 0).count();
    let encoding = match (zeros(0), zeros(1)) {
        (0, odd) if odd * 2 > pairs => encoding_rs::UTF_16LE,
        (even, 0) if even * 2 > pairs => encoding_rs::UTF_16BE,
        _ => return None,
    };
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(Cow::into_owned)
}

/// Whether bytes look like text: with hardly any control characters other than white space, form feeds and
/// escapes.
fn looks_like_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(GUESSED_FROM)];
    let control = |&&byte: &&u8| byte < 0x20 && !matches!(byte, b'\t'..=b'\r' | 0x08 | 0x1b);
    head.iter().filter(control).count() * 100 <= head.len()
}

/// The encoding that is declared in the first kilobyte, as in Python, Emacs, XML, HTML and CSS.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]);
    let after = ["coding", "charset"].iter().find_map(|word| Some(head.split_once(word)?.1))?;
    let label = after.trim_start_matches([':', '=', ' ', '"', '\'']);
    let end = label.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    let label = &label[..end.unwrap_or(label.len())];
    let encoding = Encoding::for_label(label.replace('_', "-").as_bytes())?;
    (encoding.is_ascii_compatible() && encoding != encoding_rs::UTF_8).then_some(encoding)
}

/// UTF-8 with a few invalid bytes: if valid sequences far outnumber the invalid ones, no other encoding is
/// more likely.
fn damaged_utf8(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let (mut sound, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        sound += chunk.valid().bytes().filter(|&byte| byte >= 0xc0).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    (sound >= broken * 4).then(|| String::from_utf8_lossy(bytes))
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(&bytes[..bytes.len().min(GUESSED_FROM)], bytes.len() <= GUESSED_FROM);
    detector.guess(None, chardetng::Utf8Detection::Deny)
}

#[cfg(test)]
mod tests {
    /// The text, of which the encoding has to be known.
    fn decode(bytes: Vec<u8>) -> Option<String> {
        super::decode(bytes).map(|decoded| {
            assert!(!decoded.unknown);
            decoded.text
        })
    }

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn utf8_loses_its_mark_and_its_carriage_returns() {
        assert_eq!(decode(b"\xef\xbb\xbfa\r\nb\r\n".to_vec()).unwrap(), "a\nb\n");
        assert_eq!(decode(b"a\rb\r".to_vec()).unwrap(), "a\nb\n", "old Mac line ends");
        assert_eq!(decode(b"10%\r20%\n".to_vec()).unwrap(), "10%\r20%\n", "no line ends");
        assert_eq!(decode(Vec::new()).unwrap(), "");
    }

    #[test]
    fn utf16_is_converted_with_and_without_a_mark() {
        let text = "name = \"Müller\"\r\nage = 4\r\n";
        let unix = text.replace("\r\n", "\n");
        for to_bytes in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
            assert_eq!(decode(utf16(text, to_bytes)).unwrap(), unix);
            assert_eq!(decode(utf16(&format!("\u{feff}{text}"), to_bytes)).unwrap(), unix);
        }
    }

    #[test]
    fn legacy_encodings_are_converted() {
        let german = "Größe: die Länge des Schlüssels in Zeichen. Übergröße führt zu Fehlern.\n";
        let (latin1, _, _) = encoding_rs::WINDOWS_1252.encode(german);
        assert_eq!(decode(latin1.into_owned()).unwrap(), german);

        let japanese = "これは設定ファイルです。変更しないでください。\n";
        let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode(japanese);
        assert_eq!(decode(sjis.into_owned()).unwrap(), japanese);

        let russian = "# -*- coding: koi8-r -*-\nname = 'Привет'\n";
        let (koi8, _, _) = encoding_rs::KOI8_R.encode(russian);
        assert_eq!(decode(koi8.into_owned()).unwrap(), russian, "as the file declares");

        let xml = "<?xml version=\"1.0\" encoding=\"iso-8859-2\"?>\n<a>Łódź</a>\n";
        let (latin2, _, _) = encoding_rs::ISO_8859_2.encode(xml);
        assert_eq!(decode(latin2.into_owned()).unwrap(), xml);
    }

    #[test]
    fn characters_of_an_unknown_encoding_are_marked() {
        let (bytes, _, _) = encoding_rs::GBK.encode("int a; // 饕餮魑魅魍魉\n");
        let decoded = super::decode(bytes.into_owned()).unwrap();
        if decoded.unknown {
            assert_eq!(decoded.text, "int a; // \u{fffd}\n");
        } else {
            assert!(decoded.text.contains("饕餮魑魅魍魉"), "{}", decoded.text);
        }
    }

    #[test]
    fn one_bad_byte_does_not_turn_utf8_into_something_else() {
        let mut bytes = "naïve café, déjà vu — über".as_bytes().to_vec();
        bytes.push(0xff);
        assert_eq!(decode(bytes).unwrap(), "naïve café, déjà vu — über\u{fffd}");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert!(decode(b"\x7fELF\x02\x01\x01\0\0\0\0".to_vec()).is_none());
        assert!(decode(b"text with a \0 in it".to_vec()).is_none());
        let noise: Vec<u8> = (0..4096_u32).map(|n| (n * 193 % 255 + 1) as u8).collect();
        assert!(decode(noise).is_none());
    }

    proptest::proptest! {
        #[test]
        fn every_utf8_text_keeps_its_lines(text in "[^\0\r\u{feff}]*") {
            proptest::prop_assert_eq!(decode(text.clone().into_bytes()).unwrap(), text.clone());
            let crlf = text.replace('\n', "\r\n");
            proptest::prop_assert_eq!(decode(crlf.into_bytes()).unwrap(), text);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..600)) {
            super::decode(bytes);
        }
    }
}
