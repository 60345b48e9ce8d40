//! Files of one user: written whole or not at all, readable by nobody else, and read within bounds.
//!
//! Everything in the workspace that writes a file does it here, so that three promises hold everywhere:
//!
//! - **Atomic.** A file is written under a temporary name in the folder where it will be, then renamed.
//!   A program that is killed, or a full disk, leaves the file that was there. Two programs that write
//!   at the same time each leave a whole file; the last one wins.
//! - **Private.** A new file has mode 0600 and a new folder 0700 (on Unix; elsewhere they inherit the
//!   rights of the user's folder), unless the caller asks for something else by [`Access`].
//! - **Bounded.** A reader names the largest file that it takes. Pipes, sockets and devices are refused
//!   without waiting for their other end.
//!
//! A rename replaces a symbolic link, never the file that it leads to; a caller that wants to write
//! through links resolves them first: with [`resolve_links`] where they are the user's own, with
//! [`resolve_within`] in a folder that comes from others. There is no fsync unless it is asked for
//! ([`Writer::synced`]): it makes a write about ten times as slow, and what is kept here is either a
//! cache or recognised when it is torn.
//!
//! ```
//! use private_fs::{Links, Writer};
//!
//! let home = tempfile::tempdir()?;
//! let folder = home.path().join(".program/state");
//! private_fs::create_dir(&folder)?;
//!
//! let path = folder.join("settings.json");
//! Writer::new().write(&path, b"{}\n")?;
//! assert_eq!(private_fs::read_to_string(&path, Links::Follow, 1 << 20)?, "{}\n");
//! assert!(private_fs::read(&path, Links::Follow, 2).is_err(), "larger than 2 bytes");
//! # Ok::<(), std::io::Error>(())
//! ```

mod beneath;
mod folder;
mod read;
mod within;
mod write;

pub use beneath::OpenFolder;
pub use folder::{create_dir, require_real_dir, resolve_links};
pub use read::{Content, Links, open_regular, read, read_content, read_to_string};
pub use within::{LinkOutside, resolve_within};
pub use write::{Access, Staged, Writer, open_options};
