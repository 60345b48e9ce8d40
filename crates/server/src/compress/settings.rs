//! `config` of the messages form: its callers' settings.
//!
//! Fields that aren't here are for other parts of the Python package, which clients send along; they
//! are ignored.

use compress::Retrieval;
use json_index::Value;

use super::fields;
use crate::response::ApiError;

/// How the messages of one request are compressed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Settings {
    /// Whether anything may be elided.
    pub(super) retrieval: Retrieval,
    /// Whether user messages may be compressed: like a tool's result, never, or, where nothing is said,
    /// losslessly if they are large.
    pub(super) user_messages: Option<bool>,
    /// A ceiling for each text, as a share of its tokens (above 0, up to 1).
    pub(super) target_ratio: Option<f64>,
    /// How many messages at the end stay as they are.
    pub(super) protect_recent: usize,
    /// How many messages at the beginning stay as they are.
    pub(super) frozen: usize,
    /// Whether originals aren't kept: the response is only looked at.
    pub(super) simulate: bool,
}

/// The modes that the Python package knows.
const MODES: [&str; 3] = ["ccr", "lossy_inline", "lossless_then_lossy"];

impl Settings {
    /// Reads the `config` of a request's body.
    pub(super) fn read(root: Value<'_>) -> Result<Self, ApiError> {
        let Some(config) = fields::object(root, "config")? else {
            return Ok(Self {
                retrieval: Retrieval::None,
                user_messages: None,
                target_ratio: None,
                protect_recent: 0,
                frozen: 0,
                simulate: false,
            });
        };
        let named = |refusal: ApiError| ApiError {
            message: refusal.message.replacen("invalid ", "invalid config.", 1).into(),
            ..refusal
        };
        Ok(Self {
            retrieval: retrieval(config)?,
            user_messages: fields::boolean(config, "compress_user_messages").map_err(named)?,
            target_ratio: fields::ratio(config, "target_ratio").map_err(named)?,
            protect_recent: fields::number(config, "protect_recent", 0)
                .map_err(named)?
                .unwrap_or(0),
            frozen: fields::number(config, "frozen_message_count", 0).map_err(named)?.unwrap_or(0),
            simulate: config.get("default_mode").is_some_and(|mode| mode.is("simulate")),
        })
    }

    /// Whether message `index` of `count` stays as it is.
    pub(super) fn protects(&self, index: usize, count: usize) -> bool {
        index < self.frozen || index >= count.saturating_sub(self.protect_recent)
    }
}

/// Only `ccr` promises that the reader can retrieve what is elided.
fn retrieval(config: Value<'_>) -> Result<Retrieval, ApiError> {
    match config.get("mode").filter(|mode| !mode.is_null()) {
        None => Ok(Retrieval::None),
        Some(mode) if mode.is("ccr") => Ok(Retrieval::Offered),
        Some(mode) if MODES.iter().any(|known| mode.is(known)) => Ok(Retrieval::None),
        Some(_) => Err(fields::wrong("config.mode", &MODES.join(", or "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(config: &str) -> Result<Settings, String> {
        let body = format!("{{\"config\": {config}}}");
        let index = json_index::scan(body.as_bytes()).unwrap();
        Settings::read(index.root()).map_err(|refusal| refusal.message.into_owned())
    }

    #[test]
    fn nothing_is_elided_unless_asked_for() {
        for config in ["null", "{}", r#"{"mode": null}"#, r#"{"mode": "lossy_inline"}"#] {
            assert_eq!(read(config).unwrap().retrieval, Retrieval::None, "{config}");
        }
        assert_eq!(read(r#"{"mode": "ccr"}"#).unwrap().retrieval, Retrieval::Offered);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (config, message) in [
            ("[]", "invalid config: expected an object"),
            (
                r#"{"mode": "bogus"}"#,
                "invalid config.mode: expected ccr, or lossy_inline, or lossless_then_lossy",
            ),
            (
                r#"{"frozen_message_count": -1}"#,
                "invalid config.frozen_message_count: expected a non-negative integer",
            ),
            (
                r#"{"protect_recent": 1.5}"#,
                "invalid config.protect_recent: expected a non-negative integer",
            ),
            (
                r#"{"target_ratio": 0}"#,
                "invalid config.target_ratio: expected a number above 0 and up to 1",
            ),
            (
                r#"{"compress_user_messages": "yes"}"#,
                "invalid config.compress_user_messages: expected true or false",
            ),
        ] {
            assert_eq!(read(config), Err(message.to_owned()));
        }
    }

    #[test]
    fn first_and_last_messages_can_be_protected() {
        let settings =
            read(r#"{"frozen_message_count": 2, "protect_recent": 1, "session_id": "s"}"#);
        let settings = settings.unwrap();
        let protected: Vec<usize> = (0..5).filter(|i| settings.protects(*i, 5)).collect();
        assert_eq!(protected, [0, 1, 4]);
        let all = read(r#"{"protect_recent": 18446744073709551615}"#).unwrap();
        assert!(all.protects(0, 5));
    }
}
