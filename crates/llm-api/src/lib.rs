//! Where the text of an LLM API's request is, what the events of its answer are, and edits that
//! leave every other byte as it was.
//!
//! Start reading at [`request::read`]: it takes the index that [`json::scan`] made of a body and
//! says what the conversation in it is. [`splice::Edits`] replaces what is to be replaced.
//! [`answer::Relay`] passes an answer on without the calls of one tool, and [`replay`] puts them
//! back into what the client sends later. [`sse::Events`] cuts a stream into its events.
//!
//! No body is read into values and written again: it is only ever the sender's bytes with some
//! ranges replaced. Nothing here decides what to change, does I/O, or knows of compression.

pub mod answer;
pub mod replay;
pub mod request;
pub mod splice;
pub mod sse;

pub use json_index as json;
