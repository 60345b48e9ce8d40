//! Transcripts that coding agents keep, replayed through the proxy's rewriting of requests.
//!
//! - [`formats`]: a reader for each format in which agents keep them, and [`lines`], which they have in
//!   common.
//! - [`transcript`]: what a transcript holds, whoever wrote it: conversations, and the requests that
//!   were made in them.
//! - [`replay`]: all transcripts, each on a thread, every request counted once.
//! - [`rebuild`]: the request that holds a whole conversation, as the proxy would have been sent it.
//! - [`later_use`]: what the model used later of what would have been elided.
//! - [`requests`], [`costs`], [`prices`]: what requests cost, and would have cost.
//! - [`blocks`]: blocks by kind and by tool.
//! - [`totals`]: all of it, added up.
//! - [`report`], [`json`], [`html`]: that in words, JSON and HTML.
//!
//! Nothing here writes a file, opens a socket or reads anything but the transcripts.

mod blocks;
mod costs;
pub(crate) mod formats;
pub(crate) mod html;
pub(crate) mod json;
mod later_use;
#[cfg(any(test, fuzzing))]
pub(crate) mod laws;
mod lines;
mod prices;
mod progress;
mod rebuild;
pub(crate) mod replay;
pub(crate) mod report;
mod requests;
mod totals;
mod transcript;
