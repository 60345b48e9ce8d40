//! `--embeddings URL`: how similar chunks are to the task by an embedding model, as one more order of them.
//!
//! Any server with OpenAI's `/v1/embeddings` will do. Plain HTTP, without the system's proxy, without redirects and
//! without credentials: redacted text goes to the address that the user gave, and nowhere else. Vectors are cached by
//! the content that they are of. What fails costs the pack only this order.

use std::net::IpAddr;
use std::time::Duration;

use checkout::{Cache, CacheKey};
use select::{Corpus, RankedChunk};
use serde::Deserialize;
use serde_json::json;
use thiserror::Error;
use ureq::Agent;
use ureq::http::Uri;

/// The chunks whose similarity is asked for, the likeliest first. From a simulation on 141 issues, which used as many.
const CHUNKS: usize = 150;
/// Texts of one request. By hand: small servers embed one after the other, within one request's time limit.
const BATCH: usize = 32;
/// Characters of a text that are sent. By hand: small models read 128 to 512 tokens.
const CHARS: usize = 2_000;
/// The time limits of connecting and of one request. By hand, not measured.
const CONNECT: Duration = Duration::from_secs(2);
const WHOLE: Duration = Duration::from_secs(30);
/// The most bytes of a response: 32 vectors of 4,096 dimensions, written in full.
const MAX_RESPONSE: u64 = 8 << 20;
/// The most dimensions of a vector. By hand: it bounds the cache.
const MAX_DIMENSIONS: usize = 4_096;
/// The name of the model if the user gives none: servers with one model ignore it.
const MODEL: &str = "default";

/// Why there are no similarities.
#[derive(Debug, Error)]
pub(crate) enum EmbeddingsError {
    /// The URL can't be used.
    #[error("--embeddings {0}: {1}")]
    Url(String, &'static str),
    /// No server answered in time.
    #[error("{url} doesn't respond: {source}")]
    Unreachable {
        /// The URL of the request.
        url: String,
        /// What failed.
        source: Box<ureq::Error>,
    },
    /// The server answered with another status than 200.
    #[error("{0} answered with status {1}")]
    Refused(String, u16),
    /// The answer isn't one of this API, or doesn't have a vector for each text.
    #[error("{0} answered with something else than embeddings")]
    Malformed(String),
}

/// A server of embeddings, and the model to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    url: String,
    model: String,
}

#[derive(Deserialize)]
struct EmbeddingsResponse {
    data: Vec<Embedding>,
}

#[derive(Deserialize)]
struct Embedding {
    index: usize,
    embedding: Vec<f32>,
}

impl Endpoint {
    /// The endpoint of an API at `url`: `http://127.0.0.1:8080`, `…/v1` or `…/v1/embeddings`.
    ///
    /// # Errors
    /// When it isn't an HTTP URL.
    pub(crate) fn new(url: &str, model: Option<&str>) -> Result<Self, EmbeddingsError> {
        let wrong = |why| EmbeddingsError::Url(url.to_owned(), why);
        let parsed: Uri = url.parse().map_err(|_| wrong("not a URL like http://127.0.0.1:8080"))?;
        match parsed.scheme_str() {
            Some("http") if parsed.query().is_none() => {}
            Some("https") => {
                return Err(wrong("https is not supported; use an http server on this machine"));
            }
            _ => return Err(wrong("not a URL like http://127.0.0.1:8080")),
        }
        let base = url.trim_end_matches('/');
        let url = match parsed.path().trim_end_matches('/') {
            "" => format!("{base}/v1/embeddings"),
            path if path.ends_with("/embeddings") => base.to_owned(),
            _ => format!("{base}/embeddings"),
        };
        Ok(Self { url, model: model.unwrap_or(MODEL).to_owned() })
    }

    /// The URL of the requests.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether the server is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        let uri: Option<Uri> = self.url.parse().ok();
        uri.as_ref().and_then(Uri::host).is_some_and(|host| {
            let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
            host == "localhost" || address.is_some_and(|address| address.is_loopback())
        })
    }

    /// Lets the similarity of the likeliest chunks to the task change their order.
    ///
    /// # Errors
    /// When the server doesn't answer with embeddings; the chunks are then as they were.
    pub(crate) fn rerank(
        &self,
        corpus: &Corpus,
        task: &str,
        cache: &Cache,
        chunks: &mut [RankedChunk],
    ) -> Result<(), EmbeddingsError> {
        let best = select::likeliest(chunks, CHUNKS);
        let mut texts = vec![cut(task)];
        texts.extend(best.iter().map(|&at| text_of(corpus, &chunks[at])));
        let vectors = self.vectors(&texts, cache)?;
        let [task, vectors @ ..] = vectors.as_slice() else { return Ok(()) };
        let similarities: Vec<(usize, f64)> =
            best.into_iter().zip(vectors).map(|(at, vector)| (at, cosine(task, vector))).collect();
        select::fuse(chunks, &similarities);
        Ok(())
    }

    /// The vector of each text, from the cache or the server.
    fn vectors(&self, texts: &[String], cache: &Cache) -> Result<Vec<Vec<f32>>, EmbeddingsError> {
        let keys: Vec<CacheKey> = texts.iter().map(|text| self.key(text)).collect();
        let mut vectors: Vec<Option<Vec<f32>>> = keys
            .iter()
            .map(|key| cache.get(key).filter(|vector: &Vec<f32>| is_sound(vector)))
            .collect();
        let missing: Vec<usize> = (0..texts.len()).filter(|&at| vectors[at].is_none()).collect();
        let agent = agent();
        for batch in missing.chunks(BATCH) {
            let texts: Vec<&str> = batch.iter().map(|&at| texts[at].as_str()).collect();
            for (&at, vector) in batch.iter().zip(self.ask(&agent, &texts)?) {
                vectors[at] = Some(vector);
            }
        }
        let vectors: Vec<Vec<f32>> = vectors.into_iter().flatten().collect();
        let dimensions = vectors.first().map_or(0, Vec::len);
        if vectors.len() != texts.len() || vectors.iter().any(|v| v.len() != dimensions) {
            return Err(EmbeddingsError::Malformed(self.url.clone()));
        }
        cache.add(keys.iter().zip(&vectors));
        Ok(vectors)
    }

    fn ask(&self, agent: &Agent, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingsError> {
        let unreachable = |error: ureq::Error| EmbeddingsError::Unreachable {
            url: self.url.clone(),
            source: Box::new(error),
        };
        let body = json!({ "model": self.model, "input": texts, "encoding_format": "float" });
        let mut response = agent
            .post(&self.url)
            .header("content-type", "application/json")
            .send(body.to_string())
            .map_err(unreachable)?;
        if response.status() != 200 {
            return Err(EmbeddingsError::Refused(self.url.clone(), response.status().as_u16()));
        }
        let malformed = || EmbeddingsError::Malformed(self.url.clone());
        let text = response
            .body_mut()
            .with_config()
            .limit(MAX_RESPONSE)
            .read_to_string()
            .map_err(|_| malformed())?;
        let answer: EmbeddingsResponse = serde_json::from_str(&text).map_err(|_| malformed())?;
        let mut vectors = vec![Vec::new(); texts.len()];
        for Embedding { index, embedding } in answer.data {
            *vectors.get_mut(index).ok_or_else(malformed)? = embedding;
        }
        if vectors.iter().all(|vector| is_sound(vector)) { Ok(vectors) } else { Err(malformed()) }
    }

    /// The key of a text's vector: another server or model gives another one.
    fn key(&self, text: &str) -> CacheKey {
        let whole = format!("embedding 1\0{}\0{}\0{text}", self.url, self.model);
        checkout::content_key(whole.as_bytes())
    }
}

fn agent() -> Agent {
    Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(WHOLE))
        .user_agent(concat!("contextos/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

/// Whether a vector can be compared.
fn is_sound(vector: &[f32]) -> bool {
    (1..=MAX_DIMENSIONS).contains(&vector.len()) && vector.iter().all(|value| value.is_finite())
}

/// A chunk as the model reads it: its path, then its code.
fn text_of(corpus: &Corpus, chunk: &RankedChunk) -> String {
    let file = &corpus.files[chunk.file];
    let lines = file.text.lines().skip(chunk.lines.start as usize - 1);
    let code: Vec<&str> = lines.take((chunk.lines.end - chunk.lines.start + 1) as usize).collect();
    cut(&format!("{}\n{}", file.path, code.join("\n")))
}

fn cut(text: &str) -> String {
    text.chars().take(CHARS).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
    };
    let length = dot(a, a).sqrt() * dot(b, b).sqrt();
    if length > 0.0 { dot(a, b) / length } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_completed_and_others_refused() {
        let url = |url: &str| Endpoint::new(url, None).map(|endpoint| endpoint.url).ok();
        for given in [
            "http://[::1]:1",
            "http://[::1]:1/",
            "http://[::1]:1/v1",
            "http://[::1]:1/v1/embeddings",
        ] {
            assert_eq!(url(given).as_deref(), Some("http://[::1]:1/v1/embeddings"), "{given}");
        }
        for given in ["https://localhost", "localhost:80", "file:///x", "http://a/?b", ""] {
            assert_eq!(url(given), None, "{given}");
        }
    }

    #[test]
    fn only_loopback_is_local() {
        let is_local = |url| Endpoint::new(url, None).unwrap().is_local();
        assert!(
            is_local("http://127.0.0.1:1")
                && is_local("http://localhost")
                && is_local("http://[::1]")
        );
        assert!(!is_local("http://10.0.0.1:1") && !is_local("http://example.com"));
    }

    #[test]
    fn similarity_is_the_cosine() {
        assert!((cosine(&[2.0, 0.0], &[1.0, 0.0]) - 1.0).abs() < 1e-9);
        assert!(cosine(&[1.0, 0.0], &[0.0, 1.0]).abs() < 1e-9);
        assert_eq!(cosine(&[0.0], &[1.0]), 0.0);
    }
}
