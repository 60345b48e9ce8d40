//! Single messages: what they are for, and how they are made.

use bytes::Bytes;
use llm_api::socket::{may_be_create, renamed};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// What the proxy's own pings say; the pongs to them are nobody else's.
const PING: &[u8] = b"headroom";

/// A ping of the proxy's own.
pub(super) fn own_ping() -> Message {
    Message::Ping(Bytes::from_static(PING))
}

/// Whether a client's message may ask for a response.
pub(super) fn is_request(message: &Message) -> bool {
    matches!(message, Message::Text(text) if may_be_create(text.as_bytes()))
}

pub(super) fn is_own_pong(message: &Message) -> bool {
    matches!(message, Message::Pong(payload) if **payload == *PING)
}

pub(super) fn renamed_text(text: &Utf8Bytes, shown: &str, actual: &str) -> Option<Utf8Bytes> {
    Utf8Bytes::try_from(renamed(text.as_bytes(), shown, actual)?).ok()
}

/// A message of text. What isn't UTF-8 can't be one: the messages here are made of JSON that is.
pub(super) fn text_message(text: impl Into<Bytes>) -> Message {
    let text: Bytes = text.into();
    match Utf8Bytes::try_from(text.clone()) {
        Ok(text) => Message::Text(text),
        Err(_) => Message::Text(String::from_utf8_lossy(&text).into_owned().into()),
    }
}
