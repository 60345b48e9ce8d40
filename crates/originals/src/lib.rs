//! What was left out of a text, kept by its hash.
