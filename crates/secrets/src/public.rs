//! Findings that open nothing: protected values, public keys, identifiers, paths, samples of standards, and labels in other
//! languages. Detectors judge a value by how it looks and where it stands; what it is known to be is asked here, once for all
//! of them.

use std::ops::Range;

use crate::assignment::is_of_standard;
use crate::parts::line_before;
use crate::{foreign, protected, value};

/// Whether the value at `range` may be seen by anybody.
pub(crate) fn is_public(text: &str, range: &Range<usize>) -> bool {
    let value = &text[range.clone()];
    protected::is_protected(text, range)
        || is_publishable(value)
        || is_public_key(value)
        || is_identifier(text, range)
        || is_path_of_digest(value)
        || is_sample(value)
        || is_escaped_placeholder(value)
        || foreign::is_placeholder(value)
        || foreign::is_label(value)
}

/// Keys that services make for browsers: of Stripe and Clerk, Mapbox, Datadog.
fn is_publishable(value: &str) -> bool {
    let is_of_browsers =
        |token: &str| token.len() == 32 && token.bytes().all(|b| b.is_ascii_hexdigit());
    ["pk_test_", "pk_live_", "pk.eyJ"].iter().any(|mark| value.starts_with(mark))
        || value.strip_prefix("pub").is_some_and(is_of_browsers)
}

/// Whether `value` is a public key or a certificate in base64: of SSH, a `SubjectPublicKeyInfo`, an `RSAPublicKey` or a
/// certificate of X.509. Private keys begin with a version, encrypted ones with another algorithm.
fn is_public_key(value: &str) -> bool {
    // The names of algorithms behind their lengths.
    const OF_SSH: &[&str] =
        &["AAAAB3NzaC1", "AAAAC3NzaC1", "AAAAE2VjZHNh", "AAAAGnNrLXNza", "AAAAInNrLWVjZHNh"];
    const ALGORITHMS: &[&[u8]] = &[
        // rsaEncryption, id-dsa, id-ecPublicKey, id-Ed25519 and id-X25519.
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01],
        &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01],
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
        &[0x2b, 0x65, 0x70],
        &[0x2b, 0x65, 0x6e],
    ];
    const SHORTEST: usize = 56;
    if OF_SSH.iter().any(|beginning| value.starts_with(beginning)) {
        return true;
    }
    let beginning = value.get(..SHORTEST).filter(|beginning| beginning.starts_with('M'));
    let Some(bytes) = beginning.and_then(value::base64) else { return false };
    let Some((0x30, _, inner)) = element(&bytes) else { return false };
    match element(inner) {
        // The modulus, where a private key has its version.
        Some((0x02, length, _)) => length > 32,
        Some((0x30, _, inner)) => match element(inner) {
            Some((0x06, length, rest)) => ALGORITHMS.contains(&&rest[..length.min(rest.len())]),
            // The version of a certificate.
            Some((0xa0, 3, _)) => true,
            _ => false,
        },
        _ => false,
    }
}

/// The tag and the length of an element in DER, and the bytes from its contents on.
fn element(bytes: &[u8]) -> Option<(u8, usize, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if first < 0x80 {
        return Some((tag, usize::from(first), rest));
    }
    let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    let length = length.iter().fold(0_usize, |all, byte| all << 8 | usize::from(*byte));
    Some((tag, length, rest))
}

/// Whether the value is a UUID with a name that says what it identifies, before it or within: `credentialsId: '…'`, `jti=…`.
fn is_identifier(text: &str, range: &Range<usize>) -> bool {
    #[rustfmt::skip]
    const NAMES: &[&str] = &[
        "credentialsid", "credentialid", "credentialsjson", "jti", "kid", "keyid", "tokenid", "clientid", "tenantid", "userid", "accountid",
        "requestid", "traceid", "correlationid", "accesskeyid", "apikeyid", "passwordid", "certificateid",
    ];
    let value = &text[range.clone()];
    let Some(at) = value.len().checked_sub(value::UUID_LENGTH) else { return false };
    if !value.get(at..).is_some_and(value::is_uuid) {
        return false;
    }
    let before = if at > 0 { &value[..at] } else { line_before(text, range.start) };
    let before = before.trim_end_matches(['"', '\'', '`', ' ', '\\']);
    let Some(name) = before.strip_suffix([':', '=']) else { return false };
    let name = name.trim_end_matches(['"', '\'', '`', ' ', '\\', ':', '=']);
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let before_name = name.trim_end_matches(is_of_name).len();
    let is_whole = at == 0 || before_name == 0;
    let name = name[before_name..].replace(['_', '-'], "").to_ascii_lowercase();
    is_whole && NAMES.contains(&&*name)
}

/// Whether `value` is a path with a digest in it, as stores of blobs, objects and caches have: `blobs/sha256/da/8c28…/data`.
fn is_path_of_digest(value: &str) -> bool {
    const SHORTEST_DIGEST: usize = 30;
    let is_hex = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
    let is_digest = |part: &str| part.len() >= SHORTEST_DIGEST && is_hex(part);
    let is_name = |part: &str| part.len() <= 20 && part.bytes().all(|b| b.is_ascii_lowercase());
    let is_part = |part: &str| is_digest(part) || is_name(part) || part.len() <= 6;
    let parts = || value.split(['/', '.', ':', '-', '_']).filter(|part| !part.is_empty());
    value.matches('/').count() >= 1
        && value.len() <= 256
        && value
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"/.:-_".contains(&b))
        && parts().any(is_digest)
        && parts().any(|part| {
            part.len() >= 3 && is_name(part) || matches!(part, "sha1" | "sha256" | "sha512")
        })
        && parts().all(is_part)
}

/// Whether `value` is a sample that a standard or a manual prints, a digest of nothing, or bytes that count.
fn is_sample(value: &str) -> bool {
    let value = value.strip_prefix("0x").unwrap_or(value);
    value::is_published(value)
        || value::bytes_of_hex(value)
            .is_some_and(|bytes| is_counting(&bytes) || is_of_standard(&bytes))
        || value.len() >= 22 && value::base64(value).is_some_and(|bytes| is_counting(&bytes))
}

/// Whether each byte follows the one before by the same step: `000102…`, `00112233…`.
fn is_counting(bytes: &[u8]) -> bool {
    const FEWEST: usize = 8;
    let step = |pair: &[u8]| pair[1].wrapping_sub(pair[0]);
    let first = bytes.get(..2).map(step);
    bytes.len() >= FEWEST && bytes.windows(2).all(|pair| Some(step(pair)) == first)
}

/// A placeholder in angle brackets that are escaped for XML: `&lt;TOKEN&gt;`.
fn is_escaped_placeholder(value: &str) -> bool {
    let inner = value.strip_prefix("&lt;").and_then(|rest| rest.strip_suffix("&gt;"));
    inner.is_some_and(|inner| {
        inner.bytes().all(|b| b.is_ascii_alphanumeric() || b"_- .".contains(&b))
            && inner.bytes().any(|b| b.is_ascii_alphabetic())
    })
}
