//! A checkout: walked, read, redacted, with its history and the cached index.
