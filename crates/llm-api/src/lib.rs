//! The HTTP APIs of LLM providers, read and edited as bytes: where the blocks of a conversation are
//! in a request, which tool results may be rewritten, what a response used, and how the calls of one
//! tool are kept from the client and put back into later requests.
//!
//! No body is parsed into values and serialised again: what leaves is the sender's bytes with some
//! ranges replaced. Everything here is pure: no I/O, no environment, no clock, and no decision about
//! what to change.
//!
//! - [`Api`] is all that tells one provider API from another; [`APIS`] lists them, one folder each
//!   below `api/`.
//! - [`request`] has what the APIs have in common in a request, [`response`] and [`replay`] the same
//!   for responses and for the turns in which calls were intercepted.
//! - [`socket`] reads the messages of a WebSocket, over which the Responses API is spoken, too.
//! - [`splice::Edits`] replaces ranges of bytes, [`framing::Chunker`] cuts a stream into events,
//!   [`tool_call`] reads what a tool call says about its result.
//!
//! ```
//! use json_index::scan;
//! use llm_api::request::{Role, read};
//! use llm_api::splice::{Edits, quote};
//!
//! let body = br#"{"model": "m", "messages": [
//!     {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "Bash", "input": {"command": "ls"}}]},
//!     {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "one\ntwo"}]}]}"#;
//! let index = scan(body)?;
//! let request = read(llm_api::MESSAGES, &index).expect("a conversation");
//!
//! let mut edits = Edits::default();
//! for block in request.blocks.iter().filter(|block| block.role == Role::Tool) {
//!     let call = block.tool_result.as_ref().and_then(|result| result.call.as_ref()).expect("its call");
//!     assert_eq!(llm_api::tool_call::hint(call).as_deref(), Some("ls"));
//!     edits.replace(block.texts[0].range(), quote("1 file"));
//! }
//! let sent = edits.apply(body)?;
//! assert_eq!(sent, body.as_slice().utf8_chunks().map(|chunk| chunk.valid()).collect::<String>()
//!     .replace(r#""one\ntwo""#, r#""1 file""#).into_bytes());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod api;
pub mod framing;
pub mod provider;
pub mod replay;
pub mod request;
pub mod response;
pub mod retrieval;
pub mod splice;
pub mod sse;
mod text_protocol;
pub mod tool_call;

pub use api::responses::socket;
pub use api::{APIS, Api, CHAT, GEMINI, MESSAGES, RESPONSES};
