//! The recording of one exchange while it is under way.

use std::sync::Arc;
use std::time::Instant;

use metrics::{Ending, Exchange, Recorder};
use tokio::sync::OwnedSemaphorePermit;

use crate::rewrite::RequestReport;
use crate::route::Route;

/// Tells a recorder of an exchange when it is dropped.
pub(crate) struct Recording {
    pub(crate) exchange: Exchange,
    started: Instant,
    recorder: Option<Arc<dyn Recorder>>,
    /// The permit to be under way.
    _permit: OwnedSemaphorePermit,
}

impl Recording {
    pub(crate) fn new(
        recorder: Arc<dyn Recorder>,
        route: Route,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let exchange = Exchange {
            provider: route.provider.name(),
            route: route.name,
            is_billed: route.is_generation,
            ..Exchange::default()
        };
        Recording { exchange, started: Instant::now(), recorder: Some(recorder), _permit: permit }
    }

    /// It turned out to be no exchange: nobody is told of it.
    pub(crate) fn discard(mut self) {
        self.recorder = None;
    }

    /// Takes in what was done to the request.
    pub(crate) fn rewritten(&mut self, report: RequestReport) {
        let exchange = &mut self.exchange;
        exchange.model = report.model;
        exchange.conversation = report.conversation;
        exchange.held_out = report.held_out;
        exchange.stream = report.stream;
        exchange.tokens_before = report.tokens_before;
        exchange.tokens_after = report.tokens_after;
        exchange.tokens_touchable = report.tokens_touchable;
        exchange.tokens_added = report.tokens_added;
        exchange.blocks = report.blocks;
        exchange.transforms = report.transforms;
        exchange.reason = report.reason;
        exchange.replayed = report.replayed;
        exchange.replay_missing = report.replay_missing;
        exchange.failures = report.failures;
        exchange.redacted = report.redacted;
    }

    /// The request goes to the provider now.
    pub(crate) fn sent(&mut self) {
        self.exchange.added = self.started.elapsed();
    }

    /// The head of the response has come.
    pub(crate) fn responded(&mut self, status: u16) {
        self.exchange.status = Some(status);
        self.exchange.first_byte = self.started.elapsed().saturating_sub(self.exchange.added);
    }

    /// How the exchange ended, as far as is known by now.
    pub(crate) fn ended(&mut self, ending: Ending) {
        self.exchange.ending = ending;
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.exchange.total = self.started.elapsed();
        if let Some(recorder) = &self.recorder {
            recorder.record(std::mem::take(&mut self.exchange));
        }
    }
}
