//! Agents sent through the proxy for as long as they run.
//!
//! - [`table`]: the agents, one row of data each.
//! - [`way`]: where an agent's requests go now, and how they are sent to a proxy instead.
//! - [`record`]: what was written into agents' own settings.
//! - [`server`]: the proxy, one that runs already or one that ends with the agent.
//!
//! Nothing is written to an agent's own files but by [`keep`](crate::commands::wrap), which `unwrap`
//! takes back.

pub(crate) mod base_url;
pub(crate) mod kept_settings;
pub(crate) mod server;
pub(crate) mod table;
