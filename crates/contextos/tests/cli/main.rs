//! The built program, run as a user runs it: a module per family of commands, whole outputs as
//! snapshots.

mod support;

mod agents;
mod builtin;
mod config;
mod diff;
mod document;
mod embeddings;
mod errors;
mod eval;
mod explain;
mod golden;
mod headroom;
mod history;
mod init;
mod mcp;
mod memory;
mod output;
mod pack;
mod pack_flags;
mod scan;
mod secrets;
mod serve;
mod task;
mod tour;
mod usage;
mod waiting;
