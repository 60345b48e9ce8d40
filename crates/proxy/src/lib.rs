//! The server: route, admit, compress, forward, relay, record.
//!
//! Start reading at [`Server::run`] (listen, accept, drain) and `stack` (the routes, and what every
//! request passes on its way to one); [`llm`] is what agents send to their providers. This crate opens
//! sockets, a store of originals and a file of figures, and does nothing else to the machine: it reads
//! no environment but for the way to the providers, writes no log file and prints nothing; events go to [`tracing`], and
//! never hold a body, a header or a query.

mod admit;
mod answer;
mod app;
mod body;
mod compress;
mod dashboard;
mod health;
mod limits;
mod listen;
mod openapi;
mod retrieve;
mod server;
mod stack;
mod stats;

pub use app::Config;
pub use listen::{BindError, Host, Listeners};
pub use server::{LlmRoutes, Server};
pub use stats::read_history;

/// The looks of the pages that the programs show.
pub const STYLE: &str = include_str!("dashboard/style.css");

/// The name by which the server makes itself known in `/livez`.
pub const SERVICE: &str = "headroom-proxy";
