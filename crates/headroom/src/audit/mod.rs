//! Transcripts that coding agents keep, replayed through the proxy's compression.
//!
//! - [`formats`]: a reader for each format in which agents keep them, and [`lines`], which they have in
//!   common.
//! - [`transcript`]: what a transcript holds, whoever wrote it: conversations, and the requests that
//!   were made in them.
//! - [`replay`]: all transcripts, each on a thread, every request counted once.
//! - [`totals`]: what the requests cost, and would have cost.
//! - [`report`], [`html`]: that in words, JSON and HTML.
//!
//! Nothing here writes a file, opens a socket or reads anything but the transcripts.

pub(crate) mod formats;
pub(crate) mod html;
mod lines;
mod progress;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod totals;
mod transcript;
