//! The HTTP server: the routes to providers of [`llm_proxy`], `/v1/compress` and `/v1/retrieve`, health,
//! metrics and the dashboard.
//!
//! Start reading at [`Server::run`] (listen, accept, shut down) and `stack` (the routes, and the layers that
//! every request passes on its way to one). This crate opens sockets, a store and the file of the history,
//! and does nothing else to the machine: it writes no log file and prints nothing; events go to
//! [`tracing`], and never hold a body, a header or a query.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use blob_store::{Bounds, Originals, ReplayStore};
//! use llm_proxy::{Settings, Targets};
//! use server::{Config, Host, Listeners, LlmRoutes, Server};
//! use tokio::sync::oneshot;
//!
//! let listeners = Listeners::bind(Host::Loopback, 0)?;
//! let address = listeners.address();
//! let originals = Arc::new(Originals::in_memory(Bounds::default()));
//! let settings = Settings::new(Targets::new(None, None, None)?);
//! let llm = LlmRoutes { settings, replay_store: ReplayStore::in_memory() };
//! let server = Server::new(Config::default(), originals, llm);
//!
//! let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
//! let (stop, stopped) = oneshot::channel::<()>();
//! let running = runtime.spawn(async move {
//!     let stopped = async { drop(stopped.await) };
//!     server.run(listeners, stopped, Duration::from_secs(1)).await
//! });
//! let mut client = TcpStream::connect(address)?;
//! client.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
//! let mut response = String::new();
//! client.read_to_string(&mut response)?;
//! assert!(response.starts_with("HTTP/1.1 200") && response.contains("headroom-proxy"));
//!
//! drop(stop);
//! runtime.block_on(running)??;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

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
