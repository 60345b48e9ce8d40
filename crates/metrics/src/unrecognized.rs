//! Requests that the proxy doesn't understand, so that it saves nothing in them: counted and logged by
//! their reason, as silence would look like success.

/// Why a request was passed through without being read, or rejected. Travels as an extension of the
/// response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unrecognized {
    /// A WebSocket to a route that carries conversations; rejected.
    WebSocketRefused,
    /// A WebSocket, passed through.
    WebSocketPassed,
    /// A request for another method of Google's API than the one for conversations.
    Gemini,
    /// A request to a path that may carry a conversation, but is none of those known.
    Path,
    /// A signed body, which its provider would reject after a change.
    Signed,
    /// A body without a conversation, or one that can't be parsed.
    Body,
    /// A request that was meant for a provider, but doesn't say for which.
    NoRoute,
}

impl Unrecognized {
    /// The name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Unrecognized::WebSocketRefused => "WebSocket refused (426), so that HTTP is used",
            Unrecognized::WebSocketPassed => "WebSocket passed through",
            Unrecognized::Gemini => "other method of Google's API, passed through",
            Unrecognized::Path => "other path of a provider, passed through",
            Unrecognized::Signed => "signed body, passed through",
            Unrecognized::Body => "body without a conversation, passed through",
            Unrecognized::NoRoute => "path of no known provider, refused (404)",
        }
    }
}
