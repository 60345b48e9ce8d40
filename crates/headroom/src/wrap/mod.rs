//! Runs agents with their requests sent through the proxy.
//!
//! - [`agent`]: the supported agents, with their routes on this machine.
//! - [`base_url`]: where a base URL points to now, and the settings that send an agent's requests to a proxy
//!   instead.
//! - [`kept_settings`]: the record of what was written into agents' own settings.
//! - [`server`]: the proxy, either one that is already running or one that stops with the agent.
//!
//! An agent's own files are written only by [`keep`](crate::commands::wrap), which `unwrap` undoes.

pub(crate) mod agent;
pub(crate) mod base_url;
pub(crate) mod kept_settings;
pub(crate) mod server;
