//! Where the text of an LLM API's request is, what the events of its answer are, and edits that
//! leave every other byte as it was.
//!
//! Start reading at [`request::read`]: it takes the index that [`json::scan`] made of a body and
//! says what the conversation in it is. [`splice::Edits`] replaces what is to be replaced.
//! [`sse::Events`] cuts a stream into its events.
//!
//! Nothing here serialises JSON from values: a body is only ever the client's bytes with some
//! ranges replaced. Nothing here decides what to change, does I/O, or knows of compression.

pub mod json;
pub mod request;
pub mod splice;
pub mod sse;
