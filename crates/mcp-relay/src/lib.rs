//! A relay between a client of the Model Context Protocol and its servers. It compresses the texts in the results
//! of their tools, can shorten or hide the definitions of their tools, and can show several servers as
//! one. Whatever it doesn't change passes byte for byte, whichever version of the protocol it is of.
//!
//! - [`Session`] is the relay without I/O: a line from one side goes in, and [`Output`]s come out. Lines are read
//!   by byte offsets and edited in place; nothing is parsed into values and serialised again.
//! - [`serve_stdio`] runs it for the client on standard input and output, [`HttpSessions`] for any number of
//!   clients over HTTP, each with servers of its own.
//! - How texts are compressed, and how an original is retrieved, is up to a [`Headroom`].
//!
//! ```
//! use mcp_relay::{Options, Output, Session};
//!
//! let mut session = Session::new(vec!["notes".to_owned()], Options::default());
//! let call = br#"{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "list"}}"#;
//! let Some(Output::ToServer { server: 0, line, .. }) = session.from_client(call).pop() else { panic!() };
//! assert_eq!(line, call);
//!
//! // The response is one whose texts may be compressed.
//! let response = br#"{"jsonrpc": "2.0", "id": 7, "result": {"content": []}}"#;
//! let outputs = session.from_server(0, response);
//! assert!(matches!(&outputs[..], [Output::ToClient { compress: Some(_), .. }]));
//! ```

mod catalog;
mod http;
mod message;
mod naming;
mod outbox;
mod process;
mod relay;
mod results;
mod search;
mod session;
mod slim;
mod stdio;
#[cfg(test)]
mod testing;

use std::io;

pub use http::HttpSessions;
pub use message::Id;
pub use session::{About, Exclude, Kind, Options, Output, Session};
pub use stdio::serve_stdio;

/// The longest message in bytes, from either side, as long as the servers of this project take. A longer one
/// is dropped, and that is said on standard error.
pub const LONGEST_MESSAGE: usize = 100 << 20;

/// Compresses texts, and stores their originals.
pub trait Headroom: Send + Sync {
    /// The compressed form of `text`; `None` where that saves nothing. `kind` is the command or the file that it is
    /// from, if that is known.
    fn compress(&self, text: &str, kind: Option<&str>) -> Option<String>;

    /// The result of the tool that retrieves originals, as a JSON object, for `arguments`, a JSON value.
    fn retrieve(&self, arguments: &str) -> String;
}

/// How servers are started, and what is done with what they say.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// The command of each server: its program and its arguments. Not empty, and none of them is.
    pub commands: Vec<Vec<String>>,
    /// Names of the servers, in their order. Where there are fewer, names are derived from the commands.
    pub names: Vec<String>,
    /// What the session does.
    pub options: Options,
}

impl Setup {
    /// The names of the servers, no two the same.
    pub(crate) fn server_names(&self) -> Vec<String> {
        let named =
            self.commands.iter().enumerate().map(|(at, command)| match self.names.get(at) {
                Some(name) => vec![name.clone()],
                None => command.clone(),
            });
        naming::server_names(&named.collect::<Vec<_>>())
    }
}

/// Why there is nothing to relay, or nothing any more.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// A server can't be started.
    #[error("the server `{command}` can't be started: {error}")]
    Start {
        /// Its program.
        command: String,
        /// What the system said.
        error: io::Error,
    },
    /// All servers have ended, and the client hasn't.
    #[error("{0}")]
    Ended(String),
    /// The system gives no threads.
    #[error("can't start the relay's threads: {0}")]
    Threads(io::Error),
}
