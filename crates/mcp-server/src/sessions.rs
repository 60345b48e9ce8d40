//! The sessions of clients over HTTP, of which there are never more than [`MOST_SESSIONS`].
//!
//! For another one, that ends which was unused for longest: its client, if there still is one, learns that from the
//! response to its next request (404), after which the protocol has it begin a new session.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::Stream;
use lru::LruCache;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::session::{
    ServerSseMessage, SessionId, SessionManager,
};

/// The most sessions at a time. By hand: far more agents than work on one machine; each session is a task with its
/// buffers, some ten kilobytes.
const MOST_SESSIONS: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");
/// A session that nobody uses for so long ends, whether or not its client said that it is done. By hand: longer
/// than an agent takes for a command.
const LONGEST_SESSION: Duration = Duration::from_secs(15 * 60);

/// The library's sessions, with a bound on their number.
#[derive(Debug)]
pub(crate) struct Sessions {
    all: LocalSessionManager,
    /// Their ids, by when they were used.
    used: Mutex<LruCache<SessionId, ()>>,
}

type Error = <LocalSessionManager as SessionManager>::Error;

impl Sessions {
    /// No sessions yet.
    pub(crate) fn new() -> Self {
        let mut all = LocalSessionManager::default();
        all.session_config.keep_alive = Some(LONGEST_SESSION);
        Self { all, used: Mutex::new(LruCache::new(MOST_SESSIONS)) }
    }

    fn used(&self) -> MutexGuard<'_, LruCache<SessionId, ()>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self, id: &SessionId) {
        self.used().promote(id);
    }
}

impl SessionManager for Sessions {
    type Error = Error;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Error> {
        let (id, transport) = self.all.create_session().await?;
        let ended = self.used().push(id.clone(), ());
        if let Some((ended, ())) = ended {
            self.all.close_session(&ended).await?;
        }
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Error> {
        self.all.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Error> {
        self.all.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Error> {
        self.used().pop(id);
        self.all.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Error> {
        self.touch(id);
        self.all.create_stream(id, message).await
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), Error> {
        self.touch(id);
        self.all.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Error> {
        self.touch(id);
        self.all.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Error> {
        self.touch(id);
        self.all.resume(id, last_event_id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_session_that_was_unused_for_longest_ends_for_another_one() {
        let sessions = Sessions::new();
        let mut ids = Vec::new();
        // The transports keep the sessions' tasks.
        let mut transports = Vec::new();
        for _ in 0..MOST_SESSIONS.get() {
            let (id, transport) = sessions.create_session().await.unwrap();
            ids.push(id);
            transports.push(transport);
        }
        sessions.touch(&ids[0]);
        transports.push(sessions.create_session().await.unwrap().1);
        assert!(sessions.has_session(&ids[0]).await.unwrap());
        assert!(!sessions.has_session(&ids[1]).await.unwrap());
        sessions.close_session(&ids[2]).await.unwrap();
        transports.push(sessions.create_session().await.unwrap().1);
        assert!(sessions.has_session(&ids[3]).await.unwrap(), "one that has ended takes no place");
        assert_eq!(sessions.all.sessions.read().await.len(), MOST_SESSIONS.get());
    }
}
