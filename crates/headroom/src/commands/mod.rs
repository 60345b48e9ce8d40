//! The commands, a file each.

pub(crate) mod audit;
pub(crate) mod completions;
pub(crate) mod compress;
pub(crate) mod config;
pub(crate) mod dashboard;
pub(crate) mod doctor;
pub(crate) mod hooks;
pub(crate) mod man;
pub(crate) mod mcp;
pub(crate) mod retrieve;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod stats;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod unwrap;
pub(crate) mod wrap;
