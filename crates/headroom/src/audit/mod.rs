//! Transcripts that coding agents keep, replayed through the proxy's compression.
//!
//! - [`transcript`]: what a transcript holds, whoever wrote it: conversations, and the requests that
//!   were made in them.
//! - [`claude`], [`codex`]: the two formats, a line at a time. What isn't understood is counted.
//! - [`account`]: what the requests cost, and would have cost.
//! - [`report`], [`page`]: that in words, JSON and HTML.
//!
//! Nothing here writes a file, opens a socket or reads anything but the transcripts.

pub(crate) mod account;
mod claude;
mod codex;
pub(crate) mod page;
pub(crate) mod report;
pub(crate) mod transcript;
