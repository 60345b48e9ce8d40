//! Keys written byte by byte: arrays of programs (`{0x81, 0xda, …}`), lists of JSON and YAML (`[89, 234, …]`), strings of
//! escapes (`"\x58\xc9…"`) and groups of hexadecimal digits (`70 10 0A …`, `fa:b3:…`).

use std::ops::Range;

use super::Kind;
use crate::value;

/// The fewest bytes of a key and the most: 128 bits, and what HMAC takes with SHA-512.
const FEWEST: usize = 16;
const MOST: usize = 128;
/// A key pair of Ed25519, as the files of Solana's wallets have it.
const OF_WALLET: usize = 64;
/// What stands between a name and its bytes, in bytes: a type and a call.
const LONGEST_BETWEEN: usize = 96;
/// Blanks and line ends before a byte, with a mark of a list.
const WIDEST_GAP: usize = 64;
/// The text around a key that says what it is for, in bytes.
const AROUND: usize = 240;

/// The last words before `key` in names of secret keys, without separators.
#[rustfmt::skip]
const QUALIFIERS: &[&str] = &[
    "aes", "api", "app", "apps", "auth", "authentication", "ble", "boot", "chacha", "cipher", "client", "cookie",
    "crypt", "crypto", "database", "db", "decrypt", "decryption", "des", "device", "enc", "encrypt", "encryption",
    "firmware", "fuse", "fw", "hive", "hmac", "jwt", "license", "link", "lora", "mac", "master", "meter", "mqtt", "network",
    "nwk", "nwks", "ota", "pan", "priv", "private", "root", "secret", "server", "session", "sign", "signing", "storage",
    "token", "transport", "vault", "wallet", "webhook",
];
/// Words in names of what isn't secret, or not anybody's.
#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    "public", "pub", "iv", "nonce", "salt", "test", "tests", "testing", "vector", "vectors", "expected", "sample",
    "example", "dummy", "fake", "mock", "wrong", "invalid", "bad", "default", "shared", "known", "rfc", "nist", "kat",
    "demo", "zero", "ecdhe", "ecdh", "dh", "traffic", "handshake", "exporter", "premaster", "early", "ikm", "prk", "okm",
    "hash", "fingerprint", "host", "weak",
];
/// Words around a key that say that it is published.
#[rustfmt::skip]
const OF_PUBLISHED: &[&str] = &[
    "vector", "rfc", "nist", "fips", "wycheproof", "expected", "ciphertext", "plaintext", "cipher_text", "plain_text",
    "example", "sample", "assert", "test_", "_test", "tests", "testing", "test case", "testcase", "test key", "fingerprint",
];
/// How the keys of standards' examples begin: of FIPS 197 and SP 800-38A, 800-38D, of RFC 3686, 4231, 6979, 7748, 8032, 8439,
/// and of NaCl's documentation.
#[rustfmt::skip]
const PUBLISHED: &[[u8; 4]] = &[
    [0x2b, 0x7e, 0x15, 0x16], [0x8e, 0x73, 0xb0, 0xf7], [0x60, 0x3d, 0xeb, 0x10], [0xfe, 0xff, 0xe9, 0x92],
    [0xad, 0x7a, 0x2b, 0xd0], [0xae, 0x68, 0x52, 0xf8], [0x7e, 0x24, 0x06, 0x78], [0x76, 0x91, 0xbe, 0x03],
    [0xc9, 0xaf, 0xa9, 0xd8], [0xa5, 0x46, 0xe3, 0x6b], [0x4b, 0x66, 0xe9, 0xd4], [0x77, 0x07, 0x6d, 0x0a],
    [0x5d, 0xab, 0x08, 0x7e], [0x9d, 0x61, 0xb1, 0x9d], [0x4c, 0xcd, 0x08, 0x9b], [0xc5, 0xaa, 0x8d, 0xf4],
    [0xf5, 0xe5, 0x76, 0x7c], [0x83, 0x3f, 0xe6, 0x24], [0x1c, 0x92, 0x40, 0xa5], [0x85, 0xd6, 0xbe, 0x78],
    [0x1b, 0x27, 0x55, 0x64], [0x77, 0x6b, 0xef, 0xf2],
];

/// Bytes in a text, and where they stand.
struct Bytes {
    range: Range<usize>,
    bytes: Vec<u8>,
}

/// Adds the bytes of the key whose name is at `name`, behind it, or before it if it stands in a comment behind them.
pub(super) fn find(
    text: &str,
    name: &Range<usize>,
    hit: &Range<usize>,
    kind: Kind,
    found: &mut Vec<Range<usize>>,
) {
    let is_word = |before: &str| before.ends_with(|c: char| c.is_ascii_alphanumeric());
    let before = || text[..name.start].strip_suffix([' ', '-']);
    let is_bare = hit.start == name.start && !before().is_some_and(is_word);
    if kind == Kind::Key && is_bare {
        found.extend(of_meter(text, name));
        return;
    }
    if !matches!(kind, Kind::Key | Kind::Secret) {
        return;
    }
    if let Some(bytes) = behind(text, name.end) {
        let is_named = is_of_key(text, name, hit, kind) || is_wallet(text, name, &bytes);
        if is_named && is_key(&bytes.bytes) && !is_published(text, name.start..bytes.range.end) {
            found.push(bytes.range);
        }
    } else if let Some(bytes) = before_comment(text, name)
        && is_of_key(text, name, hit, kind)
        && is_key(&bytes.bytes)
        && !is_published(text, bytes.range.start..name.end)
    {
        found.push(bytes.range);
    }
}

/// The key of a meter, which is called just that, in the lines below its driver: `driver: multical21`, `key: …`.
fn of_meter(text: &str, name: &Range<usize>) -> Option<Range<usize>> {
    const DIGITS: usize = 32;
    let rest = text[name.end..].strip_prefix([':', '='])?.trim_start_matches(' ');
    let start = text.len() - rest.len();
    let length = rest.bytes().take(DIGITS + 1).take_while(u8::is_ascii_hexdigit).count();
    let floor = text.floor_char_boundary(name.start.saturating_sub(AROUND));
    let is_of_meter = length == DIGITS
        && ["driver:", "driver="].iter().any(|driver| text[floor..name.start].contains(driver));
    let range = start..start + length;
    (is_of_meter && value::is_token(&text[range.clone()])).then_some(range)
}

/// The bytes of the wallet that a line is: an array, as its file has it.
pub(crate) fn wallet(text: &str, line: Range<usize>) -> Option<Range<usize>> {
    let array = text[line.clone()].strip_prefix('[')?;
    let bytes = elements(text, line.end - array.trim_start().len())?;
    (bytes.bytes.len() == OF_WALLET && is_key(&bytes.bytes)).then_some(bytes.range)
}

/// Whether a name is that of a secret key: `hmacKey`, `APP_KEY`, `device key`; bare ones are of anything.
fn is_of_key(text: &str, name: &Range<usize>, hit: &Range<usize>, kind: Kind) -> bool {
    let floor = text.floor_char_boundary(name.start.saturating_sub(16));
    let is_apart = text[floor..name.start].ends_with([' ', '-']) && hit.start == name.start;
    let words = if is_apart { &text[floor..hit.start] } else { &text[name.start..hit.start] };
    let last = words.trim_end_matches([' ', '-', '_', '.']);
    let last = last.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'));
    let letters: String =
        last.take(1).flat_map(str::chars).filter(char::is_ascii_alphabetic).collect();
    let letters = letters.to_ascii_lowercase();
    let is_harmless = value::words(&text[name.clone()])
        .chain(value::words(if is_apart { words } else { "" }))
        .any(|word| HARMLESS.iter().any(|one| one.eq_ignore_ascii_case(word)));
    let is_qualified = match kind {
        Kind::Secret => !letters.is_empty(),
        _ => QUALIFIERS.iter().any(|word| letters.ends_with(word)),
    };
    is_qualified && !is_harmless
}

/// Whether bytes are as many as those of a wallet, and all its name says is that they are secret or a pair of keys:
/// `secret = [12, …]`, `payer_keypair: [12, …]`.
fn is_wallet(text: &str, name: &Range<usize>, bytes: &Bytes) -> bool {
    let name = text[name.clone()].to_ascii_lowercase();
    bytes.bytes.len() == OF_WALLET
        && (name == "secret" || name.ends_with("keypair") || name.ends_with("key_pair"))
}

/// Whether bytes are in no order, and not those of a standard's example.
fn is_key(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    let mut steps = [0_usize; 256];
    for byte in bytes {
        seen[usize::from(*byte)] = true;
    }
    for pair in bytes.windows(2) {
        steps[usize::from(pair[1].wrapping_sub(pair[0]))] += 1;
    }
    let distinct = seen.iter().filter(|seen| **seen).count();
    let most = steps.into_iter().max().unwrap_or_default();
    let is_text = bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    (FEWEST..=MOST).contains(&bytes.len())
        && distinct * 4 >= bytes.len().min(32) * 3
        && most * 4 < bytes.len()
        && !is_of_standard(bytes)
        && (!is_text || std::str::from_utf8(bytes).is_ok_and(value::is_token))
}

/// Whether bytes begin as the key of a standard's example.
pub(crate) fn is_of_standard(bytes: &[u8]) -> bool {
    PUBLISHED.iter().any(|beginning| bytes.starts_with(beginning))
}

/// Whether the text around a key says that it is published, as in tests and standards.
fn is_published(text: &str, range: Range<usize>) -> bool {
    let floor = text.floor_char_boundary(range.start.saturating_sub(AROUND));
    let limit = text.floor_char_boundary((range.end + AROUND).min(text.len()));
    let around = text[floor..limit].to_ascii_lowercase();
    OF_PUBLISHED.iter().any(|word| around.contains(word))
}

/// The bytes behind the name that ends at `end`: behind what opens a list or a string, or behind an operator.
fn behind(text: &str, end: usize) -> Option<Bytes> {
    let limit = text.floor_char_boundary((end + LONGEST_BETWEEN).min(text.len()));
    let (mut depth, mut is_assigned) = (0_usize, false);
    let mut previous = b' ';
    for (at, &byte) in text.as_bytes()[..limit].iter().enumerate().skip(end) {
        match byte {
            b'{' | b'[' | b'(' | b'"' | b'\'' | b':' | b'=' | b'<' | b'|' => {
                depth += usize::from(matches!(byte, b'{' | b'['));
                is_assigned = true;
                if let Some(bytes) = at_opening(text, at + 1, byte) {
                    return Some(bytes);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b';' if depth > 0 => {}
            b'\n' | b'\r'
                if matches!(previous, b'=' | b':' | b'{' | b'(' | b'[' | b'\n' | b'\r') => {}
            b'\n' | b'\r' if text[at..limit].trim_start().starts_with('{') && previous != b';' => {}
            b' ' | b'\t' | b'_' | b'*' | b'&' | b'>' | b'.' | b')' | b'-' => {}
            // Words behind a name are a sentence.
            byte if byte.is_ascii_lowercase() && !is_assigned => return None,
            byte if byte.is_ascii_alphanumeric() => {}
            _ => return None,
        }
        if !matches!(byte, b' ' | b'\t') {
            previous = byte;
        }
    }
    None
}

/// The bytes that begin behind an opening character or an operator.
fn at_opening(text: &str, at: usize, opening: u8) -> Option<Bytes> {
    let rest = &text.as_bytes()[at..];
    let next =
        at + rest.iter().take(WIDEST_GAP).take_while(|byte| byte.is_ascii_whitespace()).count();
    let is_first = |byte: &u8| byte.is_ascii_hexdigit() || b"\\-(bu&$".contains(byte);
    text.as_bytes().get(next).filter(|byte| is_first(byte))?;
    let is_quote = matches!(opening, b'"' | b'\'');
    if is_quote && let Some(bytes) = escapes(text, at, opening) {
        return Some(bytes);
    }
    match opening {
        b':' | b'=' if text[next..].starts_with("0x") => row(text, next),
        b':' => groups(text, next).or_else(|| items(text, next)),
        b'=' | b'"' | b'\'' => groups(text, next),
        _ => elements(text, next),
    }
}

/// Adds what is read of bytes one after the other, up to where nothing more can be read.
fn read(start: usize, mut next: impl FnMut(usize, bool) -> Option<(u8, usize)>) -> Bytes {
    let (mut end, mut bytes) = (start, Vec::new());
    while bytes.len() <= MOST
        && let Some((byte, behind)) = next(end, bytes.is_empty())
    {
        bytes.push(byte);
        end = behind;
    }
    Bytes { range: start..end, bytes }
}

/// The elements of an array, up to its end: `0x81, 0xda, …`, `89, 234, …`, `(byte)0x2b, …`.
fn elements(text: &str, start: usize) -> Option<Bytes> {
    let read = read(start, |at, is_first| {
        let at = if is_first { at } else { skip_separator(text, at, b",;")? };
        number(text, at)
    });
    let (end, _) = skip_between(text, read.range.end, b",;");
    let is_closed = text[end..].starts_with(['}', ']', ')', '>', '|']);
    (is_closed && read.bytes.len() >= FEWEST).then_some(read)
}

/// Bytes without brackets around them: `0x81, 0xda, …`, `0x81 0xda …`.
fn row(text: &str, start: usize) -> Option<Bytes> {
    let read = read(start, |at, is_first| {
        let next = text[at..].trim_start_matches([' ', ',']);
        let gap = text[at..].len() - next.len();
        ((is_first || matches!(gap, 1 | 2)) && next.starts_with("0x")).then_some(())?;
        number(text, at + gap)
    });
    (read.bytes.len() >= FEWEST).then_some(read)
}

/// The items of a list of YAML: `- 89`, one a line.
fn items(text: &str, start: usize) -> Option<Bytes> {
    let read = read(start, |at, is_first| {
        let at = if is_first { at } else { skip_separator(text, at, b"\n")? };
        number(text, at + text[at..].strip_prefix("- ").map(|_| 2)?)
    });
    (read.bytes.len() >= FEWEST).then_some(read)
}

/// Groups of two, four or eight hexadecimal digits with the same sign between them: `70 10 0A …`, `fa:b3:…`.
fn groups(text: &str, start: usize) -> Option<Bytes> {
    let bytes = text.as_bytes();
    let digits =
        |at: usize| bytes[at..].iter().take(9).take_while(|b| b.is_ascii_hexdigit()).count();
    let length = digits(start);
    let separator = *bytes.get(start + length).filter(|byte| b" :-".contains(byte))?;
    matches!(length, 2 | 4 | 8).then_some(())?;
    let (mut end, mut decoded) = (start, Vec::new());
    loop {
        if digits(end) != length || decoded.len() > MOST {
            return None;
        }
        for pair in (end..end + length).step_by(2) {
            decoded.push(u8::from_str_radix(&text[pair..pair + 2], 16).ok()?);
        }
        end += length;
        let goes_on = bytes.get(end) == Some(&separator) && digits(end + 1) == length;
        if !goes_on {
            break;
        }
        end += 1;
    }
    let ends =
        !bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_:-".contains(byte));
    (ends && decoded.len() >= FEWEST).then_some(Bytes { range: start..end, bytes: decoded })
}

/// The bytes of a string, most of them escaped, up to its closing quote; strings next to it belong to it.
fn escapes(text: &str, start: usize, quote: u8) -> Option<Bytes> {
    let mut escaped = 0;
    let bytes = text.as_bytes();
    let read = read(start, |at, _| {
        let at = skip_between_strings(text, at, quote);
        match bytes.get(at)? {
            b'\\' if matches!(bytes.get(at + 1), Some(b'x' | b'X')) => {
                escaped += 1;
                Some((u8::from_str_radix(text.get(at + 2..at + 4)?, 16).ok()?, at + 4))
            }
            b'\\' if text[at + 1..].starts_with("u00") => {
                escaped += 1;
                Some((u8::from_str_radix(text.get(at + 4..at + 6)?, 16).ok()?, at + 6))
            }
            b'\\' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {
                escaped += 1;
                digits_of_escape(text, at + 1)
            }
            b'\\' => Some((*bytes.get(at + 1).filter(|byte| byte.is_ascii())?, at + 2)),
            byte if *byte != quote && byte.is_ascii_graphic() => Some((*byte, at + 1)),
            _ => None,
        }
    });
    let is_closed = bytes.get(read.range.end) == Some(&quote);
    (is_closed && read.bytes.len() >= FEWEST && escaped * 2 >= read.bytes.len()).then_some(read)
}

/// A byte that is escaped by its number, in octal digits or, as Lua has it, in decimal ones.
fn digits_of_escape(text: &str, at: usize) -> Option<(u8, usize)> {
    let length =
        text.as_bytes()[at..].iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
    let digits = &text[at..at + length];
    let byte = u8::from_str_radix(digits, 8).or_else(|_| digits.parse()).ok()?;
    Some((byte, at + length))
}

/// The position behind the quotes between two strings next to each other, or `at`.
fn skip_between_strings(text: &str, at: usize, quote: u8) -> usize {
    let bytes = text.as_bytes();
    if bytes.get(at) != Some(&quote) {
        return at;
    }
    let gap = bytes[at + 1..].iter().take(WIDEST_GAP);
    let gap = gap.take_while(|byte| byte.is_ascii_whitespace() || **byte == b'\\').count();
    let next = at + 1 + gap;
    let is_string = bytes.get(next) == Some(&quote) && bytes.get(next + 1) == Some(&b'\\');
    if is_string { next + 1 } else { at }
}

/// The position behind one of the separators, and blanks, line ends and comments around it.
fn skip_separator(text: &str, at: usize, separators: &[u8]) -> Option<usize> {
    let (end, separated) = skip_between(text, at, separators);
    (separated == 1).then_some(end)
}

/// The position behind separators, blanks, line ends and comments, as far as they go, and the number of separators.
fn skip_between(text: &str, at: usize, separators: &[u8]) -> (usize, usize) {
    let (mut end, mut separated) = (at, 0);
    while end < at + WIDEST_GAP
        && let Some(byte) = text.as_bytes().get(end)
    {
        if separators.contains(byte) {
            (end, separated) = (end + 1, separated + 1);
        } else if byte.is_ascii_whitespace() || *byte == b'\\' {
            end += 1;
        } else if let Some(length) = comment_length(&text[end..]) {
            end += length;
        } else {
            break;
        }
    }
    (end, separated)
}

/// The length of the comment at the beginning of `rest`, if it is a short one: up to its end, or up to the line's.
fn comment_length(rest: &str) -> Option<usize> {
    const MARKS: &[(&str, &str)] =
        &[("//", "\n"), ("/*", "*/"), ("# ", "\n"), ("-- ", "\n"), ("(*", "*)"), ("; ", "\n")];
    let (mark, closing) = MARKS.iter().find(|(mark, _)| rest.starts_with(mark))?;
    let window = &rest[mark.len()..rest.floor_char_boundary(WIDEST_GAP.min(rest.len()))];
    Some(mark.len() + window.find(closing)? + closing.len())
}

/// A byte as programs write it, and the position behind it: `0x2b`, `43`, `-85`, `(byte)0x2b`, `43u8`, `&H2B`, `0x2b.toByte()`.
fn number(text: &str, at: usize) -> Option<(u8, usize)> {
    const CASTS: &[&str] =
        &["(byte)", "(char)", "(uint8_t)", "(sbyte)", "(unchecked-byte ", "byte("];
    const PREFIXES: &[&str] = &["0x", "0X", "&H", "$", "16#"];
    const SUFFIXES: &[&str] = &[".toByte()", ".toUByte()", "'u8", "uy", "u8", "U", "u"];
    let rest = &text[at..text.floor_char_boundary((at + 40).min(text.len()))];
    let cast = CASTS.iter().find(|cast| rest.starts_with(**cast));
    let behind_cast = cast.map_or(rest, |cast| rest[cast.len()..].trim_start());
    let prefix = PREFIXES.iter().find(|prefix| behind_cast.starts_with(**prefix));
    let (digits, radix) =
        prefix.map_or((behind_cast, 10), |prefix| (&behind_cast[prefix.len()..], 16));
    let unsigned = digits.strip_prefix('-').filter(|_| radix == 10).unwrap_or(digits);
    let length =
        unsigned.bytes().take(4).take_while(|byte| char::from(*byte).is_digit(radix)).count();
    let number = i16::from_str_radix(&unsigned[..length], radix).ok()?;
    let byte = if unsigned.len() < digits.len() { -number } else { number };
    let byte = u8::try_from(byte).ok().or(i8::try_from(byte).ok().map(|byte| byte as u8))?;
    let behind = &unsigned[length..];
    let behind = SUFFIXES.iter().find_map(|suffix| behind.strip_prefix(suffix)).unwrap_or(behind);
    // The cast that is a call has an end.
    let is_call = cast.is_some_and(|cast| !cast.ends_with(')'));
    let behind = if is_call { behind.strip_prefix(')')? } else { behind };
    (!behind.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.'))
        .then(|| (byte, at + rest.len() - behind.len()))
}

/// The bytes of the array on a line that ends with a comment in which a name is: `[0xb6, …] // the master key`.
fn before_comment(text: &str, name: &Range<usize>) -> Option<Bytes> {
    const LONGEST: usize = 1200;
    if !matches!(text.as_bytes().get(name.end), None | Some(b'\n' | b'\r')) {
        return None;
    }
    let before = text[..name.start].trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let code = ["//", "#", "/*", "--"].iter().find_map(|mark| before.strip_suffix(mark))?;
    let floor = text.floor_char_boundary(code.len().saturating_sub(LONGEST));
    let start =
        memchr::memrchr(b'\n', &code.as_bytes()[floor..]).map_or(floor, |at| floor + at + 1);
    let opens = code[start..].char_indices().filter(|(_, c)| matches!(c, '[' | '{'));
    opens.take(4).find_map(|(at, _)| at_opening(text, start + at + 1, b'['))
}
