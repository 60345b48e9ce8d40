//! Compression of text for language models, and a record of what was omitted.
//!
//! Start at [`compress`]. The `pipeline` splits a text into chunks of one [`Kind`] each, proposes
//! replacements for each chunk, verifies them and keeps the one with the fewest tokens. Redundancy
//! is removed by lossless `codecs`, which [`expand`] decodes byte for byte. What the reader
//! probably doesn't need is elided (`elide`), provided that it can be retrieved; a [`marker`]
//! stands in its place.
//!
//! This crate does no I/O: originals are handed to the caller to store. It reads no clock, so the
//! result depends on the text and the options alone.

mod attached;
mod chunks;
mod codecs;
mod columns;
mod compressed;
mod cosmetic;
mod detect;
mod diagnostic;
pub mod earlier;
mod elide;
mod embedded;
mod header;
mod kinds;
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
mod words;

pub use codecs::{ExpandError, expand};
pub use compressed::{ChunkReport, Compressed, Omission};
pub use cosmetic::cosmetic;
pub use json_index::JsonEscapes;
pub use kinds::Kind;
pub use marker::{Marker, RetrievalReference};
pub use options::{Options, Retrieval, Source};
pub use pipeline::{compress, compress_counted};
pub use provider::{Builtin, Provider};
