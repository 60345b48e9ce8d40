//! The config files of coding agents: where they are, what shape they have, and an edit that leaves
//! everything else in them as it was.
//!
//! People keep these files by hand, with comments and in their own layout, often in a repository of
//! dotfiles; agents keep their own state in them. So no file is ever parsed and written anew. An edit
//! is a few insertions into the text ([`edit`]), every other byte stays, and taking it out again gives
//! back the file as it was, byte for byte ([`entry`]).
//!
//! - [`agent`]: the agents, one file of data each, `agents/ID.toml`: config files, the places in them,
//!   hooks, base URLs, transcripts. To add an agent is to add a file.
//! - [`edit`]: pure edits of JSONC and TOML texts. Start reading here.
//! - [`entry`]: one entry of ours in one file: put in, looked up, taken out, with a backup.
//! - [`install`]: the same for a server and the agents that a user names.
//! - [`hook`]: a command that an agent runs at an event, put in the same way.
//! - [`wrap`]: where an agent's base URL is set, and what sends its requests elsewhere.
//! - [`command`]: what both programs' `mcp install` does and says.
//! - [`starts`]: whether an executable starts, to be asked before it is named in a config file.
//!
//! This crate knows nothing of what the servers do, and prints nothing.
//!
//! ```
//! use agent_config::edit::{self, Entry, Format, Slot};
//!
//! let before = "{\n  // mine\n  \"mcpServers\": {\n    \"other\": {}\n  }\n}\n";
//! let slot = Slot { path: vec!["mcpServers"], entry: Entry::Member("headroom") };
//! let server = serde_json::json!({"command": "/opt/headroom"});
//!
//! let with = edit::put(Format::Jsonc, before, &slot, &server)?;
//! assert_eq!(edit::find(Format::Jsonc, &with, &slot)?, Some(server));
//! assert!(with.contains("// mine"));
//!
//! let kept = edit::depth(Format::Jsonc, before, &slot)?;
//! assert_eq!(edit::take(Format::Jsonc, &with, &slot, kept)?, before);
//! # Ok::<(), edit::EditError>(())
//! ```

pub mod agent;
pub mod command;
pub mod edit;
pub mod entry;
mod file;
pub mod hook;
pub mod install;
pub mod machine;
mod plugin;
pub mod server;
pub mod starts;
pub mod wrap;

pub use file::FileError;
