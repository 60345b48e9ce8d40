//! The tools without the protocol: compress and store originals, retrieve originals, count.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use blob_store::Compressor;
use blob_store::{Error as StoreError, Lines, Miss, NotLines, Originals, Selection};
use compress::{Limits, Options};
use mcp_server::LARGEST_REQUEST;

use super::server::Server;
use super::tools::{
    CompressRequest, Compressed, Found, Place, ProxyStats, RetrieveRequest, Retrieved, Source,
    Stats, StoreStats,
};

/// The store, the Headroom server as a second source of originals, and the counts of this session.
pub(crate) struct Service {
    originals: Arc<Originals>,
    compressor: Compressor,
    server: Server,
    session: Mutex<Session>,
}

#[derive(Default)]
struct Session {
    compressions: u64,
    original_tokens: u64,
    compressed_tokens: u64,
    retrievals: u64,
}

/// Why a call of a tool failed, worded for the model.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("`content` is empty: there is nothing to compress")]
    Empty,
    #[error(
        "`content` exceeds the limit of {max} MiB (it has about {0} MiB): use it uncompressed, or compress it \
         in parts",
        max = LARGEST_REQUEST >> 20
    )]
    TooLarge(usize),
    #[error(
        "`{0}` is not a hash: pass the 24 hexadecimal digits after `hash=` in the marker, or at least \
         the first 12 of them"
    )]
    NotAHash(String),
    #[error(
        "there is no original with the hash {0}: it has expired, or was stored on another machine. \
         Don't retry; run the command, or read the file, that the text came from again"
    )]
    Unknown(String),
    #[error("{0}. Don't retry now; run the command, or read the file, again")]
    Unavailable(StoreError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("`lines`: {0}")]
    Lines(#[from] NotLines),
    #[error("{0}")]
    Missed(#[from] Miss),
}

impl Service {
    /// A service with these originals. Those that aren't among them are requested from `server`.
    pub(crate) fn new(
        originals: Arc<Originals>,
        server: Server,
        texts: Option<Arc<Limits>>,
    ) -> Self {
        let compressor = Compressor::new(Arc::clone(&originals)).within(texts);
        Self { originals, compressor, server, session: Mutex::default() }
    }

    pub(super) fn compress(&self, request: &CompressRequest) -> Result<Compressed, Refusal> {
        if request.content.is_empty() {
            return Err(Refusal::Empty);
        }
        if request.content.len() > LARGEST_REQUEST {
            return Err(Refusal::TooLarge(request.content.len() >> 20));
        }
        let (hash, not_kept) = match self.originals.put(&request.content) {
            Ok(hash) => (Some(hash.to_string()), None),
            Err(error @ StoreError::Io { .. }) => return Err(error.into()),
            Err(error) => (None, Some(error.to_string())),
        };
        let options = Options {
            task: request.task.clone().unwrap_or_default(),
            kind: request.kind.clone(),
            budget: request.budget,
            ..Options::default()
        };
        let outcome = self.compressor.compress(&request.content, &options);
        let not_kept = not_kept.or(outcome.not_kept.map(|error| error.to_string()));
        let result = outcome.compressed;
        let mut session = self.session();
        session.compressions += 1;
        session.original_tokens += result.tokens_before as u64;
        session.compressed_tokens += result.tokens_after as u64;
        let saved = result.tokens_before.saturating_sub(result.tokens_after);
        Ok(Compressed {
            compressed: result.text,
            hash,
            not_kept,
            original_tokens: result.tokens_before,
            compressed_tokens: result.tokens_after,
            tokens_saved: saved,
            savings_percent: percent(saved as u64, result.tokens_before as u64),
            transforms: result.transforms,
        })
    }

    /// The compressed form of `text`, a tool's result; `None` where that saves nothing. Only originals of
    /// omissions are stored.
    pub(super) fn shorten(&self, text: &str, options: &Options) -> Option<String> {
        let result = self.compressor.compress(text, options).compressed;
        let mut session = self.session();
        session.compressions += 1;
        session.original_tokens += result.tokens_before as u64;
        session.compressed_tokens += result.tokens_after as u64;
        (result.tokens_after < result.tokens_before).then_some(result.text)
    }

    pub(super) fn retrieve(&self, request: &RetrieveRequest) -> Result<Retrieved, Refusal> {
        let name = request.hash.trim();
        if blob_store::Key::parse(name).is_none() {
            return Err(Refusal::NotAHash(name.chars().take(40).collect()));
        }
        let selection = Selection {
            query: request.query.clone().filter(|query| !query.trim().is_empty()),
            lines: request.lines.as_deref().map(str::parse::<Lines>).transpose()?,
            pointer: request.pointer.clone(),
        };
        let (hash, text, source) = self.original(name)?;
        if selection.is_whole() {
            self.session().retrievals += 1;
            return Ok(Retrieved {
                hash,
                source,
                original_content: Some(text),
                results: None,
                count: None,
                original_lines: None,
            });
        }
        let found = selection.of(&text)?;
        self.session().retrievals += 1;
        let count = found.shown.len() + found.more;
        let results = found.shown.into_iter().map(|excerpt| Found {
            place: match excerpt.place {
                blob_store::Place::Lines(first, last) => Some(Place::Lines([first, last])),
                blob_store::Place::Item(index) => Some(Place::Item(index)),
                blob_store::Place::Whole => None,
            },
            text: excerpt.text,
        });
        Ok(Retrieved {
            hash,
            source,
            original_content: None,
            results: Some(results.collect()),
            count: Some(count),
            original_lines: Some(text.lines().count()),
        })
    }

    /// The original with the hash `name`, or a prefix of one, in the store or at the server: its whole hash,
    /// its text, and where it was found.
    fn original(&self, name: &str) -> Result<(String, String, Source), Refusal> {
        let here = self.originals.get(name);
        if let Ok(Some(original)) = here {
            return Ok((original.hash.to_string(), original.text, Source::Local));
        }
        if let Some((hash, text)) = self.server.original(name) {
            return Ok((hash, text, Source::Proxy));
        }
        Err(match here {
            Ok(_) => Refusal::Unknown(name.to_owned()),
            Err(error @ StoreError::Unavailable { .. }) => Refusal::Unavailable(error),
            Err(error) => error.into(),
        })
    }

    pub(super) fn stats(&self) -> Result<Stats, Refusal> {
        let usage = match self.originals.usage() {
            // Shown as empty while it can't be reached; `place` says which store it is.
            Err(StoreError::Unavailable { .. }) => blob_store::Usage::default(),
            usage => usage?,
        };
        let bounds = self.originals.bounds();
        let proxy =
            ProxyStats { url: self.server.url().to_owned(), answers: self.server.answers() };
        let session = self.session();
        let saved = session.original_tokens.saturating_sub(session.compressed_tokens);
        Ok(Stats {
            compressions: session.compressions,
            original_tokens: session.original_tokens,
            compressed_tokens: session.compressed_tokens,
            tokens_saved: saved,
            savings_percent: percent(saved, session.original_tokens),
            retrievals: session.retrievals,
            store: StoreStats {
                place: self.originals.describe(),
                entries: usage.entries,
                bytes: usage.bytes,
                max_bytes: bounds.bytes,
                max_age_seconds: bounds.age.as_secs(),
            },
            proxy,
        })
    }

    /// A poisoned lock is used all the same: each count is written in one step.
    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `part` in percent of `whole`, with one decimal.
fn percent(part: u64, whole: u64) -> f64 {
    match whole {
        0 => 0.0,
        _ => (part as f64 * 1000.0 / whole as f64).round() / 10.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blob_store::Bounds;

    #[allow(clippy::unwrap_used)]
    fn service() -> Service {
        let server = Server::at("http://127.0.0.1:9").unwrap();
        Service::new(Arc::new(Originals::in_memory(Bounds::default())), server, None)
    }

    fn compress(service: &Service, content: &str) -> Result<Compressed, Refusal> {
        let content = content.to_owned();
        service.compress(&CompressRequest { content, task: None, kind: None, budget: None })
    }

    fn retrieve(service: &Service, hash: &str, query: Option<&str>) -> Result<Retrieved, Refusal> {
        let query = query.map(str::to_owned);
        let hash = hash.to_owned();
        service.retrieve(&RetrieveRequest { hash, query, lines: None, pointer: None })
    }

    fn rows() -> String {
        let rows = (0..200).map(|id| format!("{{\"id\": {id}, \"state\": \"ready{id}\"}}"));
        format!("[{}]", rows.collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn an_original_comes_back_whole_and_in_part() {
        let service = service();
        let compressed = compress(&service, &rows()).unwrap();
        assert!(compressed.compressed_tokens < compressed.original_tokens);
        let hash = compressed.hash.unwrap();
        let whole = retrieve(&service, &hash, None).unwrap();
        assert_eq!(whole.original_content.unwrap(), rows());
        assert_eq!(whole.source, Source::Local);
        let part = retrieve(&service, &hash[..12], Some("ready117")).unwrap();
        assert_eq!((part.count, part.hash), (Some(1), hash));
        assert!(part.results.unwrap()[0].text.contains("\"id\": 117"));
    }

    #[test]
    fn a_value_and_lines() {
        let service = service();
        let hash = compress(&service, &rows()).unwrap().hash.unwrap();
        let ask = |lines: Option<&str>, pointer: Option<&str>| {
            let (lines, pointer) = (lines.map(str::to_owned), pointer.map(str::to_owned));
            service.retrieve(&RetrieveRequest { hash: hash.clone(), query: None, lines, pointer })
        };
        let value = ask(None, Some("/117/state")).unwrap().results.unwrap().remove(0);
        assert_eq!((value.text, value.place.is_none()), ("ready117".to_owned(), true));
        assert!(ask(Some("1-"), None).unwrap().results.unwrap()[0].text.contains("ready199"));
        let beyond = ask(Some("7-9"), None).unwrap_err().to_string();
        assert_eq!(beyond, "there is no line 7: the text has 1 line");
        assert!(ask(Some("x"), None).unwrap_err().to_string().contains("10-40"));
        let nowhere = ask(None, Some("/500")).unwrap_err().to_string();
        assert!(nowhere.contains("items 0 to 199"), "{nowhere}");
    }

    #[test]
    fn refusals_say_what_to_do() {
        let service = service();
        let refusal = |result: Result<Retrieved, Refusal>| result.unwrap_err().to_string();
        let unknown = refusal(retrieve(&service, "0123456789abcdef01234567", None));
        assert!(unknown.contains("run the command"), "{unknown}");
        let odd = refusal(retrieve(&service, "../../etc/passwd", None));
        assert!(odd.contains("is not a hash"), "{odd}");
        assert!(matches!(compress(&service, ""), Err(Refusal::Empty)));
    }

    #[test]
    fn a_text_with_a_credential_is_not_kept_and_loses_nothing() {
        let service = service();
        let token = ["ghp_", "16C7e42F292c6912", "E7710c838347Ae178B4a"].concat();
        let text = rows().replacen("ready7\"", &format!("{token}\""), 1);
        let compressed = compress(&service, &text).unwrap();
        assert_eq!(compressed.hash, None);
        assert_eq!(service.stats().unwrap().store.entries, 0);
        assert!(!compressed.compressed.contains("left out"), "{}", compressed.compressed);
    }

    #[test]
    fn figures_add_up() {
        let service = service();
        let first = compress(&service, &rows()).unwrap();
        let second = compress(&service, "short").unwrap();
        let _ = retrieve(&service, "0123456789abcdef01234567", None);
        retrieve(&service, &first.hash.unwrap(), None).unwrap();
        let stats = service.stats().unwrap();
        let sum = (first.original_tokens + second.original_tokens) as u64;
        assert_eq!((stats.compressions, stats.retrievals), (2, 1));
        assert_eq!(stats.original_tokens, sum);
        assert_eq!(stats.original_tokens - stats.compressed_tokens, stats.tokens_saved);
        assert!((0.0..=100.0).contains(&stats.savings_percent));
        assert!(!stats.proxy.answers);
    }
}
