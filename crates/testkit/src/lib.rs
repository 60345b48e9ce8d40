//! For tests only: temporary repositories, golden files, a stub of the LLM providers, Redis servers.
//!
//! [`TempRepo`] makes folders and git repositories whose commits have fixed authors and dates, so that
//! the same calls give the same object ids on every machine. It panics where something fails: a test
//! that can't set up has nothing to say.
//!
//! ```
//! let repo = testkit::TempRepo::new();
//! repo.write("src/lib.rs", "pub fn one() {}\n");
//! let commit = repo.commit("Add one");
//! assert_eq!(repo.git(&["rev-parse", "HEAD"]).trim(), commit);
//! ```

pub mod access;
mod cli_reference;
pub mod golden;
pub mod monorepo;
pub mod provider;
mod redis;
mod repository;
pub mod tour;

pub use cli_reference::cli_reference;
pub use redis::RedisServer;
pub use repository::TempRepo;
