//! Reads a checkout: its text files, redacted, and its history. Caches what was computed from them.
//!
//! Of the crates that select context, only this one accesses the disk and runs git. [`read`] returns
//! every text file that may be selected from; [`Git`] reads the object database: HEAD, history, patches,
//! the tree of any commit, and which files differ from HEAD; [`Cache`] stores results between runs.
//!
//! A checkout is hostile input: links and special files are never opened, no path leads out of the
//! root, git runs with an empty configuration and without commands that read the work tree, and nothing
//! that this crate returns contains a credential unless the caller requests it.
//!
//! This crate doesn't rank, parse or count tokens.
//!
//! ```
//! use checkout::{ReadOptions, SkipReason, read};
//!
//! let folder = std::env::temp_dir().join(format!("checkout-example-{}", std::process::id()));
//! std::fs::create_dir_all(folder.join("src"))?;
//! std::fs::write(folder.join("src/main.py"), "print('hello')\n")?;
//! std::fs::write(folder.join("logo.png"), [0x89, b'P', b'N', b'G', 0])?;
//!
//! let checkout = read(&folder, &ReadOptions::default(), &|_progress| {})?;
//! let paths: Vec<&str> = checkout.files.iter().map(|file| file.path.as_str()).collect();
//! assert_eq!(paths, ["src/main.py"]);
//! let skipped: Vec<(SkipReason, usize)> = checkout.skipped.counts().collect();
//! assert_eq!(skipped, [(SkipReason::Binary, 1)]);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod admit;
mod cache;
mod cache_folder;
mod compression;
mod credential_paths;
mod decode;
mod file_state;
mod fingerprint;
mod git;
mod globs;
mod index;
mod kind;
mod legacy_cjk;
mod notebook;
mod paths;
mod read;
mod rules;
mod skipped;
mod walk;

pub use cache::{Cache, CacheKey, content_key};
pub use fingerprint::{Fingerprint, Watchable, fingerprint, fingerprint_to_watch};
pub use git::{Git, GitError, Head, UnkeptHistory};
pub use globs::PathGlob;
pub use index::{ImportError, IndexedTexts, Indexing, export, import};
pub use kind::kind_of;
pub use read::{
    Checkout, CheckoutError, FileFinding, Progress, ReadOptions, Unreadable, read, read_indexed,
};
pub use skipped::{SkipReason, Skipped};

/// What holds for any input, for fuzz targets.
#[cfg(any(test, fuzzing))]
pub mod laws {
    pub use crate::git::laws::{read_files_lawfully, read_objects_lawfully};
    pub use crate::index::laws::import_lawfully;
}
