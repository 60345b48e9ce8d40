//! The server: route, admit, compress, forward, relay, record.
