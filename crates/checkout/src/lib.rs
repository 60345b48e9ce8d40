//! A checkout: walked, read, redacted, with its history and the cached index.
//!
//! The one crate of the selection side that touches the disk and runs git. [`read`] gives every text
//! file that selection may look at, already redacted; [`Git`] gives what the object database knows:
//! HEAD, history, patches, the tree of any commit, and which files differ from HEAD; [`Cache`] keeps
//! what was computed from a file's content between runs.
//!
//! A checkout is hostile input: links and special files are never opened, no path leads out of the
//! root, git runs with an empty configuration and no command that reads the work tree, and nothing
//! that leaves this crate holds a credential unless the caller asked for that.
//!
//! What this crate doesn't do: rank, parse or count tokens.

mod admit;
mod cache;
mod decode;
mod fingerprint;
mod git;
mod globs;
mod kind;
mod legacy_cjk;
mod notebook;
mod paths;
mod read;
mod rules;
mod skipped;
mod walk;

pub use cache::{Cache, CacheKey};
pub use fingerprint::{Fingerprint, fingerprint};
pub use git::{Git, GitError, Head};
pub use kind::kind_of;
pub use read::{Checkout, CheckoutError, FileFinding, Progress, ReadOptions, Unreadable, read};
pub use skipped::{SkipReason, Skipped};
