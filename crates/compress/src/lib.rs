//! Text made shorter, and what was left out of it.
//!
//! Start at [`compress`]: what the text is, the parts it has, for each part what could stand for it,
//! and a check of whatever is proposed (`frame`). What says nothing new is written shorter, in forms
//! that [`expand`] reads back byte for byte (`forms`); what the reader probably doesn't need is left
//! out, where it can ask for it (`leave_out`), and a [`marker`] says so in its place.
//!
//! This crate opens nothing and keeps nothing: originals are handed to the caller. It reads no clock,
//! so the same text with the same options is always the same result.

mod alarm;
mod attached;
mod beside;
mod compressed;
mod cosmetic;
mod detect;
pub mod earlier;
mod embedded;
mod envelope;
mod forms;
mod frame;
mod json;
mod kind;
mod leave_out;
mod lines;
pub mod marker;
mod options;
mod parts;
mod place;
mod provider;
mod relevance;
mod task;
mod templates;
mod word_boundary;
mod words;

pub use compressed::{Compressed, Gap, Part};
pub use cosmetic::cosmetic;
pub use forms::{ExpandError, expand};
pub use frame::{compress, compress_counted};
pub use json::text::JsonEscapes;
pub use kind::Kind;
pub use marker::{Marker, WayBack};
pub use options::{Options, Retrieval, Source};
pub use provider::{Builtin, Provider};
