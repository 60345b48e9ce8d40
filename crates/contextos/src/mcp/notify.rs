//! Sends the progress of a run to the client that waits for it.

use std::sync::atomic::{AtomicUsize, Ordering};

use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::pipeline::Progress;

/// The percentage points of a stage between two notifications. By hand.
const STEP_PERCENT: usize = 10;

/// Notifies a client that asked for progress.
pub(super) struct Notifier {
    client: Option<UnboundedSender<String>>,
    told_percent: AtomicUsize,
}

impl Notifier {
    /// A notifier for the client that this request came from, and the task that tells the client, if it asked for that.
    /// The task ends when the notifier has been dropped and all is told; the answer has to wait for that, because
    /// progress may not follow it.
    pub(super) fn of(context: &RequestContext<RoleServer>) -> (Self, Option<JoinHandle<()>>) {
        let (client, task) = match context.meta.get_progress_token() {
            Some(token) => {
                let (sender, messages) = unbounded_channel();
                let task = tokio::spawn(tell(context.peer.clone(), token, messages));
                (Some(sender), Some(task))
            }
            None => (None, None),
        };
        (Self { client, told_percent: AtomicUsize::new(0) }, task)
    }

    fn say(&self, message: String) {
        if let Some(client) = &self.client {
            // Sending fails if the client is gone, which then needs no progress.
            let _ = client.send(message);
        }
    }
}

impl Progress for Notifier {
    fn stage(&self, name: &'static str) {
        self.told_percent.store(0, Ordering::Relaxed);
        self.say(name.to_owned());
    }

    fn count(&self, done: usize, total: usize) {
        let percent = (done * 100).checked_div(total).unwrap_or(100);
        let step = percent / STEP_PERCENT * STEP_PERCENT;
        if step > self.told_percent.fetch_max(step, Ordering::Relaxed) {
            self.say(format!("{done} of {total}"));
        }
    }
}

/// Sends each message as one more step. The total is unknown, so none is sent.
async fn tell(
    peer: Peer<RoleServer>,
    token: ProgressToken,
    mut messages: tokio::sync::mpsc::UnboundedReceiver<String>,
) {
    let mut step = 0.0;
    while let Some(message) = messages.recv().await {
        step += 1.0;
        let progress = ProgressNotificationParam::new(token.clone(), step).with_message(message);
        if peer.notify_progress(progress).await.is_err() {
            return;
        }
    }
}
