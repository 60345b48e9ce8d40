//! Requests that the proxy doesn't understand, so that it saves nothing in them: counted and logged by
//! their reason, as silence would look like success.

/// Why a request was passed through without being read, or rejected. Travels as an extension of the
/// response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotUnderstood {
    /// A WebSocket to a route that carries conversations; rejected.
    WebSocketRefused,
    /// A WebSocket, passed through.
    WebSocketPassed,
    /// A request to an API of Google.
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

impl NotUnderstood {
    /// The name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            NotUnderstood::WebSocketRefused => "WebSocket refused (426), so that HTTP is used",
            NotUnderstood::WebSocketPassed => "WebSocket passed through",
            NotUnderstood::Gemini => "Google's API, passed through",
            NotUnderstood::Path => "other path of a provider, passed through",
            NotUnderstood::Signed => "signed body, passed through",
            NotUnderstood::Body => "body without a conversation, passed through",
            NotUnderstood::NoRoute => "path of no known provider, refused (404)",
        }
    }
}
