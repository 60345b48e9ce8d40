//! Transcripts that coding agents keep, replayed through the proxy's compression.
//!
//! - [`transcript`]: what a transcript holds, whoever wrote it: conversations, and the requests that
//!   were made in them.
//! - [`claude`], [`codex`]: the two formats, a line at a time. What isn't understood is counted.
//! - [`totals`]: what the requests cost, and would have cost.
//! - [`report`], [`html`]: that in words, JSON and HTML.
//!
//! Nothing here writes a file, opens a socket or reads anything but the transcripts.

mod claude;
mod codex;
pub(crate) mod html;
pub(crate) mod report;
pub(crate) mod totals;
pub(crate) mod transcript;
