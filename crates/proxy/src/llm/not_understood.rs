//! What this server doesn't understand, so that nothing is saved by it: for the figures and the log,
//! where silence would look like success.

/// Why a request was passed on without being looked into, or not at all. Carried by the response, as
/// an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotUnderstood {
    /// A WebSocket where conversations are, refused.
    WebSocketRefused,
    /// A WebSocket, passed through.
    WebSocketPassed,
    /// A request to an API of Google's.
    Gemini,
    /// A request to a path that may hold a conversation, but none that is known.
    Path,
    /// A signed body, which its provider would refuse after a change.
    Signed,
    /// A body that holds no conversation, or can't be read.
    Body,
    /// A request that was meant for a provider, and nobody can tell for which.
    NoRoute,
}

impl NotUnderstood {
    /// The words for it in figures.
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
