//! The server: it compresses what agents send to their providers, and texts on request; gives originals
//! back; and shows what it saves.
//!
//! Start reading at [`Server::run`] (listen, accept, shut down) and `stack` (the routes, and the layers that
//! every request passes on its way to one); [`llm`] has the routes to the providers. This crate opens
//! sockets, a store and the file of the history, and does nothing else to the machine: it reads no
//! environment but for the proxy on the way to the providers, writes no log file and prints nothing;
//! events go to [`tracing`], and never hold a body, a header or a query.

mod admit;
mod app;
mod body;
mod compress;
mod dashboard;
mod health;
mod limits;
mod listen;
mod openapi;
mod response;
mod retrieve;
mod server;
mod stack;
mod stats;

pub use app::Config;
pub use listen::{BindError, Host, Listeners};
pub use server::{LlmRoutes, Server};
pub use stats::read_history;

/// The style sheet of the pages that the programs show.
pub const STYLE: &str = include_str!("dashboard/style.css");

/// The service's name in `/livez`, by which clients recognise it.
pub const SERVICE: &str = "headroom-proxy";
