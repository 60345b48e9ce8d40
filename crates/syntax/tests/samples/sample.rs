//! Sessions.

#![allow(dead_code)]

use std::collections::{BTreeMap, HashMap as Map, hash_map::{self, Entry}};
use crate::auth::token;
use super::*;
use serde::Serialize as _;
pub use self::errors::Error;
extern crate alloc;

mod errors;
#[path = "store_unix.rs"]
pub(crate) mod store;

/// How long a token lives.
pub const LIFETIME: u64 = 3600;
static NAMES: &[&str] = &[
    "access",
    "refresh",
];
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A session.
///
/// Of one user.
#[derive(Debug, Clone)]
#[serde(rename_all = "camelCase")]
pub struct Session<'a, T: Store> {
    /// The user's name.
    pub user: &'a str,
    store: T,
}

pub struct Pair(u8, u8);
struct Unit;

#[derive(Debug)]
enum State {
    Open,
    Closed { reason: String },
    Failed(Error),
}

union Bits {
    int: u32,
    float: f32,
}

/// Where tokens are kept.
pub trait Store: Send {
    type Key;
    const SIZE: usize = 1;
    fn load(&self, key: &Self::Key) -> Option<Token>;
    /// With a default.
    fn size(&self) -> usize {
        Self::SIZE
    }
}

impl<'a, T: Store> Session<'a, T> {
    const RETRIES: u8 = 3;

    /// A new one.
    #[must_use]
    pub fn new(user: &'a str, store: T) -> Self {
        let state = State::Closed { reason: String::from("new") };
        debug!("made {:?}", state);
        fn helper() {}
        Self { user, store }
    }

    pub async unsafe fn refresh<F>(
        &mut self,
        force: F,
    ) -> Result<Token>
    where
        F: Fn() -> bool,
    {
        let token = token::refresh(self.user, r#"raw "string""#).await?;
        Ok(token)
    }
}

impl<T: Store> std::fmt::Display for Session<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.user)
    }
}

/* A block comment /* nested */ here. */
macro_rules! session {
    ($user:expr) => {
        Session::new($user, Memory)
    };
}

extern "C" {
    fn external(x: i32) -> i32;
}

mod inner {
    use super::Session;

    pub(super) fn deep() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn works() {
        assert_eq!(LIFETIME, 3600);
    }
}
