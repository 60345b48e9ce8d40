//! Agents sent through the proxy for as long as they run.
//!
//! - [`agent`]: the agents that can be, with the routes that they have on this machine.
//! - [`base_url`]: what a base URL leads to now, and what sends an agent's requests to a proxy instead.
//! - [`kept_settings`]: what was written into agents' own settings.
//! - [`server`]: the proxy, one that runs already or one that ends with the agent.
//!
//! Nothing is written to an agent's own files but by [`keep`](crate::commands::wrap), which `unwrap`
//! takes back.

pub(crate) mod agent;
pub(crate) mod base_url;
pub(crate) mod kept_settings;
pub(crate) mod server;
