//! Content encodings (gzip, deflate, brotli, zstd), decoded within a bound. Bodies that came as zstd are
//! encoded again: Codex sends them so to save its users' uploads.

use std::io::{self, Read};

use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, HeaderValue};
use bytes::Bytes;

/// The body decoded by all of its `content-encoding`s, last one first. `None` when it isn't encoded.
///
/// # Errors
/// When the encoding isn't known, the body isn't of it, or it grows beyond `bound` bytes.
pub(crate) fn decode(headers: &HeaderMap, body: &Bytes, bound: usize) -> io::Result<Option<Bytes>> {
    let mut encodings: Vec<String> = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        let value = value.to_str().map_err(io::Error::other)?;
        encodings.extend(value.split(',').map(|name| name.trim().to_ascii_lowercase()));
    }
    encodings.retain(|name| !name.is_empty() && name != "identity");
    if encodings.is_empty() {
        return Ok(None);
    }
    let mut body = body.clone();
    for encoding in encodings.iter().rev() {
        body = decode_one(encoding, &body, bound)?.into();
    }
    Ok(Some(body))
}

/// The encoding that [`encode`] makes.
pub(crate) const ZSTD: &str = "zstd";

/// Whether a request's body is zstd and nothing else, so that its provider takes that.
pub(crate) fn is_zstd(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_ENCODING).into_iter();
    let is_zstd = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(ZSTD.as_bytes());
    values.next().is_some_and(is_zstd) && values.next().is_none()
}

/// `body` as zstd. It costs about 30 µs of CPU for each kilobyte, and leaves a third of a conversation.
pub(crate) fn encode(body: &[u8]) -> Bytes {
    ruzstd::encoding::compress_to_vec(body, ruzstd::encoding::CompressionLevel::Fastest).into()
}

fn decode_one(encoding: &str, body: &[u8], bound: usize) -> io::Result<Vec<u8>> {
    match encoding {
        "gzip" | "x-gzip" => read(flate2::read::MultiGzDecoder::new(body), bound),
        "deflate" => read(flate2::read::ZlibDecoder::new(body), bound),
        "br" => read(brotli_decompressor::Decompressor::new(body, 4096), bound),
        ZSTD => {
            let decoder =
                ruzstd::decoding::StreamingDecoder::new(body).map_err(io::Error::other)?;
            read(decoder, bound)
        }
        other => Err(io::Error::other(format!("unknown content-encoding {other}"))),
    }
}

fn read(from: impl Read, bound: usize) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    from.take(bound as u64 + 1).read_to_end(&mut out)?;
    if out.len() > bound {
        return Err(io::Error::other(format!("more than {bound} bytes")));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Bytes {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap().into()
    }

    fn headers(encoding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(encoding))])
    }

    #[test]
    fn every_encoding_is_read() {
        let text = b"{\"a\": \"aaaaaaaaaaaaaaaaaaaa\"}";
        // The brotli form was made by the reference encoder.
        let brotli = b"\x1b\x1c\x00\xf8\x8d\xd4\x62\xcd\x19\xee\xd4\x22\x61\x20\x7b\x4b\xa7\xaf\x24\xd9\x27\x10\xa8\x8b\x89";
        for (name, body) in
            [("gzip", gzip(text)), ("zstd", encode(text)), ("br", brotli.to_vec().into())]
        {
            let decoded = decode(&headers(name), &body, 1000).unwrap();
            assert_eq!(decoded.as_deref(), Some(&text[..]), "{name}");
        }
        let twice = gzip(&gzip(text));
        assert_eq!(
            decode(&headers("gzip, gzip"), &twice, 1000).unwrap().as_deref(),
            Some(&text[..])
        );
    }

    #[test]
    fn only_zstd_alone_is_zstd() {
        assert!(is_zstd(&headers("zstd")) && is_zstd(&headers("ZSTD")));
        for other in ["gzip", "gzip, zstd", "identity"] {
            assert!(!is_zstd(&headers(other)), "{other}");
        }
        let mut twice = headers("zstd");
        twice.append(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(!is_zstd(&twice) && !is_zstd(&HeaderMap::new()));
    }

    #[test]
    fn what_is_not_encoded_is_left_alone() {
        assert!(decode(&HeaderMap::new(), &Bytes::from("x"), 9).unwrap().is_none());
        assert!(decode(&headers("identity"), &Bytes::from("x"), 9).unwrap().is_none());
    }

    #[test]
    fn a_bomb_is_refused_and_so_is_nonsense() {
        let bomb = gzip(&vec![0; 1 << 20]);
        assert!(decode(&headers("gzip"), &bomb, 1 << 16).is_err());
        assert!(decode(&headers("gzip"), &Bytes::from("no"), 99).is_err());
        assert!(decode(&headers("secret"), &Bytes::from("no"), 99).is_err());
    }
}
