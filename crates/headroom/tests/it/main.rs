//! The program from outside: the built binary, real sockets, real files. A module for each theme.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod admission;
mod agreement;
mod audit;
#[cfg(unix)]
mod browser;
mod client;
mod commands;
mod compress;
mod config;
mod credentials;
#[cfg(unix)]
mod dashboard;
mod forward;
mod help;
mod hooks;
mod hostile;
mod lifecycle;
mod litellm;
mod load;
mod mcp;
#[cfg(unix)]
mod mcp_wrap;
mod npm;
mod redis;
mod references;
mod replicas;
mod retrieve;
#[cfg(unix)]
mod run;
mod soak;
#[cfg(unix)]
mod sockets;
#[cfg(unix)]
mod stats;
mod tour;
mod units;
#[cfg(unix)]
mod wrap;
