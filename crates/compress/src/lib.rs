//! Compression of text for language models, and a record of what was omitted.
//!
//! Start at [`compress`]. The `pipeline` splits a text into chunks of one [`Kind`] each, proposes
//! replacements for each chunk, verifies them and keeps the one with the fewest tokens. Redundancy
//! is removed by lossless `codecs`, which [`expand`] decodes byte for byte. What the reader
//! probably doesn't need is elided (`elide`), provided that it can be retrieved; a [`marker`]
//! stands in its place.
//!
//! ```
//! use compress::{Kind, Options, compress};
//!
//! let mut log: String = (0..500)
//!     .map(|n| format!("2026-03-01T08:00:{:02}Z INFO request id={n} status=200\n", n % 60))
//!     .collect();
//! log.push_str("2026-03-01T08:09:00Z ERROR upstream timed out\n");
//!
//! let result = compress(&log, &Options { kind: Some("app.log".to_owned()), ..Options::default() });
//! assert_eq!(result.chunks[0].kind, Kind::Log);
//! assert!(result.tokens_after * 10 < result.tokens_before);
//! assert!(result.text.contains("ERROR upstream timed out"));
//! // The caller stores the originals, each under the hash in its marker; together they are the log.
//! assert_eq!(result.originals().collect::<String>(), log);
//! assert_eq!(result.restore()?, log);
//! # Ok::<(), compress::ExpandError>(())
//! ```
//!
//! This crate does no I/O: originals are handed to the caller to store. It reads no clock, so the
//! result depends on the text and the options alone.

mod attached;
mod chunks;
mod codecs;
mod columns;
mod compressed;
mod cosmetic;
mod cut;
mod detect;
mod diagnostic;
pub mod earlier;
mod elide;
mod embedded;
mod header;
mod kinds;
mod limits;
mod lines;
mod location;
pub mod marker;
mod options;
mod parallel;
mod pipeline;
mod provider;
mod relevance;
mod task;
mod templates;
mod word_boundary;
mod word_table;
mod words;

pub use codecs::envelope::may_be_envelope;
pub use codecs::{ExpandError, expand};
pub use compressed::{ChunkReport, Compressed, Omission};
pub use cosmetic::cosmetic;
pub use json_index::JsonEscapes;
pub use kinds::Kind;
pub use limits::{Limits, LimitsError};
pub use marker::{Marker, RetrievalReference};
pub use options::{Options, Retrieval, Source};
pub use pipeline::{compress, compress_counted};
pub use provider::{Builtin, Provider};
